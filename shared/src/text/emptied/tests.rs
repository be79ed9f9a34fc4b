//! What comes of an alternative that somebody leaves empty.

use yrs::{GetString as _, Text as _, TextRef};

use super::*;
use crate::{
    log::fold::Formed,
    text::{
        apart::tests::{Talks, id, words},
        plan::new_doc,
    },
};

/// Sides that changed the same words apart; then somebody types in what came out, who sees it.
fn typed(base: &str, sides: &[&str], typing: impl FnOnce(&mut TransactionMut, TextRef, &str)) -> (String, bool) {
    let mut talks = Talks::new(base);
    let written: Vec<_> = sides.iter().map(|side| talks.write(1, &[], words(side))).collect();
    for (branch, update) in (1..).zip(written) {
        talks.push(["arv", "bor", "cel"][usize::from(branch) % 3], branch, 1, &[update]);
    }
    let mut known = talks.folded();
    let stood = known.look(|txn| TextsBefore::read(txn, &[id()])).unwrap();
    let update = talks.write(u64::MAX, &[], |txn| {
        let text = text_of(txn, &id(), "words").unwrap();
        let reads = text.get_string(txn);
        typing(txn, text, &reads);
    });
    let mut now = Fold::of_state(new_doc(9_000), &known.state().unwrap()).unwrap();
    now.lay([Formed::read(&update).unwrap()]).unwrap();
    let deleted = crate::log::gate::Named::read(&update).unwrap().deleted().to_vec();
    let tidied = stood.tidy(&mut now, known.ledger()).unwrap();
    assert!(tidied.is_none() || stood.is_emptied(&deleted, known.ledger()), "it would not be looked at");
    assert!(tidied.as_ref().is_none_or(|tidied| tidied.says.points == [Some(id())] && tidied.says.copies.is_empty()));
    let reads = now.look(|txn| text_of(txn, &id(), "words").unwrap().get_string(txn)).unwrap();
    (reads, tidied.is_some())
}

/// Takes these words out, and types others there or behind the mark.
fn in_place_of<'a>(out: &'a str, behind_mark: bool, instead: &'a str) -> impl FnOnce(&mut TransactionMut, TextRef, &str) + 'a {
    move |txn, text, reads| {
        let at = reads.find(out).unwrap();
        let at = reads[..at].encode_utf16().count() as u32;
        text.remove_range(txn, at, out.encode_utf16().count() as u32);
        text.insert(txn, at + u32::from(behind_mark), instead);
    }
}

#[test]
fn an_alternative_that_is_left_empty_goes_and_so_do_the_marks_of_the_last_one() {
    for (sides, out, left) in [
        (&["12 days", "48 days"][..], "12", "48 days"),
        (&["12 days", "48 days"], "48", "12 days"),
        (&["12 days", "48 days", "36 days"], "48", "[12][36] days"),
        (&["🕊 двадцать days", "三十 days"], "三十", "🕊 двадцать days"),
    ] {
        assert_eq!(typed("24 days", sides, in_place_of(out, false, "")), (left.to_owned(), true), "{sides:?}");
    }
    let both = typed("24 days", &["12 days", "48 days"], |txn, text, _| {
        text.remove_range(txn, 5, 2);
        text.remove_range(txn, 1, 2);
    });
    assert_eq!(both, ("days".to_owned(), true));
}

#[test]
fn words_that_come_back_beside_it_stay_words_of_their_own() {
    for (out, behind, left) in [("12", true, "24 48 days"), ("48", true, "12 24 days")] {
        assert_eq!(typed("24 days", &["12 days", "48 days"], in_place_of(out, behind, "24")), (left.to_owned(), true));
    }
    let stays = typed("24 days", &["12 days", "48 days"], in_place_of("12", false, "24"));
    assert_eq!(stays, ("[24][48] days".to_owned(), false), "it is not empty");
}

#[test]
fn a_bracket_that_somebody_typed_is_theirs_empty_or_not() {
    assert_eq!(typed("[30][50] days", &[], in_place_of("30", false, "")), ("[][50] days".to_owned(), false));
    let beside = typed("[30][50] days", &["[40][50] days", "[45][50] days"], in_place_of("50", false, ""));
    assert_eq!(beside, ("[40][45][] days".to_owned(), false));
}
