//! The upgrade from HTTP to a socket, and everything that is decided before it.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::sync::{Arc, atomic::Ordering};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{app::App, caller::Reader, error::ApiError};
use crate::{auth, connections::Connection, room::SessionId, session::Session};

pub(super) async fn upgrade(State(app): State<Arc<App>>, reader: Reader, mut request: Request) -> Result<Response, ApiError> {
    let headers = request.headers();
    let is = |name, value: &str| {
        headers.get(name).is_some_and(|have: &HeaderValue| have.as_bytes().eq_ignore_ascii_case(value.as_bytes()))
    };
    let key = headers.get(header::SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()));
    let (true, true, Some(accept)) = (is(header::UPGRADE, "websocket"), is(header::SEC_WEBSOCKET_VERSION, "13"), key) else {
        return Err(ApiError::invalid("this address speaks WebSocket: connect with a Yjs client or the command line"));
    };
    let answers_protocol =
        auth::subprotocols(headers).any(|protocol| protocol == auth::PROTOCOL || protocol.starts_with(auth::TOKEN_PROTOCOL));
    if reader.rights.write {
        // A client with an edit that cannot be kept would come back five times a second if it were let in and closed.
        app.check_store()?;
    }
    let place = app.session_place(reader.member(), &reader.address).ok_or_else(ApiError::too_many)?;
    let session = Session {
        id: SessionId(app.next_session.fetch_add(1, Ordering::Relaxed)),
        large: app.large_places(reader.member()),
        author: reader.member().author(),
        token: reader.token,
        address: reader.address,
        rights: reader.rights,
        registry: app.registry.clone(),
        rooms: app.rooms.clone(),
    };
    if let Some(connection) = request.extensions().get::<Arc<Connection>>() {
        connection.becomes_socket();
    }
    let upgrade = hyper::upgrade::on(&mut request);
    drop(request);
    tokio::spawn(async move {
        let _place = place;
        if let Ok(upgraded) = upgrade.await {
            session.run(upgraded).await;
        }
    });
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, HeaderValue::from_str(&accept).map_err(|_| ApiError::not_found())?);
    if answers_protocol {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(auth::PROTOCOL));
    }
    Ok(response)
}
