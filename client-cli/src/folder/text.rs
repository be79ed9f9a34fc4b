//! The text as the server has it: its log, verified record by record, and what the log folds to.
//!
//! **Architecture invariant:** a record is taken only if it continues the chain of digests, so that a server that changes the past is
//! found out. The snapshot saves time and nothing else.

use bytes::Bytes;
use plenary_shared::{
    id::{DocAddress, PartyId},
    log::record::{self, Digest, Record},
    people::Author,
    text::{authorship::Owners, plan},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use yrs::{Doc, ReadTxn as _, Transact as _, Update};

use super::{disk, frames, info::Damage};
use crate::{
    error::CliError,
    guard::{self, decode},
    ids,
};

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
    doc: Doc,
    /// The last record that the document shows.
    pub seq: u64,
    /// Where the log ends that can be relied on.
    pub end: LogEnd,
    snapshot_seq: u64,
    ledger: Ledger,
}

/// Who used which client id first, and how far the first record's author had written.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Ledger {
    parties: Vec<PartyId>,
    clients: BTreeMap<u64, u32>,
    first: Option<(Author, Vec<(u64, u32)>)>,
}

#[derive(Serialize, Deserialize)]
struct Snapshot {
    place: LogEnd,
    ledger: Ledger,
    state: Bytes,
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
        let (doc, end) = (plan::new_doc(ids::client()?), LogEnd::none(of));
        let mut text = Text { doc, seq: 0, end, snapshot_seq: 0, ledger: Ledger::default() };
        if let Some(Snapshot { place, ledger, state }) = read_snapshot(dir, damage)? {
            guard::apply(&text.doc, [decode(&state)?])?;
            (text.seq, text.snapshot_seq, text.end, text.ledger) = (place.seq, place.seq, place, ledger);
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
        let updates = records.iter().map(|(seq, refused, record)| text.note(*seq, *refused, record));
        let updates: Vec<Update> = updates.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        guard::apply(&text.doc, updates)?;
        text.end = end;
        Ok(text)
    }

    /// Notes a record and answers the update to apply, if it is new to the document.
    fn note(&mut self, seq: u64, refused: bool, record: &Record) -> Result<Option<Update>, CliError> {
        if seq <= self.seq {
            return Ok(None);
        }
        self.seq = seq;
        if refused {
            return Ok(None);
        }
        let update = decode(&record.update)?;
        self.ledger.note(seq, record, &update);
        Ok(Some(update))
    }

    /// Takes records that the log holds by now.
    pub fn fold(&mut self, records: &[(u64, bool, Record)]) -> Result<(), CliError> {
        let mut updates = Vec::with_capacity(records.len());
        for (seq, refused, record) in records {
            updates.extend(self.note(*seq, *refused, record)?);
        }
        guard::apply(&self.doc, updates)
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
        let snapshot = Snapshot { place: self.end, ledger: self.ledger.clone(), state: self.state().into() };
        let bytes = postcard::to_stdvec(&snapshot).map_err(|e| CliError::Refused(format!("the text cannot be kept: {e}")))?;
        let path = dir.join(SNAPSHOT);
        disk::replace(&path, &frames::frame(&bytes)).map_err(|source| CliError::File { path, source })?;
        self.snapshot_seq = self.seq;
        Ok(())
    }

    /// The document as the server has it.
    pub fn doc(&self) -> &Doc {
        &self.doc
    }

    /// The document, to lay one's own edits over it.
    pub fn into_doc(self) -> Doc {
        self.doc
    }

    /// Its whole state.
    pub fn state(&self) -> Vec<u8> {
        guard::state(&self.doc)
    }

    /// Whose words those of each client id are; those of the plan's first text are nobody's, as long as nobody went on under its id.
    pub fn owners(&self, created_by: Option<&Author>) -> Owners {
        let now = self.doc.transact().state_vector();
        let first = self.ledger.first.as_ref().filter(|(author, _)| Some(author) == created_by);
        let nobodys = |client: u64| {
            let clock = first.and_then(|(_, clocks)| clocks.iter().find(|(id, _)| *id == client)).map_or(0, |(_, clock)| *clock);
            clock > 0 && clock == now.get(&yrs::ClientID::new(client))
        };
        let owned = self.ledger.clients.iter().filter(|(client, _)| !nobodys(**client));
        owned.filter_map(|(client, at)| Some((*client, self.ledger.parties.get(*at as usize)?.clone()))).collect()
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

impl Ledger {
    fn note(&mut self, seq: u64, Record { author, .. }: &Record, update: &Update) {
        let vector = update.state_vector();
        if seq == 1 {
            self.first = Some((author.clone(), vector.iter().map(|(client, clock)| (client.get(), *clock)).collect()));
        }
        for (client, _) in vector.iter() {
            if self.clients.contains_key(&client.get()) {
                continue;
            }
            let at = self.parties.iter().position(|party| *party == author.party).unwrap_or_else(|| {
                self.parties.push(author.party.clone());
                self.parties.len() - 1
            });
            self.clients.insert(client.get(), at as u32);
        }
    }
}

fn read_snapshot(dir: &Path, damage: &mut Vec<Damage>) -> Result<Option<Snapshot>, CliError> {
    let path = dir.join(SNAPSHOT);
    let frames = frames::read(&path, 0).map_err(|source| CliError::File { path: path.clone(), source })?;
    if frames.whole.is_empty() && frames.end + frames.torn == 0 {
        return Ok(None);
    }
    let read = frames.whole.first().and_then(|(_, payload)| postcard::from_bytes(payload).ok());
    if read.is_none() {
        damage.push(Damage { path, what: "it cannot be read; the log is read instead".into() });
    }
    Ok(read)
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
    use yrs::{Map as _, WriteTxn as _};

    #[test]
    fn what_a_damaged_log_does_not_hold_is_not_taken_from_the_snapshot_to_be_what_the_server_has() {
        let dir = tempfile::tempdir().unwrap();
        let info = Info {
            format: 1,
            server: "http://127.0.0.1:1".parse().unwrap(),
            conference: "talks".parse().unwrap(),
            plan: "plan".parse().unwrap(),
            member: "arv-1".parse().unwrap(),
            recipient: None,
        };
        let folder = Folder::create(&dir.path().join("replica"), info, false).unwrap();
        let by = Provenance::live(Author { party: "arv".parse().unwrap(), member: "arv-1".parse().unwrap() }, Right::Draft);
        let record = |seq: u64| {
            let doc = Doc::with_client_id(seq);
            let mut txn = doc.transact_mut();
            txn.get_or_insert_map("meta").insert(&mut txn, seq.to_string(), 1);
            (seq, false, by.clone().record(seq - 1, Moment::default(), txn.encode_update_v1().into()))
        };
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
        let reached = |text: &Text, seq| text.doc().transact().state_vector().get(&yrs::ClientID::new(seq)) > 0;
        assert!(reached(&text, text.seq) && !reached(&text, text.seq + 1));
        assert!(!folder.dir().join(SNAPSHOT).exists() && folder.text().unwrap().seq == text.seq);
    }
}
