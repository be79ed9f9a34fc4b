//! What a plan's log tells without its text: in which record each block stands, when each was deleted, and who touched each point last.
//!
//! It is read once, from the waypoint before the record that somebody rests on, and goes on from there with what the log gains. So most of
//! what is brought from away is known to clash with nobody before a text is folded, and what it costs does not grow with the log behind.

#[cfg(test)]
mod tests;

use plenary_shared::{
    id::DocAddress,
    limits,
    log::{
        gate::{Ledger, Named, PlanPart},
        record::{self, Branch, Record},
    },
    people::Author,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};
use yrs::{ClientID, ID, IdSet, Snapshot, StateVector};

use crate::{
    room::document::Document,
    store::{Seq, Store},
    waypoints::Waypoints,
};

/// Records read of a log at a time.
pub(super) const PAGE: usize = 1_024;

/// Sides that are told apart of those that touched a point; of who is not among them any may have been.
const SIDES_MAX: usize = 4;

/// What is known of a log behind the record `from`.
pub(super) struct Trail {
    from: Seq,
    seq: Seq,
    ledger: Ledger,
    refused: Vec<Seq>,
    /// Of each client the records that hold its blocks, in order.
    blocks: HashMap<u64, Vec<Written>>,
    /// By client and first clock: the clock behind the last, and the first record that deleted them.
    deleted: BTreeMap<(u64, u32), (u32, Seq)>,
    touched: HashMap<PlanPart, Vec<(Side, Seq)>>,
    /// Blocks that were looked up.
    #[cfg(test)]
    looks: std::cell::Cell<usize>,
}

/// Blocks of one client in one record.
struct Written {
    start: u32,
    seq: Seq,
    branch: Branch,
    /// The last record of others that its author named until then.
    rests: Seq,
    /// The last record before it that holds blocks of the client and is not of this stay: so nobody walks along a stay to find it.
    before: Seq,
}

/// Who is apart from others.
#[derive(Clone, PartialEq, Eq)]
enum Side {
    /// A stay away from the server.
    Stay(Branch),
    /// A client at the server.
    Client(u64),
    /// A client that only deleted, of which no more is known.
    Member(Author),
    /// Several clients at once.
    Several,
}

/// Whose something is that was written apart.
pub(super) struct Own {
    author: Author,
    branch: Branch,
    clients: BTreeSet<u64>,
}

impl Own {
    pub fn new(author: &Author, branch: Branch, writes: &[Named]) -> Self {
        let clients = writes.iter().flat_map(|named| named.writes.iter().map(|(client, _)| *client)).collect();
        Self { author: author.clone(), branch, clients }
    }

    fn holds(&self, side: &Side) -> bool {
        match side {
            Side::Stay(branch) => *branch == self.branch,
            Side::Client(client) => self.clients.contains(client),
            Side::Member(author) => *author == self.author,
            Side::Several => false,
        }
    }
}

impl Trail {
    fn new(from: Seq, ledger: Ledger, refused: &[Seq]) -> Self {
        Self {
            from,
            seq: from,
            ledger,
            refused: refused.to_vec(),
            blocks: HashMap::new(),
            deleted: BTreeMap::new(),
            touched: HashMap::new(),
            #[cfg(test)]
            looks: Default::default(),
        }
    }

    /// Goes on to the record `to`; `None` if the log cannot be read.
    fn follow(&mut self, store: &dyn Store, address: &DocAddress, to: Seq) -> Option<()> {
        while self.seq < to {
            let page = store.read(address, self.seq, PAGE, limits::BATCH_BYTES_MAX).ok()?;
            for (seq, sealed) in page {
                // The chain was verified when the document was read.
                let record = record::read(&sealed).ok()?;
                if self.refused.binary_search(&seq).is_err() {
                    self.note(seq, &record)?;
                }
                self.seq = seq;
            }
        }
        Some(())
    }

    fn note(&mut self, seq: Seq, record: &Record) -> Option<()> {
        let Some(update) = record.change() else { return Some(()) };
        let checked = self.ledger.check_logged(&record.author.party, update).ok()?;
        let named = Named::read(update).ok()?;
        self.ledger.admit(&record.author.party, &checked);
        let own = Own::new(&record.author, record.branch, std::slice::from_ref(&named));
        let rests = self.rests(&named, &own);
        for &(client, start) in &named.writes {
            let written = self.blocks.entry(client).or_default();
            let before = written.last().map_or(0, |last| if last.branch == record.branch { last.before } else { last.seq });
            written.push(Written { start, seq, branch: record.branch, rests, before });
        }
        for span in named.deleted() {
            self.delete((span.client, span.start, span.end), seq);
        }
        let side = match &named.writes[..] {
            _ if !record.branch.is_table() => Side::Stay(record.branch),
            [] => Side::Member(record.author.clone()),
            [(client, _)] => Side::Client(*client),
            _ => Side::Several,
        };
        for part in self.ledger.touched(&named) {
            let sides = self.touched.entry(part).or_default();
            sides.retain(|(known, _)| *known != side);
            sides.push((side.clone(), seq));
            if sides.len() > SIDES_MAX {
                // Whoever it was: it is one of several from here on.
                sides.remove(0);
                sides[0].0 = Side::Several;
            }
        }
        Some(())
    }

    /// What was deleted before stays as it is.
    fn delete(&mut self, (client, mut start, end): (u64, u32, u32), seq: Seq) {
        if let Some((_, &(known, _))) = self.deleted.range((client, 0)..=(client, start)).next_back() {
            start = start.max(known);
        }
        while start < end {
            let next = self.deleted.range((client, start)..(client, end)).next().map(|(&(_, start), &(end, _))| (start, end));
            let (until, goes_on) = next.unwrap_or((end, end));
            if start < until {
                self.deleted.insert((client, start), (until, seq));
            }
            start = goes_on;
        }
    }

    /// The last record of others that somebody knew who names so much. What stands before all that is known here is 0. One look for each
    /// client that is named.
    pub fn rests(&self, named: &Named, own: &Own) -> Seq {
        let known = named.reach().into_iter().filter_map(|(client, end)| Some((client, self.last_before(client, end)?)));
        let others = known.map(|(client, last)| match last {
            // What it knew grew with each of its records, so the last tells of all.
            _ if own.clients.contains(&client) => last.rests,
            _ if !last.branch.is_table() && last.branch == own.branch => last.rests.max(last.before),
            _ => last.seq,
        });
        others.max().unwrap_or_default()
    }

    /// The last blocks of a client that begin before this clock.
    fn last_before(&self, client: u64, end: u32) -> Option<&Written> {
        #[cfg(test)]
        self.looks.set(self.looks.get() + 1);
        let written = self.blocks.get(&client)?;
        written.get(written.partition_point(|written| written.start < end).checked_sub(1)?)
    }

    /// Whether others touched something behind the record `seen` that is touched by who names so much.
    pub fn is_touched(&self, named: &Named, seen: Seq, own: &Own) -> bool {
        let by_others = |part| {
            let sides: &[(Side, Seq)] = self.touched.get(&part).map_or(&[], Vec::as_slice);
            sides.iter().any(|(side, seq)| *seq > seen && !own.holds(side))
        };
        self.ledger.touched(named).into_iter().any(by_others)
    }

    /// The last record before the first that somebody had not seen who knows so much; `None` if that is one before all that is known
    /// here.
    pub fn last_seen(&self, knew: &Snapshot) -> Option<Seq> {
        let mut first = self.seq + 1;
        for (client, end) in self.ledger.reach() {
            let had = knew.state_map.get(&ClientID::new(client));
            if had < end {
                first = first.min(self.last_before(client, had.saturating_add(1))?.seq);
            }
        }
        for (client, ranges) in self.all_deleted().diff(&knew.delete_set).iter() {
            for range in ranges.iter() {
                first = first.min(self.deleted_in((client.get(), range.start, range.end))?);
            }
        }
        Some(first - 1)
    }

    /// Whether the log has all that somebody wrote and deleted.
    pub fn holds(&self, wrote: &StateVector, deleted: &IdSet) -> bool {
        let has = |client: &ClientID, clock: u32| self.ledger.clock(client.get()) >= clock;
        wrote.iter().all(|(client, clock)| has(client, *clock)) && deleted.diff(&self.all_deleted()).is_empty()
    }

    fn all_deleted(&self) -> IdSet {
        let mut deleted = IdSet::new();
        self.ledger
            .deleted()
            .for_each(|span| deleted.insert(ID::new(ClientID::new(span.client), span.start), span.end - span.start));
        deleted
    }

    /// The first record that deleted any of these; `None` if one before all that is known here did.
    fn deleted_in(&self, (client, start, end): (u64, u32, u32)) -> Option<Seq> {
        let (mut at, mut first) = (start, Seq::MAX);
        while at < end {
            let (_, &(until, seq)) = self.deleted.range((client, 0)..=(client, at)).next_back()?;
            if until <= at {
                return None;
            }
            (at, first) = (until, first.min(seq));
        }
        Some(first)
    }
}

/// What is known of the logs of plans that somebody came back to.
#[derive(Default)]
pub(super) struct Trails(Mutex<Vec<(DocAddress, Arc<Mutex<Trail>>)>>);

impl Trails {
    /// Asks what a plan's log tells up to the record `to`, behind the record `from` or one before it; once more from its beginning, if that
    /// is not enough to answer; and how many records were read for it. `None` if it cannot be read, or not answered. Blocks.
    pub fn ask<T>(
        &self,
        (store, waypoints): (&dyn Store, &Waypoints),
        address: &DocAddress,
        (from, to): (Seq, Seq),
        refused: &[Seq],
        answer: impl Fn(&Trail) -> Option<T>,
    ) -> Option<(T, u64)> {
        let mut read = 0;
        for from in [from, 0] {
            let trail = self.take(address).filter(|trail| {
                let trail = trail.lock().unwrap_or_else(PoisonError::into_inner);
                trail.from <= from && trail.refused == refused
            });
            let trail = match trail {
                Some(trail) => trail,
                None => Arc::new(Mutex::new(begin((store, waypoints), address, from, refused)?)),
            };
            let answered = {
                let mut trail = trail.lock().unwrap_or_else(PoisonError::into_inner);
                read += to.saturating_sub(trail.seq);
                trail.follow(store, address, to)?;
                answer(&trail)
            };
            self.keep(address, trail);
            if let Some(answered) = answered {
                return Some((answered, read));
            }
        }
        None
    }

    fn take(&self, address: &DocAddress) -> Option<Arc<Mutex<Trail>>> {
        let trails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        trails.iter().find(|(known, _)| known == address).map(|(_, trail)| trail.clone())
    }

    fn keep(&self, address: &DocAddress, trail: Arc<Mutex<Trail>>) {
        let mut trails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        trails.retain(|(known, _)| known != address);
        if trails.len() == limits::TRAILS_MAX {
            trails.remove(0);
        }
        trails.push((address.clone(), trail));
    }
}

/// A trail from the last waypoint before a record.
fn begin((store, waypoints): (&dyn Store, &Waypoints), address: &DocAddress, from: Seq, refused: &[Seq]) -> Option<Trail> {
    let copy = nearest((store, waypoints), address, from);
    let known = copy.and_then(|(seq, copy)| Some(Trail::new(seq, Document::ledger_of(&copy)?, refused)));
    Some(known.unwrap_or_else(|| Trail::new(0, Ledger::default(), refused)))
}

/// The last copy of a plan at a record or before it, as the store or the memory has it.
pub(super) fn nearest(
    (store, waypoints): (&dyn Store, &Waypoints),
    address: &DocAddress,
    at: Seq,
) -> Option<(Seq, bytes::Bytes)> {
    let kept = waypoints.nearest(address, at);
    let saved = store.load_snapshot(address).ok().flatten().filter(|(seq, _)| *seq <= at);
    [kept, saved].into_iter().flatten().max_by_key(|(seq, _)| *seq)
}
