//! Whether the content of a bracket only holds a place.

/// What drafters write where something is to be filled in, in lower case. The list is short on purpose: words taken for a
/// placeholder by mistake would be words that nobody negotiates.
const WORDS: &[&str] = &[
    "amount",
    "currency",
    "date",
    "figure",
    "location",
    "name",
    "number",
    "percentage",
    "period",
    "place",
    "tbc",
    "tbd",
    "time",
    "title",
    "to be agreed",
    "to be confirmed",
    "to be determined",
    "year",
];

/// Whether `content`, the inside of a bracket that holds no other, is blank, or dots, lines or bullets, or X's, or one of Y, Z
/// and N, or one of [`WORDS`], or begins with "Placeholder". A full stop alone is wording: drafts have `[.]` beside `[, with
/// ...]`.
pub(super) fn is_placeholder(content: &str) -> bool {
    let content = content.trim();
    if content == "." {
        return false;
    }
    let fills = |c: char| c.is_whitespace() || matches!(c, '.' | '‥' | '…' | '⋯' | '_' | '●' | '•' | '-' | '‐'..='―');
    if content.chars().all(fills) || matches!(content, "Y" | "Z" | "N") || content.chars().all(|c| matches!(c, 'X' | 'x')) {
        return true;
    }
    // Emphasis around the word is not part of it.
    let word = content.trim_matches(['*', '_']).trim();
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)) || begins_with(word, "placeholder")
}

fn begins_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}
