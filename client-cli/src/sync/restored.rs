//! The way on where the server's log is no longer the one that the replica holds.
//!
//! A restore from a backup takes the server's log back to one of its own records, and the server may go on from there: that is told from a
//! server that shows another past, and whoever holds more chooses. What this member wrote is sent again under its own name; nobody can
//! send what others wrote, since authorship cannot be forged.
//!
//! **Architecture invariant:** a command that is stopped anywhere here is repeated: what is replaced was put by before, one's own
//! edits wait before the log is cut, and the log is cut last.

use plenary_shared::{
    api::{Compare, Compared, Mark},
    limits::COMPARED_MAX,
    record::{self, Digest, Record},
};

use super::{
    Report,
    ahead::Ahead,
    pull::{OnServer, Puller, name},
};
use crate::{
    context::Session,
    error::CliError,
    folder::{
        Folder,
        before::Before,
        own::{Body, EditId, New},
        text::Text,
    },
    when,
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
type Numbered = (Mark, Record);

/// Finds where the logs part, and what the server lost. Changes nothing.
///
/// # Errors
/// Refused if no restore explains it.
pub fn survey(folder: &Folder, session: &Session, puller: &Puller) -> Result<Ahead, CliError> {
    let log = numbered(folder)?;
    let (end, parted) = (puller.text().end.seq, part(folder, session, &log)?);
    let Compared { common, end: server_end, restored } = parted;
    if common < end && server_end > common && (common == 0 || !restored) {
        return Err(another_past(&format!("record {} of the server's log does not continue the log", common + 1)));
    }
    let mut ahead = Ahead { common, end, server_end, mine: 0, others: 0, layers: Vec::new(), others_layers: Vec::new() };
    for (_, record) in log.iter().filter(|(mark, _)| mark.seq > common) {
        let whose = if record.author.member == folder.info.member { &mut ahead.mine } else { &mut ahead.others };
        *whose += 1;
    }
    let party = puller.party();
    puller.layers(server_end, |there| {
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
    Ok(ahead)
}

/// Takes the replica back to where the logs part, and holds one's own edits until it is known what the server has of what they build on.
pub fn go_on(folder: &Folder, puller: &Puller, ahead: &Ahead, way: Way, report: &mut Report) -> Result<(), CliError> {
    {
        let _lock = folder.lock()?;
        let before = Before::begin(folder, &puller.text().end)?;
        for layer in puller.known_layers() {
            before.put_layer_by(folder, layer)?;
        }
        report.put_by = Some(before.dir().to_owned());
        let lost = if way == Way::Resend { lost(folder, ahead)? } else { Vec::new() };
        report.again += lost.len();
        folder.own()?.put_back(folder.dir(), &folder.cipher, lost)?;
    }
    let party = puller.party();
    puller.layers(ahead.server_end, |there| {
        if !there.anew {
            return Ok(());
        }
        if let Some(lost) = puller.lost(&there)? {
            if way == Way::Resend && Some(&there.layer.party) == party {
                let _lock = folder.lock()?;
                let edit = layer_again(puller, &there, lost);
                folder.own()?.put_back(folder.dir(), &folder.cipher, vec![edit])?;
                report.again += 1;
            } else {
                report.replaced.push(name(there.layer));
            }
        }
        puller.take_layer(&there)
    })?;
    if ahead.common < ahead.end {
        let _lock = folder.lock()?;
        Text::cut_back(folder.dir(), ahead.common)?;
    }
    Ok(())
}

/// The whole log, each record with its digest.
fn numbered(folder: &Folder) -> Result<Vec<Numbered>, CliError> {
    let _lock = folder.lock_shared()?;
    let text = folder.info.text();
    let mut digest = Digest::genesis(&text);
    let records = Text::records(folder.dir(), &text, 0)?.into_iter();
    let numbered = records.map(|(seq, _, record)| {
        (_, digest) = record::seal(&digest, &record);
        (Mark { seq, digest }, record)
    });
    Ok(numbered.collect())
}

/// Finds the last record that both logs hold.
fn part(folder: &Folder, session: &Session, log: &[Numbered]) -> Result<Compared, CliError> {
    let path = session.plan_path(&folder.info.plan, "/compare")?;
    // The last `low` records hold; of those after the first `high` none does.
    let (mut low, mut high) = (0, log.len());
    loop {
        let count = (high - low).min(COMPARED_MAX);
        let rungs: Vec<usize> = (1..=count).map(|n| low + (high - low) * n / count).collect();
        let records = rungs.iter().filter_map(|rung| log.get(rung - 1)).map(|(mark, _)| *mark).collect();
        let compared: Compared = session.api.post(&path, &Compare { records })?;
        let holds =
            rungs.iter().take_while(|rung| log.get(**rung - 1).is_some_and(|(mark, _)| mark.seq <= compared.common)).count();
        high = rungs.get(holds).map_or(high, |rung| rung - 1);
        low = holds.checked_sub(1).and_then(|last| rungs.get(last)).copied().unwrap_or(low);
        if low >= high {
            let common = low.checked_sub(1).and_then(|last| log.get(last)).map_or(0, |(mark, _)| mark.seq);
            return Ok(Compared { common, ..compared });
        }
    }
}

/// What this member wrote in the records that the server lost, as edits that are named by them. No author has seen what is not there yet.
fn lost(folder: &Folder, ahead: &Ahead) -> Result<Vec<(EditId, New)>, CliError> {
    let text = folder.info.text();
    let mut digest = Digest::genesis(&text);
    let mut lost = Vec::new();
    for (seq, refused, record) in Text::records(folder.dir(), &text, 0)? {
        (_, digest) = record::seal(&digest, &record);
        if seq <= ahead.common || refused || record.author.member != folder.info.member {
            continue;
        }
        let what = format!("what you wrote at {}, which the server lost (record {seq})", when::local(record.at_ms));
        let body = Body { what: vec![what], parts: vec![(None, record.update)], once: None };
        let new = New { at_ms: record.at_ms, seen: record.seen.min(ahead.common), body };
        lost.push((edit_id(digest.as_bytes()), new));
    }
    Ok(lost)
}

/// What the copy of a layer of one's own party holds and the server lost, as one edit that is named by the copy.
fn layer_again(puller: &Puller, there: &OnServer, lost: bytes::Bytes) -> (EditId, New) {
    let layer = &there.layer.layer;
    let what = format!("what the layer {layer} held, which the server lost");
    let hash = blake3::Hasher::new().update(name(there.layer).as_bytes()).update(&lost).finalize();
    let body = Body { what: vec![what], parts: vec![(Some(layer.clone()), lost)], once: None };
    (edit_id(hash.as_bytes()), New { at_ms: when::now_ms(), seen: puller.text().end.seq, body })
}

fn edit_id(hash: &[u8; 32]) -> EditId {
    let mut id = EditId::default();
    id.copy_from_slice(&hash[..16]);
    id
}

fn another_past(what: &str) -> CliError {
    CliError::Refused(format!(
        "{what} that this replica holds: the server shows another past. Nothing was taken; keep this folder, and compare with another party's replica"
    ))
}
