//! Who makes a request, and what is read of it before a resource sees it.

use axum::{
    Json,
    extract::{FromRequestParts, Request},
    http::request::Parts,
};
use plenary_shared::{access::Role, people, wire::api};
use std::sync::Arc;

use super::{app::App, error::ApiError};
use crate::auth::{self, SecretDigest};

/// Who makes a request: its credential, checked.
pub struct Caller {
    pub(super) token: SecretDigest,
    pub(super) who: api::Whoami,
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
    pub(super) fn member_of(&self, conference: &str) -> Result<&people::Member, ApiError> {
        match &self.who {
            api::Whoami::Member(member) if member.conference.as_str() == conference => Ok(member),
            _ => Err(ApiError::not_found()),
        }
    }

    /// The caller as the chair of a conference.
    pub(super) fn chair_of(&self, conference: &str) -> Result<&people::Member, ApiError> {
        let member = self.member_of(conference)?;
        if member.role == Role::Chair { Ok(member) } else { Err(ApiError::forbidden("only the chair may do this")) }
    }
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
