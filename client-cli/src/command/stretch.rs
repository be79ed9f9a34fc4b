//! A stretch of a point's words as people name it: by quoting it, or by the number of a bracket.

use plenary_shared::{
    anchor::Anchor,
    bracket::{self, Brackets},
    layer::Annotation,
    plan::{Point, words_text},
    stretch,
};
use std::{num::NonZeroUsize, ops::Range};

use super::edit::name;
use crate::{error::CliError, live::LiveDocument, output::inline};

/// Characters of words shown in a message.
const SHOWN: usize = 600;

/// Options that name a stretch.
#[derive(Clone, Debug, Default, clap::Args)]
#[group(required = false, multiple = false)]
pub struct Stretch {
    /// These words of the point; they must stand in it exactly once
    #[arg(long, value_name = "WORDS")]
    quote: Option<String>,
    /// The point's N-th bracket, marks included, as `plenary brackets` numbers them
    #[arg(long, value_name = "N")]
    bracket: Option<NonZeroUsize>,
}

impl Stretch {
    /// Whether one is named.
    pub fn is_given(&self) -> bool {
        self.quote.is_some() || self.bracket.is_some()
    }

    /// The stretch, in bytes of the point's words.
    pub fn find(&self, point: &Point) -> Result<Option<Range<usize>>, CliError> {
        match (&self.quote, self.bracket) {
            (Some(quote), _) => quoted(point, quote).map(Some),
            (None, Some(n)) => numbered(point, n.get()).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The bracket that is named, or that holds the words that are quoted.
    pub fn find_bracket(&self, point: &Point) -> Result<Option<Range<usize>>, CliError> {
        let Some(stretch) = self.find(point)? else { return Ok(None) };
        let brackets = bracket::parse(&point.words);
        let bracket = brackets.holding(&stretch).and_then(|at| brackets.list.get(at)).ok_or_else(|| {
            CliError::Refused(format!(
                "{} is in no bracket of {}: one takes a position on a bracket, or on a whole point",
                shown(point.words.get(stretch).unwrap_or_default()),
                inline(name(point)),
            ))
        })?;
        Ok(Some(bracket.range.clone()))
    }
}

/// Anchors a stretch of a point's words.
pub fn anchored(plan: &LiveDocument, point: &Point, stretch: Range<usize>) -> Result<Anchor, CliError> {
    let anchor = plan.read(|txn| Anchor::at(txn, &words_text(txn, &point.id)?, &point.words, stretch));
    anchor.ok_or_else(|| CliError::Refused(format!("the words of {} are no text that can be quoted", inline(name(point)))))
}

/// The bracket of a point that an entry is on now, as an index into `brackets`, which are those of the point's words.
pub fn bracket_at(plan: &LiveDocument, point: &Point, brackets: &Brackets, entry: &Annotation) -> Option<usize> {
    let stretch = plan.read(|txn| stretch::Stretch::find(txn, Some(point), entry));
    brackets.holding(&stretch.range(&point.words)?)
}

fn quoted(point: &Point, quote: &str) -> Result<Range<usize>, CliError> {
    if quote.is_empty() {
        return Err(CliError::Usage("--quote needs words of the point".into()));
    }
    let found = occurrences(&point.words, quote);
    match found[..] {
        [at] => Ok(at..at + quote.len()),
        [] => {
            let (quote, words) = (shown(quote), shown(&point.words));
            Err(CliError::Refused(format!("{quote} is not in the words of {} as they are now: {words}", inline(name(point)))))
        }
        _ => Err(CliError::Refused(format!(
            "{} stands {} times in the words of {}: quote more around it",
            shown(quote),
            found.len(),
            inline(name(point))
        ))),
    }
}

fn numbered(point: &Point, n: usize) -> Result<Range<usize>, CliError> {
    let brackets = bracket::parse(&point.words).list;
    let label = inline(name(point));
    if let Some(bracket) = brackets.get(n - 1) {
        return Ok(bracket.range.clone());
    }
    // Those of the heading are numbered after those of the words.
    if n <= brackets.len() + bracket::parse(&point.heading).list.len() {
        return Err(CliError::Refused(format!("bracket {n} of {label} is in its heading: only words can be pointed at")));
    }
    Err(CliError::NotFound(match brackets.len() {
        0 => format!("there is no bracket in the words of {label}"),
        1 => format!("there is 1 bracket in the words of {label}, and no bracket {n}"),
        count => format!("there are {count} brackets in the words of {label}, and no bracket {n}"),
    }))
}

/// Where `quote`, which is not empty, begins in `words`; occurrences may overlap.
fn occurrences(words: &str, quote: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = words.get(from..).and_then(|rest| rest.find(quote)) {
        found.push(from + at);
        from += at + quote.chars().next().map_or(1, char::len_utf8);
    }
    found
}

/// Words in quotes, in one line of a readable length.
pub fn shown(words: &str) -> String {
    let cut: String = words.chars().take(SHOWN).collect();
    let more = if cut.len() < words.len() { "…" } else { "" };
    format!("\"{}{more}\"", inline(&cut))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(words: &str) -> Point {
        Point {
            id: "p1".parse().expect("an id"),
            label: "5 bis".into(),
            heading: String::new(),
            words: words.into(),
            parent: None,
            depth: 0,
            order: "80".into(),
            struck: false,
            schedule: Default::default(),
            adoptions: Default::default(),
        }
    }

    fn quote(words: &str) -> Stretch {
        Stretch { quote: Some(words.into()), bracket: None }
    }

    fn bracket(n: usize) -> Stretch {
        Stretch { quote: None, bracket: NonZeroUsize::new(n) }
    }

    #[test]
    fn a_quote_must_stand_in_the_words_exactly_once() {
        let point = point("within [30][50] дней, дней\nor aaa");
        let found = |words: &str| quote(words).find(&point).map(|range| point.words[range.expect("a stretch")].to_owned());
        assert_eq!(found("[30]").expect("once"), "[30]");
        assert_eq!(found("дней\nor").expect("once"), "дней\nor");
        assert_eq!(found("aaa").expect("once"), "aaa");
        let message = |words: &str| found(words).expect_err(words).to_string();
        assert_eq!(message("дней"), "\"дней\" stands 2 times in the words of 5 bis: quote more around it");
        assert!(message("aa").contains("stands 2 times"), "overlapping ones count");
        assert_eq!(
            message("[40]"),
            "\"[40]\" is not in the words of 5 bis as they are now: \"within [30][50] дней, дней\\nor aaa\""
        );
        assert_eq!(quote("").find(&point).expect_err("empty").exit_code(), 2);
        assert!(Stretch::default().find(&point).expect("none").is_none());
    }

    #[test]
    fn brackets_are_numbered_from_one_in_the_order_in_which_they_open() {
        let point = point("a [b [c]] [d]");
        let found = |n| bracket(n).find(&point).map(|range| point.words[range.expect("a stretch")].to_owned());
        let all: Vec<String> = (1..=3).map(|n| found(n).expect("a bracket")).collect();
        assert_eq!(all, ["[b [c]]", "[c]", "[d]"]);
        assert_eq!(found(4).expect_err("none").to_string(), "there are 3 brackets in the words of 5 bis, and no bracket 4");
        let headed = Point { heading: "[Title]".into(), ..point.clone() };
        assert!(bracket(4).find(&headed).expect_err("not words").to_string().contains("in its heading"));
    }

    #[test]
    fn quoted_words_stand_for_the_bracket_that_holds_them() {
        let point = point("a [b [c]] d");
        let found = |words: &str| quote(words).find_bracket(&point).map(|range| point.words[range.expect("one")].to_owned());
        assert_eq!(found("c").expect("a bracket"), "[c]");
        assert_eq!(found("b").expect("a bracket"), "[b [c]]");
        assert_eq!(found("[b [c]]").expect("a bracket"), "[b [c]]");
        assert_eq!(
            found("d").expect_err("outside").to_string(),
            "\"d\" is in no bracket of 5 bis: one takes a position on a bracket, or on a whole point"
        );
    }

    #[test]
    fn long_words_are_cut_in_a_message() {
        assert_eq!(shown("short\n"), "\"short\\n\"");
        assert_eq!(shown(&"ж".repeat(1_000)).chars().count(), SHOWN + 3);
    }
}
