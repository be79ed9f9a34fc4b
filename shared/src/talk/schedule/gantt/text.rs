//! Text from anybody, in a picture.

use crate::text::say::printable;

/// `text` for XML, in content and in attributes. White space becomes a space; what does not belong into a file is dropped, and what
/// XML does not allow.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(' '),
            '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
    out
}

/// As much of `text` as fits into `width` pixels at this size, by a guess at how wide characters are; whatever the guess, a clip
/// path keeps it in its column.
pub(super) fn fit(text: &str, width: f64, size: f64) -> String {
    let mut out = String::new();
    let mut room = width / size;
    for c in text.chars() {
        room -= breadth(c);
        if room < 0.0 {
            out.pop();
            out.push('…');
            break;
        }
        out.push(c);
    }
    out
}

/// In parts of the size of the type.
fn breadth(c: char) -> f64 {
    match c {
        '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' => 0.0,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' => 1.05,
        '\u{ff00}'..='\u{ff60}' | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3ffff}' => 1.05,
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '(' | ')' | '[' | ']' | ' ' => 0.36,
        'm' | 'w' | 'M' | 'W' | '@' => 0.95,
        c if c.is_uppercase() => 0.7,
        _ => 0.6,
    }
}
