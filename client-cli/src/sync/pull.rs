//! Taking what is new: the text's log record by record, each checked against the chain of digests, and what layers have that their
//! copies lack. What is taken is kept page by page, so that a cut costs a page at most.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use plenary_shared::{
    api::{self, Held, PlanContext, Pull, PullLine},
    limits,
    plan::{Change, Outline, changes},
    record::{self, Digest, Record},
};
use std::io::{BufRead as _, BufReader, Read as _};
use yrs::{ReadTxn as _, StateVector, Transact as _, updates::encoder::Encode as _};

use super::{Report, apart, waits};
use crate::{
    context::Session,
    error::CliError,
    folder::{
        Context, Folder,
        layers::{self, Copy},
        merged,
        text::Text,
    },
    guard::{self, decode},
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

/// A record as it was told and checked: its number, whether the document could not bear it, and what it holds.
pub type Told = (u64, bool, Record);

/// What one sync takes.
pub struct Puller<'a> {
    folder: &'a Folder,
    session: &'a Session,
    text: Text,
    context: Option<PlanContext>,
    /// The chain's digest after the last record that was told.
    head: Digest,
    page: Vec<Told>,
    page_bytes: usize,
}

impl<'a> Puller<'a> {
    /// Reads what the replica has.
    pub fn begin(folder: &'a Folder, session: &'a Session) -> Result<Self, CliError> {
        let _lock = folder.lock()?;
        folder.sweep()?;
        let text = folder.text()?;
        let context = folder.context().ok().map(|context| context.plan);
        let head = text.end.head;
        Ok(Puller { folder, session, text, context, head, page: Vec::new(), page_bytes: 0 })
    }

    /// What the edits that wait have changed in the text.
    pub fn mine(&self) -> Result<Vec<Change>, CliError> {
        let own = {
            let _lock = self.folder.lock_shared()?;
            self.folder.own()?
        };
        let mut updates = vec![decode(&self.text.state())?];
        for edit in own.edits.iter().filter(|edit| waits(&edit.fate)) {
            updates.extend(apart::text_of(&edit.body(&self.folder.cipher)?)?);
        }
        if updates.len() == 1 {
            return Ok(Vec::new());
        }
        let with = guard::document(updates)?;
        Ok(changes(&outline(self.text.doc()), &outline(&with)))
    }

    /// Takes all that the server has by now.
    pub fn pull(&mut self, report: &mut Report, progress: &Progress) -> Result<(), CliError> {
        let pull = Pull { since: self.text.end.seq, layers: self.held()? };
        let path = self.session.plan_path(&self.folder.info.plan, "/pull")?;
        let mut lines = BufReader::new(self.session.api.post_stream(&path, &pull)?);
        let context = match self.line(&mut lines, CONTEXT_BYTES_MAX)? {
            PullLine::Context(context) => self.checked(*context)?,
            _ => return Err(self.garbled("it does not begin with the plan's context")),
        };
        let bar = progress.bar("taking", context.end.saturating_sub(self.text.end.seq), "records");
        loop {
            match self.line(&mut lines, LINE_BYTES_MAX)? {
                PullLine::Layer { party, layer, seq, update } => {
                    let known = context.layers.iter().find(|known| known.party == party && known.layer == layer);
                    let known = known.ok_or_else(|| self.garbled("it tells a layer that it did not list"))?;
                    self.take_layer(known, seq, &update)?;
                    report.layers.push(format!("{party}/{layer}"));
                }
                PullLine::Record { seq, at_ms, author, seen, digest, update, refused } => {
                    let update = self.bytes(&update)?;
                    self.take(seq, refused, &digest, Record { at_ms, author, seen, update: update.into() })?;
                    bar.inc(1);
                    if self.page_bytes >= PAGE_BYTES || self.page.len() >= PAGE_RECORDS {
                        self.keep_page(&context, report)?;
                    }
                }
                PullLine::End => break,
                PullLine::Context(_) => return Err(self.garbled("it tells the context twice")),
            }
        }
        self.keep_page(&context, report)?;
        if self.text.end.seq != context.end {
            return Err(self.garbled("it ended before the record that it named as the last"));
        }
        let _lock = self.folder.lock()?;
        report.gone.extend(layers::keep_only(self.folder.dir(), &context.layers)?);
        self.folder.write_context(&Context { synced_ms: when::now_ms(), plan: context.clone() })?;
        self.context = Some(context);
        report.seq = self.text.seq;
        Ok(())
    }

    /// Forgets edits that were sent before all was taken, and so are in it, and those that nobody needs; tells whether there were any
    /// of the former.
    pub fn forget(&self) -> Result<bool, CliError> {
        use crate::folder::own::Fate;
        let _lock = self.folder.lock()?;
        let mut own = self.folder.own()?;
        let arrived = own.edits.iter().any(|edit| edit.fate == Fate::Sent);
        own.forget(self.folder.dir(), |edit| matches!(edit.fate, Fate::Sent | Fate::Repeated | Fate::Salvaged))?;
        Ok(arrived)
    }

    /// The copies that there are.
    fn held(&self) -> Result<Vec<Held>, CliError> {
        let _lock = self.folder.lock_shared()?;
        let mut held = Vec::new();
        for layer in self.context.iter().flat_map(|context| &context.layers) {
            let Some(Copy { seq, state }) = self.folder.layer(layer)? else { continue };
            let vector = if state.is_empty() {
                StateVector::default()
            } else {
                guard::document([decode(&state)?])?.transact().state_vector()
            };
            let (party, layer) = (layer.party.clone(), layer.layer.clone());
            held.push(Held { party, layer, seq, state_vector: BASE64.encode(vector.encode_v1()) });
        }
        Ok(held)
    }

    fn checked(&self, context: PlanContext) -> Result<PlanContext, CliError> {
        let info = &self.folder.info;
        if context.member.member != info.member || context.member.conference != info.conference || context.plan.id != info.plan {
            return Err(CliError::Refused(format!(
                "this replica is that of {}, and you are {}: sync it as its member (--as)",
                info.member, context.member.member
            )));
        }
        if context.end == self.text.end.seq && context.digest != hex(&self.text.end.head) {
            return Err(self.another_past(context.end));
        }
        Ok(context)
    }

    fn take(&mut self, seq: u64, refused: bool, digest: &str, record: Record) -> Result<(), CliError> {
        let before = self.page.last().map_or(self.text.end.seq, |(seq, ..)| *seq);
        if seq != before + 1 {
            return Err(self.garbled("a record of the log is missing"));
        }
        let (_, head) = record::seal(&self.head, &record);
        if hex(&head) != digest {
            return Err(self.another_past(seq));
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
        // A new replica has nothing that anybody could have changed apart.
        if self.text.seq > 0 {
            let found = apart::find(self.folder, context, &self.text, &page)?;
            if !found.merged.is_empty() {
                let merged = merged::add(self.folder.merged()?, found.merged);
                merged::write(self.folder.dir(), &self.folder.cipher, &merged)?;
            }
            for (change, by) in found.theirs {
                report.heard(change, by);
            }
            report.title = found.title.or(report.title.take());
        }
        self.text.append(self.folder.dir(), &page)?;
        self.text.fold(&page)?;
        self.text.save(self.folder.dir())?;
        report.taken += page.len() as u64;
        Ok(())
    }

    fn take_layer(&self, layer: &api::Layer, seq: u64, update: &str) -> Result<(), CliError> {
        let update = self.bytes(update)?;
        let _lock = self.folder.lock()?;
        let before = self.folder.layer(layer)?.unwrap_or_default();
        let before = if before.state.is_empty() { None } else { Some(decode(&before.state)?) };
        let doc = guard::document(before.into_iter().chain([decode(&update)?]))?;
        let state = if seq == 0 { Vec::new() } else { doc.transact().encode_state_as_update_v1(&StateVector::default()) };
        layers::write(self.folder.dir(), &self.folder.cipher, layer, &Copy { seq, state: state.into() })
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

    fn another_past(&self, seq: u64) -> CliError {
        CliError::Refused(format!(
            "record {seq} of the server's log does not continue the log that this replica holds: the server shows another past. Nothing was taken; \
             keep this folder, and compare with another party's replica"
        ))
    }
}

pub(super) fn outline(doc: &yrs::Doc) -> Outline {
    Outline::read(&doc.transact())
}

fn hex(digest: &Digest) -> String {
    blake3::Hash::from(*digest).to_hex().to_string()
}
