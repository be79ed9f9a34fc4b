//! What an update deletes, and what of it a plan keeps.

use std::collections::BTreeSet;

use super::{Span, block::Id, place::Place, refusal::Refusal, rows::Field, schema::Spot, walk::Walk};
use crate::{limits, log::record::Hand};

/// The deletions of an update.
pub(super) struct Deletions {
    /// What the ledger does not know.
    pub new: Vec<Span>,
    /// All of them, where they are asked for.
    pub all: Vec<Span>,
    /// The ledger knows some.
    pub any_known: bool,
}

/// Which deletions are kept when an update is cut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// Those that are new.
    New,
    /// Those that are known as well.
    All,
}

/// What an update would take out of a plan.
#[derive(Default)]
struct Gone {
    /// Rows of points and of schedules.
    rows: BTreeSet<u32>,
    /// Fields of a point.
    fields: BTreeSet<Field>,
}

impl Gone {
    /// Whether what stands here goes with it.
    fn holds(&self, walk: &Walk<'_, '_>, place: Place) -> bool {
        let Place { spot, row, .. } = place;
        match spot {
            Spot::Schedule => self.rows.contains(&walk.above(row)),
            spot if spot.is_in_schedule() => {
                let is_after = spot == Spot::AfterPoint && self.fields.contains(&(row, Spot::After));
                is_after || self.rows.contains(&row) || self.rows.contains(&walk.above(row))
            }
            spot if spot.is_in_point() => {
                let field = if spot.is_of_adoptions() { Spot::Adoptions } else { spot };
                self.rows.contains(&row) || self.fields.contains(&(row, field))
            }
            _ => false,
        }
    }
}

impl Walk<'_, '_> {
    /// Reads the delete set and keeps what the ledger does not know: stock clients send all they ever deleted, every time.
    pub fn read_deletions(&mut self, kept: Kept) -> Result<Deletions, Refusal> {
        let mut deletions = Deletions { new: Vec::new(), all: Vec::new(), any_known: false };
        let is_asked_for_all = kept == Kept::All || !self.folded.is_empty();
        let count = self.reader.count(4)?;
        let mut clients = Vec::with_capacity(count.min(64));
        for _ in 0..count {
            let client = self.reader.number()?;
            clients.push(client);
            let have = self.have(client);
            let mut end = 0;
            for n in 0..self.reader.count(2)? {
                let (start, length) = (self.reader.clock()?, self.reader.clock()?);
                if length == 0 || (n > 0 && start < end) {
                    return self.reader.refuse("deletions are empty or not in order");
                }
                let range_end = u64::from(start) + u64::from(length);
                if range_end > u64::from(have) {
                    return match range_end {
                        ..=limits::CLOCK_MAX => Err(Refusal::Missing { client, clock: have }),
                        _ => self.reader.refuse("a deletion passes the largest clock"),
                    };
                }
                end = start + length;
                let span = Span { client, start, end };
                if is_asked_for_all {
                    deletions.all.push(span);
                }
                deletions.any_known |= self.ledger.push_alive(span, &mut deletions.new);
            }
        }
        clients.sort_unstable();
        if clients.windows(2).any(|pair| pair[0] == pair[1]) {
            return self.reader.refuse("a client's deletions come twice");
        }
        if !self.reader.is_empty() {
            return self.reader.refuse("bytes follow the end");
        }
        self.check_folded(&deletions.all)?;
        Ok(deletions)
    }

    /// A client that keeps what it deletes sends the overwritten values of one key as one block. Deleted by the same update, they do
    /// no harm. Alive, yrs would delete only the last of them with their map, and keep the others with a pointer to freed memory.
    fn check_folded(&self, deletions: &[Span]) -> Result<(), Refusal> {
        if self.folded.is_empty() {
            return Ok(());
        }
        let mut deletions = deletions.to_vec();
        deletions.sort_unstable();
        for &Span { client, start, end } in &self.folded {
            let before = deletions.partition_point(|range| (range.client, range.start) <= (client, start));
            let is_deleted = before.checked_sub(1).is_some_and(|at| deletions[at].client == client && deletions[at].end >= end);
            if !is_deleted {
                return Err(Refusal::Inconsistent { client, clock: start, what: "an entry of a map has several values" });
            }
        }
        Ok(())
    }

    /// The fields whose value this update replaces by nothing, though there must be one. `deletions` are sorted.
    pub fn emptied_fields(&self, deletions: &[Span]) -> BTreeSet<Field> {
        let is_outside = self.by.is_some_and(|by| by.hand != Hand::Server);
        let fresh = self.fresh.last.iter().filter(|(field, _)| is_outside && field.1.stays_set());
        let emptied = fresh.filter(|&(field, &id)| {
            let had = self.known_last(*field).is_some_and(|last| self.is_value(last, field.1));
            had && (!self.is_value(id, field.1) || is_among(deletions, id))
        });
        emptied.map(|(field, _)| *field).collect()
    }

    /// How many points this update adds. `deletions` are sorted.
    pub fn points_added(&self, deletions: &[Span]) -> u32 {
        let points = self.fresh.last.iter().filter(|(field, _)| field.1 == Spot::Point);
        let added = points.filter(|&(field, &id)| {
            let had = self.known_last(*field).is_some_and(|last| self.is_value(last, Spot::Point));
            !had && self.is_value(id, Spot::Point) && !is_among(deletions, id)
        });
        added.count() as u32
    }

    /// Those of new deletions that would take a point out of a plan, or out of a point what it always has, with all that stands in it.
    pub fn keep(&mut self, deletions: &[Span]) -> Vec<Span> {
        let Some(by) = self.by.filter(|by| by.hand != Hand::Server) else { return Vec::new() };
        let mut parts = Vec::new();
        deletions.iter().for_each(|span| self.each_place(*span, &mut |span, place| parts.push((span, place))));
        let (mut gone, mut kept) = (Gone::default(), Vec::new());
        for &(span, place) in &parts {
            if place.spot.is_of_adoptions() && place.in_map() && by.hand == Hand::Client && place.spot != Spot::Adoptions {
                kept.push(span);
            }
            let Some(field) = self.field(place) else { continue };
            let last = self.last(field).filter(|last| last.0 == span.client && (span.start..span.end).contains(&last.1));
            let Some((client, clock)) = last.filter(|last| !self.is_new(*last) && self.is_value(*last, place.spot)) else {
                continue;
            };
            kept.push(Span { client, start: clock, end: clock + 1 });
            if place.spot.has_rows() {
                gone.rows.insert(place.row);
            } else {
                gone.fields.insert(field);
            }
            self.leave_out(place);
        }
        if !kept.is_empty() {
            kept.extend(parts.iter().filter(|(_, place)| gone.holds(self, *place)).map(|(span, _)| *span));
        }
        kept
    }

    /// Calls `f` with each part of a span that stands in a point, and its place.
    fn each_place(&self, span: Span, f: &mut impl FnMut(Span, Place)) {
        let mut in_point = |span: Span, place: Place| {
            if place.spot == Spot::Point || place.spot.is_in_point() {
                f(span, place);
            }
        };
        let known = self.find(span.client).map_or(u32::MAX, |index| self.sections[index].known);
        if span.start < known {
            self.ledger.each_place(Span { end: span.end.min(known), ..span }, &mut in_point);
        }
        let Some(section) = self.find(span.client).map(|index| &self.sections[index]) else { return };
        let first = section.places.partition_point(|stretch| stretch.0 <= span.start).saturating_sub(1);
        for (n, &(start, place)) in section.places.iter().enumerate().skip(first) {
            let end = section.places.get(n + 1).map_or(section.clock, |next| next.0);
            let (start, end) = (start.max(span.start), end.min(span.end));
            if start >= span.end {
                break;
            }
            if start < end {
                in_point(Span { client: span.client, start, end }, place);
            }
        }
    }
}

/// Whether a block is among these, which are sorted.
fn is_among(spans: &[Span], (client, clock): Id) -> bool {
    let before = spans.partition_point(|span| (span.client, span.start) <= (client, clock));
    before.checked_sub(1).is_some_and(|at| spans[at].client == client && clock < spans[at].end)
}
