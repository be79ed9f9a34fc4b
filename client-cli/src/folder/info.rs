//! Which plan a folder is of, and what is found of it: its lock, and what is damaged in it.

use plenary_shared::id::{ConferenceId, DocAddress, MemberId, PlanId};
use serde::{Deserialize, Serialize};
use std::{fs::File, path::PathBuf};

use crate::{profile::Whose, wire::server::ServerUrl};

/// Which plan a replica is of, and whose it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Info {
    /// The layout of the folder.
    pub format: u32,
    /// The server.
    pub server: ServerUrl,
    /// The conference.
    pub conference: ConferenceId,
    /// The plan.
    pub plan: PlanId,
    /// Whose replica it is.
    pub member: MemberId,
    /// What private things are encrypted to, an age recipient; none: they are not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recipient: Option<String>,
}

impl Info {
    /// Whose it is.
    pub fn whose(&self) -> Whose {
        let (server, conference, member) = (self.server.clone(), self.conference.clone(), self.member.clone());
        Whose { server, conference, member, in_replica: true }
    }

    /// The address of the plan's text.
    pub fn text(&self) -> DocAddress {
        DocAddress::Plan(self.conference.clone(), self.plan.clone())
    }
}

/// Something in the folder that could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it, and what is done about it.
    pub what: String,
}

/// The folder's lock, while it is held.
pub struct Locked(#[expect(dead_code, reason = "it unlocks when it is dropped")] pub(super) File);
