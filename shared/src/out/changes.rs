//! Redlines, cut to what matters and within bounds.

use super::{
    sheet::{Line, Span, own},
    text::{AROUND, cut, head, tail},
};
use crate::{
    id::PartyId,
    text::redline::{Piece, Shares},
};

/// Characters printed of words that go or came and stand elsewhere in full.
const CHANGE_CHARS_MAX: usize = 2_000;

/// What a party wants changed; as replaced whole once its share is used up.
pub(super) fn between(shares: &mut Shares, party: &PartyId, old: &str, new: &str) -> Vec<Piece> {
    let whole = || vec![Piece::Removed(old.to_owned()), Piece::Inserted(new.to_owned())];
    shares.redline(party, old, new).unwrap_or_else(whole)
}

/// Whose text the inserted words are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Inserted {
    /// A proposal's: they stand nowhere else.
    Proposed,
    /// The plan's.
    Present,
}

/// A redline with the words before and behind it.
pub(super) fn line(before: &str, pieces: Vec<Piece>, behind: &str, inserted: Inserted) -> Line<'static> {
    let mut line = Vec::new();
    let last = pieces.len().saturating_sub(1);
    let text = |text: &str| Span::Text(text.to_owned().into());
    if !before.is_empty() {
        line.extend(lead(before));
    }
    for (at, piece) in pieces.into_iter().enumerate() {
        match piece {
            Piece::Same(same) if at == 0 && before.is_empty() => line.extend(lead(&same)),
            Piece::Same(same) if at == last && behind.is_empty() => line.extend(trail(&same)),
            Piece::Same(same) if same.char_indices().nth(3 * AROUND).is_some() => {
                line.extend([text(head(&same, AROUND)), own(" … "), text(tail(&same, AROUND))]);
            }
            Piece::Same(same) => line.push(Span::Text(same.into())),
            Piece::Removed(old) => line.push(Span::Removed(cut(&old, CHANGE_CHARS_MAX).into_owned().into())),
            Piece::Inserted(new) if inserted == Inserted::Proposed => line.push(Span::Inserted(new.into())),
            Piece::Inserted(new) => line.push(Span::Inserted(cut(&new, CHANGE_CHARS_MAX).into_owned().into())),
        }
    }
    if !behind.is_empty() {
        line.extend(trail(behind));
    }
    line
}

fn lead(text: &str) -> Line<'static> {
    let kept = tail(text, AROUND);
    let all = kept.len() == text.len();
    let gap = (!all).then(|| own("… "));
    let kept = if all { kept } else { kept.trim_start() };
    gap.into_iter().chain([Span::Text(kept.to_owned().into())]).collect()
}

fn trail(text: &str) -> Line<'static> {
    let kept = head(text, AROUND);
    let all = kept.len() == text.len();
    let kept = if all { kept } else { kept.trim_end() };
    let gap = (!all).then(|| own(" …"));
    [Span::Text(kept.to_owned().into())].into_iter().chain(gap).collect()
}
