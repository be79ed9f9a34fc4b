//! Turns a text into another in which as many letters as can be stay where they are.

use std::collections::HashMap;
use yrs::{Text as _, TextRef, TransactionMut};

use super::letters::{Letter, LetterId, Wanted};
use crate::log::record::Copied;

/// What was typed anew.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Anew {
    /// The clocks that it takes.
    pub typed: u32,
    /// Whose letters it repeats.
    pub copies: Vec<Copied>,
    /// Whose alternatives its marks begin.
    pub marks: Vec<Copied>,
}

impl Anew {
    fn push(&mut self, Wanted { letter, of, whose }: &Wanted) {
        let units = letter.len_utf16() as u32;
        let copied = |(client, from): LetterId| Copied { clock: self.typed, units, client, from };
        if matches!(letter, '[' | '［') {
            self.marks.extend(of.iter().chain(whose).copied().map(copied));
        }
        if let Some(copied) = of.map(copied) {
            push(&mut self.copies, copied);
        }
        self.typed += units;
    }
}

/// Edits `text`, which reads `present`, so that it reads `wanted`, and adds what is typed for it to what was before.
pub fn retype(txn: &mut TransactionMut, text: &TextRef, present: &[Letter], wanted: &[Wanted], anew: &mut Anew) {
    let kept = kept(present, wanted);
    // Where the next letter goes, in UTF-16 units.
    let (mut at, mut next, mut here) = (0u32, 0, 0);
    let units = |letters: &[Letter]| letters.iter().map(|letter| letter.letter.len_utf16() as u32).sum::<u32>();
    for stays in kept.into_iter().map(Some).chain([None]) {
        let (until, from) = stays.unwrap_or((wanted.len(), present.len()));
        let gone = units(&present[here..from]);
        if gone > 0 {
            text.remove_range(txn, at, gone);
        }
        let new: String = wanted[next..until].iter().map(|wanted| wanted.letter).collect();
        if !new.is_empty() {
            text.insert(txn, at, &new);
        }
        for wanted in &wanted[next..until] {
            anew.push(wanted);
            at += wanted.letter.len_utf16() as u32;
        }
        if let Some(letter) = present.get(from) {
            at += letter.letter.len_utf16() as u32;
        }
        (next, here) = (until + 1, from + 1);
    }
}

fn push(copies: &mut Vec<Copied>, one: Copied) {
    match copies.last_mut() {
        Some(last) if last.client == one.client && last.clock + last.units == one.clock && last.from + last.units == one.from => {
            last.units += one.units;
        }
        _ => copies.push(one),
    }
}

/// Which letters stay: places in `wanted` and in `present`, as many as can be without changing their order.
fn kept(present: &[Letter], wanted: &[Wanted]) -> Vec<(usize, usize)> {
    let places: HashMap<LetterId, usize> = present.iter().enumerate().map(|(at, letter)| (letter.id, at)).collect();
    // The longest rising sequence of places: for each length the last of one that ends lowest, and what stands before each.
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut before: HashMap<usize, (usize, usize)> = HashMap::new();
    for (at, wanted) in wanted.iter().enumerate() {
        // A mark that begins an alternative of more than before says so anew.
        let stays = wanted.of.filter(|_| wanted.whose.is_empty());
        let Some(place) = stays.and_then(|of| places.get(&of)).copied() else { continue };
        let length = ends.partition_point(|(_, end)| *end < place);
        if let Some(last) = length.checked_sub(1) {
            before.insert(at, ends[last]);
        }
        match ends.get_mut(length) {
            Some(end) => *end = (at, place),
            None => ends.push((at, place)),
        }
    }
    let mut kept = Vec::with_capacity(ends.len());
    let mut last = ends.last().copied();
    while let Some(here) = last {
        kept.push(here);
        last = before.get(&here.0).copied();
    }
    kept.reverse();
    kept
}
