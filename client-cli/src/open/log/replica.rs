//! The log as a replica has it, and one's own edits that are not in it yet.

use plenary_shared::{
    log::fold::Formed,
    people::Author,
    text::history::{At, Replay},
};
use std::{collections::VecDeque, rc::Rc, thread::sleep, time::Duration};

use super::{super::replica::Replica, Followed, Names, Past, Recorded};
use crate::{error::CliError, folder::text::Text};

/// Between two looks at whether a sync has brought more.
const LOOK: Duration = Duration::from_millis(200);

/// A replica whose log is read.
pub struct Local {
    replica: Replica,
}

impl Local {
    /// Nothing is read yet.
    pub fn of(replica: Replica) -> Self {
        Local { replica }
    }

    /// The replica.
    pub fn replica(&self) -> &Replica {
        &self.replica
    }

    /// The records after `since` that are there.
    pub fn past(&self, since: u64) -> Result<Past, CliError> {
        let records = self.records(since)?.into_iter().map(Ok);
        Ok(Past { context: self.replica.context().clone(), records: Box::new(records) })
    }

    /// The text as it stood at a moment.
    pub fn state(&self, at: At) -> Result<Replay, CliError> {
        let created_by = self.replica.context().created_by.clone();
        let records = self.records(0)?;
        let last = records.last().map_or(0, |(seq, _)| *seq);
        if let At::Seq(seq) = at
            && seq > last
        {
            return Err(CliError::Refused(format!("the log ends at record {last} here: begin there, or earlier, or sync first")));
        }
        let mut replay = Replay::new(created_by);
        for (seq, record) in records.iter().take_while(|(seq, record)| at.includes(*seq, record)) {
            replay.apply(*seq, record)?;
        }
        Ok(replay)
    }

    /// The records after `since` as syncs bring them; without it from what is there now.
    pub fn follow(local: &Rc<Self>, since: Option<u64>) -> Result<impl FnMut() -> Result<Followed, CliError> + use<>, CliError> {
        let local = Rc::clone(local);
        let begin = if since.is_some() { None } else { Some(local.state(At::Ms(u64::MAX))?) };
        let mut last = since.unwrap_or_else(|| begin.as_ref().map_or(0, Replay::seq));
        let (mut begin, mut waiting) = (begin.map(Box::new), VecDeque::new());
        Ok(move || {
            if let Some(replay) = begin.take() {
                return Ok(Followed::Begins(replay));
            }
            loop {
                if let Some((seq, record)) = waiting.pop_front() {
                    last = seq;
                    return Ok(Followed::Record(seq, record));
                }
                waiting.extend(local.records(last)?);
                if waiting.is_empty() {
                    sleep(LOOK);
                }
            }
        })
    }

    /// The names of the members, as of the last sync.
    pub fn names(&self) -> Names {
        Names::of(&self.replica.context().conference)
    }

    /// Lays one's own edits over the text, beside what others wrote, and answers the client ids under which they were made. It makes
    /// records of some, as the log will hold them.
    pub fn lay_over(&self, replay: &mut Replay) -> Result<Vec<u64>, CliError> {
        for (seq, record) in self.replica.beside()? {
            replay.lay(seq, &record)?;
        }
        let (mut updates, mut clients) = (Vec::new(), Vec::new());
        for update in self.replica.unsent()? {
            let update = Formed::read(&update)?;
            clients.extend(update.vector().iter().map(|(client, _)| client.get()));
            updates.push(update);
        }
        replay.lay_over(updates)?;
        Ok(clients)
    }

    /// Whose they are.
    pub fn author(&self) -> Author {
        self.replica.member().author()
    }

    fn records(&self, since: u64) -> Result<Vec<Recorded>, CliError> {
        let folder = self.replica.folder();
        let _lock = folder.lock_shared()?;
        let records = Text::records(folder.dir(), &folder.info.text(), since)?.into_iter();
        Ok(records.filter(|(_, refused, _)| !refused).map(|(seq, _, record)| (seq, record)).collect())
    }
}
