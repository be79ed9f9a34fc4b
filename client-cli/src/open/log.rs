//! Where a plan's log comes from: its records in their order, the text as it stood at any of them, and what surrounds the plan.
//!
//! It is read at the server, or in the replica that one is in.

mod replica;

use plenary_shared::{
    id::{LayerId, MemberId, PartyId, PlanId},
    log::record::Record,
    text::history::{At, Replay},
    wire::{
        api::Conference,
        log::LogLine,
        sync::{PlanContext, Pull, PullLine},
    },
};
use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use crate::{
    context::Session,
    error::CliError,
    wire::{
        lines::{Idle, RECORD_BYTES_MAX, STATE_BYTES_MAX},
        pulled::{self, News, Pulled},
    },
};
pub use replica::Local;

/// Where the log is read.
pub enum LogSource {
    /// At the server.
    Server(Box<Remote>),
    /// In a replica.
    Replica(Rc<Local>),
}

/// A plan at a server.
pub struct Remote {
    session: Session,
    plan: PlanId,
}

/// A record and its number.
pub type Recorded = (u64, Record);

/// The log up to now.
pub struct Past {
    /// What surrounds the plan.
    pub context: PlanContext,
    /// The records, as they are read.
    pub records: Box<dyn Iterator<Item = Result<Recorded, CliError>>>,
}

/// Gives the log as it goes on.
pub type Following = Box<dyn FnMut() -> Result<Followed, CliError>>;

/// The log as it goes on.
pub enum Followed {
    /// The text where it begins.
    Begins(Box<Replay>),
    /// The next record.
    Record(u64, Record),
}

impl LogSource {
    /// The source at the server.
    pub fn server(session: Session, plan: &PlanId) -> Self {
        LogSource::Server(Box::new(Remote { session, plan: plan.clone() }))
    }

    /// The replica that is read, if it is one.
    pub fn replica(&self) -> Option<&Local> {
        match self {
            LogSource::Server(_) => None,
            LogSource::Replica(local) => Some(local),
        }
    }

    /// The records after `since` up to now.
    pub fn past(&self, since: u64) -> Result<Past, CliError> {
        match self {
            LogSource::Server(remote) => remote.past(since),
            LogSource::Replica(local) => local.past(since),
        }
    }

    /// The text as it stood at a moment.
    pub fn state(&self, at: At) -> Result<Replay, CliError> {
        match self {
            LogSource::Server(remote) => remote.state(at),
            LogSource::Replica(local) => local.state(at),
        }
    }

    /// The records after `since` as they come; without it the present text first. Ends by an error alone.
    pub fn follow(&self, since: Option<u64>) -> Result<Following, CliError> {
        Ok(match self {
            LogSource::Server(remote) => Box::new(remote.follow(since)?),
            LogSource::Replica(local) => Box::new(Local::follow(local, since)?),
        })
    }

    /// The names of the members, for their ids.
    pub fn names(&self) -> Result<Names, CliError> {
        match self {
            LogSource::Server(remote) => Ok(Names::of(&remote.session.api.get(&remote.session.path("")?)?)),
            LogSource::Replica(local) => Ok(local.names()),
        }
    }
}

impl Remote {
    fn past(&self, since: u64) -> Result<Past, CliError> {
        let path = self.session.plan_path(&self.plan, "/pull")?;
        let pull = Pull { since, layers: Vec::new(), text_only: true };
        let (context, lines) = pulled::ask(&self.session.api, &path, &pull)?;
        let mut pulled = Pulled::new(lines, &[], since, context.end);
        let mut ended = false;
        let records = std::iter::from_fn(move || {
            while !ended {
                let next = pulled.next().transpose();
                ended = !matches!(next, Some(Ok(_)));
                match next? {
                    Ok(News::Record { seq, refused: false, record, .. }) => return Some(Ok((seq, record))),
                    Ok(_) => {}
                    Err(error) => return Some(Err(error)),
                }
            }
            None
        });
        Ok(Past { context, records: Box::new(records) })
    }

    fn state(&self, at: At) -> Result<Replay, CliError> {
        let query = match at {
            At::Seq(seq) => format!("/state?seq={seq}"),
            At::Ms(at_ms) => format!("/state?at_ms={at_ms}"),
        };
        let (seq, state) = self.session.api.lines(&self.session.plan_path(&self.plan, &query)?)?.state()?;
        Ok(Replay::from_state(seq, &state)?)
    }

    fn follow(&self, since: Option<u64>) -> Result<impl FnMut() -> Result<Followed, CliError> + use<>, CliError> {
        let query = since.map_or("/log".to_owned(), |since| format!("/log?since={since}"));
        let mut lines = self.session.api.lines(&self.session.plan_path(&self.plan, &query)?)?;
        let mut last = since;
        Ok(move || {
            let bytes_max = if last.is_none() { STATE_BYTES_MAX } else { RECORD_BYTES_MAX };
            match (last, lines.next(bytes_max, Idle::Unbounded)?) {
                (None, LogLine::State { seq, update, .. }) => {
                    last = Some(seq);
                    Ok(Followed::Begins(Box::new(Replay::from_state(seq, &lines.bytes(&update)?)?)))
                }
                // Those that the document could not bear are not told.
                (Some(before), LogLine::Record(record)) if record.seq > before => {
                    last = Some(record.seq);
                    let update = lines.bytes(&record.update)?.into();
                    Ok(Followed::Record(record.seq, record.record(update)))
                }
                _ => Err(lines.garbled("it does not begin with what was asked for, or its records do not follow one another")),
            }
        })
    }
}

/// The acts in the log of a party's layer, which no replica holds: the server is asked.
pub fn acts_of_layer(
    session: &Session,
    plan: &PlanId,
    party: &PartyId,
    layer: &LayerId,
) -> Result<impl Iterator<Item = Result<Recorded, CliError>> + use<>, CliError> {
    let path = session.plan_path(plan, &format!("/layers/{party}/{layer}/acts"))?;
    let (mut lines, mut last) = (session.api.lines(&path)?, 0);
    let mut next = move || match lines.next(RECORD_BYTES_MAX, Idle::Bounded)? {
        PullLine::Record { record, .. } if record.seq > last => {
            last = record.seq;
            let update = lines.bytes(&record.update)?.into();
            Ok(Some((last, record.record(update))))
        }
        PullLine::End => lines.end().map(|()| None),
        _ => Err(lines.garbled("it tells something else than acts, or these do not follow one another")),
    };
    let mut ended = false;
    Ok(std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let told = next().transpose();
        ended = !matches!(told, Some(Ok(_)));
        told
    }))
}

/// The names that people go by.
#[derive(Default)]
pub struct Names {
    names: HashMap<MemberId, String>,
    /// Whose seats have ended.
    ended: HashSet<MemberId>,
}

impl Names {
    /// Of the members of a conference, and of those whose seats have ended.
    pub fn of(conference: &Conference) -> Self {
        let all = conference.members.iter().chain(&conference.ended);
        let names = all.map(|member| (member.member.clone(), member.name.clone())).collect();
        Names { names, ended: conference.ended.iter().map(|member| member.member.clone()).collect() }
    }

    /// Learns more names. A member without one is not to be asked for again.
    pub fn learn(&mut self, more: Names, member: &MemberId) {
        self.names.extend(more.names);
        self.ended.extend(more.ended);
        self.names.entry(member.clone()).or_default();
    }

    /// A member's name, if it is known.
    pub fn get(&self, member: &MemberId) -> Option<&str> {
        self.names.get(member).map(String::as_str)
    }

    /// A member's name, if it is known, and whether its seat has ended.
    pub fn of_member(&self, member: &MemberId) -> (Option<&str>, bool) {
        (self.get(member), self.has_ended(member))
    }

    /// Whether a member's seat has ended.
    pub fn has_ended(&self, member: &MemberId) -> bool {
        self.ended.contains(member)
    }
}
