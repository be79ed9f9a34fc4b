//! What will stand side by side once one's own edits are sent, as far as the replica has what others wrote: the server puts it together
//! in the same way, from the same records. Nothing of it is kept.

use bytes::Bytes;
use plenary_shared::{
    log::{
        fold::{Fold, Formed},
        gate::Ledger,
        record::{Branch, Moment, Provenance, Record, RecordKind, Right},
    },
    people::Author,
    text::{
        apart::{Apart, Bracketed, Stay},
        plan::new_doc,
    },
};

use super::{Replica, Shown};
use crate::{
    error::CliError,
    fold,
    folder::{own, text::Text},
    ids,
};

/// An edit of the text that waits.
struct Waiting {
    branch: Branch,
    seen: u64,
    update: Bytes,
}

impl Replica {
    /// The documents as [`Self::shown`] reads them, and what will stand side by side. The folder must be locked.
    pub(super) fn shown_beside(&self) -> Result<Shown, CliError> {
        let mut shown = self.shown()?;
        let mut waiting = Vec::new();
        for edit in shown.own.edits.iter().filter(|edit| edit.waits() && edit.seen < shown.seq) {
            let parts = edit.body(&self.folder.cipher)?.parts.into_iter().filter(|(layer, _)| layer.is_none());
            waiting.extend(parts.map(|(_, update)| Waiting { branch: own::stay(&edit.id), seen: edit.seen, update }));
        }
        if waiting.is_empty() {
            return Ok(shown);
        }
        let records = Text::records(self.folder.dir(), &self.folder.info.text(), 0)?.into_iter();
        let records = records.filter(|(seq, refused, _)| !refused && *seq <= shown.seq);
        let mut log: Vec<(u64, Record)> = records.map(|(seq, _, record)| (seq, record)).collect();
        let (mut ledger, known) = (shown.text.ledger().clone(), log.len());
        for stay in waiting.chunk_by(|a, b| (a.branch, a.seen) == (b.branch, b.seen)) {
            self.put_beside(&mut shown, (&mut log, &mut ledger), stay)?;
        }
        shown.beside = log.split_off(known);
        Ok(shown)
    }

    /// The records of what waits and others may have changed too, and of what puts both side by side, as they will follow on the log.
    pub fn beside(&self) -> Result<Vec<(u64, Record)>, CliError> {
        self.folder.unlock()?;
        let _lock = self.folder.lock_shared()?;
        Ok(self.shown_beside()?.beside)
    }

    /// Puts what one stay brings beside what others wrote, and adds both to the log as it will be, and to what the gate will know of it.
    /// What the server will not take is left as it is.
    fn put_beside(
        &self,
        shown: &mut Shown,
        (log, ledger): (&mut Vec<(u64, Record)>, &mut Ledger),
        stay: &[Waiting],
    ) -> Result<(), CliError> {
        let Some(Waiting { branch, seen, .. }) = stay.first() else { return Ok(()) };
        let new: Vec<Bytes> = stay.iter().map(|waiting| waiting.update.clone()).collect();
        for update in &new {
            let Ok(checked) = ledger.check_state(update) else { return Ok(()) };
            ledger.admit_state(&checked);
        }
        let (known, since) = log.split_at(log.partition_point(|(seq, _)| seq <= seen));
        let mut base = fold::empty()?;
        for (_, record) in known {
            base.take(record)?;
        }
        let base = base.state()?;
        let author = self.member().author();
        let apart = Apart::find(&Stay { seen: *seen, base: &base, since, author: &author, branch: *branch, new: &new, ledger })?;
        let mut end = log.last().map_or(0, |(seq, _)| *seq);
        let mut add = |by: Provenance, kind: RecordKind, update: Bytes| {
            log.push((end + 1, by.of_kind(kind, end, Moment::default(), update)));
            end += 1;
            end
        };
        let by = Provenance { branch: *branch, seen: Some(*seen), ..Provenance::live(author, Right::Draft) };
        let own: Vec<u64> = new.into_iter().map(|update| add(by.clone(), RecordKind::Edit, update)).collect();
        let Some(mut apart) = apart else { return Ok(()) };
        let of: Vec<u64> = apart.new.iter().filter_map(|at| own.get(*at).copied()).collect();
        apart.of.extend(of);
        let client = ids::client()?;
        let mut now = Fold::of_state(new_doc(client), &shown.text.state()?)?;
        let Bracketed { update, says, .. } = apart.bracket(&mut now)?;
        for mark in &says.marks {
            let whose = shown.owners.get(&mark.client).cloned();
            shown.sides.entry(client).or_default().entry(mark.clock).or_default().extend(whose);
        }
        if !update.is_empty() {
            if let Ok(checked) = ledger.check_state(&update) {
                ledger.admit_state(&checked);
            }
            shown.text.lay([Formed::read(&update)?])?;
        }
        add(Provenance::server(Author::engine(), Right::Chair), RecordKind::Bracketing(says), update);
        Ok(())
    }
}
