//! One paragraph of Markdown. Line breaks become hard ones, so nothing that people wrote ends the paragraph; what could be
//! taken for shape or markup carries a backslash.

use super::super::{
    sheet::Span,
    text::{is_blank, printable},
};

/// A paragraph that is being written.
pub(super) struct Inline<'o> {
    out: &'o mut String,
    /// What each line after the first begins with.
    prefix: &'o str,
    /// Where the paragraph begins, without its prefix.
    start: usize,
    /// Nothing stands on this line yet.
    fresh: bool,
    /// Blanks and line breaks that are written when something follows them.
    blanks: String,
    breaks: usize,
    /// A mark that is written when something follows it, behind the blanks.
    mark: Option<&'static str>,
    /// The last characters written of people's text, newest last.
    last: [char; 3],
}

/// Who wrote a text, and so what of it is escaped.
#[derive(Clone, Copy, PartialEq)]
enum By {
    /// The plan's words keep emphasis, brackets and their own escapes.
    Plan,
    People,
}

impl<'o> Inline<'o> {
    pub fn new(out: &'o mut String, prefix: &'o str) -> Self {
        let start = out.len();
        Inline { out, prefix, start, fresh: true, blanks: String::new(), breaks: 0, mark: None, last: [' '; 3] }
    }

    pub fn is_empty(&self) -> bool {
        self.out.len() == self.start
    }

    /// Drops what hangs over.
    pub fn finish(self) {
        let kept = self.out.trim_end_matches([' ', '\t']).len();
        self.out.truncate(kept);
    }

    pub fn break_line(&mut self) {
        if !self.is_empty() {
            self.breaks += 1;
        }
        self.blanks.clear();
    }

    /// Our text, which needs no escapes.
    pub fn own(&mut self, text: &str) {
        let words = text.trim_start_matches(' ');
        self.blank(&text[..text.len() - words.len()]);
        if words.is_empty() {
            return;
        }
        let end = words.trim_end_matches(' ');
        self.put(end);
        self.blank(&words[end.len()..]);
        self.last = [' '; 3];
    }

    pub fn bold(&mut self, write: impl FnOnce(&mut Self)) {
        self.marked("**", write);
    }

    pub fn spans(&mut self, spans: &[Span]) {
        spans.iter().for_each(|span| self.span(span, false));
    }

    /// As [`Self::spans`], in one line.
    pub fn flat(&mut self, spans: &[Span]) {
        spans.iter().for_each(|span| self.span(span, true));
    }

    fn span(&mut self, span: &Span, flat: bool) {
        match span {
            Span::Own(text) => self.own(text),
            Span::Strong(text) => self.bold(|line| line.own(text)),
            Span::Words(text) => self.text(text, By::Plan, flat),
            Span::Text(text) => self.text(text, By::People, flat),
            Span::Quote(text) => {
                self.own("“");
                self.text(text, By::People, true);
                self.own("”");
            }
            Span::Removed(text) => self.changed("~~", text, flat),
            Span::Inserted(text) => self.changed("**", text, flat),
            Span::By(parties) => self.own(parties),
        }
    }

    /// A change that is nothing but blanks is shown as one.
    fn changed(&mut self, mark: &'static str, text: &str, flat: bool) {
        let blank = is_blank(text);
        self.marked(mark, |line| if blank { line.own("␣") } else { line.text(text, By::People, flat) });
    }

    /// Marks stand right before and behind what they mark, or Markdown does not take them for marks.
    fn marked(&mut self, mark: &'static str, write: impl FnOnce(&mut Self)) {
        self.mark = Some(mark);
        write(self);
        if self.mark.take().is_none() {
            self.out.push_str(mark);
            self.last = [' '; 3];
        }
    }

    fn blank(&mut self, blank: &str) {
        if !self.fresh && self.breaks == 0 {
            self.blanks.push_str(blank);
        }
    }

    /// Writes what waited for something to follow it.
    fn flush(&mut self) {
        for _ in 0..std::mem::take(&mut self.breaks) {
            self.out.push_str("\\\n");
            self.out.push_str(self.prefix);
            self.fresh = true;
        }
        self.out.push_str(&self.blanks);
        self.blanks.clear();
        if let Some(mark) = self.mark.take() {
            self.out.push_str(mark);
            self.fresh = false;
        }
    }

    fn put(&mut self, text: &str) {
        self.flush();
        self.out.push_str(text);
        self.fresh = false;
    }

    fn text(&mut self, text: &str, by: By, flat: bool) {
        let text: String = printable(text).collect();
        let mut rest = text.as_str();
        // Where the period or parenthesis behind a number that begins a line stands.
        let mut delimiter = None;
        while let Some(c) = rest.chars().next() {
            let after = &rest[c.len_utf8()..];
            match c {
                '\n' if flat => self.blank(" "),
                '\n' => self.break_line(),
                ' ' | '\t' => self.blank(&rest[..1]),
                _ => {
                    self.flush();
                    if self.fresh {
                        delimiter = counter(rest).map(|length| after.len() + c.len_utf8() - length);
                    }
                    let pair = after.chars().next().filter(|next| by == By::Plan && c == '\\' && next.is_ascii_punctuation());
                    if let Some(escaped) = pair {
                        self.put_char(c, false);
                        self.put_char(escaped, false);
                        rest = &after[1..];
                        continue;
                    }
                    let escape = self.is_shape(c, after, by) || delimiter == Some(rest.len());
                    self.put_char(c, escape);
                }
            }
            rest = after;
        }
    }

    fn put_char(&mut self, c: char, escape: bool) {
        if escape {
            self.out.push('\\');
        }
        self.out.push(c);
        self.fresh = false;
        self.last = [self.last[1], self.last[2], c];
    }

    /// Whether Markdown could take a character for something else than itself.
    fn is_shape(&self, c: char, after: &str, by: By) -> bool {
        let next = after.chars().next();
        let begins = self.fresh && {
            // Looked at once a line, or a long one would be read for each of its characters.
            let rule = || after.split('\n').next().unwrap_or(after).chars().all(|other| other == c || other.is_whitespace());
            match c {
                '#' | '>' | '-' | '+' | '=' | ':' | '{' | '(' => true,
                '*' => next.is_none_or(char::is_whitespace) || rule(),
                '_' => rule(),
                // A box to be ticked.
                '[' => ["x]", "X]", " ]"].iter().any(|tick| after.starts_with(tick)),
                _ => false,
            }
        };
        let markup = match c {
            '\\' | '`' | '<' | '~' | '|' | '#' | '$' => true,
            '&' => next.is_some_and(|next| next == '#' || next.is_ascii_alphabetic()),
            '*' | '_' | '^' | '[' | ']' => by == By::People,
            // A bracket is never a link, nor the name of one.
            '(' => self.last[2] == ']',
            ':' => self.last[2] == ']' || after.starts_with("//"),
            '.' => self.last.map(|last| last.to_ascii_lowercase()) == ['w'; 3],
            _ => false,
        };
        begins || markup
    }
}

/// The bytes before the delimiter of what begins an item of a list: `12.`, `a)`.
fn counter(line: &str) -> Option<usize> {
    let length = line.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let mut rest = line[length..].chars();
    let delimits = matches!(rest.next(), Some('.' | ')')) && rest.next().is_none_or(char::is_whitespace);
    (delimits && (1..=9).contains(&length)).then_some(length)
}
