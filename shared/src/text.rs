//! Small things done to texts in several places.

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
