//! HTTP: routes, the upgrade to a socket, and how errors look. One file per resource below.

mod conference;
mod edits;
mod export;
mod large;
mod layer;
mod lines;
mod log;
mod place;
mod plan;
mod pull;
mod push;
mod state;
mod sync;
#[cfg(test)]
mod tests;
mod view;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, FromRequestParts, Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::{delete, get, post, put},
};
use plenary_shared::{
    access::Role,
    limits, people,
    script::ScriptError,
    wire::{api, error::ErrorBody},
};
use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use crate::{
    auth::{self, SecretDigest},
    config::Limits,
    metrics::Figures,
    registry::{Registry, RegistryError},
    room::EditError,
    rooms::{CommitError, RoomError, Rooms},
    store::{Condition, StoreError},
};
use place::Places;

/// What requests work with.
pub struct App {
    /// Conferences, parties, members, plans.
    pub registry: Arc<Registry>,
    /// Documents in memory.
    pub rooms: Arc<Rooms>,
    /// Figures.
    pub metrics: Arc<Figures>,
    limits: Limits,
    places: Places,
    next_session: AtomicU64,
}

impl App {
    /// An application on its registry and rooms.
    pub fn new(registry: Arc<Registry>, rooms: Arc<Rooms>, metrics: Arc<Figures>, limits: Limits) -> Arc<Self> {
        Arc::new(Self { registry, rooms, metrics, limits, places: Places::new(&limits), next_session: AtomicU64::new(0) })
    }

    /// Refuses with 503, and the reason, who needs a store that takes records while it takes none.
    fn check_store(&self) -> Result<(), ApiError> {
        let why = match self.rooms.store().condition() {
            Condition::Working => return Ok(()),
            Condition::Full => ApiError::disk_full(),
            Condition::Failed => ApiError::unavailable("the server's disk failed: tell its operator, and try again later"),
        };
        Err(ApiError { status: StatusCode::SERVICE_UNAVAILABLE, ..why })
    }

    /// Waits until no session is left.
    pub async fn all_sessions_ended(&self) {
        self.places.all_sessions_ended(&self.limits).await;
    }
}

/// The routes.
pub fn router(app: Arc<App>) -> Router {
    let api = Router::new()
        .route("/join", post(conference::join))
        .route("/whoami", get(conference::whoami))
        .route("/conferences", post(conference::open))
        .route("/conferences/{c}", get(conference::show))
        .route("/conferences/{c}/parties", post(conference::add_party))
        .route("/conferences/{c}/members", post(conference::invite))
        .route("/conferences/{c}/members/{m}", delete(conference::revoke))
        .route("/conferences/{c}/plans", get(plan::list).post(plan::create).layer(DefaultBodyLimit::max(limits::PLAN_BYTES_MAX)))
        .route("/conferences/{c}/plans/{p}", get(plan::show))
        .route("/conferences/{c}/plans/{p}/access", put(plan::set_access))
        .route("/conferences/{c}/plans/{p}/consent", put(plan::choose_consent))
        .route("/conferences/{c}/plans/{p}/layers", get(layer::list).post(layer::open))
        .route("/conferences/{c}/plans/{p}/layers/{l}/audience", put(layer::set_audience))
        .route("/conferences/{c}/plans/{p}/annotations", get(view::annotations))
        .route("/conferences/{c}/plans/{p}/standing", get(view::standing))
        .route("/conferences/{c}/plans/{p}/brackets", get(view::brackets))
        .route("/conferences/{c}/plans/{p}/schedule", get(view::timetable))
        .route("/conferences/{c}/plans/{p}/export", get(export::export))
        .route("/conferences/{c}/plans/{p}/log", get(log::follow))
        .route("/conferences/{c}/plans/{p}/state", get(state::show));
    let slow = Router::new()
        .route("/api/conferences/{c}/plans/{p}/edits", post(edits::apply))
        .route("/api/conferences/{c}/plans/{p}/push", post(push::push));
    let brief = Router::new()
        .nest("/api", api)
        .route("/sync/{*address}", get(sync::upgrade))
        .route("/", get(page))
        .route("/join", get(page))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .fallback(|| async { ApiError::not_found() })
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES_MAX));
    // They are posted for their size, and change nothing.
    let question = Router::new()
        .route("/api/conferences/{c}/plans/{p}/compare", post(pull::compare))
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES_MAX));
    let slow_question = Router::new().route("/api/conferences/{c}/plans/{p}/pull", post(pull::pull));
    within(limits::REQUEST, changes, brief)
        .merge(within(limits::MESSAGE, changes, slow))
        .merge(within(limits::REQUEST, never, question))
        .merge(within(limits::MESSAGE, never, slow_question))
        .layer(middleware::from_fn(guard))
        .with_state(app)
}

/// Routes that answer in time or say that they cannot. What `changes` something goes on all the same, and may be kept yet.
fn within(deadline: Duration, changes: fn(&Method) -> bool, routes: Router<Arc<App>>) -> Router<Arc<App>> {
    routes.layer(middleware::from_fn(move |request: Request, next: Next| async move {
        let changes = changes(request.method());
        match tokio::time::timeout(deadline, next.run(request)).await {
            Ok(response) => response,
            Err(_) if changes => {
                let message =
                    "the request took too long, and the change may be kept: look whether it was before you make it again";
                ApiError::in_doubt(message).into_response()
            }
            Err(_) => ApiError::unavailable("the request took too long: try again").into_response(),
        }
    }))
}

fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn never(_: &Method) -> bool {
    false
}

/// What holds for every request: an origin of our own for whatever changes something, and headers that let a browser do
/// nothing with an answer that it need not.
async fn guard(request: Request, next: Next) -> Response {
    let changes = changes(request.method());
    let upgrades = request.headers().contains_key(header::UPGRADE);
    let mut response = if (changes || upgrades) && !auth::origin_is_ours(request.headers()) {
        ApiError::forbidden("this request comes from a page of another server").into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Where an invitation's link leads: the token behind `#` stays in the browser.
async fn page() -> Html<&'static str> {
    Html(include_str!("../web/index.html"))
}

async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, ApiError> {
    app.check_store().map(|()| "ready\n")
}

async fn metrics(State(app): State<Arc<App>>, caller: Caller) -> Result<Response, ApiError> {
    match caller.who {
        api::Whoami::Administrator => {}
        api::Whoami::Member(people::Member { role: Role::Chair, .. }) => {}
        api::Whoami::Member(_) => return Err(ApiError::forbidden("figures are for the chair")),
    }
    let text = app.metrics.render(app.rooms.plans_open());
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

/// Who makes a request: its credential, checked.
pub struct Caller {
    token: SecretDigest,
    who: api::Whoami,
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let token = auth::credential(&parts.headers, &parts.uri).ok_or_else(ApiError::unauthorized)?;
        let who = app.registry.whoami(&token).ok_or_else(ApiError::unauthorized)?;
        Ok(Self { token, who })
    }
}

impl Caller {
    /// The caller as a member of a conference; whoever is not of it is answered as if it did not exist.
    fn member_of(&self, conference: &str) -> Result<&people::Member, ApiError> {
        match &self.who {
            api::Whoami::Member(member) if member.conference.as_str() == conference => Ok(member),
            _ => Err(ApiError::not_found()),
        }
    }

    /// The caller as the chair of a conference.
    fn chair_of(&self, conference: &str) -> Result<&people::Member, ApiError> {
        let member = self.member_of(conference)?;
        if member.role == Role::Chair { Ok(member) } else { Err(ApiError::forbidden("only the chair may do this")) }
    }
}

/// The word for a disk without room: nothing was kept.
const DISK_FULL: &str = "disk_full";

/// An answer that says what was wrong and what to do.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    error: &'static str,
    message: String,
    script: Option<Box<ScriptError>>,
}

impl ApiError {
    fn new(status: StatusCode, error: &'static str, message: impl Into<String>) -> Self {
        Self { status, error, message: message.into(), script: None }
    }

    fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "not found: check the name, or ask the chair for access")
    }

    fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "no valid credential: join again with a new invitation")
    }

    fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message)
    }

    fn diverged(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "diverged", message)
    }

    fn full(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "full", message)
    }

    fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message)
    }

    /// Nothing was kept.
    fn disk_full() -> Self {
        let message = "the server's disk is full, and nothing was kept: tell its operator, and try again later";
        Self::new(StatusCode::INSUFFICIENT_STORAGE, DISK_FULL, message)
    }

    /// It may have been kept.
    fn in_doubt(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "in_doubt", message)
    }

    fn body(self) -> ErrorBody {
        ErrorBody { error: self.error.into(), message: self.message, script: self.script.map(|script| *script) }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let retry = (self.error == DISK_FULL).then(|| [(header::RETRY_AFTER, limits::DISK_FULL_RETRY.as_secs())]);
        (self.status, retry, Json(self.body())).into_response()
    }
}

impl From<RegistryError> for ApiError {
    fn from(error: RegistryError) -> Self {
        let message = error.to_string();
        match error {
            RegistryError::NotFound => Self::not_found(),
            RegistryError::Forbidden(message) => Self::forbidden(message),
            RegistryError::Exists { .. } => Self::new(StatusCode::CONFLICT, "exists", message),
            RegistryError::Invalid(message) => Self::invalid(message),
            RegistryError::Invitation => Self::forbidden(message),
            RegistryError::Pace => Self::new(StatusCode::TOO_MANY_REQUESTS, "too_often", message),
            RegistryError::Full { .. } => Self::full(message),
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
            other => Self::unavailable(other.to_string()),
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
            EditError::Refused(_) | EditError::Misbehaved => Self::invalid(message),
            EditError::Unaccounted => Self::forbidden(message),
            EditError::Full(_) => Self::full(message),
            EditError::DiskFull => Self::disk_full(),
            EditError::Unavailable => Self::unavailable(message),
            EditError::InDoubt => Self::in_doubt(format!("{message}: look whether it is there before you repeat it")),
        }
    }
}

/// A JSON body, read as strictly as the types say; what is wrong with it is said in our own form.
pub struct Body<T>(T);

impl<T: serde::de::DeserializeOwned> axum::extract::FromRequest<Arc<App>> for Body<T> {
    type Rejection = ApiError;
    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        match Json::<T>::from_request(request, app).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(ApiError::invalid(rejection.body_text())),
        }
    }
}
