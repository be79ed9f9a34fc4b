//! `undo`: what one's own party did last is taken back, as an edit like any other.

mod deeds;
mod past;

use plenary_shared::{
    id::{PartyId, PlanId},
    script::{self, Done, Edit},
    talk::dossier::{BracketView, BracketsView},
    text::{
        bracket::{Bracket, Field, parse, withdrawn},
        plan::{Outline, Point},
    },
};
use std::num::NonZeroUsize;

use super::{
    edit::{edit_point, titled},
    lapses::made_one,
};
use crate::{
    answer::TitleChanged,
    context::Context,
    error::CliError,
    open::OpenPlan,
    output::{in_words, inline},
};
use deeds::{Part, Stands};
use past::PointPast;

/// Withdraw your party's alternative, or else take back its last change of a point or of the title
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It is a new edit: all see it, and nothing that others wrote is touched. When one alternative is left the
brackets go. Where your party's bracket stands alone the words from before come back, or what another
party made of them apart: where that deleted them they stay deleted. Where others' words stand in
brackets because your party deleted them, the brackets go. A bracket that another party holds too is
not yours alone to withdraw; what was entered for your party is yours once it has confirmed it.
Where your party has no bracket its last change of the point's words or heading is taken back, unless
others have changed the same since. Again, the one before that.

Examples:
  plenary undo plan '5 bis'
  plenary undo plan 5 --bracket 2
  plenary undo plan --title")]
pub struct Undo {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    #[arg(required_unless_present = "title")]
    point: Option<String>,
    /// Which of your party's brackets, as `plenary brackets` numbers them
    #[arg(long, value_name = "N")]
    bracket: Option<NonZeroUsize>,
    /// The plan's title in its text
    #[arg(long, conflicts_with_all = ["point", "bracket"])]
    title: bool,
}

/// A text without what is taken back.
struct Without {
    part: Part,
    text: String,
}

impl Undo {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let open = context.open(&self.plan)?;
        let (outline, view): (_, BracketsView) = (open.outline()?, open.view()?);
        let party = open.party()?;
        let Some(what) = &self.point else { return self.of_title(context, &open, &outline.title) };
        let point = outline.find(what)?;
        let brackets = view.points.iter().find(|one| one.point == point.id).map_or(&[][..], |one| &one.brackets);
        let past = || PointPast::read(context, &self.plan, Some(&point.id), party);
        let without = match self.own(brackets, party)? {
            Some(own) => without_bracket(point, brackets, own, past)?,
            None => self.without_last(&outline, point, brackets, (party, &past()?))?,
        };
        let what = point.id.to_string();
        edit_point(
            context,
            &self.plan,
            match without {
                Without { part: Part::Heading, text } => Edit::Heading(script::Heading { point: what, text }),
                Without { text: words, .. } => {
                    Edit::Words(script::Words { point: what, words, from: Some(point.words.clone()), entered_for: None })
                }
            },
        )
    }

    /// Withdraws the party's alternative in the title, or takes back its last change of it.
    fn of_title(&self, context: &Context, open: &OpenPlan, title: &str) -> Result<(), CliError> {
        let party = open.party()?;
        let past = PointPast::read(context, &self.plan, None, party)?;
        let own = past.own_of_title(party, title)?.and_then(|at| withdrawn(title, at, ""));
        let text = match own {
            Some(text) => text,
            None => past.deeds.without_last(&[(Part::Title, title.to_owned())]).map_err(|why| stands(why, party, "the title"))?.1,
        };
        let done = made_one(context, open, Edit::Title(script::Title { text }))?;
        context.tell_damage_of(open);
        match &done {
            Done::Titled(done) => {
                let said = || format!("{}: {}", self.plan, titled(done));
                context.output.result(&TitleChanged { plan: &self.plan, done, durable: true }, said)
            }
            other => Err(CliError::unexpected(other)),
        }
    }

    /// The bracket that is meant, if it is one of the party's own.
    fn own<'a>(&self, brackets: &'a [BracketView], party: &PartyId) -> Result<Option<&'a BracketView>, CliError> {
        let is_own = |one: &&BracketView| matches!(one.field, Field::Words | Field::Heading) && one.is_alone_of(party);
        let own: Vec<&BracketView> = brackets.iter().filter(is_own).collect();
        let asked = self.bracket.map(NonZeroUsize::get);
        let Some(one) = asked.map(|number| own.iter().find(|one| one.number == number)).unwrap_or(own.first()) else {
            return Ok(None);
        };
        if asked.is_none() && own.len() > 1 {
            let numbers: Vec<usize> = own.iter().map(|one| one.number).collect();
            return Err(CliError::Usage(format!("say which with --bracket: {} are {party}'s", in_words(&numbers))));
        }
        let is_within = |inner: &&BracketView| {
            inner.field == one.field && one.range.start < inner.range.start && inner.range.end < one.range.end
        };
        let others = brackets.iter().filter(is_within).find(|inner| !inner.typed_by.is_empty() && !inner.is_alone_of(party));
        if let Some(others) = others {
            let whose = in_words(&others.holders());
            let what = format!("bracket {} within it is {whose}'s", others.number);
            return Err(CliError::Refused(format!("bracket {} is not {party}'s alone to withdraw: {what}", one.number)));
        }
        Ok(Some(one))
    }

    /// A text without what the party did last, where it has no bracket of its own: words that others keep against its deletion stand
    /// without their brackets.
    fn without_last(
        &self,
        outline: &Outline,
        point: &Point,
        brackets: &[BracketView],
        (party, past): (&PartyId, &PointPast),
    ) -> Result<Without, CliError> {
        let list = parse(&point.words).list;
        let asked = self.bracket.map(NonZeroUsize::get);
        let mut kept: Vec<(usize, &Bracket)> = Vec::new();
        for (at, bracket) in list.iter().enumerate().filter(|(at, _)| asked.is_none_or(|number| number == at + 1)) {
            if past.is_kept_against(party, bracket)? {
                kept.push((at + 1, bracket));
            }
        }
        let name = inline(self.point.as_deref().unwrap_or_default());
        match (&kept[..], asked) {
            ([(_, bracket)], _) => {
                let inner = [bracket.range.start..bracket.inner.start, bracket.inner.end..bracket.range.end];
                let [opens, closes] = inner.map(|mark| point.words.get(mark).map_or(0, str::len));
                let (start, end) = (bracket.range.start, bracket.range.end);
                let text = &point.words;
                let text = [&text[..start], &text[start + opens..end - closes], &text[end..]].concat();
                Ok(Without { part: Part::Words, text })
            }
            ([_, _, ..], _) => {
                let numbers: Vec<usize> = kept.iter().map(|(number, _)| *number).collect();
                Err(CliError::Usage(format!("say which with --bracket: {party} deleted what {} hold", in_words(&numbers))))
            }
            ([], Some(number)) => Err(not_own(brackets, number, party, &name)),
            ([], None) => {
                let last = past.deeds.without_last(&Part::read(outline, Some(&point.id)));
                last.map(|(part, text)| Without { part, text }).map_err(|why| stands(why, party, &name))
            }
        }
    }
}

/// Why nothing is taken back.
fn stands(why: Stands, party: &PartyId, name: &str) -> CliError {
    CliError::Refused(match why {
        Stands::Nothing => format!("{party} has put no bracket into {name} and changed nothing in it that still stands"),
        Stands::Changed => format!("others have changed the same in {name} since: write what you want"),
    })
}

/// A text of the point without a bracket of the party's own.
fn without_bracket<'a>(
    point: &Point,
    brackets: &[BracketView],
    own: &BracketView,
    past: impl FnOnce() -> Result<PointPast<'a>, CliError>,
) -> Result<Without, CliError> {
    let text = own.field.text(point);
    let before = match own.alternative {
        None if own.field == Field::Words => past()?.before(text, &own.range)?,
        _ => String::new(),
    };
    let at = brackets.iter().filter(|one| one.field == own.field).position(|one| one.number == own.number);
    let text = at.and_then(|at| withdrawn(text, at, &before));
    let text = text.ok_or_else(|| CliError::Refused("the words have changed meanwhile: repeat it".into()))?;
    let part = if own.field == Field::Heading { Part::Heading } else { Part::Words };
    Ok(Without { part, text })
}

/// Why a bracket is not withdrawn.
fn not_own(brackets: &[BracketView], number: usize, party: &PartyId, point: &str) -> CliError {
    CliError::Refused(match brackets.iter().find(|one| one.number == number) {
        None => format!("{point} has no bracket {number}"),
        Some(one) => match &one.entered {
            Some(entered) => format!("bracket {number} of {point} is not {party}'s alone to withdraw: {}", entered.said()),
            None => format!("bracket {number} of {point} is not {party}'s alone to withdraw"),
        },
    })
}
