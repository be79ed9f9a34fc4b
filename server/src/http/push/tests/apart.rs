//! Edits from away, and what others write in just that moment.

use plenary_shared::text::plan::{Outline, set_words};
use yrs::TransactionMut;

use super::*;
use crate::http::push::apart::Run;

impl Bench {
    /// A client of this id that has the plan as it is, with its only point.
    async fn client(&self, id: u64) -> (Doc, PointId) {
        let address = self.pusher("arv").reader.address;
        let (_, state) = self.table.rooms.read_at(&address).await.unwrap();
        let doc = plenary_shared::text::plan::new_doc(id);
        doc.transact_mut().apply_update(Update::decode_v1(&state).unwrap()).unwrap();
        let point = Outline::read(&doc.transact()).points[0].id.clone();
        (doc, point)
    }

    async fn words(&self) -> String {
        let (doc, _) = self.client(0).await;
        Outline::read(&doc.transact()).points[0].words.clone()
    }

    async fn end(&self) -> Seq {
        self.table.rooms.end(&self.pusher("arv").reader.address).await.unwrap().seq
    }

    async fn live(&self, client: u64, words: &str) {
        let (doc, point) = self.client(client).await;
        let update = written(&doc, |txn| drop(set_words(txn, &point, words)));
        let (address, author) = (self.pusher("bor").reader.address, self.table.member("bor").author());
        self.table.rooms.edit(&address, &author, &update.into()).await.unwrap();
    }
}

fn written(doc: &Doc, change: impl FnOnce(&mut TransactionMut)) -> Vec<u8> {
    let mut txn = doc.transact_mut();
    change(&mut txn);
    txn.encode_update_v1()
}

fn away(seen: Seq, edit: Made) -> Made {
    Made { seen, branch: Branch([1; 8]), ..edit }
}

#[tokio::test]
async fn what_others_write_once_edits_were_judged_stands_beside_those_that_were_not_taken_yet() {
    let bench = Bench::new().await;
    bench.live(50, "within 24 days").await;
    let (doc, point) = bench.client(60).await;
    let seen = bench.end().await;
    let edits = ["within 12 days", "within 12 days of entry", "within 14 days of entry"];
    let mut run: Vec<Made> =
        edits.iter().map(|words| away(seen, made(None, &written(&doc, |txn| drop(set_words(txn, &point, words)))))).collect();
    let (mut pusher, mut found) = (bench.pusher("arv"), Found::new());
    let Run::Alone(_, provided) = pusher.judge_run(&run, 3, &found).await.unwrap() else { panic!("nobody wrote yet") };
    let behind = run.split_off(1);
    pusher.hand_on_each(run, 1, &provided, &mut found).await.unwrap();
    bench.live(51, "within 48 days").await;
    let left = pusher.hand_on_each(behind, 3, &provided, &mut found).await.unwrap();
    assert_eq!((left.len(), pusher.outcomes.len()), (2, 1), "what builds on one that is not taken is not either");
    pusher.hand_on_run(1, left, &mut found).await.unwrap();
    pusher.settle(0).await.unwrap();
    assert_eq!(told(&pusher.outcomes), ["done"; 3]);
    let words = bench.words().await;
    assert!(words.contains("48") && words.contains("[14]") && words.ends_with("of entry"), "{words}");
}

#[tokio::test]
async fn an_edit_of_the_text_and_of_a_layer_is_put_together_with_what_others_wrote_too() {
    let bench = Bench::new().await;
    bench.live(50, "within 24 days").await;
    let (doc, point) = bench.client(60).await;
    let seen = bench.end().await;
    bench.live(51, "within 48 days").await;
    let words = written(&doc, |txn| drop(set_words(txn, &point, "within 12 days")));
    let mut both = away(seen, noted(7));
    both.parts.push((None, Some(words.into())));
    let mut pusher = bench.pusher("arv");
    pusher.push(vec![both]).await.unwrap();
    assert_eq!(told(&pusher.outcomes), ["done"]);
    assert_eq!(bench.words().await, "within [48][12] days");
    assert_eq!(bench.table.rooms.ends(&[layer_at("arv/private")]).await, [Some(1)]);
}
