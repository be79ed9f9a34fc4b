//! Answers about who one is, who else is there, and what there is to see.

use plenary_shared::{
    id::{MemberId, PartyId, PlanId},
    people::Layer,
    wire::{
        api::{Device, Invitation, Plan, Whoami},
        shares::{NewShare, Share},
    },
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::wire::server::ServerUrl;

/// Who one is at a server.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WhoShown<'a> {
    /// Whom the credential stands for.
    #[serde(flatten)]
    pub who: &'a Whoami,
    /// The server.
    pub server: &'a ServerUrl,
    /// When the credential that is kept here expires, in milliseconds since 1970-01-01 UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<u64>,
    /// The code that takes the same seat again, once; told when one joins, and kept nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery: Option<&'a str>,
}

/// One's own devices.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Devices<'a> {
    /// Those whose tokens are good.
    pub devices: &'a [Device],
}

/// A device whose token was ended.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeviceEnded {
    /// Its number.
    pub ended: u32,
}

/// Every profile kept here.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Profiles<'a> {
    /// Without their secrets.
    pub profiles: Vec<WhoShown<'a>>,
}

/// A seat, and the link that admits to it once.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Invited<'a> {
    /// The invitation.
    #[serde(flatten)]
    pub invitation: &'a Invitation,
    /// What `join` takes.
    pub link: &'a str,
}

/// A member whose place was taken away.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Revoked<'a> {
    /// The member.
    pub revoked: &'a MemberId,
}

/// The plans that one may see.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Plans<'a> {
    /// All of them.
    pub plans: &'a [Plan],
}

/// Which parties must consent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Consents<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// The parties.
    pub consent: &'a [PartyId],
}

/// What one's own party has used of its shares of a plan's logs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Shares<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// One for each log.
    pub shares: &'a [Share],
}

/// Shares of a plan's logs that were raised.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ShareRaised<'a> {
    /// The plan.
    pub plan: &'a PlanId,
    /// As they are now.
    pub shares: &'a [NewShare],
}

/// The layers that one may read on a plan.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Layers<'a> {
    /// All of them.
    pub layers: &'a [Layer],
}
