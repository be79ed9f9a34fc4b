//! A redline without colours.

use super::{Piece, redline_within};
use crate::{
    limits::COMPARED_STEPS_MAX,
    text::{
        say::inline,
        token::{head, tail},
    },
};

/// Characters that stay on either side of a change where old and new words stand on lines of their own: with both a line of a terminal.
const AROUND: usize = 30;

/// A redline in plain text, line by line; what would steer a terminal is spelt out. `by [-30-]{+50+} days`, and a line end that is gone or
/// new as `↵`. Where the words hold brackets themselves nobody could tell them from such marks: there each change is two lines, what was
/// and what is, with a little of what stands around it:
///
/// ```text
/// - within [30][50] days
/// + within [40] days
/// ```
pub fn plain(pieces: &[Piece]) -> Vec<String> {
    let holds_marks = |piece: &Piece| piece.text().contains(['[', ']', '{', '}']);
    let differs = pieces.iter().any(|piece| !matches!(piece, Piece::Same(_)));
    let lines = if differs && pieces.iter().any(holds_marks) { side_by_side(pieces) } else { marked(pieces) };
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

fn marked(pieces: &[Piece]) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut add = |text: &str, begin: bool| {
        lines.extend(begin.then(String::new));
        lines.last_mut().into_iter().for_each(|line| line.push_str(text));
    };
    for piece in pieces {
        let (open, close, end) = match piece {
            Piece::Same(_) => ("", "", ""),
            Piece::Removed(_) => ("[-", "-]", "[-↵-]"),
            Piece::Inserted(_) => ("{+", "+}", "{+↵+}"),
        };
        for (at, part) in piece.text().split('\n').enumerate() {
            if at > 0 {
                add(end, false);
            }
            let part = if part.is_empty() { String::new() } else { format!("{open}{}{close}", inline(part)) };
            add(&part, at > 0);
        }
    }
    lines
}

/// Each change as what was and what is. Changes that stand near one another are one.
fn side_by_side(pieces: &[Piece]) -> Vec<String> {
    let (mut lines, mut texts) = (Vec::new(), [String::new(), String::new()]);
    for (at, piece) in pieces.iter().enumerate() {
        let same = match piece {
            Piece::Same(text) => text,
            Piece::Removed(text) => {
                texts[0].push_str(text);
                continue;
            }
            Piece::Inserted(text) => {
                texts[1].push_str(text);
                continue;
            }
        };
        let (is_first, is_last) = (at == 0, at + 1 == pieces.len());
        let (head, tail) = (if is_first { "" } else { head(same, AROUND) }, if is_last { "" } else { tail(same, AROUND) });
        if head.len() + tail.len() >= same.len() {
            texts.iter_mut().for_each(|text| text.push_str(same));
            continue;
        }
        if !is_first {
            texts.iter_mut().for_each(|text| *text += &format!("{head} …"));
            lines.extend(pair(&mut texts));
        }
        if !is_last {
            texts.iter_mut().for_each(|text| *text = format!("… {tail}"));
        }
    }
    lines.extend(pair(&mut texts));
    lines
}

/// Both, line by line, and nothing is left of them.
fn pair([was, is]: &mut [String; 2]) -> Vec<String> {
    let (was, is) = (std::mem::take(was), std::mem::take(is));
    let lines = |mark: char, text: &str| text.lines().map(|line| format!("{mark} {}", inline(line))).collect::<Vec<_>>();
    [lines('-', &was), lines('+', &is)].concat()
}

/// What differs between two texts, each in a line, with so many characters of what stands before and behind.
pub fn excerpt(old: &str, new: &str, around: usize) -> [String; 2] {
    let pieces = redline_within(old, new, &mut { COMPARED_STEPS_MAX });
    let (mut texts, last) = ([String::new(), String::new()], pieces.len().saturating_sub(1));
    for (at, piece) in pieces.iter().enumerate() {
        let text = piece.text();
        let cut = match piece {
            Piece::Same(_) if last == 0 => text.to_owned(),
            Piece::Same(_) if at == 0 => before(text, around),
            Piece::Same(_) if at == last => behind(text, around),
            Piece::Same(_) | Piece::Removed(_) | Piece::Inserted(_) => text.to_owned(),
        };
        let is_in = [!matches!(piece, Piece::Inserted(_)), !matches!(piece, Piece::Removed(_))];
        texts.iter_mut().zip(is_in).filter(|(_, is_in)| *is_in).for_each(|(side, _)| side.push_str(&cut));
    }
    texts
}

/// What of a text stands right before a change.
fn before(text: &str, chars: usize) -> String {
    let kept = tail(text, chars);
    if kept.len() == text.len() {
        return text.to_owned();
    }
    format!("…{kept}")
}

/// What of a text stands right behind a change.
fn behind(text: &str, chars: usize) -> String {
    let kept = head(text, chars);
    if kept.len() == text.len() { text.to_owned() } else { format!("{kept}…") }
}

#[cfg(test)]
mod tests {
    use super::{super::redline, *};

    fn shown(old: &str, new: &str) -> String {
        plain(&redline(old, new)).join("\n")
    }

    #[test]
    fn without_colours_too_what_was_and_what_is_can_be_told_apart() {
        for (old, new, wanted) in [
            ("by 30 days", "by 50 days", "by [-30-]{+50+} days"),
            ("", "Access\nFree passage.", "{+Access+}{+↵+}\n{+Free passage.+}"),
            ("within 24 days", "within [12][48] days", "- within 24 days\n+ within [12][48] days"),
            ("within [12][48] days", "within 36 days", "- within [12][48] days\n+ within 36 days"),
            ("within [30] days", "within [50] days", "- within [30] days\n+ within [50] days"),
            ("[all] forces leave", "forces leave", "- [all] forces leave\n+ forces leave"),
            (
                "[all [armed] forces] leave",
                "[all [foreign] forces] leave",
                "- [all [armed] forces] leave\n+ [all [foreign] forces] leave",
            ),
            (
                "the sides [may] meet",
                "the sides [may] meet [at once]",
                "- the sides [may] meet\n+ the sides [may] meet [at once]",
            ),
            ("", "[New.]", "+ [New.]"),
            ("[Old.]\nGone.", "", "- [Old.]\n- Gone."),
            ("a ] b", "a c", "- a ] b\n+ a c"),
            ("set {x}", "set {y}", "- set {x}\n+ set {y}"),
            ("в течение [30] дней", "в течение [40] дней", "- в течение [30] дней\n+ в течение [40] дней"),
            ("خلال [٣٠] يوما", "خلال [٤٠] يوما", "- خلال [٣٠] يوما\n+ خلال [٤٠] يوما"),
            ("[二十四]天", "[二十五]天", "- [二十四]天\n+ [二十五]天"),
            ("[a\u{1b}[2J]", "b", "- [a\\u{1b}[2J]\n+ b"),
            ("[a] same", "[a] same", "[a] same"),
        ] {
            assert_eq!(shown(old, new), wanted, "{old:?} -> {new:?}");
        }
    }

    #[test]
    fn of_a_long_text_only_what_stands_around_each_change_is_shown_and_no_word_is_cut() {
        let long = "The forces of both sides shall withdraw from the zone within [30] days of the entry into force of this plan, \
                    and the observers shall certify it within [10] days of the last of these movements, in writing.";
        let wanted = "\
- … withdraw from the zone within [30] days of the entry into force …
+ … withdraw from the zone within [45] days of the entry into force …
- … shall certify it within [10] days of the last of these …
+ … shall certify it within [7] days of the last of these …";
        assert_eq!(shown(long, &long.replace("[30]", "[45]").replace("[10]", "[7]")), wanted);
        assert!(
            wanted.lines().all(|line| line.chars().count() < 74),
            "with what stands before it no more than a line of a terminal"
        );
    }
}
