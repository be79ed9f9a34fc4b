//! The way on where the server's log is no longer the one that the replica holds.
//!
//! A restore from a backup takes the server's log back to one of its own records, and the server may go on from there: that is told from a
//! server that shows another past, and whoever holds more chooses. What this member wrote is sent again under its own name; nobody can
//! send what others wrote, since authorship cannot be forged.
//!
//! **Architecture invariant:** a command that is stopped anywhere here is repeated: what is replaced was put by before, one's own
//! edits wait before the log is cut, and the log is cut last. Until an edit was sent, one may still give up: whatever is to be sent again
//! was put by before, and is named by what was put by.

use bytes::Bytes;
use plenary_shared::{
    limits::COMPARED_MAX,
    log::record::{self, Digest, Record},
    people::{Audience, Layer},
    wire::{
        api::NewLayer,
        sync::{Compare, Compared, LogMark},
    },
};
use std::{collections::HashSet, path::Path};

use super::{
    pull::{Lost, Puller, name},
    report::Report,
};
use crate::{
    context::Session,
    error::{Ahead, CliError},
    folder::{
        Folder,
        before::{self, Before},
        layers::{self, Copy},
        own::{Body, EditId, Fate, New},
        text::Text,
    },
    when,
    wire::pulled::OnServer,
};

/// What to do with what the server lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// Send again what one wrote oneself, and what one's party's layers hold.
    Resend,
    /// Take the plan as the server has it.
    Anew,
}

/// A record of the replica's log, with its digest.
type Numbered = (LogMark, Record);

/// Finds where the logs part, and what the server lost. Changes nothing.
///
/// # Errors
/// Refused if no restore explains it.
pub fn survey(folder: &Folder, session: &Session, puller: &Puller) -> Result<Ahead, CliError> {
    let log = {
        let _lock = folder.lock_shared()?;
        numbered(folder, folder.dir())?
    };
    let path = session.plan_path(&folder.info.plan, "/compare")?;
    let parted = part(&log, |compare| session.api.post(&path, &compare))?;
    let (end, Compared { common, end: server_end, restored }) = (puller.text().end.seq, parted);
    if common < end && server_end > common && (common == 0 || !restored) {
        return Err(another_past(&format!("record {} of the server's log does not continue the log", common + 1)));
    }
    let mut ahead = Ahead {
        common,
        end,
        server_end,
        mine: 0,
        others: 0,
        layers: Vec::new(),
        others_layers: Vec::new(),
        forgotten: Vec::new(),
    };
    for (_, record) in log.iter().filter(|(mark, _)| mark.seq > common) {
        let whose = if record.author.member == folder.info.member { &mut ahead.mine } else { &mut ahead.others };
        *whose += 1;
    }
    let party = puller.party();
    let forgotten = puller.layers(server_end, |there| {
        let OnServer { layer, anew, .. } = there;
        if !anew || puller.lost(&there)?.is_none() {
            return Ok(());
        }
        if common == end && !restored && !puller.went_back(&there)? {
            return Err(another_past(&format!("the server's log of the layer {} does not continue the copy", name(layer))));
        }
        if Some(&layer.party) == party { &mut ahead.layers } else { &mut ahead.others_layers }.push(name(layer));
        Ok(())
    })?;
    if restored {
        ahead.layers.extend(forgotten.iter().map(name));
        ahead.forgotten = forgotten;
    }
    Ok(ahead)
}

/// Takes back what an earlier way on made ready to be sent again and has not sent, wherever it was stopped: it stays where it was put by.
pub fn give_up(folder: &Folder, puller: &Puller) -> Result<(), CliError> {
    let _lock = folder.lock()?;
    let mut made_ready = HashSet::new();
    for dir in before::all(folder.dir())? {
        made_ready.extend(numbered(folder, &dir)?.iter().map(|(mark, _)| edit_id(mark.digest.as_bytes())));
        for layer in puller.known_layers() {
            let copy = layers::read(&dir, &folder.cipher, &layer.party, &layer.layer, &mut Vec::new())?;
            made_ready.extend(copy.map(|copy| layer_edit_id(layer, &copy)));
        }
    }
    let is_given_up = |fate: &Fate| matches!(fate, Fate::Waiting | Fate::Held | Fate::Sent | Fate::Cut);
    folder.own()?.forget(folder.dir(), |edit| made_ready.contains(&edit.id) && is_given_up(&edit.fate))
}

/// Takes the replica back to where the logs part, and holds one's own edits until it is known what the server has of what they build on.
pub fn go_on(
    folder: &Folder,
    session: &Session,
    puller: &Puller,
    ahead: &Ahead,
    way: Way,
    report: &mut Report,
) -> Result<(), CliError> {
    let before = {
        let _lock = folder.lock()?;
        let before = Before::begin(folder.dir(), &puller.text().end)?;
        report.put_by = Some(before.dir().to_owned());
        let lost = if way == Way::Resend { lost(folder, ahead)? } else { Vec::new() };
        report.again += lost.len();
        folder.own()?.put_back(folder.dir(), &folder.cipher, lost, ahead.common)?;
        before
    };
    if way == Way::Resend {
        // Open, it is told as any other that went back.
        ahead.forgotten.iter().try_for_each(|layer| open_again(folder, session, layer))?;
    }
    let party = puller.party();
    let forgotten = puller.layers(ahead.server_end, |there| {
        if !there.anew {
            return Ok(());
        }
        if let Some(Lost { copy, update }) = puller.lost(&there)? {
            let _lock = folder.lock()?;
            before.put_layer_by(folder.dir(), there.layer)?;
            if way == Way::Resend && Some(&there.layer.party) == party {
                let edit = layer_again(&there, &copy, update, ahead.common);
                folder.own()?.put_back(folder.dir(), &folder.cipher, vec![edit], ahead.common)?;
                report.again += 1;
            } else {
                report.replaced.push(name(there.layer));
            }
        }
        puller.take_layer(&there)
    })?;
    let _lock = folder.lock()?;
    for layer in &forgotten {
        before.put_layer_by(folder.dir(), layer)?;
        layers::remove(folder.dir(), layer)?;
        report.replaced.push(name(layer));
    }
    if ahead.common < ahead.end {
        Text::cut_back(folder.dir(), ahead.common)?;
    }
    Ok(())
}

/// Opens a layer of one's own party again that was opened after the backup. What the server does not open stays put by.
fn open_again(folder: &Folder, session: &Session, layer: &Layer) -> Result<(), CliError> {
    let Audience::Parties(audience) = &layer.audience else { return Ok(()) };
    let new = NewLayer { layer: layer.layer.clone(), audience: audience.clone() };
    match session.api.post::<Layer>(&session.plan_path(&folder.info.plan, "/layers")?, &new) {
        Err(CliError::Api { status, .. }) if status < 500 => Ok(()),
        opened => opened.map(drop),
    }
}

/// The whole log of the replica, or one that was put by, each record with its digest. The folder must be locked.
fn numbered(folder: &Folder, dir: &Path) -> Result<Vec<Numbered>, CliError> {
    let text = folder.info.text();
    let mut digest = Digest::genesis(&text);
    let records = Text::records(dir, &text, 0)?.into_iter();
    let numbered = records.map(|(seq, _, record)| {
        (_, digest) = record::seal(&digest, &record);
        (LogMark { seq, digest }, record)
    });
    Ok(numbered.collect())
}

/// Finds the last record that both logs hold, by a few at a time.
fn part(log: &[Numbered], mut ask: impl FnMut(Compare) -> Result<Compared, CliError>) -> Result<Compared, CliError> {
    // The first `low` records hold; behind the first `high` none does.
    let (mut low, mut high) = (0, log.len());
    loop {
        let count = (high - low).min(COMPARED_MAX);
        let rungs: Vec<usize> = (1..=count).map(|n| low + (high - low) * n / count).collect();
        let records: Vec<LogMark> = rungs.iter().filter_map(|rung| log.get(rung - 1)).map(|(mark, _)| *mark).collect();
        let holds = |mark: &LogMark, compared: &Compared| mark.seq <= compared.common;
        let compared = ask(Compare { records: records.clone() })?;
        let held = records.iter().take_while(|mark| holds(mark, &compared)).count();
        high = rungs.get(held).map_or(high, |rung| rung - 1);
        low = held.checked_sub(1).and_then(|last| rungs.get(last)).copied().unwrap_or(low);
        if low >= high {
            let common = low.checked_sub(1).and_then(|last| log.get(last)).map_or(0, |(mark, _)| mark.seq);
            return Ok(Compared { common, ..compared });
        }
    }
}

/// What this member wrote in the records that the server lost, as edits that are named by them.
fn lost(folder: &Folder, ahead: &Ahead) -> Result<Vec<(EditId, New)>, CliError> {
    let text = folder.info.text();
    let mut digest = Digest::genesis(&text);
    let mut lost = Vec::new();
    for (seq, refused, record) in Text::records(folder.dir(), &text, 0)? {
        (_, digest) = record::seal(&digest, &record);
        if seq <= ahead.common || refused || record.author.member != folder.info.member {
            continue;
        }
        let Some(update) = record.change() else { continue };
        let what = format!("what you wrote at {}, which the server lost (record {seq})", when::local(record.at_ms));
        let body = Body { what: vec![what], parts: vec![(None, update.clone())], once: None, confirms: Vec::new() };
        let new = New { at_ms: record.at_ms, seen: record.seen, body };
        lost.push((edit_id(digest.as_bytes()), new));
    }
    Ok(lost)
}

/// What the copy of a layer of one's own party holds and the server lost, as one edit.
fn layer_again(there: &OnServer, copy: &Copy, lost: Bytes, common: u64) -> (EditId, New) {
    let layer = &there.layer.layer;
    let what = format!("what the layer {layer} held, which the server lost");
    let body = Body { what: vec![what], parts: vec![(Some(layer.clone()), lost)], once: None, confirms: Vec::new() };
    (layer_edit_id(there.layer, copy), New { at_ms: when::now_ms(), seen: common, body })
}

/// Named by the copy, so that a command that is repeated finds the edit.
fn layer_edit_id(layer: &Layer, copy: &Copy) -> EditId {
    let hash = blake3::Hasher::new().update(name(layer).as_bytes()).update(copy.digest.as_bytes()).finalize();
    edit_id(hash.as_bytes())
}

fn edit_id(hash: &[u8; 32]) -> EditId {
    let mut id = EditId::default();
    id.copy_from_slice(&hash[..16]);
    id
}

/// Nothing explains what the server shows.
pub fn another_past(what: &str) -> CliError {
    CliError::Refused(format!(
        "{what} that this replica holds: the server shows another past. Nothing was taken; keep this folder, and compare with another party's replica"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plenary_shared::{
        log::record::{Moment, Provenance, Right},
        people::Author,
    };

    #[test]
    fn where_logs_part_is_found_in_a_few_requests() {
        let author = Author { party: "arv".parse().expect("an id"), member: "arv-1".parse().expect("an id") };
        let by = Provenance::live(author, Right::Draft);
        for length in [0, 1, 2, 63, 64, 65, 4_096, 5_000] {
            let record = |seq| by.clone().record(seq - 1, Moment::default(), bytes::Bytes::new());
            let mark = |seq| LogMark { seq, digest: Digest::from([seq as u8; 32]) };
            let log: Vec<Numbered> = (1..=length).map(|seq| (mark(seq), record(seq))).collect();
            for common in [0, 1, length / 3, length / 2, length.saturating_sub(1), length].into_iter().filter(|at| *at <= length)
            {
                let mut requests = 0;
                let parted = part(&log, |Compare { records }| {
                    requests += 1;
                    assert!(records.len() <= COMPARED_MAX && records.is_sorted_by_key(|mark| mark.seq));
                    let held = records.iter().map(|mark| mark.seq).filter(|seq| *seq <= common).max();
                    Ok(Compared { common: held.unwrap_or(0), end: common, restored: true })
                });
                assert_eq!(parted.expect("an answer").common, common, "of {length}");
                assert!(requests <= 4, "{requests} requests for {common} of {length}");
            }
        }
    }

    #[test]
    fn a_server_that_answers_anything_does_not_keep_one_asking() {
        let author = Author { party: "arv".parse().expect("an id"), member: "arv-1".parse().expect("an id") };
        let record = Provenance::live(author, Right::Draft).record(0, Moment::default(), bytes::Bytes::new());
        let log: Vec<Numbered> =
            (1..=10_000).map(|seq| (LogMark { seq, digest: Digest::from([1; 32]) }, record.clone())).collect();
        for seed in 0..50_u64 {
            let mut requests = 0;
            let parted = part(&log, |_| {
                requests += 1;
                let common = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(requests) % 20_000;
                Ok(Compared { common, end: u64::MAX, restored: false })
            });
            assert!(parted.expect("an answer").common <= 10_000 && requests <= 4);
        }
    }
}
