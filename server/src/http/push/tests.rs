//! Offline edits on a server in memory.

use futures_util::future::poll_immediate;
use plenary_shared::{
    access::Access,
    talk::layer,
    wire::{
        protocol::{self, ClientMessage},
        sync::Part,
    },
};
use std::collections::BTreeMap;
use yrs::{Doc, GetString, Map, MapPrelim, Text, Transact, Update, WriteTxn, updates::decoder::Decode};

use super::*;
use crate::{
    config::Limits,
    metrics::Figures,
    outbox::Outbox,
    room::{Command, SessionId},
    testing::{Table, layer_at, note, plan, update},
};

mod apart;
mod cut;

struct Bench {
    table: Table,
    app: Arc<App>,
}

impl Bench {
    async fn new() -> Self {
        let table = Table::new().await;
        let bounds = Limits { sessions: 100, sessions_per_member: 8, tls: false };
        let app = App::new(table.registry.clone(), table.rooms.clone(), Arc::new(Figures::default()), bounds);
        Self { table, app }
    }

    fn pusher(&self, party: &str) -> Pusher {
        let (member, token) = self.table.seats[party].clone();
        let plan = DocAddress::Plan(member.conference.clone(), plan());
        let reader = Reader::of(&self.app, token, plan).unwrap();
        Pusher::new(self.app.clone(), reader, Instant::now() + limits::PUSH)
    }

    /// Announces a client id by presence, on the text.
    async fn announce(&self, party: &str, client: u64) {
        let (member, address) = (self.table.member(party).clone(), self.pusher(party).reader.address);
        let (session, outbox) = (SessionId(7), Arc::new(Outbox::default()));
        let join = |joined| Command::Join { session, member: member.clone(), outbox: outbox.clone(), joined };
        let (inbox, ()) = self.table.rooms.ask(&address, join).await.unwrap();
        let entry = protocol::AwarenessEntry { client, clock: 1, state: "{}" };
        let message = ClientMessage::decode(&protocol::awareness([&entry].into_iter())).unwrap();
        let said = Command::Message { session, message, rests: None, order: Order::Unknown, write: true, place: None };
        assert!(inbox.send(said).await.is_ok());
    }

    async fn grant(&self, party: &str, access: Access) {
        let access: BTreeMap<_, _> = [(party.parse().unwrap(), access)].into();
        self.table.give(access).await;
    }
}

fn made(layer: Option<&str>, update: &[u8]) -> Made {
    let part = Part { layer: layer.map(|layer| layer.parse().unwrap()), update: STANDARD.encode(update) };
    Made::read(OfflineEdit { parts: vec![part], seen: 1, branch: Default::default(), once: None, confirms: Vec::new() })
}

fn noted(client: u64) -> Made {
    made(Some("private"), &update(client, |txn| layer::put(txn, &note(&format!("n{client}"))).unwrap()))
}

/// Edits of one text, each in the middle of what those before have written, so that what they claim about order is not plain; and the
/// text at the end.
fn chain(count: u64) -> (Vec<Vec<u8>>, String) {
    let docs: Vec<Doc> = [71, 72].map(plenary_shared::text::plan::new_doc).into();
    let mut updates = Vec::new();
    for n in 0..count {
        let (writes, reads) = (&docs[(n % 2) as usize], &docs[((n + 1) % 2) as usize]);
        let mut txn = writes.transact_mut();
        let text = txn.get_or_insert_text("text");
        let length = u64::from(text.len(&txn));
        text.insert(&mut txn, (n * 7919 % (length + 1)) as u32, &format!("{n} "));
        let update = txn.encode_update_v1();
        drop(txn);
        reads.transact_mut().apply_update(Update::decode_v1(&update).unwrap()).unwrap();
        updates.push(update);
    }
    let text = docs[0].get_or_insert_text("text").get_string(&docs[0].transact());
    (updates, text)
}

#[tokio::test]
async fn a_right_that_is_taken_away_ends_with_the_edit_before() {
    let bench = Bench::new().await;
    let mut pusher = bench.pusher("arv");
    let words = |client| made(None, &update(client, |txn| txn.get_or_insert_text("text").insert(txn, 0, "word ")));
    pusher.push(vec![words(1), noted(2)]).await.unwrap();
    bench.grant("arv", Access::Propose).await;
    pusher.push(vec![words(3), noted(4)]).await.unwrap();
    bench.grant("arv", Access::Read).await;
    pusher.push(vec![words(5), noted(6)]).await.unwrap();
    bench.grant("bor", Access::Draft).await;
    pusher.push(vec![words(7), noted(8)]).await.unwrap();
    let told: Vec<&str> = pusher
        .outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Refused(body) => body.error.as_str(),
            _ => "done",
        })
        .collect();
    assert_eq!(told, ["done", "done", "forbidden", "done", "forbidden", "done", "forbidden", "forbidden"]);
    let ends = bench.table.rooms.ends(&[pusher.reader.address, layer_at("arv/private")]).await;
    assert_eq!(ends, [Some(2 + 1 + 3), Some(3)], "what the plan began with, the word, and what was decided");
}

#[tokio::test]
async fn edits_that_build_on_each_other_take_effect_in_their_order_many_or_few() {
    for count in [5, 400] {
        let bench = Bench::new().await;
        let mut pusher = bench.pusher("arv");
        let (updates, words) = chain(count);
        pusher.push(updates.iter().map(|update| made(None, update)).collect()).await.unwrap();
        assert_eq!(pusher.outcomes, vec![Outcome::Done; count as usize]);
        let store = bench.table.rooms.store();
        for (n, (seq, sealed)) in store.read(&pusher.reader.address, 2, 1_000, usize::MAX).unwrap().into_iter().enumerate() {
            assert_eq!(seq, n as u64 + 3);
            assert!(sealed.ends_with(&updates[n]), "record {seq} is another edit");
        }
        let state = bench.table.rooms.read_at(&pusher.reader.address).await.unwrap().1;
        let doc = plenary_shared::text::plan::new_doc(9);
        doc.transact_mut().apply_update(Update::decode_v1(&state).unwrap()).unwrap();
        let text = doc.get_or_insert_text("text");
        assert_eq!(text.get_string(&doc.transact()), words);
    }
}

#[tokio::test]
async fn one_liar_among_many_edits_costs_its_own_edit_alone() {
    let bench = Bench::new().await;
    let mut pusher = bench.pusher("arv");
    let mut edits: Vec<Made> = chain(100).0.iter().map(|update| made(None, update)).collect();
    let ab = update(91, |txn| txn.get_or_insert_text("text").insert(txn, 0, "ab"));
    // Client 92's `x`, with neighbours that stand the other way round.
    let crossed = [1, 1, 92, 0, 0xc4, 91, 1, 91, 0, 1, b'x', 0];
    edits.splice(50..50, [made(None, &ab), made(None, &crossed)]);
    pusher.push(edits).await.unwrap();
    let refused = pusher.outcomes.iter().enumerate().filter(|(_, outcome)| **outcome != Outcome::Done);
    assert_eq!(refused.map(|(at, _)| at).collect::<Vec<_>>(), [51]);
    let end = bench.table.rooms.end(&pusher.reader.address).await.unwrap();
    assert_eq!((end.seq, end.refused.len()), (103, 0), "it never came near the document");
}

/// An edit that is made once: its key's layer is written by this client.
fn once(client: u64, key: &str, words: Option<&[u8]>) -> Made {
    let update = update(client, |txn| {
        let keys = txn.get_or_insert_map("once");
        keys.insert(txn, key, MapPrelim::default()).insert(txn, "digest", "d1");
    });
    let mut made = made(Some("private"), &update);
    made.parts.extend(words.map(|words| (None, Some(Bytes::copy_from_slice(words)))));
    Made { once: Some(Once { key: key.into(), digest: "d1".into() }), ..made }
}

fn told(outcomes: &[Outcome]) -> Vec<&str> {
    let told = outcomes.iter().map(|outcome| match outcome {
        Outcome::Done => "done",
        Outcome::Cut(_) => "cut",
        Outcome::Repeated => "repeated",
        Outcome::Refused(body) => body.error.as_str(),
    });
    told.collect()
}

#[tokio::test]
async fn what_is_nested_without_end_is_refused_before_anything_reads_it() {
    let bench = Bench::new().await;
    let mut pusher = bench.pusher("arv");
    // One block of `Any` values below the root `t`: arrays, each in the one before.
    let mut nested = vec![1, 1, 77, 0, 8, 1, 1, b't', 1];
    nested.extend([117, 1].repeat(50_000));
    nested.extend([126, 0]);
    let deep = Made { once: once(1, "k", None).once, ..made(Some("private"), &nested) };
    pusher.push(vec![deep, once(2, "k", None)]).await.unwrap();
    assert_eq!(told(&pusher.outcomes), ["invalid", "done"]);
}

#[tokio::test]
async fn an_edit_whose_answer_was_lost_is_done_and_another_machines_is_repeated() {
    let bench = Bench::new().await;
    let mut pusher = bench.pusher("arv");
    let words = update(5, |txn| txn.get_or_insert_text("text").insert(txn, 0, "word "));
    pusher.push(vec![once(1, "k", Some(&words)), once(2, "l", None)]).await.unwrap();
    let mut again = bench.pusher("arv");
    again.push(vec![once(1, "k", Some(&words)), once(3, "k", None), once(2, "l", None), once(4, "m", None)]).await.unwrap();
    assert_eq!(told(&pusher.outcomes), ["done", "done"]);
    assert_eq!(told(&again.outcomes), ["done", "repeated", "done", "done"]);
    let ends = bench.table.rooms.ends(&[pusher.reader.address, layer_at("arv/private")]).await;
    assert_eq!(ends, [Some(3), Some(3)]);
}

#[tokio::test]
async fn the_layer_of_the_keys_is_loaded_once_for_edits_that_follow_each_other() {
    let bench = Bench::new().await;
    let mut pusher = bench.pusher("arv");
    pusher.push(vec![once(1, "k1", None)]).await.unwrap();
    let loaded = pusher.keys.since().unwrap();
    pusher.push((2..=20).map(|n| once(n, &format!("k{n}"), None)).collect()).await.unwrap();
    assert_eq!(pusher.outcomes, vec![Outcome::Done; 20]);
    assert_eq!(pusher.keys.since(), Some(loaded));
    pusher.push(vec![noted(50)]).await.unwrap();
    assert!(pusher.keys.since().is_none(), "others get the place");
}

#[tokio::test]
async fn a_right_that_is_taken_away_while_an_edit_waits_is_gone() {
    let bench = Bench::new().await;
    let mut pusher = bench.pusher("arv");
    let mut places = Vec::new();
    for _ in 0..limits::VIEWS_PER_PARTY_MAX {
        places.push(bench.app.view_place(bench.table.member("arv")).await.unwrap());
    }
    {
        let mut pushed = Box::pin(pusher.push(vec![once(1, "k", None)]));
        assert!(poll_immediate(&mut pushed).await.is_none(), "it waits for a place");
        bench.grant("bor", Access::Draft).await;
        drop(places);
        pushed.await.unwrap();
    }
    assert_eq!(told(&pusher.outcomes), ["forbidden"]);
    assert_eq!(bench.table.rooms.ends(&[layer_at("arv/private")]).await, [Some(0)]);
}

#[tokio::test]
async fn edits_that_take_too_long_are_answered_as_far_as_they_came() {
    let bench = Bench::new().await;
    let mut pusher = bench.pusher("arv");
    pusher.push(vec![noted(1)]).await.unwrap();
    pusher.until = Instant::now();
    assert!(pusher.push(vec![noted(2)]).await.is_err());
    assert_eq!(pusher.outcomes, [Outcome::Done]);
}

/// 40 edits: client 91 writes `ab`, then as the test says, then others write elsewhere.
fn series(second: Made, third: Made) -> Vec<Made> {
    let mut edits = vec![made(None, &update(91, |txn| txn.get_or_insert_text("text").insert(txn, 0, "ab"))), second, third];
    edits.extend((100..140).map(|client| made(None, &update(client, |txn| txn.get_or_insert_text("text").insert(txn, 0, "x")))));
    edits
}

#[tokio::test]
async fn what_was_tried_does_not_vouch_for_other_blocks_under_the_same_ids() {
    let bench = Bench::new().await;
    let mut pusher = bench.pusher("arv");
    // Client 92's `x` behind the `b`, and in its place one whose neighbours stand the other way round.
    let honest = [1, 1, 92, 0, 0x84, 91, 1, 1, b'x', 0];
    let crossed = [1, 1, 92, 0, 0xc4, 91, 1, 91, 0, 1, b'x', 0];
    let mut torn = made(None, &honest);
    torn.parts.push((Some("nope".parse().unwrap()), Some(Bytes::from_static(&[0, 0]))));
    let _ = pusher.push(series(torn, made(None, &crossed))).await;
    let outcomes = told(&pusher.outcomes);
    assert_eq!(outcomes[..3], ["done", "forbidden", "invalid"]);
    assert_eq!(bench.table.rooms.end(&pusher.reader.address).await.unwrap().refused, [4], "it was looked at in the document");
}

#[tokio::test]
async fn what_was_tried_does_not_vouch_for_what_builds_on_other_blocks() {
    let bench = Bench::new().await;
    let mut pusher = bench.pusher("arv");
    // Client 92's `x` stands behind the `b` where it is tried, and before the `a` where it is taken: client 93 says that `b` stands
    // before it.
    let behind = [1, 1, 92, 0, 0x84, 91, 1, 1, b'x', 0];
    let before = [1, 1, 92, 0, 0x44, 91, 0, 1, b'x', 0];
    let claims = [1, 1, 93, 0, 0xc4, 91, 1, 92, 0, 1, b'y', 0];
    let mut torn = made(None, &behind);
    torn.parts.push((Some("nope".parse().unwrap()), Some(Bytes::from_static(&[0, 0]))));
    let mut edits = series(torn, made(None, &before));
    edits.insert(3, made(None, &claims));
    let _ = pusher.push(edits).await;
    assert_eq!(told(&pusher.outcomes)[..4], ["done", "forbidden", "done", "invalid"]);
}

#[tokio::test]
async fn an_id_that_another_party_wrote_under_or_announced_is_taken_and_costs_the_edits_under_it_alone() {
    let bench = Bench::new().await;
    let words = |client, words: &str| made(None, &update(client, |txn| txn.get_or_insert_text("text").insert(txn, 0, words)));
    bench.pusher("bor").push(vec![words(71, "mine")]).await.unwrap();
    bench.announce("bor", 72).await;
    let mut pusher = bench.pusher("arv");
    pusher.push(vec![words(71, "longer"), words(72, "longer"), words(73, "x")]).await.unwrap();
    assert_eq!(told(&pusher.outcomes), ["taken", "taken", "done"]);
    let end = bench.table.rooms.end(&pusher.reader.address).await.unwrap();
    assert_eq!(end.seq, 2 + 2, "what the plan began with, and a word of each");
    // Others do not pay for it, so neither does whoever sent it.
    assert!(bench.app.check_conduct(&pusher.reader.address, &pusher.author).is_ok());
}
