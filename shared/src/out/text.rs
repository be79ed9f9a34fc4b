//! Texts cut to what is printed of them.

use std::{borrow::Cow, collections::BTreeSet};

use crate::id::PartyId;
pub(super) use crate::text::{
    say::printable,
    token::{head, tail},
};

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
