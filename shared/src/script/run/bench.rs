//! The documents under a script's hands: one open transaction for each, and what was read from them for as long as it holds.

use std::{
    collections::{BTreeSet, HashSet},
    mem,
    ops::Range,
};
use yrs::{ReadTxn as _, StateVector, Transact as _, TransactionMut};

use crate::{
    id::{AnnotationId, LayerId, PartyId, PointId},
    log::gate::{self, RunningCensus},
    people::{self, LayerKind},
    script::{Desk, NewIds, Sheet, error::Refusal, stretch::name},
    talk::{
        around::{Around, Known, Surroundings},
        layer::{self, Annotation, Layer, What},
    },
    text::{
        anchor::Anchor,
        plan::{self, Outline, Point},
        say::{in_words, inline},
        weave::Weaves,
        words::ExactWords,
    },
};

/// What a script works on.
pub struct Bench<'d> {
    pub member: &'d people::Member,
    pub now_ms: u64,
    /// The parties of the conference.
    pub parties: &'d BTreeSet<PartyId>,
    /// The text.
    pub text: TransactionMut<'d>,
    /// The layers that are on the desk, one's own first.
    pub sheets: Vec<OpenSheet<'d>>,
    /// What the edit that is being made changes others had changed as well, and both stand side by side.
    pub clashed: bool,
    pub go_on: &'d mut dyn FnMut() -> bool,
    write: bool,
    ids: &'d mut dyn NewIds,
    /// What holds of it are the points and their places; what they hold is as it was when it was last read.
    tree: Option<Outline>,
    /// What has changed since the exact words were read.
    touched: HashSet<PointId>,
    exact: Option<Exactly>,
    known: Option<Known>,
}

/// The exact words of all points, and what was ever written into them.
#[derive(Default)]
pub struct Exactly {
    pub words: ExactWords,
    pub weaves: Weaves,
    census: RunningCensus,
    /// What of the document was counted.
    counted: StateVector,
}

/// A layer, being written.
pub struct OpenSheet<'d> {
    pub layer: &'d people::Layer,
    pub txn: TransactionMut<'d>,
    entries: Option<Layer>,
}

/// Refuses to go on once it has taken too long.
pub fn may_go_on(go_on: &mut dyn FnMut() -> bool) -> Result<(), Refusal> {
    if go_on() { Ok(()) } else { Err(Refusal::refused("", "more work than one script may take", "a smaller script")) }
}

impl<'d> Bench<'d> {
    pub fn new(desk: &'d mut Desk, ids: &'d mut dyn NewIds, go_on: &'d mut dyn FnMut() -> bool) -> Self {
        let Desk { member, write, text, layers, parties, now_ms } = desk;
        let own = |sheet: &&Sheet| sheet.layer.party == member.party;
        let (mine, theirs): (Vec<&Sheet>, Vec<&Sheet>) = layers.iter().partition(own);
        let open = |sheet: &'d Sheet| OpenSheet { layer: &sheet.layer, txn: sheet.doc.transact_mut(), entries: None };
        let sheets = mine.into_iter().chain(theirs).map(open).collect();
        let (text, now_ms, write) = (text.transact_mut(), *now_ms, *write);
        let touched = HashSet::new();
        let (tree, exact, known, clashed) = (None, None, None, false);
        Bench { member, now_ms, parties, text, sheets, clashed, write, ids, go_on, tree, touched, exact, known }
    }

    /// Refuses to go on once it has taken too long.
    pub fn may_go_on(&mut self) -> Result<(), Refusal> {
        may_go_on(self.go_on)
    }

    /// Refuses who may not change the words.
    pub fn may_draft(&self) -> Result<(), Refusal> {
        if self.write {
            return Ok(());
        }
        let message = "you may not change the words of this plan: while it is open the chair does, and heads and delegates of a party that may draft";
        Err(Refusal::forbidden("", "a member who may not change the words", "one who may draft").says(message))
    }

    /// The tree of points: their labels and places alone.
    pub fn tree(&mut self) -> &Outline {
        self.tree.get_or_insert_with(|| Outline::read_tree(&self.text))
    }

    /// Finds a point by what `field` calls it.
    pub fn id_of(&mut self, field: &'static str, what: &str) -> Result<PointId, Refusal> {
        self.tree().find(what).map(|point| point.id.clone()).map_err(|error| Refusal::finding(field, what, error))
    }

    /// Finds a point by what `field` calls it, with all that it holds.
    pub fn point(&mut self, field: &'static str, what: &str) -> Result<Point, Refusal> {
        let tree = self.tree.get_or_insert_with(|| Outline::read_tree(&self.text));
        let point = tree.find(what).map_err(|error| Refusal::finding(field, what, error))?;
        Ok(plan::reread(&self.text, point))
    }

    /// The point with this id and all that it holds, if the plan shows it.
    pub fn known(&mut self, id: &PointId) -> Option<Point> {
        let tree = self.tree.get_or_insert_with(|| Outline::read_tree(&self.text));
        tree.get(id).map(|point| plan::reread(&self.text, point))
    }

    /// A point's label; none if the plan does not show it.
    pub fn label(&mut self, id: &PointId) -> Option<String> {
        self.tree().get(id).map(|point| point.label.clone())
    }

    /// What a point holds was changed.
    pub fn touched(&mut self, point: &PointId) {
        self.touched.insert(point.clone());
    }

    /// The tree was changed: all is read again.
    pub fn regrown(&mut self) {
        (self.tree, self.exact, self.known) = (None, None, None);
    }

    /// A schedule was changed, or what is struck.
    pub fn redated(&mut self) {
        self.known = None;
    }

    /// Adds a point and returns its label.
    pub fn add(&mut self, new: plan::NewPoint, place: &plan::Place) -> Result<String, Refusal> {
        let tree = self.tree.get_or_insert_with(|| Outline::read_tree(&self.text));
        let plan::Added { point, at } = plan::add_to(&mut self.text, tree, new, place).map_err(Refusal::editing)?;
        let label = point.label.clone();
        match at {
            Some(at) => {
                tree.points.insert(at, point);
                self.known = None;
                self.touched(new.id);
            }
            None => self.regrown(),
        }
        Ok(label)
    }

    /// The exact words of all points as they are now.
    pub fn exact(&mut self) -> Result<&Exactly, Refusal> {
        if self.exact.is_none() || !self.touched.is_empty() {
            self.may_go_on()?;
            let touched = mem::take(&mut self.touched);
            let (tree, changed) = match (&mut self.tree, &self.exact) {
                (Some(tree), Some(_)) => {
                    let changed = tree.upwards(&touched);
                    changed.iter().for_each(|at| tree.reread(&self.text, *at));
                    (tree, changed)
                }
                (tree, _) => {
                    let tree = tree.insert(Outline::read(&self.text));
                    let changed = (0..tree.points.len()).rev().collect();
                    (tree, changed)
                }
            };
            let exact = self.exact.get_or_insert_default();
            exact.renew(&self.text, tree, &changed).map_err(|error| {
                let message = format!("the plan cannot be read: {error}");
                Refusal::refused("point", error.to_string(), "a plan that can be read").says(message)
            })?;
        }
        self.exact.as_ref().ok_or_else(|| Refusal::refused("point", "nothing", "a plan that can be read"))
    }

    /// What surrounds the words of a point as they are now.
    pub fn around(&mut self, point: &PointId) -> Result<Around, Refusal> {
        self.exact()?;
        let (Some(outline), Some(Exactly { words, .. })) = (&self.tree, &self.exact) else { return Ok(Around::default()) };
        let known = self.known.get_or_insert_with(|| Known::of(outline));
        Ok(Surroundings::new(outline, words, known).of(point))
    }

    /// Anchors a stretch of a point's words.
    pub fn anchored(&self, point: &Point, stretch: Range<usize>) -> Result<Anchor, Refusal> {
        let text = plan::words_text(&self.text, &point.id);
        let anchor = text.and_then(|text| Anchor::at(&self.text, &text, &point.words, stretch));
        anchor.ok_or_else(|| no_text(point))
    }

    /// The layers of one's own party.
    pub fn own(&self) -> usize {
        self.sheets.iter().take_while(|sheet| sheet.layer.party == self.member.party).count()
    }

    /// A layer of one's own party in which one may write; `field` names it. By a name that the party chose or has from the start one's own
    /// generation's layer is meant.
    pub fn writable(&self, field: &'static str, id: &LayerId) -> Result<usize, Refusal> {
        let party = &self.member.party;
        let own = &self.sheets[..self.own()];
        let meant = id.of(self.member.generation);
        let at = |id: &LayerId| own.iter().position(|sheet| sheet.layer.layer == *id);
        let Some(at) = meant.as_ref().and_then(at).or_else(|| at(id)) else {
            let names: Vec<&LayerId> = own.iter().map(|sheet| &sheet.layer.layer).collect();
            let has = if names.is_empty() { "none".to_owned() } else { in_words(&names) };
            let message = format!("{party} has no layer {id} on this plan: it has {has}");
            return Err(Refusal::not_found(field, id.to_string(), format!("a layer of {party}: {has}")).says(message));
        };
        if own[at].layer.write {
            return Ok(at);
        }
        let message = match id.kind() {
            LayerKind::Positions => format!(
                "you may not take positions for {party} on this plan: the chair does, and heads and delegates of a party that may propose or draft"
            ),
            LayerKind::Private | LayerKind::Public | LayerKind::Opened => format!(
                "you may not write in layers of {party} on this plan: the chair does, and heads, delegates and advisers of a party that may propose or draft"
            ),
        };
        Err(Refusal::forbidden(field, id.to_string(), "a layer in which you may write").says(message))
    }

    /// A new entry on a whole point, without a body: written by oneself, now.
    pub fn new_entry(&mut self, point: &PointId, what: What) -> Annotation {
        Annotation {
            id: self.ids.annotation(),
            point: point.clone(),
            anchor: None,
            quote: String::new(),
            what,
            body: String::new(),
            reply_to: None,
            entered_for: None,
            resolved: false,
            withdrawn: false,
            by: Some(self.member.member.clone()),
            at_ms: self.now_ms,
        }
    }

    /// A new id for a point.
    pub fn new_point(&mut self) -> PointId {
        self.ids.point()
    }

    /// The layers of one's own party in which an entry stands: one, or two while it is being tabled.
    pub fn own_with(&mut self, id: &AnnotationId) -> Vec<usize> {
        (0..self.own()).filter(|at| self.sheets[*at].entries().get(id).is_some()).collect()
    }
}

impl Exactly {
    /// Takes in what was written since; `changed` are the points as in [`ExactWords::renew`].
    fn renew(&mut self, txn: &TransactionMut, outline: &Outline, changed: &[usize]) -> Result<(), gate::Refusal> {
        self.census.extend(&txn.encode_diff_v1(&self.counted))?;
        self.counted = txn.state_vector();
        self.words.renew(outline, changed.iter().copied());
        self.weaves.renew(txn, outline, self.census.census(), changed.iter().copied());
        Ok(())
    }
}

/// The words of a point hold more than characters.
pub fn no_text(point: &Point) -> Refusal {
    let message = format!("the words of {} are no text that can be quoted", inline(name(point)));
    Refusal::refused("point", "words that hold more than characters", "plain text: set the words again").says(message)
}

impl OpenSheet<'_> {
    /// What stands in it.
    pub fn entries(&mut self) -> &Layer {
        self.entries.get_or_insert_with(|| Layer::read(&self.txn))
    }

    /// Writes a whole entry; tells why not, if the layer is full.
    pub fn put(&mut self, entry: &Annotation) -> Result<(), Refusal> {
        layer::put(&mut self.txn, entry).map_err(Refusal::annotating)?;
        if let Some(entries) = &mut self.entries {
            entries.annotations.push(entry.clone());
        }
        Ok(())
    }

    /// Takes an entry out; tells whether it was there.
    pub fn remove(&mut self, id: &AnnotationId) -> bool {
        let gone = layer::remove(&mut self.txn, id);
        if let Some(entries) = &mut self.entries {
            entries.annotations.retain(|entry| entry.id != *id);
        }
        gone
    }

    /// Marks an entry; tells whether that changed anything.
    pub fn mark(&mut self, id: &AnnotationId, mark: Marking) -> Result<bool, Refusal> {
        let changed = match mark {
            Marking::Withdrawn => layer::withdraw(&mut self.txn, id),
            Marking::Resolved(resolved) => layer::set_resolved(&mut self.txn, id, resolved),
        };
        let entries = self.entries.as_mut().and_then(|entries| entries.annotations.iter_mut().find(|entry| entry.id == *id));
        if let Some(entry) = entries {
            match mark {
                Marking::Withdrawn => entry.withdrawn = true,
                Marking::Resolved(resolved) => entry.resolved = resolved,
            }
        }
        changed.map_err(Refusal::annotating)
    }
}

/// How an entry is marked.
#[derive(Clone, Copy)]
pub enum Marking {
    Withdrawn,
    Resolved(bool),
}

#[cfg(test)]
mod tests;
