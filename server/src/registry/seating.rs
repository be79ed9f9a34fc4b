//! How what happens to seats is folded in, and what each party's log of seats is told of it.

use plenary_shared::{
    access::Role,
    id::{ConferenceId, PartyId},
    people::{self, Author, Generation},
    seats::{Key, SeatAct, SeatEvent},
};

use super::{
    credentials::Invitation,
    event::{Event, Whom},
    seats::{Seat, Standing},
    state::{ConferenceEntry, Registered},
};

impl Registered {
    /// What an event adds to which party's log of seats.
    pub fn told(&self, by: &Author, at_ms: u64, event: &Event) -> Vec<(ConferenceId, PartyId, SeatAct)> {
        let act = |by: &Author, member: &people::Member, what| {
            let act = SeatAct { at_ms, by: by.clone(), member: member.member.clone(), what };
            (member.conference.clone(), member.party.clone(), act)
        };
        let of = |conference: &ConferenceId, member| self.conferences.get(conference).and_then(|entry| entry.seats.get(member));
        match event {
            Event::MemberInvited { member: seat, from_ms, asked, replaces, .. } => {
                let (role, name) = (seat.role, seat.name.clone());
                let what = match asked {
                    true => SeatEvent::Asked { role, name },
                    false => SeatEvent::Given { role, name, replaces: *replaces, from_ms: *from_ms },
                };
                vec![act(by, &seat.clone().member(Generation::default()), what)]
            }
            Event::Joined { invitation, .. } => {
                let invitation = self.credentials.invitation(invitation);
                self.taken(invitation.map(|invitation| &invitation.whom), Key::Invitation, act)
            }
            Event::Recovered { recovery, .. } => self.taken(self.credentials.recovered(recovery), Key::Recovery, act),
            Event::SeatGranted { conference, member, .. } => {
                of(conference, member).into_iter().map(|seat| act(by, &seat.member, SeatEvent::Granted)).collect()
            }
            Event::MemberChanged { conference, member, role, name } => {
                let what = SeatEvent::Changed { role: *role, name: name.clone() };
                of(conference, member).into_iter().map(|seat| act(by, &seat.member, what.clone())).collect()
            }
            Event::MemberRevoked { conference, member } => {
                of(conference, member).into_iter().map(|seat| act(by, &seat.member, SeatEvent::Ended)).collect()
            }
            Event::OlderLayersOpened { conference, by: agreed, .. } => {
                of(conference, agreed).into_iter().map(|seat| act(by, &seat.member, SeatEvent::Opened)).collect()
            }
            Event::AdministratorInvited { .. }
            | Event::DeviceEnded { .. }
            | Event::ConferenceOpened { .. }
            | Event::PartyAdded { .. }
            | Event::PartyChanged { .. }
            | Event::PlanCreated { .. }
            | Event::PlanChanged { .. }
            | Event::LayerClosed { .. }
            | Event::AccessChanged { .. }
            | Event::LayerOpened { .. }
            | Event::AudienceChanged { .. }
            | Event::ConferenceForgotten { .. }
            | Event::ConsentChosen { .. }
            | Event::ShareRaised { .. } => Vec::new(),
        }
    }

    /// Somebody takes a seat: a head whom the chair invited ends what else the chair made in the party.
    fn taken<T>(&self, whom: Option<&Whom>, with: Key, act: impl Fn(&Author, &people::Member, SeatEvent) -> T) -> Vec<T> {
        let Some(Whom::Member(conference, member)) = whom else { return Vec::new() };
        let Some(entry) = self.conferences.get(conference) else { return Vec::new() };
        let Some(seat) = entry.seats.get(member) else { return Vec::new() };
        let taken = act(&seat.member.author(), &seat.member, SeatEvent::Taken { with });
        let ended = entry.ended_by(seat).map(|other| act(&seat.member.author(), &other.member, SeatEvent::Ended));
        std::iter::once(taken).chain(ended).collect()
    }

    /// Folds in what happened to a seat.
    pub(super) fn seat(&mut self, by: &Author, at_ms: u64, event: Event) {
        match event {
            Event::MemberInvited { member, invitation, expires_ms, from_ms, asked, replaces } => {
                let whom = Whom::Member(member.conference.clone(), member.member.clone());
                let Some(entry) = self.conferences.get_mut(&member.conference) else { return };
                let delegation = entry.delegations.entry(member.party.clone()).or_default();
                delegation.given += 1;
                let giver = entry.seats.get(&by.member).map(|seat| seat.member.generation);
                let is_from_outside = by.party != member.party;
                let generation = giver.filter(|_| !is_from_outside).unwrap_or(delegation.generation);
                let standing = if asked { Standing::Asked } else { Standing::Held };
                let (given_ms, given_by, member) = (at_ms, by.clone(), member.member(generation));
                let seat = Seat { member, standing, is_from_outside, replaces, given_ms, given_by, taken_ms: None };
                entry.seats.insert(seat.member.member.clone(), seat);
                let from_ms = from_ms.unwrap_or_default();
                self.credentials.invite(invitation, Invitation { whom, from_ms, expires_ms });
            }
            Event::SeatGranted { conference, member, invitation, expires_ms } => {
                let Some(entry) = self.conferences.get_mut(&conference) else { return };
                let Some(seat) = entry.seats.get_mut(&member) else { return };
                seat.standing = Standing::Held;
                seat.is_from_outside = false;
                if let Some(giver) = entry.seats.get(&by.member).map(|seat| seat.member.generation)
                    && let Some(seat) = entry.seats.get_mut(&member)
                {
                    seat.member.generation = giver;
                }
                let whom = Whom::Member(conference, member);
                self.credentials.end(&whom);
                self.credentials.invite(invitation, Invitation { whom, from_ms: 0, expires_ms });
            }
            Event::MemberChanged { conference, member, role, name } => {
                let entry = self.conferences.get_mut(&conference);
                if let Some(seat) = entry.and_then(|entry| entry.seats.get_mut(&member)) {
                    (seat.member.role, seat.member.name) = (role, name);
                }
            }
            Event::MemberRevoked { conference, member } => {
                let entry = self.conferences.get_mut(&conference);
                if let Some(seat) = entry.and_then(|entry| entry.seats.get_mut(&member)) {
                    seat.standing = Standing::Ended;
                }
                self.credentials.end(&Whom::Member(conference, member));
            }
            Event::OlderLayersOpened { conference, party, by } => {
                let Some(entry) = self.conferences.get_mut(&conference) else { return };
                let generation = entry.seats.get(&by).map(|seat| seat.member.generation);
                if let (Some(generation), Some(delegation)) = (generation, entry.delegations.get_mut(&party)) {
                    delegation.open(generation);
                }
            }
            _ => {}
        }
    }

    /// Folds in what happened to a credential.
    pub(super) fn credential(&mut self, at_ms: u64, event: Event) {
        match event {
            Event::AdministratorInvited { invitation, expires_ms } => {
                self.credentials.invite(invitation, Invitation { whom: Whom::Administrator, from_ms: 0, expires_ms });
            }
            Event::Joined { invitation, token, expires_ms, recovery } => {
                let Some(whom) = self.credentials.join(&invitation, at_ms, token, expires_ms) else { return };
                if let Some(recovery) = recovery {
                    self.credentials.can_recover(&whom, recovery);
                }
                self.sit(&whom, at_ms);
            }
            Event::Recovered { recovery, token, expires_ms, next } => {
                if let Some(whom) = self.credentials.recover(&recovery, at_ms, token, expires_ms) {
                    self.credentials.can_recover(&whom, next);
                }
            }
            Event::DeviceEnded { whom, device } => self.credentials.end_device(&whom, device),
            _ => {}
        }
    }

    /// Somebody joined. A head whom the chair invited makes the party its own, or begins its next generation.
    fn sit(&mut self, whom: &Whom, at_ms: u64) {
        let Whom::Member(conference, member) = whom else { return };
        let Some(entry) = self.conferences.get_mut(conference) else { return };
        let Some(seat) = entry.seats.get(member).cloned() else { return };
        let ended: Vec<Whom> = entry.ended_by(&seat).map(|other| (&other.member).into()).collect();
        for other in &ended {
            if let Whom::Member(_, other) = other
                && let Some(seat) = entry.seats.get_mut(other)
            {
                seat.standing = Standing::Ended;
            }
            self.credentials.end(other);
        }
        let delegation = entry.delegations.entry(seat.member.party.clone()).or_default();
        delegation.is_its_own |= seat.standing == Standing::Held && matches!(seat.member.role, Role::Head | Role::Chair);
        if seat.replaces && seat.taken_ms.is_none() {
            delegation.generation = delegation.generation.next();
        }
        let generation = delegation.generation;
        if let Some(seat) = entry.seats.get_mut(member) {
            if seat.replaces && seat.taken_ms.is_none() {
                seat.member.generation = generation;
            }
            seat.taken_ms.get_or_insert(at_ms);
        }
    }
}

impl ConferenceEntry {
    /// The seats that end when somebody takes this one: a head whom the chair invited ends every other such invitation in the party.
    fn ended_by(&self, seat: &Seat) -> impl Iterator<Item = &Seat> {
        let is_made_head = |seat: &Seat| seat.is_from_outside && seat.member.role == Role::Head && seat.taken_ms.is_none();
        let ends = is_made_head(seat);
        self.seats.values().filter(move |other| {
            let is_other = other.member.party == seat.member.party && other.member.member != seat.member.member;
            ends && is_other && other.standing == Standing::Held && is_made_head(other)
        })
    }
}
