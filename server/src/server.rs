//! A server from its opening to its end: its parts, the connections that it takes, and how it stops.

mod patience;
#[cfg(test)]
mod tests;

use axum::{body::Body, extract::Request};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use plenary_shared::limits;
use std::{convert::Infallible, future::Future, io, path::Path, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::{
    config,
    connections::{Connection, Connections},
    http::{self, App},
    metrics::Figures,
    minutely::Minutely,
    registry::{Registry, RegistryError},
    restore,
    rooms::Rooms,
    store::{Condition, Store},
};
use patience::Impatient;

/// A server's parts, before it listens.
pub struct Server {
    pub(crate) registry: Arc<Registry>,
    rooms: Arc<Rooms>,
    metrics: Arc<Figures>,
}

impl Server {
    /// Opens a server on a store. Blocks.
    pub fn open(store: Arc<dyn Store>) -> Result<Self, RegistryError> {
        let metrics = Arc::new(Figures::default());
        let registry = Arc::new(Registry::open(store.clone())?);
        let rooms = Rooms::new(store, metrics.clone());
        registry.shares().into_iter().for_each(|(of, bytes)| rooms.shares().raise(of, bytes));
        Ok(Self { registry, rooms, metrics })
    }

    /// Heeds what the data directory says of a restore, from before anything is served and as long as it is.
    ///
    /// # Errors
    /// The file system's, if it does not tell.
    pub fn heed_restore(&self, data: &Path) -> io::Result<()> {
        self.rooms.restore().look(data)?;
        tokio::spawn(restore::watch(self.rooms.restore().clone(), data.to_owned()));
        Ok(())
    }

    /// Tells the operator's figures to whoever asks on this listener, as long as the process runs.
    pub fn tell_figures(&self, listener: TcpListener) {
        let router = http::figures(self.metrics.clone(), self.rooms.clone());
        tokio::spawn(async move {
            let never = accept(&listener, None, router, Connections::new(0, 0), &TaskTracker::new()).await;
            match never {}
        });
    }

    /// The secret of the invitation for the administering chair, if this is the first start.
    pub async fn first_invitation(&self) -> Result<Option<String>, RegistryError> {
        self.registry.first_invitation().await
    }

    /// Serves until `shutdown`, then finishes what waits: no acknowledged edit is lost, and clients are told to reconnect. It ends in the
    /// same way, but sooner, when the disk fails: nothing that waits can be finished then.
    pub async fn run(
        self,
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
        bounds: config::Limits,
        shutdown: impl Future<Output = ()>,
    ) -> Ended {
        let store = self.rooms.store();
        let app = App::new(self.registry, self.rooms.clone(), self.metrics, bounds);
        let sessions = app.clone();
        let tasks = TaskTracker::new();
        let connections = Connections::new(bounds.sessions, bounds.sessions_per_member);
        let ended = tokio::select! {
            never = accept(&listener, tls, http::router(app), connections, &tasks) => match never {},
            never = tell_of_full_disk(&*store) => match never {},
            () = store.failed() => Ended::DiskFailed,
            () = shutdown => Ended::Asked,
        };
        drop(listener);
        if ended == Ended::DiskFailed {
            tracing::error!("the disk failed: the server ends, and what the disk holds is found out when it is started again");
            let _ = timeout(limits::FAREWELL, self.rooms.stop()).await;
        } else {
            self.rooms.stop().await;
        }
        // Sockets get their close frames out, and requests under way their answers.
        let _ = timeout(limits::FAREWELL, sessions.all_sessions_ended()).await;
        tasks.close();
        let _ = timeout(limits::FAREWELL, tasks.wait()).await;
        ended
    }
}

/// Why a server ended.
#[derive(PartialEq, Eq, Debug, Clone, Copy)]
#[must_use]
pub enum Ended {
    /// It was asked to.
    Asked,
    /// A write or a sync failed: only opening the store again tells what it holds.
    DiskFailed,
}

/// Takes connections, each into a task of its own.
async fn accept(
    listener: &TcpListener,
    tls: Option<TlsAcceptor>,
    router: axum::Router,
    connections: Arc<Connections>,
    tasks: &TaskTracker,
) -> Infallible {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let connection = loop {
                    match connections.admit(peer.ip()) {
                        Ok(connection) => break connection,
                        // Somebody may speak or leave before that.
                        Err(wait) => sleep(wait.min(ADMITTED_WITHIN)).await,
                    }
                };
                let (tls, router) = (tls.clone(), router.clone());
                tasks.spawn(async move {
                    tokio::select! {
                        () = serve(stream, tls, router, connection.clone()) => {}
                        () = connection.has_to_go() => {}
                    }
                });
            }
            // Out of file descriptors, say: the connections there are go on.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Tells the operator of a full disk once a minute, whoever wants to write meanwhile.
async fn tell_of_full_disk(store: &dyn Store) -> Infallible {
    let said = Minutely::default();
    loop {
        if store.condition() == Condition::Full && said.is_due() {
            tracing::warn!("the disk is full: edits are refused until there is room again");
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// How often it is looked whether there is room for one more stranger.
const ADMITTED_WITHIN: Duration = Duration::from_millis(50);

async fn serve(stream: TcpStream, tls: Option<TlsAcceptor>, router: axum::Router, connection: Arc<Connection>) {
    // Small frames must not wait for the peer's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    match tls {
        None => speak(stream, router, connection).await,
        Some(tls) => {
            if let Ok(Ok(stream)) = timeout(limits::HANDSHAKE, tls.accept(stream)).await {
                speak(stream, router, connection).await;
            }
        }
    }
}

async fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, router: axum::Router, connection: Arc<Connection>) {
    let stream = Impatient::new(stream, connection.clone());
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(connection.clone());
        router.clone().oneshot(request)
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HANDSHAKE)
        .max_buf_size(limits::HTTP_HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    match timeout(limits::CONNECTION, served).await {
        Ok(Ok(())) | Err(_) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection ended early"),
    }
}
