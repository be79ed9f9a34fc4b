//! A plan's log as it grows, a line each: from now on, with the state first, or from an earlier record on.

#[cfg(test)]
mod tests;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use bytes::Bytes;
use plenary_shared::limits;
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
    app::App,
    caller::Reader,
    error::ApiError,
    line,
    lines::{Lines, answer, page},
    state,
};
use crate::{
    room::{self, Command, End, Following, SessionId},
    store::Seq,
};

/// Where to begin.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Since {
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
    mut reader: Reader,
    query: Result<Query<Since>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(Since { since, .. }) = query.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    // Watched from before the right is looked up, so that none is taken away unseen.
    let version = app.registry.version();
    reader.again(&app)?;
    let place = app.session_place(reader.member(), &reader.address).ok_or_else(ApiError::too_many)?;
    let session = SessionId(app.next_session.fetch_add(1, Ordering::Relaxed));
    let state = match since {
        Some(_) => None,
        None => {
            let (end, state) = app.rooms.lacking(&reader.address, &StateVector::default()).await?;
            let (member, tag) = (reader.member(), state::tag(&app, end.seq, &end.digest));
            let line = match app.rooms.answers().tagged(member, tag) {
                Some(line) => line,
                None => app.counted(member, Some(tag), line::state(end.seq, &end.digest, &state))?,
            };
            Some((end.seq, line))
        }
    };
    let (feed, mut following) = room::follow();
    let ask = |joined| Command::Follow { session, feed: feed.clone(), joined };
    let (inbox, followed) = app.rooms.ask(&reader.address, ask).await?;
    // The room's is the only one: once that is gone, nothing more comes.
    drop(feed);
    if since.is_some_and(|since| since > followed.seq) {
        let _ = inbox.send(Command::Leave { session }).await;
        let message = format!("the log ends at record {}: begin there, or earlier", followed.seq);
        return Err(ApiError::invalid(message));
    }
    let (lines, told) = Lines::open(app.rooms.answers(), reader.member());
    let follower = Follower { app, reader, version, lines };
    tokio::spawn(async move {
        let _place = place;
        let mut follower = follower;
        follower.tell(since, state, &followed, &mut following).await;
        let _ = inbox.send(Command::Leave { session }).await;
    });
    Ok(answer(told))
}

/// Somebody who is told the log.
struct Follower {
    app: Arc<App>,
    reader: Reader,
    version: watch::Receiver<u64>,
    lines: Lines,
}

impl Follower {
    /// `None` once the right to read is gone. A token that expires moves nothing in the registry.
    fn may_read(&self) -> Option<()> {
        self.reader.rights_to(&self.app, &self.reader.address).map(drop)
    }

    /// Tells the state, if it is to begin with that, and what comes behind it or behind `since`.
    async fn tell(
        &mut self,
        since: Option<Seq>,
        state: Option<(Seq, Bytes)>,
        followed: &End,
        following: &mut Following,
    ) -> Option<()> {
        let after = match state {
            Some((seq, line)) => {
                self.may_read()?;
                self.lines.pass(line).await?;
                seq
            }
            None => since?,
        };
        self.earlier(after, followed).await?;
        self.live(following).await
    }

    /// Tells what the log holds after a record, up to where following began.
    async fn earlier(&self, mut after: Seq, followed: &End) -> Option<()> {
        let mut end = None;
        while after < followed.seq {
            let page = page(self.app.rooms.store(), self.reader.address.clone(), after, end, line::record).await;
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
    async fn live(&mut self, following: &mut Following) -> Option<()> {
        let mut beat = Instant::now() + BEAT;
        loop {
            tokio::select! {
                // What was written after a right was taken away is never shown to who had it: the registry moves before.
                biased;
                changed = self.version.changed() => {
                    changed.ok()?;
                    self.may_read()?;
                }
                logged = following.next() => {
                    self.lines.send(line::logged(logged?.as_ref())).await?;
                    beat = Instant::now() + BEAT;
                }
                () = sleep_until(beat) => {
                    self.may_read()?;
                    self.lines.send(Bytes::from_static(b"\n")).await?;
                    beat = Instant::now() + BEAT;
                }
            }
        }
    }
}
