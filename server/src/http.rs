//! HTTP: routes, the upgrade to a socket, and how errors look. One file per resource below.

mod app;
mod caller;
mod changes;
mod conference;
mod confirm;
mod edits;
mod error;
mod export;
mod guesses;
mod large;
mod layer;
mod line;
mod lines;
mod log;
mod page;
mod place;
mod plan;
mod pull;
mod push;
mod share;
mod state;
mod sync;
#[cfg(test)]
mod tests;
mod view;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderValue, Method, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{delete, get, post, put},
};
use plenary_shared::{access::Role, limits, people, wire::api};
use std::{sync::Arc, time::Duration};

use crate::{
    auth,
    metrics::{Figures, Now},
    rooms::Rooms,
};
pub use app::App;
use caller::Caller;
use error::ApiError;

/// The routes.
pub fn router(app: Arc<App>) -> Router {
    let api = Router::new()
        .route("/join", post(conference::join).layer(DefaultBodyLimit::max(limits::JOIN_BYTES_MAX)))
        .route("/whoami", get(conference::whoami))
        .route("/conferences", post(conference::open))
        .route("/conferences/{c}", get(conference::show))
        .route("/conferences/{c}/parties", post(conference::add_party))
        .route("/conferences/{c}/parties/{p}", put(conference::change_party))
        .route("/conferences/{c}/members", post(conference::invite))
        .route("/conferences/{c}/members/{m}", put(conference::change).delete(conference::revoke))
        .route("/conferences/{c}/members/{m}/grant", post(conference::grant))
        .route("/conferences/{c}/parties/{p}/head", post(conference::put_in))
        .route("/conferences/{c}/parties/{p}/seats", get(conference::seats))
        .route("/conferences/{c}/parties/{p}/older-layers", post(conference::open_older_layers))
        .route("/devices", get(conference::devices))
        .route("/devices/{d}", delete(conference::end_device))
        .route("/conferences/{c}/plans", get(plan::list).post(plan::create))
        .route("/conferences/{c}/plans/{p}", get(plan::show).put(plan::change))
        .route("/conferences/{c}/plans/{p}/access", put(plan::set_access))
        .route("/conferences/{c}/plans/{p}/shares", get(share::list).put(share::raise))
        .route("/conferences/{c}/plans/{p}/consent", put(plan::choose_consent))
        .route("/conferences/{c}/plans/{p}/layers", get(layer::list).post(layer::open))
        .route("/conferences/{c}/plans/{p}/layers/{l}/close", post(layer::close))
        .route("/conferences/{c}/plans/{p}/layers/{l}/audience", put(layer::set_audience))
        .route("/conferences/{c}/plans/{p}/layers/{o}/{l}/acts", get(layer::acts))
        .route("/conferences/{c}/plans/{p}/changes", get(changes::follow))
        .route("/conferences/{c}/plans/{p}/confirm", post(confirm::confirm))
        .route("/conferences/{c}/plans/{p}/export", get(export::export))
        .route("/conferences/{c}/plans/{p}/log", get(log::follow))
        .route("/conferences/{c}/plans/{p}/state", get(state::show))
        .merge(view::routes());
    let slow = Router::new()
        .route("/api/conferences/{c}/plans/{p}/edits", post(edits::apply))
        .route("/api/conferences/{c}/plans/{p}/push", post(push::push));
    let brief = Router::new()
        .nest("/api", api)
        .route("/sync/{*address}", get(sync::upgrade))
        .merge(page::routes())
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

/// The routes of the operator's own listener: its figures, without a credential.
pub fn figures(metrics: Arc<Figures>, rooms: Arc<Rooms>) -> Router {
    let told = move || {
        let now =
            Now { plans_open: rooms.plans_open(), layers_open: rooms.layers_open(), answers_bytes: rooms.answers().bytes() };
        std::future::ready(([(header::CONTENT_TYPE, FIGURES)], metrics.render_all(&now)))
    };
    Router::new().route("/metrics", get(told))
}

/// What Prometheus calls its text.
const FIGURES: &str = "text/plain; version=0.0.4";

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
/// nothing with an answer that it need not: what an answer says of itself holds.
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
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
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
    Ok(([(header::CONTENT_TYPE, FIGURES)], text).into_response())
}
