//! One update for each rule, named after it, against a ledger that knows a little document.

use yrs::ClientID;

use super::{
    super::{Checked, HUSK_UNITS_MAX, Refusal, check_state_vector},
    build::{ANY, At, TYPE, block, blocks, deleted, format, gc, number, text, update, words},
    session::{Dice, Server, content, loaded, party, state},
};

/// Client 1 of party arv: 0..5 "words" in the root t; 5 a map at the key p of the root m, 6 a text in it, 7..9 words in that; 9 an
/// array in it. Client 2 of party bel: 0 one letter at the end of t.
fn server() -> Server {
    let mut server = Server::new();
    let first = vec![
        words(At::Root("t"), "words"),
        block(TYPE, At::RootKey("m", "p"), &[1]),
        block(TYPE, At::ItemKey((1, 5), "text"), &[2]),
        words(At::Item((1, 6)), "in"),
        block(TYPE, At::ItemKey((1, 5), "list"), &[0]),
    ];
    assert!(server.receive(&party("arv"), &blocks(1, 0, first)).unwrap());
    assert!(server.receive(&party("bel"), &blocks(2, 0, vec![words(At::Left((1, 4)), "!")])).unwrap());
    server
}

fn check(update: &[u8]) -> Result<Checked, Refusal> {
    server().ledger.check_unasked(&party("arv"), update)
}

/// One new block of client 1.
fn one(block: Vec<u8>) -> Vec<u8> {
    blocks(1, 10, vec![block])
}

fn any(bytes: &[u8]) -> Vec<u8> {
    one(block(ANY, At::Root("a"), bytes))
}

#[test]
fn malformed_updates_are_refused() {
    let long_number = |number: &[u8]| [&[1, 1][..], number, &[0, 4, 1, 1, b't', 1, b'x', 0]].concat();
    let deep: Vec<u8> = [vec![1], [117, 1].repeat(17), vec![126]].concat();
    let mut not_utf8 = one(words(At::Root("t"), "\u{7f}"));
    let at = not_utf8.iter().position(|&byte| byte == 0x7f).unwrap();
    not_utf8[at] = 0xff;
    let cases: &[(&str, Vec<u8>)] = &[
        ("nothing", vec![]),
        ("more clients than bytes", vec![0xff, 0xff, 0xff, 0x7f]),
        ("more blocks than bytes", vec![1, 0xff, 0xff, 0x7f, 1, 0, 0]),
        ("a client id of 2^53", long_number(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10])),
        ("a client id with a needless byte", long_number(&[0x81, 0])),
        ("a client without blocks", vec![1, 0, 1, 10, 0, 0, 0, 0]),
        ("a client twice", update(&[(1, 10, vec![gc(1)]), (1, 10, vec![gc(1)])], &[])),
        ("a byte after the end", [one(gc(1)), vec![0]].concat()),
        ("a cut update", one(words(At::Root("t"), "cut"))[..10].to_vec()),
        ("a skip", one(vec![10, 1])),
        ("GC with flags", one(vec![0x80, 1, 0, 1])),
        ("an unknown flag", one(block(4 | 0x10, At::Root("t"), &[1, b'x']))),
        ("JSON content", one(block(2, At::Root("t"), &[1, 4, b'n', b'u', b'l', b'l']))),
        ("binary content", one(block(3, At::Root("t"), &[1, 0]))),
        ("an embed", one(block(5, At::Root("t"), &[4, b'n', b'u', b'l', b'l']))),
        ("a subdocument", one(block(9, At::Root("t"), &[1, b'g', 126]))),
        ("an XML type", one(block(TYPE, At::Root("t"), &[3, 1, b'p']))),
        ("a parent of a third kind", one(vec![4, 2, 1, b't', 1, b'x'])),
        ("a block of no length", one(gc(0))),
        ("an empty text", one(words(At::Root("t"), ""))),
        ("no values", any(&[0])),
        ("a clock past the largest", one(gc((1 << 31) - 10))),
        ("a length of 2^31", one(gc(1 << 31))),
        ("text that is not UTF-8", not_utf8),
        ("a value nested 17 deep", any(&deep)),
        ("more values than bytes", any(&[1, 117, 0xff, 0xff, 0x7f])),
        ("a buffer", any(&[1, 116, 1, 0])),
        ("a big integer", any(&[1, 122, 0, 0, 0, 0, 0, 0, 0, 1])),
        ("not a number", any(&[1, 123, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0])),
        ("a prototype", any(&[&[1, 118, 1, 9][..], b"__proto__", &[126]].concat())),
        ("an unknown value", any(&[1, 99])),
        ("a format that is not JSON", one(format(At::Root("t"), "b", "{"))),
        ("a format nested too deeply", one(format(At::Root("t"), "b", &("[".repeat(17) + &"]".repeat(17))))),
        ("a long format", one(format(At::Root("t"), "b", &format!("\"{}\"", "x".repeat(5_000))))),
        ("an empty deletion", update(&[], &[(1, &[(0, 0)])])),
        ("deletions out of order", update(&[], &[(1, &[(3, 1), (1, 1)])])),
        ("deletions that overlap", update(&[], &[(1, &[(1, 3), (2, 1)])])),
        ("a client's deletions twice", update(&[], &[(1, &[(0, 1)]), (1, &[(2, 1)])])),
        ("a deletion past the largest clock", update(&[], &[(1, &[((1 << 31) - 1, 9)])])),
        ("blocks that wait for each other", {
            let wait = |client, other| (client, 0, vec![words(At::Left((other, 0)), "x")]);
            update(&[wait(31, 32), wait(32, 31)], &[])
        }),
        ("a block that waits for itself", one(words(At::Left((1, 10)), "x"))),
    ];
    for (name, update) in cases {
        let verdict = check(update);
        assert!(matches!(verdict, Err(Refusal::Malformed { .. })), "{name}: {verdict:?}");
    }
}

#[test]
fn what_builds_on_the_unknown_is_missing_something() {
    let cases: &[(&str, Vec<u8>, (u64, u32))] = &[
        ("a gap", blocks(1, 11, vec![words(At::Root("t"), "x")]), (1, 10)),
        ("an origin", one(words(At::Left((2, 1)), "x")), (2, 1)),
        ("a right origin", one(words(At::Right((9, 0)), "x")), (9, 0)),
        ("a parent", one(words(At::Item((2, 7)), "x")), (2, 1)),
        ("a deletion", update(&[], &[(2, &[(0, 2)])]), (2, 1)),
        (
            "an origin in the same update",
            update(&[(1, 10, vec![words(At::Left((3, 1)), "x")]), (3, 0, vec![gc(1)])], &[]),
            (3, 1),
        ),
    ];
    for (name, update, (client, clock)) in cases {
        assert_eq!(check(update).unwrap_err(), Refusal::Missing { client: *client, clock: *clock }, "{name}");
    }
}

#[test]
fn contradictions_are_refused() {
    let cases: &[(&str, Vec<u8>)] = &[
        ("a parent that is a text's letter", one(words(At::Item((1, 0)), "x"))),
        ("neighbours in two types", one(words(At::Between((1, 0), (1, 7)), "x"))),
        ("something before an entry of a map", one(block(ANY, At::Right((1, 5)), &[1, 126]))),
        ("an entry of a map before something", one(block(ANY, At::Between((1, 5), (1, 0)), &[1, 126]))),
        ("text in a map", one(words(At::ItemKey((1, 5), "k"), "x"))),
        ("text in an array", one(words(At::Item((1, 9)), "x"))),
        ("a value in a text", one(block(ANY, At::Item((1, 6)), &[1, 126]))),
        ("a sequence in a map", one(block(ANY, At::Item((1, 5)), &[1, 126]))),
        ("two values of one key", one(block(ANY, At::ItemKey((1, 5), "k"), &[2, 126, 126]))),
        ("last, behind what was not", one(words(At::Left((1, 8)), "x"))),
        ("first, before what was not", one(words(At::Right((1, 3)), "x"))),
        ("a known part that stands elsewhere", blocks(1, 7, vec![words(At::Root("t"), "within an array")])),
    ];
    for (name, update) in cases {
        // "in" is the last in its text; put something before it can be claimed to be.
        let mut server = server();
        server
            .receive(&party("arv"), &blocks(3, 0, vec![words(At::Right((1, 7)), "y"), words(At::Between((3, 0), (1, 7)), "z")]))
            .unwrap();
        let update = match *name {
            "last, behind what was not" => one(words(At::Left((3, 0)), "x")),
            _ => update.clone(),
        };
        let verdict = server.ledger.check_unasked(&party("arv"), &update);
        assert!(matches!(verdict, Err(Refusal::Inconsistent { .. })), "{name}: {verdict:?}");
    }
}

#[test]
fn limits_hold() {
    let mut nested = vec![block(TYPE, At::Root("a"), &[0])];
    nested.extend((10..40).map(|clock| block(TYPE, At::Item((1, clock)), &[0])));
    let halves = vec![gc(HUSK_UNITS_MAX / 2), deleted(At::Root("t"), HUSK_UNITS_MAX / 2 + 1)];
    for (name, update) in [("nesting", blocks(1, 10, nested)), ("husks", blocks(1, 10, halves))] {
        assert!(matches!(check(&update), Err(Refusal::TooLarge { .. })), "{name}");
    }
    let large = vec![0; crate::limits::UPDATE_BYTES_MAX + 1];
    assert!(matches!(check(&large), Err(Refusal::TooLarge { .. })));
}

#[test]
fn a_client_id_belongs_to_the_party_that_used_it_first() {
    let mut server = server();
    let forged = blocks(2, 1, vec![words(At::Left((2, 0)), "x")]);
    assert_eq!(server.receive(&party("arv"), &forged), Err(Refusal::Forged { client: 2 }));
    let known = blocks(2, 0, vec![words(At::Left((1, 4)), "!")]);
    assert_eq!(server.receive(&party("arv"), &known), Ok(false), "what is known may come from anybody");
    assert_eq!(server.receive(&party("bel"), &forged), Ok(true));
    assert_eq!(server.ledger.owner(2), Some(&party("bel")));
    assert_eq!(server.ledger.owner(3), None);
}

#[test]
fn a_right_neighbour_on_the_left_is_refused_by_order_deleted_or_not() {
    for deletions in [&[][..], &[(1, &[(0, 5)][..]), (2, &[(0, 1)])]] {
        let mut server = server();
        server.receive(&party("arv"), &update(&[], deletions)).unwrap();
        let before = content(&server.doc);
        let wrong = one(words(At::Between((2, 0), (1, 0)), "x"));
        let verdict = server.receive(&party("arv"), &wrong);
        assert!(matches!(verdict, Err(Refusal::Inconsistent { client: 1, clock: 10, .. })), "{verdict:?}");
        assert_eq!(content(&server.doc), before);
        assert_eq!(server.receive(&party("arv"), &one(words(At::Between((1, 0), (1, 1)), "x"))), Ok(true));
    }
}

#[test]
fn what_is_known_is_not_new() {
    let mut server = server();
    let deletion = update(&[], &[(1, &[(1, 2)]), (2, &[(0, 1)])]);
    assert_eq!(server.receive(&party("bel"), &deletion), Ok(true), "who may write may delete");
    assert_eq!(server.receive(&party("arv"), &deletion), Ok(false));
    assert_eq!(server.receive(&party("arv"), &update(&[], &[(1, &[(2, 1)])])), Ok(false), "a part of what is deleted");
    assert_eq!(server.receive(&party("arv"), &update(&[], &[(1, &[(2, 2)])])), Ok(true), "one unit more");
    assert_eq!(server.receive(&party("arv"), &update(&[], &[])), Ok(false), "the empty update");
}

#[test]
fn state_vectors_are_read_strictly() {
    let state = check_state_vector(&[2, 7, 3, 0x80, 1, 0]).unwrap();
    assert_eq!((state.get(&ClientID::new(7)), state.len()), (3, 2));
    assert!(check_state_vector(&[0]).unwrap().is_empty());
    for bad in [&[][..], &[1], &[1, 7], &[1, 7, 3, 0], &[2, 7, 3, 7, 4], &[1, 0x87, 0, 3], &[0xff, 0xff, 0xff, 0x7f]] {
        assert!(check_state_vector(bad).is_err(), "{bad:?}");
    }
    let mut late = vec![1, 7];
    number(&mut late, 1 << 31);
    assert!(check_state_vector(&late).is_err(), "a clock of 2^31");
}

/// Hostile updates that crash or confuse yrs where nothing stands before it.
#[test]
fn collected_hostile_updates_are_refused_or_harmless() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/bad-updates.tsv");
    let table = std::fs::read_to_string(path).unwrap();
    let mut passed = 0;
    for line in table.lines().skip(1) {
        let hex = line.rsplit('\t').next().unwrap();
        let bytes: Vec<u8> = (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect();
        let mut server = Server::new();
        if server.receive(&party("arv"), &bytes) == Ok(true) {
            passed += 1;
            server.assert_all_read_alike(&loaded(&[0, 0]));
        }
    }
    println!("{passed} passed and are harmless");
}

#[test]
fn many_claims_are_verified_at_once() {
    let mut dice = Dice(5);
    let mut server = Server::new();
    let letters = "x".repeat(40_000);
    server.receive(&party("arv"), &blocks(1, 0, vec![words(At::Root("t"), &letters)])).unwrap();
    let between = |at: u32| words(At::Between((1, at), (1, at + 1)), "y");
    let mut places: Vec<u32> = (0..9_000).map(|n| n * 4 + dice.roll(3) as u32).collect();
    let honest = places.iter().map(|&at| between(at)).collect();
    assert_eq!(server.receive(&party("bel"), &blocks(2, 0, honest)), Ok(true));
    server.assert_all_read_alike(&loaded(&[0, 0]));
    places.reverse();
    let mut last_wrong: Vec<_> = places.iter().map(|&at| between(at)).collect();
    last_wrong.push(words(At::Between((1, 9), (1, 3)), "y"));
    assert!(matches!(server.receive(&party("cor"), &blocks(3, 0, last_wrong)), Err(Refusal::Inconsistent { clock: 9_000, .. })));
}

#[test]
fn refusals_repeat_no_words() {
    let secret = "the reserved position";
    let mut content = Vec::new();
    text(&mut content, secret);
    let updates = [
        one(words(At::Item((1, 0)), secret)),
        one(format(At::Root("t"), "b", secret)),
        one(block(3, At::Root(secret), &content)),
    ];
    for update in updates {
        let message = check(&update).unwrap_err().to_string();
        assert!(!message.contains(secret), "{message}");
    }
}

#[test]
fn text_cut_within_a_surrogate_pair_is_read_alike() {
    let mut server = Server::new();
    server.receive(&party("arv"), &blocks(1, 0, vec![words(At::Root("t"), "a😀b")])).unwrap();
    let halfway = loaded(&state(&server.doc));
    assert_eq!(server.receive(&party("arv"), &blocks(2, 0, vec![words(At::Between((1, 1), (1, 2)), "x")])), Ok(true));
    server.assert_all_read_alike(&halfway);
}
