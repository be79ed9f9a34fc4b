//! Who typed into one word at the same time.

use super::*;
use crate::text::plan::words_text;
use bytes::Bytes;
use yrs::{Text as _, TransactionMut};

/// Somebody who is connected deletes and types in the words, with all before it, so many milliseconds after the first record.
fn types(talks: &mut Talks, member: &str, at_ms: u64, (at, gone, typed): (u32, u32, &str)) {
    let client = 1_000 + u64::from(member.bytes().map(u32::from).sum::<u32>());
    let update = talks.write_as(client, |txn: &mut TransactionMut| {
        let text = words_text(txn, &id()).unwrap();
        text.remove_range(txn, at, gone);
        text.insert(txn, at, typed);
    });
    takes(talks, member, at_ms, update);
}

/// Somebody who is connected, and has typed in the heading before.
fn comes(talks: &mut Talks, member: &str) {
    let client = 1_000 + u64::from(member.bytes().map(u32::from).sum::<u32>());
    let update = talks.write_as(client, |txn| set_heading(txn, &id(), member).map(drop).unwrap());
    takes(talks, member, 0, update);
}

fn takes(talks: &mut Talks, member: &str, at_ms: u64, update: Bytes) {
    let last = talks.log.len() as u64;
    let (party, _) = member.split_once('-').unwrap();
    let author = Author { party: party.parse().unwrap(), member: member.parse().unwrap() };
    let moment = Moment { at_ms, clock_corrected: false };
    talks.log.push((last + 1, Provenance::live(author, Right::Draft).record(last, moment, update)));
}

/// A member, a time, and what it takes away and types where.
type Typed = (&'static str, u64, (u32, u32, &'static str));

fn told_of(words: &str, typed: &[Typed]) -> Vec<String> {
    let mut talks = Talks::new(words);
    ["arv-1", "arv-2", "bor-1"].iter().for_each(|member| comes(&mut talks, member));
    typed.iter().for_each(|(member, at_ms, what)| types(&mut talks, member, *at_ms, *what));
    marks(&talks).iter().map(|mark| mark.changed().unwrap()).collect()
}

#[test]
fn two_who_type_into_one_word_at_once_are_told_and_two_who_type_into_different_words_are_not() {
    let both = ["typed into one word at once by ARV (#5) and BOR (#6)"];
    let table: [(&str, [Typed; 2], &[&str]); 10] = [
        ("in 24 days", [("arv-1", 0, (3, 1, "1")), ("bor-1", 5_000, (5, 0, "8"))], &both),
        ("in 24 days", [("arv-1", 0, (3, 1, "1")), ("bor-1", 5_001, (5, 0, "8"))], &[]),
        ("in 24 days", [("arv-1", 0, (3, 1, "1")), ("bor-1", 100, (6, 4, "weeks"))], &[]),
        (
            "in 24 days",
            [("arv-1", 0, (3, 1, "1")), ("arv-2", 100, (5, 0, "8"))],
            &["typed into one word at once by ARV (#5) and ARV (#6)"],
        ),
        ("in 24 days", [("arv-1", 0, (3, 1, "1")), ("arv-1", 100, (5, 0, "8"))], &[]),
        // What is only taken away counts where it stood.
        ("in forty days", [("arv-1", 0, (3, 2, "")), ("bor-1", 100, (6, 0, "een"))], &both),
        ("in forty days", [("arv-1", 0, (3, 2, "")), ("bor-1", 100, (7, 4, ""))], &[]),
        // New words that touch.
        ("in ", [("arv-1", 0, (3, 0, "12")), ("bor-1", 100, (5, 0, " or 48"))], &both),
        ("🕊 в 24 дня", [("arv-1", 0, (5, 1, "1")), ("bor-1", 100, (8, 3, "дней"))], &[]),
        ("🕊 в 24 дня", [("arv-1", 0, (5, 1, "1")), ("bor-1", 100, (7, 0, "8"))], &both),
    ];
    for (words, edits, told) in table {
        assert_eq!(told_of(words, &edits), told, "{words} {edits:?}");
    }
}

#[test]
fn a_confirmation_ends_that_and_whoever_goes_on_is_told_anew() {
    let mut talks = Talks::new("in 24 days");
    types(&mut talks, "arv-1", 0, (3, 1, "1"));
    types(&mut talks, "bor-1", 100, (5, 0, "8"));
    assert!(marks(&talks).is_empty(), "two edits that may be two verbs");
    types(&mut talks, "arv-1", 200, (4, 0, "0"));
    assert!(marks(&talks).is_empty(), "one who types, and a verb");
    types(&mut talks, "bor-1", 300, (7, 0, "8"));
    assert_eq!(marks(&talks).len(), 1, "now it is seen that both typed");
    confirm(&mut talks, 5, Some(id()));
    assert!(marks(&talks).is_empty());
    types(&mut talks, "arv-1", 400, (3, 0, "0"));
    assert_eq!(marks(&talks).len(), 1);
}

#[test]
fn who_types_without_a_pause_is_compared_within_bounds() {
    let mut talks = Talks::new("24 days");
    comes(&mut talks, "bor-1");
    for n in 0..300 {
        types(&mut talks, "arv-1", n, ((n as u32) * 2, 0, "x "));
    }
    types(&mut talks, "bor-1", 300, (599, 0, "y"));
    assert_eq!(marks(&talks).len(), 1);
}
