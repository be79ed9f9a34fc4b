//! Taking a label apart, and writing it.

use super::{ENGLISH, Inserted, Label, ORDINALS, english};
use crate::text::numeral::{System, UNITS, digit, enclosed, is_ideograph, is_of_word, readings};

/// What stands between such a unit and the number of what was put in behind it.
const BEHIND: [&str; 4] = ["之", "の", "ノ", "의"];

/// Longer ones are read as no number: they are sentences.
const BYTES_MAX: usize = 200;

impl Label {
    /// Takes a label apart, in each way in which its number can be read.
    pub(super) fn readings(label: &str) -> Vec<Label> {
        if label.len() > BYTES_MAX {
            return Vec::new();
        }
        let mut body = label.trim_end_matches(is_tail);
        let (mut ranks, mut inserted) = (Vec::new(), Inserted::Latin(String::new()));
        while let Some((rest, between, rank)) = split_ordinal(body) {
            ranks.insert(0, rank);
            (body, inserted) = (rest, Inserted::Latin(between.to_owned()));
        }
        let tail_at = if ranks.is_empty() { body.len() } else { label.trim_end_matches(is_tail).len() };
        if let Some((rest, between, rank)) = ranks.is_empty().then(|| split_number_behind(body)).flatten() {
            (body, inserted) = (rest, Inserted::Number(between));
            ranks.push(rank);
        }
        let mut tail = label[tail_at..].to_owned();
        let cjk = UNITS.iter().find(|unit| body.contains(['第', '제']) && body.ends_with(**unit)).map_or(0, |unit| unit.len());
        // What stands between the number and the ordinal of `6.º bis`.
        let marks = if ranks.is_empty() { 0 } else { body.len() - body.trim_end_matches(['º', 'ª', '°', '.']).len() };
        let mut stem = &body[..body.len() - cjk.max(marks)];
        let unit = &body[stem.len()..];
        if let Some(ending) = ENGLISH.iter().find(|ending| stem.strip_suffix(**ending).is_some_and(ends_in_digit)) {
            stem = &stem[..stem.len() - ending.len()];
            tail.insert_str(0, ending);
        } else if let Some((rest, rank, upper)) = ranks.is_empty().then(|| split_letter(stem)).flatten() {
            stem = rest;
            ranks.push(rank);
            inserted = Inserted::Letter { upper };
        }
        let (at, paths) = numbers(stem);
        let head = &stem[..at];
        let of = |(path, system): (Vec<u32>, System)| Label {
            head: head.to_owned(),
            path,
            system,
            unit: unit.to_owned(),
            ranks: ranks.clone(),
            inserted: inserted.clone(),
            tail: tail.clone(),
        };
        paths.into_iter().map(of).collect()
    }

    /// The label as a line.
    pub(super) fn write(&self) -> String {
        let mut label = self.head.clone();
        for (at, number) in self.path.iter().enumerate() {
            if at > 0 {
                label.push('.');
            }
            label.push_str(&self.system.write(*number).unwrap_or_default());
        }
        label.push_str(&self.unit);
        for (at, rank) in self.ranks.iter().enumerate() {
            let latin = |separator: &str| match ORDINALS.iter().find(|(_, of)| of == rank) {
                Some((ordinal, _)) => format!("{separator}{ordinal}"),
                None => format!(" no {rank}"),
            };
            label.push_str(&match &self.inserted {
                Inserted::Latin(separator) if at == 0 => latin(separator),
                Inserted::Letter { upper } if at == 0 && (2..28).contains(rank) => {
                    let letter = char::from(b'a' + (rank - 2) as u8);
                    if *upper { letter.to_ascii_uppercase().to_string() } else { letter.to_string() }
                }
                Inserted::Number(between) if at == 0 && *rank > 1 => {
                    format!("{between}{}", self.system.write(*rank).unwrap_or_default())
                }
                _ => latin(" "),
            });
        }
        match (english(&self.tail), self.system) {
            (Some(ending), System::Digits(_)) => label + english_ending(self.number()) + &self.tail[ending.len()..],
            _ => label + &self.tail,
        }
    }
}

fn english_ending(number: u32) -> &'static str {
    match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}

/// What may stand behind a number without being part of it.
fn is_tail(c: char) -> bool {
    matches!(c, '.' | ')' | ']' | ':' | '）' | '］' | '、' | '．' | '：' | 'º' | 'ª' | '°' | '\'' | '’' | 'ʹ' | '′' | '׳')
}

fn ends_in_digit(text: &str) -> bool {
    text.chars().next_back().and_then(digit).is_some()
}

/// Splits the last ordinal off: `5 bis` -> (`5`, ` `, 2), `3bis` -> (`3`, ``, 2), `5 no 21` -> (`5`, ` `, 21).
fn split_ordinal(stem: &str) -> Option<(&str, &str, u32)> {
    if let Some((rest, number)) = stem.rsplit_once(" no ") {
        let rank = number.parse().ok().filter(|rank| *rank > 20 && *rank < 1_000_000)?;
        return Some((rest, " ", rank));
    }
    ORDINALS.iter().find_map(|(ordinal, rank)| {
        let rest = stem.strip_suffix(ordinal)?;
        let whole = rest.trim_end_matches([' ', '.', '-']);
        let apart = whole.len() < rest.len() || ends_in_digit(rest) || rest.ends_with(['º', 'ª', '条', '조']);
        (apart && !whole.is_empty()).then(|| (whole, &rest[whole.len()..], *rank))
    })
}

/// Splits `第三条之二` -> (`第三条`, `之`, 2).
fn split_number_behind(body: &str) -> Option<(&str, &'static str, u32)> {
    BEHIND.iter().find_map(|between| {
        let (rest, number) = body.rsplit_once(between)?;
        let (_, rank) = *readings(number).first()?;
        (UNITS.iter().any(|unit| rest.ends_with(unit)) && rank > 1).then_some((rest, *between, rank))
    })
}

/// Splits the letter of `5A` off: (`5`, 2, in capitals).
fn split_letter(stem: &str) -> Option<(&str, u32, bool)> {
    let last = stem.bytes().next_back().filter(u8::is_ascii_alphabetic)?;
    let rest = &stem[..stem.len() - 1];
    let rank = u32::from(last.to_ascii_lowercase() - b'a') + 2;
    ends_in_digit(rest).then_some((rest, rank, last.is_ascii_uppercase()))
}

/// Where the number at the end of `stem` begins, and what it may be.
fn numbers(stem: &str) -> (usize, Vec<(Vec<u32>, System)>) {
    let none = (stem.len(), Vec::new());
    let Some(last) = stem.chars().next_back() else { return none };
    let start_of = |text: &str, is: &dyn Fn(char) -> bool| text.trim_end_matches(is).len();
    let plain = |at: usize| (at, readings(&stem[at..]).into_iter().map(|(system, value)| (vec![value], system)).collect());
    if let Some((zero, _)) = digit(last) {
        let is_own = |c: char| digit(c).is_some_and(|(of, _)| of == zero);
        let mut at = start_of(stem, &is_own);
        let mut path = Vec::new();
        let value = |part: &str| readings(part).first().map(|(_, value)| *value);
        let Some(number) = value(&stem[at..]) else { return none };
        path.push(number);
        while let Some(above) = stem[..at].strip_suffix('.').filter(|above| above.chars().next_back().is_some_and(is_own)) {
            let start = start_of(above, &is_own);
            let Some(number) = value(&above[start..]) else { break };
            path.insert(0, number);
            at = start;
        }
        return (at, vec![(path, System::Digits(zero))]);
    }
    if enclosed(last).is_some() {
        return plain(stem.len() - last.len_utf8());
    }
    if is_ideograph(last) {
        return plain(start_of(stem, &is_ideograph));
    }
    let at = start_of(stem, &is_of_word);
    if at == stem.len() || stem[..at].ends_with(char::is_numeric) {
        return none;
    }
    // Some numbers are two words.
    let two = stem[..at].trim_end().len();
    let before = start_of(&stem[..two], &is_of_word);
    match plain(at) {
        (_, found) if found.is_empty() && before < two => plain(before),
        found => found,
    }
}
