//! Edits that did not know of each other, and what puts the words that they changed apart side by side.
//!
//! **Who is apart.** A stay away from the server is a branch. What a branch wrote rests on the text as it had seen it and on what it
//! wrote itself; what else the log holds since then, it did not know.
//!
//! **What comes out** depends on three texts alone, for each text that both sides changed: the one that the branch had seen, what the
//! others made of it and what the branch made of it ([`clash`]). What survived of them in the document stays where
//! it is, character by character; the rest is typed anew under a client id of the engine, and the record says whose it is. What a point
//! holds beside its texts is set again where the document does not show what comes out ([`fields`]).

mod fields;
mod letters;
mod retype;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use bytes::Bytes;
use yrs::{Map as _, Out, ReadTxn, TextRef, TransactionMut, WriteTxn as _};

use crate::{
    id::PointId,
    log::{
        fold::{Fold, Formed},
        record::{Bracketing, Branch, Digest, Moment, Provenance, Record, RecordKind, Right},
    },
    people::Author,
    text::{
        clash,
        history::{Replay, ReplayError, Touched},
        plan::{META, POINTS, new_doc, set_title},
    },
};

use fields::Fields;
use letters::{Letter, LetterId, Wanted, letters};
use retype::{Anew, retype};

/// The texts of a point that are typed.
const TEXTS: [&str; 2] = ["words", "heading"];

/// What a branch brings, and what it did not know.
#[derive(Debug, Clone, Copy)]
pub struct Stay<'a> {
    /// The last record that it had seen.
    pub seen: u64,
    /// The document there, as Yjs update V1.
    pub base: &'a [u8],
    /// The records behind it, in order.
    pub since: &'a [(u64, Record)],
    /// The branch.
    pub branch: Branch,
    /// What it brings, in order.
    pub new: &'a [Bytes],
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
    /// What comes out of all else that the points hold.
    fields: Vec<(PointId, Fields)>,
}

/// The document as both knew it and as each side left it.
struct Sides {
    base: Fold,
    others: Fold,
    mine: Fold,
}

/// What puts side by side what was changed apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bracketed {
    /// The update; empty if nothing is to be changed.
    pub update: Bytes,
    /// What its record says; the numbers of what is not in the log yet are not in it.
    pub says: Bracketing,
}

type Touches = BTreeMap<Option<PointId>, Vec<usize>>;

impl Apart {
    /// What a branch and others changed apart; `None` if nothing.
    ///
    /// # Errors
    /// [`ReplayError`], if the log or what is brought cannot be read.
    pub fn find(stay: &Stay) -> Result<Option<Self>, ReplayError> {
        let is_own = |record: &Record| record.branch == stay.branch && !stay.branch.is_table();
        let own: BTreeSet<u64> = stay.since.iter().filter(|(_, record)| is_own(record)).map(|(seq, _)| *seq).collect();
        let (mut others, mut mine) = (Touches::new(), Touches::new());
        let mut touched = Vec::with_capacity(stay.since.len());
        // What the branch touched is seen on what it knew: what both deleted would be touched by the first alone.
        let mut all = Replay::from_state(stay.seen, stay.base)?;
        let mut known = Replay::from_state(stay.seen, stay.base)?;
        for (at, (seq, record)) in stay.since.iter().enumerate() {
            touched.push(all.apply(*seq, record)?);
            if own.contains(seq) {
                note(&mut mine, &known.lay(*seq, record)?, at);
            } else {
                note(&mut others, &touched[at], at);
            }
        }
        let known_fields = fields_of(&mut known, others.keys().flatten())?;
        let end = stay.since.last().map_or(stay.seen, |(seq, _)| *seq);
        for (at, update) in stay.new.iter().enumerate() {
            let by = Provenance::live(Author::engine(), Right::Draft);
            let record = by.record(end, Moment::default(), update.clone());
            note(&mut mine, &known.lay(end + 1, &record)?, stay.since.len() + at);
        }
        let both: Vec<Option<PointId>> = mine.keys().filter(|point| others.contains_key(*point)).cloned().collect();
        // What the branch brought before and was told of then is not told again.
        let is_news = |point: &Option<PointId>| mine[point].iter().any(|at| *at >= stay.since.len());
        let points: Vec<Option<PointId>> = both.into_iter().filter(is_news).collect();
        if points.is_empty() {
            return Ok(None);
        }
        let by =
            |touches: &Touches| -> BTreeSet<usize> { points.iter().flat_map(|point| touches[point].iter().copied()).collect() };
        let told: BTreeSet<usize> = by(&mine).union(&by(&others)).copied().collect();
        let of = told.iter().filter_map(|at| stay.since.get(*at)).map(|(seq, _)| *seq).collect();
        let new = told.iter().filter_map(|at| at.checked_sub(stay.since.len())).collect();
        let (others, mine) = (fields_of(&mut all, points.iter().flatten())?, fields_of(&mut known, points.iter().flatten())?);
        let joined = |(point, mine): (PointId, Fields)| {
            let fields = Fields::join(known_fields.get(&point)?, others.get(&point)?, &mine);
            Some((point, fields))
        };
        let fields = mine.into_iter().filter_map(joined).collect();
        let sides = Sides::of(stay, &own, &touched, &points)?;
        Ok(Some(Self { points, of, new, sides, fields }))
    }

    /// What puts side by side what was changed apart, in the document that holds it all; `now` writes under the engine's client id.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`].
    pub fn bracket(mut self, now: &mut Fold) -> Result<Bracketed, ReplayError> {
        let mut titles = None;
        let mut texts = Vec::new();
        for point in &self.points {
            let Some(point) = point else {
                titles = Some(self.sides.read(title)?);
                continue;
            };
            for field in TEXTS {
                let sides = self.sides.read(|txn| letters(txn, &text_of(txn, point, field)?))?;
                if let [Some(base), Some(others), Some(mine)] = &sides
                    && base != others
                    && base != mine
                {
                    texts.push((point, field, joined(base, &[others, mine])));
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
            self.fields.iter().for_each(|(point, fields)| fields.put(txn, point));
            if let Some(titles) = &titles {
                put_title(txn, titles);
            }
            txn.commit();
            let is_new = !txn.insert_set().is_empty() || !txn.delete_set().is_empty();
            (if is_new { txn.encode_update_v1() } else { Vec::new() }, anew)
        })?;
        let Anew { copies, marks, .. } = anew;
        Ok(Bracketed { update: update.into(), says: Bracketing { of: self.of, points: self.points, copies, marks } })
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
        for field in TEXTS {
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

fn fields_of<'a>(
    replay: &mut Replay,
    points: impl Iterator<Item = &'a PointId>,
) -> Result<BTreeMap<PointId, Fields>, ReplayError> {
    replay.look(|txn| points.map(|point| (point.clone(), Fields::read(txn, point))).collect())
}

fn note(touches: &mut Touches, touched: &Touched, at: usize) {
    let title = touched.title.then_some(None);
    for point in touched.points.iter().cloned().map(Some).chain(title) {
        touches.entry(point).or_default().push(at);
    }
}

impl Sides {
    /// Each side by itself. Where others went on from what the branch had brought, what it brings now is compared with that.
    fn of(stay: &Stay, own: &BTreeSet<u64>, touched: &[Touched], points: &[Option<PointId>]) -> Result<Self, ReplayError> {
        let is_of_own = |record: &Record| match &record.kind {
            RecordKind::Bracketing(Bracketing { of, .. }) => of.iter().any(|seq| own.contains(seq)),
            RecordKind::Edit | RecordKind::Confirmation { .. } | RecordKind::Act => false,
        };
        let last = stay.since.iter().rposition(|(_, record)| is_of_own(record));
        let is_told = |touched: &Touched| {
            points.iter().any(|point| point.as_ref().map_or(touched.title, |point| touched.points.contains(point)))
        };
        let went_on = last.is_some_and(|last| {
            let behind = stay.since.iter().zip(touched).skip(last + 1);
            behind.filter(|((seq, _), _)| !own.contains(seq)).any(|(_, touched)| is_told(touched))
        });
        let state = |with: &dyn Fn(u64, &Record) -> bool, new: &[Bytes]| -> Result<Fold, ReplayError> {
            let mut fold = Fold::of_state(new_doc(0), stay.base).map_err(ReplayError::State)?;
            let wanted = stay.since.iter().filter(|(seq, record)| with(*seq, record));
            let updates = wanted.filter_map(|(_, record)| record.change()).chain(new).map(|update| Formed::read(update));
            let updates = updates.collect::<Result<Vec<_>, _>>().map_err(ReplayError::State)?;
            fold.lay(updates)?;
            Ok(fold)
        };
        let is_own = |seq: u64, _: &Record| own.contains(&seq);
        let mine = state(&is_own, stay.new)?;
        let mut others = state(&|seq, record| !own.contains(&seq) && !is_of_own(record), &[])?;
        if went_on || others.look(|txn| txn.has_missing_updates())? {
            return Ok(Self { base: state(&is_own, &[])?, others: state(&|_, _| true, &[])?, mine });
        }
        Ok(Self { base: state(&|_, _| false, &[])?, others, mine })
    }

    fn read<T>(&mut self, f: impl Fn(&mut TransactionMut) -> T) -> Result<[T; 3], ReplayError> {
        Ok([self.base.look(&f)?, self.others.look(&f)?, self.mine.look(&f)?])
    }
}

/// What stands side by side, letter by letter; a mark is nobody's, and begins an alternative of those who wrote in it what is not in the
/// base.
fn joined(base: &[Letter], sides: &[&[Letter]]) -> Vec<Wanted> {
    let read = |letters: &[Letter]| letters.iter().map(|letter| letter.letter).collect::<String>();
    let (text, texts): (String, Vec<String>) = (read(base), sides.iter().map(|side| read(side)).collect());
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let known: HashSet<LetterId> = base.iter().map(|letter| letter.id).collect();
    let (mut joined, mut begun): (Vec<Wanted>, Option<usize>) = (Vec::new(), None);
    for piece in clash::join(&text, &texts).pieces {
        let (letters, text, range) = match piece {
            clash::Fragment::Base(range) => (base, text.as_str(), range),
            clash::Fragment::Side(side, range) => (sides[side], texts[side], range),
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
        let (skipped, taken) = (text[..range.start].chars().count(), text[range].chars().count());
        let letters = &letters[skipped..skipped + taken];
        if let Some(mark) = begun.and_then(|mark| joined.get_mut(mark)) {
            for letter in letters.iter().filter(|letter| !known.contains(&letter.id)) {
                if mark.whose.iter().all(|(client, _)| *client != letter.id.0) {
                    mark.whose.push(letter.id);
                }
            }
        }
        joined.extend(letters.iter().map(|letter| Wanted { letter: letter.letter, of: Some(letter.id), whose: Vec::new() }));
    }
    joined
}

fn text_of<T: ReadTxn>(txn: &T, point: &PointId, field: &str) -> Option<TextRef> {
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

fn put_title(txn: &mut TransactionMut, [base, others, mine]: &[String; 3]) {
    if base != others && base != mine {
        let sides = [others.as_str(), mine.as_str()];
        let joined = clash::join(base, &sides).text(base, &sides);
        if joined != title(txn) {
            // Where both together are too long for a title, the later one stands.
            let _ = set_title(txn, &joined);
        }
    }
}
