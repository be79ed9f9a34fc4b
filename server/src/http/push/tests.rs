//! Offline edits on a server in memory.

use plenary_shared::{access::Access, api::Part, layer};
use std::collections::BTreeMap;
use yrs::{Doc, GetString, Text, Transact, WriteTxn};

use super::*;
use crate::{
    config::Limits,
    metrics::Figures,
    testing::{Table, layer_at, note, plan, update},
};

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
        let author = Author { party: member.party.clone(), member: member.member.clone() };
        let plan = DocAddress::Plan(member.conference.clone(), plan());
        let caller = Caller { token, who: api::Whoami::Member(member.clone()) };
        let (app, outcomes, under_way) = (self.app.clone(), Vec::new(), VecDeque::new());
        Pusher { app, caller, plan, member, author, outcomes, under_way }
    }

    async fn grant(&self, party: &str, access: Access) {
        let access: BTreeMap<_, _> = [(party.parse().unwrap(), access)].into();
        self.table.registry.set_access(self.table.member("med"), plan(), access).await.unwrap();
    }
}

fn made(layer: Option<&str>, update: &[u8]) -> Made {
    let part = Part { layer: layer.map(|layer| layer.parse().unwrap()), update: STANDARD.encode(update) };
    Made::read(OfflineEdit { parts: vec![part], seen: 1, once: None })
}

fn noted(client: u64) -> Made {
    made(Some("private"), &update(client, |txn| layer::put(txn, &note(&format!("n{client}"))).unwrap()))
}

/// Edits of one text, each in the middle of what those before have written: what they claim about order is not plain. And the text at the end.
fn chain(count: u64) -> (Vec<Vec<u8>>, String) {
    let docs: Vec<Doc> = [71, 72].map(plenary_shared::plan::new_doc).into();
    let mut updates = Vec::new();
    for n in 0..count {
        let (writes, reads) = (&docs[(n % 2) as usize], &docs[((n + 1) % 2) as usize]);
        let mut txn = writes.transact_mut();
        let text = txn.get_or_insert_text("t");
        let length = u64::from(text.len(&txn));
        text.insert(&mut txn, (n * 7919 % (length + 1)) as u32, &format!("{n} "));
        let update = txn.encode_update_v1();
        drop(txn);
        reads.transact_mut().apply_update(Update::decode_v1(&update).unwrap()).unwrap();
        updates.push(update);
    }
    let text = docs[0].get_or_insert_text("t").get_string(&docs[0].transact());
    (updates, text)
}

#[tokio::test]
async fn a_right_that_is_taken_away_ends_with_the_edit_before() {
    let bench = Bench::new().await;
    let mut pusher = bench.pusher("arv");
    let words = |client| made(None, &update(client, |txn| txn.get_or_insert_text("t").insert(txn, 0, "word ")));
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
    assert_eq!(told, ["done", "done", "forbidden", "done", "forbidden", "forbidden", "forbidden", "forbidden"]);
    let ends = bench.table.rooms.ends(&[pusher.plan, layer_at("arv/private")]).await;
    assert_eq!(ends, [Some(2), Some(2)]);
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
        for (n, (seq, sealed)) in store.read(&pusher.plan, 1, 1_000, usize::MAX).unwrap().into_iter().enumerate() {
            assert_eq!(seq, n as u64 + 2);
            assert!(sealed.ends_with(&updates[n]), "record {seq} is another edit");
        }
        let state = bench.table.rooms.read(&pusher.plan).await.unwrap();
        let doc = plenary_shared::plan::new_doc(9);
        doc.transact_mut().apply_update(Update::decode_v1(&state).unwrap()).unwrap();
        let text = doc.get_or_insert_text("t");
        assert_eq!(text.get_string(&doc.transact()), words);
    }
}

#[tokio::test]
async fn one_liar_among_many_edits_costs_its_own_edit_alone() {
    let bench = Bench::new().await;
    let mut pusher = bench.pusher("arv");
    let mut edits: Vec<Made> = chain(100).0.iter().map(|update| made(None, update)).collect();
    let ab = update(91, |txn| txn.get_or_insert_text("u").insert(txn, 0, "ab"));
    // Client 92's `x`, with neighbours that stand the other way round.
    let crossed = [1, 1, 92, 0, 0xc4, 91, 1, 91, 0, 1, b'x', 0];
    edits.splice(50..50, [made(None, &ab), made(None, &crossed)]);
    pusher.push(edits).await.unwrap();
    let refused = pusher.outcomes.iter().enumerate().filter(|(_, outcome)| **outcome != Outcome::Done);
    assert_eq!(refused.map(|(at, _)| at).collect::<Vec<_>>(), [51]);
    let end = bench.table.rooms.end(&pusher.plan).await.unwrap();
    assert_eq!((end.seq, end.refused.len()), (102, 0), "it never came near the document");
}
