//! Proposals into the text.

use super::*;
use crate::text::plan::How;

fn put_in(done: &Done) -> &PutInDone {
    let Done::PutIn(done) = done else { panic!("a proposal: {done:?}") };
    done
}

#[test]
fn a_proposal_goes_in_place_of_its_words_or_beside_them() {
    for (line, wanted, how) in [
        (r#"{"adopt":{"id":"n1"}}"#, "Forces withdraw within [45][50] days.", How::Adopted),
        (r#"{"alternative":{"id":"n1","party":"arv"}}"#, "Forces withdraw within [30][50][45] days.", How::Alternative),
    ] {
        let mut talks = Talks::begin();
        talks.done(r#"{"propose":{"point":"1","replacement":"[45]","quote":"[30]","layer":"public"}}"#);
        let done = talks.done(line);
        let told = put_in(&done[0]);
        assert_eq!((told.adoption.how, told.confided, told.reanchored, told.label.as_str()), (how, false, false, "1"));
        assert_eq!(talks.words("p1"), wanted);
        let adoptions = talks.outline().get(&"p1".parse().unwrap()).unwrap().adoptions.clone();
        assert_eq!(adoptions[&told.id].proposed_by.as_ref().unwrap().as_str(), "arv");
        assert!(talks.refused(r#"{"adopt":{"id":"n1"}}"#).why == Why::Refused);
    }
}

#[test]
fn words_that_changed_since_are_shown_and_replaced_once_they_were_seen() {
    let mut talks = Talks::begin();
    talks.done(r#"{"propose":{"point":"1","replacement":"[45]","quote":"[30]"}}"#);
    talks.done(r#"{"replace":{"point":"1","quote":"[30]","with":"[30 or 35]"}}"#);
    let error = talks.refused(r#"{"adopt":{"id":"n1"}}"#);
    assert_eq!(short(&error), (1, "adopt.now", "\"[30 or 35]\"", "\"[30]\""));
    assert!(error.sentence().ends_with("\n    - [30 or 35]\n    + [45]"), "{}", error.sentence());
    let done = talks.done(r#"{"adopt":{"id":"n1","now":"[30 or 35]"}}"#);
    let told = put_in(&done[0]);
    assert!(told.reanchored && told.confided, "a private proposal is not named");
    assert!(talks.outline().points[0].adoptions.is_empty());
}

#[test]
fn a_proposal_that_several_parties_call_alike_must_be_told_apart() {
    let mut talks = Talks::begin();
    talks.done(r#"{"propose":{"point":"1","replacement":"[45]","quote":"[30]","layer":"public"}}"#);
    let entry = talks.entries("arv", "public").annotations[0].clone();
    crate::talk::layer::put(&mut talks.layers[3].doc.transact_mut(), &entry).unwrap();
    let error = talks.refused(r#"{"adopt":{"id":"n1"}}"#);
    assert_eq!(error.sentence(), "arv and bor have an annotation n1");
    assert_eq!(error.advice.as_deref(), Some(&Advice::NameParty));
    talks.done(r#"{"adopt":{"id":"n1","party":"bor"}}"#);
    assert_eq!(talks.refused(r#"{"adopt":{"id":"n9"}}"#).why, Why::NotFound);
    let done = talks.done(r#"{"note":{"point":"1","text":"x"}}"#);
    let Done::Wrote(note) = &done[0] else { panic!("a note") };
    let error = talks.refused(&format!(r#"{{"adopt":{{"id":"{}"}}}}"#, note.entry.id));
    assert_eq!((error.found.as_str(), error.expected.as_str()), ("a note", "a proposal"));
}
