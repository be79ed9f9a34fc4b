//! Entries of layers: how a verb says what it did with them. All of it is durable by then.

use plenary_shared::{
    id::{IdError, PlanId},
    people,
    script::{Done, Edit, EntryDone, In, Marked, Moved, Stood, TabledDone, Wrote, read_by},
    talk::layer::Stance,
    text::say::{in_words, inline, quoted},
};

use crate::{
    answer::{EntriesMarked, EntriesTabled, EntryMoved, EntryWritten, PositionTaken},
    context::Context,
    error::CliError,
    expect::short,
    open::OpenPlan,
};

/// Makes an edit of one's layers, and says what it did.
pub fn edit_layers(context: &Context, plan: &PlanId, edit: Edit) -> Result<(), CliError> {
    let open = context.open(plan)?;
    let done = open.edit(edit)?;
    tell(context, &open, plan, &done)
}

/// Says what an edit of one's layers did.
pub fn tell(context: &Context, open: &OpenPlan, plan: &PlanId, done: &Done) -> Result<(), CliError> {
    context.tell_damage_of(open);
    let (out, durable) = (context.output, true);
    match done {
        Done::Wrote(done) => out.result(&EntryWritten { plan, done, changed: true, durable }, || wrote(done)),
        Done::Stood(done) => out.result(&PositionTaken { plan, done, changed: true, durable }, || stood(done)),
        Done::Marked(of @ Marked { entries, stands, changed, .. }) => {
            let first = entries.first().ok_or_else(|| CliError::unexpected(done))?;
            let ids = entries.iter().map(|entry| &entry.id).collect();
            out.result(&EntriesMarked { plan, first, stands, ids, changed: *changed, durable }, || marked(of))
        }
        Done::Tabled(of) => out.result(&tabled_answer(plan, of), || tabled(of)),
        other => Err(CliError::unexpected(other)),
    }
}

/// What was done with entries, in words; none for another kind of edit.
pub fn said(done: &Done) -> Option<String> {
    Some(match done {
        Done::Wrote(done) => wrote(done),
        Done::Stood(done) => stood(done),
        Done::Marked(done) => marked(done),
        Done::Tabled(done) => tabled(done),
        _ => return None,
    })
}

fn tabled_answer<'a>(plan: &'a PlanId, TabledDone { entries, stands, superseded, changed }: &'a TabledDone) -> EntriesTabled<'a> {
    let moved = |Moved { entry, from }: &'a Moved| EntryMoved {
        plan,
        entry,
        stands,
        from: from.as_ref(),
        changed: from.is_some(),
        durable: true,
    };
    let entries = entries.iter().map(moved).collect();
    EntriesTabled { plan, stands, entries, superseded, changed: *changed, durable: true }
}

fn wrote(Wrote { entry, stands, reply_to }: &Wrote) -> String {
    let layer = &stands.layer;
    let (what, to) = match reply_to {
        Some(to) => ("reply", format!("to {to}; ")),
        None => (entry.kind.as_str(), String::new()),
    };
    format!("{what} {} on {}, {layer}: {to}{}", entry.id, point(entry), readers(stands, "it"))
}

/// What a position that was taken says.
pub fn stood(done: &Stood) -> String {
    let Stood { entry, stands, superseded, .. } = done;
    let superseded = match &superseded[..] {
        [] => String::new(),
        earlier => format!("takes the place of {}; ", in_words(earlier)),
    };
    let (layer, readers) = (&stands.layer, readers(stands, "it"));
    format!("position {} on {}, {layer}: {}; {superseded}{readers}", entry.id, point(entry), about(done))
}

/// What a position says, in words.
fn about(Stood { stance, ad_referendum, digest, quote, .. }: &Stood) -> String {
    let does = match stance {
        Stance::Accept => "accepts",
        Stance::Reserve => "reserves on",
        Stance::Oppose => "opposes",
    };
    let what = match digest {
        Some(digest) => format!("the words {}", short(digest)),
        None => format!("the bracket {}", quoted(quote.as_deref().unwrap_or_default())),
    };
    let ad_referendum = if *ad_referendum { ", ad referendum" } else { "" };
    format!("{does} {what}{ad_referendum}")
}

fn marked(Marked { entries, stands, mark, changed }: &Marked) -> String {
    let done = if *changed { mark.to_string() } else { format!("{mark} already") };
    let readers = readers(stands, "it");
    let line =
        |entry: &EntryDone| format!("{} {} on {}, {}: {done}; {readers}", entry.kind, entry.id, point(entry), stands.layer);
    entries.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn tabled(TabledDone { entries, stands, superseded, .. }: &TabledDone) -> String {
    let to = &stands.layer;
    let line = |Moved { entry, from }: &Moved| {
        let what = format!("{} {} on {}", entry.kind, entry.id, point(entry));
        match from {
            Some(from) => format!("{what}: from {from} to {to}"),
            None => format!("{what}: in {to} already"),
        }
    };
    let mut lines: Vec<String> = entries.iter().map(line).collect();
    lines.extend(superseded.iter().map(|id| format!("position {id}: withdrawn, for another takes its place")));
    lines.push(readers(stands, if entries.len() == 1 { "it" } else { "them" }));
    lines.join("\n")
}

/// A point as people call it; its id if the plan does not show it.
fn point(entry: &EntryDone) -> String {
    let label = entry.label.as_deref().filter(|label| !label.is_empty());
    inline(label.unwrap_or(entry.point.as_str())).into_owned()
}

fn readers(stands: &In, it: &str) -> String {
    let In { party, layer, audience } = stands.clone();
    read_by(&people::Layer { party, layer, audience, write: true }, it)
}

impl From<IdError> for CliError {
    fn from(error: IdError) -> Self {
        CliError::Usage(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn done(value: Value) -> Done {
        serde_json::from_value(value).expect("what was done")
    }

    #[test]
    fn a_verb_says_what_it_did_and_who_reads_it() {
        let entry = |id: &str, kind: &str| json!({ "id": id, "kind": kind, "point": "p1", "label": "5\n bis", "party": "arv" });
        let with = |mut value: Value, more: Value| {
            value.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            value
        };
        for (value, wanted) in [
            (
                with(entry("k1", "note"), json!({ "did": "wrote", "layer": "private", "audience": "party" })),
                "note k1 on 5\\n bis, private: only arv reads it",
            ),
            (
                with(entry("k2", "note"), json!({ "did": "wrote", "layer": "public", "audience": "all", "reply_to": "k1" })),
                "reply k2 on 5\\n bis, public: to k1; all who see the plan read it",
            ),
            (
                with(
                    entry("k3", "position"),
                    json!({
                        "did": "stood", "layer": "positions", "audience": "all", "stance": "accept", "ad_referendum": true,
                        "digest": "82c353bc6de40ee34ab666fcc6b10425dafadc5d1a38f27360e2fa413c0d9e43", "quote": null,
                        "superseded": ["k1", "k2"],
                    }),
                ),
                "position k3 on 5\\n bis, positions: accepts the words 82c353bc6de4, ad referendum; takes the place of k1 and k2; all who see the plan read it",
            ),
            (
                with(
                    entry("k4", "position"),
                    json!({
                        "did": "stood", "layer": "positions", "audience": "all", "stance": "oppose", "ad_referendum": false,
                        "digest": null, "quote": "[30]", "superseded": [],
                    }),
                ),
                "position k4 on 5\\n bis, positions: opposes the bracket \"[30]\"; all who see the plan read it",
            ),
            (
                json!({
                    "did": "marked", "party": "arv", "layer": "private", "audience": "party", "mark": "resolved", "changed": false,
                    "entries": [{ "id": "k1", "kind": "note", "point": "p1", "label": "" }],
                }),
                "note k1 on p1, private: resolved already; only arv reads it",
            ),
            (
                json!({
                    "did": "tabled", "party": "arv", "layer": "public", "audience": "all", "superseded": ["k9"], "changed": true,
                    "entries": [
                        { "id": "k1", "kind": "note", "point": "p1", "label": null, "from": "private" },
                        { "id": "k2", "kind": "proposal", "point": "p1", "label": "5", "from": null },
                    ],
                }),
                "note k1 on p1: from private to public\nproposal k2 on 5: in public already\n\
                 position k9: withdrawn, for another takes its place\nall who see the plan read them",
            ),
        ] {
            assert_eq!(said(&done(value)).expect("words"), wanted);
        }
    }
}
