//! A text letter by letter, each with the name that it keeps wherever it stands.

use yrs::{GetString as _, Map as _, Out, ReadTxn, Text as _, TextRef, TransactionMut};

use crate::{
    id::PointId,
    text::{
        authorship::{Block, blocks},
        plan::POINTS,
        say::utf16,
    },
};

/// The client id and the clock under which a letter was typed.
pub type LetterId = (u64, u32);

/// A letter of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letter {
    /// What it is.
    pub letter: char,
    /// Its name.
    pub id: LetterId,
}

/// A letter as it shall stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What it is.
    pub letter: char,
    /// The one that it is or repeats; none for a mark that nobody wrote.
    pub of: Option<LetterId>,
    /// Of a mark that begins an alternative: a letter of each client under which it was made one, besides its own.
    pub whose: Vec<LetterId>,
}

impl From<Letter> for Wanted {
    fn from(Letter { letter, id }: Letter) -> Self {
        Self { letter, of: Some(id), whose: Vec::new() }
    }
}

impl Wanted {
    /// It begins an alternative of those, too, who wrote these letters.
    pub fn is_of(&mut self, letters: Vec<LetterId>) {
        for letter in letters {
            if self.of.iter().chain(&self.whose).all(|(client, _)| *client != letter.0) {
                self.whose.push(letter);
            }
        }
    }
}

/// A text of a point; `None` if there is none.
pub fn text_of<T: ReadTxn>(txn: &T, point: &PointId, field: &str) -> Option<TextRef> {
    let Some(Out::YMap(point)) = txn.get_map(POINTS)?.get(txn, point.as_str()) else { return None };
    match point.get(txn, field) {
        Some(Out::YText(text)) => Some(text),
        _ => None,
    }
}

/// The letters of a text; `None` for one that holds more, or of which it cannot be told who typed them.
pub fn letters(txn: &mut TransactionMut, text: &TextRef) -> Option<Vec<Letter>> {
    let whole = text.get_string(txn);
    if text.len(txn) != utf16(&whole) {
        return None;
    }
    let (mut letters, mut rest) = (Vec::with_capacity(whole.len()), whole.as_str());
    for Block { client, clock, bytes, .. } in blocks(txn, text) {
        let (own, behind) = rest.split_at_checked(bytes)?;
        rest = behind;
        let mut clock = clock;
        for letter in own.chars() {
            letters.push(Letter { letter, id: (client, clock) });
            clock += letter.len_utf16() as u32;
        }
    }
    rest.is_empty().then_some(letters)
}
