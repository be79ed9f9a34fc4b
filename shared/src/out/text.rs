//! Texts cut to what is printed of them.

use std::{borrow::Cow, collections::BTreeSet};

use crate::id::PartyId;
pub(super) use crate::text::say::printable;

/// Characters kept of the same words on either side of a change, and of the words around a stretch.
pub(super) const AROUND: usize = 60;
/// Parties or points listed in one line; the rest is counted.
const LISTED_MAX: usize = 40;

/// Whether nothing of a text shows.
pub(super) fn is_blank(text: &str) -> bool {
    printable(text).all(char::is_whitespace)
}

/// A text in one line.
pub(super) fn one_line(text: &str) -> String {
    printable(text).map(|c| if c == '\n' { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// The first characters of a text, up to a space if there is one among the last of them.
pub(super) fn head(text: &str, chars: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(chars) else { return text };
    let cut = &text[..end];
    let word = cut.rfind(char::is_whitespace).filter(|at| at * 2 > end);
    &cut[..word.unwrap_or(end)]
}

/// The last characters of a text, from a space on if there is one among the first of them.
pub(super) fn tail(text: &str, chars: usize) -> &str {
    let Some((start, _)) = text.char_indices().rev().nth(chars.saturating_sub(1)) else { return text };
    let cut = &text[start..];
    let word = cut.find(char::is_whitespace).filter(|at| at * 2 < cut.len());
    &cut[word.unwrap_or(0)..]
}

/// A text without its middle, if it is long.
pub(super) fn cut(text: &str, chars: usize) -> Cow<'_, str> {
    if text.char_indices().nth(chars).is_none() {
        return Cow::Borrowed(text);
    }
    let (begin, end) = (head(text, chars / 2).trim_end(), tail(text, chars / 2).trim_start());
    Cow::Owned(format!("{begin} … {end}"))
}

/// `ARV, BOR (ad referendum)`, cut where it is long.
pub(super) fn list<T>(items: &[T], name: impl Fn(&T) -> String) -> String {
    let names: Vec<String> = items.iter().take(LISTED_MAX).map(name).collect();
    match items.len() - names.len() {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

pub(super) fn name(party: &PartyId) -> String {
    party.as_str().to_uppercase()
}

pub(super) fn names(parties: &BTreeSet<PartyId>) -> String {
    list(&parties.iter().collect::<Vec<_>>(), |party| name(party))
}

/// `1 point`, `2 points`.
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
