//! Who makes a request, and what is read of it before a resource sees it.
//!
//! **Architecture invariant:** ids are parsed from a path here and nowhere else, and rights looked up before anything else of the request
//! is looked at: who may not do what it asks is refused before its body is read. What cannot be an id, what is not there and what is not
//! for the one who asks are one answer.

#[cfg(test)]
mod tests;

use axum::{
    Json,
    extract::{FromRequestParts, RawPathParams, Request},
    http::request::Parts,
};
use plenary_shared::{
    access::{self, Role},
    id::{ConferenceId, DocAddress, PlanId},
    people,
    wire::api,
};
use std::{str::FromStr, sync::Arc};

use super::{app::App, error::ApiError};
use crate::{
    auth::{self, SecretDigest},
    connections::{Connection, Origin},
    registry::{RegistryError, Rights},
};

/// Who makes a request: its credential, checked.
pub struct Caller {
    pub(super) token: SecretDigest,
    pub(super) who: api::Whoami,
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let token = auth::credential(&parts.headers, &parts.uri).ok_or_else(ApiError::unauthorized)?;
        let who = app.registry.whoami(&token).ok_or_else(|| unknown(parts, app))?;
        if let Some(connection) = parts.extensions.get::<Arc<Connection>>() {
            connection.is_of(&who).map_err(|_| ApiError::too_many())?;
        }
        Ok(Self { token, who })
    }
}

/// What is answered to a token that nobody has, each of which counts. One that is good is never asked how many others were not.
fn unknown(parts: &Parts, app: &App) -> ApiError {
    let Some(origin) = origin(parts) else { return ApiError::unauthorized() };
    match app.tokens.check(origin) {
        Ok(()) => {
            app.tokens.count(origin);
            ApiError::unauthorized()
        }
        Err(too_often) => too_often,
    }
}

fn origin(parts: &Parts) -> Option<Origin> {
    parts.extensions.get::<Arc<Connection>>().map(|connection| connection.origin())
}

/// Who has no credential and shows a secret for one, and may do so now.
pub(super) struct Guesser(Option<Origin>);

impl FromRequestParts<Arc<App>> for Guesser {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let origin = origin(parts);
        origin.map_or(Ok(()), |origin| app.guesses.check(origin))?;
        Ok(Self(origin))
    }
}

impl Guesser {
    /// What is answered to a secret that was not taken; one that was not good counts.
    pub fn told(self, app: &App, error: RegistryError) -> ApiError {
        if let (RegistryError::Invitation | RegistryError::Recovery, Some(origin)) = (&error, self.0) {
            app.guesses.count(origin);
        }
        error.into()
    }
}

/// The caller as a member of the conference that the path names; whoever is not of it is answered as if it did not exist.
pub(super) struct MemberOf(pub(super) people::Member);

impl FromRequestParts<Arc<App>> for MemberOf {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Caller { who, .. } = Caller::from_request_parts(parts, app).await?;
        let conference: ConferenceId = named(&path(parts, app).await?, "c")?;
        match who {
            api::Whoami::Member(member) if member.conference == conference => {
                let is_seated = app.registry.conference(&member, |entry| entry.member(&member.member).is_some())?;
                if is_seated { Ok(Self(member)) } else { Err(ApiError::forbidden(ASKED)) }
            }
            api::Whoami::Member(_) | api::Whoami::Administrator => Err(ApiError::not_found()),
        }
    }
}

/// Why somebody sees nothing yet.
const ASKED: &str = "the chair asked for your seat, and no head of the party has granted it yet: ask them for an invitation";

/// The caller as one who admits people, at a pace: a head of a party, or the chair.
pub(super) struct Admitting(pub(super) people::Member);

impl FromRequestParts<Arc<App>> for Admitting {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let MemberOf(member) = MemberOf::from_request_parts(parts, app).await?;
        if !access::admits(member.role, Role::Observer) {
            return Err(ApiError::forbidden("only heads of delegations and the chair admit people"));
        }
        app.registry.paced(&api::Whoami::Member(member.clone()))?;
        Ok(Self(member))
    }
}

/// The caller as the chair of the conference that the path names.
pub(super) struct Chair(pub(super) people::Member);

impl FromRequestParts<Arc<App>> for Chair {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let MemberOf(member) = MemberOf::from_request_parts(parts, app).await?;
        if member.role == Role::Chair { Ok(Self(member)) } else { Err(ApiError::forbidden("only the chair may do this")) }
    }
}

/// The administering chair of the server.
pub(super) struct Administrator;

impl FromRequestParts<Arc<App>> for Administrator {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        match Caller::from_request_parts(parts, app).await?.who {
            api::Whoami::Administrator => Ok(Self),
            api::Whoami::Member(_) => Err(ApiError::forbidden("only the administering chair opens conferences")),
        }
    }
}

/// The caller as one who may read the document that the path names: a plan by its ids, or any by its address.
pub(super) struct Reader {
    /// The caller's credential.
    pub(super) token: SecretDigest,
    /// The document.
    pub(super) address: DocAddress,
    /// The plan that it is, or that it is a layer of.
    pub(super) plan: PlanId,
    /// What the caller may do with it, as it was looked up last.
    pub(super) rights: Rights,
}

impl FromRequestParts<Arc<App>> for Reader {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Caller { token, .. } = Caller::from_request_parts(parts, app).await?;
        let path = path(parts, app).await?;
        let is_room = path.iter().any(|(key, _)| key == "address");
        let address = if is_room { named(&path, "address")? } else { DocAddress::Plan(named(&path, "c")?, named(&path, "p")?) };
        Self::of(app, token, address)
    }
}

/// The caller as one who may read the layer that the path names by its plan, its owner and its own id.
pub(super) struct LayerReader(pub(super) Reader);

impl FromRequestParts<Arc<App>> for LayerReader {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Caller { token, .. } = Caller::from_request_parts(parts, app).await?;
        let path = path(parts, app).await?;
        let address = DocAddress::Layer(named(&path, "c")?, named(&path, "p")?, named(&path, "o")?, named(&path, "l")?);
        Reader::of(app, token, address).map(Self)
    }
}

/// The caller as one who opens layers on the plan that the path names, and says who reads them.
pub(super) struct Speaker(pub(super) Reader);

impl FromRequestParts<Arc<App>> for Speaker {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let reader = Reader::from_request_parts(parts, app).await?;
        app.registry.check_speaks(reader.member(), &reader.plan)?;
        Ok(Self(reader))
    }
}

/// The caller as one who may write on the plan that the path names: its words, or in a layer of its party.
pub(super) struct Writer(pub(super) Reader);

impl FromRequestParts<Arc<App>> for Writer {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let reader = Reader::from_request_parts(parts, app).await?;
        app.registry.check_writes(reader.member(), &reader.plan)?;
        Ok(Self(reader))
    }
}

impl Reader {
    /// Whoever has this credential, if it may read the document.
    pub(super) fn of(app: &App, token: SecretDigest, address: DocAddress) -> Result<Self, ApiError> {
        let rights = app.registry.rights(&token, &address).ok_or_else(ApiError::not_found)?;
        let (DocAddress::Plan(_, plan) | DocAddress::Layer(_, plan, ..)) = &address else { return Err(ApiError::not_found()) };
        Ok(Self { token, plan: plan.clone(), address, rights })
    }

    /// Looks the rights up again, after what took its time: they may be gone by now.
    pub(super) fn again(&mut self, app: &App) -> Result<(), ApiError> {
        self.rights = self.rights_to(app, &self.address).ok_or_else(ApiError::not_found)?;
        Ok(())
    }

    /// What the caller may do now with a document; `None` if it may not even know that the document exists.
    pub(super) fn rights_to(&self, app: &App, address: &DocAddress) -> Option<Rights> {
        app.registry.rights(&self.token, address)
    }

    /// The member who asks.
    pub(super) fn member(&self) -> &people::Member {
        &self.rights.member
    }
}

async fn path(parts: &mut Parts, app: &Arc<App>) -> Result<RawPathParams, ApiError> {
    RawPathParams::from_request_parts(parts, app).await.map_err(|_| ApiError::not_found())
}

/// An id that a path names.
pub(super) fn named<T: FromStr>(path: &RawPathParams, name: &str) -> Result<T, ApiError> {
    let mut values = path.iter().filter(|(key, _)| *key == name).map(|(_, value)| value);
    values.next().and_then(|value| value.parse().ok()).ok_or_else(ApiError::not_found)
}

/// A JSON body, read as strictly as the types say; what is wrong with it is said in our own form.
pub struct Body<T>(pub(super) T);

impl<T: serde::de::DeserializeOwned> axum::extract::FromRequest<Arc<App>> for Body<T> {
    type Rejection = ApiError;
    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        match Json::<T>::from_request(request, app).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(ApiError::invalid(rejection.body_text())),
        }
    }
}
