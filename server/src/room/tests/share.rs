//! What a party writes counts against its own share of the log, and takes nothing away from the others.

use super::*;
use plenary_shared::{limits, share::ShareKind};

impl Bench {
    /// Leaves each party so many bytes of the log.
    fn give(&mut self, party: &str, bytes: u64) {
        let of = ("talks".parse().unwrap(), "plan".parse().unwrap(), party.parse().unwrap(), ShareKind::Text);
        self.room.shares.raise(of, bytes);
    }

    fn written(&mut self, party: &str) -> u64 {
        self.room.document().written(&party.parse().unwrap())
    }
}

/// What a client writes and takes away again, its edits one by one.
fn written_and_deleted(client: u64) -> [Vec<u8>; 2] {
    let doc = plan::new_doc(client);
    let text = doc.get_or_insert_text("text");
    text.push(&mut doc.transact_mut(), "word");
    let written = doc.transact().encode_state_as_update_v1(&StateVector::default());
    let mut txn = doc.transact_mut();
    text.remove_range(&mut txn, 0, 4);
    [written, txn.encode_update_v1()]
}

#[tokio::test]
async fn who_writes_and_deletes_for_ever_uses_up_its_own_share_and_the_others_write_on() {
    let mut bench = Bench::new();
    bench.give("arv", 1_000);
    let mut taken = 0;
    let refused = loop {
        let [written, deleted] = written_and_deleted(100 + taken);
        let effects = bench.send(ARV, &written);
        if !effects.is_empty() {
            // What only takes away is let through.
            break effects;
        }
        bench.commit().await;
        assert!(bench.send(ARV, &deleted).is_empty());
        bench.commit().await;
        taken += 1;
    };
    assert!(closed(&refused, ARV), "{refused:?}");
    assert!(!refused.iter().any(|effect| matches!(effect, Effect::Offended(_))), "it is no offence");
    assert!(bench.text().is_empty() && taken > 10, "{taken}");
    assert!(bench.send(BOR, &typed(2, "on")).is_empty());
    bench.commit().await;
    assert_eq!(bench.text(), "on");
    assert!(bench.written("arv") <= 1_000 && bench.written("bor") == typed(2, "on").len() as u64);
}

#[tokio::test]
async fn a_party_whose_share_was_raised_writes_on() {
    let mut bench = Bench::new();
    bench.give("arv", 10);
    assert!(closed(&bench.send(ARV, &typed(1, "first")), ARV));
    bench.give("arv", 1_000);
    bench.room.handle(Input::Join { session: SessionId(3), member: member("arv") }, &mut Vec::new());
    assert!(bench.send(SessionId(3), &typed(1, "first")).is_empty());
    bench.commit().await;
    assert_eq!(bench.text(), "first");
}

#[tokio::test]
async fn what_waits_counts_too() {
    let mut bench = Bench::new();
    let update = typed(1, "word");
    bench.give("arv", update.len() as u64 * 2);
    assert!(bench.send(ARV, &update).is_empty());
    assert!(bench.send(BOR, &typed(2, "word")).is_empty());
    assert!(bench.send(ARV, &typed(3, "word")).is_empty());
    assert!(closed(&bench.send(ARV, &typed(4, "word")), ARV));
}

#[tokio::test]
async fn what_was_written_is_known_after_a_restart_with_a_snapshot_and_without_and_what_was_refused_counts() {
    let mut bench = Bench::new();
    bench.send(ARV, &typed(1, "ab"));
    bench.commit().await;
    bench.send(BOR, &CROSSED);
    bench.commit().await;
    let written = [bench.written("arv"), bench.written("bor")];
    assert_eq!(written, [typed(1, "ab").len() as u64, CROSSED.len() as u64]);
    let mut of_log = Document::open(&*bench.store, &bench.address).unwrap();
    let (seq, copy) = of_log.snapshot().unwrap();
    let of_copy = Document::from_copy(seq, &copy).unwrap();
    for document in [of_log, of_copy] {
        assert_eq!(["arv", "bor"].map(|party| document.written(&party.parse().unwrap())), written);
    }
}

#[tokio::test]
async fn who_fills_a_plan_leaves_as_much_to_the_others_and_may_still_take_out() {
    let mut bench = Bench::new();
    let heap = "x".repeat(limits::DOCUMENT_BYTES_MAX / 4 - 1_000);
    for client in [1, 2] {
        assert!(bench.send(ARV, &typed(client, &heap)).is_empty());
        bench.commit().await;
    }
    assert!(bench.send(BOR, &typed(3, "on")).is_empty());
    bench.commit().await;
    assert!(bench.send(BOR, &typed(4, &heap[..heap.len() / 2])).is_empty());
    bench.commit().await;
    // Nothing but a letter, and there would be room for more.
    let deleted = [0, 1, 1, 1, 0, 100];
    assert!(bench.send(ARV, &deleted).is_empty());
    bench.commit().await;
    let refused = bench.send(ARV, &typed(5, "x"));
    assert!(closed(&refused, ARV), "{refused:?}");
    assert!(!refused.iter().any(|effect| matches!(effect, Effect::Offended(_))), "it is no offence");
    assert!(bench.send(BOR, &typed(6, "and on")).is_empty());
    bench.commit().await;
    assert!(bench.text().contains("and on"));
}
