//! The words of a text, as a negotiator counts them: what is compared, replaced and put side by side as one.
//!
//! **What is one word**: letters and figures as Unicode parts them (UAX 29), and joined to them what belongs to a number, a label or a
//! compound: `1,000.5`, `1 000` with a space that does not break, `D+14`, `30-50`, `4(a)`, `(iv)`, `and/or`, `25%`, `-5`. A run of Han
//! numerals is one, `第` before it included. Spaces, marks of brackets and all other signs are words of their own; no word cuts through
//! a grapheme.

use similar::DiffableStr;

/// Signs that join what stands on both sides of them.
const JOINS: &str = "+-\u{2010}\u{2011}\u{2013}\u{2212}/.,:'\u{2019}·&@_°*=";
/// Signs that belong to a figure behind them.
const BEFORE: &str = "+-\u{2212}§№#€$£¥";
/// Signs that belong to a figure before them.
const BEHIND: &str = "%‰°€";
/// Spaces that part thousands and do not break.
const THIN: &str = "\u{a0}\u{202f}\u{2009}";
/// Han figures.
const HAN: &str = "〇零一二三四五六七八九十百千万萬億亿兆两兩第";
/// Letters and figures between round brackets that make a label, at most.
const LABEL_MAX: usize = 4;

/// The words of `text`, in order; together they are the text.
pub fn tokens(text: &str) -> Vec<&str> {
    let parts = text.tokenize_unicode_words();
    let (mut tokens, mut at, mut byte) = (Vec::with_capacity(parts.len()), 0, 0);
    while at < parts.len() {
        let taken = Parts(&parts[at..]).first(at.checked_sub(1).map(|before| parts[before]));
        let bytes: usize = parts[at..at + taken].iter().map(|part| part.len()).sum();
        tokens.push(&text[byte..byte + bytes]);
        (at, byte) = (at + taken, byte + bytes);
    }
    tokens
}

/// Whether a word is nothing but spaces.
pub fn is_blank(token: &str) -> bool {
    token.chars().all(char::is_whitespace)
}

/// Characters of the longest word that is not cut where a text is.
const LONGEST: usize = 60;

/// The first words of a text, without the space behind them, that have no more than so many characters together; all of it if it has no
/// more.
pub fn head(text: &str, chars: usize) -> &str {
    if text.char_indices().nth(chars).is_none() {
        return text;
    }
    let window = text.char_indices().nth(chars + LONGEST).map_or(text, |(end, _)| &text[..end]);
    let (mut end, mut count) = (0, 0);
    for token in tokens(window) {
        count += token.chars().count();
        if count > chars {
            break;
        }
        end += token.len();
    }
    if end == 0 { text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end]) } else { text[..end].trim_end() }
}

/// The last words of a text, without the space before them, that have no more than so many characters together; all of it if it has no
/// more.
pub fn tail(text: &str, chars: usize) -> &str {
    if text.char_indices().nth(chars).is_none() {
        return text;
    }
    let back = |chars: usize| text.char_indices().rev().nth(chars.saturating_sub(1)).map_or(0, |(start, _)| start);
    let window = &text[back(chars + LONGEST)..];
    let (mut start, mut count) = (text.len(), 0);
    for token in tokens(window).into_iter().rev() {
        count += token.chars().count();
        if count > chars {
            break;
        }
        start -= token.len();
    }
    if start == text.len() { &text[back(chars)..] } else { text[start..].trim_start() }
}

struct Parts<'a>(&'a [&'a str]);

impl Parts<'_> {
    /// How many of them the first word takes; `before` stands before it.
    fn first(&self, before: Option<&str>) -> usize {
        let mut taken = match self.start(before) {
            0 => return 1,
            taken => taken,
        };
        loop {
            match self.more(taken) {
                0 => return taken,
                more => taken += more,
            }
        }
    }

    /// How many make the beginning of a word with letters or figures; 0 if it is none.
    fn start(&self, before: Option<&str>) -> usize {
        let is_apart = !before.is_some_and(is_lettered);
        if self.is(0, is_lettered) {
            1
        } else if is_apart && self.is(0, |part| is_one_of(part, BEFORE)) && self.is(1, begins_with_figure) {
            2
        } else {
            self.label(0)
        }
    }

    /// How many belong to a word that takes the first `at` already.
    fn more(&self, at: usize) -> usize {
        let (Some(last), Some(next)) = (self.0.get(at - 1), self.0.get(at)) else { return 0 };
        let figure = last.ends_with(char::is_numeric);
        let unit = figure && is_one_of(next, BEHIND) && !self.is(at + 1, is_lettered);
        let joins = is_one_of(next, JOINS) && self.is(at + 1, is_lettered);
        if (is_han_figure(last) && is_han_figure(next)) || unit {
            1
        } else if joins || (figure && is_one_of(next, THIN) && self.is(at + 1, is_thousands)) {
            2
        } else {
            self.label(at)
        }
    }

    /// A label in round brackets: 3 parts, or 0.
    fn label(&self, at: usize) -> usize {
        let short = |part: &str| is_lettered(part) && part.chars().count() <= LABEL_MAX;
        if self.is(at, |part| part == "(") && self.is(at + 1, short) && self.is(at + 2, |part| part == ")") { 3 } else { 0 }
    }

    fn is(&self, at: usize, what: impl Fn(&str) -> bool) -> bool {
        self.0.get(at).is_some_and(|part| what(part))
    }
}

fn is_lettered(part: &str) -> bool {
    part.starts_with(char::is_alphanumeric)
}

fn begins_with_figure(part: &str) -> bool {
    part.starts_with(char::is_numeric)
}

fn is_thousands(part: &str) -> bool {
    let figures = part.chars().take_while(|c| c.is_numeric()).count();
    figures == 3 && part.chars().nth(3).is_none_or(|c| !c.is_alphanumeric())
}

fn is_one_of(part: &str, signs: &str) -> bool {
    let mut chars = part.chars();
    chars.next().is_some_and(|c| signs.contains(c)) && chars.next().is_none()
}

fn is_han_figure(part: &str) -> bool {
    part.chars().all(|c| HAN.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_labels_and_compounds_are_one_word_each() {
        for (text, words) in [
            ("within 1,000.5 days", "within| |1,000.5| |days"),
            ("1\u{a0}000 or 1\u{202f}000\u{202f}000 km", "1\u{a0}000| |or| |1\u{202f}000\u{202f}000| |km"),
            ("5\u{a0}days, 30\u{a0}4000", "5|\u{a0}|days|,| |30|\u{a0}|4000"),
            ("on D+14.", "on| |D+14|."),
            ("4(a) and (iv), (see below)", "4(a)| |and| |(iv)|,| |(|see| |below|)"),
            ("and/or 25% -5 §6", "and/or| |25%| |-5| |§6"),
            ("30-50 days—all", "30-50| |days|—|all"),
            ("[30][50] \\[x\\]", "[|30|]|[|50|]| |\\|[|x|\\|]"),
            ("[x][50]", "[|x|]|[|50|]"),
            ("第三条 二十四天", "第三|条| |二十四|天"),
            ("тридцять днів; ثلاثون يوما", "тридцять| |днів|;| |ثلاثون| |يوما"),
            ("٣٠ يوما", "٣٠| |يوما"),
            ("👩‍👩‍👧 🕊️!", "👩‍👩‍👧| |🕊️|!"),
            ("a - b", "a| |-| |b"),
            ("", ""),
        ] {
            assert_eq!(tokens(text).join("|"), words);
        }
    }

    #[test]
    fn a_text_is_cut_between_its_words() {
        for (text, chars, first, last) in [
            ("within 24 days of it", 20, "within 24 days of it", "within 24 days of it"),
            ("within 24 days of it", 12, "within 24", "days of it"),
            ("within 24 days of it", 8, "within", "of it"),
            ("停战二十四天", 4, "停战", "二十四天"),
            ("停战二十四天", 3, "停战", "天"),
            ("abcdef", 2, "ab", "ef"),
            ("", 0, "", ""),
        ] {
            assert_eq!((head(text, chars), tail(text, chars)), (first, last), "{text} {chars}");
        }
        assert!(!head(&"x ".repeat(1_000), 60).is_empty());
    }

    proptest! {
        #[test]
        fn together_they_are_the_text(text in "[a1+().,% \\[\\]\u{a0}第三ж\u{301}🕊\n]{0,40}") {
            let all = tokens(&text);
            prop_assert_eq!(all.concat(), text.as_str());
            prop_assert!(all.iter().all(|token| !token.is_empty()));
        }
    }
}
