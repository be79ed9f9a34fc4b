//! A point's past, read from the log.

use plenary_shared::{
    id::{PartyId, PlanId, PointId},
    log::{fold::Formed, record::RecordKind},
    people::ENGINE,
    text::{
        bracket::Bracket,
        history::{At, Authored, Replay},
        marks::Parted,
        plan::ChangeKind,
    },
};
use std::{collections::BTreeSet, ops::Range};

use super::deeds::{Deed, Deeds, has_deleted, stood};
use crate::{
    command::merged::{settled, sides_of},
    context::Context,
    error::CliError,
    open::log::{Local, LogSource, Recorded},
};

/// What the log tells of a point's words.
pub struct PointPast<'a> {
    source: LogSource,
    point: &'a PointId,
    /// What one's own party did to them.
    pub deeds: Deeds,
    stretches: Vec<Authored>,
    /// What was changed apart last, and put side by side.
    parted: Option<Parted>,
}

impl<'a> PointPast<'a> {
    /// Reads it; `party` is one's own.
    pub fn read(context: &Context, plan: &PlanId, point: &'a PointId, party: &PartyId) -> Result<Self, CliError> {
        let source = context.open_log(plan)?;
        let past = source.past(0)?;
        let mut replay = Replay::new(past.context.created_by.clone());
        let (mut deeds, mut parted, mut now) = (Deeds::default(), None, None);
        for record in past.records {
            let (seq, record): Recorded = record?;
            if !replay.apply(seq, &record)?.points.contains(point) {
                continue;
            }
            if let RecordKind::Bracketing(says) = &record.kind {
                parted = Some(Parted::from(says));
            }
            let is_own = record.kind.is_edit() && record.author.party == *party;
            pass(&mut replay, point, &mut now, is_own.then_some(&mut deeds))?;
        }
        if let Some(local) = source.replica() {
            for update in local.replica().unsent()? {
                replay.lay_over([Formed::read(&update)?])?;
                pass(&mut replay, point, &mut now, Some(&mut deeds))?;
            }
        }
        let unsent = source.replica().map(Local::author);
        let stretches = replay.blame(point, |_| unsent.clone())?.unwrap_or_default();
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
        let was = outline.get(self.point).map_or("", |point| point.words.as_str());
        Ok(stood(was, words, bracket))
    }

    /// Whether a bracket that stands alone holds what others changed while this party, and no other, deleted it.
    pub fn is_kept_against(&self, party: &PartyId, bracket: &Bracket) -> Result<bool, CliError> {
        let Some(parted) = self.parted.as_ref().filter(|_| bracket.alternative.is_none() && self.is_engines(bracket.range.start))
        else {
            return Ok(false);
        };
        let sides = sides_of(&self.source, std::slice::from_ref(parted))?;
        let own = sides.iter().flatten().filter(|(point, _)| point.as_ref() == Some(self.point)).flat_map(|(_, sides)| sides);
        let deleted = own.filter(|side| {
            side.changes.iter().any(|change| change.kind == ChangeKind::Words && has_deleted(&change.before, &change.after))
        });
        Ok(deleted.map(|side| &side.by.author.party).collect::<BTreeSet<_>>() == BTreeSet::from([party]))
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

/// Goes on to how the words read now; what changed them is a deed if it is one's own.
fn pass(replay: &mut Replay, point: &PointId, now: &mut Option<String>, own: Option<&mut Deeds>) -> Result<(), CliError> {
    let words = replay.outline()?.get(point).map(|point| point.words.clone());
    if let (Some(deeds), Some(before), Some(after)) = (own, now.take_if(|now| Some(&*now) != words.as_ref()), &words) {
        deeds.note(Deed { before, after: after.clone() });
    }
    *now = words;
    Ok(())
}
