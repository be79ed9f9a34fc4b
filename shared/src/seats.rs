//! The seats of a delegation: what happens to them, in the order in which it happened, and what that comes to.
//!
//! **Architecture invariant:** nothing is ever taken off: a seat that has ended is listed with all that was ever done to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

use crate::{access::Role, id::MemberId, people::Author};

/// Something that happened to a seat. A party's log of seats holds one in each record, as JSON.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SeatAct {
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// Who did it. The server gives a conference's first chair its seat.
    pub by: Author,
    /// The seat.
    pub member: MemberId,
    /// What happened to it.
    #[serde(flatten)]
    pub what: SeatEvent,
}

/// What happens to a seat.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "act", rename_all = "lowercase")]
pub enum SeatEvent {
    /// It was given, by an invitation.
    Given {
        /// What its member is to be.
        role: Role,
        /// The name that others see.
        name: String,
        /// The chair puts in a new head, the party having lost all it had.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        replaces: bool,
        /// When its invitation begins to be good, if not at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from_ms: Option<u64>,
    },
    /// The chair asked for it: it reads and writes nothing until a head grants it.
    Asked {
        /// What its member is to be.
        role: Role,
        /// The name that others are to see.
        name: String,
    },
    /// A head granted what the chair had asked for, by an invitation of its own.
    Granted,
    /// Somebody took it.
    Taken {
        /// By what.
        with: Key,
    },
    /// Its role or its name became another.
    Changed {
        /// What its member is now.
        role: Role,
        /// The name that others see now.
        name: String,
    },
    /// Its member agreed that what the party wrote before its heads were replaced is read by those who came later.
    Opened,
    /// It ended.
    Ended,
}

/// By what a seat is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Key {
    /// An invitation.
    Invitation,
    /// A recovery code: the same seat, on another device.
    Recovery,
}

/// A seat, with all that was done to it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Seat {
    /// Its member.
    pub member: MemberId,
    /// What the member is.
    pub role: Role,
    /// The name that others see.
    pub name: String,
    /// Who gave it, or asked for it, and when.
    pub given: SeatDone,
    /// The chair asked for it.
    pub asked: bool,
    /// Who granted what the chair had asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granted: Option<SeatDone>,
    /// The chair put in a head with it, the party having lost all it had.
    pub replaces: bool,
    /// When its invitation begins to be good, if not at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<u64>,
    /// When it was taken, and by what.
    pub taken: Vec<Taken>,
    /// Who ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<SeatDone>,
}

/// Who did something, and when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SeatDone {
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// Who.
    pub by: Author,
}

/// When a seat was taken, and by what.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Taken {
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// By what.
    pub with: Key,
}

/// What acts come to: every seat ever given or asked for, in that order. An act about a seat that is not there changes nothing.
pub fn listed(acts: &[SeatAct]) -> Vec<Seat> {
    let (mut seats, mut at): (Vec<Seat>, HashMap<&MemberId, usize>) = (Vec::new(), HashMap::new());
    for SeatAct { at_ms, by, member, what } in acts {
        let done = || SeatDone { at_ms: *at_ms, by: by.clone() };
        let new = |role: &Role, name: &String, asked| Seat {
            member: member.clone(),
            role: *role,
            name: name.clone(),
            given: done(),
            asked,
            granted: None,
            replaces: false,
            from_ms: None,
            taken: Vec::new(),
            ended: None,
        };
        let place = *at.entry(member).or_insert(seats.len());
        match (what, seats.get_mut(place)) {
            (SeatEvent::Given { role, name, replaces, from_ms }, None) => {
                seats.push(Seat { replaces: *replaces, from_ms: *from_ms, ..new(role, name, false) });
            }
            (SeatEvent::Asked { role, name }, None) => seats.push(new(role, name, true)),
            (SeatEvent::Granted, Some(seat)) => seat.granted = Some(done()),
            (SeatEvent::Taken { with }, Some(seat)) => seat.taken.push(Taken { at_ms: *at_ms, with: *with }),
            (SeatEvent::Changed { role, name }, Some(seat)) => (seat.role, seat.name) = (*role, name.clone()),
            (SeatEvent::Ended, Some(seat)) => seat.ended = Some(done()),
            (SeatEvent::Opened | SeatEvent::Given { .. } | SeatEvent::Asked { .. }, Some(_)) => {}
            (_, None) => drop(at.remove(member)),
        }
    }
    seats
}
