//! A conference on a server in memory, for tests.

mod faulty;

use bytes::Bytes;
use plenary_shared::{
    access::{Access, Role},
    id::{DocAddress, PartyId, PlanId},
    log::record::{Moment, Provenance, Record, Right},
    people::{Author, Member, Party},
    talk::layer::{Annotation, What},
    text::plan::new_doc,
    wire::api::{AccessList, NewConference, NewMember, NewPlan},
};
use std::{collections::BTreeMap, fs, path::Path, sync::Arc};
use yrs::{Doc, GetString, ReadTxn, Text, Transact, TransactionMut, Update, updates::decoder::Decode};

use crate::{
    auth::SecretDigest,
    metrics::Figures,
    plans,
    registry::Registry,
    room::{Command, order::Order},
    rooms::{RoomError, Rooms},
    store::{MemoryStore, Seq, Store},
};

pub use faulty::Faulty;

/// A conference of arv, bor and the chair's party, med, on one plan; both parties draft.
pub struct Table {
    pub registry: Arc<Registry>,
    pub rooms: Arc<Rooms>,
    /// The head of each party, and its token.
    pub seats: BTreeMap<&'static str, (Member, SecretDigest)>,
    /// What the members show.
    pub tokens: BTreeMap<&'static str, String>,
}

/// Its plan.
pub fn plan() -> PlanId {
    "plan".parse().unwrap()
}

impl Table {
    pub async fn new() -> Self {
        Self::on(Arc::new(MemoryStore::default())).await
    }

    pub async fn on(store: Arc<dyn Store>) -> Self {
        let registry = Arc::new(Registry::open(store.clone()).unwrap());
        let rooms = Rooms::new(store, Arc::new(Figures::default()));
        let party = |id: &str| Party { id: id.parse().unwrap(), name: id.to_uppercase() };
        let new = NewConference { id: "talks".parse().unwrap(), title: "Talks".into(), party: party("med"), chair: "M".into() };
        let mut invited = vec![("med", registry.open_conference(new).await.unwrap())];
        let chair = invited[0].1.member.clone();
        for id in ["arv", "bor"] {
            registry.add_party(&chair, party(id)).await.unwrap();
            let new = NewMember { party: id.parse().unwrap(), role: Role::Head, name: "Ana".into(), expires_s: None };
            invited.push((id, registry.invite(&chair, new).await.unwrap()));
        }
        let (mut seats, mut tokens) = (BTreeMap::new(), BTreeMap::new());
        for (id, invitation) in invited {
            let token = registry.join(&invitation.invitation).await.unwrap().token.unwrap();
            seats.insert(id, (invitation.member, SecretDigest::of(&token)));
            tokens.insert(id, token);
        }
        let access: BTreeMap<PartyId, Access> = ["arv", "bor"].map(|id| (id.parse().unwrap(), Access::Draft)).into();
        let markdown = Some("# Plan\n\n1. The parties shall withdraw [soon].\n".into());
        plans::create(&registry, &chair, NewPlan { id: plan(), title: None, markdown, access, consent: None }).await.unwrap();
        Self { registry, rooms, seats, tokens }
    }

    pub fn member(&self, party: &str) -> &Member {
        &self.seats[party].0
    }

    /// Says what each party may do with the plan; who can consent must.
    pub async fn give(&self, access: BTreeMap<PartyId, Access>) {
        let consent = self.seats.keys().map(|party| party.parse().unwrap());
        let consent =
            consent.map(|party| (access.get(&party) >= Some(&Access::Propose), party)).map(|(must, party)| (party, must));
        let list = AccessList { consent: consent.collect(), access };
        self.registry.set_access(&self.rooms, self.member("med"), plan(), list).await.unwrap();
    }

    /// Writes into a layer, given as `party/layer`, as its owner's client of this id.
    pub async fn write(&self, layer: &str, client: u64, change: impl FnOnce(&mut TransactionMut)) {
        let address = layer_at(layer);
        let owner = self.member(layer.split_once('/').unwrap().0);
        let author = owner.author();
        self.rooms.edit(&address, &author, &update(client, change)).await.unwrap();
    }
}

impl Rooms {
    /// Makes an edit; answers once it is durable.
    pub async fn edit(self: &Arc<Self>, address: &DocAddress, author: &Author, update: &Bytes) -> Result<(), RoomError> {
        let by = Provenance::live(author.clone(), Right::of(Role::Delegate, address));
        let edit = |done| Command::Edit {
            by: by.clone(),
            update: update.clone(),
            provided: Default::default(),
            order: Order::Unknown,
            done,
        };
        let (_, result) = self.ask(address, edit).await?;
        Ok(result.map(drop)?)
    }
}

/// Copies a directory with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &target) } else { fs::copy(entry.path(), target).map(drop).unwrap() }
    }
}

/// The address of a layer on the plan, given as `party/layer`.
pub fn layer_at(layer: &str) -> DocAddress {
    format!("talks/plan/{layer}").parse().unwrap()
}

/// What a client of this id sends that writes into an empty document.
pub fn update(client: u64, change: impl FnOnce(&mut TransactionMut)) -> Bytes {
    let doc = new_doc(client);
    let mut txn = doc.transact_mut();
    change(&mut txn);
    txn.encode_update_v1().into()
}

/// A record that somebody of this party made at the table, to stand behind the record `last`.
pub fn record(party: &str, last: Seq, update: Bytes) -> Record {
    let author = Author { party: party.parse().unwrap(), member: format!("{party}-1").parse().unwrap() };
    Provenance::live(author, Right::Draft).record(last, Moment::default(), update)
}

/// What stands in the text `t` of an encoded document.
pub fn read(state: &[u8]) -> String {
    let doc = new_doc(99);
    let text = doc.get_or_insert_text("text");
    let mut txn = doc.transact_mut();
    txn.apply_update(Update::decode_v1(state).unwrap()).unwrap();
    text.get_string(&txn)
}

/// What a client sends that writes at the end of the text `t`.
pub fn typed(doc: &Doc, words: &str) -> Bytes {
    let text = doc.get_or_insert_text("text");
    let before = doc.transact().state_vector();
    let mut txn = doc.transact_mut();
    text.push(&mut txn, words);
    txn.encode_state_as_update_v1(&before).into()
}

/// A note on a point that is not there.
pub fn note(id: &str) -> Annotation {
    Annotation {
        id: id.parse().unwrap(),
        point: "p1".parse().unwrap(),
        anchor: None,
        quote: String::new(),
        what: What::Note,
        body: "no".into(),
        reply_to: None,
        entered_for: None,
        resolved: false,
        withdrawn: false,
        by: None,
        at_ms: 0,
    }
}
