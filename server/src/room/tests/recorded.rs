//! A record is what the fold took: whoever follows, by socket or by log, reads the words of the record.

use plenary_shared::{
    log::record::{Moment, Provenance, Right},
    wire::cut::Cut,
};
use yrs::Doc;

use super::*;
use crate::room::{EditError, order::Order};

fn author() -> Author {
    Author { party: "arv".parse().unwrap(), member: "arv-1".parse().unwrap() }
}

/// Blocks, written as Yjs writes them: where they stand, what they hold.
fn block(kind: u8, place: &[u8], content: &[u8]) -> Vec<u8> {
    [&[kind][..], place, content].concat()
}

fn words(text: &str) -> Vec<u8> {
    [&[text.len() as u8][..], text.as_bytes()].concat()
}

/// Text in the root `text`.
fn first(text: &str) -> Vec<u8> {
    block(4, &[1, 4, b't', b'e', b'x', b't'], &words(text))
}

/// Text between two blocks of which the clients and clocks are given.
fn between(left: [u8; 2], right: [u8; 2], text: &str) -> Vec<u8> {
    block(0xC4, &[left, right].concat(), &words(text))
}

/// An update of one client's first blocks.
fn blocks(client: u8, blocks: &[Vec<u8>]) -> Vec<u8> {
    [&[1, blocks.len() as u8, client, 0][..], &blocks.concat(), &[0]].concat()
}

/// Somebody who follows: a document that takes updates as they come.
struct Follower(Doc);

impl Follower {
    fn take(&self, update: &[u8]) {
        self.0.transact_mut().apply_update(Update::decode_v1(update).unwrap()).unwrap();
    }

    fn text(&self) -> String {
        assert!(!self.0.transact().has_missing_updates(), "it waits for what never comes");
        read(&self.0.transact().encode_state_as_update_v1(&StateVector::default()))
    }
}

/// Sends batches of updates to a document that holds `text`; answers what those read who follow by socket, who follow by log, who put the
/// records of the log together first, and who come later; and what the document holds.
async fn followed(text: &str, batches: &[&[Vec<u8>]]) -> [String; 5] {
    let mut bench = Bench::new();
    let [socket, log, merged] = [50, 51, 52].map(|client| Follower(plan::new_doc(client)));
    let mut updates = Vec::new();
    let before = [blocks(1, &[first(text)])];
    for batch in [&before[..]].iter().chain(batches) {
        batch.iter().for_each(|update| drop(bench.send(ARV, update)));
        // Whoever sent what is refused is closed, and somebody else comes.
        for effect in bench.commit().await {
            match effect {
                Effect::Broadcast(frame) => match ClientMessage::decode(&frame) {
                    Ok(ClientMessage::Update(update)) => socket.take(&update),
                    other => panic!("{other:?}"),
                },
                Effect::Logged(records) => updates.extend(records.into_iter().map(|(_, _, record)| record.update)),
                _ => {}
            }
        }
        bench.room.handle(Input::Join { session: ARV, member: member("arv") }, &mut Vec::new());
    }
    let mut fresh = Document::open(&*bench.store, &bench.address).unwrap();
    let fresh = read(&fresh.diff(&StateVector::default()).unwrap());
    updates.iter().for_each(|update| log.take(update));
    merged.take(&yrs::merge_updates_v1(&updates).unwrap());
    [socket.text(), log.text(), merged.text(), fresh, bench.text()]
}

const TEXT: &str = "Each Party withdraw";

/// The 11th and the 12th unit of the text: where `shall not ` is put.
const PLACE: ([u8; 2], [u8; 2]) = ([1, 10], [1, 11]);

/// A block whose right neighbour stands before its left one: the document is built again.
fn crossed_of(client: u8) -> Vec<u8> {
    blocks(client, &[between([1, 9], [1, 3], "z")])
}

#[tokio::test]
async fn of_two_versions_of_a_block_all_who_follow_read_the_one_that_is_recorded() {
    let shall = |text| between(PLACE.0, PLACE.1, text);
    let more = || block(4, &[1, 1, b'z'], &words("."));
    type Version = Vec<Vec<u8>>;
    let twins: [(&str, Version, Version); 4] = [
        ("len", vec![shall("shall not ")], vec![shall("shall now ever ")]),
        ("gc", vec![vec![0, 10]], vec![shall("shall not "), more()]),
        ("split", vec![shall("shall not ")], vec![shall("shall "), between([7, 5], PLACE.1, "now "), more()]),
        ("same", vec![shall("shall not ")], vec![shall("shall now "), more()]),
    ];
    for (kind, one, other) in twins {
        for with_crossed in [false, true] {
            let mut batch = vec![blocks(6, &[first("w")]), blocks(7, &one), blocks(7, &other)];
            batch.extend(with_crossed.then(|| crossed_of(8)));
            let read = followed(TEXT, &[&batch]).await;
            assert!(read.iter().all(|text| *text == read[4]), "{kind}, built again: {with_crossed}: {read:#?}");
            assert!(!read[4].contains("now "), "{kind}: what came first is what is recorded: {}", read[4]);
        }
    }
}

#[tokio::test]
async fn what_an_update_says_of_what_is_known_reaches_nobody() {
    let x = blocks(7, &[between([1, 3], [1, 4], "x")]);
    for bogus in [between([7, 100], [1, 4], "x"), between([1, 3], [99, 7], "x")] {
        let again = blocks(7, &[bogus, between([1, 8], [1, 9], "NOT")]);
        for last in [vec![again.clone()], vec![again.clone(), crossed_of(8)]] {
            let read = followed(TEXT, &[std::slice::from_ref(&x), &last]).await;
            assert!(read.iter().all(|text| *text == read[4] && text.contains("NOT")), "{read:#?}");
        }
    }
}

#[tokio::test]
async fn a_repeat_in_one_batch_is_answered_by_what_becomes_of_the_first() {
    let mut bench = Bench::new();
    bench.send(ARV, &blocks(1, &[first("ab")]));
    bench.commit().await;
    for (update, expected) in [(crossed(), Err(EditError::Misbehaved)), (typed(7, "x").into(), Ok(Cut::default()))] {
        let mut effects = Vec::new();
        for edit in [1, 2] {
            let by = Provenance::live(author(), Right::Draft);
            bench.room.handle(
                Input::Edit { edit, by, update: update.clone(), provided: Default::default(), order: Order::Unknown },
                &mut effects,
            );
        }
        let (last, records) = bench.room.next_batch(1, &mut effects).unwrap();
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Edited(..))), "answered before the log holds it");
        let last = bench.store.append(&bench.address, last, records).await.unwrap();
        bench.room.appended(last, &mut effects);
        bench.rebuild_if_asked(&mut effects);
        effects.extend(bench.commit().await);
        let answers: Vec<_> = effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Edited(edit, answer) => Some((*edit, answer.clone())),
                _ => None,
            })
            .collect();
        assert_eq!(answers, [(1, expected.clone()), (2, expected)]);
    }
}

#[tokio::test]
async fn what_a_slow_session_is_asked_for_is_asked_again() {
    let mut bench = Bench::new();
    bench.room.missed(ARV, Bytes::from_static(b"x"));
    // Its second edit comes without its first.
    let client = plan::new_doc(5);
    let first = testing::typed(&client, "first ");
    let second = testing::typed(&client, "second");
    bench.send(ARV, &second);
    for effect in bench.commit().await {
        if let Effect::Send(session, frame) = effect {
            bench.room.missed(session, frame);
        }
    }
    let mut effects = Vec::new();
    let asked = bench.room.catch_up(ARV, &mut effects).unwrap().iter().any(|frame| frame.starts_with(&[0, 0]));
    assert!(asked, "it is never asked for what its edit builds on: its further edits are passed over in silence");
    let all = client.transact().encode_state_as_update_v1(&StateVector::default());
    assert_ne!(first, second);
    bench.room.handle(
        Input::Message {
            session: ARV,
            message: ClientMessage::SyncStep2(all.into()),
            rests: None,
            order: Default::default(),
            write: true,
        },
        &mut effects,
    );
    bench.commit().await;
    assert_eq!(bench.text(), "first second");
}

#[tokio::test]
async fn the_time_never_goes_back_within_a_log_and_says_where_the_clock_was_wrong() {
    const NOON: u64 = 1_800_000_000_000;
    let mut bench = Bench::new();
    let clocks = [NOON, NOON - 1, NOON - Moment::AHEAD_MS - 1, NOON + 1];
    let expected = [(NOON, false), (NOON, false), (NOON, true), (NOON + 1, false)];
    for (n, (clock, (at_ms, clock_corrected))) in clocks.into_iter().zip(expected).enumerate() {
        bench.send(ARV, &typed(10 + n as u64, "word "));
        let mut effects = Vec::new();
        let (last, records) = bench.room.next_batch(clock, &mut effects).unwrap();
        let last = bench.store.append(&bench.address, last, records).await.unwrap();
        bench.room.appended(last, &mut effects);
        let times = effects.iter().find_map(|effect| match effect {
            Effect::Logged(records) => records.first().map(|(_, _, record)| (record.at_ms, record.clock_corrected)),
            _ => None,
        });
        assert_eq!(times, Some((at_ms, clock_corrected)), "at {clock}");
        // What is saved, and what is folded, knows the time too.
        let (seq, saved) = bench.room.document().snapshot().unwrap();
        let folded = Document::open(&*bench.store, &bench.address).unwrap();
        assert_eq!([Document::from_copy(seq, &saved).unwrap().at_ms(), folded.at_ms()], [at_ms; 2]);
    }
}
