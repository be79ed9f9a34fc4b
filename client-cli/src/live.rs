//! A document, a plan or a layer, held open for an edit: connect, take in its state, change it, wait until the server shows the change.

use plenary_shared::{id::DocAddress, layer::Layer, plan::Outline, protocol};
use std::time::Duration;
use tokio::{
    runtime::{Builder, Runtime},
    time::{Instant, sleep, timeout_at},
};
use yrs::{Transaction, TransactionMut};

use crate::{
    connection::{Connection, Incoming},
    error::CliError,
    replica::{Pending, Replica, decode},
    server::{ServerUrl, Token},
};

/// For opening a document.
const OPEN: Duration = Duration::from_secs(60);
/// For an edit to come back durable, lost connections included.
const DURABLE: Duration = Duration::from_secs(30);
/// Between attempts while an edit is under way.
const AGAIN: Duration = Duration::from_millis(500);

/// Where a document is and who opens it.
#[derive(Clone, Debug)]
pub struct Target {
    /// The server.
    pub server: ServerUrl,
    /// The credential.
    pub token: Token,
    /// The document.
    pub document: DocAddress,
}

/// A document as it was when it was opened, and our changes to it.
pub struct LiveDocument {
    target: Target,
    replica: Replica,
    connection: Option<Connection>,
    runtime: Runtime,
}

impl LiveDocument {
    /// Connects and takes in the whole state.
    pub fn open(target: Target) -> Result<Self, CliError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| CliError::Refused(format!("the system gives no event loop: {e}")))?;
        let mut document = LiveDocument { target, replica: Replica::new()?, connection: None, runtime };
        let LiveDocument { target, replica, connection, runtime } = &mut document;
        *connection = Some(runtime.block_on(async {
            let deadline = Instant::now() + OPEN;
            timeout_at(deadline, joined(target, replica, None)).await.unwrap_or_else(|_| Err(late(target)))
        })?);
        Ok(document)
    }

    /// Reads the document as it stands here.
    pub fn read<T>(&self, read: impl FnOnce(&Transaction) -> T) -> T {
        self.replica.read(read)
    }

    /// A plan's document as people see it.
    pub fn outline(&self) -> Outline {
        self.replica.outline()
    }

    /// A layer's document as people see it.
    pub fn layer(&self) -> Layer {
        self.read(|txn| Layer::read(txn))
    }

    /// Hangs up, as before a person takes time to think. An edit made afterwards is one against the words they saw.
    pub fn leave(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.runtime.block_on(connection.close());
        }
    }

    /// Makes a change and returns when it is durable; answers also whether there was anything to change.
    pub fn edit<T>(&mut self, change: impl FnOnce(&mut TransactionMut) -> Result<T, CliError>) -> Result<(T, bool), CliError> {
        let (made, pending) = self.replica.edit(change)?;
        let Some(pending) = pending else { return Ok((made, false)) };
        let LiveDocument { target, replica, connection, runtime } = self;
        runtime.block_on(durable(target, replica, connection.take(), pending))?;
        Ok((made, true))
    }
}

impl Drop for LiveDocument {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Connects, answers the server's question and takes in its state; what it shows counts for the pending edit.
async fn joined(target: &Target, replica: &mut Replica, mut pending: Option<&mut Pending>) -> Result<Connection, CliError> {
    let mut connection = Connection::open(&target.server, &target.token, &target.document).await?;
    connection.send(protocol::sync_step_1(&[0])).await?;
    loop {
        match connection.receive().await? {
            Incoming::Asks => connection.send(protocol::sync_step_2(&[0, 0])).await?,
            Incoming::State(bytes) => {
                take_in(replica, pending.as_deref_mut(), &bytes)?;
                return Ok(connection);
            }
            Incoming::Edits(bytes) => take_in(replica, pending.as_deref_mut(), &bytes)?,
            Incoming::Denied(reason) => return Err(CliError::Refused(reason)),
            Incoming::Other => {}
        }
    }
}

/// Sends the edit until it is durable: again over a new connection when one is lost, for an update may arrive twice.
async fn durable(
    target: &Target,
    replica: &mut Replica,
    mut connection: Option<Connection>,
    mut pending: Pending,
) -> Result<(), CliError> {
    let deadline = Instant::now() + DURABLE;
    let mut reason = "it did not answer within 30 s".to_owned();
    loop {
        match timeout_at(deadline, attempt(target, replica, connection.take(), &mut pending)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(CliError::NoConnection { reason: why, .. })) if Instant::now() + AGAIN < deadline => reason = why,
            Ok(Err(CliError::NoConnection { reason: why, .. })) => return Err(CliError::Unconfirmed { reason: why }),
            Ok(Err(error)) => return Err(error),
            Err(_) => return Err(CliError::Unconfirmed { reason }),
        }
        sleep(AGAIN).await;
    }
}

async fn attempt(
    target: &Target,
    replica: &mut Replica,
    connection: Option<Connection>,
    pending: &mut Pending,
) -> Result<(), CliError> {
    let mut connection = match connection {
        Some(connection) => connection,
        None => joined(target, replica, Some(pending)).await?,
    };
    if !pending.durable() {
        connection.send(protocol::update(pending.update())).await?;
    }
    while !pending.durable() {
        match connection.receive().await? {
            Incoming::Asks => connection.send(protocol::sync_step_2(pending.update())).await?,
            Incoming::State(bytes) | Incoming::Edits(bytes) => take_in(replica, Some(pending), &bytes)?,
            Incoming::Denied(reason) => return Err(CliError::Refused(reason)),
            Incoming::Other => {}
        }
    }
    connection.close().await;
    Ok(())
}

fn take_in(replica: &mut Replica, pending: Option<&mut Pending>, bytes: &[u8]) -> Result<(), CliError> {
    let update = decode(bytes)?;
    if let Some(pending) = pending {
        pending.observe(&update);
    }
    replica.integrate(update)
}

fn late(target: &Target) -> CliError {
    CliError::NoConnection { server: target.server.to_string(), reason: "the document did not arrive".into() }
}
