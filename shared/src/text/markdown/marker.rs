//! How points begin: `1.`, `(a)`, `（一）`, `①`, `第三条`, `§ 6`, `Article 5.`, and the labels of headings.
//!
//! A line is looked at alone here. Whether a marker that could be something else ([`Marker::weak`]) begins a point is told by the lines
//! around it, in `import`.

use std::borrow::Cow;

use crate::text::{
    numeral::{ASIDE, DIVISIONS, System, digit, enclosed, is_ideograph, is_of_word, readings},
    plan::is_ordinal,
};

/// The beginning of an item.
#[derive(Debug, PartialEq)]
pub(super) struct Marker<'a> {
    /// The label, empty for a bullet.
    pub label: Cow<'a, str>,
    /// Bytes of the marker, without the white space after it.
    pub length: usize,
    /// It may as well be the beginning of a sentence, or of a name: `A. Smith`, `6.1 km`.
    pub weak: bool,
    /// It begins with a word, or with `§`.
    pub named: bool,
    /// Nothing stands behind it, and it is a heading of its own.
    pub alone: bool,
}

impl<'a> Marker<'a> {
    fn of(label: &'a str, length: usize) -> Self {
        Marker { label: Cow::Borrowed(label), length, weak: false, named: false, alone: false }
    }
}

/// Reads the marker of an item at the beginning of `line`, which has no indentation.
pub(super) fn marker(line: &str) -> Option<Marker<'_>> {
    let ends = |length: usize| line[length..].chars().next().is_none_or(char::is_whitespace);
    if line.starts_with(['-', '*', '+']) {
        return ends(1).then(|| Marker::of("", 1));
    }
    if let Some(open) = line.chars().next().filter(|c| matches!(c, '(' | '（')) {
        let counter = counter(&line[open.len_utf8()..])?;
        let at = open.len_utf8() + counter.length;
        let close = line[at..].chars().next().filter(|c| matches!(c, ')' | '）'))?;
        let length = at + close.len_utf8();
        let closed = ends(length) || open == '（' || close == '）' || !line[length..].starts_with(|c: char| c.is_ascii());
        return closed.then(|| Marker { weak: counter.weak, ..Marker::of(&line[..length], length) });
    }
    if let Some(marker) = named(line) {
        return Some(marker);
    }
    let counter = counter(line)?;
    let length = counter.length;
    let label = &line[..length];
    let mut behind = line[length..].chars();
    let (next, after) = (behind.next(), behind.next());
    let joined = after.is_none_or(|c| c.is_whitespace() || is_ideograph_letter(c));
    let initial = counter.letter && label.chars().any(char::is_uppercase);
    match next {
        Some('.') if joined => Some(Marker { weak: counter.weak || initial, ..Marker::of(label, length + 1) }),
        Some('.') if after == Some('-') && ends(length + 2) => {
            Some(Marker { weak: counter.weak, ..Marker::of(label, length + 2) })
        }
        Some('．') => Some(Marker { weak: counter.weak, ..Marker::of(label, length + '．'.len_utf8()) }),
        Some(')') if joined => Some(Marker { weak: counter.weak, ..Marker::of(&line[..length + 1], length + 1) }),
        Some(c @ ('）' | '、')) => {
            let length = length + c.len_utf8();
            Some(Marker { weak: counter.weak, ..Marker::of(&line[..length], length) })
        }
        Some('\u{3000}') if counter.kana => Some(Marker::of(label, length)),
        _ if counter.enclosed || (counter.joined_ordinal && ends(length)) => Some(Marker::of(label, length)),
        // `6.1 The mine`: a sentence, which a number of kilometres does not begin.
        _ if (counter.levels > 1 || counter.ordinal_mark) && ends(length) => {
            let begins = line[length..].trim_start().starts_with(|c: char| !c.is_lowercase() && !c.is_numeric() && c != '°');
            begins.then(|| Marker { weak: true, ..Marker::of(label, length) })
        }
        _ => None,
    }
}

/// A character that is followed by others without a space.
fn is_ideograph_letter(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')
}

/// `Article 5. The Parties`, `§ 6 Fees`, `第三条 文字`, or a line that says no more than `Article 5`.
fn named(line: &str) -> Option<Marker<'_>> {
    let Division { label, length } = division(line, true)?;
    let rest = &line[length..];
    let mut behind = rest.chars();
    let marker = |length, alone| Some(Marker { label: label.clone(), length, weak: false, named: true, alone });
    match (behind.next(), behind.next()) {
        (None, _) => marker(length, true),
        (Some('.' | ':'), None) => marker(length + 1, true),
        (Some('.' | ':'), Some(c)) if c.is_whitespace() => marker(length + 1, false),
        (Some('：'), _) => marker(length + '：'.len_utf8(), false),
        _ if line.starts_with(['§', '第', '제']) => marker(length, rest.trim().is_empty()),
        (Some(c), Some('-' | '–' | '—')) if c.is_whitespace() => {
            let dash = rest.trim_start().trim_start_matches(['-', '–', '—']);
            if dash.starts_with(char::is_whitespace) { marker(line.len() - dash.len(), false) } else { None }
        }
        _ if rest.trim().is_empty() => marker(line.len(), true),
        _ => None,
    }
}

/// A label such as `Article 3bis`, `[Annex A]` or `第三条`.
#[derive(Debug)]
pub(super) struct Division<'a> {
    /// With one space wherever there is white space.
    pub label: Cow<'a, str>,
    /// Bytes of it.
    pub length: usize,
}

/// The label at the beginning of `text`. In a sentence (`strict`) only words that are known for it make one.
pub(super) fn division(text: &str, strict: bool) -> Option<Division<'_>> {
    let open = usize::from(text.starts_with('['));
    if strict && open == 1 {
        return None;
    }
    let inner = &text[open..];
    let mut length = open + section_sign(inner).or_else(|| east_asian(inner)).or_else(|| worded(inner, strict))?;
    if open == 1 {
        text[length..].starts_with(']').then_some(())?;
        length += 1;
    }
    let mut next = text[length..].chars();
    let ends = match next.next() {
        Some('.' | ':') => next.next().is_none_or(char::is_whitespace),
        Some(c) => c.is_whitespace() || matches!(c, '：' | '　') || (text.starts_with(['第', '제']) && matches!(c, '(' | '（')),
        None => true,
    };
    let label = &text[..length];
    let plain = label.split(' ').all(|part| !part.is_empty()) && !label.contains(|c: char| c.is_whitespace() && c != ' ');
    let label = if plain { Cow::Borrowed(label) } else { label.split_whitespace().collect::<Vec<_>>().join(" ").into() };
    ends.then_some(Division { label, length })
}

/// Whether a text is such a label and nothing else.
pub(super) fn is_division(text: &str) -> bool {
    division(text, false).is_some_and(|division| division.label == text)
}

/// The length of `§ 6a`.
fn section_sign(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('§')?;
    let at = text.len() - rest.trim_start().len();
    let counter = counter(&text[at..]).filter(|counter| counter.levels > 0)?;
    Some(at + counter.length)
}

/// The length of `第三条之二` or `제10조의2`.
fn east_asian(text: &str) -> Option<usize> {
    const UNITS: [&str; 22] = [
        "部分", "条", "條", "章", "节", "節", "款", "项", "項", "目", "编", "編", "篇", "部", "卷", "回", "조", "장", "절", "관",
        "항", "호",
    ];
    let first = text.chars().next().filter(|c| matches!(c, '第' | '제'))?;
    let at = text.len() - text[first.len_utf8()..].trim_start().len();
    let number = |text: &str| text.len() - text.trim_start_matches(|c| digit(c).is_some() || is_ideograph(c)).len();
    let counter = number(&text[at..]);
    let at = at + counter;
    let unit = UNITS.iter().find(|unit| text[at..].starts_with(**unit)).filter(|_| counter > 0)?;
    let at = at + unit.len();
    let behind = ["之", "の", "ノ", "의"].iter().find_map(|between| {
        let rest = text[at..].strip_prefix(between)?;
        Some(between.len() + Some(number(rest)).filter(|length| *length > 0)?)
    });
    Some(at + behind.unwrap_or(0))
}

/// The length of `Article 3bis`, `Art. 5`, `ARTICLE PREMIER` or `Article (11)`.
fn worded(text: &str, strict: bool) -> Option<usize> {
    let word = text.find(|c: char| !is_of_word(c)).filter(|at| (1..=40).contains(at))?;
    let name = &text[..word];
    let lower = name.to_lowercase();
    let known = DIVISIONS.contains(&lower.as_str());
    if strict && (!known || ASIDE.contains(&lower.as_str()) || name.starts_with(char::is_lowercase)) {
        return None;
    }
    let abbreviated = usize::from(text[word..].starts_with('.'));
    let spaces = text[word + abbreviated..].len() - text[word + abbreviated..].trim_start().len();
    if spaces + abbreviated == 0 {
        return None;
    }
    let at = word + abbreviated + spaces;
    let after = &text[at..];
    let (number, counter) = match after.strip_prefix('(') {
        Some(inner) => (counter(inner).filter(|counter| inner[counter.length..].starts_with(')')), 2),
        None => (counter(after), 0),
    };
    let number = number.filter(|number| !number.weak || after.starts_with(char::is_uppercase));
    let named = |digits: bool| known || (digits && abbreviated == 0 && !strict && !name.starts_with(char::is_lowercase));
    match number.filter(|number| named(number.levels > 0)) {
        Some(number) => Some(at + number.length + counter),
        None => number_word(after).filter(|_| known).map(|length| at + length),
    }
}

/// The length of a number that is a word, or two: `premier`, `الثانية عشرة`.
fn number_word(text: &str) -> Option<usize> {
    let word = |at: usize| at + (text[at..].len() - text[at..].trim_start_matches(is_of_word).len());
    let is_number = |length: &usize| {
        let bounded = text[*length..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        let word = |(system, _): &(System, u32)| matches!(system, System::Words { .. });
        *length > 0 && bounded && readings(&text[..*length]).iter().any(word)
    };
    let one = word(0);
    let two = text[one..].starts_with(' ').then(|| word(one + 1));
    two.filter(is_number).or(Some(one).filter(is_number))
}

/// A number at the beginning of a text.
pub(super) struct Counter {
    /// Bytes of it.
    pub length: usize,
    /// How many numbers in digits it has; 0 for letters.
    levels: usize,
    /// A letter, alone.
    letter: bool,
    /// One that needs nothing behind it.
    enclosed: bool,
    kana: bool,
    /// `6.º`.
    ordinal_mark: bool,
    /// An ordinal written to the number without a space: `3bis`, `7.bis`.
    joined_ordinal: bool,
    /// Seldom meant as a number: `(ab)`, `(mm)`.
    weak: bool,
}

/// Reads `12`, `1.2`, `5A`, `3bis`, `5 bis`, `5 no 21`, `6.º`, `a`, `aa`, `iv`, `a bis`, `٣`, `一`, `①`, `б`.
pub(super) fn counter(text: &str) -> Option<Counter> {
    let first = text.chars().next()?;
    let none = Counter {
        length: 0,
        levels: 0,
        letter: false,
        enclosed: false,
        kana: false,
        ordinal_mark: false,
        joined_ordinal: false,
        weak: false,
    };
    let mut counter = if digit(first).is_some() {
        in_digits(text, first, none)?
    } else if enclosed(first).is_some() {
        Counter { length: first.len_utf8(), enclosed: true, ..none }
    } else if is_ideograph(first) {
        let length = text.len() - text.trim_start_matches(is_ideograph).len();
        if readings(&text[..length]).is_empty() {
            return None;
        }
        Counter { length, ..none }
    } else {
        in_letters(text, none)?
    };
    while let Some((more, spaced)) = ordinal(&text[counter.length..], counter.levels > 0) {
        counter.length += more;
        counter.joined_ordinal |= !spaced;
    }
    Some(counter)
}

fn in_digits(text: &str, first: char, none: Counter) -> Option<Counter> {
    let (zero, _) = digit(first)?;
    let is_own = |c: &char| digit(*c).is_some_and(|(of, _)| of == zero);
    let digits = |text: &str| text.chars().take_while(is_own).count() * first.len_utf8();
    let most = 3 * first.len_utf8();
    let (mut length, mut levels) = (digits(text), 1);
    if length > most {
        return None;
    }
    while text[length..].starts_with('.') && (1..=most).contains(&digits(&text[length + 1..])) {
        length += 1 + digits(&text[length + 1..]);
        levels += 1;
    }
    let mut ordinal_mark = false;
    let marks = text[length..].strip_prefix('.').unwrap_or(&text[length..]);
    if let Some(mark) = marks.chars().next().filter(|c| matches!(c, 'º' | 'ª' | '°')) {
        length = text.len() - marks.len() + mark.len_utf8();
        ordinal_mark = true;
    } else {
        // `5A`, `12a`, `1st`.
        let letters = text[length..].bytes().take_while(u8::is_ascii_alphabetic).count();
        let suffix = &text[length..length + letters];
        let bounded = text[length + letters..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        if bounded && (letters == 1 || matches!(suffix, "st" | "nd" | "rd" | "th")) {
            length += letters;
        }
    }
    Some(Counter { length, levels, ordinal_mark, ..none })
}

fn in_letters(text: &str, none: Counter) -> Option<Counter> {
    /// Bytes of the longest, `lxxxviii` or a letter of three characters.
    const BYTES_MAX: usize = 15;
    let end = text.find(|c: char| !is_of_word(c)).unwrap_or(text.len());
    // In Japanese and Chinese the next word may follow without a space.
    let length = Some(end).filter(|length| (1..=BYTES_MAX).contains(length))?;
    let stem = &text[..length];
    let one = |(system, value): &(System, u32)| match system {
        System::Roman { .. } => *value < 40,
        System::Letters { doubled, .. } => *doubled || stem.chars().count() < 2,
        _ => false,
    };
    let all: Vec<_> = readings(stem).into_iter().filter(|(system, _)| !matches!(system, System::Words { .. })).collect();
    let known = |(system, _): &(System, u32)| matches!(system, System::Sum { .. });
    let strong = all.iter().any(|reading| one(reading) || known(reading));
    let letter = stem.chars().count() == 1;
    let kana = stem.starts_with(|c| matches!(c, '\u{30a0}'..='\u{30ff}'));
    (!all.is_empty()).then_some(Counter { length, letter, kana, weak: !strong, ..none })
}

/// Reads ` bis`, `bis`, `.bis`, `-bis` or ` no 21` and tells whether a space came before.
fn ordinal(text: &str, numeric: bool) -> Option<(usize, bool)> {
    let separator = usize::from(text.starts_with([' ', '.', '-']));
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

#[cfg(test)]
mod tests;
