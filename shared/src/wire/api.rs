//! Bodies of HTTP requests and responses, all JSON. Paths stand below `/api`; every request but [`JoinRequest`] carries a
//! credential.
//!
//! | method and path | body -> response | who |
//! | --- | --- | --- |
//! | `POST /join` | [`JoinRequest`] -> [`Joined`] | whoever holds the invitation or the recovery code |
//! | `GET /whoami` | [`Whoami`] | all |
//! | `POST /conferences` | [`NewConference`] -> [`Invitation`] for its chair | the administering chair |
//! | `GET /conferences/{c}` | [`Conference`] | its members |
//! | `POST /conferences/{c}/parties` | [`Party`] -> [`Party`] | chair |
//! | `POST /conferences/{c}/parties/{p}/head` | [`NewHead`] -> [`Invitation`] | chair |
//! | `GET /conferences/{c}/parties/{p}/seats` | [`Seats`] | the party's members |
//! | `POST /conferences/{c}/parties/{p}/older-layers` | -> [`Seats`] | who held a seat before the party's heads were replaced |
//! | `POST /conferences/{c}/members` | [`NewMember`] -> [`Invitation`]; 202 if it is only asked for | the party's heads; the chair |
//! | `POST /conferences/{c}/members/{m}/grant` | -> [`Invitation`] | the party's heads |
//! | `PUT /conferences/{c}/members/{m}` | [`MemberChange`] -> [`Member`] | the party's heads |
//! | `DELETE /conferences/{c}/members/{m}` | | the party's heads; the member itself |
//! | `GET /devices` | `[`[`Device`]`]` | all, their own |
//! | `DELETE /devices/{d}` | | all, their own |
//! | `GET /conferences/{c}/plans` | `[`[`Plan`]`]` | members, those they may see |
//! | `POST /conferences/{c}/plans` | [`NewPlan`] -> [`Plan`] | chair |
//! | `GET /conferences/{c}/plans/{p}` | [`Plan`] | who may read it |
//! | `PUT /conferences/{c}/plans/{p}/access` | [`AccessList`] -> [`Plan`] | chair |
//! | `PUT /conferences/{c}/plans/{p}/consent` | [`ConsentList`] -> [`Plan`] | chair |
//! | `GET /conferences/{c}/plans/{p}/layers` | `[`[`Layer`]`]` | who may read the plan, those they may read |
//! | `POST /conferences/{c}/plans/{p}/layers` | [`NewLayer`] -> [`Layer`] of one's own party | who may speak for it |
//! | `PUT /conferences/{c}/plans/{p}/layers/{l}/audience` | [`AudienceList`] -> [`Layer`] of one's own | who may speak for it |
//! | `GET /conferences/{c}/plans/{p}/layers/{party}/{l}/acts` | its acts as [`PullLine`]s, one a line | who may read the layer |
//! | `GET /conferences/{c}/plans/{p}/{view}` | each [`View`] by its name | who may read it, of the layers they may read |
//! | `GET /conferences/{c}/plans/{p}/export` | Markdown, or an edition (below) | who may read it, of the layers they may read |
//! | `GET /conferences/{c}/plans/{p}/log` | [`LogLine`]s, one a line, as they come | who may read it |
//! | `GET /conferences/{c}/plans/{p}/state` | [`LogLine::State`] | who may read it |
//! | `POST /conferences/{c}/plans/{p}/edits` | [`Script`] -> [`Applied`] | who may make each of the edits |
//! | `POST /conferences/{c}/plans/{p}/pull` | [`Pull`] -> [`PullLine`]s, one a line | who may read it |
//! | `POST /conferences/{c}/plans/{p}/push` | [`Push`] -> [`Pushed`] | who may read it; each edit by its own right |
//!
//! `/export` takes `?form=clean` or `?form=annotated` for that edition, and `&as=html` for a page; `/log` takes `?since=SEQ` for
//! the records after that one, and answers no state then; `/state` takes `?seq=SEQ` for the document after that record, or
//! `?at_ms=TIME` for it as it stood then.
//!
//! Whatever is refused answers with an [`ErrorBody`].
//!
//! [`View`]: crate::talk::view::View
//! [`Script`]: crate::script::Script
//! [`Applied`]: crate::script::Applied
//! [`Layer`]: crate::people::Layer
//! [`LogLine`]: super::log::LogLine
//! [`LogLine::State`]: super::log::LogLine::State
//! [`Pull`]: super::sync::Pull
//! [`PullLine`]: super::sync::PullLine
//! [`Push`]: super::sync::Push
//! [`Pushed`]: super::sync::Pushed
//! [`ErrorBody`]: super::error::ErrorBody

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

use crate::{
    access::{Access, PlanState, Role},
    id::{ConferenceId, LayerId, MemberId, PartyId, PlanId},
    log::act::ConsentChange,
    people::{Member, Party},
    seats::{Key, Seat, SeatAct},
};

/// Trades an invitation, or a recovery code, for a token. One of the two is there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinRequest {
    /// The token of the invitation: what follows `#` in its link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
    /// The code that the last joining answered: it takes the same seat again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<String>,
    /// Set the credential as a cookie that no script can read, and leave it out of the response.
    #[serde(default)]
    pub cookie: bool,
}

/// The answer to [`JoinRequest`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Joined {
    /// The member's token; absent when it went into the cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Whose it is.
    #[serde(flatten)]
    pub who: Whoami,
    /// When the token expires, in milliseconds since 1970-01-01 UTC.
    pub expires_ms: u64,
    /// The code that takes the same seat again, once; it ends the code before it.
    pub recovery: String,
}

/// A device: a token that one was given and that is good.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Device {
    /// Its number among those that one was given.
    pub device: u32,
    /// When it joined, in milliseconds since 1970-01-01 UTC.
    pub since_ms: u64,
    /// By what.
    pub with: Key,
    /// When its token expires, in milliseconds since 1970-01-01 UTC.
    pub expires_ms: u64,
    /// It is the one that asks.
    pub this: bool,
}

/// Whom a credential stands for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Whoami {
    /// The administering chair of the server: opens conferences, and sees none of them by that.
    Administrator,
    /// A member of a conference.
    Member(Member),
}

/// Opens a conference, its chair's party and its chair.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewConference {
    /// Its id.
    pub id: ConferenceId,
    /// Its title.
    pub title: String,
    /// The chair's party: the office that holds the pen.
    pub party: Party,
    /// The chair's name.
    pub chair: String,
}

/// A conference as its members see it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Conference {
    /// Its id.
    pub id: ConferenceId,
    /// Its title.
    pub title: String,
    /// Its parties.
    pub parties: Vec<Party>,
    /// Those of them that take part no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<PartyId>,
    /// Its members, invited ones among them.
    pub members: Vec<Member>,
    /// Those of them who were invited by one's own party, or into it, and have not joined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invited: Vec<MemberId>,
    /// Those for whom the chair asked a party's heads for a seat, which none granted yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<Member>,
    /// Those whose seats have ended: what they wrote stays under their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<Member>,
    /// Heads that the chair put into parties which had lost all they had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub put_in: Vec<HeadPutIn>,
}

/// A head that the chair put into a party which had lost all it had.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HeadPutIn {
    /// The head.
    pub head: MemberId,
    /// The party.
    pub party: PartyId,
    /// The chair who did it.
    pub by: MemberId,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// When the head took the seat, if that is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_ms: Option<u64>,
}

/// Every seat that a party ever had.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Seats {
    /// All of them, in the order in which they were given or asked for.
    pub seats: Vec<Seat>,
    /// What happened to them, in order: what the party's log of seats holds.
    pub acts: Vec<SeatAct>,
}

/// Changes what a member is, or how it is called; what is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberChange {
    /// What the member is from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The name that others see from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Puts a head into a party that has lost all it had.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewHead {
    /// The name that others see.
    pub name: String,
    /// Seconds until the invitation expires once it is good; seven days if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_s: Option<u64>,
}

/// Invites somebody into a delegation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    /// The party.
    pub party: PartyId,
    /// What the member is to be.
    pub role: Role,
    /// The name that others see.
    pub name: String,
    /// Seconds until the invitation expires; seven days if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_s: Option<u64>,
}

/// An invitation, good once.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Invitation {
    /// The secret; its link is `{server}/join#{invitation}`.
    pub invitation: String,
    /// Whom it admits.
    #[serde(flatten)]
    pub member: Member,
    /// The chair only asks for the seat: it counts for nothing until a head of the party grants it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asked: bool,
    /// When it begins to be good, in milliseconds since 1970-01-01 UTC; at once if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<u64>,
    /// When it expires, in milliseconds since 1970-01-01 UTC.
    pub expires_ms: u64,
}

/// Creates a plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPlan {
    /// Its id.
    pub id: PlanId,
    /// Its title; absent: the one the Markdown holds, or the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The text to begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub markdown: Option<String>,
    /// What each party may do with it.
    #[serde(default)]
    pub access: BTreeMap<PartyId, Access>,
    /// The parties that must consent to the words; absent: all with `draft` or `propose`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<BTreeSet<PartyId>>,
}

/// A plan as one may see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// Its title in lists: the one that it was created or renamed with. The text's own title may have changed since.
    pub title: String,
    /// Whether it is worked on.
    #[serde(default, skip_serializing_if = "PlanState::is_open")]
    pub state: PlanState,
    /// What one's own party may do with it; absent where only the chair's right shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yours: Option<Access>,
    /// What each party may do with it; only the chair is told here. Whoever reads the plan finds it among the acts in its log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<BTreeMap<PartyId, Access>>,
    /// The parties that must consent to the words. Whoever reads the plan is told.
    pub consent: Vec<PartyId>,
    /// How that was last changed; absent if it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_changed: Option<ConsentChange>,
}

/// Renames a plan, or says whether it is worked on: one of both.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanChange {
    /// Its title in lists from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<PlanState>,
}

/// Changes a party's name, or says that it takes part no more, or again; what is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyChange {
    /// Its full name from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is closed: given no seat, no plan and no layer from now on. It must stand on no plan's list by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<bool>,
}

/// The whole list of what each party may do with a plan: a party left out no longer sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessList {
    /// By party.
    pub access: BTreeMap<PartyId, Access>,
    /// Whether a party must consent to the words from now on. It is to be said of each that gets `draft` or `propose` and had neither, and
    /// of each that must and loses them; who is not named stays as it was.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub consent: BTreeMap<PartyId, bool>,
}

/// Says which parties must consent to the words of a plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentList {
    /// At least one, each with `draft` or `propose` on the plan.
    pub parties: BTreeSet<PartyId>,
}

/// Opens a layer of one's own party on a plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewLayer {
    /// Its id: no built-in one, and none that one's own party has on the plan already.
    pub layer: LayerId,
    /// The parties that read it besides one's own; empty: none does.
    pub audience: BTreeSet<PartyId>,
}

/// The whole list of the parties that read a layer besides the one whose it is: a party left out no longer sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudienceList {
    /// The parties; empty: none.
    pub audience: BTreeSet<PartyId>,
}
