//! Whose consent lapses by a change of words: told on a terminal before it is made.

use plenary_shared::{
    id::PointId,
    script::{Add, Applied, Done, Edit, Move, Script},
    talk::standing::{CellState, Matrix},
    text::{
        plan::{ChangeKind, Outline, Point},
        say::in_words,
    },
};
use std::collections::BTreeSet;

use crate::{
    ask,
    context::Context,
    error::CliError,
    open::{OpenPlan, only},
    output::inline,
    render::called,
};

/// Makes edits; on a terminal it says before whose consent lapses by them, and asks whether to go on.
///
/// # Errors
/// [`CliError::Refused`], if not; nothing was changed then.
pub fn made(context: &Context, open: &OpenPlan, script: &Script) -> Result<Applied, CliError> {
    if ask::is_there(&context.output) && !script.dry_run {
        let tried = open.run(&Script { dry_run: true, once: None, ..script.clone() })?;
        let lapsing = lapsing(&open.view::<Matrix>()?, &open.outline()?, script, &tried);
        let question = || format!("the consent of {} lapses by that. Go on?", in_words(&lapsing));
        if !lapsing.is_empty() && !ask::agrees(&question()) {
            return Err(CliError::Refused("nothing was changed".into()));
        }
    }
    open.run(script)
}

/// The same with one edit; answers what it did.
pub fn made_one(context: &Context, open: &OpenPlan, edit: Edit) -> Result<Done, CliError> {
    only(made(context, open, &Script { edits: vec![edit], ..Script::default() })?)
}

/// Who accepts as it is what the edits change: `ARV to 5`.
fn lapsing(matrix: &Matrix, outline: &Outline, script: &Script, tried: &Applied) -> Vec<String> {
    let above = |point: &Point| point.parent.as_ref().filter(|_| !point.struck).and_then(|id| outline.get(id));
    let mut changed: Vec<&Point> = script.edits.iter().filter_map(|edit| enlarged(outline, edit)).collect();
    for change in &tried.changes {
        let point = change.point.as_ref().and_then(|id| outline.get(id));
        changed.extend(match change.kind {
            ChangeKind::Label | ChangeKind::Title => None,
            ChangeKind::Moved | ChangeKind::Added | ChangeKind::Removed => point.and_then(above),
            // What stands above changes with it, also where it was struck and is not any more.
            ChangeKind::Restored => point.and_then(|point| point.parent.as_ref()).and_then(|id| outline.get(id)),
            ChangeKind::Words | ChangeKind::Heading | ChangeKind::Struck | ChangeKind::Schedule => point,
        });
        changed.extend(point.filter(|_| change.kind == ChangeKind::Restored));
    }
    let mut all: BTreeSet<&PointId> = BTreeSet::new();
    while let Some(point) = changed.pop() {
        if all.insert(&point.id) {
            changed.extend(above(point));
        }
    }
    let accepts = matrix.points.iter().filter(|standing| all.contains(&standing.point));
    let named = accepts.flat_map(|standing| {
        let own = standing.cells.iter().filter(|cell| cell.stance == CellState::Accept && cell.via.is_none());
        let name = inline(&called(&standing.label, &standing.point)).into_owned();
        own.map(move |cell| format!("{} to {name}", cell.party.as_str().to_uppercase()))
    });
    named.collect()
}

/// The point below which an edit puts another.
fn enlarged<'a>(outline: &'a Outline, edit: &Edit) -> Option<&'a Point> {
    let (Edit::Add(Add { after, before, under, .. }) | Edit::Move(Move { after, before, under, .. })) = edit else { return None };
    if let Some(under) = under {
        return outline.find(under).ok();
    }
    let beside = outline.find(after.as_ref().or(before.as_ref())?).ok()?;
    beside.parent.as_ref().and_then(|id| outline.get(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plenary_shared::script::{OfPoint, Words};
    use serde_json::json;

    const DIGEST: &str = "82c353bc6de40ee34ab666fcc6b10425dafadc5d1a38f27360e2fa413c0d9e43";

    /// Point 1 with (a) below it and 2; arv accepts 1 and with it (a), bor accepts (a) and 2.
    fn talks() -> (Matrix, Outline) {
        let all = [("a", "1", None), ("b", "(a)", Some("a")), ("c", "2", None)];
        let points = all.map(|(id, label, parent)| {
            let point = json!({
                "id": id, "label": label, "heading": "", "words": "w", "parent": parent, "depth": u8::from(parent.is_some()),
                "order": id, "struck": false, "schedule": {},
            });
            serde_json::from_value(point).expect("a point")
        });
        let cells = [["accept", "none"], ["accept", "accept"], ["none", "accept"]];
        let standing = all.iter().zip(cells).map(|((id, label, _), [arv, bor])| {
            json!({
                "point": id, "label": label, "heading": "", "depth": 0, "digest": DIGEST, "open_brackets": 0, "standing": "open",
                "cells": [
                    { "party": "arv", "stance": arv, "via": if *id == "b" { Some("a") } else { None } },
                    { "party": "bor", "stance": bor },
                ],
            })
        });
        let counts = json!({ "agreed": 0, "opposed": 0, "reserved": 0, "lapsed": 0, "open": 3 });
        let parties = json!([{ "party": "arv", "must_consent": true }, { "party": "bor", "must_consent": true }]);
        let matrix = json!({ "parties": parties, "points": standing.collect::<Vec<_>>(), "counts": counts });
        (serde_json::from_value(matrix).expect("a matrix"), Outline { points: points.into(), ..Outline::default() })
    }

    #[test]
    fn a_change_of_words_ends_the_consent_to_them_and_to_what_stands_above_them() {
        let (matrix, outline) = talks();
        let told = |edit: Edit, changes: serde_json::Value| {
            let tried = json!({ "done": [], "changes": changes, "repeated": false, "dry_run": true });
            let script = Script { edits: vec![edit], ..Script::default() };
            lapsing(&matrix, &outline, &script, &serde_json::from_value(tried).expect("what it would do")).join(", ")
        };
        let change = |point: &str, kind: &str| json!([{ "point": point, "label": "", "kind": kind, "before": "", "after": "" }]);
        let words = |point: &str| Edit::Words(Words { point: point.into(), ..Words::default() });
        assert_eq!(told(words("b"), change("b", "words")), "ARV to 1, BOR to (a)");
        assert_eq!(told(words("a"), change("a", "words")), "ARV to 1");
        assert_eq!(told(words("c"), json!([])), "");
        assert_eq!(told(Edit::Strike(OfPoint { point: "b".into() }), change("b", "struck")), "ARV to 1, BOR to (a)");
        let add = |under: &str| Edit::Add(Add { under: Some(under.into()), ..Add::default() });
        assert_eq!(told(add("(a)"), change("new", "added")), "ARV to 1, BOR to (a)");
        let away = Edit::Move(Move { point: "b".into(), after: Some("2".into()), ..Move::default() });
        assert_eq!(told(away, change("b", "moved")), "ARV to 1", "it goes as it is");
        assert_eq!(told(words("a"), change("a", "label")), "");
    }
}
