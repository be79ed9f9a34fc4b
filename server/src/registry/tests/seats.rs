//! Who gives, changes and ends seats, how they are taken, and what is told of them.

use super::*;
use plenary_shared::{
    access::Access,
    id::{MemberId, PlanId},
    people::{Author, Generation},
    seats::{Key, SeatAct, SeatEvent},
    wire::api::{Joined, MemberChange, NewHead, NewLayer, NewMember},
};

/// A conference of the chair's party and arv, which has no head yet, on one plan that arv drafts.
struct Talks {
    store: Arc<dyn Store>,
    registry: Registry,
    chair: people::Member,
}

/// Somebody who has joined.
struct Seated {
    member: people::Member,
    token: SecretDigest,
    recovery: String,
}

impl Talks {
    async fn new() -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let registry = Registry::open(store.clone()).unwrap();
        let opened = super::conference(&registry).await;
        let chair = opened.member.clone();
        registry.join(&opened.invitation).await.unwrap();
        registry.add_party(&chair, party("arv")).await.unwrap();
        let access = [("arv".parse().unwrap(), Access::Draft)].into();
        let new = api::NewPlan { id: plan(), title: None, markdown: None, access, consent: None };
        crate::plans::create(&registry, &chair, new).await.unwrap();
        Self { store, registry, chair }
    }

    /// With a head of arv, and a delegate whom it admitted.
    async fn headed() -> (Self, Seated, Seated) {
        let talks = Self::new().await;
        let head = talks.seat(&talks.chair, "arv", Role::Head).await;
        let delegate = talks.seat(&head.member, "arv", Role::Delegate).await;
        (talks, head, delegate)
    }

    async fn invite(&self, by: &people::Member, party: &str, role: Role) -> Result<api::Invitation, RegistryError> {
        let new = NewMember { party: party.parse().unwrap(), role, name: "Ana".into(), expires_s: None };
        self.registry.invite(by, new).await
    }

    async fn join(&self, invitation: &api::Invitation) -> Result<Seated, RegistryError> {
        self.registry.join(&invitation.invitation).await.map(seated)
    }

    async fn seat(&self, by: &people::Member, party: &str, role: Role) -> Seated {
        self.join(&self.invite(by, party, role).await.unwrap()).await.unwrap()
    }

    async fn put_in(&self, by: &people::Member) -> Result<api::Invitation, RegistryError> {
        let new = NewHead { name: "Mia".into(), expires_s: None };
        self.registry.put_in_head(by, "arv".parse().unwrap(), new).await
    }

    async fn change(&self, by: &people::Member, member: &MemberId, role: Role) -> Result<people::Member, RegistryError> {
        let to = MemberChange { role: Some(role), name: None };
        self.registry.change_member(by, member.clone(), to).await
    }

    async fn end_devices(&self, seated: &Seated) {
        for device in self.registry.devices(&seated.token).unwrap() {
            self.registry.end_device(&seated.token, device.device).await.unwrap();
        }
    }

    fn reads(&self, seated: &Seated, layer: &str) -> bool {
        self.registry.rights(&seated.token, &format!("talks/plan/{layer}").parse().unwrap()).is_some()
    }

    /// What happened to arv's seats, in short.
    fn told(&self) -> Vec<String> {
        let delegation = |entry: &ConferenceEntry| entry.delegations[&"arv".parse().unwrap()].acts.clone();
        self.registry.conference(&self.chair, delegation).unwrap().iter().map(short).collect()
    }
}

fn seated(joined: Joined) -> Seated {
    let api::Whoami::Member(member) = joined.who else { panic!("{:?}", joined.who) };
    Seated { member, token: SecretDigest::of(&joined.token.unwrap()), recovery: joined.recovery }
}

fn plan() -> PlanId {
    "plan".parse().unwrap()
}

fn short(SeatAct { by, member, what, .. }: &SeatAct) -> String {
    let what = match what {
        SeatEvent::Given { role, replaces: false, .. } => format!("given {role}"),
        SeatEvent::Given { role, .. } => format!("put in {role}"),
        SeatEvent::Asked { role, .. } => format!("asked {role}"),
        SeatEvent::Granted => "granted".into(),
        SeatEvent::Taken { with: Key::Invitation } => "taken".into(),
        SeatEvent::Taken { with: Key::Recovery } => "taken again".into(),
        SeatEvent::Changed { role, .. } => format!("changed {role}"),
        SeatEvent::Opened => "opened".into(),
        SeatEvent::Ended => "ended".into(),
    };
    format!("{} {what} {member}", by.member)
}

fn is_forbidden<T>(result: Result<T, RegistryError>) -> bool {
    matches!(result, Err(RegistryError::Forbidden(_)))
}

#[tokio::test]
async fn the_chair_makes_a_partys_first_head_and_no_other_seat_in_it() {
    let talks = Talks::new().await;
    for role in [Role::Chair, Role::Delegate, Role::Adviser, Role::Observer] {
        assert!(is_forbidden(talks.invite(&talks.chair, "arv", role).await), "{role}");
    }
    let first = talks.invite(&talks.chair, "arv", Role::Head).await.unwrap();
    let again = talks.invite(&talks.chair, "arv", Role::Head).await.unwrap();
    assert!(!first.asked && !again.asked);
    let head = talks.join(&again).await.unwrap();
    let other = talks.join(&first).await;
    assert!(matches!(other, Err(RegistryError::Invitation)), "whoever joins ends every other that the chair made");
    let told = ["med-1 given head arv-1", "med-1 given head arv-2", "arv-2 taken arv-2", "arv-2 ended arv-1"];
    assert_eq!(talks.told(), told);
    let later = talks.invite(&talks.chair, "arv", Role::Head).await.unwrap();
    assert!(later.asked && talks.reads(&head, "arv/private"));
}

#[tokio::test]
async fn what_the_chair_asks_for_counts_for_nothing_until_a_head_grants_it_and_its_link_not_even_then() {
    let (talks, head, delegate) = Talks::headed().await;
    for role in [Role::Head, Role::Delegate, Role::Adviser, Role::Observer] {
        let asked = talks.invite(&talks.chair, "arv", role).await.unwrap();
        assert!(asked.asked, "{role}");
        let sits = talks.join(&asked).await.unwrap();
        assert!(["arv/private", "arv/public"].iter().all(|layer| !talks.reads(&sits, layer)), "{role}");
        assert!(talks.registry.rights(&sits.token, &"talks/plan".parse().unwrap()).is_none(), "{role}");
        assert!(talks.invite(&sits.member, "arv", Role::Observer).await.is_err(), "{role}");
        assert!(is_forbidden(talks.registry.grant(&delegate.member, sits.member.member.clone()).await), "{role}");
        let granted = talks.registry.grant(&head.member, sits.member.member.clone()).await.unwrap();
        assert!(talks.registry.whoami(&sits.token).is_none(), "what the chair's link gave is void");
        let taken = talks.join(&granted).await.unwrap();
        assert_eq!((taken.member.role, talks.reads(&taken, "arv/private")), (role, true));
        assert!(
            talks.registry.recover(&sits.recovery).await.is_err()
                && talks.registry.grant(&head.member, sits.member.member).await.is_err()
        );
    }
    let declined = talks.invite(&talks.chair, "arv", Role::Delegate).await.unwrap();
    talks.registry.revoke(&head.member, declined.member.member.clone()).await.unwrap();
    assert!(talks.join(&declined).await.is_err() && talks.registry.grant(&head.member, declined.member.member).await.is_err());
    let taken_back = talks.invite(&talks.chair, "arv", Role::Delegate).await.unwrap();
    talks.registry.revoke(&talks.chair, taken_back.member.member).await.unwrap();
    for _ in 0..limits::SEATS_ASKED_MAX {
        talks.invite(&talks.chair, "arv", Role::Observer).await.unwrap();
    }
    assert!(matches!(talks.invite(&talks.chair, "arv", Role::Observer).await, Err(RegistryError::Full { .. })));
}

#[tokio::test]
async fn heads_admit_change_and_end_the_people_of_their_own_party_and_nobody_else_does() {
    let (talks, head, delegate) = Talks::headed().await;
    talks.registry.add_party(&talks.chair, party("bor")).await.unwrap();
    let bor = talks.seat(&talks.chair, "bor", Role::Head).await;
    let (of_arv, of_bor) = (&delegate.member.member, &bor.member.member);
    for by in [&talks.chair, &bor.member, &delegate.member] {
        let is_self = by.member == *of_arv;
        assert!(is_forbidden(talks.change(by, of_arv, Role::Adviser).await), "{}", by.member);
        assert!(is_self || is_forbidden(talks.registry.revoke(by, of_arv.clone()).await), "{}", by.member);
        assert!(by.party.as_str() == "med" || is_forbidden(talks.invite(by, "arv", Role::Observer).await), "{}", by.member);
    }
    assert!(is_forbidden(talks.registry.revoke(&head.member, of_bor.clone()).await));
    assert!(is_forbidden(talks.registry.revoke(&head.member, talks.chair.member.clone()).await));
    assert!(
        is_forbidden(talks.change(&head.member, of_arv, Role::Chair).await)
            && is_forbidden(talks.invite(&head.member, "arv", Role::Chair).await)
    );
    talks.change(&head.member, of_arv, Role::Observer).await.unwrap();
    let rights = talks.registry.rights(&delegate.token, &"talks/plan".parse().unwrap()).unwrap();
    assert!(!rights.write, "a change holds at once");
    talks.registry.revoke(&rights.member, of_arv.clone()).await.unwrap();
    assert!(talks.registry.whoami(&delegate.token).is_none(), "a member leaves by itself");
    assert!(matches!(talks.registry.revoke(&head.member, of_arv.clone()).await, Err(RegistryError::NotFound)));
    let own = talks.seat(&talks.chair, "med", Role::Head).await;
    assert!(is_forbidden(talks.registry.revoke(&own.member, talks.chair.member.clone()).await), "a head ends no chair");
    talks.registry.revoke(&own.member, own.member.member.clone()).await.unwrap();
}

#[tokio::test]
async fn the_last_head_who_has_joined_stays_a_head() {
    let (talks, head, _) = Talks::headed().await;
    let step_down = || talks.change(&head.member, &head.member.member, Role::Delegate);
    let leave = || talks.registry.revoke(&head.member, head.member.member.clone());
    assert!(is_forbidden(leave().await) && is_forbidden(step_down().await));
    let second = talks.invite(&head.member, "arv", Role::Head).await.unwrap();
    assert!(is_forbidden(leave().await), "one who has not joined is none yet");
    let second = talks.join(&second).await.unwrap();
    step_down().await.unwrap();
    assert!(is_forbidden(talks.registry.revoke(&second.member, second.member.member.clone()).await));
}

#[tokio::test]
async fn a_recovery_code_takes_the_same_seat_again_once_and_the_lost_device_is_ended_from_the_new_one() {
    let (talks, _, delegate) = Talks::headed().await;
    let typed = delegate.recovery.to_uppercase().replace('-', "");
    let again = seated(talks.registry.recover(&typed).await.unwrap());
    assert_eq!(again.member, delegate.member);
    assert!(matches!(talks.registry.recover(&delegate.recovery).await, Err(RegistryError::Recovery)), "it is spent");
    let devices = talks.registry.devices(&again.token).unwrap();
    let told: Vec<_> = devices.iter().map(|device| (device.device, device.with, device.this)).collect();
    assert_eq!(told, [(1, Key::Invitation, false), (2, Key::Recovery, true)]);
    assert!(matches!(talks.registry.end_device(&again.token, 3).await, Err(RegistryError::NotFound)));
    talks.registry.end_device(&again.token, 1).await.unwrap();
    assert!(talks.registry.whoami(&delegate.token).is_none() && talks.registry.whoami(&again.token).is_some());
    let opened = Registry::open(talks.store.clone()).unwrap();
    assert!(opened.whoami(&delegate.token).is_none() && opened.devices(&again.token).unwrap().len() == 1);
    assert!(opened.recover(&again.recovery).await.is_ok(), "the next code is good after a restart");
}

/// The records of a log, as what they tell.
fn log(store: &dyn Store, doc: &DocAddress) -> Vec<(Author, serde_json::Value)> {
    let mut told = Vec::new();
    let kept = |_, record: Record| {
        told.push((record.author, serde_json::from_slice(&record.update).unwrap()));
        Ok(())
    };
    follow(store, doc, kept).unwrap();
    told
}

#[tokio::test]
async fn a_partys_log_of_seats_tells_all_that_happened_to_them_and_nothing_is_taken_off_it() {
    let (talks, head, delegate) = Talks::headed().await;
    let doc = DocAddress::Seats("talks".parse().unwrap(), "arv".parse().unwrap());
    let asked = talks.invite(&talks.chair, "arv", Role::Observer).await.unwrap();
    talks.registry.revoke(&talks.chair, asked.member.member).await.unwrap();
    talks.registry.recover(&delegate.recovery).await.unwrap();
    talks.registry.revoke(&head.member, delegate.member.member.clone()).await.unwrap();
    let told = [
        "med-1 given head arv-1",
        "arv-1 taken arv-1",
        "arv-1 given delegate arv-2",
        "arv-2 taken arv-2",
        "med-1 asked observer arv-3",
        "med-1 ended arv-3",
        "arv-2 taken again arv-2",
        "arv-1 ended arv-2",
    ];
    assert_eq!(talks.told(), told);
    let seats = talks.registry.seats(&head.member).unwrap();
    let kept: Vec<_> =
        log(&*talks.store, &doc).into_iter().map(|(author, act)| (author, serde_json::from_value(act).unwrap())).collect();
    let acts: Vec<(Author, SeatAct)> = seats.acts.iter().map(|act| (act.by.clone(), act.clone())).collect();
    assert_eq!(kept, acts, "the log holds what is shown");
    let listed: Vec<_> = seats.seats.iter().map(|seat| (seat.member.as_str(), seat.taken.len(), seat.ended.is_some())).collect();
    assert_eq!(listed, [("arv-1", 1, false), ("arv-2", 2, true), ("arv-3", 0, true)]);
    assert_eq!(Registry::open(talks.store.clone()).unwrap().seats(&head.member).unwrap().acts, seats.acts);
    let next = talks.seat(&head.member, "arv", Role::Delegate).await;
    assert_eq!(next.member.member.as_str(), "arv-4", "no id is given twice");
}

#[tokio::test]
async fn a_log_of_seats_that_an_earlier_version_did_not_keep_begins_with_all_that_happened_before() {
    let (talks, head, _) = Talks::headed().await;
    let older: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let records = talks.store.read(&DocAddress::Registry, 0, usize::MAX, usize::MAX).unwrap();
    let records = records.into_iter().map(|(_, record)| record).collect();
    older.append(&DocAddress::Registry, 0, records).await.unwrap();
    let registry = Registry::open(older.clone()).unwrap();
    assert_eq!(registry.seats(&head.member).unwrap().acts.len(), 4);
    let new = NewMember { party: "arv".parse().unwrap(), role: Role::Adviser, name: "Ivo".into(), expires_s: None };
    registry.invite(&head.member, new).await.unwrap();
    let doc = DocAddress::Seats("talks".parse().unwrap(), "arv".parse().unwrap());
    let again = Registry::open(older.clone()).unwrap();
    assert_eq!((log(&*older, &doc).len(), again.seats(&head.member).unwrap().acts.len()), (5, 5));
}

#[tokio::test]
async fn a_head_is_put_in_at_once_only_where_no_head_can_come_back() {
    let (talks, head, delegate) = Talks::headed().await;
    for by in [&head.member, &delegate.member] {
        assert!(is_forbidden(talks.put_in(by).await));
    }
    let early = talks.put_in(&talks.chair).await.unwrap();
    assert!(early.from_ms.is_some() && matches!(talks.join(&early).await, Err(RegistryError::NotYet(72))));
    talks.registry.revoke(&head.member, early.member.member.clone()).await.unwrap();
    assert!(matches!(talks.join(&early).await, Err(RegistryError::Invitation)), "a head ends it until then");
    talks.end_devices(&head).await;
    let at_once = talks.put_in(&talks.chair).await.unwrap();
    let new = talks.join(&at_once).await.unwrap();
    assert_eq!((at_once.from_ms, new.member.role, new.member.generation), (None, Role::Head, Generation::default().next()));
    let put_in = talks.registry.conference(&talks.chair, ConferenceEntry::put_in).unwrap();
    let told: Vec<_> =
        put_in.iter().map(|put_in| (put_in.head.as_str(), put_in.by.as_str(), put_in.taken_ms.is_some())).collect();
    assert_eq!(told, [("arv-3", "med-1", false), ("arv-4", "med-1", true)], "all parties are told");
}

#[tokio::test]
async fn who_comes_after_the_heads_were_replaced_reads_nothing_older_until_somebody_who_was_there_agrees() {
    let (talks, head, delegate) = Talks::headed().await;
    let open = async |by: &Seated, name: &str| {
        let new = NewLayer { layer: name.parse().unwrap(), audience: ["med".parse().unwrap()].into() };
        talks.registry.open_layer(&by.member, plan(), new).await
    };
    assert_eq!(open(&delegate, "shuttle").await.unwrap().as_str(), "shuttle");
    assert!(open(&delegate, "shuttle--2").await.is_err(), "names of later generations are theirs");
    talks.end_devices(&head).await;
    let new_head = talks.join(&talks.put_in(&talks.chair).await.unwrap()).await.unwrap();
    let newcomer = talks.seat(&new_head.member, "arv", Role::Delegate).await;
    assert_eq!(open(&newcomer, "shuttle").await.unwrap().as_str(), "shuttle--2", "a name that was taken tells nothing");
    let rooms = crate::rooms::Rooms::new(talks.store.clone(), Arc::default());
    let narrowed = talks.registry.set_audience(&rooms, &newcomer.member, plan(), "shuttle".parse().unwrap(), [].into()).await;
    assert!(matches!(narrowed, Err(RegistryError::NotFound)));
    let right = |seated: &Seated| {
        let layers = ["arv/private", "arv/shuttle", "arv/private--2", "arv/shuttle--2", "arv/private--3", "arv/public"];
        layers.map(|layer| if talks.reads(seated, layer) { 'r' } else { '-' }).iter().collect::<String>()
    };
    let listed = |seated: &Seated| {
        let layers = talks.registry.readable_layers(&seated.member, &plan()).unwrap();
        let own = layers.iter().filter(|layer| layer.party.as_str() == "arv").map(|layer| layer.layer.to_string());
        own.collect::<Vec<_>>().join(" ")
    };
    let (old, new) = ("positions private private--2 public shuttle shuttle--2", "positions private--2 public shuttle--2");
    assert_eq!((right(&delegate).as_str(), listed(&delegate).as_str()), ("rrrr-r", old), "who was there reads both");
    for seated in [&new_head, &newcomer] {
        assert_eq!((right(seated).as_str(), listed(seated).as_str()), ("--rr-r", new));
        assert!(is_forbidden(talks.registry.open_older_layers(&seated.member).await));
    }
    assert!(is_forbidden(talks.registry.open_older_layers(&talks.chair).await));
    talks.registry.open_older_layers(&delegate.member).await.unwrap();
    assert_eq!((right(&newcomer).as_str(), listed(&newcomer).as_str()), ("rrrr-r", old));
    assert!(talks.told().contains(&"arv-2 opened arv-2".to_owned()));
    talks.end_devices(&new_head).await;
    let third = talks.join(&talks.put_in(&talks.chair).await.unwrap()).await.unwrap();
    assert_eq!(right(&third), "----rr", "who agreed did so for those who were there");
    let again = Registry::open(talks.store.clone()).unwrap();
    assert!(again.rights(&newcomer.token, &"talks/plan/arv/private".parse().unwrap()).is_some());
    assert!(again.rights(&third.token, &"talks/plan/arv/private".parse().unwrap()).is_none());
}
