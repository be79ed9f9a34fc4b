//! One thread makes the appends of all rooms durable together: what waits goes into one frame, with one write and one sync, then
//! everyone is answered. While one commit is under way the next one gathers.
//!
//! A commit begins as soon as the one before is done. With 1,000 appends a second of 200 documents, on two busy cores, an append took
//! 58 us of CPU so, and 55, 77 and 73 us where commits kept a distance of 0.3, 0.6 and 1 ms: nothing is saved by waiting.

use std::{collections::HashMap, io, sync::Arc, thread::JoinHandle, time::Duration};

use super::{
    Condition, Part, Seq, StoreError,
    catalog::{Added, Catalog},
    footer,
    frame::{self, FRAME_BYTES, Head},
    inside::Inside,
    queue::{Answer, Append, Queue, Taken},
    writer::{Failure, Writer},
};

/// How often a full disk is tried again while nobody wants to write.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Starts the thread. It ends when the queue is closed and empty, or when the disk fails.
pub(super) fn start(inside: Arc<Inside>, queue: Arc<Queue>, writer: Writer) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("committer".into()).spawn(move || {
        // However this thread ends, nobody waits for it for ever.
        let _abandon = Abandon(inside.clone(), queue.clone());
        Committer { inside, writer, refused_bytes: None }.run(&queue);
    })
}

struct Abandon(Arc<Inside>, Arc<Queue>);

impl Drop for Abandon {
    fn drop(&mut self) {
        if !self.1.is_closed() {
            self.0.health.set(Condition::Failed);
        }
        self.1.abandon();
    }
}

struct Committer {
    inside: Arc<Inside>,
    writer: Writer,
    /// Bytes for which there was no room.
    refused_bytes: Option<u64>,
}

/// What goes into one frame.
#[derive(Default)]
struct Commit {
    heads: Vec<u8>,
    parts: Vec<Part>,
    added: Vec<Added>,
    /// Where each log ends with it.
    ends: HashMap<Arc<str>, Seq>,
    /// Who waits, and what to answer once it is durable.
    answers: Vec<(Answer, Vec<Seq>)>,
}

impl Committer {
    fn run(&mut self, queue: &Queue) {
        loop {
            let done = match queue.take(self.refused_bytes.map(|_| TRY_AGAIN)) {
                Taken::Appends(appends) => self.commit(appends),
                Taken::Nothing => self.try_again(),
                Taken::Closed => {
                    if let Err(failure) = self.writer.mark() {
                        tracing::warn!(error = %StoreError::from(failure), "the end of the log could not be marked");
                    }
                    return;
                }
            };
            if let Err(error) = done {
                tracing::error!(%error, "the store takes no more writes");
                return;
            }
        }
    }

    /// Commits appends and answers them. An error is the end: what the disk holds is then known only after opening it again.
    fn commit(&mut self, appends: Vec<Append>) -> io::Result<()> {
        let mut commit = Commit::default();
        {
            let catalog = self.inside.catalog();
            for append in appends {
                commit.stage(&catalog, append);
            }
        }
        let kept = if commit.added.is_empty() { Ok(()) } else { self.keep(&mut commit) };
        let (refusal, end) = match kept {
            Ok(()) => (None, Ok(())),
            Err(Failure::Full) => (Some(StoreError::Full), Ok(())),
            Err(Failure::Failed(error)) => {
                let shared = Arc::new(error);
                // Whoever is told that it is in doubt can see at once that the store has failed.
                self.inside.health.set(Condition::Failed);
                (Some(StoreError::InDoubt(shared.clone())), Err(io::Error::new(shared.kind(), shared)))
            }
        };
        for (answer, lasts) in commit.answers {
            // Whoever no longer waits for the answer does not need it.
            let _ = answer.send(refusal.clone().map_or(Ok(lasts), Err));
        }
        end
    }

    fn keep(&mut self, commit: &mut Commit) -> Result<(), Failure> {
        let mut frame = commit.frame();
        let kept = self.make_room(frame.len()).and_then(|()| self.writer.append(commit.heads.len(), &mut frame));
        match kept {
            Ok(offset) => {
                self.inside.catalog_mut().publish(offset, &commit.added);
                self.has_room();
                Ok(())
            }
            Err(failure) => {
                if let Failure::Full = failure {
                    self.has_no_room(frame.len() as u64);
                }
                Err(failure)
            }
        }
    }

    /// Sees to it that a frame finds its place, in a new segment if need be.
    fn make_room(&mut self, frame_bytes: usize) -> Result<(), Failure> {
        if self.writer.wants_next(frame_bytes) {
            let next = self.writer.next(&self.inside.catalog().active().contents)?;
            let full = next.stamp.segment() - 1;
            self.inside.catalog_mut().advance(next);
            self.inside.index.is_full(full);
        }
        self.writer.reserve(frame_bytes as u64)
    }

    fn try_again(&mut self) -> io::Result<()> {
        match self.make_room(self.refused_bytes.unwrap_or(0) as usize) {
            Ok(()) => self.has_room(),
            Err(Failure::Full) => {}
            Err(Failure::Failed(error)) => return Err(error),
        }
        Ok(())
    }

    fn has_room(&mut self) {
        if self.refused_bytes.take().is_some() {
            tracing::warn!("there is room on the disk again");
            self.inside.index.rouse();
            self.inside.health.set(Condition::Working);
        }
    }

    fn has_no_room(&mut self, bytes: u64) {
        self.refused_bytes = Some(bytes);
        self.inside.health.set(Condition::Full);
    }
}

impl Commit {
    /// Takes an append in, or answers why not: then nothing of it is kept.
    fn stage(&mut self, catalog: &Catalog, append: Append) {
        let Append { parts, answer } = append;
        match parts.iter().map(|part| self.place(catalog, part)).collect::<Result<Vec<_>, _>>() {
            Ok(places) => {
                let lasts = parts.into_iter().zip(places).map(|(part, (name, end))| self.add(part, name, end)).collect();
                self.answers.push((answer, lasts));
            }
            Err(error) => drop(answer.send(Err(error))),
        }
    }

    /// A document's name, and where its log ends after all that is staged.
    fn place(&self, catalog: &Catalog, (doc, after, records): &Part) -> Result<(Arc<str>, Seq), StoreError> {
        let name: Arc<str> = doc.to_string().into();
        let end = self.ends.get(&name).copied().unwrap_or_else(|| catalog.last(&name));
        if records.is_empty() {
            Ok((name, end))
        } else if !catalog.knows_end(&name) {
            Err(StoreError::Corrupt { doc: doc.clone(), seq: end, what: "where the log ends cannot be told".into() })
        } else if end != *after {
            Err(StoreError::Moved { doc: doc.clone(), last: end })
        } else {
            Ok((name, end))
        }
    }

    /// Adds records behind the end of a log and answers where it ends then.
    fn add(&mut self, part: Part, name: Arc<str>, end: Seq) -> Seq {
        let Some(newest) = part.2.last() else { return end };
        let (first, count) = (end + 1, part.2.len() as u32);
        let bytes: usize = part.2.iter().map(|record| frame::record_bytes(record)).sum();
        let head = Head { name: &name, first, count, bytes: bytes as u32 };
        head.write(&mut self.heads);
        let last = head.last();
        self.added.push(Added { name: name.clone(), first, last, digest: footer::digest(newest) });
        self.ends.insert(name, last);
        self.parts.push(part);
        last
    }

    /// All of it, with room for what the frame holds around it.
    fn frame(&self) -> Vec<u8> {
        let records = || self.parts.iter().flat_map(|(_, _, records)| records);
        let bodies: usize = records().map(|record| frame::record_bytes(record)).sum();
        let length = frame::commit_bytes(self.heads.len(), bodies);
        let mut bytes = Vec::with_capacity(length);
        bytes.resize(FRAME_BYTES, 0);
        bytes.extend_from_slice(&self.heads);
        records().for_each(|record| frame::write_record(record, &mut bytes));
        bytes.resize(length, 0);
        bytes
    }
}
