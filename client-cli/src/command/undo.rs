//! `undo`: one's own alternative is withdrawn, as an edit like any other.

use plenary_shared::{
    id::{PartyId, PlanId, PointId},
    people::ENGINE,
    script::{self, Edit},
    talk::dossier::{BracketView, BracketsView},
    text::{
        bracket::{Field, withdrawn},
        history::{At, Replay},
        redline::{Piece, redline},
    },
};
use std::{num::NonZeroUsize, ops::Range};

use super::{edit::edit_point, merged::settled};
use crate::{
    context::Context,
    error::CliError,
    output::{in_words, inline},
};

/// Withdraw your party's alternative; when one is left the brackets go
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It is a new edit: all see it, and nothing that others wrote is touched. Where your party's bracket stands
alone the words from before come back.

Examples:
  plenary undo plan '5 bis'
  plenary undo plan 5 --bracket 2")]
pub struct Undo {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    point: String,
    /// Which of your party's brackets, as `plenary brackets` numbers them
    #[arg(long, value_name = "N")]
    bracket: Option<NonZeroUsize>,
}

impl Undo {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let open = context.open(&self.plan)?;
        let (outline, view): (_, BracketsView) = (open.outline()?, open.view()?);
        let point = outline.find(&self.point)?;
        let brackets = view.points.iter().find(|one| one.point == point.id).map_or(&[][..], |one| &one.brackets);
        let own = self.chosen(brackets, open.party()?)?;
        let before = match own.alternative {
            Some(_) => String::new(),
            None => self.before(context, (&point.id, &point.words), &own.range)?,
        };
        let words = withdrawn(&point.words, own.number - 1, &before)
            .ok_or_else(|| CliError::Refused("the words have changed meanwhile: repeat it".into()))?;
        let from = Some(point.words.clone());
        let edit = script::Words { point: point.id.to_string(), words, from, entered_for: None };
        edit_point(context, &self.plan, Edit::Words(edit))
    }

    /// The bracket that is meant, one of the party's own.
    fn chosen<'a>(&self, brackets: &'a [BracketView], party: &PartyId) -> Result<&'a BracketView, CliError> {
        let is_own = |one: &&BracketView| one.field == Field::Words && one.typed_by.contains(party);
        let own: Vec<&BracketView> = brackets.iter().filter(is_own).collect();
        let asked = self.bracket.map(NonZeroUsize::get);
        let numbers: Vec<usize> = own.iter().map(|one| one.number).collect();
        match (asked, &own[..]) {
            (Some(number), own) => own.iter().find(|one| one.number == number).copied().ok_or_else(|| {
                CliError::Refused(format!("bracket {number} of {} is not {party}'s alone to withdraw", inline(&self.point)))
            }),
            (None, [one]) => Ok(one),
            (None, []) => Err(CliError::Refused(format!("{party} has put no bracket into {}", inline(&self.point)))),
            (None, _) => Err(CliError::Usage(format!("say which with --bracket: {} are {party}'s", in_words(&numbers)))),
        }
    }

    /// The words that stood in the place of a bracket before its party wrote there; none if they cannot be told apart from others.
    fn before(&self, context: &Context, (point, words): (&PointId, &str), bracket: &Range<usize>) -> Result<String, CliError> {
        let source = context.open_log(&self.plan)?;
        let past = source.past(0)?;
        let mut replay = Replay::new(past.context.created_by.clone());
        for record in past.records {
            let (seq, record) = record?;
            replay.apply(seq, &record)?;
        }
        let end = replay.seq();
        if let Some(local) = source.replica() {
            local.lay_over(&mut replay)?;
        }
        let (mut at, mut wrote) = (0, None::<u64>);
        for stretch in replay.blame(point, |_| None)?.unwrap_or_default() {
            let range = at..at + stretch.text.len();
            at = range.end;
            let is_within = range.start < bracket.end && bracket.start < range.end;
            let is_somebodys = stretch.party.as_ref().is_some_and(|party| party.as_str() != ENGINE);
            if let Some(seq) = stretch.seq.filter(|_| is_within && is_somebodys) {
                wrote = Some(wrote.map_or(seq, |known| known.min(seq)));
            }
        }
        let before = wrote.filter(|seq| *seq <= end).map_or(At::Ms(u64::MAX), |seq| At::Seq(seq.saturating_sub(1)));
        let mut then = settled(&source, before)?;
        let outline = then.outline()?;
        let was = outline.get(point).map_or("", |point| point.words.as_str());
        Ok(stood(was, words, bracket))
    }
}

/// What a text read where now a bracket stands, if that is all that differs there.
fn stood(was: &str, words: &str, bracket: &Range<usize>) -> String {
    let (mut at, mut gone) = (0, String::new());
    for piece in redline(was, words) {
        match piece {
            Piece::Removed(text) => gone = text,
            Piece::Same(text) => {
                at += text.len();
                gone.clear();
            }
            Piece::Inserted(text) => {
                let start = at + text.len() - text.trim_start().len();
                at += text.len();
                if start == bracket.start && text.trim().len() == bracket.len() {
                    return gone.trim().to_owned();
                }
                gone.clear();
            }
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_from_before_are_those_that_the_bracket_took_the_place_of() {
        for (was, words, stood_there) in [
            ("all forces withdraw", "[some] forces withdraw", "all"),
            ("forces withdraw", "[some] forces withdraw", ""),
            ("forces withdraw", "forces withdraw [at once]", ""),
            ("all men leave", "[some] forces leave", ""),
        ] {
            let start = words.find('[').expect("a mark");
            assert_eq!(stood(was, words, &(start..words.find(']').expect("a mark") + 1)), stood_there, "{was} -> {words}");
        }
    }
}
