//! Runs a script: checks what it expects, makes its edits one after the other, and says what changed.

mod adopt;
mod annotate;
mod bench;
mod position;
mod schedule;
mod text;
mod thread;

use bench::{Bench, may_go_on};
use std::{
    mem::{self, ManuallyDrop},
    panic::{AssertUnwindSafe, catch_unwind},
};
use yrs::TransactionMut;

use super::{
    Applied, BracketedEdit, Desk, Done, Edit, Expect, NewIds, OnDesk, Ran, Script, ScriptError, error::Refusal, needs, once,
};
use crate::{
    id::{LayerId, PRIVATE},
    limits,
    log::fold::Misbehaved,
    script::Once,
    talk::proposal,
    text::{
        plan::{Outline, changes},
        say::quoted,
        words::{ExactWords, plan_digest},
    },
};

/// Makes the edits in their order, each seeing what those before it did. `go_on` is asked before each piece of work whether there is
/// time for it.
///
/// # Errors
/// [`Misbehaved`] if a document cannot bear it, else [`ScriptError`] for the first that cannot be made.
pub fn run(
    desk: Desk,
    script: &Script,
    ids: &mut dyn NewIds,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Result<Ran, ScriptError>, Misbehaved> {
    // After a panic the documents are given up rather than touched again: their destructors may panic as well, and that would
    // end the process.
    let mut desk = ManuallyDrop::new(desk);
    let ran = catch_unwind(AssertUnwindSafe(|| run_at(&mut desk, script, ids, go_on))).map_err(|_| Misbehaved)?;
    drop(ManuallyDrop::into_inner(desk));
    Ok(ran)
}

fn run_at(desk: &mut Desk, script: &Script, ids: &mut dyn NewIds, go_on: &mut dyn FnMut() -> bool) -> Result<Ran, ScriptError> {
    if script.edits.is_empty() {
        return Err(ScriptError::usage(0, "edits", "none", "at least one edit"));
    }
    if script.edits.len() > limits::SCRIPT_EDITS_MAX {
        let expected = format!("at most {}: make several scripts of it", limits::SCRIPT_EDITS_MAX);
        return Err(ScriptError::usage(0, "edits", format!("{} edits", script.edits.len()), expected));
    }
    if script.seen.is_some() && needs(script) > OnDesk::Text {
        let expected = "none where layers are changed";
        return Err(ScriptError::usage(0, "seen", "the record that was seen last", expected));
    }
    let key = once(script)?;
    // After a panic the open transactions are given up rather than touched again: ending one may panic as well, and that would
    // end the process.
    let mut bench = ManuallyDrop::new(Bench::new(desk, ids, go_on));
    let ran = run_on(&mut bench, script, key);
    drop(ManuallyDrop::into_inner(bench));
    ran
}

fn run_on(bench: &mut Bench, script: &Script, key: Option<Once>) -> Result<Ran, ScriptError> {
    let private = key.as_ref().map(|key| private(bench, key)).transpose()?;
    if let Some((_, true)) = private {
        let applied = Applied { repeated: true, dry_run: script.dry_run, ..Applied::default() };
        return Ok(Ran { applied, updates: Vec::new(), once: None });
    }
    let before = Outline::read(&bench.text);
    if script.seen.is_none() {
        expected(&before, script, &mut *bench.go_on)?;
    }
    let (mut done, mut beside) = (Vec::with_capacity(script.edits.len()), Vec::new());
    for (at, edit) in script.edits.iter().enumerate() {
        let made = bench.may_go_on().and_then(|()| make(bench, edit));
        done.push(made.map_err(|refusal| refusal.of(at + 1, edit.nature().kind))?);
        let bracketed = done.last().filter(|_| mem::take(&mut bench.clashed)).and_then(Done::changed);
        beside.extend(bracketed.map(|(point, _, label)| BracketedEdit {
            line: at + 1,
            point: point.clone(),
            label: label.into(),
        }));
    }
    if let (Some(key), Some((at, _))) = (&key, private) {
        super::once::write(&mut bench.sheets[at].txn, key, bench.now_ms);
    }
    let text = update(&bench.text)?;
    let after = if text.is_some() { Outline::read(&bench.text) } else { before.clone() };
    schedule::tell(&mut done, &after);
    let changes = if text.is_some() { changes(&before, &after) } else { Vec::new() };
    let applied = Applied { done, changes, bracketed: beside, repeated: false, dry_run: script.dry_run, notice: None };
    if script.dry_run {
        return Ok(Ran { applied, updates: Vec::new(), once: None });
    }
    let mut updates: Vec<(Option<LayerId>, Vec<u8>)> = text.into_iter().map(|update| (None, update)).collect();
    for sheet in &bench.sheets {
        updates.extend(update(&sheet.txn)?.map(|update| (Some(sheet.layer.layer.clone()), update)));
    }
    Ok(Ran { applied, updates, once: key })
}

fn make(bench: &mut Bench, edit: &Edit) -> Result<Done, Refusal> {
    match edit {
        Edit::Insert(edit) => text::insert(bench, edit),
        Edit::Delete(edit) => text::delete(bench, edit),
        Edit::Replace(edit) => text::replace(bench, edit),
        Edit::Words(edit) => text::words(bench, edit),
        Edit::Settle(edit) => text::settle(bench, edit),
        Edit::Add(edit) => text::add(bench, edit),
        Edit::Move(edit) => text::move_to(bench, edit),
        Edit::Strike(edit) => text::strike(bench, &edit.point, true),
        Edit::Restore(edit) => text::strike(bench, &edit.point, false),
        Edit::Heading(edit) => text::heading(bench, &edit.point, &edit.text),
        Edit::Title(edit) => text::title(bench, &edit.text),
        Edit::Label(edit) => text::label(bench, &edit.point, &edit.label),
        Edit::Renumber(_) => text::renumber(bench),
        Edit::Schedule(edit) => schedule::schedule(bench, edit),
        Edit::Note(edit) => annotate::note(bench, edit),
        Edit::Propose(edit) => annotate::propose(bench, edit),
        Edit::Reply(edit) => annotate::reply(bench, edit),
        Edit::Own(edit) => annotate::own(bench, edit),
        Edit::Resolve(edit) => thread::settle(bench, &edit.id, true),
        Edit::Reopen(edit) => thread::settle(bench, &edit.id, false),
        Edit::Table(edit) => thread::table(bench, edit),
        Edit::Accept(edit) => position::accept(bench, edit),
        Edit::Reserve(edit) => position::reserve(bench, edit),
        Edit::Oppose(edit) => position::oppose(bench, edit),
        Edit::Withdraw(edit) => thread::withdraw(bench, edit),
        Edit::Adopt(edit) => adopt::put_in(bench, edit, proposal::adopt),
        Edit::Alternative(edit) => adopt::put_in(bench, edit, proposal::alternative),
    }
}

/// The layer that keeps the key, and whether the same script was applied under it already.
fn private(bench: &Bench, once: &Once) -> Result<(usize, bool), ScriptError> {
    let at = bench.writable("", &LayerId::built_in(PRIVATE)).map_err(|refusal| refusal.at(0, "once".to_owned()))?;
    match super::once_of(&bench.sheets[at].txn, &once.key) {
        None => Ok((at, false)),
        Some(digest) if digest == once.digest => Ok((at, true)),
        Some(_) => {
            let found = format!("{}, which another script was applied under", quoted(&once.key));
            Err(Refusal::refused("", found, "a key of this script's own").at(0, "once".to_owned()))
        }
    }
}

/// Checks that the words are those that a script expects; `go_on` is asked before each whether there is time for it.
///
/// # Errors
/// [`ScriptError`], if they are not.
pub fn expected(outline: &Outline, script: &Script, go_on: &mut dyn FnMut() -> bool) -> Result<(), ScriptError> {
    if script.expect.is_empty() {
        return Ok(());
    }
    let exact = ExactWords::read(outline);
    for (at, Expect { point, digest }) in script.expect.iter().enumerate() {
        may_go_on(go_on).map_err(|refusal| refusal.at(0, format!("expect[{at}]")))?;
        let (found, whose) = match point {
            None => (plan_digest(outline, &exact), "the plan".to_owned()),
            Some(what) => {
                let point = outline.find(what);
                let point = point.map_err(|error| Refusal::finding("", what, error).at(0, format!("expect[{at}].point")))?;
                (exact.get(&point.id).map(|exact| exact.digest).unwrap_or(*digest), quoted(what))
            }
        };
        if found != *digest {
            let message = format!(
                "the words of {whose} are not those that the script expects: their digest is {found}, not {digest}; nothing was changed"
            );
            let refusal = Refusal::refused("", format!("{found}, the digest of {whose}"), digest.to_string()).says(message);
            return Err(refusal.at(0, format!("expect[{at}].digest")));
        }
    }
    Ok(())
}

/// What a transaction changed; none: nothing.
fn update(txn: &TransactionMut) -> Result<Option<Vec<u8>>, ScriptError> {
    if txn.insert_set().is_empty() && txn.delete_set().is_empty() {
        return Ok(None);
    }
    let update = txn.encode_update_v1();
    if update.len() > limits::UPDATE_BYTES_MAX {
        let (found, expected) = (format!("{} bytes of changes", update.len()), limits::UPDATE_BYTES_MAX.to_string());
        let message = "the change is too large: make it in smaller parts";
        let refusal = Refusal::refused("", found, format!("at most {expected}: make it in smaller parts")).says(message);
        return Err(refusal.at(0, "edits".to_owned()));
    }
    Ok(Some(update))
}
