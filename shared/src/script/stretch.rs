//! A stretch of a point's words as people name it: by quoting it, by the number of a bracket, or by counting characters.

use std::{num::NonZeroUsize, ops::Range};

use super::error::Refusal;

mod alike;

use crate::text::{
    bracket,
    plan::Point,
    say::{byte_of, inline, quoted},
};

/// Occurrences of a quote that are counted: whoever reads the number quotes more around it in any case.
const FOUND_MAX: usize = 100;
/// 1 MiB: all of them together, about a millisecond's work.
const FOUND_BYTES_MAX: usize = 1 << 20;

/// A point as people call it: its label, or its id if it has none.
pub fn name(point: &Point) -> &str {
    if point.label.is_empty() { point.id.as_str() } else { &point.label }
}

/// The words that are quoted, or the bracket with this number, in bytes of the point's words.
pub(super) fn find(point: &Point, quote: Option<&str>, bracket: Option<NonZeroUsize>) -> Result<Option<Range<usize>>, Refusal> {
    match (quote, bracket) {
        (Some(_), Some(_)) => Err(Refusal::usage("bracket", "a quote and a bracket", "one of the two")),
        (Some(quote), None) => once(point, "quote", quote).map(Some),
        (None, Some(n)) => numbered(point, n.get()).map(Some),
        (None, None) => Ok(None),
    }
}

/// The bracket that is named, or that holds the words that are quoted.
pub(super) fn find_bracket(
    point: &Point,
    quote: Option<&str>,
    bracket: Option<NonZeroUsize>,
) -> Result<Option<Range<usize>>, Refusal> {
    let Some(stretch) = find(point, quote, bracket)? else { return Ok(None) };
    let brackets = bracket::parse(&point.words);
    let bracket = brackets.holding(&stretch).and_then(|at| brackets.list.get(at)).ok_or_else(|| {
        let words = quoted(point.words.get(stretch).unwrap_or_default());
        let message = format!(
            "{words} is in no bracket of {}: one takes a position on a bracket, or on a whole point",
            inline(name(point))
        );
        Refusal::refused("quote", words, "words in a bracket").says(message)
    })?;
    Ok(Some(bracket.range.clone()))
}

/// Words that must stand in the point exactly once; `field` is the one that quotes them.
pub(super) fn once(point: &Point, field: &'static str, quote: &str) -> Result<Range<usize>, Refusal> {
    if quote.is_empty() {
        return Err(Refusal::usage(field, "\"\"", "words of the point").says("a quote needs words of the point"));
    }
    let (found, more) = occurrences(&point.words, quote);
    let label = inline(name(point));
    match found[..] {
        [at] => Ok(at..at + quote.len()),
        [] => {
            // The same words may be typed in other characters: é as one or as two, spaces that do not break.
            let alike = alike::find(&point.words, quote);
            if let [found] = &alike.found[..] {
                return Ok(found.clone());
            }
            let differs = alike.differs.map_or(String::new(), |differs| format!("; {differs}"));
            let (quote, words) = (quoted(quote), quoted(&point.words));
            let message = format!("{quote} is not in the words of {label} as they are now: {words}{differs}");
            let found = format!("no {quote} in the words of {label}: {words}");
            Err(Refusal::refused(field, found, "these words exactly once").says(message))
        }
        _ => {
            let (quote, times) = (quoted(quote), found.len());
            let times = if more { format!("at least {times}") } else { times.to_string() };
            let message = format!("{quote} stands {times} times in the words of {label}: quote more around it");
            let found = format!("{quote} {times} times in the words of {label}");
            Err(Refusal::refused(field, found, "these words exactly once: quote more around them").says(message))
        }
    }
}

/// Characters of the point's words, which must read so.
pub(super) fn counted(point: &Point, (from, to): (usize, usize), words: &str) -> Result<Range<usize>, Refusal> {
    let (label, there) = (inline(name(point)), &point.words);
    let range = match (byte_of(there, from), byte_of(there, to)) {
        (Some(from), Some(to)) if from <= to => from..to,
        _ => {
            let count = there.chars().count();
            let found = format!("[{from}, {to}]");
            return Err(Refusal::refused("range", found, format!("a range within the {count} characters of {label}")));
        }
    };
    match there.get(range.clone()) {
        Some(found) if found == words => Ok(range),
        found => Err(Refusal::refused("words", quoted(found.unwrap_or_default()), quoted(words))),
    }
}

fn numbered(point: &Point, n: usize) -> Result<Range<usize>, Refusal> {
    let brackets = bracket::parse(&point.words).list;
    let label = inline(name(point));
    if let Some(bracket) = brackets.get(n - 1) {
        return Ok(bracket.range.clone());
    }
    let expected = format!("the number of a bracket in the words, up to {}", brackets.len());
    // Those of the heading are numbered after those of the words.
    if n <= brackets.len() + bracket::parse(&point.heading).list.len() {
        let message = format!("bracket {n} of {label} is in its heading: only words can be pointed at");
        return Err(Refusal::refused("bracket", n.to_string(), expected).says(message));
    }
    let message = match brackets.len() {
        0 => format!("there is no bracket in the words of {label}"),
        1 => format!("there is 1 bracket in the words of {label}, and no bracket {n}"),
        count => format!("there are {count} brackets in the words of {label}, and no bracket {n}"),
    };
    Err(Refusal::not_found("bracket", n.to_string(), expected).says(message))
}

/// Where `quote`, which is not empty, begins in `words`, and whether it was not looked for further; occurrences may overlap.
fn occurrences(words: &str, quote: &str) -> (Vec<usize>, bool) {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = words.get(from..).and_then(|rest| rest.find(quote)) {
        found.push(from + at);
        // Each overlapping one is compared anew.
        if found.len() == FOUND_MAX || (found.len() > 1 && found.len() * quote.len() > FOUND_BYTES_MAX) {
            return (found, true);
        }
        from += at + quote.chars().next().map_or(1, char::len_utf8);
    }
    (found, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{ScriptError, Why};

    fn point(words: &str) -> Point {
        Point {
            id: "p1".parse().unwrap(),
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

    fn error(refusal: Refusal) -> ScriptError {
        refusal.of(1, "note")
    }

    #[test]
    fn a_quote_must_stand_in_the_words_exactly_once() {
        let point = point("within [30][50] дней, дней\nor aaa");
        let found = |words: &str| once(&point, "quote", words).map(|range| point.words[range].to_owned());
        assert_eq!(found("[30]").unwrap(), "[30]");
        assert_eq!(found("дней\nor").unwrap(), "дней\nor");
        assert_eq!(found("aaa").unwrap(), "aaa");
        let message = |words: &str| error(found(words).unwrap_err()).sentence();
        assert_eq!(message("дней"), "\"дней\" stands 2 times in the words of 5 bis: quote more around it");
        assert!(message("aa").contains("stands 2 times"), "overlapping ones count");
        assert_eq!(
            message("[40]"),
            "\"[40]\" is not in the words of 5 bis as they are now: \"within [30][50] дней, дней\\nor aaa\""
        );
        assert_eq!(error(found("").unwrap_err()).why, Why::Usage);
        assert!(find(&point, None, None).unwrap().is_none());
    }

    #[test]
    fn a_quote_that_stands_everywhere_is_not_counted_to_the_end() {
        let point = point(&"a".repeat(8 << 20));
        let told = |bytes: usize| error(once(&point, "quote", &"a".repeat(bytes)).unwrap_err()).found;
        assert!(told(1).contains("at least 100 times"));
        assert!(told(4 << 20).contains("at least 2 times"));
        assert!(told((8 << 20) - 1).contains(" 2 times"));
        assert!(once(&point, "quote", &point.words).is_ok());
    }

    #[test]
    fn brackets_are_numbered_from_one_in_the_order_in_which_they_open() {
        let point = point("a [b [c]] [d]");
        let found = |n| find(&point, None, NonZeroUsize::new(n)).map(|range| point.words[range.unwrap()].to_owned());
        let all: Vec<String> = (1..=3).map(|n| found(n).unwrap()).collect();
        assert_eq!(all, ["[b [c]]", "[c]", "[d]"]);
        assert_eq!(error(found(4).unwrap_err()).sentence(), "there are 3 brackets in the words of 5 bis, and no bracket 4");
        let headed = Point { heading: "[Title]".into(), ..point.clone() };
        assert!(error(find(&headed, None, NonZeroUsize::new(4)).unwrap_err()).sentence().contains("in its heading"));
    }

    #[test]
    fn quoted_words_stand_for_the_bracket_that_holds_them() {
        let point = point("a [b [c]] d");
        let found = |words: &str| find_bracket(&point, Some(words), None).map(|range| point.words[range.unwrap()].to_owned());
        assert_eq!(found("c").unwrap(), "[c]");
        assert_eq!(found("b").unwrap(), "[b [c]]");
        assert_eq!(found("[b [c]]").unwrap(), "[b [c]]");
        assert_eq!(
            error(found("d").unwrap_err()).sentence(),
            "\"d\" is in no bracket of 5 bis: one takes a position on a bracket, or on a whole point"
        );
    }

    #[test]
    fn characters_are_counted_and_what_stands_there_is_compared() {
        let point = point("а🕊 ثلاثون يوما");
        let found = |from, to, words| counted(&point, (from, to), words).map(|range| point.words[range].to_owned());
        assert_eq!(found(1, 2, "🕊").unwrap(), "🕊");
        assert_eq!(found(3, 9, "ثلاثون").unwrap(), "ثلاثون");
        assert_eq!(found(14, 14, "").unwrap(), "");
        let wrong = error(found(1, 2, "x").unwrap_err());
        assert_eq!((wrong.field.as_str(), wrong.found.as_str(), wrong.expected.as_str()), ("note.words", "\"🕊\"", "\"x\""));
        for (from, to) in [(2, 1), (0, 15), (99, 99)] {
            let wrong = error(found(from, to, "x").unwrap_err());
            assert_eq!(wrong.expected, "a range within the 14 characters of 5 bis", "{from} {to}");
        }
    }
}
