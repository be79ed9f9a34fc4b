//! What others changed in a page of the log, and who did.

use plenary_shared::{
    id::MemberId,
    text::{
        history::{Heard, Replay, Touches},
        plan::{Change, Outline, changes},
    },
};

use super::told::Told;
use crate::{error::CliError, folder::text::Text};

/// What others than `me` changed in a page of records that follow on `text`, each with who did.
pub fn theirs(text: &Text, page: &[Told], me: &MemberId) -> Result<Vec<(Change, Vec<Heard>)>, CliError> {
    let fresh = page.iter().filter(|(seq, refused, record)| *seq > text.seq && !refused && record.change().is_some());
    let fresh: Vec<&Told> = fresh.collect();
    if fresh.iter().all(|(_, _, record)| record.author.member == *me) {
        return Ok(Vec::new());
    }
    // With one's own records in it, since others may go on from those; what only they changed has no other author.
    let mut replay = Replay::from_state(text.seq, &text.state()?)?;
    let mut touches = Touches::default();
    for (seq, _, record) in fresh {
        let touched = replay.apply(*seq, record)?;
        if record.author.member != *me && !record.author.is_engine() {
            touches.note(record, &touched);
        }
    }
    let all = changes(&text.look(|txn| Outline::read(txn))?, &replay.outline()?).into_iter();
    let by = all.map(|change| (touches.of(&change.point).to_vec(), change));
    Ok(by.filter(|(by, _)| !by.is_empty()).map(|(by, change)| (change, by)).collect())
}
