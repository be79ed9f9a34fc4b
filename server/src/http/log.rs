//! A plan's log as it grows, a line each: from now on, with the state first, or from an earlier record on.

#[cfg(test)]
mod tests;

use axum::{
    body::Body as HttpBody,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use plenary_shared::{
    id::DocAddress,
    limits,
    record::{self, Digest},
};
use serde::Deserialize;
use std::{
    convert::Infallible,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until, timeout},
};

use super::{
    ApiError, App, Caller,
    plan::{readable, too_many},
};
use crate::{
    outbox::{Next, Outbox},
    room::{Command, Followed, SessionId, record_line},
    store::{Seq, Store},
};

/// Where to begin.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    /// Tell the records after this one, and no state.
    since: Option<Seq>,
    /// Ignored here: the credential of clients that have no other way.
    #[serde(rename = "token")]
    _token: Option<String>,
}

/// How long nothing is told before an empty line is.
const BEAT: Duration = Duration::from_secs(limits::PING.as_secs() / 2);
/// Records read from the store at a time.
const PAGE: usize = 512;
/// 1 MiB: bytes of them.
const PAGE_BYTES: usize = 1 << 20;

/// Answers the lines as they come. An empty line now and then shows that the connection is alive.
pub(super) async fn follow(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((conference, plan)): Path<(String, String)>,
    query: Result<Query<From>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(From { since, .. }) = query.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    // Watched from before the right is looked up, so that none is taken away unseen.
    let version = app.registry.version();
    let (address, rights) = readable(&app, &caller, &conference, &plan)?;
    let place = app.session_place(&rights.member, &address).ok_or_else(too_many)?;
    let session = SessionId(app.next_session.fetch_add(1, Ordering::Relaxed));
    let outbox = Arc::new(Outbox::default());
    let ask = |joined| Command::Follow { session, outbox: outbox.clone(), state: since.is_none(), joined };
    let (inbox, followed) = app.rooms.ask(&address, ask).await?;
    if since.is_some_and(|since| since > followed.seq) {
        let _ = inbox.send(Command::Leave { session }).await;
        let message = format!("the log ends at record {}: begin there, or earlier", followed.seq);
        return Err(ApiError::invalid(message));
    }
    let (lines, body) = mpsc::channel(1);
    let follower = Follower { app, caller, address, version, lines };
    tokio::spawn(async move {
        let _place = place;
        let mut follower = follower;
        if follower.earlier(since, &followed).await.is_some() {
            follower.live(&outbox).await;
        }
        let _ = inbox.send(Command::Leave { session }).await;
    });
    let stream = futures_util::stream::unfold(body, async |mut body| body.recv().await.map(|line| (line, body)));
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], HttpBody::from_stream(stream)).into_response())
}

/// Somebody who is told the log.
struct Follower {
    app: Arc<App>,
    caller: Caller,
    address: DocAddress,
    version: watch::Receiver<u64>,
    lines: mpsc::Sender<Result<Bytes, Infallible>>,
}

impl Follower {
    /// Sends a line; `None` if nobody takes it.
    async fn send(&self, line: Bytes) -> Option<()> {
        timeout(limits::WRITE, self.lines.send(Ok(line))).await.ok()?.ok()
    }

    /// `None` once the right to read is gone. A token that expires moves nothing in the registry.
    fn may_read(&self) -> Option<()> {
        self.app.registry.rights(&self.caller.token, &self.address).map(drop)
    }

    /// Tells what the log holds after `since`, up to where following began.
    async fn earlier(&self, since: Option<Seq>, followed: &Followed) -> Option<()> {
        let Some(mut after) = since else { return Some(()) };
        let mut end = None;
        while after < followed.seq {
            let (store, address, from) = (self.app.rooms.store(), self.address.clone(), end);
            let page = tokio::task::spawn_blocking(move || page(&*store, &address, after, from));
            let page = page.await.ok().flatten().filter(|page| !page.is_empty())?;
            self.may_read()?;
            for (seq, digest, line) in page.into_iter().take_while(|(seq, ..)| *seq <= followed.seq) {
                (after, end) = (seq, Some(digest));
                if !followed.refused.contains(&seq) {
                    self.send(line).await?;
                }
            }
        }
        Some(())
    }

    /// Tells each record as it comes to hold, and now and then an empty line. When that comes is moved by what was sent and by
    /// nothing else: the registry changes for other reasons than this plan, and nobody may hear it move.
    async fn live(&mut self, outbox: &Outbox) -> Option<()> {
        let mut beat = Instant::now() + BEAT;
        loop {
            tokio::select! {
                next = outbox.next() => match next {
                    Next::Frames(frames) => {
                        for frame in frames {
                            self.send(frame).await?;
                        }
                        beat = Instant::now() + BEAT;
                    }
                    Next::AskToCatchUp | Next::Close(_) => return None,
                },
                () = sleep_until(beat) => {
                    self.may_read()?;
                    self.send(Bytes::from_static(b"\n")).await?;
                    beat = Instant::now() + BEAT;
                }
                changed = self.version.changed() => {
                    changed.ok()?;
                    self.may_read()?;
                }
            }
        }
    }
}

/// The lines of the records after `after`, which the chain's digest `end` closes if it is known; `None` if the log is damaged. Blocks.
fn page(store: &dyn Store, address: &DocAddress, after: Seq, end: Option<Digest>) -> Option<Vec<(Seq, Digest, Bytes)>> {
    let mut end = match end {
        Some(end) => end,
        None if after == 0 => record::GENESIS,
        // The digest of a record is the first thing in it.
        None => *store.read(address, after - 1, 1, PAGE_BYTES).ok()?.pop()?.1.first_chunk()?,
    };
    let mut lines = Vec::new();
    for (seq, sealed) in store.read(address, after, PAGE, PAGE_BYTES).ok()? {
        let (record, digest) = record::open(&end, &sealed).ok()?;
        end = digest;
        lines.push((seq, digest, record_line(seq, &digest, record)));
    }
    Some(lines)
}
