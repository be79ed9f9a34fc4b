//! JSON bodies that may be large: what a request holds in memory before it is understood stays bounded whatever peers claim.

use axum::{
    body,
    extract::Request,
    http::{HeaderMap, header},
};
use plenary_shared::{limits, people};
use serde::de::DeserializeOwned;

use super::{app::App, error::ApiError};
use crate::room::LargePlace;

/// Reads a body of at most `max` bytes. One that is not small, or does not say how long it is, takes its place among the large
/// messages before it is read; the place is to be kept as long as what was read is.
pub(super) async fn read<T: DeserializeOwned + Send + 'static>(
    app: &App,
    member: &people::Member,
    request: Request,
    max: usize,
) -> Result<(T, Option<LargePlace>), ApiError> {
    let parse = |json: &[u8]| serde_json::from_slice(json).map_err(|error| ApiError::invalid(error.to_string()));
    read_as(app, member, request, max, parse).await
}

/// The same, read in another way.
pub(super) async fn read_as<T: Send + 'static>(
    app: &App,
    member: &people::Member,
    request: Request,
    max: usize,
    parse: impl FnOnce(&[u8]) -> Result<T, ApiError> + Send + 'static,
) -> Result<(T, Option<LargePlace>), ApiError> {
    let headers = request.headers();
    if !says(headers, header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/json")) {
        return Err(ApiError::invalid("the body must be JSON: send it with `Content-Type: application/json`"));
    }
    let length = says(headers, header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    let too_large = || ApiError::invalid(format!("the body is larger than {max} bytes: send it in smaller parts"));
    if length.is_some_and(|length| length > max) {
        return Err(too_large());
    }
    let is_small = length.is_some_and(|length| length <= limits::SMALL_MESSAGE_BYTES);
    let place = if is_small { None } else { Some(app.large_body_place(member).await?) };
    let bytes = body::to_bytes(request.into_body(), max).await.map_err(|_| too_large())?;
    let read = tokio::task::spawn_blocking(move || parse(&bytes)).await;
    match read {
        Ok(Ok(read)) => Ok((read, place)),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(ApiError::unavailable("the body could not be read: try again")),
    }
}

fn says(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
