//! Judges a whole update: reads it once for its form, then walks its blocks in the order in which yrs will integrate them, so that
//! each block meets what it builds on, and so that the cost of that walk is known.

use yrs::{ClientID, ID};

use super::{
    Span,
    block::{Block, Id, Kind, Parent},
    bounds::{Bounds, TYPE_DEPTH_MAX},
    bytes::Reader,
    checked::{Checked, Gain},
    claim::OrderClaim,
    cut,
    ledger::Ledger,
    place::{Neighbours, Place},
    refusal::Refusal,
    section::{Section, read_sections},
};
use crate::{id::PartyId, limits};

struct Walk<'a, 'l> {
    ledger: &'l Ledger,
    bounds: Bounds,
    reader: Reader<'a>,
    /// Highest client first, which is yrs's order.
    sections: Vec<Section<'a>>,
    claims: Vec<OrderClaim>,
    husk_units: u64,
    steps: u64,
    /// Ranges of this update's husks: they are deleted by what they are.
    husks: Vec<Span>,
    /// Entries of maps that hold several values.
    folded: Vec<Span>,
}

/// The deletions of an update.
struct Deletions {
    /// What the ledger does not know.
    new: Vec<Span>,
    /// All of them, where they are asked for.
    all: Vec<Span>,
    /// The ledger knows some.
    any_known: bool,
}

/// Which deletions are kept when an update is cut.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// Those that are new.
    New,
    /// Those that are known as well.
    All,
}

impl Ledger {
    /// Judges `update` (Yjs update V1) sent by `party`. The ledger does not change.
    ///
    /// # Errors
    /// See [`Refusal`]. Of these, [`Refusal::Missing`] may come from an honest client that speaks too early.
    pub fn check(&self, party: &PartyId, update: &[u8]) -> Result<Checked, Refusal> {
        check(self, Some(party), update, Kept::New, Bounds::UPDATE)
    }

    /// The same for an update that was made away from the document as it is now. What its author deleted while others did so too stays in
    /// what is left of it: what a side wrote is read from its records alone.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn check_apart(&self, party: &PartyId, update: &[u8]) -> Result<Checked, Refusal> {
        check(self, Some(party), update, Kept::All, Bounds::UPDATE)
    }

    /// Judges the update of a record that a log holds, by the rules under which it was accepted. They are those of
    /// [`Self::check`]; rules that refuse more are for what comes from outside alone.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn check_logged(&self, party: &PartyId, update: &[u8]) -> Result<Checked, Refusal> {
        check(self, Some(party), update, Kept::All, Bounds::UPDATE)
    }

    /// Judges what a server told of a document without saying whose it is: the whole of it, or what was missing.
    ///
    /// # Errors
    /// See [`Refusal`]; there is no [`Refusal::Forged`] among them.
    pub fn check_state(&self, state: &[u8]) -> Result<Checked, Refusal> {
        check(self, None, state, Kept::All, Bounds::STATE)
    }
}

/// `party` is whose the update is; where it is not known, an update may go on under any client id.
fn check(ledger: &Ledger, party: Option<&PartyId>, update: &[u8], kept: Kept, bounds: Bounds) -> Result<Checked, Refusal> {
    if update.len() > bounds.bytes {
        return Err(Refusal::TooLarge { what: "bytes", most: bounds.bytes as u64 });
    }
    let mut reader = Reader::new(update);
    let sections = read_sections(ledger, party, &mut reader)?;
    if reader.any_values > bounds.any_values {
        return Err(Refusal::TooLarge { what: "values", most: bounds.any_values as u64 });
    }
    let deletions_at = reader.at();
    let is_cut = sections.iter().any(|section| section.is_cut);
    let mut walk = Walk {
        ledger,
        bounds,
        reader,
        sections,
        claims: Vec::new(),
        husk_units: 0,
        steps: 0,
        husks: Vec::new(),
        folded: Vec::new(),
    };
    for section in 0..walk.sections.len() {
        walk.run(section)?;
    }
    walk.reader.jump(deletions_at);
    let Deletions { new: mut deletions, all, any_known } = walk.read_deletions(kept)?;
    let left = if kept == Kept::All { &all } else { &deletions };
    let is_cut = is_cut || (any_known && kept == Kept::New);
    let cut = if is_cut { Some(cut::write(update, &walk.sections, left, &walk.husks)?) } else { None };
    deletions.append(&mut walk.husks);
    let gains = walk.sections.into_iter().filter(|section| section.clock > section.known);
    let gains =
        gains.map(|s| Gain { client: s.client, clock_end: s.clock, right: s.right, places: s.places, runs: s.runs }).collect();
    Ok(Checked { gains, deletions, claims: walk.claims, cut })
}

impl<'a> Walk<'a, '_> {
    /// Walks a section to its end, and others as far as it needs them. Each section waits for at most one id at a time, so a
    /// section that is needed while it waits is a circle.
    fn run(&mut self, first: usize) -> Result<(), Refusal> {
        let mut waiting = vec![(first, u32::MAX)];
        while let Some(&(section, until)) = waiting.last() {
            let Some((client, clock)) = self.advance(section, until, waiting.len() as u64)? else {
                self.sections[section].waits = false;
                waiting.pop();
                continue;
            };
            self.sections[section].waits = true;
            match self.find(client) {
                Some(needed) if self.sections[needed].waits => return self.reader.refuse("blocks wait for each other"),
                Some(needed) if self.sections[needed].left > 0 => waiting.push((needed, clock)),
                _ => return Err(Refusal::Missing { client, clock: self.have(client) }),
            }
        }
        Ok(())
    }

    /// Walks one section until its clock is past `until`, its blocks end, or a block waits for the id that is answered.
    fn advance(&mut self, index: usize, until: u32, waiting: u64) -> Result<Option<Id>, Refusal> {
        while self.sections[index].left > 0 && self.sections[index].clock <= until {
            let block = self.next_block(index)?;
            let section = &self.sections[index];
            let parent = if let Parent::Item(id) = block.parent { Some(id) } else { None };
            let needed = [block.origin, block.right, parent].into_iter().flatten();
            for id in needed {
                let have = if id.0 == section.client { section.clock } else { self.have(id.0) };
                if id.1 >= have {
                    self.sections[index].head = Some(block);
                    return Ok(Some(id));
                }
            }
            self.steps += waiting;
            if self.steps > self.bounds.waiting_steps {
                let most = self.bounds.waiting_steps;
                return Err(Refusal::TooLarge { what: "clients whose edits wait for each other", most });
            }
            self.accept(index, &block)?;
            let section = &mut self.sections[index];
            section.clock += block.len;
            section.left -= 1;
        }
        Ok(None)
    }

    /// The next block, or the new part of it. What is known is cut off before anything is judged, so that it does not matter what
    /// the update says of that.
    fn next_block(&mut self, index: usize) -> Result<Block<'a>, Refusal> {
        let section = &mut self.sections[index];
        if let Some(block) = section.head.take() {
            return Ok(block);
        }
        self.reader.jump(section.at);
        let mut block = Block::read(&mut self.reader, section.clock)?;
        section.at = self.reader.at();
        if section.clock < section.known {
            block.cut((section.client, section.clock), section.known - section.clock);
            section.clock = section.known;
        }
        Ok(block)
    }

    /// Takes a new block whose neighbours and parent are there.
    fn accept(&mut self, index: usize, block: &Block<'_>) -> Result<(), Refusal> {
        let Section { client, clock: start, right, place: last, .. } = self.sections[index];
        // A block that continues the one before it, up to the same neighbour, stands beside it and claims nothing new.
        let continues = start > 0 && block.origin == Some((client, start - 1)) && right == block.right;
        let place = match block.parent {
            Parent::Inherited if continues => last.beside(),
            _ => self.place_block((client, start), block)?,
        };
        let Some(place) = place.holding(block.kind) else {
            return Err(Refusal::Inconsistent { client, clock: start, what: "its kind has no meaning where it stands" });
        };
        self.check_limits(client, (start, start + block.len), block.kind, place)?;
        let neighbours = Neighbours { origin: block.origin, right: block.right };
        if !continues && !place.is_lost() {
            self.claim_order((client, start), neighbours)?;
        }
        let section = &mut self.sections[index];
        section.right = block.right;
        section.place = place;
        if section.places.last().is_none_or(|last| last.1 != place) {
            section.places.push((start, place));
        }
        if !continues {
            section.runs.push((start, neighbours));
        }
        Ok(())
    }

    /// Whoever makes a block sees its neighbours side by side. So what they were put between themselves does not lie between them:
    /// the left one's right neighbour is this block's or stands behind it, and the other way round. Blocks that lie about
    /// this are placed differently by a replica that meets them in another order.
    fn claim_order(&mut self, block: Id, Neighbours { origin, right }: Neighbours) -> Result<(), Refusal> {
        let seen = |id: Option<Id>| id.filter(|&id| !self.place(id).is_lost()).and_then(|id| self.neighbours(id));
        let (left, right_one) = (seen(origin), seen(right));
        let (beyond_left, beyond_right) = (left.and_then(|left| left.right), right_one.and_then(|right| right.origin));
        let contradiction = |what| Err(Refusal::Inconsistent { client: block.0, clock: block.1, what });
        let mut claim = |left: Id, right: Id| self.claims.push(OrderClaim { block: id(block), left: id(left), right: id(right) });
        match (origin, right) {
            // Whatever has a neighbour stands on that side of it: nothing to ask.
            (Some(left), Some(right)) if beyond_left != Some(right) && beyond_right != Some(left) => claim(left, right),
            (None, _) if beyond_right.is_some() => return contradiction("it stands first, before what did not"),
            (_, None) if beyond_left.is_some() => return contradiction("it stands last, behind what did not"),
            _ => {}
        }
        if let (Some(right), Some(beyond)) = (right, beyond_left)
            && right != beyond
            && right_one.is_none_or(|right| right.right != Some(beyond))
        {
            claim(right, beyond);
        }
        if let (Some(origin), Some(beyond)) = (origin, beyond_right)
            && origin != beyond
            && left.is_none_or(|left| left.origin != Some(beyond))
        {
            claim(beyond, origin);
        }
        Ok(())
    }

    /// What a block was put between, new or known.
    fn neighbours(&self, id: Id) -> Option<Neighbours> {
        if let Some(section) = self.find(id.0).map(|index| &self.sections[index])
            && id.1 >= section.known
        {
            let run = section.runs.partition_point(|run| run.0 <= id.1).checked_sub(1);
            // Before the first new run, a known one goes on.
            let Some(&(start, run)) = run.and_then(|at| section.runs.get(at)) else {
                return Some(Neighbours { origin: id.1.checked_sub(1).map(|clock| (id.0, clock)), right: section.known_right });
            };
            return Some(if id.1 > start { Neighbours { origin: Some((id.0, id.1 - 1)), ..run } } else { run });
        }
        self.ledger.neighbours(id)
    }

    fn check_limits(&mut self, client: u64, (start, end): (u32, u32), kind: Kind, place: Place) -> Result<(), Refusal> {
        match kind {
            Kind::Type(_) if !place.is_lost() && place.depth() >= TYPE_DEPTH_MAX => {
                return Err(Refusal::TooLarge { what: "shared types within shared types", most: TYPE_DEPTH_MAX.into() });
            }
            Kind::Gc | Kind::Deleted => {
                self.husk_units += u64::from(end - start);
                self.husks.push(Span { client, start, end });
                if self.husk_units > self.bounds.husk_units {
                    let most = self.bounds.husk_units;
                    return Err(Refusal::TooLarge { what: "characters deleted before they were sent", most });
                }
            }
            Kind::Any if place.in_map() && end - start > 1 => self.folded.push(Span { client, start, end }),
            _ => {}
        }
        Ok(())
    }

    /// Where a block stands: below its parent, or beside its neighbours.
    fn place_block(&self, (client, clock): Id, block: &Block<'_>) -> Result<Place, Refusal> {
        let contradiction = |what| Err(Refusal::Inconsistent { client, clock, what });
        if block.kind == Kind::Gc {
            return Ok(Place::LOST);
        }
        match block.parent {
            Parent::Root(_) => return Ok(Place::in_root(block.key.is_some())),
            Parent::Item(parent) => {
                let inside = self.place(parent).inside(block.key.is_some());
                return inside.map_or_else(|| contradiction("its parent is no shared type"), Ok);
            }
            Parent::Inherited => {}
        }
        let (left, right) = (block.origin.map(|id| self.place(id).beside()), block.right.map(|id| self.place(id).beside()));
        if right.is_some_and(Place::in_map) {
            return contradiction("it stands before an entry of a map");
        }
        match (left, right) {
            (Some(left), Some(right)) if left.is_lost() || right.is_lost() => Ok(if left.is_lost() { right } else { left }),
            (Some(left), Some(_)) if left.in_map() => contradiction("an entry of a map stands before something"),
            (Some(left), Some(right)) if left != right => contradiction("its neighbours stand in different places"),
            (Some(place), _) | (None, Some(place)) => Ok(place),
            (None, None) => Ok(Place::LOST),
        }
    }

    fn place(&self, id: Id) -> Place {
        if let Some(section) = self.find(id.0).map(|index| &self.sections[index])
            && id.1 >= section.known
        {
            let after = section.places.partition_point(|stretch| stretch.0 <= id.1);
            return after.checked_sub(1).map_or(Place::default(), |at| section.places[at].1);
        }
        self.ledger.place(id)
    }

    fn find(&self, client: u64) -> Option<usize> {
        self.sections.binary_search_by(|section| client.cmp(&section.client)).ok()
    }

    fn have(&self, client: u64) -> u32 {
        self.find(client).map_or_else(|| self.ledger.clock(client), |index| self.sections[index].have())
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

    /// Reads the delete set and keeps what the ledger does not know: stock clients send all they ever deleted, every time.
    fn read_deletions(&mut self, kept: Kept) -> Result<Deletions, Refusal> {
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
}

fn id((client, clock): Id) -> ID {
    ID::new(ClientID::new(client), clock)
}
