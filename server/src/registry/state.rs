//! What the registry's events fold to. No I/O and no clock: an event that was accepted once is accepted on every replay.

use plenary_shared::{
    access::{Access, PlanState, Role},
    id::{ConferenceId, LayerId, MemberId, PartyId, PlanId},
    log::act::{ConsentChange, Decided, Decides},
    people::{self, Author},
    share::ShareKind,
    wire::api,
};
use std::collections::{BTreeMap, BTreeSet};

use super::{
    credentials::Credentials,
    event::{Event, Whom},
    seats::{Delegation, Seat, Standing},
};

/// A plan's entry.
#[derive(Clone, Debug, Default)]
pub struct PlanEntry {
    /// Its title in lists.
    pub title: String,
    /// Whether it is worked on.
    pub state: PlanState,
    /// What each party may do with it.
    pub access: BTreeMap<PartyId, Access>,
    /// Layers that parties opened, and which other parties read each.
    pub layers: BTreeMap<(PartyId, LayerId), BTreeSet<PartyId>>,
    /// Those of them that their parties closed.
    pub closed_layers: BTreeSet<(PartyId, LayerId)>,
    /// Which parties must consent; `None` on a plan of an earlier version for which nobody ever said: all that may.
    pub consent: Option<BTreeSet<PartyId>>,
    /// How that was last changed.
    pub consent_changed: Option<ConsentChange>,
    /// Shares of its logs that the chair raised.
    pub shares: BTreeMap<(PartyId, ShareKind), u64>,
    /// Who created it, the server writing its first text for them.
    pub created_by: Option<Author>,
}

impl PlanEntry {
    /// Which other parties read a layer that `party` opened.
    pub fn opened(&self, party: &PartyId, layer: &LayerId) -> Option<&BTreeSet<PartyId>> {
        self.layers.get(&(party.clone(), layer.clone()))
    }

    /// Takes in what was decided anew.
    fn decide(
        &mut self,
        access: Option<BTreeMap<PartyId, Access>>,
        consent: Option<Option<BTreeSet<PartyId>>>,
        (by, at_ms, seq): (&Author, u64, Option<u64>),
    ) {
        let act = if access.is_some() { Decides::Access } else { Decides::Consent };
        let before = self.must_consent();
        self.access = access.unwrap_or(std::mem::take(&mut self.access));
        self.consent = consent.unwrap_or(self.consent.take());
        if before != self.must_consent() {
            self.consent_changed = Some(ConsentChange { before, decided: Decided { act, by: by.clone(), at_ms, seq } });
        }
    }

    /// The parties that must consent.
    pub fn must_consent(&self) -> BTreeSet<PartyId> {
        self.consent.clone().unwrap_or_else(|| can_consent(&self.access))
    }
}

/// The parties that may take positions: those who must consent are always among these.
pub fn can_consent(access: &BTreeMap<PartyId, Access>) -> BTreeSet<PartyId> {
    access.iter().filter(|(_, access)| **access >= Access::Propose).map(|(party, _)| party.clone()).collect()
}

/// A conference's entry.
#[derive(Clone, Debug, Default)]
pub struct ConferenceEntry {
    /// Its title.
    pub title: String,
    /// Parties and their names.
    pub parties: BTreeMap<PartyId, String>,
    /// Those of them that take part no more.
    pub closed: BTreeSet<PartyId>,
    /// Every seat ever given or asked for.
    pub seats: BTreeMap<MemberId, Seat>,
    /// Plans.
    pub plans: BTreeMap<PlanId, PlanEntry>,
    /// What its seats come to, by party.
    pub delegations: BTreeMap<PartyId, Delegation>,
}

impl ConferenceEntry {
    /// The members, invited ones among them; neither whose seat has ended nor whom the chair only asked a seat for.
    pub fn members(&self) -> impl Iterator<Item = &people::Member> {
        self.seats_that(Standing::Held)
    }

    /// One of them.
    pub fn member(&self, member: &MemberId) -> Option<&people::Member> {
        self.seats.get(member).filter(|seat| seat.standing == Standing::Held).map(|seat| &seat.member)
    }

    /// Heads that the chair put into parties which had lost all they had.
    pub fn put_in(&self) -> Vec<api::HeadPutIn> {
        let shown = |seat: &Seat| api::HeadPutIn {
            head: seat.member.member.clone(),
            party: seat.member.party.clone(),
            by: seat.given_by.member.clone(),
            at_ms: seat.given_ms,
            taken_ms: seat.taken_ms,
        };
        self.seats.values().filter(|seat| seat.replaces).map(shown).collect()
    }

    /// Those of the members who were invited by a party, or into it, and have not joined: of other seats it reads nothing.
    pub fn invited(&self, party: &PartyId) -> impl Iterator<Item = &MemberId> {
        let waits = |seat: &&Seat| seat.standing == Standing::Held && seat.taken_ms.is_none();
        let is_known = move |seat: &&Seat| seat.member.party == *party || seat.given_by.party == *party;
        self.seats.values().filter(waits).filter(is_known).map(|seat| &seat.member.member)
    }

    /// The members whose seats stand so.
    pub fn seats_that(&self, stand: Standing) -> impl Iterator<Item = &people::Member> {
        self.seats.values().filter(move |seat| seat.standing == stand).map(|seat| &seat.member)
    }
}

/// Conferences, parties, members, plans and credentials.
#[derive(Clone, Debug, Default)]
pub struct Registered {
    /// Conferences by id.
    pub conferences: BTreeMap<ConferenceId, ConferenceEntry>,
    /// Conferences that were deleted.
    pub forgotten: BTreeSet<ConferenceId>,
    /// Invitations, tokens and recovery codes.
    pub credentials: Credentials,
}

impl Registered {
    /// Folds one event in, which `by` caused. An event about something that is not there changes nothing.
    pub fn apply(&mut self, by: &Author, at_ms: u64, event: Event) {
        for (conference, party, act) in self.told(by, at_ms, &event) {
            if let Some(entry) = self.conferences.get_mut(&conference) {
                entry.delegations.entry(party).or_default().acts.push(act);
            }
        }
        match event {
            Event::AdministratorInvited { .. } | Event::DeviceEnded { .. } | Event::Recovered { .. } | Event::Joined { .. } => {
                self.credential(at_ms, event);
            }
            Event::MemberInvited { .. }
            | Event::SeatGranted { .. }
            | Event::MemberChanged { .. }
            | Event::MemberRevoked { .. }
            | Event::OlderLayersOpened { .. } => self.seat(by, at_ms, event),
            Event::ConferenceOpened { conference, title, party } => {
                let parties = [(party.id, party.name)].into();
                self.conferences.insert(conference, ConferenceEntry { title, parties, ..Default::default() });
            }
            Event::ConferenceForgotten { conference } => drop(self.forgotten.insert(conference)),
            Event::PartyAdded { conference, party } => {
                if let Some(entry) = self.conferences.get_mut(&conference) {
                    entry.parties.insert(party.id, party.name);
                }
            }
            Event::PartyChanged { conference, party, name, closed } => {
                if let Some(entry) = self.conferences.get_mut(&conference) {
                    match closed {
                        Some(true) => drop(entry.closed.insert(party.clone())),
                        Some(false) => drop(entry.closed.remove(&party)),
                        None => {}
                    }
                    if let (Some(known), Some(name)) = (entry.parties.get_mut(&party), name) {
                        *known = name;
                    }
                }
            }
            Event::PlanCreated { conference, plan, title, access, consent } => {
                if let Some(entry) = self.conferences.get_mut(&conference) {
                    let created_by = Some(by.clone());
                    entry.plans.insert(plan, PlanEntry { title, access, consent, created_by, ..Default::default() });
                }
            }
            Event::PlanChanged { .. }
            | Event::AccessChanged { .. }
            | Event::ConsentChosen { .. }
            | Event::ShareRaised { .. }
            | Event::LayerOpened { .. }
            | Event::AudienceChanged { .. }
            | Event::LayerClosed { .. } => self.plan(by, at_ms, event),
        }
    }

    /// Folds in what happened to a plan that is there.
    fn plan(&mut self, by: &Author, at_ms: u64, event: Event) {
        let (Event::PlanChanged { conference, plan, .. }
        | Event::AccessChanged { conference, plan, .. }
        | Event::ConsentChosen { conference, plan, .. }
        | Event::ShareRaised { conference, plan, .. }
        | Event::LayerOpened { conference, plan, .. }
        | Event::AudienceChanged { conference, plan, .. }
        | Event::LayerClosed { conference, plan, .. }) = &event
        else {
            return;
        };
        let Some(on) = self.plan_mut(&conference.clone(), &plan.clone()) else { return };
        match event {
            Event::PlanChanged { title, state, .. } => {
                on.title = title.unwrap_or(std::mem::take(&mut on.title));
                on.state = state.unwrap_or(on.state);
            }
            Event::AccessChanged { access, consent, told, .. } => on.decide(Some(access), consent.map(Some), (by, at_ms, told)),
            Event::ConsentChosen { parties, told, .. } => on.decide(None, Some(parties), (by, at_ms, told)),
            Event::ShareRaised { party, kind, bytes, .. } => drop(on.shares.insert((party, kind), bytes)),
            Event::LayerOpened { party, layer, audience, .. } | Event::AudienceChanged { party, layer, audience, .. } => {
                on.closed_layers.remove(&(party.clone(), layer.clone()));
                on.layers.insert((party, layer), audience);
            }
            Event::LayerClosed { party, layer, .. } => {
                on.closed_layers.insert((party.clone(), layer.clone()));
                on.layers.insert((party, layer), BTreeSet::new());
            }
            _ => {}
        }
    }

    fn plan_mut(&mut self, conference: &ConferenceId, plan: &PlanId) -> Option<&mut PlanEntry> {
        self.conferences.get_mut(conference)?.plans.get_mut(plan)
    }

    /// Whom a credential stands for, who waits for a seat that the chair asked for among them.
    pub fn who(&self, whom: &Whom) -> Option<api::Whoami> {
        match whom {
            Whom::Administrator => Some(api::Whoami::Administrator),
            Whom::Member(conference, member) => {
                let seat = self.conferences.get(conference)?.seats.get(member)?;
                (seat.standing != Standing::Ended).then(|| api::Whoami::Member(seat.member.clone()))
            }
        }
    }

    /// A member's entry.
    pub fn member(&self, conference: &ConferenceId, member: &MemberId) -> Option<&people::Member> {
        self.conferences.get(conference)?.member(member)
    }

    /// The id for the next member of a party: `PARTY-N`.
    pub fn next_member(&self, conference: &ConferenceId, party: &PartyId) -> Option<MemberId> {
        let given = self.conferences.get(conference)?.delegations.get(party).map_or(0, |delegation| delegation.given);
        format!("{party}-{}", given + 1).parse().ok()
    }

    /// Whether somebody else of the member's party has its role, has joined and can come back.
    pub fn has_other(&self, member: &people::Member, role: Role, now_ms: u64) -> bool {
        let Some(entry) = self.conferences.get(&member.conference) else { return false };
        entry.members().any(|other| {
            let is_other = other.party == member.party && other.member != member.member && other.role == role;
            is_other && self.credentials.admit(&other.into(), now_ms)
        })
    }
}
