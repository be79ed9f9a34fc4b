//! The shapes of single lines: markers, headings, lead-ins, and the escapes that keep words from being taken for them.
//!
//! **Invariant:** for any words, `decode(&encode_words(words))` gives those words back and no heading.

use crate::text::plan::{is_ordinal, is_roman};

/// Words before a number that make the two a label, also where the number is a letter or roman.
const DIVISIONS: [&str; 14] = [
    "annex",
    "appendix",
    "article",
    "attachment",
    "chapter",
    "clause",
    "option",
    "paragraph",
    "part",
    "point",
    "protocol",
    "rule",
    "section",
    "title",
];

/// The beginning of an item.
#[derive(Debug, PartialEq)]
pub(super) struct Marker<'a> {
    /// The label, empty for a bullet.
    pub label: &'a str,
    /// Bytes of the marker, without the white space after it.
    pub length: usize,
}

/// Reads the marker of an item at the beginning of `line`, which has no indentation.
pub(super) fn marker(line: &str) -> Option<Marker<'_>> {
    let ends = |length: usize| line[length..].chars().next().is_none_or(char::is_whitespace);
    if line.starts_with(['-', '*', '+']) {
        return ends(1).then_some(Marker { label: "", length: 1 });
    }
    if let Some(inner) = line.strip_prefix('(') {
        let length = counter(inner)?.length;
        let whole = inner[length..].starts_with(')') && ends(length + 2);
        return whole.then(|| Marker { label: &line[..length + 2], length: length + 2 });
    }
    let counter = counter(line)?;
    let length = counter.length;
    match line[length..].chars().next() {
        Some('.') if ends(length + 1) => Some(Marker { label: &line[..length], length: length + 1 }),
        Some(')') if ends(length + 1) => Some(Marker { label: &line[..length + 1], length: length + 1 }),
        _ if counter.joined_ordinal && ends(length) => Some(Marker { label: &line[..length], length }),
        _ => None,
    }
}

struct Counter {
    length: usize,
    digits: bool,
    /// An ordinal written to the number without a space: `3bis`, `7.bis`.
    joined_ordinal: bool,
}

/// Reads `12`, `1.2`, `3bis`, `5 bis`, `5 no 21`, `a`, `aa`, `iv`, `a bis`.
fn counter(text: &str) -> Option<Counter> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(text);
    let numeric = length > 0;
    if length > 3 {
        return None;
    }
    while numeric && text[length..].starts_with('.') && (1..=3).contains(&digits(&text[length + 1..])) {
        length += 1 + digits(&text[length + 1..]);
    }
    if !numeric {
        length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
        let stem = &text[..length];
        let lower = stem.to_ascii_lowercase();
        let one_case = stem == lower || stem == stem.to_ascii_uppercase();
        let alike = length <= 3 && stem.bytes().all(|byte| Some(byte) == stem.bytes().next());
        if length == 0 || length > 7 || !one_case || !(alike || is_roman(&lower)) {
            return None;
        }
    }
    let mut joined_ordinal = false;
    while let Some((more, spaced)) = ordinal(&text[length..], numeric) {
        length += more;
        joined_ordinal |= !spaced;
    }
    Some(Counter { length, digits: numeric, joined_ordinal })
}

/// Reads ` bis`, `bis`, `.bis` or ` no 21` and tells whether a space came before.
fn ordinal(text: &str, numeric: bool) -> Option<(usize, bool)> {
    let separator = usize::from(text.starts_with([' ', '.']));
    let spaced = text.starts_with(' ');
    if !numeric && !spaced {
        return None;
    }
    let word = text[separator..].bytes().take_while(u8::is_ascii_alphabetic).count();
    let end = separator + word;
    let bounded = |end: usize| text[end..].chars().next().is_none_or(|c| !c.is_alphanumeric());
    if is_ordinal(&text[separator..end]) && bounded(end) {
        return Some((end, spaced));
    }
    let number = text.strip_prefix(" no ")?.bytes().take_while(u8::is_ascii_digit).count();
    let end = " no ".len() + number;
    ((1..=6).contains(&number) && bounded(end)).then_some((end, true))
}

/// Splits the text of a heading into label and heading: `[Article 3bis] *(REDD-plus)*`, `3. Weapons`, `Preamble`.
pub(super) fn split_label(text: &str) -> (&str, &str) {
    if let Some(Marker { label, length }) = marker(text).filter(|marker| !marker.label.is_empty()) {
        return (label, unwrap_emphasis(text[length..].trim()));
    }
    match division(text) {
        Some(length) => {
            let rest = text[length..].strip_prefix(['.', ':']).unwrap_or(&text[length..]);
            (&text[..length], unwrap_emphasis(rest.trim()))
        }
        None => ("", text),
    }
}

/// The length of a label such as `Article 3bis` or `[Annex A]` at the beginning of `text`.
fn division(text: &str) -> Option<usize> {
    let open = usize::from(text.starts_with('['));
    let (word, after) = text[open..].split_once(' ')?;
    let counter = counter(after)?;
    let known = DIVISIONS.contains(&word.to_lowercase().as_str());
    let named = known || (counter.digits && word.chars().all(char::is_alphabetic) && !word.starts_with(char::is_lowercase));
    let mut length = open + word.len() + 1 + counter.length;
    if open == 1 {
        text[length..].starts_with(']').then_some(())?;
        length += 1;
    }
    let mut next = text[length..].chars();
    let ends = match next.next() {
        Some('.' | ':') => next.next().is_none_or(char::is_whitespace),
        Some(c) => c.is_whitespace(),
        None => true,
    };
    (named && !word.is_empty() && ends).then_some(length)
}

fn unwrap_emphasis(text: &str) -> &str {
    let wrapped = |mark: char| {
        let inner = text.strip_prefix(mark)?.strip_suffix(mark)?;
        (!inner.is_empty() && inner.trim() == inner && !inner.contains(mark)).then_some(inner)
    };
    wrapped('*').or_else(|| wrapped('_')).unwrap_or(text)
}

/// The level and text of a heading line.
pub(super) fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let text = &line[level..];
    if !(1..=6).contains(&level) || !text.chars().next().is_none_or(char::is_whitespace) {
        return None;
    }
    let text = text.trim();
    let open = text.trim_end_matches('#');
    Some((level, if open.is_empty() || open.ends_with(char::is_whitespace) { open.trim_end() } else { text }))
}

/// Takes `~~...~~` off a text that is struck as a whole.
pub(super) fn unstrike(text: &str) -> (bool, &str) {
    match text.strip_prefix("~~").and_then(|text| text.strip_suffix("~~")) {
        Some(inner) if !inner.trim().is_empty() && !inner.contains("~~") => (true, inner.trim()),
        _ => (false, text),
    }
}

/// What a block of text holds.
#[derive(Debug, PartialEq)]
pub(super) struct Content {
    pub struck: bool,
    pub heading: String,
    pub words: String,
}

/// Takes a block apart; its lines have no indentation and its end no white space.
pub(super) fn decode(text: &str) -> Content {
    let (struck, text) = unstrike(text);
    let (heading, words) = lead_in(text).unwrap_or_else(|| (String::new(), text));
    let words = words.strip_suffix('\\').unwrap_or(words);
    let words = words.split('\n').map(unescape).collect::<Vec<_>>().join("\n");
    Content { struck, heading, words }
}

fn lead_in(text: &str) -> Option<(String, &str)> {
    let line = text.split('\n').next().unwrap_or(text);
    let inner = line.strip_prefix("**").filter(|inner| !inner.starts_with('*'))?;
    let inner = &inner[..inner.find("**")?];
    let (heading, rest) = (inner.trim(), &text[inner.len() + 4..]);
    let heading = heading.strip_suffix('.').unwrap_or(heading);
    if heading.trim().is_empty() {
        return None;
    }
    // `**Option 2**: text` means what `**Option 2:** text` means.
    match rest.strip_prefix(':').filter(|_| !heading.ends_with(':')) {
        Some(rest) => Some((format!("{heading}:"), rest.trim_start())),
        None => Some((heading.to_owned(), rest.trim_start())),
    }
}

/// A heading as a bold lead-in.
pub(super) fn encode_lead_in(heading: &str) -> String {
    let period = if heading.ends_with([':', '?', '!', ';']) { "" } else { "." };
    format!("**{heading}{period}**")
}

/// Words as lines that are taken for nothing but words.
pub(super) fn encode_words(words: &str) -> String {
    let mut text = words.split('\n').map(escape).collect::<Vec<_>>().join("\n");
    if words.ends_with(char::is_whitespace) || words.ends_with('\\') {
        text.push('\\');
    }
    text
}

fn escape(line: &str) -> String {
    if let Some((at, _)) = delimiter(line) {
        return format!("{}\\{}", &line[..at], &line[at..]);
    }
    let first = line.chars().next();
    let shape = first.is_none_or(|c| c.is_whitespace() || matches!(c, '\\' | '#' | '>' | '|' | '\u{feff}'))
        || ["**", "~~", "```", "<!--", "{:"].iter().any(|start| line.starts_with(start))
        || marker(line).is_some()
        || is_rule(line)
        || is_link_definition(line);
    if shape { format!("\\{line}") } else { line.to_owned() }
}

fn unescape(line: &str) -> String {
    if let Some((at, true)) = delimiter(line) {
        return format!("{}{}", &line[..at], &line[at + 1..]);
    }
    let escaped = |c: char| c.is_whitespace() || c.is_ascii_punctuation() || c.is_ascii_digit() || c == '\u{feff}';
    match line.strip_prefix('\\') {
        Some(rest) if rest.chars().next().is_none_or(escaped) => rest.to_owned(),
        _ => line.to_owned(),
    }
}

/// Where the period or parenthesis of a marker such as `12.` or `a)` stands, or the backslashes before it, and whether there are any.
fn delimiter(line: &str) -> Option<(usize, bool)> {
    let at = counter(line)?.length;
    let slashes = line[at..].bytes().take_while(|byte| *byte == b'\\').count();
    let mut rest = line[at + slashes..].chars();
    let delimits = matches!(rest.next(), Some('.' | ')')) && rest.next().is_none_or(char::is_whitespace);
    delimits.then_some((at, slashes > 0))
}

/// A line that Markdown takes for a rule or for the underline of a heading.
fn is_rule(line: &str) -> bool {
    ['-', '*', '_', '='].iter().any(|mark| line.chars().all(|c| c == *mark || c.is_whitespace()))
}

/// `[name]: https://example.org "title"`; a footnote (`[^1]: ...`) is text.
pub(super) fn is_link_definition(line: &str) -> bool {
    let Some((name, target)) = line.strip_prefix('[').and_then(|line| line.split_once("]:")) else { return false };
    let mut parts = target.trim().splitn(2, char::is_whitespace);
    let url = parts.next().unwrap_or_default();
    let title = parts.next().unwrap_or_default().trim();
    !name.is_empty()
        && !name.starts_with('^')
        && !name.contains(['[', ']'])
        && url.contains("://")
        && (title.is_empty() || (title.len() > 1 && title.starts_with('"') && title.ends_with('"')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_those_that_negotiators_write() {
        for (line, label) in [
            ("1. x", Some("1")),
            ("12.", Some("12")),
            ("3bis. In", Some("3bis")),
            ("3bis [Developed", Some("3bis")),
            ("7.bis [Developed", Some("7.bis")),
            ("5 bis. x", Some("5 bis")),
            ("5 bis bis. x", Some("5 bis bis")),
            ("5 no 21. x", Some("5 no 21")),
            ("1.2. x", Some("1.2")),
            ("1) x", Some("1)")),
            ("(a) x", Some("(a)")),
            ("(a bis) x", Some("(a bis)")),
            ("(iv) x", Some("(iv)")),
            ("a) x", Some("a)")),
            ("II. x", Some("II")),
            ("- x", Some("")),
            ("*x*", None),
            ("1.5 °C", None),
            ("2015. The", None),
            ("(CMA) x", None),
            ("(paragraphs 1 to 4)", None),
            ("[Article 3bis] x", None),
            ("mix. x", None),
            ("5 bis x", None),
            ("١. x", None),
        ] {
            assert_eq!(marker(line).map(|marker| marker.label), label, "{line}");
        }
    }

    #[test]
    fn a_heading_gives_its_label_and_keeps_the_rest() {
        for (text, expected) in [
            ("Article 2bis *(general)*", ("Article 2bis", "(general)")),
            ("[Article 3ter] *(mechanism)*", ("[Article 3ter]", "(mechanism)")),
            ("Article 8 bis", ("Article 8 bis", "")),
            ("Annex A: Map", ("Annex A", "Map")),
            ("Статья 5 Цель", ("Статья 5", "Цель")),
            ("3. Heavy weapons", ("3", "Heavy weapons")),
            ("Preamble", ("", "Preamble")),
            ("[Article 3 is open", ("", "[Article 3 is open")),
            ("Annex to the plan", ("", "Annex to the plan")),
            ("World 2030 agenda", ("", "World 2030 agenda")),
        ] {
            assert_eq!(split_label(text), expected);
        }
    }

    #[test]
    fn lead_ins_are_headings() {
        for (text, heading, words) in [
            ("**Heavy weapons.** Each Party", "Heavy weapons", "Each Party"),
            ("**Option 1:**: [In", "Option 1:", ": [In"),
            ("**Option 2**: Each", "Option 2:", "Each"),
            ("**Features**[^4]", "Features", "[^4]"),
            ("**open [bracket", "", "**open [bracket"),
            ("***both***", "", "***both***"),
            ("**.**", "", "**.**"),
            ("\\* *note*", "", "* *note*"),
            ("1\\. one", "", "1. one"),
            ("\\alpha", "", "\\alpha"),
        ] {
            assert_eq!(decode(text), Content { struck: false, heading: heading.into(), words: words.into() }, "{text}");
        }
    }
}
