//! `resolve`, `reopen` and `table`: what becomes of annotations once they are written.

use plenary_shared::{
    api,
    id::{self, AnnotationId, LayerId, PlanId},
    layer::{self, Annotation, Layer, Tabled, What},
    plan::Outline,
};
use serde_json::json;
use std::collections::BTreeSet;

use super::{
    entries::{Layers, Opened, entry_json, point_name, reaches, read_by, write},
    position::live_on,
};
use crate::{context::Context, error::CliError, live::LiveDocument, when};

/// Mark an annotation of your party as settled
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  plenary resolve plan k3x9abcd")]
pub struct Resolve {
    /// The plan
    plan: PlanId,
    /// The annotation
    id: AnnotationId,
}

/// Take back that an annotation is settled
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  plenary reopen plan k3x9abcd")]
pub struct Reopen {
    /// The plan
    plan: PlanId,
    /// The annotation
    id: AnnotationId,
}

/// Move annotations of your party from their layer to one that more parties read, all at once
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Others see all of them or none. If the connection is lost meanwhile, repeat the command.

Examples:
  plenary table plan k3x9abcd
  plenary table plan k3x9abcd m4y8bcde p5z7cdef
  plenary table plan k3x9abcd --to fallback")]
pub struct Table {
    /// The plan
    plan: PlanId,
    /// The annotations
    #[arg(required = true, value_name = "ID")]
    ids: Vec<AnnotationId>,
    /// The layer of your party to move them to; 'public' if left out, 'positions' for positions
    #[arg(long, value_name = "LAYER")]
    to: Option<LayerId>,
}

impl Resolve {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        settle(context, &self.plan, self.id, true)
    }
}

impl Reopen {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        settle(context, &self.plan, self.id, false)
    }
}

fn settle(context: &Context, plan: &PlanId, id: AnnotationId, resolved: bool) -> Result<(), CliError> {
    let session = context.session()?;
    let layers = Layers::read(&session, plan)?;
    let found = layers.open_own_with(&id)?;
    if found.is_empty() {
        return Err(not_own(&id));
    }
    let outline = session.open(plan)?.outline();
    let done = if resolved { "resolved" } else { "open" };
    layers.mark(context, &outline, found, &[id], done, |txn, id| layer::set_resolved(txn, id, resolved))
}

impl Table {
    /// Runs the verb. Everything is checked before anything is written.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let session = context.session()?;
        let layers = Layers::read(&session, &self.plan)?;
        let mut sources = layers.open_own()?;
        let to = match self.to.clone() {
            Some(to) => to,
            None => default_target(&self.ids, &sources)?.parse()?,
        };
        let to = layers.writable(&to)?;
        let mut target = match sources.iter().position(|opened| opened.layer == *to) {
            Some(at) => sources.swap_remove(at),
            None => layers.open(to)?,
        };
        sources.retain(|source| self.ids.iter().any(|id| source.entries.get(id).is_some()));
        for source in &sources {
            layers.writable(&source.layer.layer)?;
            if !reaches(to, &source.layer) {
                return Err(narrower(&source.layer, to));
            }
        }
        let all = sources.iter().flat_map(|source| source.entries.annotations.iter().cloned());
        let drafts = Layer { annotations: all.collect(), faults: Vec::new() };
        let shown = shown_beside(&layers, to, &drafts, &self.ids)?;
        let tabled = layer::table(&drafts, &target.entries, &self.ids, when::now_ms(), |id| shown.contains(id))?;

        let plan = session.open(&self.plan)?;
        let outline = plan.outline();
        let superseded = superseded(&plan, &outline, &tabled, &target.entries);
        let mut changed = write(&mut target, &tabled.put, &superseded)?;
        for source in &mut sources {
            changed |= take_out(context, source, &tabled, to)?;
        }
        self.report(context, &outline, &target, &sources, &superseded, changed)
    }

    fn report(
        &self,
        context: &Context,
        outline: &Outline,
        target: &Opened,
        sources: &[Opened],
        superseded: &[AnnotationId],
        changed: bool,
    ) -> Result<(), CliError> {
        let mut seen = BTreeSet::new();
        let from = |id: &AnnotationId| sources.iter().find(|source| source.entries.get(id).is_some());
        let tabled: Vec<(&Annotation, Option<&LayerId>)> = (self.ids.iter().filter(|id| seen.insert(*id)))
            .filter_map(|id| match from(id) {
                Some(source) => Some((source.entries.get(id)?, Some(&source.layer.layer))),
                None => Some((target.entries.get(id)?, None)),
            })
            .collect();
        let to = &target.layer;
        let entry = |(entry, from): &(&Annotation, Option<&LayerId>)| {
            let mut value = entry_json(&self.plan, outline, to, entry, from.is_some());
            value["from"] = json!(from);
            value
        };
        let value = json!({
            "plan": self.plan, "party": to.party, "layer": to.layer, "audience": to.audience,
            "entries": tabled.iter().map(entry).collect::<Vec<_>>(), "superseded": superseded, "changed": changed, "durable": true,
        });
        context.output.result(&value, || {
            let line = |(entry, from): &(&Annotation, Option<&LayerId>)| {
                let what = format!("{} {} on {}", entry.kind(), entry.id, point_name(outline, entry));
                match from {
                    Some(from) => format!("{what}: from {from} to {}", to.layer),
                    None => format!("{what}: in {} already", to.layer),
                }
            };
            let mut lines: Vec<String> = tabled.iter().map(line).collect();
            lines.extend(superseded.iter().map(|id| format!("position {id}: withdrawn, for another takes its place")));
            lines.push(read_by(to, if tabled.len() == 1 { "it" } else { "them" }));
            lines.join("\n")
        })
    }
}

/// Where entries go unless a layer is named. They go together or not at all, so it must be one.
fn default_target(ids: &[AnnotationId], own: &[Opened]) -> Result<&'static str, CliError> {
    let mut positions = 0;
    for id in ids {
        let entry = own.iter().find_map(|opened| opened.entries.get(id)).ok_or_else(|| not_own(id))?;
        positions += usize::from(matches!(entry.what, What::Position(_)));
    }
    match positions {
        0 => Ok(id::PUBLIC),
        n if n == ids.len() => Ok(id::POSITIONS),
        _ => Err(CliError::Refused(
            "positions are tabled in the layer positions and all else in public: table them one after the other, or name a layer with --to"
                .into(),
        )),
    }
}

fn narrower(from: &api::Layer, to: &api::Layer) -> CliError {
    CliError::Refused(format!(
        "table goes to wider layers: {}, but {}",
        read_by(from, from.layer.as_str()),
        read_by(to, to.layer.as_str())
    ))
}

fn not_own(id: &AnnotationId) -> CliError {
    CliError::NotFound(format!("your party has no annotation {id}: `plenary annotations PLAN` lists those it has"))
}

/// What the entries reply to, as far as all who read the target find it in another layer.
fn shown_beside(
    layers: &Layers,
    to: &api::Layer,
    drafts: &Layer,
    ids: &[AnnotationId],
) -> Result<BTreeSet<AnnotationId>, CliError> {
    let replies = drafts.annotations.iter().filter(|draft| ids.contains(&draft.id));
    let parents: BTreeSet<&AnnotationId> = replies.filter_map(|draft| draft.reply_to.as_ref()).collect();
    let mut shown = BTreeSet::new();
    for parent in parents.into_iter().filter(|parent| !ids.contains(parent)) {
        if layers.shown_beside(to, parent)? {
            shown.insert(parent.clone());
        }
    }
    Ok(shown)
}

/// The positions in the wider layer whose place those that are tabled take.
fn superseded(plan: &LiveDocument, outline: &Outline, tabled: &Tabled, there: &Layer) -> Vec<AnnotationId> {
    let positions = tabled.put.iter().filter(|entry| matches!(entry.what, What::Position(_)) && !entry.withdrawn);
    let on_points = positions.filter_map(|entry| Some((entry, outline.get(&entry.point)?)));
    let earlier: BTreeSet<_> = on_points.flat_map(|(entry, point)| live_on(plan, point, entry, there)).collect();
    earlier.into_iter().collect()
}

/// Takes what was tabled out of the layer that it came from.
fn take_out(context: &Context, source: &mut Opened, tabled: &Tabled, to: &api::Layer) -> Result<bool, CliError> {
    let gone = source.document.edit(|txn| {
        tabled.remove.iter().for_each(|id| {
            layer::remove(txn, id);
        });
        Ok(())
    });
    if gone.is_err() {
        let (from, to) = (&source.layer.layer, &to.layer);
        context.output.note(&json!({ "event": "half_tabled", "from": from, "to": to }), || {
            format!("what was tabled stands in {to}, and perhaps still in {from}: repeat the command")
        });
    }
    Ok(gone?.1)
}
