//! HTTP: routes, the upgrade to a socket, and how errors look. One file per resource below.

mod conference;
mod export;
mod layer;
mod log;
mod plan;
mod sync;
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
    api,
    id::{ConferenceId, DocAddress, PartyId},
    limits,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    auth::{self, SecretDigest},
    config::Limits,
    metrics::{Figures, Present},
    registry::{Registry, RegistryError},
    rooms::{RoomError, Rooms},
};

/// What requests work with.
pub struct App {
    /// Conferences, parties, members, plans.
    pub registry: Arc<Registry>,
    /// Documents in memory.
    pub rooms: Arc<Rooms>,
    /// Figures.
    pub metrics: Arc<Figures>,
    limits: Limits,
    sessions: Arc<Semaphore>,
    large: Arc<Semaphore>,
    large_by_party: Mutex<HashMap<(ConferenceId, PartyId), Arc<Semaphore>>>,
    by_member: Mutex<HashMap<String, Arc<Semaphore>>>,
    next_session: AtomicU64,
}

impl App {
    /// An application on its registry and rooms.
    pub fn new(registry: Arc<Registry>, rooms: Arc<Rooms>, metrics: Arc<Figures>, limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            registry,
            rooms,
            metrics,
            limits,
            sessions: Arc::new(Semaphore::new(limits.sessions)),
            large: Arc::new(Semaphore::new(plenary_shared::limits::LARGE_MESSAGES_MAX)),
            large_by_party: Mutex::default(),
            by_member: Mutex::default(),
            next_session: AtomicU64::new(0),
        })
    }

    /// A place among the sessions, in all and of the member, or `None` if there is none left. A session is counted as long as it lasts.
    fn session_place(&self, member: &api::Member, address: &DocAddress) -> Option<SessionPlace> {
        let place = self.view_place(member)?;
        Some(SessionPlace { _counted: Some(Present::session(self.metrics.of(address))), ..place })
    }

    /// The same for a view while it is made. No figure shows it: how long it takes tells how much the member has to read, private
    /// layers included.
    fn view_place(&self, member: &api::Member) -> Option<SessionPlace> {
        let all = self.sessions.clone().try_acquire_owned().ok()?;
        let mut by_member = self.by_member.lock().unwrap_or_else(PoisonError::into_inner);
        let places = self.limits.sessions_per_member;
        if by_member.len() > limits::SESSIONS_MAX {
            by_member.retain(|_, semaphore| semaphore.available_permits() < places);
        }
        let own = by_member.entry(format!("{}/{}", member.conference, member.member));
        let own = own.or_insert_with(|| Arc::new(Semaphore::new(places))).clone().try_acquire_owned().ok()?;
        Some(SessionPlace { _all: all, _own: own, _counted: None })
    }

    /// Places for large messages, among all and among a party's.
    fn large_places(&self, member: &api::Member) -> (Arc<Semaphore>, Arc<Semaphore>) {
        let mut by_party = self.large_by_party.lock().unwrap_or_else(PoisonError::into_inner);
        let own = by_party.entry((member.conference.clone(), member.party.clone()));
        let own = own.or_insert_with(|| Arc::new(Semaphore::new(limits::LARGE_MESSAGES_PER_PARTY_MAX)));
        (self.large.clone(), own.clone())
    }

    /// Waits until no session is left.
    pub async fn all_sessions_ended(&self) {
        let _ = self.sessions.acquire_many(u32::try_from(self.limits.sessions).unwrap_or(u32::MAX)).await;
    }
}

/// A place among the sessions, kept as long as one lasts.
struct SessionPlace {
    _all: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
    _counted: Option<Present>,
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
        .route("/conferences/{c}/plans/{p}/log", get(log::follow));
    Router::new()
        .nest("/api", api)
        .route("/sync/{*address}", get(sync::upgrade))
        .route("/", get(page))
        .route("/join", get(page))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .fallback(|| async { ApiError::not_found() })
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES_MAX))
        .layer(middleware::from_fn(guard))
        .with_state(app)
}

/// What holds for every request: an origin of our own for whatever changes something, a deadline, and headers that let a
/// browser do nothing with an answer that it need not.
async fn guard(request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let upgrades = request.headers().contains_key(header::UPGRADE);
    let mut response = if (changes || upgrades) && !auth::origin_is_ours(request.headers()) {
        ApiError::forbidden("this request comes from a page of another server").into_response()
    } else {
        match tokio::time::timeout(limits::REQUEST, next.run(request)).await {
            Ok(response) => response,
            Err(_) => ApiError::unavailable("the request took too long: try again").into_response(),
        }
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

async fn ready(State(app): State<Arc<App>>) -> Response {
    if app.rooms.can_store() {
        "ready\n".into_response()
    } else {
        ApiError::unavailable("the store takes no writes").into_response()
    }
}

async fn metrics(State(app): State<Arc<App>>, caller: Caller) -> Result<Response, ApiError> {
    match caller.who {
        api::Whoami::Administrator => {}
        api::Whoami::Member(api::Member { role: Role::Chair, .. }) => {}
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
    fn member_of(&self, conference: &str) -> Result<&api::Member, ApiError> {
        match &self.who {
            api::Whoami::Member(member) if member.conference.as_str() == conference => Ok(member),
            _ => Err(ApiError::not_found()),
        }
    }

    /// The caller as the chair of a conference.
    fn chair_of(&self, conference: &str) -> Result<&api::Member, ApiError> {
        let member = self.member_of(conference)?;
        if member.role == Role::Chair { Ok(member) } else { Err(ApiError::forbidden("only the chair may do this")) }
    }
}

/// An answer that says what was wrong and what to do.
pub struct ApiError {
    status: StatusCode,
    error: &'static str,
    message: String,
}

impl ApiError {
    fn not_found() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            error: "not_found",
            message: "not found: check the name, or ask the chair for access".into(),
        }
    }

    fn unauthorized() -> Self {
        let message = "no valid credential: join again with a new invitation".into();
        Self { status: StatusCode::UNAUTHORIZED, error: "unauthorized", message }
    }

    fn forbidden(message: impl Into<String>) -> Self {
        Self { status: StatusCode::FORBIDDEN, error: "forbidden", message: message.into() }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, error: "invalid", message: message.into() }
    }

    fn unavailable(message: impl Into<String>) -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, error: "unavailable", message: message.into() }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = api::ErrorBody { error: self.error.into(), message: self.message };
        (self.status, Json(body)).into_response()
    }
}

impl From<RegistryError> for ApiError {
    fn from(error: RegistryError) -> Self {
        let message = error.to_string();
        match error {
            RegistryError::NotFound => Self::not_found(),
            RegistryError::Forbidden(message) => Self::forbidden(message),
            RegistryError::Exists { .. } => Self { status: StatusCode::CONFLICT, error: "exists", message },
            RegistryError::Invalid(message) => Self::invalid(message),
            RegistryError::Invitation => Self { status: StatusCode::FORBIDDEN, error: "forbidden", message },
            RegistryError::Full { .. } => Self { status: StatusCode::CONFLICT, error: "full", message },
            RegistryError::Store(error) => {
                tracing::error!(%error, "the registry could not be written");
                Self::unavailable("the server cannot store changes now: try again later")
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
            RoomError::Edit(edit) => Self::invalid(edit.to_string()),
            other => Self::unavailable(other.to_string()),
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
