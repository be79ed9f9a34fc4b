//! Edits that did not know of each other, and what puts the words that they changed apart side by side.
//!
//! **Who is apart.** A stay away from the server is a branch. What a branch wrote rests on the text as it had seen it and on what it
//! wrote itself; what else the log holds since then, it did not know.
//!
//! **What comes out** depends on three texts alone, for each text that both sides changed: the one that the branch had seen, what the
//! others made of it and what the branch made of it ([`clash`]). What survived of them in the document stays where
//! it is, character by character; the rest is typed anew under a client id of the engine, and the record says whose it is. What a point
//! holds beside its texts is set again where the document does not show what comes out (`fields`).

mod fields;
mod letters;
mod retype;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use bytes::Bytes;
use yrs::{Map as _, Out, ReadTxn, TextRef, TransactionMut, WriteTxn as _};

use crate::{
    id::PointId,
    log::{
        fold::{Fold, Formed, Misbehaved},
        gate::{Ledger, Named, PlanPart},
        record::{Bracketing, Branch, Digest, Record, RecordKind},
    },
    people::Author,
    text::{
        clash::{self, SideBySide},
        history::ReplayError,
        plan::{ChangeKind, META, POINTS, new_doc, set_title},
    },
};

use fields::Fields;
pub(super) use letters::{Letter, LetterId, Wanted, letters};
pub(super) use retype::{Anew, retype};

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
    sides: Sides,
}

/// The document as both knew it and as each side left it.
struct Sides {
    base: Fold,
    others: Fold,
    mine: Fold,
    /// The base and the others with all that the branch had brought; none where the above are these.
    brought: Option<[Fold; 2]>,
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
        let base = Fold::of_state(new_doc(0), stay.base).map_err(ReplayError::State)?;
        let sides = Sides::of(stay, base, &own, &|at: usize| parts.iter().any(|part| touched[at].contains(part)))?;
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
                titles = Some(self.sides.read(title)?);
                continue;
            };
            let (held, is_beside) = self.sides.fields(point)?;
            fields.push((point, held));
            beside.extend(is_beside.then(|| (Some(point.clone()), ChangeKind::Schedule)));
            for (field, kind) in TEXTS {
                let sides = self.sides.read(|txn| letters(txn, &text_of(txn, point, field)?))?;
                if let [Some(base), Some(others), Some(mine)] = &sides
                    && base != others
                    && base != mine
                {
                    let (wanted, is_beside) = joined(base, &[others, mine]);
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
}

/// Whether it is what put some of these side by side before.
fn is_of(record: &Record, own: &BTreeSet<u64>) -> bool {
    match &record.kind {
        RecordKind::Bracketing(Bracketing { of, .. }) => of.iter().any(|seq| own.contains(seq)),
        RecordKind::Edit | RecordKind::Confirmation { .. } | RecordKind::Act => false,
    }
}

/// The same once more, without what a ledger knows of it: to read or decode so much again would take longer.
fn copy(fold: &mut Fold) -> Result<Fold, Misbehaved> {
    let state = fold.state()?;
    Fold::of_own(new_doc(0), &state, Ledger::default())
}

fn note(touches: &mut Touches, parts: &BTreeSet<PlanPart>, at: usize) {
    for part in parts {
        touches.entry(*part).or_default().push(at);
    }
}

impl Sides {
    /// Each side by itself; `is_told` says whether a record touched what is told of. Where others went on from what the branch had brought,
    /// what it brings now is compared with that.
    fn of(stay: &Stay, mut base: Fold, own: &BTreeSet<u64>, is_told: &dyn Fn(usize) -> bool) -> Result<Self, ReplayError> {
        let last = stay.since.iter().rposition(|(_, record)| is_of(record, own));
        let went_on = last.is_some_and(|last| {
            let behind = stay.since.iter().enumerate().skip(last + 1);
            behind.filter(|(_, (seq, _))| !own.contains(seq)).any(|(at, _)| is_told(at))
        });
        let laid = |on: &mut Fold, with: &dyn Fn(u64, &Record) -> bool, new: &[Bytes]| -> Result<Fold, ReplayError> {
            let mut fold = copy(on)?;
            let wanted = stay.since.iter().filter(|(seq, record)| with(*seq, record));
            let updates = wanted.filter_map(|(_, record)| record.change()).chain(new).map(|update| Formed::read(update));
            let updates = updates.collect::<Result<Vec<_>, _>>().map_err(ReplayError::State)?;
            fold.lay(updates)?;
            Ok(fold)
        };
        let is_own = |seq: u64, _: &Record| own.contains(&seq);
        let is_others = |seq: u64, record: &Record| !own.contains(&seq) && !is_of(record, own);
        let mut others = laid(&mut base, &is_others, &[])?;
        if own.is_empty() {
            let mine = laid(&mut base, &|_, _| false, stay.new)?;
            return Ok(Self { base, others, mine, brought: None });
        }
        let mut before = laid(&mut base, &is_own, &[])?;
        let mine = laid(&mut before, &|_, _| false, stay.new)?;
        // They went on from what the branch had brought, and cannot be read without it.
        let is_torn = others.look(|txn| txn.has_missing_updates())?;
        let all = match is_torn {
            true => laid(&mut base, &|_, _| true, &[])?,
            false => laid(&mut others, &|seq, record| !is_others(seq, record), &[])?,
        };
        if went_on || is_torn {
            return Ok(Self { base: before, others: all, mine, brought: None });
        }
        let brought = [before, all];
        Ok(Self { base, others, mine, brought: Some(brought) })
    }

    /// What comes out of what a point holds beside its texts, and whether both stand in it somewhere. What the branch had brought was
    /// joined then, and is in the base.
    fn fields(&mut self, point: &PointId) -> Result<(Fields, bool), Misbehaved> {
        let (base, others) = match &mut self.brought {
            Some([base, others]) => (base, others),
            None => (&mut self.base, &mut self.others),
        };
        let read = |fold: &mut Fold| fold.look(|txn| Fields::read(txn, point));
        Ok(Fields::join(&read(base)?, &read(others)?, &read(&mut self.mine)?))
    }

    fn read<T>(&mut self, f: impl Fn(&mut TransactionMut) -> T) -> Result<[T; 3], ReplayError> {
        Ok([self.base.look(&f)?, self.others.look(&f)?, self.mine.look(&f)?])
    }
}

/// What comes out, letter by letter, and whether something stands side by side in it; a mark is nobody's, and begins an alternative of
/// those who wrote in it what is not in the base.
fn joined(base: &[Letter], sides: &[&[Letter]]) -> (Vec<Wanted>, bool) {
    let read = |letters: &[Letter]| letters.iter().map(|letter| letter.letter).collect::<String>();
    let (text, texts): (String, Vec<String>) = (read(base), sides.iter().map(|side| read(side)).collect());
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let starts = |text: &str| text.char_indices().map(|(at, _)| at).collect::<Vec<usize>>();
    let (base_starts, side_starts): (Vec<usize>, Vec<_>) = (starts(&text), texts.iter().map(|text| starts(text)).collect());
    let known: HashSet<LetterId> = base.iter().map(|letter| letter.id).collect();
    let (mut joined, mut begun): (Vec<Wanted>, Option<usize>) = (Vec::new(), None);
    let SideBySide { pieces, clashed } = clash::join(&text, &texts);
    for piece in pieces {
        let (letters, starts, range) = match piece {
            clash::Fragment::Base(range) => (base, &base_starts, range),
            clash::Fragment::Side(side, range) => (sides[side], &side_starts[side], range),
            clash::Fragment::Mark(mark) => {
                match mark {
                    clash::OPENS => begun = Some(joined.len()),
                    clash::CLOSES => begun = None,
                    _ => {}
                }
                joined.extend(mark.chars().map(|letter| Wanted { letter, of: None, whose: Vec::new() }));
                continue;
            }
        };
        let place = |at: usize| starts.partition_point(|start| *start < at);
        let letters = &letters[place(range.start)..place(range.end)];
        if let Some(mark) = begun.and_then(|mark| joined.get_mut(mark)) {
            for letter in letters.iter().filter(|letter| !known.contains(&letter.id)) {
                if mark.whose.iter().all(|(client, _)| *client != letter.id.0) {
                    mark.whose.push(letter.id);
                }
            }
        }
        joined.extend(letters.iter().map(|letter| Wanted { letter: letter.letter, of: Some(letter.id), whose: Vec::new() }));
    }
    (joined, clashed)
}

pub(super) fn text_of<T: ReadTxn>(txn: &T, point: &PointId, field: &str) -> Option<TextRef> {
    let Some(Out::YMap(point)) = txn.get_map(POINTS)?.get(txn, point.as_str()) else { return None };
    match point.get(txn, field) {
        Some(Out::YText(text)) => Some(text),
        _ => None,
    }
}

fn title(txn: &mut TransactionMut) -> String {
    let title = txn.get_or_insert_map(META).get(txn, "title");
    title.map(|title| title.to_string(txn)).unwrap_or_default()
}

/// Answers whether both stand side by side in it.
fn put_title(txn: &mut TransactionMut, [base, others, mine]: &[String; 3]) -> bool {
    if base == others || base == mine {
        return false;
    }
    let sides = [others.as_str(), mine.as_str()];
    let joined = clash::join(base, &sides);
    let text = joined.text(base, &sides);
    if text == title(txn) || set_title(txn, &text).is_ok() {
        return joined.clashed;
    }
    // Where both together are too long for a title, the later one stands, which was one before.
    let _ = set_title(txn, mine);
    false
}
