//! A plan's log as it grows, a line each: from now on, with the state first, or from an earlier record on.

#[cfg(test)]
mod tests;

use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    response::Response,
};
use bytes::Bytes;
use plenary_shared::{id::DocAddress, limits};
use serde::Deserialize;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use yrs::StateVector;

use super::{
    ApiError, App, Caller,
    lines::{Lines, answer, page},
    plan::{readable, too_many},
};
use crate::{
    outbox::{Next, Outbox},
    room::{Command, End, SessionId, line},
    store::Seq,
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
    let state = match since {
        Some(_) => None,
        None => {
            let (end, state) = app.rooms.lacking(&address, &StateVector::default()).await?;
            Some((end.seq, app.counted(&rights.member, line::state(end.seq, &end.digest, &state))?))
        }
    };
    let ask = |joined| Command::Follow { session, outbox: outbox.clone(), state: false, joined };
    let (inbox, followed) = app.rooms.ask(&address, ask).await?;
    if since.is_some_and(|since| since > followed.seq) {
        let _ = inbox.send(Command::Leave { session }).await;
        let message = format!("the log ends at record {}: begin there, or earlier", followed.seq);
        return Err(ApiError::invalid(message));
    }
    let (lines, told) = Lines::open(app.rooms.answers(), &rights.member);
    let follower = Follower { app, caller, address, version, lines };
    tokio::spawn(async move {
        let _place = place;
        let mut follower = follower;
        follower.tell(since, state, &followed, &outbox).await;
        let _ = inbox.send(Command::Leave { session }).await;
    });
    Ok(answer(told))
}

/// Somebody who is told the log.
struct Follower {
    app: Arc<App>,
    caller: Caller,
    address: DocAddress,
    version: watch::Receiver<u64>,
    lines: Lines,
}

impl Follower {
    /// `None` once the right to read is gone. A token that expires moves nothing in the registry.
    fn may_read(&self) -> Option<()> {
        self.app.registry.rights(&self.caller.token, &self.address).map(drop)
    }

    /// Tells the state, if it is to begin with that, and what comes behind it or behind `since`.
    async fn tell(&mut self, since: Option<Seq>, state: Option<(Seq, Bytes)>, followed: &End, outbox: &Outbox) -> Option<()> {
        let after = match state {
            Some((seq, line)) => {
                self.may_read()?;
                self.lines.pass(line).await?;
                seq
            }
            None => since?,
        };
        self.earlier(after, followed).await?;
        self.live(outbox).await
    }

    /// Tells what the log holds after a record, up to where following began.
    async fn earlier(&self, mut after: Seq, followed: &End) -> Option<()> {
        let mut end = None;
        while after < followed.seq {
            let page = page(self.app.rooms.store(), self.address.clone(), after, end, line::record).await;
            let page = page.filter(|page| !page.is_empty())?;
            self.may_read()?;
            for (seq, digest, line) in page.into_iter().take_while(|(seq, ..)| *seq <= followed.seq) {
                (after, end) = (seq, Some(digest));
                if !followed.refused.contains(&seq) {
                    self.lines.send(line).await?;
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
                            self.lines.send(frame).await?;
                        }
                        beat = Instant::now() + BEAT;
                    }
                    Next::AskToCatchUp | Next::Close(_) => return None,
                },
                () = sleep_until(beat) => {
                    self.may_read()?;
                    self.lines.send(Bytes::from_static(b"\n")).await?;
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
