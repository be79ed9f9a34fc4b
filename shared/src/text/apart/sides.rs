//! What each side made of the texts, one laid upon the other.

use std::{collections::HashSet, mem, ops::Range};
use yrs::{Map as _, TransactionMut, WriteTxn as _};

use super::{
    fields::Fields,
    letters::{LetterId, Wanted, letters, text_of},
};
use crate::{
    id::PointId,
    log::fold::{Fold, Misbehaved},
    text::{
        clash::{self, SideBySide},
        plan::{META, set_title},
    },
};

/// The document as a side knew it and as it left it, without what others wrote meanwhile.
pub struct LaidSide {
    /// As it knew it.
    pub base: Fold,
    /// As it left it.
    pub text: Fold,
}

/// The document where the sides part, and each side.
pub struct LaidSides {
    /// What all of them are laid upon.
    pub ground: Fold,
    /// The sides, in order.
    pub apart: Vec<LaidSide>,
    /// Which of them brings what is new.
    pub mine: usize,
    /// What that side had brought before, and all that the log holds; `None` where these are what it knew and the ground.
    pub brought: Option<[Fold; 2]>,
}

/// The title that comes out.
pub struct JoinedTitle {
    joined: String,
    /// Whether sides stand side by side in it.
    clashed: bool,
    /// As the side that brings what is new left it.
    mine: String,
}

impl LaidSides {
    /// What comes out of what a point holds beside its texts, and whether both stand in it somewhere. What the branch had brought was
    /// joined then, and is in the base.
    pub fn fields(&mut self, point: &PointId) -> Result<(Fields, bool), Misbehaved> {
        let LaidSide { base, text } = &mut self.apart[self.mine];
        let (base, others) = match &mut self.brought {
            Some([base, others]) => (base, others),
            None => (base, &mut self.ground),
        };
        let read = |fold: &mut Fold| fold.look(|txn| Fields::read(txn, point));
        Ok(Fields::join(&read(base)?, &read(others)?, &read(text)?))
    }

    /// What comes out of a text of a point, letter by letter, and whether something stands side by side in it; `None` if nobody changed it,
    /// or if it cannot be told who typed it.
    pub fn text(&mut self, point: &PointId, field: &str) -> Result<Option<(Vec<Wanted>, bool)>, Misbehaved> {
        let read = |fold: &mut Fold| -> Result<Option<Vec<Wanted>>, Misbehaved> {
            let letters = fold.look(|txn| letters(txn, &text_of(txn, point, field)?))?;
            Ok(letters.map(|letters| letters.into_iter().map(Wanted::from).collect()))
        };
        let (mut joined, mut changed, mut clashed) = (read(&mut self.ground)?, false, false);
        for side in &mut self.apart {
            let (base, text) = (read(&mut side.base)?, read(&mut side.text)?);
            if base == text {
                continue;
            }
            changed = true;
            joined = match (joined, base, text) {
                (others, base, text) if others == base => text,
                (Some(others), Some(base), Some(mine)) => {
                    let (both, differ) = join(&base, &[&others, &mine]);
                    clashed |= differ;
                    Some(both)
                }
                _ => return Ok(None),
            };
        }
        Ok(joined.filter(|_| changed).map(|joined| (joined, clashed)))
    }

    /// What comes out of the title; `None` if nobody changed it.
    pub fn title(&mut self) -> Result<Option<JoinedTitle>, Misbehaved> {
        let (mut joined, mut changed, mut clashed) = (self.ground.look(title)?, false, false);
        for side in &mut self.apart {
            let (base, mine) = (side.base.look(title)?, side.text.look(title)?);
            if base == mine {
                continue;
            }
            changed = true;
            if joined == base {
                joined = mine;
                continue;
            }
            let sides = [joined.as_str(), mine.as_str()];
            let both = clash::join(&base, &sides);
            clashed |= both.clashed;
            joined = both.text(&base, &sides);
        }
        let mine = self.apart[self.mine].text.look(title)?;
        Ok(changed.then_some(JoinedTitle { joined, clashed, mine }))
    }
}

/// The title of a plan.
pub fn title(txn: &mut TransactionMut) -> String {
    let title = txn.get_or_insert_map(META).get(txn, "title");
    title.map(|title| title.to_string(txn)).unwrap_or_default()
}

/// Answers whether sides stand side by side in it.
pub fn put_title(txn: &mut TransactionMut, JoinedTitle { joined, clashed, mine }: &JoinedTitle) -> bool {
    if *joined == title(txn) || set_title(txn, joined).is_ok() {
        return *clashed;
    }
    // Where all together are too long for a title, the later one stands, which was one before.
    let _ = set_title(txn, mine);
    false
}

/// What comes out, letter by letter, and whether something stands side by side in it; a mark is nobody's, and begins an alternative of
/// those who wrote in it what is not in the base, or wrote the same.
fn join(base: &[Wanted], sides: &[&[Wanted]]) -> (Vec<Wanted>, bool) {
    let read = |letters: &[Wanted]| letters.iter().map(|letter| letter.letter).collect::<String>();
    let (text, texts): (String, Vec<String>) = (read(base), sides.iter().map(|side| read(side)).collect());
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let starts = |text: &str| text.char_indices().map(|(at, _)| at).collect::<Vec<usize>>();
    let (base_starts, side_starts): (Vec<usize>, Vec<_>) = (starts(&text), texts.iter().map(|text| starts(text)).collect());
    let known: HashSet<LetterId> = base.iter().filter_map(|letter| letter.of).collect();
    let new = |letters: &[Wanted]| -> Vec<LetterId> {
        letters.iter().filter_map(|letter| letter.of).filter(|id| !known.contains(id)).collect()
    };
    let (mut joined, mut begun, mut also): (Vec<Wanted>, Option<usize>, Vec<LetterId>) = (Vec::new(), None, Vec::new());
    let SideBySide { pieces, clashed } = clash::join(&text, &texts);
    for piece in pieces {
        let letters = |letters: &[Wanted], starts: &[usize], range: &Range<usize>| {
            let place = |at: usize| starts.partition_point(|start| *start < at);
            letters[place(range.start)..place(range.end)].to_vec()
        };
        let at = joined.len();
        match piece {
            clash::Fragment::Also(side, range) => {
                also.extend(new(&letters(sides[side], &side_starts[side], &range)));
                continue;
            }
            clash::Fragment::Mark(mark) => {
                match mark {
                    clash::OPENS => begun = Some(at),
                    clash::CLOSES => begun = None,
                    _ => {}
                }
                joined.extend(mark.chars().map(|letter| Wanted { letter, of: None, whose: Vec::new() }));
            }
            clash::Fragment::Base(range) => joined.extend(letters(base, &base_starts, &range)),
            clash::Fragment::Side(side, range) => joined.extend(letters(sides[side], &side_starts[side], &range)),
        }
        let wrote = new(&joined[at..]);
        if let Some(mark) = begun.and_then(|mark| joined.get_mut(mark)) {
            mark.is_of(wrote);
        }
        if let Some(mark) = joined.get_mut(at) {
            mark.is_of(mem::take(&mut also));
        }
    }
    (joined, clashed)
}
