//! What may stand in a plan and in a layer, and who may put it there: rules for what comes from outside. What a log holds already is
//! not asked.
//!
//! What is against them is refused, except where an honest hand comes there by itself, having been late or having taken back what it did:
//! then the block is taken as if its author had deleted it before sending it, and all that stands in it goes with it.

use super::{
    block::{Block, Content, Id, Kind, Parent, Shared},
    bounds::leaves_room,
    bytes::Reader,
    place::Place,
    refusal::Refusal,
    schema::{Form, META_KEYS_MAX, Spot, TITLE, is_line, is_plain},
    walk::Walk,
};
use crate::{
    id::{AnnotationId, PointId},
    limits,
    log::record::{Hand, Provenance, Right},
};

/// What becomes of a block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Taken,
    /// It is taken as a collected one.
    Collected,
}

use Verdict::{Collected, Taken};

impl<'a> Walk<'a, '_> {
    /// Judges a new block that is to stand in `place`.
    pub fn judge(&mut self, id: Id, block: &Block<'a>, place: Place) -> Result<Verdict, Refusal> {
        let Some(by) = self.by else { return Ok(Taken) };
        if block.kind == Kind::Gc {
            return Ok(Taken);
        }
        let is_husk = block.kind == Kind::Deleted;
        if place.is_lost() {
            self.lost |= !is_husk;
            return Ok(Collected);
        }
        if let Some(field) = self.field(place).filter(|field| self.closed.contains(field)) {
            debug_assert!(field.1.stays_set());
            self.leave_out(place);
            return Ok(Collected);
        }
        if let Err(what) = self.judge_kind(by, block, place) {
            return if is_husk { Ok(Collected) } else { refuse(id, what) };
        }
        if self.is_settled(by, place) {
            self.leave_out(place);
            return Ok(Collected);
        }
        if !is_husk {
            self.check_count(by, block, place)?;
        }
        Ok(Taken)
    }

    /// Whether a block holds what may stand in its place, and its writer may put it there; if not, why.
    fn judge_kind(&self, by: &Provenance, block: &Block<'a>, place: Place) -> Result<(), &'static str> {
        let spot = place.spot;
        let is_foreign = spot.is_of_layer().is_some_and(|of_layer| of_layer != (by.right == Right::Layer));
        if is_foreign || spot == Spot::Other {
            return Err("a root or a key that is no part of it");
        }
        if block.kind != Kind::Deleted {
            judge_content(spot, place.in_map(), block)?;
        }
        if spot.is_of_adoptions() && by.hand != Hand::Server {
            self.judge_adoption(by, block, spot)?;
        }
        let relabels = spot == Spot::Label && !may_relabel(by);
        let has_value =
            || self.field(place).and_then(|field| self.known_last(field)).is_some_and(|last| self.is_value(last, spot));
        if relabels && block.kind != Kind::Deleted && has_value() {
            return Err("a label for a point that has one, which the chair's renumbering alone changes");
        }
        Ok(())
    }

    /// Of what was adopted a replica writes whole entries, in its party's name.
    fn judge_adoption(&self, by: &Provenance, block: &Block<'a>, spot: Spot) -> Result<(), &'static str> {
        const FORGED: &str = "an adoption that nobody made: adopt the proposal";
        if by.hand != Hand::Replica {
            return Err(FORGED);
        }
        let is_field = matches!(spot, Spot::AdoptedBy | Spot::AdoptionWord | Spot::AdoptionTime);
        let is_of_new = matches!(block.parent, Parent::Item(entry) if self.is_new(entry));
        if is_field && !is_of_new && block.kind != Kind::Deleted {
            return Err(FORGED);
        }
        let names_author = || word(block).is_some_and(|party| party == by.author.party.as_str());
        if spot == Spot::AdoptedBy && block.kind != Kind::Deleted && !names_author() { Err(FORGED) } else { Ok(()) }
    }

    /// Whether what is to be set there is set once for all, and is. The server's own verbs put words in the place of what is no plain text.
    fn is_settled(&self, by: &Provenance, place: Place) -> bool {
        let spot = place.spot;
        let stays = spot.stays() && by.hand != Hand::Server;
        // A label that went again before it was sent.
        let keeps_label = spot == Spot::Label && !may_relabel(by);
        let last = self.field(place).filter(|_| stays || keeps_label).and_then(|field| self.known_last(field));
        last.is_some_and(|last| self.is_value(last, spot))
    }

    fn check_count(&mut self, by: &Provenance, block: &Block<'a>, place: Place) -> Result<(), Refusal> {
        let (count, most, what) = match (place.spot, block.key) {
            (Spot::Point, _) => {
                self.fresh.points += 1;
                let (own, all) = (self.ledger.held(&by.author.party).1, self.ledger.rows.points() as usize);
                let fresh = self.fresh.points as usize;
                // The chair lays the plan out.
                if by.right != Right::Chair && !leaves_room(own + fresh, all + fresh, limits::POINTS_MAX) {
                    return Err(Refusal::Share { what: "points" });
                }
                (self.ledger.rows.points() + self.fresh.points, limits::POINTS_MAX as u32, "points")
            }
            (Spot::Meta, Some(key)) if key != TITLE && !self.ledger.rows.has_meta(key) => {
                self.fresh.meta.insert(key);
                (self.ledger.rows.metas() + self.fresh.meta.len() as u32, META_KEYS_MAX, "keys beside the title")
            }
            _ => return Ok(()),
        };
        if count > most { Err(Refusal::TooLarge { what, most: most.into() }) } else { Ok(()) }
    }
}

/// Whether they may change the label of a point that has one.
fn may_relabel(by: &Provenance) -> bool {
    by.right == Right::Chair || by.hand == Hand::Server
}

fn refuse<T>((client, clock): Id, what: &'static str) -> Result<T, Refusal> {
    Err(Refusal::Foreign { client, clock, what })
}

/// Whether what a block holds is what belongs there; if not, why.
fn judge_content(spot: Spot, in_map: bool, block: &Block<'_>) -> Result<(), &'static str> {
    const WRONG: &str = "a value of another kind than belongs there";
    let form = spot.form();
    match (block.kind, block.content) {
        (Kind::Format, _) => Err("formatted words"),
        (Kind::Text, Content::Text(text)) if !in_map && matches!(form, Form::Text | Form::TextOrWord) => {
            if is_plain(text) {
                Ok(())
            } else {
                Err("control characters")
            }
        }
        (Kind::Type(Shared::Text), _) if in_map && matches!(form, Form::Text | Form::TextOrWord) => Ok(()),
        (Kind::Type(Shared::Map), _) if in_map && form == Form::Map => Ok(()),
        (Kind::Any, Content::Values(values)) if in_map => {
            let mut reader = Reader::new(values);
            for _ in 0..block.len {
                if !is_value_in(spot, &mut reader).unwrap_or(false) {
                    return Err(WRONG);
                }
            }
            Ok(())
        }
        _ => Err(WRONG),
    }
}

/// Reads a value and tells whether it may stand in this spot: by itself, or side by side with a few others.
fn is_value_in(spot: Spot, reader: &mut Reader<'_>) -> Result<bool, Refusal> {
    if !spot.may_be_open() || reader.clone().u8()? != ARRAY {
        return is_value_of(spot.form(), reader);
    }
    reader.u8()?;
    let count = reader.count(1)?;
    if count > limits::ALTERNATIVES_MAX {
        return Ok(false);
    }
    for _ in 0..count {
        let is_nothing = matches!(reader.clone().u8()?, UNDEFINED | NULL);
        if is_nothing {
            reader.any(0)?;
        } else if !is_value_of(spot.form(), reader)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Reads a value and tells whether it is of this form.
fn is_value_of(form: Form, reader: &mut Reader<'_>) -> Result<bool, Refusal> {
    let tag = reader.clone().u8()?;
    if form == Form::Anchor && tag == ARRAY {
        return is_anchor(reader);
    }
    let word = if tag == WORD { Some(reader.clone().word()?) } else { None };
    reader.any(0)?;
    let is_empty = matches!(tag, UNDEFINED | NULL);
    let is_number = matches!(tag, INTEGER | FLOAT | DOUBLE);
    let is_flag = matches!(tag, TRUE | FALSE);
    Ok(match form {
        Form::Nothing | Form::Map | Form::Text => false,
        Form::Anchor => is_empty,
        Form::OneOf(words) => word.is_some_and(|word| words.contains(&word)),
        Form::TextOrWord => word.map_or(is_empty, is_plain),
        Form::EntryOrNull => word.map_or(is_empty, |word| word.parse::<AnnotationId>().is_ok()),
        Form::Word { most: None, optional } => word.map_or(optional && is_empty, is_plain),
        Form::Word { most: Some(most), optional } => {
            word.map_or(optional && is_empty, |word| word.len() <= most && is_line(word))
        }
        Form::PointOrNull => word.map_or(is_empty, |word| word.parse::<PointId>().is_ok()),
        Form::Flag { optional } => is_flag || optional && is_empty,
        Form::Number => is_number || is_empty,
        Form::Scalar(most) => word.map_or(is_empty || is_number || is_flag, |word| word.len() <= most && is_plain(word)),
    })
}

/// Reads an array and tells whether it says where an entry is anchored.
fn is_anchor(reader: &mut Reader<'_>) -> Result<bool, Refusal> {
    let count = |reader: &mut Reader<'_>| {
        reader.u8()?;
        reader.count(1)
    };
    let is_id = |reader: &mut Reader<'_>| {
        let is_pair = reader.clone().u8()? == ARRAY && count(reader)? == 2;
        let is_number = |reader: &mut Reader<'_>| is_value_of(Form::Number, reader);
        Ok::<_, Refusal>(is_pair && is_number(reader)? && is_number(reader)?)
    };
    if count(reader)? != 4 {
        return Ok(false);
    }
    for place in 0..4 {
        let is_null = reader.clone().u8()? == NULL;
        if is_null && place >= 2 {
            reader.any(0)?;
        } else if !is_id(reader)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The word that a block of one value holds.
fn word<'a>(block: &Block<'a>) -> Option<&'a str> {
    let Content::Values(values) = block.content else { return None };
    let mut reader = Reader::new(values);
    if block.len == 1 { reader.word().ok() } else { None }
}

/// Tags of values in lib0's encoding.
const UNDEFINED: u8 = 127;
const NULL: u8 = 126;
const ARRAY: u8 = 117;
const INTEGER: u8 = 125;
const FLOAT: u8 = 124;
const DOUBLE: u8 = 123;
const FALSE: u8 = 121;
const TRUE: u8 = 120;
const WORD: u8 = 119;
