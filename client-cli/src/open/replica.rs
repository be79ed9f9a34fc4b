//! A plan as a replica has it: what the server had at the last sync, with one's own edits that the server does not have yet. Every edit
//! is made under a client id of its own and is durable when it is answered.

mod beside;
mod salvage;

use bytes::Bytes;
use plenary_shared::{
    id::{LayerId, PointId},
    limits,
    log::{
        fold::{Fold, Formed},
        record::Record,
    },
    out::{self, Edition, Format},
    people,
    script::{self, Applied, Desk, OnDesk, Ran, Script, Sheet},
    talk::{
        across,
        dossier::{Dossier, OutlineView, Source, Sources},
        layer::{Layer, Unread},
        view::{self, View},
    },
    text::{
        authorship::{self, Owners, SideOwners},
        marks::ChangedApart,
        plan::Outline,
    },
    wire::{api, sync::PlanContext},
};

use crate::{
    brief::brief,
    error::CliError,
    fold,
    folder::{
        self, Folder,
        own::{Body, EditId, Fate, New, Own},
    },
    ids::Fresh,
    when,
};

pub use salvage::{Item, Wanted};

/// A replica, opened.
pub struct Replica {
    folder: Folder,
    context: folder::Surroundings,
}

/// The documents as they are shown.
struct Shown {
    text: Fold,
    /// The last record of the text's log that it shows.
    seq: u64,
    owners: Owners,
    sides: SideOwners,
    own: Own,
    /// The parts of one's own edits that are shown, those of layers.
    parts: Vec<(LayerId, Bytes)>,
    /// What was changed apart, as the log tells, but for what is confirmed here.
    marks: ChangedApart,
    /// What the log will hold, of what others may have changed too.
    beside: Vec<(u64, Record)>,
}

impl Replica {
    /// Opens the replica in a folder.
    pub fn open(folder: Folder) -> Result<Self, CliError> {
        let context = {
            let _lock = folder.lock_shared()?;
            folder.context()?
        };
        Ok(Replica { folder, context })
    }

    /// Whose replica it is, as the server said at the last sync.
    pub fn member(&self) -> &people::Member {
        &self.context.plan.member
    }

    /// The folder.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// What surrounded the plan at the last sync.
    pub fn context(&self) -> &PlanContext {
        &self.context.plan
    }

    /// The plan and what the member may do with it, as the server said at the last sync.
    pub fn plan(&self) -> Result<api::Plan, CliError> {
        Ok(self.context.plan.plan.clone())
    }

    /// The layers that the member may read.
    pub fn layers(&self) -> Result<Vec<people::Layer>, CliError> {
        Ok(self.context.plan.layers.clone())
    }

    /// The plan as people see it.
    pub fn outline(&self) -> Result<Outline, CliError> {
        self.folder.unlock()?;
        let _lock = self.folder.lock_shared()?;
        Ok(self.shown_beside()?.text.look(|txn| Outline::read(txn))?)
    }

    /// The updates of the text that one's own edits hold which the server does not have, as far as the replica knows.
    pub fn unsent(&self) -> Result<Vec<Bytes>, CliError> {
        self.folder.unlock()?;
        let _lock = self.folder.lock_shared()?;
        let own = self.folder.own()?;
        let mut updates = Vec::new();
        for edit in own.edits.iter().filter(|edit| edit.is_shown()) {
            let parts = edit.body(&self.folder.cipher)?.parts.into_iter();
            updates.extend(parts.filter(|(layer, _)| layer.is_none()).map(|(_, update)| update));
        }
        Ok(updates)
    }

    /// Makes edits, all or none; they are on disk when this returns.
    pub fn run(&self, script: &Script) -> Result<Applied, CliError> {
        self.folder.cipher.unlock()?;
        // From reading to writing, so that what the script expects still holds when it is done.
        let _lock = self.folder.lock()?;
        self.make(self.shown()?, script, &[])
    }

    /// Makes edits, of which some propose what refused ones wanted. The folder must be locked since the documents were read.
    fn make(&self, shown: Shown, script: &Script, salvages: &[EditId]) -> Result<Applied, CliError> {
        let needs = script::needs(script);
        let own = &self.member().party;
        let wanted = |layer: &people::Layer| needs == OnDesk::All || (needs == OnDesk::Own && layer.party == *own);
        let mut layers = Vec::new();
        for layer in self.context.plan.layers.iter().filter(|layer| wanted(layer)) {
            let doc = match self.layer(&shown, layer)? {
                Some(fold) => fold.into_doc()?,
                None if layer.party == *own => return Err(unreadable(layer)),
                None => continue,
            };
            layers.push(Sheet { layer: layer.clone(), doc });
        }
        let Shown { text, seq, own: mut edits, marks, .. } = shown;
        // Whoever accepts what was merged does so after it was, whatever the clock says.
        let now_ms = when::now_ms().max(marks.at_ms());
        let (member, write) = (self.member().clone(), self.context.plan.write);
        let parties = self.context.plan.conference.parties.iter().map(|party| party.id.clone()).collect();
        let desk = Desk { member, write, text: text.into_doc()?, layers, parties, now_ms };
        let Ran { applied, updates, once } = script::run(desk, script, &mut Fresh, &mut || true)??;
        if updates.is_empty() {
            let fates: Vec<(EditId, Fate)> = salvages.iter().map(|id| (*id, Fate::Salvaged)).collect();
            edits.settle(self.folder.dir(), &fates)?;
            return Ok(applied);
        }
        // Together they have to fit into one push.
        let bytes: usize = updates.iter().map(|(_, update)| update.len()).sum();
        if bytes > limits::UPDATE_BYTES_MAX || updates.len() > limits::PARTS_MAX {
            return Err(CliError::Refused("the change is too large: make it in smaller parts".into()));
        }
        let parts = updates.into_iter().map(|(layer, update)| (layer, update.into())).collect();
        let body = Body { what: applied.done.iter().map(brief).collect(), parts, once, confirms: Vec::new() };
        edits.add(self.folder.dir(), &self.folder.cipher, New { at_ms: now_ms, seen: seq, body }, salvages)?;
        Ok(applied)
    }

    /// The plan as people see it, and what of it was merged.
    pub fn text(&self) -> Result<OutlineView, CliError> {
        self.folder.unlock()?;
        let _lock = self.folder.lock_shared()?;
        let mut shown = self.shown_beside()?;
        let outline = shown.text.look(|txn| Outline::read(txn))?;
        Ok(OutlineView { merged: across::unconfirmed(&shown.marks, &outline), outline })
    }

    /// Confirms what was merged, to be sent with the next sync.
    pub fn confirm(&self, points: &[Option<PointId>]) -> Result<(), CliError> {
        if !self.context.plan.write {
            return Err(CliError::Refused("only who may draft confirms what was merged; accept the words for your party".into()));
        }
        self.folder.unlock()?;
        let _lock = self.folder.lock()?;
        let Shown { seq, mut own, .. } = self.shown()?;
        let what = format!("confirmed what was merged in {}", if points.len() == 1 { "a point" } else { "points" });
        let body = Body { what: vec![what], parts: Vec::new(), once: None, confirms: points.to_vec() };
        own.add(self.folder.dir(), &self.folder.cipher, New { at_ms: when::now_ms(), seen: seq, body }, &[])
    }

    /// What follows from the plan and the layers that one may read.
    pub fn view<V: View>(&self) -> Result<V, CliError> {
        self.dossier(V::NEEDS, V::of)
    }

    /// The plan as a document to keep.
    pub fn export(&self, form: Edition, format: Format) -> Result<String, CliError> {
        match form {
            Edition::Plain => Ok(out::plain(&self.outline()?)),
            Edition::Clean => self.dossier(view::Needs::Plan, |dossier| out::clean(dossier, format)),
            Edition::Annotated => self.dossier(view::Needs::All, |dossier| out::annotated(dossier, format)),
        }
    }

    /// What follows from the plan and those layers.
    fn dossier<T>(&self, needs: view::Needs, view: impl FnOnce(&Dossier) -> T) -> Result<T, CliError> {
        self.folder.cipher.unlock()?;
        let _lock = self.folder.lock_shared()?;
        let mut shown = self.shown_beside()?;
        let mut layers = Vec::new();
        for layer in self.context.plan.layers.iter().filter(|layer| needs.layer(layer)) {
            let unavailable = || Layer { annotations: Vec::new(), faults: vec![Unread::Unavailable] };
            let content = match self.layer(&shown, layer)? {
                Some(mut fold) => fold.look(|txn| Layer::read(txn))?,
                None => unavailable(),
            };
            let people::Layer { party, layer, audience, .. } = layer.clone();
            layers.push(Source { party, layer, audience, content });
        }
        let plan = &self.context.plan.plan;
        let consent = plan.consent.iter().cloned().collect();
        let consent_changed = plan.consent_changed.clone();
        let state = shown.text.state()?;
        let ended = self.context.plan.conference.ended.iter().map(|member| member.member.clone()).collect();
        let (owners, sides, marks) = (shown.owners, shown.sides, shown.marks);
        let sources = Sources { owners, sides, consent, consent_changed, layers, ended, marks };
        let seen = shown.text.look(|txn| Dossier::read(txn, &state, sources).map(|dossier| view(&dossier)))?;
        seen.ok_or_else(|| CliError::Refused("the plan cannot be read as it is here".into()))
    }

    /// The text and one's own edits. The folder must be locked.
    fn shown(&self) -> Result<Shown, CliError> {
        let text = self.folder.text()?;
        let own = self.folder.own()?;
        let mut owners = text.owners(self.context.plan.created_by.as_ref());
        let mut marks = text.marks();
        let (seq, mut text) = (text.seq, text.into_fold());
        let sides = authorship::side_owners(text.ledger());
        let (mut updates, mut parts) = (Vec::new(), Vec::new());
        for edit in own.edits.iter().filter(|edit| edit.is_shown()) {
            let body = edit.body(&self.folder.cipher)?;
            marks.confirm(&body.confirms, edit.seen);
            for (layer, update) in body.parts {
                match layer {
                    Some(layer) => parts.push((layer, update)),
                    None => updates.push(Formed::read(&update)?),
                }
            }
        }
        for update in &updates {
            for (client, _) in update.vector().iter() {
                owners.entry(client.get()).or_insert_with(|| self.member().party.clone());
            }
        }
        text.lay(updates)?;
        Ok(Shown { text, seq, owners, sides, own, parts, marks, beside: Vec::new() })
    }

    /// A layer as it is shown; none if its copy cannot be read.
    fn layer(&self, shown: &Shown, layer: &people::Layer) -> Result<Option<Fold>, CliError> {
        let Some(copy) = self.folder.layer(layer)? else { return Ok(None) };
        let is_own = layer.party == self.member().party;
        let own = shown.parts.iter().filter(|(of, _)| is_own && *of == layer.layer);
        fold::laid(&copy.state, own.map(|(_, update)| &update[..])).map(Some)
    }
}

fn unreadable(layer: &people::Layer) -> CliError {
    CliError::Refused(format!("the copy of your layer {} cannot be read: `plenary sync` brings it again", layer.layer))
}
