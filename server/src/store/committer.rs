//! One thread makes the appends of all rooms durable together: what waits goes into the journal with one write and one sync,
//! then into the tree, then everyone is answered. While one commit is under way the next one gathers.

use std::{collections::HashMap, io, sync::Arc, thread::JoinHandle, time::Instant};

use plenary_shared::id::DocAddress;

use super::{
    Seq, StoreError,
    heads::Head,
    journal::Journal,
    layout::{self, DocNumber, Entry},
    logs::Inside,
    queue::{Append, Pace, Queue},
    tree::Fault,
};

/// 64 MiB: below this much free space nothing is written, so that the tree never meets a full disk, which it does not survive.
const FREE_BYTES_MIN: u64 = 64 << 20;
/// Starts the thread. It ends when the queue is closed and empty, or when a write fails.
pub(super) fn start(inside: Arc<Inside>, queue: Arc<Queue>, journal: Journal, next: DocNumber) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("committer".into()).spawn(move || {
        // However this thread ends, nobody waits for it for ever.
        let _abandon = Abandon(queue.clone());
        let mut committer = Committer { inside, journal, next, free_checked: None };
        let mut pace = Pace::new(Instant::now());
        while let Some(appends) = queue.take(&mut pace) {
            if let Err(error) = committer.commit(appends) {
                tracing::error!(%error, "the store takes no more writes");
                return;
            }
        }
        let inside = committer.inside.clone();
        if let Err(fault) = committer.journal.close(&inside.tree, &inside.heads) {
            let error = fault.in_store(&inside.path);
            tracing::error!(%error, "the store was not closed properly; the journal will be read at the next start");
        }
    })
}

struct Abandon(Arc<Queue>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

struct Committer {
    inside: Arc<Inside>,
    journal: Journal,
    next: DocNumber,
    free_checked: Option<Instant>,
}

/// What a commit will have changed once it is durable.
#[derive(Default)]
struct Staged {
    entries: Vec<Entry>,
    numbers: HashMap<DocAddress, DocNumber>,
    ends: HashMap<DocNumber, Seq>,
}

impl Staged {
    /// Gives a new document its number, the next from `first` on.
    fn register(&mut self, doc: &DocAddress, first: DocNumber) -> DocNumber {
        let number = first + self.numbers.len() as DocNumber;
        self.entries.push(layout::directory_entry(doc, number));
        self.numbers.insert(doc.clone(), number);
        number
    }
}

impl Committer {
    /// Commits appends and answers them. An error is the end: what the disk holds is then known only after opening it again.
    fn commit(&mut self, appends: Vec<Append>) -> Result<(), StoreError> {
        if !self.has_room() {
            appends.into_iter().for_each(|append| drop(append.answer.send(Err(StoreError::Full))));
            return Ok(());
        }
        let mut staged = Staged::default();
        let mut answers = Vec::with_capacity(appends.len());
        for append in appends {
            match self.stage(&append, &mut staged) {
                Ok(last) => answers.push((append.answer, last)),
                Err(error) => drop(append.answer.send(Err(error))),
            }
        }
        let kept = self.keep(staged);
        for (answer, last) in answers {
            // Whoever no longer waits for the answer does not need it.
            let _ = answer.send(kept.clone().map(|()| last));
        }
        kept
    }

    /// Works out what an append changes and where each log ends then. Whatever can fail comes first, so that of an append that
    /// fails nothing is staged.
    fn stage(&self, append: &Append, staged: &mut Staged) -> Result<Vec<Seq>, StoreError> {
        let found = append.logs.iter().map(|(doc, ..)| self.find(doc, staged)).collect::<Result<Vec<_>, _>>()?;
        let mut lasts = Vec::with_capacity(found.len());
        for ((doc, after, records), found) in append.logs.iter().zip(found) {
            if found.is_none() && records.is_empty() && !append.register {
                lasts.push(0);
                continue;
            }
            let ends = found.map_or(0, |(_, last)| last);
            if !append.register && ends != *after {
                return Err(StoreError::Moved { doc: doc.clone(), last: ends });
            }
            let (number, last) = found.unwrap_or_else(|| (staged.register(doc, self.next), 0));
            let end = last + records.len() as Seq;
            if !records.is_empty() {
                layout::pack(number, last + 1, records, &mut staged.entries);
                staged.ends.insert(number, end);
            }
            lasts.push(end);
        }
        Ok(lasts)
    }

    /// A document's number and where its log ends after all that is staged; `None` if it is not known yet.
    fn find(&self, doc: &DocAddress, staged: &Staged) -> Result<Option<(DocNumber, Seq)>, StoreError> {
        let known = staged.numbers.get(doc).copied();
        let Some(number) = known.map_or_else(|| self.inside.directory.number(doc), |n| Ok(Some(n)))? else { return Ok(None) };
        let last = match (staged.ends.get(&number), self.inside.heads.get(number)) {
            (Some(staged), _) => *staged,
            (None, Head::Exactly(last)) => last,
            (None, Head::AtLeast(_)) => {
                let last = self.inside.last(doc, number)?;
                self.inside.heads.learn(number, last);
                last
            }
        };
        Ok(Some((number, last)))
    }

    fn keep(&mut self, staged: Staged) -> Result<(), StoreError> {
        if staged.entries.is_empty() {
            return Ok(());
        }
        let inside = &self.inside;
        let fault = |fault: Fault| fault.in_store(&inside.path);
        self.journal.write(&staged.entries).map_err(fault)?;
        for (key, value) in &staged.entries {
            inside.tree.insert(key, value).map_err(fault)?;
        }
        self.next += staged.numbers.len() as DocNumber;
        for (doc, number) in &staged.numbers {
            inside.directory.remember(doc, *number);
        }
        Ok(inside.heads.set(staged.ends.into_iter().collect())?)
    }

    /// Looks at the disk ten times a second at most; the reserve is far more than is written meanwhile.
    fn has_room(&mut self) -> bool {
        let now = Instant::now();
        if self.free_checked.is_some_and(|checked| now.duration_since(checked).as_millis() < 100) {
            return true;
        }
        let room = self.inside.free_bytes().is_none_or(|free| free >= FREE_BYTES_MIN);
        self.free_checked = room.then_some(now);
        room
    }
}
