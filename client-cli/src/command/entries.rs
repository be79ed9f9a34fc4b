//! Entries of layers: which layers one may read, in which of them an entry stands, who reads it there, and how a verb says so.

use plenary_shared::{
    api::{self, Audience},
    id::{self, AnnotationId, IdError, LayerId, PartyId, PlanId, PointId},
    layer::{self, Annotation, EditError, Layer, TableError, What},
    plan::Outline,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use yrs::TransactionMut;

use super::edit::name;
use crate::{
    context::{Context, Session},
    error::CliError,
    ids,
    live::LiveDocument,
    output::{in_words, inline},
    when,
};

/// The layers on a plan that one may read.
pub struct Layers<'a> {
    session: &'a Session,
    plan: &'a PlanId,
    all: Vec<api::Layer>,
}

/// A layer with its document.
pub struct Opened {
    /// Whose it is and who reads it.
    pub layer: api::Layer,
    /// What stands in it.
    pub entries: Layer,
    /// The document.
    pub document: LiveDocument,
}

impl<'a> Layers<'a> {
    /// Asks the server for the list.
    pub fn read(session: &'a Session, plan: &'a PlanId) -> Result<Self, CliError> {
        let all = session.api.get(&session.plan_path(plan, "/layers")?)?;
        Ok(Layers { session, plan, all })
    }

    /// A layer of one's own party in which one may write.
    pub fn writable(&self, id: &LayerId) -> Result<&api::Layer, CliError> {
        let party = &self.session.member()?.party;
        let own = self.own()?;
        let found = own.iter().find(|layer| layer.layer == *id).ok_or_else(|| {
            let names: Vec<&LayerId> = own.iter().map(|layer| &layer.layer).collect();
            let has = if names.is_empty() { "none".to_owned() } else { in_words(&names) };
            CliError::NotFound(format!("{party} has no layer {id} on {}: it has {has}", self.plan))
        })?;
        match (found.write, id.as_str()) {
            (true, _) => Ok(found),
            (false, id::POSITIONS) => Err(CliError::Refused(format!(
                "you may not take positions for {party} on {}: the chair does, and delegates of a party that may propose or draft",
                self.plan
            ))),
            (false, _) => Err(CliError::Refused(format!(
                "you may not write in layers of {party} on {}: the chair does, and delegates and advisers of a party that may propose or draft",
                self.plan
            ))),
        }
    }

    /// Opens a layer.
    pub fn open(&self, layer: &api::Layer) -> Result<Opened, CliError> {
        let document = self.session.open_layer(self.plan, &layer.party, &layer.layer)?;
        Ok(Opened { layer: layer.clone(), entries: document.layer(), document })
    }

    /// All layers of one's own party, read one after the other: one member may hold only so many connections at once.
    pub fn open_own(&self) -> Result<Vec<Opened>, CliError> {
        let read = |layer| {
            let mut opened = self.open(layer)?;
            opened.document.leave();
            Ok(opened)
        };
        self.own()?.into_iter().map(read).collect()
    }

    /// The layers of one's own party in which an entry stands: one, or two while it is being tabled.
    pub fn open_own_with(&self, id: &AnnotationId) -> Result<Vec<Opened>, CliError> {
        let mut found = self.open_own()?;
        found.retain(|opened| opened.entries.get(id).is_some());
        Ok(found)
    }

    /// An entry in any layer that one may read, and that layer; one's own first.
    pub fn find(&self, id: &AnnotationId) -> Result<(api::Layer, Annotation), CliError> {
        let own = &self.session.member()?.party;
        let (mine, theirs): (Vec<_>, Vec<_>) = self.all.iter().partition(|layer| layer.party == *own);
        for layer in mine.into_iter().chain(theirs) {
            match self.open(layer) {
                Ok(opened) => {
                    if let Some(entry) = opened.entries.get(id) {
                        return Ok((layer.clone(), entry.clone()));
                    }
                }
                // No longer for us since it was listed.
                Err(CliError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Err(CliError::NotFound(format!("there is no annotation {id} that you may read: `plenary annotations PLAN` lists those")))
    }

    /// Whether all who read `layer` find an entry in some other layer that one may read oneself.
    pub fn shown_beside(&self, layer: &api::Layer, id: &AnnotationId) -> Result<bool, CliError> {
        for other in self.all.iter().filter(|other| *other != layer && reaches(other, layer)) {
            if self.open(other)?.entries.get(id).is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Marks entries of one point wherever in one's own layers they stand, and says so. `done` is what they are then.
    pub fn mark(
        &self,
        context: &Context,
        outline: &Outline,
        mut found: Vec<Opened>,
        ids: &[AnnotationId],
        done: &str,
        mark: impl Fn(&mut TransactionMut, &AnnotationId) -> Result<bool, EditError>,
    ) -> Result<(), CliError> {
        let mut changed = false;
        for opened in &mut found {
            self.writable(&opened.layer.layer)?;
            changed |= opened.document.edit(|txn| Ok(ids.iter().try_for_each(|id| mark(txn, id).map(drop))?))?.1;
        }
        // While an entry is being tabled it stands in two layers: who reads the wider one reads it.
        let widest = found.iter().reduce(|wide, next| if reaches(&next.layer, &wide.layer) { next } else { wide });
        let Some(Opened { layer, entries, .. }) = widest else { return Ok(()) };
        let marked: Vec<&Annotation> = ids.iter().filter_map(|id| entries.get(id)).collect();
        let Some(first) = marked.first() else { return Ok(()) };
        let mut value = entry_json(self.plan, outline, layer, first, changed);
        value["ids"] = json!(ids);
        context.output.result(&value, || {
            let done = if changed { done.to_owned() } else { format!("{done} already") };
            let read_by = read_by(layer, "it");
            let line = |entry: &&Annotation| {
                format!("{} {} on {}, {}: {done}; {read_by}", entry.kind(), entry.id, point_name(outline, entry), layer.layer)
            };
            marked.iter().map(line).collect::<Vec<_>>().join("\n")
        })
    }

    fn own(&self) -> Result<Vec<&api::Layer>, CliError> {
        let own = &self.session.member()?.party;
        Ok(self.all.iter().filter(|layer| layer.party == *own).collect())
    }
}

/// Whether all who read `narrower` read `wider`, whoever may come to see the plan.
pub fn reaches(wider: &api::Layer, narrower: &api::Layer) -> bool {
    match (readers(wider), readers(narrower)) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(wider), Some(narrower)) => narrower.is_subset(&wider),
    }
}

/// The parties that read a layer, none for all who see the plan.
fn readers(layer: &api::Layer) -> Option<BTreeSet<&PartyId>> {
    match &layer.audience {
        Audience::All => None,
        Audience::Party => Some(BTreeSet::from([&layer.party])),
        Audience::Parties(others) => Some(others.iter().chain([&layer.party]).collect()),
    }
}

/// `only arv reads it`.
pub fn read_by(layer: &api::Layer, it: &str) -> String {
    match readers(layer) {
        None => format!("all who see the plan read {it}"),
        Some(parties) if parties.len() == 1 => format!("only {} reads {it}", layer.party),
        Some(parties) => {
            let others = parties.into_iter().filter(|party| **party != layer.party);
            format!("{} read {it}", in_words(&[&layer.party].into_iter().chain(others).collect::<Vec<_>>()))
        }
    }
}

/// A new entry on a whole point, without a body: written by oneself, now.
pub fn new_entry(session: &Session, point: &PointId, what: What) -> Result<Annotation, CliError> {
    Ok(Annotation {
        id: ids::new()?,
        point: point.clone(),
        anchor: None,
        quote: String::new(),
        what,
        body: String::new(),
        reply_to: None,
        resolved: false,
        withdrawn: false,
        by: Some(session.member()?.member.clone()),
        at_ms: when::now_ms(),
    })
}

/// Writes entries and takes back those that they supersede, in one edit: others see all of it or nothing. Tells whether there was
/// anything to do.
pub fn write(opened: &mut Opened, entries: &[Annotation], superseded: &[AnnotationId]) -> Result<bool, CliError> {
    let (_, changed) = opened.document.edit(|txn| {
        entries.iter().try_for_each(|entry| layer::put(txn, entry))?;
        superseded.iter().try_for_each(|id| layer::withdraw(txn, id).map(drop))?;
        Ok(())
    })?;
    Ok(changed)
}

/// A point as people call it; its id if the plan does not show it.
pub fn point_name(outline: &Outline, entry: &Annotation) -> String {
    inline(outline.get(&entry.point).map_or(entry.point.as_str(), name)).into_owned()
}

/// What a program is told of an entry in a layer. It is durable by now.
pub fn entry_json(plan: &PlanId, outline: &Outline, layer: &api::Layer, entry: &Annotation, changed: bool) -> Value {
    let label = outline.get(&entry.point).map(|point| &point.label);
    json!({
        "plan": plan, "id": entry.id, "kind": entry.kind(), "party": layer.party, "layer": layer.layer, "audience": layer.audience,
        "point": entry.point, "label": label, "changed": changed, "durable": true,
    })
}

/// Says that an entry was written, and who reads it. `value` comes from [`entry_json`]; `what` is what a person calls the entry,
/// `more` what else is to be said.
pub fn report(
    context: &Context,
    value: &Value,
    outline: &Outline,
    layer: &api::Layer,
    entry: &Annotation,
    what: &str,
    more: &[String],
) -> Result<(), CliError> {
    context.output.result(value, || {
        let read_by = read_by(layer, "it");
        let more: String = more.iter().map(|more| format!("{more}; ")).collect();
        format!("{what} {} on {}, {}: {more}{read_by}", entry.id, point_name(outline, entry), layer.layer)
    })
}

impl From<EditError> for CliError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Unknown { .. } => CliError::NotFound(error.to_string()),
            EditError::TooMany => CliError::Refused(error.to_string()),
        }
    }
}

impl From<TableError> for CliError {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Unknown { .. } => CliError::NotFound(error.to_string()),
            TableError::Reply { .. } => CliError::Refused(error.to_string()),
        }
    }
}

impl From<IdError> for CliError {
    fn from(error: IdError) -> Self {
        CliError::Usage(error.to_string())
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A layer of `party` with an audience: `party`, `all` or a list of parties.
    pub fn layer(party: &str, audience: &str) -> api::Layer {
        let audience = match audience {
            "party" => Audience::Party,
            "all" => Audience::All,
            list => Audience::Parties(list.split_whitespace().map(|id| id.parse().expect("a party")).collect()),
        };
        api::Layer { party: party.parse().expect("a party"), layer: "x".parse().expect("a layer"), audience, write: true }
    }

    #[test]
    fn a_layer_reaches_another_if_all_who_read_that_read_it() {
        let [private, public, shared, wider] =
            [("arv", "party"), ("arv", "all"), ("arv", "bel"), ("arv", "bel cas")].map(|(p, a)| layer(p, a));
        let theirs = layer("bel", "arv");
        let foreign = layer("cas", "party");
        let table = [
            (&public, &private, true),
            (&public, &public, true),
            (&private, &public, false),
            (&wider, &public, false),
            (&shared, &private, true),
            (&private, &shared, false),
            (&wider, &shared, true),
            (&shared, &wider, false),
            (&shared, &theirs, true),
            (&theirs, &shared, true),
            (&theirs, &private, true),
            (&shared, &foreign, false),
            (&layer("arv", ""), &private, true),
            (&private, &layer("arv", ""), true),
        ];
        for (wider, narrower, answer) in table {
            assert_eq!(reaches(wider, narrower), answer, "{wider:?} {narrower:?}");
        }
    }

    #[test]
    fn who_reads_an_entry_is_said_in_so_many_words() {
        for (audience, words) in [
            ("party", "only med reads it"),
            ("", "only med reads it"),
            ("arv", "med and arv read it"),
            ("bel arv", "med, arv and bel read it"),
            ("all", "all who see the plan read it"),
        ] {
            assert_eq!(read_by(&layer("med", audience), "it"), words);
        }
    }
}
