//! The shapes of single lines: markers, headings, lead-ins, and the escapes that keep words from being taken for them.
//!
//! **Invariant:** for any words, `decode(&encode_words(words))` gives those words back and no heading.

use std::borrow::Cow;

use super::marker::{self, Division, Marker, marker};

/// Splits the text of a heading into label and heading: `[Article 3bis] *(REDD-plus)*`, `3. Weapons`, `**Article 5** *Exit*`, `Preamble`.
pub(super) fn split_label(text: &str) -> (Cow<'_, str>, &str) {
    if let Some((label, heading)) = labelled(text) {
        return (label, heading);
    }
    match bold_label(text) {
        Some((label, rest)) => (label, unwrap_emphasis(without_separator(rest.trim_start()))),
        None => (Cow::Borrowed(""), text),
    }
}

/// `**Article 5** *Exit*`: the label alone is bold.
fn bold_label(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let (bold, rest) = text.strip_prefix("**")?.split_once("**")?;
    let bold = bold.trim();
    let (label, heading) = labelled(bold.strip_suffix(['.', ':']).unwrap_or(bold))?;
    heading.is_empty().then_some((label, rest))
}

fn labelled(text: &str) -> Option<(Cow<'_, str>, &str)> {
    if let Some(Division { label, length }) = marker::division(text, false) {
        let rest = text[length..].strip_prefix(['.', ':', '：']).unwrap_or(&text[length..]);
        return Some((label, unwrap_emphasis(without_separator(rest.trim_start()).trim_end())));
    }
    let Marker { label, length, .. } = marker(text).filter(|marker| !marker.label.is_empty() && !marker.named)?;
    Some((label, unwrap_emphasis(text[length..].trim())))
}

/// `Article 7 - Exit`: what stands between a label and a heading, without its dash.
fn without_separator(text: &str) -> &str {
    let rest = text.trim_start_matches(['-', '–', '—']);
    if rest.len() < text.len() && rest.starts_with(char::is_whitespace) { rest.trim_start() } else { text }
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
    let words = in_and_out_of_fences(&words.split('\n').collect::<Vec<_>>(), |_, line| unescape(line));
    Content { struck, heading, words }
}

fn lead_in(text: &str) -> Option<(String, &str)> {
    let line = text.split('\n').next().unwrap_or(text);
    let inner = line.strip_prefix("**").filter(|inner| !inner.starts_with('*'))?;
    let inner = &inner[..inner.find("**")?];
    let (heading, rest) = (inner.trim(), &text[inner.len() + 4..]);
    // `**No** Party` is a word that somebody stresses.
    let ends = heading.ends_with(['.', ':', '?', '!', ';', '。', '：']) || rest.starts_with(':');
    if !ends && !is_alone(rest) {
        return None;
    }
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

/// Whether nothing stands behind a bold text on its line but references to footnotes.
fn is_alone(rest: &str) -> bool {
    let mut rest = rest.split('\n').next().unwrap_or(rest).trim();
    while let Some((_, more)) = rest.strip_prefix("[^").and_then(|rest| rest.split_once(']')) {
        rest = more.trim_start();
    }
    rest.is_empty()
}

/// What a line says that is bold as a whole.
pub(super) fn bold(line: &str) -> Option<&str> {
    let inner = line.trim_end().strip_prefix("**")?.strip_suffix("**")?;
    (!inner.trim().is_empty() && !inner.contains("**") && !inner.starts_with('*') && !inner.ends_with('*')).then(|| inner.trim())
}

/// A heading as a bold lead-in.
pub(super) fn encode_lead_in(heading: &str) -> String {
    let period = if heading.ends_with([':', '?', '!', ';']) { "" } else { "." };
    format!("**{heading}{period}**")
}

/// Words as lines that are taken for nothing but words.
pub(super) fn encode_words(words: &str) -> String {
    let lines: Vec<&str> = words.split('\n').collect();
    let mut text = in_and_out_of_fences(&lines, escape);
    if words.ends_with(char::is_whitespace) || words.ends_with('\\') {
        text.push('\\');
    }
    text
}

/// The lines with `change` made to those that are not within a fence.
fn in_and_out_of_fences(lines: &[&str], change: impl Fn(usize, &str) -> String) -> String {
    let mut changed: Vec<String> = Vec::with_capacity(lines.len());
    let closes = closing_fences(lines);
    let mut inside = 0;
    for (at, line) in lines.iter().enumerate() {
        if at >= inside {
            inside = fence(line).and_then(|count| closes[at].of(count)).map_or(0, |end| end + 1);
        }
        changed.push(if at < inside { (*line).to_owned() } else { change(at, line) });
    }
    changed.join("\n")
}

/// How many backticks begin a fence around code here.
pub(super) fn fence(line: &str) -> Option<usize> {
    let count = line.bytes().take_while(|byte| *byte == b'`').count();
    (count >= 3 && !line[count..].contains('`')).then_some(count)
}

/// The nearest line behind one that can close a fence, and its backticks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Closing(Option<(usize, usize)>);

impl Closing {
    /// The line that closes a fence of so many backticks. One that has fewer is not of this fence: then none does.
    pub fn of(self, count: usize) -> Option<usize> {
        self.0.filter(|(_, backticks)| *backticks >= count).map(|(at, _)| at)
    }
}

/// For each line what can close a fence behind it.
pub(super) fn closing_fences(lines: &[&str]) -> Vec<Closing> {
    let mut nearest = Closing::default();
    let mut all = vec![nearest; lines.len()];
    for (at, line) in lines.iter().enumerate().rev() {
        all[at] = nearest;
        let line = line.trim_start();
        if let Some(count) = fence(line).filter(|count| *count == line.len()) {
            nearest.0 = Some((at, count));
        }
    }
    all
}

fn escape(at: usize, line: &str) -> String {
    if let Some((at, _)) = delimiter(line) {
        return format!("{}\\{}", &line[..at], &line[at..]);
    }
    let first = line.chars().next();
    let shape = first.is_none_or(|c| c.is_whitespace() || matches!(c, '\\' | '#' | '\u{feff}'))
        || ["**", "~~", "```", "<!--", "{:"].iter().any(|start| line.starts_with(start))
        || marker(line).is_some()
        || is_rule(line)
        || is_link_definition(line)
        || (at > 0 && is_footnote(line));
    if shape { format!("\\{line}") } else { line.to_owned() }
}

fn unescape(line: &str) -> String {
    if let Some((at, true)) = delimiter(line) {
        return format!("{}{}", &line[..at], &line[at + 1..]);
    }
    // A bracket that is text keeps its backslash.
    let mark = |c: char| c.is_ascii_punctuation() && !matches!(c, '[' | ']');
    let escaped = |c: char| c.is_whitespace() || mark(c) || c.is_ascii_digit() || c == '\u{feff}';
    let is_shape = |rest: &str| marker(rest).is_some() || is_link_definition(rest) || is_footnote(rest);
    match line.strip_prefix('\\') {
        Some(rest) if rest.chars().next().is_none_or(escaped) || is_shape(rest) => rest.to_owned(),
        _ => line.to_owned(),
    }
}

/// Where the period or parenthesis of a marker such as `12.` or `a)` stands, or the backslashes before it, and whether there are any.
fn delimiter(line: &str) -> Option<(usize, bool)> {
    let at = marker::counter(line)?.length;
    let slashes = line[at..].bytes().take_while(|byte| *byte == b'\\').count();
    let mut rest = line[at + slashes..].chars();
    let delimits = matches!(rest.next(), Some('.' | ')')) && rest.next().is_none_or(char::is_whitespace);
    delimits.then_some((at, slashes > 0))
}

/// A note to which `[^1]` points: `[^1]: As defined in Annex A.`
pub(super) fn is_footnote(line: &str) -> bool {
    let name = line.strip_prefix("[^").and_then(|line| line.split_once("]:")).map(|(name, _)| name);
    name.is_some_and(|name| !name.is_empty() && !name.contains(['[', ']']) && !name.contains(char::is_whitespace))
}

/// A line across the page between what stands before and behind it.
pub(super) fn is_break(line: &str) -> bool {
    let marks = line.chars().filter(|c| !c.is_whitespace()).count();
    marks >= 3 && ['-', '*', '_'].iter().any(|mark| line.chars().all(|c| c == *mark || c.is_whitespace()))
}

/// The level of the heading that a line makes of the one above it.
pub(super) fn underline(line: &str) -> Option<usize> {
    let line = line.trim();
    [('=', 1), ('-', 2)]
        .into_iter()
        .find_map(|(mark, level)| (line.len() >= 3 && line.chars().all(|c| c == mark)).then_some(level))
}

/// A line that Markdown takes for a rule or for the underline of a heading.
fn is_rule(line: &str) -> bool {
    ['-', '*', '_', '='].iter().any(|mark| line.chars().all(|c| c == *mark || c.is_whitespace()))
}

/// The name and the address of `[name]: https://example.org "title"`; a footnote (`[^1]: ...`) is text.
pub(super) fn link_definition(line: &str) -> Option<(&str, &str)> {
    let (name, target) = line.strip_prefix('[')?.split_once("]:")?;
    let mut parts = target.trim().splitn(2, char::is_whitespace);
    let url = parts.next().unwrap_or_default();
    let title = parts.next().unwrap_or_default().trim();
    let is_one = !name.is_empty()
        && !name.starts_with('^')
        && !name.contains(['[', ']'])
        && url.contains("://")
        && (title.is_empty() || (title.len() > 1 && title.starts_with('"') && title.ends_with('"')));
    is_one.then_some((name, url))
}

fn is_link_definition(line: &str) -> bool {
    link_definition(line).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("Article  1 Scope", ("Article 1", "Scope")),
            ("Article\u{a0}2\u{a0} Scope", ("Article 2", "Scope")),
            ("Article 12a Guard", ("Article 12a", "Guard")),
            ("ARTICLE IV", ("ARTICLE IV", "")),
            ("Art. 5 Aims", ("Art. 5", "Aims")),
            ("§ 6 Fees", ("§ 6", "Fees")),
            ("§6. Fees", ("§6", "Fees")),
            ("Article 7 - Exit", ("Article 7", "Exit")),
            ("Article 8 — Entry", ("Article 8", "Entry")),
            ("Article 9: Peace", ("Article 9", "Peace")),
            ("Article 1st", ("Article 1st", "")),
            ("**Article 11** *Cats*", ("Article 11", "Cats")),
            ("**Article 11. Cats**", ("", "**Article 11. Cats**")),
            ("Article 12.1 Dogs", ("Article 12.1", "Dogs")),
            ("Article L\u{58}XXVIII Bees", ("Article L\u{58}XXVIII", "Bees")),
            ("第二条 用语", ("第二条", "用语")),
            ("第十二条　用语", ("第十二条", "用语")),
            ("第三条の二（定義）", ("第三条の二", "（定義）")),
            ("المادة 3 النطاق", ("المادة 3", "النطاق")),
            ("المادة الثانية عشرة: النطاق", ("المادة الثانية عشرة", "النطاق")),
            ("Статья 4. Цели", ("Статья 4", "Цели")),
            ("Artículo 5 bis. Objeto", ("Artículo 5 bis", "Objeto")),
            ("Artículo 6.º", ("Artículo 6.º", "")),
            ("Artículo único. Objeto", ("Artículo único", "Objeto")),
            ("ARTICLE PREMIER", ("ARTICLE PREMIER", "")),
            ("Art. 7", ("Art. 7", "")),
            ("Člen 8", ("Člen 8", "")),
            ("Άρθρο 9 Σκοπός", ("Άρθρο 9", "Σκοπός")),
            ("제10조 목적", ("제10조", "목적")),
            ("제10조의2(목적)", ("제10조의2", "(목적)")),
            ("Article (11)", ("Article (11)", "")),
            ("Part of a whole", ("", "Part of a whole")),
            ("Annexes to it", ("", "Annexes to it")),
            ("Article I of it", ("Article I", "of it")),
            ("[Article 3 is open", ("", "[Article 3 is open")),
            ("Annex to the plan", ("", "Annex to the plan")),
            ("World 2030 agenda", ("", "World 2030 agenda")),
        ] {
            let (label, heading) = split_label(text);
            assert_eq!((&*label, heading), expected, "{text}");
        }
    }

    #[test]
    fn lead_ins_are_headings() {
        for (text, heading, words) in [
            ("**Heavy weapons.** Each Party", "Heavy weapons", "Each Party"),
            ("**Option 1:**: [In", "Option 1:", ": [In"),
            ("**Option 2**: Each", "Option 2:", "Each"),
            ("**Features**[^4]", "Features", "[^4]"),
            ("**No** Party shall", "", "**No** Party shall"),
            ("**What now?** It", "What now?", "It"),
            ("**Alone**", "Alone", ""),
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
