//! The text as the server has it: its log, verified record by record, and what the log folds to.
//!
//! **Architecture invariant:** a record is taken only if it continues the chain of digests, so that a server that changes the past is
//! found out. The snapshot saves time and nothing else.

use bytes::Bytes;
use plenary_shared::{
    id::DocAddress,
    log::{
        fold::{Fold, FoldError, Formed},
        gate::Ledger,
        record::{self, Digest, Record},
    },
    people::{Author, ENGINE},
    text::{
        authorship::Owners,
        marks::{ChangedApart, Marks},
        plan,
    },
};
use serde::{Deserialize, Serialize};
use std::{
    cell::RefCell,
    path::{Path, PathBuf},
};
use yrs::TransactionMut;

use super::{disk, frames, info::Damage};
use crate::{error::CliError, fold, ids};

/// The file of the log.
pub const LOG: &str = "text.log";
const SNAPSHOT: &str = "text.snapshot";
/// Records after which a new snapshot is worth writing: folding so many takes some milliseconds.
const SNAPSHOT_EVERY: u64 = 512;

/// A record of the log, as the replica keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredRecord {
    /// Its number.
    pub seq: u64,
    /// The document could not bear it.
    pub refused: bool,
    /// The record, with its digest ([`record::seal`]).
    sealed: Bytes,
}

/// Where the log ends, as far as it was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LogEnd {
    /// The last record before it; 0: none.
    pub seq: u64,
    /// The chain's digest there.
    pub head: Digest,
    /// Its offset in the file.
    offset: u64,
}

impl LogEnd {
    /// Where nothing was read: before the first record of a plan's text.
    fn none(of: &DocAddress) -> Self {
        LogEnd { seq: 0, head: Digest::genesis(of), offset: 0 }
    }
}

/// The text, folded.
pub struct Text {
    fold: RefCell<Fold>,
    /// How far the first record's author had written.
    first: First,
    /// Which points were merged.
    marks: Marks,
    /// The last record that the document shows.
    pub seq: u64,
    /// Where the log ends that can be relied on.
    pub end: LogEnd,
    snapshot_seq: u64,
}

/// Who wrote the log's first record, and how far under which client ids.
type First = Option<(Author, Vec<(u64, u32)>)>;

/// The version of what a snapshot says. Where it is another's the log is read.
const SNAPSHOT_VERSION: u8 = 4;

#[derive(Serialize, Deserialize)]
struct Snapshot {
    place: LogEnd,
    first: First,
    ledger: Bytes,
    state: Bytes,
    marks: Marks,
}

impl StoredRecord {
    /// The record that continues the chain from `head`, and the chain's digest after it.
    pub fn open(&self, head: &Digest) -> Option<(Record, Digest)> {
        record::open(head, &self.sealed).ok()
    }
}

impl Text {
    /// Reads and folds what is there. What is damaged is told; the next sync brings it again.
    pub fn read(dir: &Path, of: &DocAddress, damage: &mut Vec<Damage>) -> Result<Text, CliError> {
        let (fold, end) = (fold::empty()?.into(), LogEnd::none(of));
        let mut text = Text { fold, first: None, marks: Marks::default(), seq: 0, end, snapshot_seq: 0 };
        if let Some(Snapshot { place, first, ledger, state, marks }) = read_snapshot(dir, damage)?
            && let Some(ledger) = Ledger::load(&ledger)
        {
            text.fold = Fold::of_own(plan::new_doc(ids::client()?), &state, ledger)?.into();
            (text.seq, text.snapshot_seq, text.end) = (place.seq, place.seq, place);
            (text.first, text.marks) = (first, marks);
        }
        let (records, end) = match read_log(dir, text.end)? {
            // The log is shorter than the snapshot remembers, or something stands in it that does not belong there.
            Tail { end, broken: Some(what), .. } if end == text.end => {
                let whole = read_log(dir, LogEnd::none(of))?;
                let what = whole.broken.unwrap_or(what);
                damage.push(Damage { path: dir.join(LOG), what: format!("{what}; the next sync brings what is missing again") });
                (Vec::new(), whole.end)
            }
            Tail { records, end, broken } => {
                if let Some(what) = broken {
                    damage.push(Damage {
                        path: dir.join(LOG),
                        what: format!("{what}; the next sync brings what is missing again"),
                    });
                }
                (records, end)
            }
        };
        text.fold(&records)?;
        text.end = end;
        Ok(text)
    }

    /// Takes records that the log holds by now, as far as they are new to the document.
    pub fn fold(&mut self, records: &[(u64, bool, Record)]) -> Result<(), CliError> {
        let fold = self.fold.get_mut();
        for (seq, refused, record) in records {
            if *seq <= self.seq {
                continue;
            }
            self.seq = *seq;
            if *refused {
                continue;
            }
            let unfit = |error: FoldError| CliError::Refused(format!("record {seq} of the log cannot be folded in: {error}"));
            let taken = fold.take(record).map_err(unfit)?;
            self.marks.take(*seq, record, fold, &taken.checked)?;
            if *seq == 1 {
                let vector = record.change().map(|update| Formed::read(update)).transpose()?.map(|update| update.vector());
                let clocks = vector.iter().flat_map(|vector| vector.iter()).map(|(client, clock)| (client.get(), *clock));
                self.first = Some((record.author.clone(), clocks.collect()));
            }
        }
        Ok(())
    }

    /// Appends records to the log, each of which continues the chain. The folder must be locked.
    pub fn append(&mut self, dir: &Path, records: &[(u64, bool, Record)]) -> Result<(), CliError> {
        let (mut bytes, mut end) = (Vec::new(), self.end);
        for (seq, refused, record) in records.iter().filter(|(seq, ..)| *seq > self.end.seq) {
            let (sealed, head) = record::seal(&end.head, record);
            let kept = StoredRecord { seq: *seq, refused: *refused, sealed };
            let payload = postcard::to_stdvec(&kept).map_err(|e| CliError::Refused(format!("a record cannot be kept: {e}")))?;
            bytes.extend(frames::frame(&payload));
            (end.seq, end.head) = (*seq, head);
        }
        if bytes.is_empty() {
            return Ok(());
        }
        let path = dir.join(LOG);
        disk::append(&path, self.end.offset, &bytes).map_err(|source| CliError::File { path, source })?;
        end.offset = self.end.offset + bytes.len() as u64;
        self.end = end;
        Ok(())
    }

    /// Writes a snapshot if that saves the next reader enough. The folder must be locked.
    pub fn save(&mut self, dir: &Path) -> Result<(), CliError> {
        if self.seq != self.end.seq || self.seq < self.snapshot_seq + SNAPSHOT_EVERY {
            return Ok(());
        }
        let ledger = self.fold.borrow().ledger().save().into();
        let (first, marks) = (self.first.clone(), self.marks.clone());
        let snapshot = Snapshot { place: self.end, first, ledger, state: self.state()?.into(), marks };
        let bytes = postcard::to_extend(&snapshot, vec![SNAPSHOT_VERSION])
            .map_err(|e| CliError::Refused(format!("the text cannot be kept: {e}")))?;
        let path = dir.join(SNAPSHOT);
        disk::replace(&path, &frames::frame(&bytes)).map_err(|source| CliError::File { path, source })?;
        self.snapshot_seq = self.seq;
        Ok(())
    }

    /// Looks something up in the document as the server has it.
    pub fn look<T>(&self, f: impl FnOnce(&mut TransactionMut) -> T) -> Result<T, CliError> {
        Ok(self.fold.borrow_mut().look(f)?)
    }

    /// The document, to lay one's own edits over it.
    pub fn into_fold(self) -> Fold {
        self.fold.into_inner()
    }

    /// What was changed apart, as far as it is not confirmed.
    pub fn marks(&self) -> ChangedApart {
        self.marks.marked(self.fold.borrow().ledger())
    }

    /// Its whole state.
    pub fn state(&self) -> Result<Vec<u8>, CliError> {
        Ok(self.fold.borrow_mut().state()?)
    }

    /// Whose words those of each client id are; those of the plan's first text are nobody's, as long as nobody went on under its id.
    pub fn owners(&self, created_by: Option<&Author>) -> Owners {
        let fold = self.fold.borrow();
        let first = self.first.as_ref().filter(|(author, _)| Some(author) == created_by);
        let nobodys = |client: u64| {
            let clock = first.and_then(|(_, clocks)| clocks.iter().find(|(id, _)| *id == client)).map_or(0, |(_, clock)| *clock);
            clock > 0 && clock == fold.ledger().clock(client)
        };
        let owned = fold.ledger().owners().filter(|(client, party)| party.as_str() != ENGINE && !nobodys(*client));
        owned.map(|(client, party)| (client, party.clone())).collect()
    }

    /// Reads the whole log again: what is damaged before the last snapshot is told, and the next pull brings it again from there. What
    /// the snapshot shows beyond the log goes with it: the server may have lost it. The folder must be locked.
    pub fn verify(&mut self, dir: &Path, of: &DocAddress, damage: &mut Vec<Damage>) -> Result<(), CliError> {
        let whole = read_log(dir, LogEnd::none(of))?;
        if whole.end.seq < self.end.seq {
            let what = whole.broken.unwrap_or_else(|| format!("it ends at record {}", whole.end.seq));
            damage.push(Damage { path: dir.join(LOG), what: format!("{what}; this sync brings what is missing again") });
        }
        if whole.end.seq < self.seq {
            Self::drop_snapshot(dir)?;
            *self = Text::read(dir, of, &mut Vec::new())?;
        }
        Ok(())
    }

    fn drop_snapshot(dir: &Path) -> Result<(), CliError> {
        let path = dir.join(SNAPSHOT);
        disk::remove(&path).map_err(|source| CliError::File { path, source })
    }

    /// Takes back what follows on a record, which the server does not hold any more. The folder must be locked, and the log whole up
    /// to there.
    pub fn cut_back(dir: &Path, to: u64) -> Result<(), CliError> {
        // A snapshot of what is cut off would be believed.
        Self::drop_snapshot(dir)?;
        let path = dir.join(LOG);
        let file = |source| CliError::File { path: path.clone(), source };
        let frames = frames::read(&path, 0).map_err(file)?;
        let end = to.checked_sub(1).map_or(Some(0), |last| frames.whole.get(last as usize).map(|(end, _)| *end));
        let end = end.ok_or_else(|| CliError::Refused(format!("{} ends before record {to}", path.display())))?;
        let bytes = std::fs::read(&path).map_err(file)?;
        disk::replace(&path, bytes.get(..end as usize).unwrap_or_default()).map_err(file)
    }

    /// The records after one, up to the last.
    pub fn records(dir: &Path, of: &DocAddress, after: u64) -> Result<Vec<(u64, bool, Record)>, CliError> {
        let Tail { mut records, end, broken } = read_log(dir, LogEnd::none(of))?;
        let known = read_snapshot(dir, &mut Vec::new())?.map_or(0, |snapshot| snapshot.place.seq);
        if end.seq < known {
            let what = broken.unwrap_or_else(|| format!("it ends at record {}", end.seq));
            let path = dir.join(LOG);
            return Err(CliError::Refused(format!("{}: {what}; `plenary sync` brings it again", path.display())));
        }
        records.retain(|(seq, ..)| *seq > after);
        Ok(records)
    }
}

fn read_snapshot(dir: &Path, damage: &mut Vec<Damage>) -> Result<Option<Snapshot>, CliError> {
    let path = dir.join(SNAPSHOT);
    let frames = frames::read(&path, 0).map_err(|source| CliError::File { path: path.clone(), source })?;
    if frames.whole.is_empty() && frames.end + frames.torn == 0 {
        return Ok(None);
    }
    let payload = frames.whole.first().map(|(_, payload)| &payload[..]);
    let read = payload.and_then(<[u8]>::split_first).and_then(|(version, snapshot)| match *version {
        SNAPSHOT_VERSION => postcard::from_bytes(snapshot).ok().map(Some),
        _ => Some(None),
    });
    if read.is_none() {
        damage.push(Damage { path, what: "it cannot be read; the log is read instead".into() });
    }
    Ok(read.flatten())
}

/// What follows in the log from where it was read to.
struct Tail {
    records: Vec<(u64, bool, Record)>,
    /// Where what can be relied on ends.
    end: LogEnd,
    /// Why that is not the end of the file.
    broken: Option<String>,
}

fn read_log(dir: &Path, from: LogEnd) -> Result<Tail, CliError> {
    let path: PathBuf = dir.join(LOG);
    let length = std::fs::metadata(&path).map_or(0, |file| file.len());
    if length < from.offset {
        let what = format!("it ends at byte {length}, before record {}", from.seq);
        return Ok(Tail { records: Vec::new(), end: from, broken: Some(what) });
    }
    let frames = frames::read(&path, from.offset).map_err(|source| CliError::File { path, source })?;
    let mut tail = Tail { records: Vec::with_capacity(frames.whole.len()), end: from, broken: None };
    let first_bad = frames.damaged.first().map_or(u64::MAX, |range| range.start);
    for (end, payload) in frames.whole {
        if end > first_bad {
            break;
        }
        let kept = postcard::from_bytes::<StoredRecord>(&payload).ok().filter(|kept| kept.seq == tail.end.seq + 1);
        let Some((kept, (record, head))) = kept.and_then(|kept| kept.open(&tail.end.head).map(|opened| (kept, opened))) else {
            tail.broken = Some(format!("record {} does not continue the log", tail.end.seq + 1));
            return Ok(tail);
        };
        tail.end = LogEnd { seq: kept.seq, head, offset: end };
        tail.records.push((kept.seq, kept.refused, record));
    }
    if first_bad < u64::MAX {
        tail.broken = Some(format!("it is damaged at byte {first_bad}, after record {}", tail.end.seq));
    } else if frames.torn > 0 {
        tail.broken = Some(format!("its last {} bytes were cut off while they were being written", frames.torn));
    }
    Ok(tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::{Folder, Info};
    use plenary_shared::log::record::{Moment, Provenance, Right};
    use std::fs::File;
    use yrs::{Doc, Map as _, ReadTxn as _, Transact as _, WriteTxn as _};

    fn replica(dir: &Path) -> Folder {
        let info = Info {
            format: 1,
            server: "http://127.0.0.1:1".parse().unwrap(),
            conference: "talks".parse().unwrap(),
            plan: "plan".parse().unwrap(),
            member: "arv-1".parse().unwrap(),
            recipient: None,
        };
        Folder::create(&dir.join("replica"), info, false).unwrap()
    }

    fn provenance() -> Provenance {
        Provenance::live(Author { party: "arv".parse().unwrap(), member: "arv-1".parse().unwrap() }, Right::Draft)
    }

    /// A record of an edit that brings a block of the client of its number.
    fn record(seq: u64) -> (u64, bool, Record) {
        let doc = Doc::with_client_id(seq);
        let mut txn = doc.transact_mut();
        txn.get_or_insert_map("meta").insert(&mut txn, seq.to_string(), 1);
        (seq, false, provenance().record(seq - 1, Moment::default(), txn.encode_update_v1().into()))
    }

    #[test]
    fn records_that_change_no_words_are_kept_and_leave_the_text_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let folder = replica(dir.path());
        let act = (2, false, provenance().act(1, Moment::default(), Bytes::from_static(b"told")));
        let empty = (3, false, provenance().record(2, Moment::default(), Bytes::new()));
        let mut text = folder.text().unwrap();
        let records = [record(1), act, empty, record(4)];
        text.fold(&records).unwrap();
        text.append(folder.dir(), &records).unwrap();
        for mut text in [text, folder.text().unwrap()] {
            text.verify(folder.dir(), &folder.info.text(), &mut Vec::new()).unwrap();
            assert_eq!((text.seq, text.end.seq, text.look(|txn| txn.state_vector()).unwrap().len()), (4, 4, 2));
        }
        assert_eq!(Text::records(folder.dir(), &folder.info.text(), 0).unwrap(), records);
    }

    #[test]
    fn what_a_damaged_log_does_not_hold_is_not_taken_from_the_snapshot_to_be_what_the_server_has() {
        let dir = tempfile::tempdir().unwrap();
        let folder = replica(dir.path());
        let records: Vec<_> = (1..=600).map(record).collect();
        let mut text = folder.text().unwrap();
        text.fold(&records).unwrap();
        text.append(folder.dir(), &records).unwrap();
        text.save(folder.dir()).unwrap();
        let log = File::options().write(true).open(folder.dir().join(LOG)).unwrap();
        log.set_len(log.metadata().unwrap().len() / 3).unwrap();
        let mut text = folder.text().unwrap();
        assert!(text.seq == 600 && text.end.seq < 600, "it is shown until the next sync");
        text.verify(folder.dir(), &folder.info.text(), &mut Vec::new()).unwrap();
        assert!(text.seq > 0 && text.seq == text.end.seq, "{} of {}", text.seq, text.end.seq);
        let reached = |text: &Text, seq| text.look(|txn| txn.state_vector()).unwrap().get(&yrs::ClientID::new(seq)) > 0;
        assert!(reached(&text, text.seq) && !reached(&text, text.seq + 1));
        assert!(!folder.dir().join(SNAPSHOT).exists() && folder.text().unwrap().seq == text.seq);
    }
}
