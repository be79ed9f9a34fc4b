//! What is cut out of edits is told to whoever sends them, whichever way they go.

use plenary_shared::{
    id::PointId,
    text::plan::{self, Outline},
    wire::cut::CutPoint,
};
use yrs::TransactionMut;

use super::*;

/// A replica of the plan, and what it writes.
struct Replica(Doc);

impl Replica {
    async fn new(bench: &Bench, client: u64) -> Self {
        let (_, state) = bench.table.rooms.read_at(&bench.text()).await.unwrap();
        let doc = plan::new_doc(client);
        doc.transact_mut().apply_update(Update::decode_v1(&state).unwrap()).unwrap();
        Self(doc)
    }

    fn point(&self) -> PointId {
        Outline::read(&self.0.transact()).points[0].id.clone()
    }

    fn edit(&self, change: impl FnOnce(&mut TransactionMut, &PointId)) -> Vec<u8> {
        let point = self.point();
        let mut txn = self.0.transact_mut();
        change(&mut txn, &point);
        txn.encode_update_v1()
    }

    /// Takes out the only point.
    fn remove(&self) -> Vec<u8> {
        self.edit(|txn, point| drop(txn.get_or_insert_map(plan::POINTS).remove(txn, point.as_str())))
    }
}

impl Bench {
    fn text(&self) -> DocAddress {
        self.pusher("arv").reader.address
    }
}

/// What is told of the only point.
fn cut_of(point: &PointId) -> Outcome {
    let point = CutPoint { id: point.clone(), label: Some("1".into()) };
    Outcome::Cut(Cut { points: [point].into(), ..Cut::default() })
}

#[tokio::test]
async fn what_is_cut_out_of_an_edit_of_the_text_is_told_and_told_again_if_it_is_sent_again() {
    let bench = Bench::new().await;
    let replica = Replica::new(&bench, 71).await;
    let point = replica.point();
    let edit = replica.edit(|txn, point| {
        txn.get_or_insert_map(plan::POINTS).remove(txn, point.as_str());
        txn.get_or_insert_text("text").insert(txn, 0, "with it ");
    });
    let mut pusher = bench.pusher("arv");
    pusher
        .push(vec![made(None, &edit), made(None, &update(72, |txn| txn.get_or_insert_text("text").insert(txn, 0, "x")))])
        .await
        .unwrap();
    assert_eq!(pusher.outcomes, [cut_of(&point), Outcome::Done]);
    // Whoever got no answer sends it again, and is told then.
    let mut again = bench.pusher("arv");
    again.push(vec![made(None, &edit)]).await.unwrap();
    assert_eq!(again.outcomes, [cut_of(&point)]);
    assert_eq!(Replica::new(&bench, 73).await.point(), point);
}

#[tokio::test]
async fn what_is_cut_out_of_an_edit_of_several_documents_is_told() {
    let bench = Bench::new().await;
    let replica = Replica::new(&bench, 71).await;
    let point = replica.point();
    let mut edit = made(Some("private"), &update(72, |txn| layer::put(txn, &note("n")).unwrap()));
    edit.parts.push((None, Some(replica.remove().into())));
    let mut pusher = bench.pusher("arv");
    pusher.push(vec![edit]).await.unwrap();
    assert_eq!(pusher.outcomes, [cut_of(&point)]);
    assert_eq!(bench.table.rooms.ends(&[layer_at("arv/private")]).await, [Some(1)]);
}

#[tokio::test]
async fn what_is_cut_out_of_edits_that_are_put_beside_those_of_others_is_told_of_each() {
    let bench = Bench::new().await;
    let (away, other) = (Replica::new(&bench, 71).await, Replica::new(&bench, 72).await);
    let point = away.point();
    let seen = bench.table.rooms.end(&bench.text()).await.unwrap().seq;
    let words =
        |words: &'static str| move |txn: &mut TransactionMut, id: &PointId| assert!(plan::set_words(txn, id, words).unwrap());
    bench.pusher("bor").push(vec![made(None, &other.edit(words("The parties shall withdraw [at once].")))]).await.unwrap();
    let apart = |update: Vec<u8>| Made { seen, branch: Branch([7; 8]), ..made(None, &update) };
    // One brings nothing but what is cut out of it.
    let edits = vec![
        apart(away.edit(words("The parties shall withdraw [in May]."))),
        apart(away.edit(|txn, _| txn.get_or_insert_text("text").insert(txn, 0, "x"))),
        apart(away.remove()),
    ];
    let mut pusher = bench.pusher("arv");
    pusher.push(edits).await.unwrap();
    assert_eq!(pusher.outcomes, [Outcome::Done, Outcome::Done, cut_of(&point)]);
    let end = bench.table.rooms.end(&bench.text()).await.unwrap().seq;
    assert_eq!(end, seen + 1 + 2 + 1, "they are kept with what puts them beside the other's");
    assert_eq!(Replica::new(&bench, 73).await.point(), point);
}

#[tokio::test]
async fn of_what_is_taken_whole_nothing_is_told() {
    let bench = Bench::new().await;
    let replica = Replica::new(&bench, 71).await;
    let mut pusher = bench.pusher("arv");
    let whole = replica.edit(|txn, point| assert!(plan::strike(txn, point).unwrap()));
    pusher.push(vec![made(None, &whole)]).await.unwrap();
    assert_eq!(pusher.outcomes, [Outcome::Done]);
}

#[tokio::test]
async fn what_is_cut_out_of_an_edit_that_is_made_once_is_told_again_when_its_answer_was_lost() {
    let bench = Bench::new().await;
    let replica = Replica::new(&bench, 71).await;
    let (point, removed) = (replica.point(), replica.remove());
    let cut = cut_of(&point);
    for round in 0..2 {
        let mut pusher = bench.pusher("arv");
        pusher.push(vec![once(1, "k", Some(&removed)), once(2, "l", None)]).await.unwrap();
        assert_eq!(pusher.outcomes, [cut.clone(), Outcome::Done], "round {round}");
        let ends = bench.table.rooms.ends(&[bench.text(), layer_at("arv/private")]).await;
        assert_eq!(ends, [Some(2), Some(2)], "nothing of it is written again");
    }
    // What another edit brings under the same key is not taken with it.
    let other = update(72, |txn| txn.get_or_insert_text("text").insert(txn, 0, "word "));
    let mut pusher = bench.pusher("arv");
    pusher.push(vec![once(1, "k", Some(&other))]).await.unwrap();
    assert_eq!(bench.table.rooms.ends(&[bench.text()]).await, [Some(2)]);
}
