//! What a party did to a point's words and heading, or to the title, and what of it still stands: derived from the log alone.

use plenary_shared::{
    id::PointId,
    text::{
        bracket::{self, withdrawn},
        clash,
        plan::Outline,
        redline::{Piece, redline},
        token::tokens,
    },
};
use std::ops::Range;

/// A text in which a change is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A point's words.
    Words,
    /// Its heading.
    Heading,
    /// The plan's title.
    Title,
}

impl Part {
    /// What the parts of a point read, or without one the title; nothing of a point that is not in the plan.
    pub fn read(outline: &Outline, point: Option<&PointId>) -> Vec<(Part, String)> {
        match point {
            None => vec![(Part::Title, outline.title.clone())],
            Some(point) => outline
                .get(point)
                .map_or_else(Vec::new, |point| vec![(Part::Words, point.words.clone()), (Part::Heading, point.heading.clone())]),
        }
    }
}

/// A change of a text: how it read before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Of which.
    pub part: Part,
    /// Before it.
    pub before: String,
    /// After it.
    pub after: String,
}

/// What a party did that it has not taken back, the last at the end.
#[derive(Debug, Default)]
pub struct Deeds(Vec<Deed>);

/// Why the last deed is not taken back.
#[derive(Debug, PartialEq, Eq)]
pub enum Stands {
    /// There is none.
    Nothing,
    /// Others have changed the same words since.
    Changed,
}

impl Deeds {
    /// Takes note of the next one. What takes an earlier one back leaves neither.
    pub fn note(&mut self, deed: Deed) {
        let last = self.0.iter().rposition(|last| last.part == deed.part);
        match last.filter(|last| takes_back(&deed, &self.0[*last])) {
            Some(last) => drop(self.0.remove(last)),
            None => self.0.push(deed),
        }
    }

    /// Which text comes to what without the last of them, as the texts read `now`; what others have changed since stays.
    ///
    /// # Errors
    /// [`Stands`], if all stays as it is.
    pub fn without_last(&self, now: &[(Part, String)]) -> Result<(Part, String), Stands> {
        let Deed { part, before, after } = self.0.last().ok_or(Stands::Nothing)?;
        let now = now.iter().find(|(of, _)| of == part).map_or("", |(_, text)| text);
        let sides = [now, before];
        let joined = clash::join(after, &sides);
        if joined.clashed {
            return Err(Stands::Changed);
        }
        Some(joined.text(after, &sides)).filter(|text| text != now).map(|text| (*part, text)).ok_or(Stands::Nothing)
    }
}

/// Whether a deed takes back another: it changes back what that one changed, or withdraws an alternative of words that it brought.
fn takes_back(deed: &Deed, earlier: &Deed) -> bool {
    let brought = differing(&earlier.before, &earlier.after);
    if differing(&deed.after, &deed.before) == brought {
        return true;
    }
    let list = bracket::parse(&deed.before).list;
    list.iter().enumerate().any(|(at, own)| {
        let words = deed.before[own.inner.clone()].trim();
        let is_of = |piece: &Piece| matches!(piece, Piece::Inserted(text) if text.contains(words));
        withdrawn(&deed.before, at, "").as_ref() == Some(&deed.after) && brought.iter().any(is_of)
    })
}

/// What two texts do not have in common.
fn differing(old: &str, new: &str) -> Vec<Piece> {
    redline(old, new).into_iter().filter(|piece| !matches!(piece, Piece::Same(_))).collect()
}

/// Whether a change brought these words.
pub fn has_brought(before: &str, after: &str, words: &str) -> bool {
    differing(before, after).iter().any(|piece| matches!(piece, Piece::Inserted(text) if text.contains(words)))
}

/// Whether words were taken out between two texts and none put in their place.
pub fn has_deleted(before: &str, after: &str) -> bool {
    let pieces = redline(before, after);
    let is_put_in = |at: usize| matches!(pieces.get(at), Some(Piece::Inserted(text)) if !text.trim().is_empty());
    let went = |(at, piece): (usize, &Piece)| match piece {
        Piece::Removed(text) => !text.trim().is_empty() && !is_put_in(at + 1) && !at.checked_sub(1).is_some_and(is_put_in),
        _ => false,
    };
    pieces.iter().enumerate().any(went)
}

/// What a text read where now a bracket stands: what stayed of it within, and what went there, unless what came instead reaches beyond the
/// bracket and cannot be told apart.
pub fn stood(was: &str, words: &str, bracket: &Range<usize>) -> String {
    // A redline takes a bracket for one word with what stands within: what is alike around this one is left out of it.
    let (before, after) = (tokens(was), tokens(words));
    let alike = |(a, b): (&&str, &&str)| (a == b).then_some(a.len());
    let front =
        before.iter().zip(&after).map_while(alike).scan(0, sum).take_while(|front| *front <= bracket.start).last().unwrap_or(0);
    let most = (was.len() - front).min(words.len() - bracket.end);
    let back = before.iter().rev().zip(after.iter().rev()).map_while(alike).scan(0, sum).take_while(|back| *back <= most).last();
    let back = back.unwrap_or(0);
    let (was, words) = (&was[front..was.len() - back], &words[front..words.len() - back]);
    let bracket = &(bracket.start - front..bracket.end - front);
    let (mut at, mut there, mut gone) = (0, String::new(), String::new());
    for piece in redline(was, words) {
        let (text, is_new) = match &piece {
            Piece::Removed(text) => {
                gone = if bracket.contains(&at) { text.clone() } else { String::new() };
                continue;
            }
            Piece::Same(text) => (text, false),
            Piece::Inserted(text) => (text, true),
        };
        let start = at.clamp(bracket.start, bracket.end);
        at += text.len();
        let within = &words[start..at.clamp(bracket.start, bracket.end)];
        if !is_new || within.trim().len() == text.trim().len() {
            there.push_str(&gone);
        }
        gone.clear();
        there.push_str(if is_new { "" } else { within });
    }
    there.push_str(&gone);
    there.trim().to_owned()
}

fn sum(total: &mut usize, next: usize) -> Option<usize> {
    *total += next;
    Some(*total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_from_before_are_those_that_the_bracket_took_the_place_of() {
        for (was, words, stood_there) in [
            ("all forces withdraw", "[some] forces withdraw", "all"),
            ("forces withdraw", "[some] forces withdraw", ""),
            ("forces withdraw", "forces withdraw [at once]", ""),
            ("all forces withdraw", "[all] forces withdraw", "all"),
            ("we say all the men leave", "we say all [the] men leave", "the"),
            ("all men leave", "[some] forces leave", ""),
            ("[all the men leave]", "[all [the] men leave]", "the"),
        ] {
            let start = words.rfind('[').expect("a mark");
            assert_eq!(stood(was, words, &(start..words.find(']').expect("a mark") + 1)), stood_there, "{was} -> {words}");
        }
    }

    #[test]
    fn words_that_are_replaced_are_not_deleted() {
        for (before, after, is_so) in [
            ("all forces leave", "forces leave", true),
            ("all forces leave", "some forces leave", false),
            ("forces leave", "all forces leave", false),
            ("all forces leave now", "some forces leave", true),
        ] {
            assert_eq!(has_deleted(before, after), is_so, "{before} -> {after}");
        }
    }

    /// What comes of words when a party's deeds are taken back one after the other, the last first.
    fn undone(deeds: &[(&str, &str)], now: &str) -> Vec<Result<String, Stands>> {
        let (mut done, mut now, mut all) = (Deeds::default(), now.to_owned(), Vec::new());
        deeds.iter().for_each(|(before, after)| done.note(deed(Part::Words, before, after)));
        while all.last().is_none_or(Result::is_ok) {
            let next = done.without_last(&[(Part::Words, now.clone())]).map(|(_, text)| text);
            if let Ok(next) = &next {
                done.note(deed(Part::Words, &now, next));
                now.clone_from(next);
            }
            all.push(next);
        }
        all
    }

    fn deed(part: Part, before: &str, after: &str) -> Deed {
        Deed { part, before: before.to_owned(), after: after.to_owned() }
    }

    #[test]
    fn the_last_of_a_points_words_and_heading_is_undone_first() {
        let mut done = Deeds::default();
        for (part, before, after) in
            [(Part::Words, "24 days", "12 days"), (Part::Heading, "Pullout", "Withdrawal"), (Part::Words, "12 days", "24 days")]
        {
            done.note(deed(part, before, after));
        }
        let now = [(Part::Words, "24 days".to_owned()), (Part::Heading, "Withdrawal".to_owned())];
        assert_eq!(done.without_last(&now), Ok((Part::Heading, "Pullout".to_owned())), "the words were taken back by hand");
        done.note(deed(Part::Heading, "Withdrawal", "Pullout"));
        assert_eq!(done.without_last(&now), Err(Stands::Nothing));
    }

    #[test]
    fn what_was_done_last_is_undone_first_and_nothing_twice() {
        let ok = |text: &str| Ok(text.to_owned());
        let steps = [("in 24 days", "in 12 days"), ("in 12 days", "in 12 days, at once")];
        assert_eq!(undone(&steps, "in 12 days, at once"), [ok("in 12 days"), ok("in 24 days"), Err(Stands::Nothing)]);
        // Others changed other words since, or the same.
        assert_eq!(undone(&steps[..1], "only in 12 days"), [ok("only in 24 days"), Err(Stands::Nothing)]);
        assert_eq!(undone(&steps[..1], "in 48 days"), [Err(Stands::Changed)]);
        // Typed back by hand.
        assert_eq!(undone(&[steps[0], ("in 12 days", "in 24 days")], "in 24 days"), [Err(Stands::Nothing)]);
        // Settled on one of several; one's own alternative withdrawn.
        assert_eq!(undone(&[("[30][50] km", "30 km")], "30 km"), [ok("[30][50] km"), Err(Stands::Nothing)]);
        assert_eq!(
            undone(&[("in 24 days", "in 12 days"), ("in [12][48] days", "in 48 days")], "in 48 days"),
            [Err(Stands::Nothing)]
        );
        assert_eq!(undone(&[("Say all.", "Say.")], "Say."), [ok("Say all."), Err(Stands::Nothing)]);
    }
}
