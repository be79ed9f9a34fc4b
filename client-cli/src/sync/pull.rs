//! Taking what is new: the text's log record by record, each checked against the chain of digests, and what layers have that their
//! copies lack. What is taken is kept page by page, so that a cut costs a page at most.

mod copies;
mod puller;

use plenary_shared::{
    id::LayerId,
    log::{
        fold::Formed,
        record::{self, Digest, Record},
    },
    people,
    text::authorship::Owners,
    wire::{
        error::Word,
        sync::{PlanContext, Pull},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
};
use yrs::{ReadTxn as _, Snapshot};

pub use copies::{Lost, name};
pub use puller::Puller;

use super::{report::Report, theirs::theirs};
use crate::{
    error::CliError,
    folder::{
        Surroundings, before, layers,
        own::{Body, Fate},
    },
    progress::Progress,
    when,
    wire::{
        lines::Lines,
        pulled::{self, News, OnServer, Pulled},
    },
};

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
    Failed(Box<CliError>),
}

impl From<CliError> for Stopped {
    fn from(error: CliError) -> Self {
        Stopped::Failed(error.into())
    }
}

impl Puller<'_> {
    /// Tells each layer that moved, as the server has it, and takes nothing; answers those of one's own party that it does not know.
    /// `since` is where the server's log of the text ends.
    pub fn layers(
        &self,
        since: u64,
        mut tell: impl FnMut(OnServer) -> Result<(), CliError>,
    ) -> Result<Vec<people::Layer>, CliError> {
        let (context, lines) = self.ask(since)?;
        let mut pulled = Pulled::new(lines, &context.layers, since, context.end);
        while let Some(news) = pulled.next()? {
            if let News::Layer(there) = news {
                tell(there)?;
            }
        }
        self.forgotten(&context)
    }

    /// Asks for what follows on a record; answers the context, and the lines behind it.
    fn ask(&self, since: u64) -> Result<(PlanContext, Lines<impl Read + use<>>), CliError> {
        let pull = Pull { since, layers: self.held()?, text_only: false };
        let path = self.session.plan_path(&self.folder.info.plan, "/pull")?;
        let (context, lines) = pulled::ask(&self.session.api, &path, &pull)?;
        Ok((self.checked(context)?, lines))
    }

    /// Takes all that the server has by now.
    pub fn pull(&mut self, report: &mut Report, progress: &Progress) -> Result<(), Stopped> {
        let since = self.text.end.seq;
        let (context, lines) = match self.ask(since) {
            Err(CliError::Api { error: Word::Diverged, .. }) => return Err(Stopped::Diverged),
            asked => asked?,
        };
        if context.end == since && context.digest != self.text.end.head {
            return Err(Stopped::Diverged);
        }
        if context.restored && !self.forgotten(&context)?.is_empty() {
            return Err(Stopped::LayerDiverged);
        }
        let mut pulled = Pulled::new(lines, &context.layers, since, context.end);
        let bar = progress.bar("taking", context.end.saturating_sub(since), "records");
        while let Some(news) = pulled.next()? {
            match news {
                News::Layer(there) => {
                    if there.anew && self.lost(&there)?.is_some() {
                        return Err(Stopped::LayerDiverged);
                    }
                    self.take_layer(&there)?;
                    report.layers.push(name(there.layer));
                }
                News::Record { seq, refused, digest, record } => {
                    self.take(seq, refused, digest, record)?;
                    bar.inc(1);
                    if self.is_page_full() {
                        self.keep_page(report)?;
                    }
                }
            }
        }
        self.keep_page(report)?;
        let _lock = self.folder.lock()?;
        let is_readable = |party: &str, layer: &str| layers::is_among(&context.layers, party, layer);
        report.gone.extend(layers::keep_only(self.folder.dir(), is_readable)?);
        report.gone.extend(before::keep_only(self.folder.dir(), &context.layers, &context.member.party)?);
        report.gone.sort();
        report.gone.dedup();
        self.folder.write_context(&Surroundings { synced_ms: when::now_ms(), plan: context.clone() })?;
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
        let mut server = Arrived::of(self);
        for edit in own.edits.iter().filter(|edit| matches!(edit.fate, Fate::Sent | Fate::Cut | Fate::Held)) {
            if server.holds(&edit.body(&self.folder.cipher)?, edit.fate == Fate::Cut)? {
                arrived.insert(edit.id);
            } else if edit.fate != Fate::Held {
                missing.push((edit.id, Fate::Waiting));
            }
        }
        own.settle(self.folder.dir(), &missing)?;
        // What was not needed or was proposed since is kept as long as something else may build on it.
        let settled = own.edits.iter().all(|edit| !matches!(edit.fate, Fate::Waiting | Fate::Held | Fate::Refused { .. }));
        own.forget(self.folder.dir(), |edit| match edit.fate {
            Fate::Sent | Fate::Cut | Fate::Held => arrived.contains(&edit.id),
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

    /// Takes a record if it continues the chain.
    fn take(&mut self, seq: u64, refused: bool, digest: Digest, record: Record) -> Result<(), Stopped> {
        let (_, head) = record::seal(&self.head, &record);
        if head != digest {
            return Err(Stopped::Diverged);
        }
        self.head = head;
        self.page_bytes += record.update.len();
        self.page.push((seq, refused, record));
        Ok(())
    }

    /// Whether what was taken is to be kept; if it can be, not between what somebody brought and what puts it beside what others wrote.
    fn is_page_full(&self) -> bool {
        let is_at_rest = self.page.last().is_some_and(|(_, _, record)| record.branch.is_table());
        let pages = if is_at_rest { 1 } else { 2 };
        self.page_bytes >= pages * PAGE_BYTES || self.page.len() >= pages * PAGE_RECORDS
    }

    /// Keeps the records that were taken, and tells what others did.
    fn keep_page(&mut self, report: &mut Report) -> Result<(), CliError> {
        self.page_bytes = 0;
        let page = std::mem::take(&mut self.page);
        if page.is_empty() {
            return Ok(());
        }
        let _lock = self.folder.lock()?;
        // Until it was synced to the end all is new.
        if self.context.is_some() {
            for (change, by) in theirs(&self.text, &page, &self.folder.info.member)? {
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
}

/// What the replica has of what the server shows, to look into for one's own edits.
struct Arrived<'a> {
    puller: &'a Puller<'a>,
    text: Option<(Snapshot, Owners)>,
    layers: BTreeMap<LayerId, Snapshot>,
}

impl<'a> Arrived<'a> {
    fn of(puller: &'a Puller<'a>) -> Self {
        Arrived { puller, text: None, layers: BTreeMap::new() }
    }

    /// Whether all of an edit is there: every block that it brings, and everything deleted that it deletes, unless something was cut out
    /// of that.
    fn holds(&mut self, body: &Body, is_cut: bool) -> Result<bool, CliError> {
        for (layer, update) in &body.parts {
            let update = Formed::read(update)?;
            let snapshot = match layer {
                None => {
                    let text = match &mut self.text {
                        Some(text) => text,
                        none => none.insert((self.puller.text.look(|txn| txn.snapshot())?, self.puller.text.owners(None))),
                    };
                    // What another party wrote under the same id is something else.
                    let is_theirs = |client: u64| text.1.get(&client).is_some_and(|owner| Some(owner) != self.puller.party());
                    if update.vector().iter().any(|(client, _)| is_theirs(client.get())) {
                        return Ok(false);
                    }
                    &text.0
                }
                Some(layer) if self.layers.contains_key(layer) => &self.layers[layer],
                Some(layer) => {
                    let snapshot = self.puller.layer(layer)?.look(|txn| txn.snapshot())?;
                    self.layers.entry(layer.clone()).or_insert(snapshot)
                }
            };
            if !(if is_cut { update.is_brought(snapshot) } else { update.is_in(snapshot) }) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
