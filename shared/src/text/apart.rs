//! Edits that did not know of each other, and what puts the words that they changed apart side by side.
//!
//! **Who is apart.** A stay away from the server is a branch. What a branch wrote rests on the text as it had seen it and on what it
//! wrote itself; what else the log holds since then, it did not know.
//!
//! **What comes out** depends on the texts alone, for each that both sides changed: the one that each side had seen and what it made of
//! it, one side laid upon the other in the order of their first records ([`clash`](super::clash)). What was put side by side before is no
//! side, unless somebody went on from it: so a stay that comes in parts comes out as if it had come whole. What survived of them in the
//! document stays where it is, character by character; the rest is typed anew under a client id of the engine, and the record says whose
//! it is. What a point holds beside its texts is set again where the document does not show what comes out (`fields`).

mod fields;
mod letters;
mod retype;
mod sides;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use yrs::{ReadTxn as _, TransactionMut};

use crate::{
    id::PointId,
    limits,
    log::{
        fold::{Fold, Formed},
        gate::{Ledger, Named, PlanPart},
        record::{Bracketing, Branch, Digest, Record, RecordKind},
    },
    people::Author,
    text::{
        history::ReplayError,
        plan::{ChangeKind, new_doc},
    },
};

use fields::Fields;
pub(super) use letters::{Letter, LetterId, Wanted, letters, text_of};
pub(super) use retype::{Anew, retype};
use sides::{LaidSide, LaidSides, put_title, title};

/// The texts of a point that are typed.
pub(super) const TEXTS: [(&str, ChangeKind); 2] = [("words", ChangeKind::Words), ("heading", ChangeKind::Heading)];

/// What a branch brings, and what it did not know.
#[derive(Clone, Copy)]
pub struct Stay<'a> {
    /// The last record that it had seen.
    pub seen: u64,
    /// The document there, as Yjs update V1.
    pub base: &'a [u8],
    /// The records behind it, in order.
    pub since: &'a [(u64, Record)],
    /// Whose it is.
    pub author: &'a Author,
    /// The branch.
    pub branch: Branch,
    /// What it brings, in order.
    pub new: &'a [Bytes],
    /// What the gate knows of the document with all of this in it.
    pub ledger: &'a Ledger,
}

/// What was changed apart.
pub struct Apart {
    /// Points that both sides touched; `None` is the title.
    pub points: Vec<Option<PointId>>,
    /// The records that touched them, in order.
    pub of: Vec<u64>,
    /// Which of the new updates did.
    pub new: Vec<usize>,
    sides: LaidSides,
}

/// What puts side by side what was changed apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bracketed {
    /// The update; empty if nothing is to be changed.
    pub update: Bytes,
    /// What its record says; the numbers of what is not in the log yet are not in it.
    pub says: Bracketing,
    /// Of which points what stands side by side now, of the points that are merged; `None` is the title.
    pub beside: Vec<(Option<PointId>, ChangeKind)>,
}

/// Which records and new updates touched each part, by their order.
type Touches = BTreeMap<PlanPart, Vec<usize>>;

impl Apart {
    /// What a branch and others changed apart; `None` if nothing.
    ///
    /// # Errors
    /// [`ReplayError`], if the log or what is brought cannot be read.
    pub fn find(stay: &Stay) -> Result<Option<Self>, ReplayError> {
        let (named, new) = stay.named()?;
        let own = stay.own(&named, &new);
        let touched: Vec<BTreeSet<PlanPart>> = named.iter().map(|named| stay.ledger.touched(named)).collect();
        let (mut others, mut mine) = (Touches::new(), Touches::new());
        for (at, ((seq, record), parts)) in stay.since.iter().zip(&touched).enumerate() {
            if own.contains(seq) {
                note(&mut mine, parts, at);
            } else if !is_of(record, &own) {
                note(&mut others, parts, at);
            }
        }
        for (at, named) in new.iter().enumerate() {
            note(&mut mine, &stay.ledger.touched(named), stay.since.len() + at);
        }
        // What the branch brought before and was told of then is not told again.
        let is_news = |part: &PlanPart| mine[part].iter().any(|at| *at >= stay.since.len());
        let parts: Vec<PlanPart> = mine.keys().filter(|part| others.contains_key(*part) && is_news(part)).copied().collect();
        if parts.is_empty() {
            return Ok(None);
        }
        let by = |touches: &Touches| -> BTreeSet<usize> { parts.iter().flat_map(|part| touches[part].iter().copied()).collect() };
        let all: BTreeSet<usize> = by(&mine).union(&by(&others)).copied().collect();
        let of = all.iter().filter_map(|at| stay.since.get(*at)).map(|(seq, _)| *seq).collect();
        let new = all.iter().filter_map(|at| at.checked_sub(stay.since.len())).collect();
        let sides = stay.sides(&own, &|at| parts.iter().any(|part| touched[at].contains(part)))?;
        let ids = stay.ledger.points();
        let id = |part: &PlanPart| match part {
            PlanPart::Title => Some(None),
            PlanPart::Point(number) => ids.get(*number as usize).and_then(|id| id.parse().ok()).map(Some),
        };
        let mut points: Vec<Option<PointId>> = parts.iter().filter_map(id).collect();
        points.sort_unstable();
        Ok(Some(Self { points, of, new, sides }))
    }

    /// What puts side by side what was changed apart, in the document that holds it all; `now` writes under the engine's client id.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`].
    pub fn bracket(mut self, now: &mut Fold) -> Result<Bracketed, ReplayError> {
        let mut titles = None;
        let (mut texts, mut fields, mut beside) = (Vec::new(), Vec::new(), Vec::new());
        for point in &self.points {
            let Some(point) = point else {
                titles = self.sides.title()?;
                continue;
            };
            let (held, is_beside) = self.sides.fields(point)?;
            fields.push((point, held));
            beside.extend(is_beside.then(|| (Some(point.clone()), ChangeKind::Schedule)));
            for (field, kind) in TEXTS {
                if let Some((wanted, is_beside)) = self.sides.text(point, field)? {
                    texts.push((point, field, wanted));
                    beside.extend(is_beside.then(|| (Some(point.clone()), kind)));
                }
            }
        }
        let (update, anew) = now.look(|txn| {
            let mut anew = Anew::default();
            for (point, field, wanted) in &texts {
                let Some(text) = text_of(txn, point, field) else { continue };
                let Some(present) = letters(txn, &text) else { continue };
                retype(txn, &text, &present, wanted, &mut anew);
            }
            fields.iter().for_each(|(point, fields)| fields.put(txn, point));
            let is_beside = titles.as_ref().is_some_and(|titles| put_title(txn, titles));
            beside.extend(is_beside.then_some((None, ChangeKind::Title)));
            txn.commit();
            let is_new = !txn.insert_set().is_empty() || !txn.delete_set().is_empty();
            (if is_new { txn.encode_update_v1() } else { Vec::new() }, anew)
        })?;
        let Anew { copies, marks, .. } = anew;
        let says = Bracketing { of: self.of, points: self.points, copies, marks };
        Ok(Bracketed { update: update.into(), says, beside })
    }
}

/// A digest of what stands in these points, of texts letter by letter, and in the title: the same as long as nobody changed it.
pub fn standing(txn: &mut TransactionMut, points: &[Option<PointId>]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    for point in points {
        let Some(point) = point else {
            hasher.update(title(txn).as_bytes());
            continue;
        };
        for (field, _) in TEXTS {
            let letters = text_of(txn, point, field).and_then(|text| letters(txn, &text)).unwrap_or_default();
            hasher.update(&letters.len().to_le_bytes());
            for Letter { letter, id: (client, clock) } in letters {
                hasher.update(&u32::from(letter).to_le_bytes()).update(&client.to_le_bytes()).update(&clock.to_le_bytes());
            }
        }
        let fields = serde_json::to_vec(&Fields::read(txn, point)).unwrap_or_default();
        hasher.update(&fields.len().to_le_bytes()).update(&fields);
    }
    Digest::from(*hasher.finalize().as_bytes())
}

impl Stay<'_> {
    /// What each record behind `seen` names, and each new update.
    fn named(&self) -> Result<(Vec<Named>, Vec<Named>), ReplayError> {
        let read = |seq: u64, update: Option<&Bytes>| {
            let named = update.map_or_else(|| Ok(Named::default()), |update| Named::read(update));
            named.map_err(|why| ReplayError::Record { seq, why: why.into() })
        };
        let since: Result<_, _> = self.since.iter().map(|(seq, record)| read(*seq, record.change())).collect();
        let end = self.since.last().map_or(self.seen, |(seq, _)| *seq);
        let new: Result<_, _> = self.new.iter().map(|update| read(end + 1, Some(update))).collect();
        Ok((since?, new?))
    }

    /// The records of the branch: those that were made in it, and those that its clients made at the server before.
    fn own(&self, since: &[Named], new: &[Named]) -> BTreeSet<u64> {
        let clients: BTreeSet<u64> = new.iter().flat_map(|named| named.writes.iter().map(|(client, _)| *client)).collect();
        let is_own = |record: &Record, named: &Named| match record.branch.is_table() {
            _ if record.change().is_none() => false,
            false => record.branch == self.branch,
            // Of one that only deletes no more is known.
            true if named.writes.is_empty() => record.author == *self.author,
            true => named.writes.iter().any(|(client, _)| clients.contains(client)),
        };
        let records = self.since.iter().zip(since).filter(|((_, record), named)| is_own(record, named));
        records.map(|((seq, _), _)| *seq).collect()
    }

    /// Each side by itself, where the text is as all others knew it; `is_told` says whether a record touched what is told of.
    fn sides(&self, own: &BTreeSet<u64>, is_told: &dyn Fn(usize) -> bool) -> Result<LaidSides, ReplayError> {
        let all = self.since.len();
        for settled in [self.settled(own, is_told), all] {
            if let Some(sides) = self.sides_behind(settled, own, is_told)? {
                return Ok(sides);
            }
        }
        // What rests on more than its author is said to have seen is what typing makes of it.
        let whole = |new: &[Bytes]| self.fold(&|_, _, _| true, new);
        let mine = LaidSide { base: whole(&[])?, text: whole(self.new)? };
        Ok(LaidSides { ground: whole(&[])?, apart: vec![mine], mine: 0, brought: None })
    }

    /// How many of the records behind `seen` are the text that somebody went on from: all that a side knew, and all before what was typed
    /// at the table. Behind them there is of the others nothing but stays that did not know of each other. Where the branch had brought
    /// nothing yet, or another stay began before `seen`, that is the whole log.
    fn settled(&self, own: &BTreeSet<u64>, is_told: &dyn Fn(usize) -> bool) -> usize {
        if own.is_empty() {
            return self.since.len();
        }
        let mut settled = 0;
        for (at, (_, record)) in self.others(own, is_told) {
            if record.branch.is_table() {
                settled = at + 1;
            } else if record.seen < self.seen {
                return self.since.len();
            } else {
                settled = settled.max(self.since.partition_point(|(seq, _)| *seq <= record.seen));
            }
        }
        // What was put side by side for the last of them is kept in one with it.
        let put = self.since[settled..].iter().take_while(|(_, record)| settled > 0 && is_put(record)).count();
        settled + put
    }

    /// What others wrote of what is told of, with their places.
    fn others<'a>(
        &'a self,
        own: &'a BTreeSet<u64>,
        is_told: &'a dyn Fn(usize) -> bool,
    ) -> impl Iterator<Item = (usize, &'a (u64, Record))> {
        let since = self.since.iter().enumerate();
        since.filter(move |(at, (seq, record))| !own.contains(seq) && !is_put(record) && is_told(*at))
    }

    /// The sides in the order of their first records; `None` if one of them cannot be read by itself, or if they are too many.
    fn sides_behind(
        &self,
        settled: usize,
        own: &BTreeSet<u64>,
        is_told: &dyn Fn(usize) -> bool,
    ) -> Result<Option<LaidSides>, ReplayError> {
        // Of each stay what it had seen, and whose it is, by its first record.
        let mut stays: BTreeMap<usize, (u64, Branch)> = BTreeMap::new();
        for (_, (_, record)) in self.others(own, is_told).skip_while(|(at, _)| *at < settled) {
            let mut others = self.others(own, is_told);
            let first = others.find_map(|(at, (_, other))| (other.branch == record.branch).then_some(at));
            let (seen, _) = stays.entry(first.unwrap_or_default()).or_insert((record.seen, record.branch));
            *seen = record.seen.min(*seen);
        }
        if stays.len() > limits::ALTERNATIVES_MAX {
            return Ok(None);
        }
        let is_own = |seq: u64| own.contains(&seq);
        let mine = LaidSide {
            base: self.fold(&|at, seq, _| at < settled && is_own(seq), &[])?,
            text: self.fold(&|_, seq, _| is_own(seq), self.new)?,
        };
        let first = self.since.iter().enumerate().position(|(at, (seq, _))| is_own(*seq) && is_told(at));
        let first = first.unwrap_or(self.since.len());
        let before = stays.range(..first).count();
        let mut apart = Vec::with_capacity(stays.len() + 1);
        for (seen, branch) in stays.into_values() {
            let known = |at: usize, seq: u64, record: &Record| seq <= seen || (at < settled && record.branch == branch);
            let text = self.fold(&|at, seq, record| known(at, seq, record) || record.branch == branch, &[])?;
            apart.push(LaidSide { base: self.fold(&known, &[])?, text });
        }
        apart.insert(before, mine);
        for side in &mut apart {
            if side.text.look(|txn| txn.has_missing_updates())? {
                return Ok(None);
            }
        }
        let ground = self.fold(&|at, _, _| at < settled, &[])?;
        let brought = match settled < self.since.len() {
            true => Some([self.fold(&|_, seq, _| is_own(seq), &[])?, self.fold(&|_, _, _| true, &[])?]),
            false => None,
        };
        Ok(Some(LaidSides { ground, apart, mine: before, brought }))
    }

    /// The text as it had been seen, with some of the records behind it, by their places, and with what is new.
    fn fold(&self, with: &dyn Fn(usize, u64, &Record) -> bool, new: &[Bytes]) -> Result<Fold, ReplayError> {
        let mut fold = Fold::of_state(new_doc(0), self.base).map_err(ReplayError::State)?;
        let wanted = self.since.iter().enumerate().filter(|(at, (seq, record))| with(*at, *seq, record));
        let updates = wanted.filter_map(|(_, (_, record))| record.change()).chain(new).map(|update| Formed::read(update));
        let updates = updates.collect::<Result<Vec<_>, _>>().map_err(ReplayError::State)?;
        fold.lay(updates)?;
        Ok(fold)
    }
}

/// Whether it is what put something side by side.
fn is_put(record: &Record) -> bool {
    matches!(record.kind, RecordKind::Bracketing(_))
}

/// Whether it is what put some of these side by side before.
fn is_of(record: &Record, own: &BTreeSet<u64>) -> bool {
    match &record.kind {
        RecordKind::Bracketing(Bracketing { of, .. }) => of.iter().any(|seq| own.contains(seq)),
        RecordKind::Edit | RecordKind::Confirmation { .. } | RecordKind::Act => false,
    }
}

fn note(touches: &mut Touches, parts: &BTreeSet<PlanPart>, at: usize) {
    for part in parts {
        touches.entry(*part).or_default().push(at);
    }
}
