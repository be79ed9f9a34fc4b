//! How errors look: a status, a word for programs and a sentence for people.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use plenary_shared::{
    limits,
    log::gate::Refusal,
    script::ScriptError,
    wire::{
        error::{ErrorBody, Word},
        sync::Outcome,
    },
};
use std::time::Duration;
use tokio::time::Instant;

use crate::{
    dossiers::DossierError,
    registry::RegistryError,
    room::EditError,
    rooms::{CommitError, RoomError},
    store::StoreError,
};

/// An answer that says what was wrong and what to do.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    error: Word,
    message: String,
    script: Option<Box<ScriptError>>,
    /// When to ask again.
    retry: Option<Duration>,
}

impl ApiError {
    fn new(status: StatusCode, error: Word, message: impl Into<String>) -> Self {
        Self { status, error, message: message.into(), script: None, retry: None }
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, Word::NotFound, "not found: check the name, or ask the chair for access")
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, Word::Unauthorized, "no valid credential: join again with a new invitation")
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, Word::Forbidden, message)
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, Word::Invalid, message)
    }

    pub(super) fn diverged(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, Word::Diverged, message)
    }

    pub(super) fn full(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, Word::Full, message)
    }

    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Word::Unavailable, message)
    }

    /// As much is open as may be.
    pub(super) fn too_many() -> Self {
        Self::unavailable("too many connections are open: close some, or try again later")
    }

    /// Nothing was kept.
    pub(super) fn disk_full() -> Self {
        let message = "the server's disk is full, and nothing was kept: tell its operator, and try again later";
        Self { retry: Some(limits::DISK_FULL_RETRY), ..Self::new(StatusCode::INSUFFICIENT_STORAGE, Word::DiskFull, message) }
    }

    /// What the member sent to a document was refused at others' expense: nothing more is taken from it there until then.
    pub(super) fn paused(until: Instant) -> Self {
        let wait = until.saturating_duration_since(Instant::now()) + Duration::from_secs(1);
        Self::too_often(format!("what you sent before could not be taken: wait {} s, then try again", wait.as_secs()), wait)
    }

    /// Something comes more often than it may; it can come again after so long.
    pub(super) fn too_often(message: impl Into<String>, wait: Duration) -> Self {
        Self { retry: Some(wait), ..Self::new(StatusCode::TOO_MANY_REQUESTS, Word::TooOften, message) }
    }

    /// It may have been kept.
    pub(super) fn in_doubt(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Word::InDoubt, message)
    }

    /// The same, by another status.
    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The same, said of an edit of a script.
    pub(super) fn of_script(self, error: ScriptError) -> Self {
        Self { script: Some(error.into()), ..self }
    }

    /// What becomes of an offline edit that is refused so.
    pub(super) fn outcome(self) -> Outcome {
        Outcome::Refused(self.body())
    }

    pub(super) fn body(self) -> ErrorBody {
        ErrorBody { error: self.error, message: self.message, script: self.script.map(|script| *script) }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let retry = self.retry.map(|wait| [(header::RETRY_AFTER, wait.as_millis().div_ceil(1_000).to_string())]);
        (self.status, retry, Json(self.body())).into_response()
    }
}

impl From<RegistryError> for ApiError {
    fn from(error: RegistryError) -> Self {
        let message = error.to_string();
        match error {
            RegistryError::NotFound => Self::not_found(),
            RegistryError::Forbidden(message) => Self::forbidden(message),
            RegistryError::Exists { .. } => Self::new(StatusCode::CONFLICT, Word::Exists, message),
            RegistryError::Invalid(message) => Self::invalid(message),
            RegistryError::Invitation | RegistryError::NotYet(_) | RegistryError::Recovery => Self::forbidden(message),
            RegistryError::Pace => Self::new(StatusCode::TOO_MANY_REQUESTS, Word::TooOften, message),
            RegistryError::Full { .. } => Self::full(message),
            RegistryError::Moved => Self::unavailable(message),
            RegistryError::Room(error) => error.into(),
            RegistryError::Store(StoreError::Full) => Self::disk_full(),
            RegistryError::Store(error) => {
                tracing::error!(%error, "the registry could not be written");
                match error.is_in_doubt() {
                    true => Self::in_doubt("the change may have been kept: look whether it was before you make it again"),
                    false => Self::unavailable("the server cannot store changes now, and nothing was kept: try again later"),
                }
            }
            RegistryError::Damaged(_) | RegistryError::Randomness => {
                Self::unavailable("the server is damaged: tell its operator")
            }
        }
    }
}

impl From<RoomError> for ApiError {
    fn from(error: RoomError) -> Self {
        match error {
            RoomError::Edit(edit) => edit.into(),
            RoomError::Full | RoomError::Unavailable => Self::unavailable(error.to_string()),
        }
    }
}

impl From<CommitError> for ApiError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Room(error) => error.into(),
            CommitError::Moved | CommitError::Unverified(_) => Self::unavailable(CommitError::Moved.to_string()),
        }
    }
}

impl From<EditError> for ApiError {
    fn from(error: EditError) -> Self {
        let message = error.to_string();
        match error {
            EditError::Refused(Refusal::Forged { .. }) => Self::new(StatusCode::CONFLICT, Word::Taken, message),
            EditError::Refused(_) | EditError::Misbehaved => Self::invalid(message),
            EditError::Unaccounted => Self::forbidden(message),
            EditError::Full(_) | EditError::Share => Self::full(message),
            EditError::DiskFull => Self::disk_full(),
            EditError::Unavailable | EditError::Moved => Self::unavailable(message),
            EditError::InDoubt => Self::in_doubt(format!("{message}: look whether it is there before you repeat it")),
        }
    }
}

impl From<DossierError> for ApiError {
    fn from(error: DossierError) -> Self {
        match error {
            DossierError::Registry(error) => error.into(),
            DossierError::Room(error) => error.into(),
            DossierError::Unreadable => ApiError::unavailable(error.to_string()),
        }
    }
}
