//! Judges a whole update: reads it once for its form, then walks its blocks in the order in which yrs will integrate them, so that
//! each block meets what it builds on, and so that the cost of that walk is known.

use std::collections::BTreeSet;

use yrs::{ClientID, ID};

use super::{
    Span,
    block::{Block, Id, Kind, Parent},
    bounds::{Bounds, TYPE_DEPTH_MAX},
    bytes::Reader,
    checked::{Checked, Gain},
    claim::OrderClaim,
    cut,
    deletions::{Deletions, Kept},
    ledger::Ledger,
    place::{Neighbours, Place},
    refusal::Refusal,
    rows::Field,
    rules::Verdict,
    section::{Section, read_sections},
    walk::Walk,
};
use crate::{id::PartyId, log::record::Provenance};

impl Ledger {
    /// Judges `update` (Yjs update V1) that somebody sends. The ledger does not change.
    ///
    /// # Errors
    /// See [`Refusal`]. Of these, [`Refusal::Missing`] may come from an honest client that speaks too early.
    pub fn check(&self, by: &Provenance, update: &[u8]) -> Result<Checked, Refusal> {
        Check { ledger: self, party: Some(&by.author.party), by: Some(by), kept: Kept::New, bounds: Bounds::UPDATE }.run(update)
    }

    /// The same for an update that was made away from the document as it is now. What its author deleted while others did so too stays in
    /// what is left of it: what a side wrote is read from its records alone.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn check_apart(&self, by: &Provenance, update: &[u8]) -> Result<Checked, Refusal> {
        Check { ledger: self, party: Some(&by.author.party), by: Some(by), kept: Kept::All, bounds: Bounds::UPDATE }.run(update)
    }

    /// Judges the update of a record that a log holds, by the rules under which it was accepted: what a plan may hold is asked of
    /// what comes from outside alone.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn check_logged(&self, party: &PartyId, update: &[u8]) -> Result<Checked, Refusal> {
        Check { ledger: self, party: Some(party), by: None, kept: Kept::All, bounds: Bounds::UPDATE }.run(update)
    }

    /// Judges an update as a log would, and cuts it as one that came from outside.
    #[cfg(test)]
    pub(crate) fn check_unasked(&self, party: &PartyId, update: &[u8]) -> Result<Checked, Refusal> {
        Check { ledger: self, party: Some(party), by: None, kept: Kept::New, bounds: Bounds::UPDATE }.run(update)
    }

    /// Judges what a server told of a document without saying whose it is: the whole of it, or what was missing.
    ///
    /// # Errors
    /// See [`Refusal`]; there is no [`Refusal::Forged`] among them.
    pub fn check_state(&self, state: &[u8]) -> Result<Checked, Refusal> {
        Check { ledger: self, party: None, by: None, kept: Kept::All, bounds: Bounds::STATE }.run(state)
    }
}

/// How an update is judged.
struct Check<'l> {
    ledger: &'l Ledger,
    /// Whose it is; where that is not known, it may go on under any client id.
    party: Option<&'l PartyId>,
    /// Who made it and how, if that is asked.
    by: Option<&'l Provenance>,
    kept: Kept,
    bounds: Bounds,
}

impl Check<'_> {
    fn run(&self, update: &[u8]) -> Result<Checked, Refusal> {
        if update.len() > self.bounds.bytes {
            return Err(Refusal::TooLarge { what: "bytes", most: self.bounds.bytes as u64 });
        }
        let (mut walk, mut deletions) = self.walk(update, BTreeSet::new())?;
        deletions.new.sort_unstable();
        let emptied = walk.emptied_fields(&deletions.new);
        if !emptied.is_empty() {
            // Without what would empty them nothing can: it changes nothing else.
            (walk, deletions) = self.walk(update, emptied)?;
            deletions.new.sort_unstable();
        }
        self.finish(update, walk, deletions)
    }

    /// Walks all blocks and reads all deletions. Of what would be set in fields that are `closed` nothing is taken.
    fn walk<'a>(&self, update: &'a [u8], closed: BTreeSet<Field>) -> Result<(Walk<'a, '_>, Deletions), Refusal> {
        let mut reader = Reader::new(update);
        let sections = read_sections(self.ledger, self.party, self.by, &mut reader)?;
        if reader.any_values > self.bounds.any_values {
            return Err(Refusal::TooLarge { what: "values", most: self.bounds.any_values as u64 });
        }
        let deletions_at = reader.at();
        let mut walk = Walk::new(self.ledger, self.by, self.bounds, reader, sections, closed);
        for section in 0..walk.sections.len() {
            walk.run(section)?;
        }
        walk.reader.jump(deletions_at);
        let deletions = walk.read_deletions(self.kept)?;
        Ok((walk, deletions))
    }

    fn finish(&self, update: &[u8], mut walk: Walk<'_, '_>, deletions: Deletions) -> Result<Checked, Refusal> {
        let Deletions { mut new, mut all, any_known } = deletions;
        let kept = walk.keep(&new);
        if !kept.is_empty() {
            new = cut::without(&new, &kept);
            all = cut::without(&all, &kept);
        }
        let left = if self.kept == Kept::All { &all } else { &new };
        let is_cut = walk.sections.iter().any(|section| section.is_cut || !section.collected.is_empty())
            || !kept.is_empty()
            || (any_known && self.kept == Kept::New);
        let cut = if is_cut { Some(cut::write(update, &walk.sections, left, &walk.husks)?) } else { None };
        let rows = walk.rows_gain(walk.points_added(&new));
        let left_out = walk.left_out();
        new.append(&mut walk.husks);
        let gains = walk.sections.into_iter().filter(|section| section.clock > section.known);
        let gains = gains
            .map(|s| Gain { client: s.client, clock_end: s.clock, right: s.right, places: s.places, runs: s.runs })
            .collect();
        Ok(Checked { gains, deletions: new, claims: walk.claims, rows, left_out, cut })
    }
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
            if self.steps > self.bounds.steps {
                let most = self.bounds.steps;
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
    fn accept(&mut self, index: usize, block: &Block<'a>) -> Result<(), Refusal> {
        let Section { client, clock: start, right, place: last, .. } = self.sections[index];
        // A block that continues the one before it, up to the same neighbour, stands beside it and claims nothing new.
        let continues = start > 0 && block.origin == Some((client, start - 1)) && right == block.right;
        let place = match block.parent {
            Parent::Inherited if continues => self.beside(last),
            _ => self.place_block((client, start), block)?,
        };
        let Some(place) = place.holding(block.kind) else {
            return Err(Refusal::Inconsistent { client, clock: start, what: "its kind has no meaning where it stands" });
        };
        if self.judge((client, start), block, place)? == Verdict::Collected {
            self.sections[index].collected.push(start);
            let collected = Block { kind: Kind::Gc, origin: None, right: None, parent: Parent::Inherited, ..*block };
            return self.settle(index, &collected, Place::LOST, false);
        }
        self.settle(index, block, place, continues)
    }

    /// Writes down where a new block stands.
    fn settle(&mut self, index: usize, block: &Block<'a>, place: Place, continues: bool) -> Result<(), Refusal> {
        let Section { client, clock: start, .. } = self.sections[index];
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
        self.set(place, (client, start), block.len, block.origin)
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
}

fn id((client, clock): Id) -> ID {
    ID::new(ClientID::new(client), clock)
}
