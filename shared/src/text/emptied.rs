//! Alternatives that an edit leaves empty. An editor's undo is typing: whoever takes back what stands in an alternative of theirs leaves
//! `[12][]`. The empty one goes, and when one is left its marks go too; words that the undo brings back stay.
//!
//! **Architecture invariant:** only marks that the server set are taken away: a bracket that somebody typed is theirs, empty or not.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Range,
};
use yrs::TransactionMut;

use super::{
    apart::{Anew, Bracketed, Letter, LetterId, TEXTS, Wanted, letters, retype, text_of},
    bracket::{self, Bracket, Brackets},
    history::ReplayError,
    token::{is_blank, tokens},
};
use crate::{
    id::PointId,
    log::{
        fold::Fold,
        gate::{Ledger, Span},
        record::Bracketing,
    },
};

/// The texts of points as they stood before an edit, letter by letter.
#[derive(Debug, Default)]
pub struct TextsBefore(Vec<(PointId, &'static str, Vec<Letter>)>);

impl TextsBefore {
    /// What stands in these points in which alternatives stand.
    pub fn read(txn: &mut TransactionMut, points: &[PointId]) -> Self {
        let mut stood = Vec::new();
        for point in points {
            for (field, _) in TEXTS {
                let letters = text_of(txn, point, field).and_then(|text| letters(txn, &text));
                stood.extend(letters.map(|letters| (point.clone(), field, letters)));
            }
        }
        Self(stood)
    }

    /// Whether an alternative would be empty without what is deleted, if nothing else were typed.
    pub fn is_emptied(&self, deleted: &[Span], ledger: &Ledger) -> bool {
        let is_deleted = |(client, clock): LetterId| {
            deleted.iter().any(|span| span.client == client && (span.start..span.end).contains(&clock))
        };
        self.0.iter().any(|(_, _, before)| {
            let now: Vec<Letter> = before.iter().filter(|letter| !is_deleted(letter.id)).copied().collect();
            now.len() < before.len() && without_empty(before, &now, ledger).is_some()
        })
    }

    /// What takes away alternatives that stand empty in the document `now` and did not before; `None` if there are none. It writes under
    /// the engine's client id, and whoever records it adds the number of the edit.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`].
    pub fn tidy(&self, now: &mut Fold, ledger: &Ledger) -> Result<Option<Bracketed>, ReplayError> {
        let (update, points, anew) = now.look(|txn| {
            let (mut points, mut anew) = (Vec::new(), Anew::default());
            for (point, field, before) in &self.0 {
                let Some(text) = text_of(txn, point, field) else { continue };
                let Some(present) = letters(txn, &text) else { continue };
                if let Some(wanted) = without_empty(before, &present, ledger) {
                    retype(txn, &text, &present, &wanted, &mut anew);
                    points.push(Some(point.clone()));
                }
            }
            txn.commit();
            (txn.encode_update_v1(), points, anew)
        })?;
        let Anew { copies, marks, .. } = anew;
        let mut says = Bracketing { of: Vec::new(), points, copies, marks };
        says.points.dedup();
        Ok((!says.points.is_empty()).then(|| Bracketed { update: update.into(), says, beside: Vec::new() }))
    }
}

/// A text with its brackets and where each letter begins.
struct Parsed {
    text: String,
    starts: Vec<usize>,
    brackets: Brackets,
}

impl Parsed {
    fn of(letters: &[Letter]) -> Self {
        let text: String = letters.iter().map(|letter| letter.letter).collect();
        let starts = text.char_indices().map(|(at, _)| at).collect();
        let brackets = bracket::parse(&text);
        Self { text, starts, brackets }
    }

    /// The letters of a range of bytes.
    fn letters(&self, range: &Range<usize>) -> Range<usize> {
        let place = |at: usize| self.starts.partition_point(|start| *start < at);
        place(range.start)..place(range.end)
    }

    fn is_blank(&self, range: Range<usize>) -> bool {
        self.text.get(range).is_some_and(is_blank)
    }
}

/// The letters of `now` without the alternatives that are empty there and were not `before`; `None` if there are none.
fn without_empty(before: &[Letter], now: &[Letter], ledger: &Ledger) -> Option<Vec<Wanted>> {
    let (old, new) = (Parsed::of(before), Parsed::of(now));
    let opens = |parsed: &Parsed, letters: &[Letter], bracket: &Bracket| letters[parsed.letters(&bracket.range).start].id;
    let there: HashMap<LetterId, &Bracket> =
        new.brackets.list.iter().map(|bracket| (opens(&new, now, bracket), bracket)).collect();
    let mut groups: BTreeMap<usize, Vec<(LetterId, bool)>> = BTreeMap::new();
    for bracket in old.brackets.list.iter().filter(|bracket| bracket.alternative.is_some()) {
        let was_empty = old.is_blank(bracket.inner.clone());
        groups.entry(bracket.group).or_default().push((opens(&old, before, bracket), was_empty));
    }
    let is_the_servers = |(client, _): LetterId| ledger.is_the_servers(client);
    let mut cut: HashSet<usize> = HashSet::new();
    for mates in groups.into_values() {
        let mates: Vec<_> = mates.into_iter().filter_map(|(id, was)| Some((id, was, *there.get(&id)?))).collect();
        let is_emptied =
            |(id, was, bracket): &(LetterId, bool, &Bracket)| !was && is_the_servers(*id) && new.is_blank(bracket.inner.clone());
        let (emptied, left): (Vec<_>, Vec<_>) = mates.iter().partition(|mate| is_emptied(mate));
        for (_, _, bracket) in &emptied {
            cut.extend(new.letters(&bracket.range));
        }
        if let ([_, ..], [(id, _, last)]) = (&emptied[..], &left[..])
            && is_the_servers(*id)
        {
            cut.extend(new.letters(&(last.range.start..last.inner.start)));
            cut.extend(new.letters(&(last.inner.end..last.range.end)));
        }
        // What parted it from the next goes with it.
        for (one, next) in mates.iter().zip(mates.iter().skip(1)).filter(|(one, next)| is_emptied(one) || is_emptied(next)) {
            let between = one.2.range.end..next.2.range.start;
            if new.is_blank(between.clone()) {
                cut.extend(new.letters(&between));
            }
        }
    }
    (!cut.is_empty()).then(|| without(now, &cut))
}

/// The letters but those at these places: with a space where two words would become one, and with one where two spaces would meet.
fn without(letters: &[Letter], cut: &HashSet<usize>) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::with_capacity(letters.len());
    let mut is_joint = false;
    for (at, Letter { letter, id }) in letters.iter().enumerate() {
        if cut.contains(&at) {
            is_joint = true;
            continue;
        }
        let before = wanted.last().map(|wanted| wanted.letter);
        if is_joint && matches!(letter, ' ' | '\t') && before.is_none_or(char::is_whitespace) {
            continue;
        }
        if std::mem::take(&mut is_joint) && is_one_word(&wanted, &letters[at..], cut, at) {
            wanted.push(Wanted { letter: ' ', of: None, whose: Vec::new() });
        }
        wanted.push(Wanted { letter: *letter, of: Some(*id), whose: Vec::new() });
    }
    wanted
}

/// Whether the last word and the first of what follows would be read as one.
fn is_one_word(before: &[Wanted], behind: &[Letter], cut: &HashSet<usize>, at: usize) -> bool {
    let last: Vec<char> = before.iter().rev().map(|wanted| wanted.letter).take_while(|letter| !letter.is_whitespace()).collect();
    let last: String = last.into_iter().rev().collect();
    let first = behind.iter().zip(at..).take_while(|(letter, at)| !letter.letter.is_whitespace() && !cut.contains(at));
    let first: String = first.map(|(letter, _)| letter.letter).collect();
    match (tokens(&last).last(), tokens(&first).first()) {
        (Some(last), Some(first)) => tokens(&format!("{last}{first}")).len() == 1,
        _ => false,
    }
}
