//! Taking what is new: the text's log record by record, each checked against the chain of digests, and what layers have that their
//! copies lack. What is taken is kept page by page, so that a cut costs a page at most.

mod copies;
mod puller;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use plenary_shared::{
    id::{LayerId, PartyId},
    limits,
    log::record::{self, Digest, Record},
    people,
    wire::sync::{PlanContext, Pull, PullLine},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead as _, BufReader, Read as _},
};
use yrs::{ReadTxn as _, Snapshot, Transact as _};

pub use copies::{Lost, OnServer, name};
pub use puller::Puller;

use super::{apart, report::Report};
use crate::{
    error::CliError,
    folder::{
        Context, before, layers, merged,
        own::{Body, Fate},
    },
    guard::decode,
    progress::Progress,
    when,
};

/// The largest line: a record of the largest update, or a layer's whole state, in base64, and what stands around it.
const LINE_BYTES_MAX: u64 = (limits::UPDATE_BYTES_MAX as u64 / 3 + 1) * 4 + (64 << 10);
/// The context names every member and layer: some hundred bytes for each of 10,000.
const CONTEXT_BYTES_MAX: u64 = 16 << 20;
/// 8 MiB: updates of a page.
const PAGE_BYTES: usize = 8 << 20;
/// Records of a page.
const PAGE_RECORDS: usize = 32 << 10;

/// Why nothing more was taken.
pub enum Stopped {
    /// The server's log of the text is not the one that the replica holds: nothing of it was taken.
    Diverged,
    /// That of a layer is not.
    LayerDiverged,
    /// Something else.
    Failed(CliError),
}

impl From<CliError> for Stopped {
    fn from(error: CliError) -> Self {
        Stopped::Failed(error)
    }
}

impl Puller<'_> {
    /// Tells each layer that moved, as the server has it, and takes nothing. `since` is where the server's log of the text ends.
    pub fn layers(&self, since: u64, mut tell: impl FnMut(OnServer) -> Result<(), CliError>) -> Result<(), CliError> {
        let (context, mut lines) = self.ask(since)?;
        let mut told = BTreeSet::new();
        loop {
            match self.line(&mut lines, LINE_BYTES_MAX)? {
                PullLine::Layer { party, layer, seq, digest, anew, update } => {
                    let layer = self.listed(&context, &mut told, &party, &layer)?;
                    tell(OnServer { layer, anew, seq, digest, update: self.bytes(&update)? })?;
                }
                PullLine::Record { .. } => {}
                PullLine::End => return Ok(()),
                PullLine::Context(_) => return Err(self.garbled("it tells the context twice")),
            }
        }
    }

    /// Asks for what follows on a record; answers the context, and the lines behind it.
    fn ask(&self, since: u64) -> Result<(PlanContext, impl std::io::BufRead + use<>), CliError> {
        let pull = Pull { since, layers: self.held()? };
        let path = self.session.plan_path(&self.folder.info.plan, "/pull")?;
        let mut lines = BufReader::new(self.session.api.post_stream(&path, &pull)?);
        match self.line(&mut lines, CONTEXT_BYTES_MAX)? {
            PullLine::Context(context) => Ok((self.checked(*context)?, lines)),
            _ => Err(self.garbled("it does not begin with the plan's context")),
        }
    }

    /// A layer of those that the context lists, each once.
    fn listed<'c>(
        &self,
        context: &'c PlanContext,
        told: &mut BTreeSet<(PartyId, LayerId)>,
        party: &PartyId,
        layer: &LayerId,
    ) -> Result<&'c people::Layer, CliError> {
        let known = context.layers.iter().find(|known| known.party == *party && known.layer == *layer);
        let known = known.filter(|known| told.insert((known.party.clone(), known.layer.clone())));
        known.ok_or_else(|| self.garbled("it tells a layer that it did not list, or tells it twice"))
    }

    /// Takes all that the server has by now.
    pub fn pull(&mut self, report: &mut Report, progress: &Progress) -> Result<(), Stopped> {
        let (context, mut lines) = match self.ask(self.text.end.seq) {
            Err(CliError::Api { error, .. }) if error == "diverged" => return Err(Stopped::Diverged),
            asked => asked?,
        };
        if context.end == self.text.end.seq && context.digest != self.text.end.head {
            return Err(Stopped::Diverged);
        }
        let mut told = BTreeSet::new();
        let bar = progress.bar("taking", context.end.saturating_sub(self.text.end.seq), "records");
        loop {
            match self.line(&mut lines, LINE_BYTES_MAX)? {
                PullLine::Layer { party, layer, seq, digest, anew, update } => {
                    let layer = self.listed(&context, &mut told, &party, &layer)?;
                    let here = OnServer { layer, anew, seq, digest, update: self.bytes(&update)? };
                    if here.anew && self.lost(&here)?.is_some() {
                        return Err(Stopped::LayerDiverged);
                    }
                    self.take_layer(&here)?;
                    report.layers.push(name(layer));
                }
                PullLine::Record { record, refused } => {
                    let update = self.bytes(&record.update)?;
                    let (seq, digest) = (record.seq, record.digest);
                    self.take(context.end, seq, refused, digest, record.record(update.into()))?;
                    bar.inc(1);
                    if self.page_bytes >= PAGE_BYTES || self.page.len() >= PAGE_RECORDS {
                        self.keep_page(&context, report)?;
                    }
                }
                PullLine::End => break,
                PullLine::Context(_) => return Err(self.garbled("it tells the context twice").into()),
            }
        }
        self.keep_page(&context, report)?;
        if self.text.end.seq != context.end {
            return Err(self.garbled("it ended before the record that it named as the last").into());
        }
        let _lock = self.folder.lock()?;
        if context.restored {
            report.put_by = self.put_by_forgotten(&context)?.or(report.put_by.take());
        }
        let is_readable = |party: &str, layer: &str| layers::is_among(&context.layers, party, layer);
        report.gone.extend(layers::keep_only(self.folder.dir(), is_readable)?);
        report.gone.extend(before::keep_only(self.folder.dir(), &context.layers, &context.member.party)?);
        report.gone.sort();
        report.gone.dedup();
        self.folder.write_context(&Context { synced_ms: when::now_ms(), plan: context.clone() })?;
        self.context = Some(context);
        report.seq = self.text.seq;
        Ok(())
    }

    /// Forgets edits of one's own that what was taken shows; one that was sent and is not shown waits again. Tells whether there were any
    /// that had been sent.
    pub fn forget(&self) -> Result<bool, CliError> {
        let _lock = self.folder.lock()?;
        let mut own = self.folder.own()?;
        let (mut arrived, mut missing) = (BTreeSet::new(), Vec::new());
        let mut shown = Shown::of(self);
        for edit in own.edits.iter().filter(|edit| matches!(edit.fate, Fate::Sent | Fate::Held)) {
            if shown.holds(&edit.body(&self.folder.cipher)?)? {
                arrived.insert(edit.id);
            } else if edit.fate == Fate::Sent {
                missing.push((edit.id, Fate::Waiting));
            }
        }
        own.settle(self.folder.dir(), &missing)?;
        // What was not needed or was proposed since is kept as long as something else may build on it.
        let settled = own.edits.iter().all(|edit| !matches!(edit.fate, Fate::Waiting | Fate::Held | Fate::Refused { .. }));
        own.forget(self.folder.dir(), |edit| match edit.fate {
            Fate::Sent | Fate::Held => arrived.contains(&edit.id),
            Fate::Repeated | Fate::Salvaged => settled,
            Fate::Waiting | Fate::Refused { .. } => false,
        })?;
        Ok(!arrived.is_empty())
    }

    fn checked(&self, context: PlanContext) -> Result<PlanContext, CliError> {
        let info = &self.folder.info;
        if context.member.member != info.member || context.member.conference != info.conference || context.plan.id != info.plan {
            return Err(CliError::Refused(format!(
                "this replica is that of {}, and you are {}: sync it as its member (--as)",
                info.member, context.member.member
            )));
        }
        Ok(context)
    }

    fn take(&mut self, end: u64, seq: u64, refused: bool, digest: Digest, record: Record) -> Result<(), Stopped> {
        let before = self.page.last().map_or(self.text.end.seq, |(seq, ..)| *seq);
        if seq != before + 1 || seq > end {
            return Err(self.garbled("its records do not follow one another up to the one that it named as the last").into());
        }
        let (_, head) = record::seal(&self.head, &record);
        if head != digest {
            return Err(Stopped::Diverged);
        }
        self.head = head;
        self.page_bytes += record.update.len();
        self.page.push((seq, refused, record));
        Ok(())
    }

    /// Keeps the records that were taken, and tells what others did and what that comes to with one's own edits.
    fn keep_page(&mut self, context: &PlanContext, report: &mut Report) -> Result<(), CliError> {
        self.page_bytes = 0;
        let page = std::mem::take(&mut self.page);
        if page.is_empty() {
            return Ok(());
        }
        let _lock = self.folder.lock()?;
        // Until it was synced to the end a replica has nothing that anybody could have changed apart.
        if self.context.is_some() {
            let found = apart::find(self.folder, context, &self.text, &page)?;
            if !found.merged.is_empty() {
                let merged = merged::add(self.folder.merged()?, found.merged);
                merged::write(self.folder.dir(), &self.folder.cipher, &merged)?;
            }
            for (change, by) in found.theirs {
                report.heard(change, by);
            }
        }
        // First what can fail by what the records hold: nothing is kept that could not be read again.
        self.text.fold(&page)?;
        self.text.append(self.folder.dir(), &page)?;
        self.text.save(self.folder.dir())?;
        report.taken += page.len() as u64;
        Ok(())
    }

    fn line(&self, lines: &mut impl std::io::BufRead, most: u64) -> Result<PullLine, CliError> {
        let lost = |reason: String| CliError::NoConnection { server: self.session.server.to_string(), reason };
        let mut line = Vec::new();
        loop {
            line.clear();
            lines.by_ref().take(most).read_until(b'\n', &mut line).map_err(|e| lost(e.to_string()))?;
            if line.last() != Some(&b'\n') {
                return Err(lost("the connection ended before all was told".into()));
            }
            if !line.trim_ascii().is_empty() {
                return serde_json::from_slice(&line).map_err(|e| self.garbled(&e.to_string()));
            }
        }
    }

    fn bytes(&self, base64: &str) -> Result<Vec<u8>, CliError> {
        BASE64.decode(base64).map_err(|_| self.garbled("an update is not base64"))
    }

    fn garbled(&self, why: &str) -> CliError {
        CliError::NoConnection { server: self.session.server.to_string(), reason: format!("its answer cannot be read: {why}") }
    }
}

/// What the replica has of what the server shows, to look into for one's own edits.
struct Shown<'a> {
    puller: &'a Puller<'a>,
    text: Option<Snapshot>,
    layers: BTreeMap<LayerId, Snapshot>,
}

impl<'a> Shown<'a> {
    fn of(puller: &'a Puller<'a>) -> Self {
        Shown { puller, text: None, layers: BTreeMap::new() }
    }

    /// Whether all of an edit is there: every block that it brings, and everything deleted that it deletes.
    fn holds(&mut self, body: &Body) -> Result<bool, CliError> {
        for (layer, update) in &body.parts {
            let snapshot = match layer {
                None => self.text.get_or_insert_with(|| self.puller.text.doc().transact().snapshot()),
                Some(layer) if self.layers.contains_key(layer) => &self.layers[layer],
                Some(layer) => {
                    let snapshot = self.puller.layer(layer)?.transact().snapshot();
                    self.layers.entry(layer.clone()).or_insert(snapshot)
                }
            };
            let update = decode(update)?;
            let brought = update.state_vector().iter().all(|(client, clock)| snapshot.state_map.get(client) >= *clock);
            if !brought || !update.delete_set().diff(&snapshot.delete_set).is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
