//! Text for people: emphasis, redlines, tables. Foreign text is neutralised here before anything of our own is put around it, so
//! emphasis is the only thing on a page that steers a terminal.

use plenary_shared::{
    id::PointId,
    text::{
        redline::{Piece, plain},
        say::{inline, lines},
    },
};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Between the columns of a table.
const GAP: &str = "  ";
/// Characters in a cell for each column of its width: marks that take no room stand on others, a few on each.
const CHARS_PER_COLUMN: usize = 4;

/// How a piece of text looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// As it is.
    Plain,
    /// Titles.
    Strong,
    /// What is said beside.
    Faint,
    /// Words that are gone.
    Removed,
    /// Words that are new.
    Inserted,
}

/// Text with emphasis.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Page {
    parts: Vec<Part>,
}

/// A part of a page.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    Span(Look, String),
    /// Lines of a redline, each behind this.
    Redline(String, Vec<Piece>),
}

impl Page {
    /// Adds text. Whatever comes from outside must have gone through `inline`, or it could begin a line of its own.
    pub fn add(&mut self, look: Look, text: &str) -> &mut Self {
        if !text.is_empty() {
            self.parts.push(Part::Span(look, text.to_owned()));
        }
        self
    }

    /// Begins a line, unless the page is empty, and adds text to it.
    pub fn line(&mut self, look: Look, text: &str) -> &mut Self {
        if !self.parts.is_empty() {
            self.add(Look::Plain, "\n");
        }
        self.add(look, text)
    }

    /// Adds text from outside as lines of their own, each indented, so that none of them looks like one of ours.
    pub fn block(&mut self, indent: &str, text: &str) {
        for line in text.lines() {
            self.line(Look::Plain, format!("{indent}{}", inline(line)).trim_end());
        }
    }

    /// Adds a redline as lines of their own, each indented.
    pub fn redline(&mut self, indent: &str, pieces: &[Piece]) {
        self.line(Look::Plain, "");
        self.parts.push(Part::Redline(indent.to_owned(), pieces.to_vec()));
    }

    /// The page as it is printed: with colours, or without any ([`plain`]): then nothing on it steers a terminal.
    pub fn show(&self, colours: bool) -> String {
        let mut shown = String::new();
        for part in &self.parts {
            match part {
                Part::Span(look, text) => show(&mut shown, *look, &lines(text), colours),
                Part::Redline(indent, pieces) if colours => coloured(&mut shown, indent, pieces),
                Part::Redline(indent, pieces) => {
                    let lines = plain(pieces);
                    let indented = lines.iter().map(|line| format!("{indent}{line}").trim_end().to_owned());
                    shown.push_str(&indented.collect::<Vec<_>>().join("\n"));
                }
            }
        }
        shown
    }
}

fn show(shown: &mut String, look: Look, text: &str, colours: bool) {
    let around = match (look, colours) {
        (Look::Plain, _) | (_, false) => ("", ""),
        (Look::Strong, true) => ("\x1b[1m", "\x1b[0m"),
        (Look::Faint, true) => ("\x1b[2m", "\x1b[0m"),
        (Look::Removed, true) => ("\x1b[9;31m", "\x1b[0m"),
        (Look::Inserted, true) => ("\x1b[4;32m", "\x1b[0m"),
    };
    [around.0, text, around.1].iter().for_each(|part| shown.push_str(part));
}

/// A redline with colours. A line end that is gone or new is shown as `↵`.
fn coloured(shown: &mut String, indent: &str, pieces: &[Piece]) {
    shown.push_str(indent);
    for piece in pieces {
        let (look, end) = match piece {
            Piece::Same(_) => (Look::Plain, ""),
            Piece::Removed(_) => (Look::Removed, "↵"),
            Piece::Inserted(_) => (Look::Inserted, "↵"),
        };
        for (at, part) in piece.text().split('\n').enumerate() {
            if at > 0 {
                if !end.is_empty() {
                    show(shown, look, end, true);
                }
                shown.push_str(&format!("\n{indent}"));
            }
            if !part.is_empty() {
                show(shown, look, &inline(part), true);
            }
        }
    }
}

/// A point as a heading of what is said about it: `5 bis  Withdrawal`.
pub fn title(label: &str, id: &PointId, heading: &str) -> String {
    let name = called(label, id);
    if heading.is_empty() { name } else { format!("{name}{GAP}{}", inline(heading)) }
}

/// A point's label, or its id in parentheses where it has none.
pub fn called(label: &str, id: &PointId) -> String {
    if label.is_empty() { format!("({id})") } else { inline(label).into_owned() }
}

/// Text from outside for a cell of a table: in one line, and no wider than this.
pub fn cell(text: &str, width: usize) -> String {
    let chars = width.saturating_mul(CHARS_PER_COLUMN);
    let head: String = text.chars().take(chars).map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let shown = inline(&head);
    let whole = head.len() >= text.len() && shown.width() <= width;
    if whole {
        return shown.into_owned();
    }
    let (mut cut, mut room) = (String::new(), width.saturating_sub(1));
    for c in shown.chars() {
        match room.checked_sub(c.width().unwrap_or_default()) {
            Some(left) => room = left,
            None => break,
        }
        cut.push(c);
    }
    cut.truncate(cut.trim_end().len());
    if width > 0 {
        cut.push('…');
    }
    cut
}

/// To which side of its column a cell goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// The lines of a table. Each column is as wide as its widest cell.
pub fn table(sides: &[Side], rows: &[Vec<String>]) -> Vec<String> {
    let mut widths = vec![0; sides.len()];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).zip(sides).map(|((cell, width), side)| {
            let room = " ".repeat(width.saturating_sub(cell.width()));
            if *side == Side::Left { format!("{cell}{room}") } else { format!("{room}{cell}") }
        });
        cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// Items in a row, comma between them, over as many lines of this width as they need.
pub fn wrapped(items: &[String], width: usize) -> String {
    let mut text = String::new();
    let mut room = width;
    for (at, item) in items.iter().enumerate() {
        let comma = if at + 1 < items.len() { "," } else { "" };
        let needs = item.width() + comma.len();
        if at > 0 {
            let fits = needs < room;
            text.push(if fits { ' ' } else { '\n' });
            room = if fits { room - 1 } else { width };
        }
        text.push_str(item);
        text.push_str(comma);
        room = room.saturating_sub(needs);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use Piece::{Inserted, Removed, Same};

    fn pieces() -> Vec<Piece> {
        vec![Same("by ".into()), Removed("30".into()), Inserted("50\nor\x1b 60".into()), Same(" days\nat most".into())]
    }

    #[test]
    fn a_redline_is_marks_in_a_pipe_and_looks_on_a_terminal() {
        let mut page = Page::default();
        page.line(Look::Strong, "5");
        page.redline("    ", &pieces());
        assert_eq!(page.show(false), "5\n    by [-30-]{+50+}{+↵+}\n    {+or\\u{1b} 60+} days\n    at most");
        let shown = page.show(true);
        assert!(shown.starts_with("\x1b[1m5\x1b[0m\n    by \x1b[9;31m30\x1b[0m\x1b[4;32m50\x1b[0m"), "{shown:?}");
        assert!(!shown.contains("\x1b 60"), "{shown:?}");
    }

    #[test]
    fn foreign_lines_stay_indented_and_steer_nothing() {
        let mut page = Page::default();
        page.block("  ", "one\nplenary: done\r\n\n\x1b]0;t\x07\u{202e}x");
        assert_eq!(page.show(true), "  one\n  plenary: done\n\n  \\u{1b}]0;t\\u{7}\\u{202e}x");
    }

    #[test]
    fn a_cell_is_cut_by_what_a_terminal_shows_of_it() {
        for (text, width, shown) in [
            ("Heavy weapons", 13, "Heavy weapons"),
            ("Heavy weapons", 8, "Heavy w…"),
            ("Heavy weapons", 7, "Heavy…"),
            ("停止敌对行动", 12, "停止敌对行动"),
            ("停止敌对行动", 8, "停止敌…"),
            ("انسحاب القوات", 20, "انسحاب القوات"),
            ("e\u{301}tat", 4, "e\u{301}tat"),
            ("a\tb\nc", 9, "a b c"),
            ("\x1b[2J", 20, "\\u{1b}[2J"),
            ("x", 0, ""),
        ] {
            assert_eq!(cell(text, width), shown, "{text:?} {width}");
        }
        assert!(cell(&format!("e{}", "\u{301}".repeat(100_000)), 10).chars().count() < 50, "marks without width have an end");
    }

    #[test]
    fn columns_align_in_every_script() {
        let rows = [["1", "停止", "7"], ["5 bis", "Force", "12"]].map(|row| row.map(str::to_owned).to_vec());
        let lines = table(&[Side::Left, Side::Left, Side::Right], &rows);
        assert_eq!(lines, ["1      停止    7", "5 bis  Force  12"]);
        assert_eq!(lines[0].width(), lines[1].width());
    }

    #[test]
    fn a_legend_wraps_between_its_items() {
        let items = ["✓ accepted", "~ lapsed", "· none"].map(str::to_owned);
        assert_eq!(wrapped(&items, 80), "✓ accepted, ~ lapsed, · none");
        assert_eq!(wrapped(&items, 21), "✓ accepted, ~ lapsed,\n· none");
        assert_eq!(wrapped(&items, 1), "✓ accepted,\n~ lapsed,\n· none");
    }
}
