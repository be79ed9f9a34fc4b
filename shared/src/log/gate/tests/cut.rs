//! What is left of an update of which something is known.

use bytes::Bytes;

use super::{
    super::Refusal,
    build::{ANY, At, block, blocks, deleted, gc, update, words},
    session::{Server, content, loaded, party},
};
use crate::limits;

/// Lets the first updates in, and answers what is left of the last.
fn left(known: &[Vec<u8>], last: &[u8]) -> Result<Bytes, Refusal> {
    let mut server = Server::new();
    for update in known {
        assert_eq!(server.receive(&party("arv"), update), Ok(true));
    }
    let checked = server.ledger.check_unasked(&party("arv"), last)?;
    Ok(checked.update(&Bytes::copy_from_slice(last)))
}

#[test]
fn an_update_of_which_all_is_new_comes_through_as_it_came() {
    let words = [blocks(1, 0, vec![words(At::Root("t"), "words")])];
    // Needlessly many ranges, and one that a husk says itself: what is not known is not written again.
    let update = Bytes::from(update(&[(1, 5, vec![deleted(At::Left((1, 4)), 2)])], &[(1, &[(0, 1), (1, 1), (5, 2)])]));
    let left = left(&words, &update).unwrap();
    assert_eq!(left, update);
}

#[test]
fn a_block_that_is_known_in_part_is_cut_as_yrs_and_yjs_do() {
    let at = At::Root("t");
    let first = |content: Vec<u8>| vec![blocks(2, 0, vec![words(At::Root("t"), "xyz")]), blocks(1, 0, vec![content])];
    let place = At::Between((2, 0), (2, 1));
    let cases: [(&str, [Vec<u8>; 3]); 9] = [
        ("text", [words(at, "abc"), words(at, "abcdef"), words(At::Left((1, 2)), "def")]),
        ("its right neighbour is kept", [words(place, "abc"), words(place, "abcd"), words(At::Between((1, 2), (2, 1)), "d")]),
        ("half of a pair", [words(at, "ab\u{fffd}"), words(at, "ab😀cd"), words(At::Left((1, 2)), "\u{fffd}cd")]),
        ("a whole pair", [words(at, "b😀"), words(at, "b😀😀d"), words(At::Left((1, 2)), "😀d")]),
        ("another text", [words(at, "abc"), words(At::Item((7, 7)), "😀xdef"), words(At::Left((1, 2)), "def")]),
        (
            "values",
            [
                block(ANY, At::Root("a"), &[3, 120, 121, 126]),
                block(ANY, At::Root("a"), &[5, 120, 121, 126, 125, 7, 117, 1, 126]),
                block(ANY, At::Left((1, 2)), &[2, 125, 7, 117, 1, 126]),
            ],
        ),
        ("a deleted block", [words(at, "abc"), deleted(at, 5), deleted(At::Left((1, 2)), 2)]),
        ("a collected block", [words(at, "abc"), gc(10), gc(7)]),
        ("what is known as collected", [gc(3), words(at, "abcdef"), words(At::Left((1, 2)), "def")]),
    ];
    for (name, [known, last, expected]) in cases {
        let left = left(&first(known), &blocks(1, 0, vec![last])).unwrap();
        assert_eq!(left[..], blocks(1, 3, vec![expected]), "{name}");
    }
}

#[test]
fn blocks_and_clients_that_are_known_are_left_out_whatever_is_said_of_them() {
    let known = [blocks(2, 0, vec![words(At::Root("t"), "honest")]), blocks(1, 0, vec![words(At::Left((2, 5)), "shall")])];
    let new = || words(At::Root("z"), ".");
    // The first two blocks are another version of what is known, cut elsewhere, and hang on nothing.
    let split = vec![words(At::Left((9, 9)), "sha"), words(At::Root("y"), "'t"), new()];
    let last = update(&[(2, 0, vec![gc(6)]), (1, 0, split)], &[]);
    assert_eq!(left(&known, &last).unwrap()[..], blocks(1, 5, vec![new()]));
    let all_known = update(&[(2, 0, vec![gc(6)]), (1, 1, vec![gc(2)])], &[]);
    assert_eq!(left(&known, &all_known).unwrap()[..], update(&[], &[]));
}

#[test]
fn of_deletions_what_is_known_or_said_by_a_husk_is_left_out() {
    let known = [
        blocks(2, 0, vec![words(At::Root("t"), "0123456789")]),
        blocks(1, 0, vec![words(At::Root("t"), "abc")]),
        update(&[], &[(2, &[(2, 2), (6, 1)])]),
    ];
    type Ranges = &'static [(u64, u64)];
    let deletions = |ranges: Ranges| update(&[], &[(2, ranges)]);
    let cases: [(&str, Ranges, Ranges); 4] = [
        ("around", &[(0, 10)], &[(0, 2), (4, 2), (7, 3)]),
        ("parts", &[(1, 2), (3, 2)], &[(1, 1), (4, 1)]),
        ("what touches is merged", &[(3, 2), (5, 1)], &[(4, 2)]),
        ("beside one that is new", &[(2, 1), (8, 1)], &[(8, 1)]),
    ];
    for (name, came, expected) in cases {
        assert_eq!(left(&known, &deletions(came)).unwrap()[..], deletions(expected), "{name}");
    }
    assert_eq!(left(&known, &deletions(&[(2, 2), (6, 1)])).unwrap()[..], [0, 0]);
    // As a client that collects sends all it has: a husk over what is known and what is new, and all its deletions.
    let husks = vec![deleted(At::Root("t"), 6), words(At::Left((1, 5)), "d"), gc(2)];
    let all = update(&[(1, 0, husks)], &[(2, &[(2, 2)]), (1, &[(0, 6), (7, 2)])]);
    let rest = vec![deleted(At::Left((1, 2)), 3), words(At::Left((1, 5)), "d"), gc(2)];
    assert_eq!(left(&known, &all).unwrap()[..], update(&[(1, 3, rest)], &[(1, &[(0, 3)])]));
}

#[test]
fn what_was_deleted_apart_by_two_stays_in_what_each_of_them_did() {
    let mut server = Server::new();
    for update in [blocks(1, 0, vec![words(At::Root("t"), "30 days")]), update(&[], &[(1, &[(0, 1)])])] {
        server.receive(&party("arv"), &update).unwrap();
    }
    let apart = update(&[(2, 0, vec![words(At::Right((1, 0)), "45")])], &[(1, &[(0, 2)])]);
    let checked = server.ledger.check_logged(&party("bor"), &apart).unwrap();
    assert_eq!(checked.update(&apart.clone().into())[..], apart);
    assert_eq!(server.receive(&party("bor"), &apart), Ok(true));
    // What is known of its blocks is cut off all the same.
    let more = update(&[(2, 0, vec![gc(2), words(At::Between((2, 1), (1, 0)), "!")])], &[(1, &[(0, 2)])]);
    let checked = server.ledger.check_logged(&party("bor"), &more).unwrap();
    let left = update(&[(2, 2, vec![words(At::Between((2, 1), (1, 0)), "!")])], &[(1, &[(0, 2)])]);
    assert_eq!(checked.update(&more.into())[..], left);
}

#[test]
fn two_versions_of_one_block_leave_what_came_first() {
    let (one, other) = (words(At::Root("t"), "shall not "), gc(10));
    for (first, second, read) in [(&one, &other, "shall not "), (&other, &one, "")] {
        let mut server = Server::new();
        server.receive(&party("arv"), &blocks(1, 0, vec![first.clone()])).unwrap();
        let halfway = loaded(&[0, 0]);
        let second = blocks(1, 0, vec![second.clone(), words(At::Root("z"), ".")]);
        assert_eq!(server.receive(&party("arv"), &second), Ok(true));
        server.assert_all_read_alike(&halfway);
        let text = content(&server.doc).into_iter().find(|root| root.0 == "t").map(|root| root.1);
        assert_eq!(text.unwrap_or_default(), read);
    }
}

#[test]
fn what_grows_past_the_limit_when_it_is_cut_is_refused() {
    let client = limits::CLIENT_ID_MAX;
    let known = [blocks(client, 0, vec![words(At::Root("t"), "a")])];
    let longest = "a".repeat(limits::UPDATE_BYTES_MAX - 22);
    let last = blocks(client, 0, vec![words(At::Root("t"), &longest)]);
    assert!(last.len() <= limits::UPDATE_BYTES_MAX, "{}", last.len());
    assert!(matches!(left(&known, &last), Err(Refusal::TooLarge { .. })));
}
