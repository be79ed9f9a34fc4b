//! Answers that come line by line, and the pages of a log from which they are made.

use axum::{
    body::Body,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use plenary_shared::{
    id::DocAddress,
    limits,
    log::record::{self, Digest, Record},
    people::Member,
};
use std::{convert::Infallible, sync::Arc};
use tokio::{sync::mpsc, time::timeout};

use crate::{
    answers::Answers,
    store::{Seq, Store, StoreError},
};

/// Records read from the store at a time.
const PAGE: usize = 512;
/// 1 MiB: bytes of them.
const PAGE_BYTES: usize = 1 << 20;

/// Where lines are told. One waits at a time: whoever reads slowly is told slowly. What waits is counted.
pub(super) struct Lines {
    sender: mpsc::Sender<Result<Bytes, Infallible>>,
    answers: Answers,
    reader: Member,
}

/// The lines on their way.
pub(super) type Told = mpsc::Receiver<Result<Bytes, Infallible>>;

impl Lines {
    /// Lines for somebody, and the other end of them.
    pub fn open(answers: &Answers, reader: &Member) -> (Self, Told) {
        let (sender, told) = mpsc::channel(1);
        (Self { sender, answers: answers.clone(), reader: reader.clone() }, told)
    }

    /// Sends a line; `None` if nobody takes it, or too much waits to be read already.
    pub async fn send(&self, line: Bytes) -> Option<()> {
        self.pass(self.answers.count(&self.reader, line)?).await
    }

    /// Sends a line that is counted already.
    pub async fn pass(&self, line: Bytes) -> Option<()> {
        timeout(limits::WRITE, self.sender.send(Ok(line))).await.ok()?.ok()
    }
}

/// An answer of lines as they come.
pub(super) fn answer(told: Told) -> Response {
    let stream = futures_util::stream::unfold(told, async |mut told| told.recv().await.map(|line| (line, told)));
    ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(stream)).into_response()
}

/// The records after `after`, which the chain's digest `end` closes if it is known, as `line` tells them; `None` if the log is damaged.
pub(super) async fn page(
    store: Arc<dyn Store>,
    address: DocAddress,
    after: Seq,
    end: Option<Digest>,
    line: impl Fn(Seq, &Digest, Record) -> Bytes + Send + 'static,
) -> Option<Vec<(Seq, Digest, Bytes)>> {
    let read = tokio::task::spawn_blocking(move || {
        let mut end = match end {
            Some(end) => end,
            None => digest_at(&*store, &address, after).ok()??,
        };
        let mut lines = Vec::new();
        for (seq, sealed) in store.read(&address, after, PAGE, PAGE_BYTES).ok()? {
            let (record, digest) = record::open(&end, &sealed).ok()?;
            end = digest;
            lines.push((seq, digest, line(seq, &digest, record)));
        }
        Some(lines)
    });
    read.await.ok().flatten()
}

/// The chain's digest after a record; `None` if the log ends before it. Blocks.
pub(super) fn digest_at(store: &dyn Store, address: &DocAddress, seq: Seq) -> Result<Option<Digest>, StoreError> {
    let Some(before) = seq.checked_sub(1) else { return Ok(Some(Digest::genesis(address))) };
    // The digest of a record is the first thing in it.
    Ok(store.read(address, before, 1, PAGE_BYTES)?.pop().and_then(|(_, sealed)| Digest::of_sealed(&sealed)))
}
