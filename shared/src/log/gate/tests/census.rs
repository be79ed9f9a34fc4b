//! What was put where, in states written by hand and in those of real sessions.

use yrs::{BranchID, ClientID, ID, ReadTxn, StateVector, Transact};

use super::{
    super::{Refusal, RunningCensus, Span, census},
    build::{At, deleted, gc, update, words},
};

type Sections = Vec<(u64, u64, Vec<Vec<u8>>)>;

fn nested((client, clock): (u64, u32)) -> BranchID {
    BranchID::Nested(ID::new(ClientID::new(client), clock))
}

fn root(name: &str) -> BranchID {
    BranchID::Root(name.into())
}

fn span(client: u64, start: u32, end: u32) -> Span {
    Span { client, start, end }
}

fn sequence(sections: Sections, of: &BranchID) -> Vec<Span> {
    let census = census(&update(&sections, &[])).expect("reads");
    census.contents(of).map(|contents| contents.sequence.clone()).unwrap_or_default()
}

#[test]
fn a_block_stands_where_its_neighbours_stand() {
    let item = nested((9, 4));
    let cases: [(&str, Sections, &[Span]); 9] = [
        ("its own word", vec![(1, 0, vec![words(At::Item((9, 4)), "abc")])], &[span(1, 0, 3)]),
        (
            "left, within another client's block",
            vec![(2, 0, vec![words(At::Left((1, 1)), "x")]), (1, 0, vec![words(At::Item((9, 4)), "abc")])],
            &[span(1, 0, 3), span(2, 0, 1)],
        ),
        (
            "left, in a part that comes later",
            vec![(1, 0, vec![words(At::Left((2, 0)), "x")]), (2, 0, vec![words(At::Item((9, 4)), "abc")])],
            &[span(1, 0, 1), span(2, 0, 3)],
        ),
        (
            "right",
            vec![(2, 0, vec![words(At::Right((1, 0)), "x")]), (1, 0, vec![words(At::Item((9, 4)), "abc")])],
            &[span(1, 0, 3), span(2, 0, 1)],
        ),
        (
            "right, where the left one was collected",
            vec![(2, 0, vec![gc(2), words(At::Between((2, 1), (1, 0)), "x")]), (1, 0, vec![words(At::Item((9, 4)), "abc")])],
            &[span(1, 0, 3), span(2, 2, 3)],
        ),
        ("both collected", vec![(2, 0, vec![gc(2), words(At::Between((2, 1), (2, 0)), "x")])], &[]),
        ("nothing there", vec![(2, 0, vec![words(At::Between((7, 1), (2, 9)), "x")])], &[]),
        (
            "deleted ones and those behind them",
            vec![(1, 0, vec![words(At::Item((9, 4)), "abc"), deleted(At::Left((1, 2)), 5), words(At::Left((1, 7)), "d")])],
            &[span(1, 0, 9)],
        ),
        (
            "elsewhere in between",
            vec![(1, 0, vec![words(At::Item((9, 4)), "abc"), words(At::Root("t"), "x"), words(At::Left((1, 2)), "d")])],
            &[span(1, 0, 3), span(1, 4, 5)],
        ),
    ];
    for (name, sections, expected) in cases {
        assert_eq!(sequence(sections, &item), expected, "{name}");
    }
}

#[test]
fn an_entry_that_overwrites_another_stands_under_its_key() {
    let sections = vec![
        (3, 0, vec![deleted(At::Left((2, 0)), 1)]),
        (2, 0, vec![deleted(At::ItemKey((9, 4), "words"), 1), deleted(At::RootKey("r", "words"), 1)]),
    ];
    let census = census(&update(&sections, &[])).unwrap();
    let entries = &census.contents(&nested((9, 4))).unwrap().entries;
    assert_eq!(entries["words"], [span(2, 0, 1), span(3, 0, 1)]);
    assert_eq!(census.contents(&root("r")).unwrap().entries["words"], [span(2, 1, 2)]);
    assert_eq!(census.types().count(), 2);
}

#[test]
fn however_a_run_is_cut_it_is_one_span() {
    let whole = vec![(1, 0, vec![words(At::Root("t"), "abcd")])];
    let cut = vec![(1, 0, vec![words(At::Root("t"), "a"), words(At::Left((1, 0)), "bc"), deleted(At::Left((1, 2)), 1)])];
    assert_eq!(sequence(whole, &root("t")), sequence(cut, &root("t")));
}

#[test]
fn circles_stand_nowhere_and_chains_of_any_length_end() {
    let circle = vec![
        (1, 0, vec![words(At::Left((2, 0)), "a")]),
        (2, 0, vec![words(At::Left((3, 0)), "a")]),
        (3, 0, vec![words(At::Between((1, 0), (3, 0)), "a"), words(At::Between((3, 1), (2, 0)), "b")]),
    ];
    assert_eq!(census(&update(&circle, &[])).unwrap().types().count(), 0);

    const LENGTH: u64 = 100_000;
    let mut chain: Sections = (1..LENGTH).map(|client| (client, 0, vec![words(At::Right((client + 1, 0)), "a")])).collect();
    chain.push((LENGTH, 0, vec![words(At::Root("t"), "a")]));
    assert_eq!(sequence(chain, &root("t")).len(), LENGTH as usize);
    // The same among the blocks of one client, each of which stands before the next.
    let mut blocks: Vec<_> = (1..LENGTH as u32).map(|clock| words(At::Right((1, clock)), "a")).collect();
    blocks.push(words(At::Root("t"), "a"));
    assert_eq!(sequence(vec![(1, 0, blocks)], &root("t")), [span(1, 0, LENGTH as u32)]);
}

#[test]
fn a_state_that_cannot_be_read_is_refused() {
    let good = update(&[(1, 0, vec![words(At::Root("t"), "abc")])], &[]);
    for cut in 0..good.len() - 1 {
        assert!(matches!(census(&good[..cut]), Err(Refusal::Malformed { .. })), "{cut} bytes");
    }
    let twice = update(&[(1, 0, vec![words(At::Root("t"), "a")]), (1, 1, vec![words(At::Root("t"), "b")])], &[]);
    assert!(census(&twice).is_err());
}

#[test]
fn all_that_a_session_leaves_is_counted_once_and_alike_on_every_replica() {
    for seed in 0..64 {
        let mut dice = super::session::Dice(seed);
        let replicas = super::session::replicas();
        for _ in 0..30 {
            let replica = dice.pick(&replicas);
            replica.edit(&super::session::edits(&mut dice));
            if dice.roll(3) == 0 {
                replica.take(&super::session::state(&dice.pick(&replicas).doc));
            }
        }
        // The first and the last collect what is deleted.
        let [first, _, last] = &replicas;
        for other in &replicas {
            first.take(&super::session::state(&other.doc));
        }
        last.take(&super::session::state(&first.doc));
        let state = super::session::state(&first.doc);
        let census = census(&state).expect("reads");
        assert_eq!(census, super::super::census(&super::session::state(&last.doc)).unwrap(), "seed {seed}");
        assert_eq!(
            census,
            super::super::census(&super::session::state(&super::session::loaded(&state))).unwrap(),
            "seed {seed}, loaded"
        );
        let mut all: Vec<Span> = census
            .types()
            .flat_map(|(_, contents)| contents.entries.values().chain([&contents.sequence]))
            .flatten()
            .copied()
            .collect();
        all.sort_unstable();
        assert!(
            all.windows(2).all(|pair| pair[0].client < pair[1].client || pair[0].end <= pair[1].start),
            "seed {seed}: {all:?}"
        );
        let clocks = first.doc.transact().state_vector();
        assert!(all.iter().all(|span| span.end <= clocks.get(&ClientID::new(span.client))));
    }
}

#[test]
fn what_is_counted_piece_by_piece_is_what_is_counted_at_once() {
    for seed in 0..32 {
        let mut dice = super::session::Dice(seed);
        let replicas = super::session::replicas();
        // This one collects nothing, as no transaction does before it ends.
        let keeper = &replicas[1].doc;
        let (mut running, mut counted) = (RunningCensus::default(), StateVector::default());
        for _ in 0..40 {
            let replica = dice.pick(&replicas);
            replica.edit(&super::session::edits(&mut dice));
            if dice.roll(3) == 0 {
                replicas[1].take(&super::session::state(&dice.pick(&replicas).doc));
            }
            let txn = keeper.transact();
            running.extend(&txn.encode_diff_v1(&counted)).expect("reads");
            counted = txn.state_vector();
            drop(txn);
            assert_eq!(running.census(), &census(&super::session::state(keeper)).unwrap(), "seed {seed}");
        }
        assert!(running.census().types().count() > 1, "seed {seed}");
    }
}
