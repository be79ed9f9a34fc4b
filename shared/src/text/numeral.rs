//! How numbers are written where texts are numbered: in digits and letters of many scripts, Roman, Chinese, as words.
//!
//! One word may be a number in several ways: `i` is a Roman one and a letter. [`readings`] gives all of them, and who asks decides by
//! what stands around. Nothing here knows what a label is.

mod alphabet;
mod division;
mod ideograph;
mod sum;
mod word;

use alphabet::ALPHABETS;

pub(crate) use division::{ANY, ARTICLES, ASIDE, DIVISIONS, UNITS};

/// A way to write numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum System {
    /// Decimal digits, named by their zero.
    Digits(char),
    /// `i`, `ii`, `iii`.
    Roman {
        /// In capitals.
        upper: bool,
    },
    /// Letters in the order of an alphabet.
    Letters {
        /// Which, of [`ALPHABETS`].
        alphabet: usize,
        /// In capitals.
        upper: bool,
        /// Behind the last letter stands `aa`, `bb`; otherwise `aa`, `ab`.
        doubled: bool,
    },
    /// `一`, `二`, `十一`; in Japanese `百一`, in Chinese `一百零一`.
    Ideographs {
        /// The longer way.
        chinese: bool,
    },
    /// Letters whose values are added, as in Hebrew and Greek.
    Sum {
        /// Which, of those of [`sum`].
        letters: usize,
    },
    /// Characters that are a number and what is around it: `①`, `⑴`.
    Enclosed {
        /// The first.
        one: char,
        /// How many there are.
        count: u32,
    },
    /// `premier`, `first`.
    Words {
        /// Which language's.
        language: usize,
        /// In capitals.
        upper: bool,
    },
}

/// A number and how it is written.
pub(crate) type Reading = (System, u32);

/// The digits 0 of the scripts in which texts are numbered; the nine behind each are the others.
const ZEROS: [char; 12] = ['0', '٠', '۰', '०', '০', '੦', '૦', '௦', '๐', '០', '༠', '０'];

/// The first of each row of enclosed numbers, and how many there are.
const ENCLOSED: [(char, u32); 13] = [
    ('①', 20),
    ('⑴', 20),
    ('⒈', 20),
    ('⒜', 26),
    ('ⓐ', 26),
    ('Ⅰ', 12),
    ('ⅰ', 12),
    ('❶', 10),
    ('㈠', 10),
    ('㊀', 10),
    ('㈎', 14),
    ('㉮', 14),
    ('㈀', 14),
];

/// The number of a digit, and the zero of its script.
pub(crate) fn digit(c: char) -> Option<(char, u32)> {
    if c.is_ascii() {
        return c.to_digit(10).map(|value| ('0', value));
    }
    ZEROS
        .iter()
        .find_map(|zero| u32::from(c).checked_sub(u32::from(*zero)).filter(|value| *value < 10).map(|value| (*zero, value)))
}

/// The number of an enclosed one.
pub(crate) fn enclosed(c: char) -> Option<Reading> {
    let nth = |one: char| u32::from(c).checked_sub(u32::from(one));
    ENCLOSED.iter().find_map(|(one, count)| {
        let value = nth(*one).filter(|nth| nth < count)? + 1;
        Some((System::Enclosed { one: *one, count: *count }, value))
    })
}

/// Whether it is one of the numbers in Chinese characters, or of the parts of one.
pub(crate) fn is_ideograph(c: char) -> bool {
    ideograph::is_part(c)
}

/// Whether it belongs to a number in letters: a letter, or a mark on one.
pub(crate) fn is_of_word(c: char) -> bool {
    c.is_alphabetic() || unicode_normalization::char::is_combining_mark(c) || c == '\u{640}'
}

/// All that `word` is as a number. Empty for what is none; it is looked at as a whole.
pub(crate) fn readings(word: &str) -> Vec<Reading> {
    let Some(first) = word.chars().next() else { return Vec::new() };
    if word.len() > 64 {
        return Vec::new();
    }
    if let Some((zero, _)) = digit(first) {
        let value = word.chars().try_fold(0u32, |value, c| {
            let (_, digit) = digit(c).filter(|(of, _)| *of == zero)?;
            value.checked_mul(10)?.checked_add(digit)
        });
        return value.map(|value| (System::Digits(zero), value)).into_iter().collect();
    }
    if word.chars().nth(1).is_none()
        && let Some(reading) = enclosed(first)
    {
        return vec![reading];
    }
    if word.chars().all(is_ideograph) {
        return ideograph::values(word).map(|(value, chinese)| (System::Ideographs { chinese }, value)).collect();
    }
    let Some(upper) = case(word) else { return Vec::new() };
    let lower = word.to_lowercase();
    let roman = roman_value(&lower).map(|value| (System::Roman { upper }, value));
    let words = word::value(&lower).map(|(language, value)| (System::Words { language, upper }, value));
    let letters =
        alphabet::values(&lower).map(|(alphabet, doubled, value)| (System::Letters { alphabet, upper, doubled }, value));
    let sums = sum::values(&lower, upper).map(|(letters, value)| (System::Sum { letters }, value));
    roman.into_iter().chain(letters).chain(sums).chain(words).collect()
}

/// Whether a word is in capitals; none for a mixture.
fn case(word: &str) -> Option<bool> {
    let any = |is: fn(char) -> bool| word.chars().any(is);
    match (any(char::is_uppercase), any(char::is_lowercase)) {
        (true, true) => None,
        (upper, _) => Some(upper),
    }
}

impl System {
    /// The number in this way; none where it has none.
    pub fn write(self, value: u32) -> Option<String> {
        let cased = |name: String, upper: bool| if upper { name.to_uppercase() } else { name };
        Some(match self {
            System::Digits('0') => value.to_string(),
            System::Digits(zero) => {
                let digit = |c: char| char::from_u32(u32::from(zero) + c.to_digit(10)?);
                value.to_string().chars().filter_map(digit).collect()
            }
            System::Roman { upper } => cased(roman(value).filter(|_| value > 0)?, upper),
            System::Letters { alphabet, upper, doubled } => cased(ALPHABETS.get(alphabet)?.write(value, doubled)?, upper),
            System::Ideographs { chinese } => ideograph::write(value, chinese)?,
            System::Sum { letters } => sum::write(value, letters)?,
            System::Enclosed { one, count } => {
                char::from_u32(u32::from(one) + value.checked_sub(1).filter(|at| *at < count)?)?.to_string()
            }
            System::Words { language, upper } => cased(word::write(value, language)?, upper),
        })
    }

    /// The number that comes after `value` where this way is followed: letters that are not counted with are passed over.
    pub fn next(self, value: u32) -> Option<u32> {
        match self {
            System::Letters { alphabet, .. } => ALPHABETS.get(alphabet)?.next(value),
            _ => value.checked_add(1),
        }
    }

    /// Whether `after` is what comes next after `before` in some text: some count with letters that others pass over.
    pub fn follows(self, before: u32, after: u32) -> bool {
        match self {
            System::Letters { alphabet, .. } => ALPHABETS.get(alphabet).is_some_and(|letters| letters.follows(before, after)),
            _ => before.checked_add(1) == Some(after),
        }
    }

    /// How likely a number alone was meant so, the higher the likelier.
    pub fn likelihood(self, value: u32) -> u32 {
        match self {
            System::Roman { .. } if value >= 40 => 0,
            System::Roman { .. } => 9,
            System::Sum { .. } => 8,
            System::Letters { doubled: true, .. } => 1,
            // The alphabets stand in the order of likelihood.
            System::Letters { alphabet, .. } => 7u32.saturating_sub(alphabet as u32 % 4),
            _ => 10,
        }
    }
}

/// The value of a Roman number in small letters, up to 3,999, if it is written as the Romans are taught to have written.
pub(crate) fn roman_value(lower: &str) -> Option<u32> {
    let (mut value, mut most) = (0u32, 0u32);
    for c in lower.chars().rev().take(16) {
        let of = match c {
            'i' => 1,
            'v' => 5,
            'x' => 10,
            'l' => 50,
            'c' => 100,
            'd' => 500,
            'm' => 1000,
            _ => return None,
        };
        value = if of < most { value.checked_sub(of)? } else { value + of };
        most = most.max(of);
    }
    roman(value).filter(|name| name == lower).map(|_| value)
}

fn roman(mut value: u32) -> Option<String> {
    const PARTS: [(u32, &str); 13] = [
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    if value > 3_999 {
        return None;
    }
    let mut name = String::new();
    for (part, letters) in PARTS {
        while value >= part {
            name.push_str(letters);
            value -= part;
        }
    }
    Some(name)
}

#[cfg(test)]
mod tests;
