//! What a party may have of what all parties share, and what nobody may put anywhere.

use super::{
    super::{Ledger, Refusal, claims_at_most},
    build::{ANY, At, TYPE, block, blocks, gc, text, update, words},
    plan::delegate,
    session::party,
};
use crate::{
    limits,
    log::record::{Provenance, Right},
};

fn take(ledger: &mut Ledger, by: &Provenance, update: &[u8]) -> Result<(), Refusal> {
    let checked = ledger.check(by, update)?;
    ledger.admit(&by.author.party, &checked);
    Ok(())
}

/// So many clients, of each a block that shows nothing.
fn clients(first: u64, count: u64) -> Vec<u8> {
    let sections: Vec<_> = (first..first + count).map(|client| (client, 0, vec![gc(1)])).collect();
    update(&sections, &[])
}

/// So many empty points.
fn points(client: u64, count: usize) -> Vec<u8> {
    let point = |n| block(TYPE, At::RootKey("points", &format!("{client}-{n}")), &[1]);
    blocks(client, 0, (0..count).map(point).collect())
}

#[test]
fn a_party_takes_so_many_client_ids_and_goes_on_under_those_that_it_has() {
    let mut ledger = Ledger::default();
    let most = limits::CLIENTS_PER_PARTY_MAX as u64;
    let at_once = clients(1, limits::CLIENTS_MAX as u64 / 2);
    let full = Err(Refusal::Share { what: "client ids" });
    assert_eq!(take(&mut ledger, &delegate("arv"), &at_once), full, "nothing of it is taken");
    take(&mut ledger, &delegate("arv"), &clients(1, most)).unwrap();
    let more = clients(most + 1, 1);
    assert_eq!(take(&mut ledger, &delegate("arv"), &more), full);
    take(&mut ledger, &delegate("arv"), &blocks(most, 1, vec![gc(1)])).expect("it goes on under those that it has");
    ledger.check_logged(&party("arv"), &at_once).expect("what a log holds is not asked");
    take(&mut ledger, &delegate("bor"), &more).expect("they are arv's alone");
    let private = Provenance { right: Right::Layer, ..delegate("arv") };
    Ledger::default().check(&private, &clients(1, most + 1)).expect("a layer is its party's own");
}

#[test]
fn the_chair_takes_no_more_client_ids_than_it_leaves_to_the_others() {
    let (mut ledger, half) = (Ledger::default(), limits::CLIENTS_MAX as u64 / 2);
    let chair = Provenance { right: Right::Chair, ..delegate("med") };
    take(&mut ledger, &chair, &clients(1, half)).unwrap();
    assert_eq!(take(&mut ledger, &chair, &clients(half + 1, 1)), Err(Refusal::Share { what: "client ids" }));
    take(&mut ledger, &delegate("arv"), &clients(half + 1, 1)).unwrap();
}

#[test]
fn a_party_adds_no_more_points_than_it_leaves_to_the_others_and_the_chair_adds_them_all() {
    let mut ledger = Ledger::default();
    let (half, chair) = (limits::POINTS_MAX / 2, Provenance { right: Right::Chair, ..delegate("med") });
    take(&mut ledger, &delegate("arv"), &points(1, half)).unwrap();
    assert_eq!(take(&mut ledger, &delegate("arv"), &points(2, 1)), Err(Refusal::Share { what: "points" }));
    take(&mut ledger, &delegate("bor"), &points(3, half / 2)).unwrap();
    take(&mut ledger, &chair, &points(4, half / 2)).unwrap();
    let full = take(&mut ledger, &chair, &points(5, 1));
    assert_eq!(full, Err(Refusal::TooLarge { what: "points", most: limits::POINTS_MAX as u64 }));
}

#[test]
fn nothing_is_taken_under_a_key_that_a_browser_does_not_see() {
    let mut value = vec![1, 119];
    text(&mut value, "x");
    let after = blocks(
        1,
        0,
        vec![
            block(TYPE, At::RootKey("points", "a"), &[1]),
            block(TYPE, At::ItemKey((1, 0), "schedule"), &[1]),
            block(TYPE, At::ItemKey((1, 1), "after"), &[1]),
            block(ANY, At::ItemKey((1, 2), "__proto__"), &value),
        ],
    );
    let one = |at, kind, content: &[u8]| blocks(1, 0, vec![block(kind, at, content)]);
    let point = one(At::RootKey("points", "__proto__"), TYPE, &[1]);
    for hidden in [point, one(At::RootKey("meta", "__proto__"), ANY, &value), after] {
        let refused = Ledger::default().check(&delegate("arv"), &hidden);
        assert!(matches!(refused, Err(Refusal::Foreign { .. })), "{refused:?}");
    }
}

#[test]
fn what_may_claim_something_is_told_from_an_update_alone_and_typing_does_not() {
    let typed = vec![words(At::Between((1, 4), (1, 5)), "a"), words(At::Between((2, 0), (1, 5)), "b")];
    assert_eq!(claims_at_most(&blocks(2, 0, typed)), 1);
    let claims =
        vec![words(At::Between((1, 4), (1, 5)), "a"), words(At::Between((1, 6), (1, 7)), "b"), words(At::Left((1, 4)), "c")];
    assert_eq!((claims_at_most(&blocks(2, 0, claims)), claims_at_most(&[1, 1, 9])), (2, 0));
}
