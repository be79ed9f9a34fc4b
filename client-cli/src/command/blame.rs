//! `blame`: who wrote which words of a point, and when.

use plenary_shared::{
    id::PlanId,
    talk::dossier::EnteredView,
    text::history::{Authored, Replay},
};

use super::change::{side, somebody};
use crate::{
    answer::{BlameShown, StretchShown},
    context::Context,
    error::CliError,
    open::log::Names,
    output::inline,
    render::{Look, Page, Side, table, title},
    when,
};

/// Show who wrote which words of a point, and when
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The text that the plan was created with is nobody's. The last column is the words as they stand.

Examples:
  plenary blame plan '5 bis'
  plenary blame plan 5 --json | jq -r '.stretches[] | \"\\(.party)\\t\\(.text)\"'")]
pub struct Blame {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    point: String,
}

impl Blame {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let source = context.open_log(&self.plan)?;
        let past = source.past(0)?;
        let names = Names::of(&past.context.conference);
        let mut replay = Replay::new(past.context.created_by.clone());
        for record in past.records {
            let (seq, record) = record?;
            replay.apply(seq, &record)?;
        }
        let end = replay.seq();
        let unsent =
            source.replica().map(|local| Ok::<_, CliError>((local.lay_over(&mut replay)?, local.author()))).transpose()?;
        let unsent = |client| unsent.as_ref().filter(|(clients, _)| clients.contains(&client)).map(|(_, author)| author.clone());
        let outline = replay.outline()?;
        let point = outline.find(&self.point)?;
        let mut stretches = replay
            .blame(&point.id, unsent)?
            .ok_or_else(|| CliError::Refused("the words of this point are no text: set them again (`plenary words`)".into()))?;
        let EnteredView { mut entered } = context.open(&self.plan)?.view()?;
        entered.retain(|words| words.point == point.id);
        for stretch in stretches.iter_mut().filter(|stretch| stretch.seq > Some(end)) {
            (stretch.seq, stretch.at_ms) = (None, None);
        }
        let told = |stretch| StretchShown {
            stretch,
            name: stretch.member.as_ref().and_then(|member| names.get(member)),
            seat_ended: stretch.member.as_ref().is_some_and(|member| names.has_ended(member)),
            at: stretch.at_ms.and_then(when::utc),
        };
        let answer = BlameShown {
            plan: &self.plan,
            point: &point.id,
            label: &point.label,
            heading: &point.heading,
            seq: end,
            stretches: stretches.iter().map(told).collect(),
            entered: &entered,
        };
        context.tell_damage_in(&source);
        context.output.page(&answer, || {
            let mut page = Page::default();
            page.line(Look::Strong, &title(&point.label, &point.id, &point.heading));
            for row in rows(&stretches, &names) {
                page.line(Look::Plain, &row);
            }
            for words in &entered {
                page.line(Look::Plain, &words.said());
            }
            page
        })
    }
}

/// A row for each line of each stretch, in columns.
fn rows(stretches: &[Authored], names: &Names) -> Vec<String> {
    let mut rows = Vec::new();
    for stretch in stretches {
        let party = match (&stretch.party, stretch.seq) {
            (Some(party), _) => side(party).to_owned(),
            (None, Some(_)) => "first text".to_owned(),
            (None, None) => "unknown".to_owned(),
        };
        let member = stretch.member.as_ref().map_or_else(String::new, |member| somebody(member, names));
        let when = match stretch.at_ms {
            Some(at_ms) => when::local(at_ms),
            None if stretch.party.is_some() => "not sent".to_owned(),
            None => String::new(),
        };
        let seq = stretch.seq.map_or_else(String::new, |seq| format!("#{seq}"));
        for line in stretch.text.split('\n').filter(|line| !line.is_empty()) {
            rows.push(vec![party.clone(), member.clone(), when.clone(), seq.clone(), inline(line).into_owned()]);
        }
    }
    table(&[Side::Left, Side::Left, Side::Left, Side::Right, Side::Left], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_a_stretch_names_its_author() {
        let stretch = |text: &str, member: Option<&str>, seq: Option<u64>| Authored {
            text: text.into(),
            party: member.map(|_| "arv".parse().expect("an id")),
            member: member.map(|id| id.parse().expect("an id")),
            at_ms: None,
            seq,
        };
        let stretches =
            [stretch("one\n\ntwo ", None, Some(1)), stretch("\x1b[2J", Some("arv-1"), None), stretch("x", None, None)];
        let expected = [
            "first text                   #1  one",
            "first text                   #1  two",
            "arv         arv-1  not sent      \\u{1b}[2J",
            "unknown                          x",
        ];
        assert_eq!(rows(&stretches, &Names::default()), expected);
    }
}
