//! Sending one's own edits, in their order, as many at a time as fit into a request.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use plenary_shared::{
    limits,
    wire::{
        error::{ErrorBody, Word},
        sync::{OfflineEdit, Outcome, Part, Push, Pushed},
    },
};

use std::thread;

use super::report::{Refused, Report};
use crate::{
    context::Session,
    error::CliError,
    folder::{
        Folder,
        own::{self, Body, EditId, Fate},
    },
    progress::Progress,
    when,
};

/// Edits in one request.
const EDITS: usize = 1_000;
/// 1 MiB: updates in one request, unless a single edit is larger.
const BYTES: usize = 1 << 20;

/// Sends all that waits; answers how many edits the server decided about, and those under whose client ids another party writes: these wait
/// on, with what comes behind the first of them, to be made under others.
pub fn push(
    folder: &Folder,
    session: &Session,
    report: &mut Report,
    progress: &Progress,
) -> Result<(usize, Vec<EditId>), CliError> {
    let own = {
        let _lock = folder.lock_shared()?;
        folder.own()?
    };
    let waiting: Vec<_> = own.edits.iter().filter(|edit| edit.waits()).collect();
    let bar = progress.bar("sending", waiting.len() as u64, "edits");
    let mut rest = waiting.as_slice();
    while !rest.is_empty() {
        let (mut sending, mut bytes) = (Vec::new(), 0);
        for edit in rest.iter().take(EDITS) {
            let body = edit.body(&folder.cipher)?;
            bytes += body.parts.iter().map(|(_, update)| update.len()).sum::<usize>();
            if !sending.is_empty() && bytes > BYTES {
                break;
            }
            sending.push((edit.id, edit.seen, body));
        }
        let pushed = send(folder, session, &sending)?;
        let decided = pushed.outcomes.len().min(sending.len());
        report.notice = pushed.notice.or(report.notice.take());
        let taken = settle(folder, report, &sending, pushed.outcomes)?;
        bar.inc(decided as u64);
        if !taken.is_empty() {
            return Ok((waiting.len(), taken));
        }
        if let Some(why) = pushed.stopped {
            return Err(stopped(why));
        }
        if decided == 0 {
            return Err(CliError::NoConnection { server: session.server.to_string(), reason: "it decided about nothing".into() });
        }
        rest = &rest[decided..];
    }
    Ok((waiting.len(), Vec::new()))
}

/// Why the server did not go on. What it did not decide about waits, whether it was kept or not: sent again, it changes nothing.
fn stopped(ErrorBody { error, message, .. }: ErrorBody) -> CliError {
    let why = if error == Word::InDoubt { "the server does not know what it kept" } else { &message };
    CliError::Api { status: 503, error, message: format!("{why}; your edits wait here, and the next sync sends them again") }
}

fn send(folder: &Folder, session: &Session, edits: &[(EditId, u64, Body)]) -> Result<Pushed, CliError> {
    let part = |(layer, update): &(_, bytes::Bytes)| Part { layer: Option::clone(layer), update: BASE64.encode(update) };
    let edits = edits.iter().map(|(id, seen, body)| OfflineEdit {
        parts: body.parts.iter().map(part).collect(),
        seen: *seen,
        branch: own::stay(id),
        once: body.once.clone(),
        confirms: body.confirms.clone(),
    });
    let push = Push { edits: edits.collect() };
    let path = session.plan_path(&folder.info.plan, "/push")?;
    let mut wait = limits::PAUSE_FIRST;
    loop {
        match session.api.post_within(&path, &push, limits::MESSAGE) {
            // Something of what was sent before was refused: the next is taken a little later.
            Err(CliError::Api { error: Word::TooOften, .. }) if wait < limits::PAUSE_MAX => {
                thread::sleep(wait);
                wait *= 2;
            }
            // Who may write nothing any more is told so before anything is read: that is the answer to each.
            Err(CliError::Api { error: error @ Word::Forbidden, message, .. }) => {
                let why = ErrorBody { error, message, script: None };
                let outcomes = vec![Outcome::Refused(why); push.edits.len()];
                return Ok(Pushed { outcomes, stopped: None, notice: None });
            }
            answer => return answer,
        }
    }
}

/// Writes down what became of edits; answers those whose client ids are taken.
fn settle(
    folder: &Folder,
    report: &mut Report,
    sent: &[(EditId, u64, Body)],
    outcomes: Vec<Outcome>,
) -> Result<Vec<EditId>, CliError> {
    let (mut fates, mut taken) = (Vec::with_capacity(outcomes.len()), Vec::new());
    for ((id, _, body), outcome) in sent.iter().zip(outcomes) {
        let fate = match outcome {
            Outcome::Done | Outcome::Cut(_) => {
                report.sent += 1;
                let text = body.parts.iter().filter(|(layer, _)| layer.is_none());
                report.sent_updates.extend(text.map(|(_, update)| update.clone()));
                match outcome {
                    Outcome::Cut(cut) => {
                        report.cut.add(cut);
                        Fate::Cut
                    }
                    _ => Fate::Sent,
                }
            }
            Outcome::Repeated => {
                report.repeated += 1;
                Fate::Repeated
            }
            Outcome::Refused(ErrorBody { error: Word::Taken, .. }) => {
                taken.push(*id);
                continue;
            }
            // It may build on what is taken.
            Outcome::Refused(_) if !taken.is_empty() => continue,
            Outcome::Refused(why) => {
                report.refused.push(Refused { what: body.what.clone(), why: why.clone() });
                let message = folder.cipher.seal(why.message.into_bytes().into())?;
                Fate::Refused { error: why.error.as_str().to_owned(), message, at_ms: when::now_ms() }
            }
        };
        fates.push((*id, fate));
    }
    let _lock = folder.lock()?;
    folder.own()?.settle(folder.dir(), &fates)?;
    Ok(taken)
}
