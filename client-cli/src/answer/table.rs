//! Which verb answers with what.

use plenary_shared::{
    people::{Layer, Member, Party},
    talk::{dossier::BracketsView, schedule::Timetable},
    wire::api::{Conference, Plan, Seats},
};
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::Value;

use super::{
    ActShown, ActsShown, AnnotationsShown, Answer, AppliedShown, BlameShown, ChapterShown, Cloned, Completions, Confirmed,
    Consents, Delivered, DeviceEnded, Devices, DiffShown, EntriesMarked, EntriesTabled, EntryWritten, ErrorShown, Event, Here,
    ImportShown, Invited, Layers, LogShown, MergedLine, MergedShown, Plans, PointChanged, PointSchedule, PointStandingShown,
    PositionTaken, PositionsTaken, Profiles, ProposalPutIn, Relabelled, Revoked, Salvaged, ShareRaised, Shares, Shown,
    StandingShown, Status, TitleChanged, Verbs, WatchLine, WhoShown,
};
use crate::sync::Report;

/// The shape of an answer, and the verbs that give it.
type Row = (fn(&mut SchemaGenerator) -> Schema, &'static [&'static str]);

macro_rules! answers {
    ($($answer:ty: $($verb:literal),+;)+) => {
        $(impl Answer for $answer {})+

        /// A verb with several rows gives one of several answers, as its options ask.
        const TABLE: &[Row] = &[$((|generator| generator.subschema_for::<$answer>(), &[$($verb),+])),+];
    };
}

answers! {
    WhoShown<'_>: "join", "whoami", "conference create";
    Here<'_>: "here";
    Profiles<'_>: "whoami";
    Conference: "conference show";
    Party: "party add", "party rename", "party close", "party reopen";
    Seats: "party seats", "party open";
    Member: "party change";
    Invited<'_>: "invite", "party grant", "party head";
    Devices<'_>: "devices";
    DeviceEnded: "devices";
    Revoked<'_>: "revoke";
    Plan: "plan create", "plan access", "plan rename", "plan close", "plan reopen", "plan strike";
    ImportShown<'_>: "plan create", "plan import";
    Plans<'_>: "plan list";
    Consents<'_>: "plan consent";
    Shares<'_>: "plan share";
    ShareRaised<'_>: "plan share";
    Layer: "layer open", "layer audience", "layer close";
    Layers<'_>: "layer list";
    Shown<'_>: "show";
    PointChanged<'_>: "words", "settle", "undo", "add", "move", "strike", "restore", "heading", "label";
    TitleChanged<'_>: "undo";
    Relabelled<'_>: "renumber";
    EntryWritten<'_>: "note", "propose", "own", "reply";
    EntriesMarked<'_>: "resolve", "reopen", "withdraw";
    EntriesTabled<'_>: "table";
    PositionTaken<'_>: "accept", "reserve", "oppose";
    PositionsTaken<'_>: "accept";
    AnnotationsShown<'_>: "annotations";
    StandingShown<'_>: "standing";
    PointStandingShown<'_>: "standing";
    BracketsView: "brackets";
    Timetable: "schedule";
    PointSchedule<'_>: "schedule";
    Delivered<'_>: "schedule", "standing", "export";
    ProposalPutIn<'_>: "adopt", "alternative";
    AppliedShown<'_>: "apply";
    LogShown<'_>: "log";
    ActsShown<'_>: "log";
    BlameShown<'_>: "blame";
    DiffShown<'_>: "diff";
    WatchLine<'_>: "watch";
    ActShown<'_>: "watch";
    MergedLine<'_>: "watch";
    Cloned<'_>: "clone";
    Report: "sync";
    Status<'_>: "status";
    MergedShown<'_>: "merged";
    Confirmed<'_>: "confirm";
    Salvaged<'_>: "salvage";
    Completions<'_>: "completions";
    Verbs: "schema";
    ChapterShown: "help";
    ErrorShown<'_>: "errors";
    Event<'_>: "events";
}

/// What there is a schema of: the verbs in the order of the table, then `errors` and `events`, which any verb may tell on standard error.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for name in TABLE.iter().flat_map(|(_, verbs)| *verbs) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    names
}

/// The JSON Schema of what a verb answers; none if there is no such verb.
pub fn schema(verb: &str) -> Option<Schema> {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let rows = TABLE.iter().filter(|(_, verbs)| verbs.contains(&verb));
    let mut shapes: Vec<Schema> = rows.map(|(shape, _)| shape(&mut generator)).collect();
    let mut schema = match shapes.len() {
        0 => return None,
        1 => shapes.remove(0),
        _ => {
            let mut any = Schema::default();
            any.insert("anyOf".into(), Value::Array(shapes.into_iter().map(Schema::to_value).collect()));
            any
        }
    };
    schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("title".into(), verb.into());
    schema.insert("$defs".into(), Value::Object(generator.take_definitions(true)));
    Some(schema)
}

#[cfg(test)]
mod tests;
