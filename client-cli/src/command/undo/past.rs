//! A point's past, or the title's, read from the log.

use plenary_shared::{
    id::{PartyId, PlanId, PointId},
    log::{fold::Formed, record::RecordKind},
    people::ENGINE,
    text::{
        bracket::{Bracket, parse},
        history::{At, Authored, Replay},
        marks::{Parted, Sides},
        plan::{Change, ChangeKind, Outline},
    },
};
use std::{collections::BTreeSet, ops::Range};

use super::deeds::{Deed, Deeds, Part, has_brought, has_deleted, stood};
use crate::{
    command::merged::{settled, sides_of},
    context::Context,
    error::CliError,
    open::log::{Local, LogSource, Recorded},
};

/// What the log tells of a point's texts, or of the title.
pub struct PointPast<'a> {
    source: LogSource,
    /// None is the title.
    point: Option<&'a PointId>,
    /// What one's own party did to them.
    pub deeds: Deeds,
    stretches: Vec<Authored>,
    /// What was changed apart last, and put side by side.
    parted: Option<Parted>,
}

impl<'a> PointPast<'a> {
    /// Reads it, of the title without a point; `party` is one's own.
    pub fn read(context: &Context, plan: &PlanId, point: Option<&'a PointId>, party: &PartyId) -> Result<Self, CliError> {
        let source = context.open_log(plan)?;
        let past = source.past(0)?;
        let mut replay = Replay::new(past.context.created_by.clone());
        let (mut deeds, mut parted, mut now) = (Deeds::default(), None, Part::read(&Outline::default(), point));
        for record in past.records {
            let (seq, record): Recorded = record?;
            let touched = replay.apply(seq, &record)?;
            if !point.map_or(touched.title, |point| touched.points.contains(point)) {
                continue;
            }
            if let RecordKind::Bracketing(says) = &record.kind {
                parted = Some(Parted::from(says));
            }
            // The first record is the text that the plan was created with.
            let is_own = seq > 1 && record.kind.is_edit() && record.author.party == *party;
            pass(&mut replay, point, &mut now, is_own.then_some(&mut deeds))?;
        }
        if let Some(local) = source.replica() {
            for update in local.replica().unsent()? {
                replay.lay_over([Formed::read(&update)?])?;
                pass(&mut replay, point, &mut now, Some(&mut deeds))?;
            }
        }
        let unsent = source.replica().map(Local::author);
        let stretches = point.map(|point| replay.blame(point, |_| unsent.clone())).transpose()?.flatten().unwrap_or_default();
        Ok(Self { source, point, deeds, stretches, parted })
    }

    /// The words that stood in the place of a bracket before its party wrote there; none if they cannot be told apart from others, or
    /// where others deleted what the party changed.
    pub fn before(&self, words: &str, bracket: &Range<usize>) -> Result<String, CliError> {
        if self.is_engines(bracket.start) {
            return Ok(String::new());
        }
        let wrote = self.within(&(bracket.start..bracket.start + 1)).find_map(|one| one.seq);
        let mut then = settled(&self.source, wrote.map_or(At::Ms(u64::MAX), |seq| At::Seq(seq.saturating_sub(1))))?;
        let outline = then.outline()?;
        let was = self.point.and_then(|point| outline.get(point)).map_or("", |point| point.words.as_str());
        Ok(stood(was, words, bracket))
    }

    /// Whether a bracket that stands alone holds what others changed while this party, and no other, deleted it.
    pub fn is_kept_against(&self, party: &PartyId, bracket: &Bracket) -> Result<bool, CliError> {
        let Some(parted) = self.parted.as_ref().filter(|_| bracket.alternative.is_none() && self.is_engines(bracket.range.start))
        else {
            return Ok(false);
        };
        let sides = sides_of(&self.source, std::slice::from_ref(parted))?;
        let has_deleted = |change: &Change| change.kind == ChangeKind::Words && has_deleted(&change.before, &change.after);
        Ok(self.parties_that(&sides, has_deleted) == BTreeSet::from([party]))
    }

    /// Which bracket of the title is an alternative that a party brought, and no other, where it was changed apart last.
    pub fn own_of_title(&self, party: &PartyId, title: &str) -> Result<Option<usize>, CliError> {
        let Some(parted) = &self.parted else { return Ok(None) };
        let sides = sides_of(&self.source, std::slice::from_ref(parted))?;
        let is_own = |(_, one): &(usize, Bracket)| {
            let words = title[one.inner.clone()].trim();
            let brought = |change: &Change| change.kind == ChangeKind::Title && has_brought(&change.before, &change.after, words);
            one.alternative.is_some() && self.parties_that(&sides, brought) == BTreeSet::from([party])
        };
        Ok(parse(title).list.into_iter().enumerate().find(is_own).map(|(at, _)| at))
    }

    /// The parties that made such a change where this was changed apart.
    fn parties_that<'s>(&self, sides: &'s [Sides], did: impl Fn(&Change) -> bool) -> BTreeSet<&'s PartyId> {
        let of_this = sides.iter().flatten().filter(|(point, _)| point.as_ref() == self.point);
        let did = of_this.flat_map(|(_, sides)| sides).filter(|side| side.changes.iter().any(&did));
        did.map(|side| &side.by.author.party).collect()
    }

    fn within(&self, range: &Range<usize>) -> impl Iterator<Item = &Authored> {
        let places = self.stretches.iter().scan(0, |end, one| {
            *end += one.text.len();
            Some((*end - one.text.len()..*end, one))
        });
        let (start, end) = (range.start, range.end);
        places.filter(move |(place, _)| place.start < end && start < place.end).map(|(_, one)| one)
    }

    /// Whether the server set the mark at a byte of the words.
    fn is_engines(&self, at: usize) -> bool {
        self.within(&(at..at + 1)).any(is_engines)
    }
}

fn is_engines(stretch: &Authored) -> bool {
    stretch.party.as_ref().is_some_and(|party| party.as_str() == ENGINE)
}

/// Goes on to how the texts read now; what changed them is a deed if it is one's own.
fn pass(
    replay: &mut Replay,
    point: Option<&PointId>,
    now: &mut Vec<(Part, String)>,
    own: Option<&mut Deeds>,
) -> Result<(), CliError> {
    let then = Part::read(&replay.outline()?, point);
    if let Some(deeds) = own {
        for ((part, before), (_, after)) in now.iter().zip(&then).filter(|(before, after)| before != after) {
            deeds.note(Deed { part: *part, before: before.clone(), after: after.clone() });
        }
    }
    *now = then;
    Ok(())
}
