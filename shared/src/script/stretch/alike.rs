//! A quote in words that are typed in other characters: `é` as one character or as two, spaces of every kind, line breaks.

use std::ops::Range;
use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};

use crate::text::say::quoted;

/// Where a quote was found.
#[derive(Debug, Default)]
pub(super) struct Alike {
    /// Bytes of the words, of each place; two at most.
    pub found: Vec<Range<usize>>,
    /// Where it leaves the words at the place that it follows longest, if it follows them for a while.
    pub differs: Option<String>,
}

/// A character as it is compared, and the bytes of what it is part of.
struct Unit {
    c: char,
    bytes: Range<usize>,
    /// The first and the last of what is written there.
    first: bool,
    last: bool,
}

/// Words that are compared at most: beyond that only what is typed alike is found.
const BYTES_MAX: usize = 1 << 20;

/// Characters that must be alike before it is said where others are not.
const ALIKE_MIN: usize = 3;

/// Finds `quote` in `words`, in time that grows with both together.
pub(super) fn find(words: &str, quote: &str) -> Alike {
    if words.len() > BYTES_MAX || quote.len() > words.len().saturating_mul(4) {
        return Alike::default();
    }
    let (units, wanted): (Vec<Unit>, Vec<char>) = (units(words), units(quote).into_iter().map(|unit| unit.c).collect());
    let failure = failure(&wanted);
    let (mut alike, mut count, mut best) = (Alike::default(), 0, (0, 0));
    for (at, unit) in units.iter().enumerate() {
        while count > 0 && (count == wanted.len() || wanted[count] != unit.c) {
            count = failure[count - 1];
        }
        count += usize::from(wanted.get(count) == Some(&unit.c));
        if count > best.0 {
            best = (count, at + 1);
        }
        let (Some(start), true) = ((at + 1).checked_sub(count), count == wanted.len() && count > 0) else { continue };
        if units[start].first && unit.last && alike.found.len() < 2 {
            alike.found.push(units[start].bytes.start..unit.bytes.end);
        }
    }
    if alike.found.is_empty() && (ALIKE_MIN..wanted.len()).contains(&best.0) {
        let there: String = units[best.1..].iter().take(1).map(|unit| unit.c).collect();
        let before: String = wanted[best.0.saturating_sub(20)..best.0].iter().copied().nfc().collect();
        let there = if there.is_empty() { "the end".to_owned() } else { character(&there) };
        alike.differs = Some(format!(
            "behind {} they have {there} where the quote has {}",
            quoted(&before),
            character(&wanted[best.0].to_string())
        ));
    }
    alike
}

fn character(c: &str) -> String {
    let code = c.chars().next().map_or(0, u32::from);
    format!("{} (U+{code:04X})", quoted(c))
}

/// For each length of a beginning of `wanted` how much of it comes again at its end (Knuth, Morris and Pratt).
fn failure(wanted: &[char]) -> Vec<usize> {
    let mut failure = vec![0; wanted.len()];
    let mut count = 0;
    for at in 1..wanted.len() {
        while count > 0 && wanted[at] != wanted[count] {
            count = failure[count - 1];
        }
        count += usize::from(wanted[at] == wanted[count]);
        failure[at] = count;
    }
    failure
}

/// A text as it is compared: decomposed, each run of white space one space, what has no width left out.
fn units(text: &str) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let marks = text[at + c.len_utf8()..].find(|c| canonical_combining_class(c) == 0);
        let end = marks.map_or(text.len(), |marks| at + c.len_utf8() + marks);
        let bytes = at..end;
        if c.is_whitespace() {
            match units.last_mut().filter(|last| last.c == ' ') {
                Some(last) => last.bytes.end = end,
                None => units.push(Unit { c: ' ', bytes, first: true, last: true }),
            }
        } else if !matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{ad}') {
            let from = units.len();
            units.extend(text[bytes.clone()].nfd().map(|c| Unit { c, bytes: bytes.clone(), first: false, last: false }));
            units[from].first = true;
            if let Some(last) = units.last_mut() {
                last.last = true;
            }
        }
        at = end;
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_however_their_characters_are_typed() {
        for (words, quote, found) in [
            ("le cafe\u{301} de", "café", "cafe\u{301}"),
            ("le café de", "cafe\u{301}", "café"),
            ("30\u{a0}000 days", "30 000", "30\u{a0}000"),
            ("shall\nwithdraw", "shall withdraw", "shall\nwithdraw"),
            ("with\u{200b}draw", "withdraw", "with\u{200b}draw"),
            ("한국", "\u{1112}\u{1161}\u{11ab}국", "한국"),
            ("aaab", "aab", "aab"),
        ] {
            let alike = find(words, quote);
            assert_eq!(alike.found.iter().map(|range| &words[range.clone()]).collect::<Vec<_>>(), [found], "{words}");
        }
        assert_eq!(find("cafe\u{301} cafe\u{301}", "café").found.len(), 2);
        assert!(find("cafe\u{301}", "cafe").found.is_empty(), "half a letter");
        assert!(find("", "x").found.is_empty() && find("x", "").found.is_empty());
    }

    #[test]
    fn a_quote_that_is_not_there_is_told_where_it_leaves_the_words() {
        let differs = find("Each Party shall withdr\u{430}w", "shall withdraw").differs.expect("a place");
        assert!(
            differs.contains("\"а\" (U+0430)") && differs.contains("\"a\" (U+0061)") && differs.contains("withdr"),
            "{differs}"
        );
        assert_eq!(find("Each Party", "Nobody").differs, None);
    }
}
