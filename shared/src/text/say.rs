//! Small things done to texts in several places: counting, cutting, and what must not steer a terminal or begin a line of its own.

use std::borrow::Cow;

/// Characters of a quotation in a message.
pub const QUOTED_CHARS: usize = 600;

/// UTF-16 units of a text: what Yjs counts.
pub(crate) fn utf16(text: &str) -> u32 {
    text.encode_utf16().count() as u32
}

/// At most so many characters of a text; what is longer ends in `…`.
pub(crate) fn cut(text: &str, chars: usize) -> String {
    let mut shown: String = text.chars().take(chars).collect();
    if text.chars().nth(chars).is_some() {
        shown.pop();
        shown.push('…');
    }
    shown
}

/// The byte at which a character begins, counted from 0; the end of the text behind its last. `None` beyond that.
pub(crate) fn byte_of(text: &str, char: usize) -> Option<usize> {
    text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(char)
}

/// Words in quotes, in one line of a readable length.
pub fn quoted(words: &str) -> String {
    let cut: String = words.chars().take(QUOTED_CHARS).collect();
    let more = if cut.len() < words.len() { "…" } else { "" };
    format!("\"{}{more}\"", inline(&cut))
}

/// `a`, `a and b`, `a, b and c`.
pub fn in_words(names: &[impl ToString]) -> String {
    let mut names: Vec<String> = names.iter().map(ToString::to_string).collect();
    match names.pop() {
        Some(last) if !names.is_empty() => format!("{} and {last}", names.join(", ")),
        last => last.unwrap_or_default(),
    }
}

/// Text from outside for the middle of a line: nothing in it can steer a terminal or begin a line of its own.
pub fn inline(text: &str) -> Cow<'_, str> {
    neutralised(text, |c| c != '\n' && harmless(c))
}

/// Text from outside over several lines: nothing in it but the ends of its lines can steer a terminal.
pub fn lines(text: &str) -> Cow<'_, str> {
    neutralised(text, |c| c == '\n' || harmless(c))
}

fn neutralised(text: &str, harmless: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text.chars().all(&harmless) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if harmless(c) { shown.push(c) } else { shown.extend(c.escape_default()) }
    }
    Cow::Owned(shown)
}

/// Neither a control character, nor one of Unicode's Bidi_Control, nor a separator of lines. A tab stays.
pub fn harmless(c: char) -> bool {
    let bidi = matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c == '\t' || !(c.is_control() || bidi || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// The characters of a text that go into a file or a pipe, whoever reads it there and with what: line ends as `\n`; no other control
/// characters but the tab, and nothing that overrides or isolates a direction of writing, which makes words read other than they stand.
pub fn printable(text: &str) -> impl Iterator<Item = char> {
    let mut chars = text.chars().peekable();
    std::iter::from_fn(move || {
        loop {
            return match chars.next()? {
                '\r' => {
                    chars.next_if_eq(&'\n');
                    Some('\n')
                }
                '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => continue,
                c if c.is_control() && c != '\n' && c != '\t' => continue,
                c => Some(c),
            };
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_from_outside_cannot_steer_the_terminal() {
        let table = [
            ("plain [30][50] слова كلمات 🕊", "plain [30][50] слова كلمات 🕊"),
            ("\x1b[2Jgone", "\\u{1b}[2Jgone"),
            ("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}"),
            ("a\rb\x08\x7f", "a\\rb\\u{8}\\u{7f}"),
            ("c1 \u{9b}31m", "c1 \\u{9b}31m"),
            ("\u{202e}evil\u{2066}\u{200f}", "\\u{202e}evil\\u{2066}\\u{200f}"),
            ("tab\there", "tab\there"),
        ];
        for (given, shown) in table {
            assert_eq!(lines(given), shown);
            assert_eq!(inline(given), shown);
        }
    }

    proptest! {
        #[test]
        fn what_goes_into_a_file_steers_no_terminal_and_turns_no_words_around(text in any::<String>()) {
            let printed: String = printable(&format!("\u{1b}]0;\u{202e}{text}\u{7f}\u{9b}")).collect();
            let is_mark = |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}');
            let strange = printed.chars().find(|c| *c != '\n' && !harmless(*c) && !is_mark(*c));
            prop_assert_eq!(strange, None);
            prop_assert_eq!(printable(&printed).collect::<String>(), printed);
        }
    }

    #[test]
    fn a_name_cannot_forge_a_line() {
        assert_eq!(inline("A\nplenary: done\u{2028}"), "A\\nplenary: done\\u{2028}");
        assert_eq!(lines("a\nb"), "a\nb");
    }

    #[test]
    fn long_words_are_cut_in_a_message() {
        assert_eq!(quoted("short\n"), "\"short\\n\"");
        assert_eq!(quoted(&"ж".repeat(1_000)).chars().count(), QUOTED_CHARS + 3);
    }

    #[test]
    fn characters_are_counted_as_people_count_code_points() {
        let text = "а🕊ب";
        assert_eq!((0..=4).map(|at| byte_of(text, at)).collect::<Vec<_>>(), [Some(0), Some(2), Some(6), Some(8), None]);
    }
}
