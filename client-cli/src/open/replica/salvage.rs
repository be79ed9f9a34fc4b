//! What refused edits wanted, as proposals and notes in a layer that one may still write. Nothing of an edit is passed over: either all of
//! it becomes something or is there already, or the edit stays as it is and is said to.

mod entries;
mod points;

use plenary_shared::{
    id::{LayerId, PointId},
    log::fold::Formed,
    script::{Edit, Note, Script},
    talk::layer::Layer,
    text::plan::{Outline, Point, changes},
};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeSet, HashSet};
use yrs::{Doc, ReadTxn as _, Transact as _};

use super::{Replica, Shown, unreadable};
use crate::{
    error::CliError,
    fold,
    folder::own::{Body, EditId, Fate},
};

/// What refused edits wanted.
#[derive(Debug, Default, Serialize)]
pub struct Wanted {
    /// What is to be made of it.
    pub salvaged: Vec<Item>,
    /// What the edits do that nothing can be made of, in words: they build on what is not here, or there is no point to put it on.
    pub left: Vec<Vec<String>>,
    /// The edits of which nothing is left then.
    #[serde(skip)]
    pub edits: Vec<EditId>,
}

/// Something that they wanted.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Item {
    /// The point that it is written on.
    pub point: PointId,
    /// Its label.
    pub label: String,
    /// What was wanted, in a word.
    pub wanted: String,
    /// What is made of it.
    pub edit: Edit,
}

type Refused = (EditId, Body);

/// A document without and with refused edits.
struct Sides {
    /// None: the text.
    layer: Option<LayerId>,
    before: Doc,
    after: Doc,
}

/// The plan that things are written on, and the layer that they are written in.
struct Target<'a> {
    plan: &'a Outline,
    /// The plan as it would be.
    with: Outline,
    layer: &'a LayerId,
}

impl Replica {
    /// What of refused edits could be written in this layer.
    pub fn wanted(&self, layer: &LayerId) -> Result<Wanted, CliError> {
        self.folder.cipher.unlock()?;
        let _lock = self.folder.lock_shared()?;
        self.wanted_of(&mut self.shown()?, layer)
    }

    /// Writes it there. What is read is still so when it is written, so that two of these never do it twice.
    pub fn salvage(&self, layer: &LayerId) -> Result<Wanted, CliError> {
        self.folder.cipher.unlock()?;
        let _lock = self.folder.lock()?;
        let mut shown = self.shown()?;
        let wanted = self.wanted_of(&mut shown, layer)?;
        if !wanted.edits.is_empty() {
            let edits = wanted.salvaged.iter().map(|item| item.edit.clone()).collect();
            self.make(shown, &Script { edits, ..Script::default() }, &wanted.edits)?;
        }
        Ok(wanted)
    }

    fn wanted_of(&self, shown: &mut Shown, layer: &LayerId) -> Result<Wanted, CliError> {
        let bodies = |is: fn(&Fate) -> bool| -> Result<Vec<Refused>, CliError> {
            let edits = shown.own.edits.iter().filter(|edit| is(&edit.fate));
            edits.map(|edit| Ok((edit.id, edit.body(&self.folder.cipher)?))).collect()
        };
        let refused = bodies(|fate| matches!(fate, Fate::Refused { .. }))?;
        // What they build on may have been done from another machine, or be salvaged.
        let below = bodies(|fate| matches!(fate, Fate::Repeated | Fate::Salvaged))?;
        let plan = shown.text.look(|txn| Outline::read(txn))?;
        let what = |(_, body): &Refused| body.what.clone();
        if plan.points.is_empty() {
            return Ok(Wanted { left: refused.iter().map(what).collect(), ..Wanted::default() });
        }
        let (mut sides, mut kept) = self.sides(shown, &[], &refused)?;
        if kept.len() < refused.len() && !below.is_empty() {
            (sides, kept) = self.sides(shown, &below, &refused)?;
        }
        let edits: Vec<EditId> = kept.iter().map(|(id, _)| *id).collect();
        let left = refused.iter().filter(|(id, _)| !edits.contains(id)).map(what).collect();
        Ok(Wanted { salvaged: items(&plan, layer, &sides), left, edits })
    }

    /// The documents without and with those refused edits that build on nothing that is missing, and these edits. What stands below them is
    /// on both sides.
    fn sides<'a>(
        &self,
        shown: &mut Shown,
        below: &'a [Refused],
        refused: &'a [Refused],
    ) -> Result<(Vec<Sides>, Vec<&'a Refused>), CliError> {
        let mut kept: Vec<&Refused> = refused.iter().collect();
        loop {
            let touched: BTreeSet<&Option<LayerId>> =
                kept.iter().flat_map(|(_, body)| body.parts.iter().map(|(layer, _)| layer)).collect();
            let (mut sides, mut unfit) = (Vec::new(), HashSet::new());
            for layer in touched {
                let part = |body: &'a Body| body.parts.iter().find(|(of, _)| of == layer).map(|(_, update)| &update[..]);
                let base = self.base(shown, layer.as_ref())?;
                let under = || below.iter().filter_map(|(_, body)| part(body));
                let before = fold::laid(&base, under())?;
                let mut after = fold::laid(&base, under().chain(kept.iter().filter_map(|(_, body)| part(body))))?;
                let reached = after.look(|txn| txn.state_vector())?;
                for (id, body) in &kept {
                    if part(body).map(Formed::read).transpose()?.is_some_and(|update| !update.is_within(&reached)) {
                        unfit.insert(*id);
                    }
                }
                sides.push(Sides { layer: layer.clone(), before: before.into_doc()?, after: after.into_doc()? });
            }
            if unfit.is_empty() {
                return Ok((sides, kept));
            }
            kept.retain(|(id, _)| !unfit.contains(id));
        }
    }

    /// A document's state as it is shown.
    fn base(&self, shown: &mut Shown, layer: Option<&LayerId>) -> Result<Vec<u8>, CliError> {
        let Some(layer) = layer else { return Ok(shown.text.state()?) };
        let own = &self.member().party;
        match self.context.plan.layers.iter().find(|one| one.party == *own && one.layer == *layer) {
            Some(layer) => Ok(self.layer(shown, layer)?.ok_or_else(|| unreadable(layer))?.state()?),
            // It is no longer there.
            None => Ok(Vec::new()),
        }
    }
}

fn items(plan: &Outline, layer: &LayerId, sides: &[Sides]) -> Vec<Item> {
    let mut target = Target { plan, with: plan.clone(), layer };
    let mut items = Vec::new();
    if let Some(text) = sides.iter().find(|sides| sides.layer.is_none()) {
        let before = Outline::read(&text.before.transact());
        target.with = Outline::read(&text.after.transact());
        items.extend(changes(&before, &target.with).iter().filter_map(|change| target.change(change)));
    }
    let read = |doc: &Doc| Layer::read(&doc.transact());
    let layers = sides.iter().filter(|sides| sides.layer.is_some());
    let layers: Vec<(Layer, Layer)> = layers.map(|sides| (read(&sides.before), read(&sides.after))).collect();
    items.extend(target.entries(&layers));
    items
}

impl Target<'_> {
    /// Where what is said of a point stands: on it, or, where the plan does not have it, on the one beside or above it that the plan has,
    /// or on its first.
    fn place(&self, point: Option<&PointId>) -> Option<&Point> {
        let first = || self.plan.points.first();
        let Some(id) = point else { return first() };
        let before = || {
            let at = self.with.points.iter().position(|point| point.id == *id)?;
            let (before, parent) = (&self.with.points[..at], &self.with.points[at].parent);
            let mut beside = before.iter().rev().filter(|point| point.parent == *parent);
            let above = || parent.as_ref().and_then(|parent| self.plan.get(parent));
            let any = || before.iter().rev().find_map(|point| self.plan.get(&point.id));
            beside.find_map(|point| self.plan.get(&point.id)).or_else(above).or_else(any)
        };
        self.plan.get(id).or_else(before).or_else(first)
    }

    fn note(&self, on: &Point, wanted: &str, text: String, quote: Option<String>) -> Item {
        let note = Note { point: on.id.to_string(), text, quote, bracket: None, layer: self.layer.clone() };
        self.item(on, wanted, Edit::Note(note))
    }

    fn item(&self, on: &Point, wanted: &str, edit: Edit) -> Item {
        Item { point: on.id.clone(), label: on.label.clone(), wanted: wanted.to_owned(), edit }
    }
}
