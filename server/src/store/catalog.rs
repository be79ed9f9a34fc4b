//! Which documents there are and where their records stand: all that is in memory of the store.
//!
//! **Architecture invariant:** what stands here is durable. It comes from footers and frames that check, and from commits once they
//! are synced.

use std::{collections::HashMap, sync::Arc};

use super::{
    Seq,
    footer::{BatchPlace, Contents, Footer, LOST},
    segment::Segment,
};

/// Places handed out at once from memory.
const PLACES_MAX: usize = 512;

/// What a start found and commits added.
pub(super) struct Catalog {
    logs: HashMap<Arc<str>, Log>,
    /// What of each log cannot be served, in order.
    damaged: HashMap<Arc<str>, Vec<Damage>>,
    active: Active,
    /// Full segments beside which no footer could be written.
    kept: HashMap<u32, Contents>,
}

/// The segment that grows. All before it are full, and it is itself, without contents, where the next could not be begun yet.
pub(super) struct Active {
    pub(super) segment: Arc<Segment>,
    pub(super) contents: Contents,
}

/// A document's log.
#[derive(Default)]
struct Log {
    last: Seq,
    /// The segments that hold records of it, in order.
    spans: Vec<Span>,
    end: End,
}

/// What is known of a log's end.
#[derive(Default, Clone, Copy, PartialEq)]
enum End {
    #[default]
    Known,
    /// Its last record is lost, as a start finds out; a later segment that joins on knows the end again.
    Lost,
    /// A segment holds other records of the same numbers.
    Ambiguous,
}

struct Span {
    segment: u32,
    first: Seq,
}

/// Which records of a log cannot be served, and why.
#[derive(Clone)]
pub(super) struct Damage {
    pub(super) first: Seq,
    pub(super) last: Seq,
    pub(super) what: String,
}

/// What a commit adds to a document.
pub(super) struct Added {
    pub(super) name: Arc<str>,
    pub(super) first: Seq,
    pub(super) last: Seq,
    pub(super) digest: [u8; 32],
}

/// Where a record stands.
pub(super) enum Spot {
    /// In a full segment, whose footer knows the places.
    Full(u32),
    /// In another one, with the places from there on.
    Known(u32, Vec<BatchPlace>),
}

impl Catalog {
    /// A catalogue of full segments, which [`Catalog::enter`] adds, and the one that grows.
    pub(super) fn new(active: Active) -> Self {
        Self { logs: HashMap::new(), damaged: HashMap::new(), active, kept: HashMap::new() }
    }

    /// Adds what a full segment holds; segments come in order. Answers what does not join on to what was there, by document.
    pub(super) fn enter(&mut self, segment: u32, footer: &Footer) -> Vec<(Arc<str>, Damage)> {
        footer.entries().filter_map(|entry| self.join(segment, entry.name, entry.first, entry.last, entry.digest)).collect()
    }

    /// Adds what the growing segment held when it was opened.
    pub(super) fn enter_active(&mut self, active: Active) -> Vec<(Arc<str>, Damage)> {
        let apart = self.enter_contents(active.segment.stamp.segment(), &active.contents);
        self.active = active;
        apart
    }

    /// Adds what a full segment was found to hold.
    pub(super) fn enter_contents(&mut self, segment: u32, contents: &Contents) -> Vec<(Arc<str>, Damage)> {
        contents.iter().filter_map(|(name, held)| self.join(segment, name, held.first, held.last, held.digest)).collect()
    }

    /// Keeps what a full segment holds, since no footer tells.
    pub(super) fn keep(&mut self, segment: u32, contents: Contents) {
        self.kept.insert(segment, contents);
    }

    fn join(&mut self, segment: u32, name: &str, first: Seq, last: Seq, digest: [u8; 32]) -> Option<(Arc<str>, Damage)> {
        let name = match self.logs.get_key_value(name) {
            Some((name, _)) => name.clone(),
            None => name.into(),
        };
        let log = self.logs.entry(name.clone()).or_default();
        let before = log.last;
        log.last = last.max(before);
        log.spans.push(Span { segment, first });
        log.end = match log.end {
            End::Ambiguous => End::Ambiguous,
            _ if first <= before => End::Ambiguous,
            _ if digest == LOST => End::Lost,
            _ => End::Known,
        };
        let what = || format!("segment {segment} goes on with record {first}, after record {before}");
        // Of records that are there twice none can be told from the other, nor from what follows.
        let (lost, until) = if first <= before { (first, Seq::MAX) } else { (before + 1, first - 1) };
        (first != before + 1).then(|| (name, Damage { first: lost, last: until, what: what() }))
    }

    /// Remembers that some records of a log cannot be served.
    pub(super) fn damage(&mut self, name: &str, damage: Damage) {
        let known = self.damaged.entry(name.into()).or_default();
        if known.iter().any(|known| known.first <= damage.first && damage.last <= known.last) {
            return;
        }
        let at = known.partition_point(|known| known.first <= damage.first);
        known.insert(at, damage);
    }

    /// The first records from a place on that cannot be served, if there are such.
    pub(super) fn damage_from(&self, name: &str, seq: Seq) -> Option<&Damage> {
        self.damaged.get(name)?.iter().find(|damage| damage.last >= seq)
    }

    /// Whether it can be told where a log ends. Damage that a reader comes upon does not change it, so that every start says the same.
    pub(super) fn knows_end(&self, name: &str) -> bool {
        self.logs.get(name).is_none_or(|log| log.end == End::Known)
    }

    /// The last record of a log in the segment that holds one of it.
    pub(super) fn last_beside(&self, name: &str, seq: Seq) -> Seq {
        let next = |log: &Log| log.spans.get(log.spans.partition_point(|span| span.first <= seq)).map(|span| span.first - 1);
        self.logs.get(name).map_or(seq, |log| next(log).unwrap_or(log.last))
    }

    /// The place of a log's last record.
    pub(super) fn last(&self, name: &str) -> Seq {
        self.logs.get(name).map_or(0, |log| log.last)
    }

    /// The documents, in no order.
    pub(super) fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.logs.keys()
    }

    /// Where a record of a log stands.
    pub(super) fn find(&self, name: &str, seq: Seq) -> Option<Spot> {
        let spans = &self.logs.get(name)?.spans;
        let span = &spans[spans.partition_point(|span| span.first <= seq).checked_sub(1)?];
        let is_active = span.segment == self.active.segment.stamp.segment();
        let contents = if is_active { Some(&self.active.contents) } else { None };
        // A segment that is full and could not be followed by the next has its places in its footer.
        let held = contents.into_iter().chain(self.kept.get(&span.segment)).find_map(|contents| contents.get(name));
        let Some(places) = held.map(|held| &held.places) else { return Some(Spot::Full(span.segment)) };
        let at = places.partition_point(|place| place.first <= seq).saturating_sub(1);
        Some(Spot::Known(span.segment, places[at..].iter().take(PLACES_MAX).copied().collect()))
    }

    /// The segment that grows.
    pub(super) fn active(&self) -> &Active {
        &self.active
    }

    /// Adds what a synced frame at `offset` holds.
    pub(super) fn publish(&mut self, offset: u64, added: &[Added]) {
        let segment = self.active.segment.stamp.segment();
        for part in added {
            self.active.contents.add(&part.name, part.first, part.last, part.digest, offset);
            let log = self.logs.entry(part.name.clone()).or_default();
            log.last = part.last;
            if log.spans.last().is_none_or(|span| span.segment != segment) {
                log.spans.push(Span { segment, first: part.first });
            }
        }
    }

    /// Goes on with another segment; the one that grew is full.
    pub(super) fn advance(&mut self, segment: Arc<Segment>) {
        self.active = Active { segment, contents: Contents::default() };
    }
}
