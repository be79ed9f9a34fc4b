//! Positions.

use super::*;
use crate::talk::layer::{Stance, What};

fn stood(done: &Done) -> &Stood {
    let Done::Stood(stood) = done else { panic!("a position: {done:?}") };
    stood
}

fn accepts(point: &str, digest: &str) -> String {
    format!(r#"{{"accept":{{"point":"{point}","expect":"{digest}"}}}}"#)
}

#[test]
fn a_position_keeps_the_words_as_the_script_leaves_them() {
    let mut talks = Talks::begin();
    talks.done(r#"{"replace":{"point":"1","quote":"[30]","with":"[45]"}}"#);
    let digest = talks.digest("p1");
    let lines = format!(
        r#"{{"replace":{{"point":"1","quote":"[50]","with":"[60]"}}}}
        {{"replace":{{"point":"1","quote":"[60]","with":"[50]"}}}}
        {{"accept":{{"point":"1","expect":"{digest}","ad_referendum":true,"because":"so be it"}}}}
        {{"reserve":{{"point":"2","reason":"later"}}}}
        {{"oppose":{{"point":"1","bracket":1}}}}"#
    );
    let done = talks.done(&lines);
    let [accept, reserve, oppose] = [2, 3, 4].map(|at| stood(&done[at]));
    assert_eq!((accept.stance, accept.ad_referendum), (Stance::Accept, true));
    assert_eq!(accept.digest.map(|digest| digest.to_string()), Some(digest));
    assert!(reserve.digest.is_some() && reserve.quote.is_none());
    assert_eq!((oppose.digest, oppose.quote.as_deref()), (None, Some("[45]")));
    let layer = talks.entries("arv", "positions");
    let What::Position(position) = &layer.get(&accept.entry.id).unwrap().what else { panic!("a position") };
    let kept = position.words.as_ref().unwrap();
    assert!(kept.json.contains("within [45][50] days") && kept.weave.len() == 64);
}

#[test]
fn a_new_position_takes_the_place_of_earlier_ones_on_the_same_words_or_bracket() {
    let mut talks = Talks::begin();
    let lines = r#"
        {"oppose":{"point":"1","bracket":1}}
        {"oppose":{"point":"1","bracket":2}}
        {"accept":{"point":"1","quote":"30"}}
        {"oppose":{"point":"1"}}"#;
    let done = talks.done(&(accepts("1", &talks.digest("p1")) + lines));
    let superseded = |at: usize| stood(&done[at]).superseded.iter().map(AnnotationId::as_str).collect::<Vec<_>>();
    assert_eq!([0, 1, 2, 3, 4].map(superseded), [vec![], vec![], vec![], vec!["n2"], vec!["n1"]]);
    let withdrawn = |id: &str| talks.entries("arv", "positions").get(&id.parse().unwrap()).unwrap().withdrawn;
    assert_eq!(["n1", "n2", "n3", "n4", "n5"].map(withdrawn), [true, true, false, false, false]);
}

#[test]
fn only_words_that_are_named_as_they_stand_are_accepted() {
    let mut talks = Talks::begin();
    let digest = talks.digest("p2");
    talks.done(&accepts("2", &digest));
    talks.done(r#"{"insert":{"point":"(a)","text":"!"}}"#);
    let now = talks.digest("p2");
    let named = Some(Advice::NameWords { now: now.parse().unwrap() });
    let error = talks.refused(&accepts("2", &digest));
    assert_eq!(
        (error.field.as_str(), error.found.as_str(), error.expected.as_str()),
        ("accept.expect", now.as_str(), digest.as_str())
    );
    assert!(error.sentence().ends_with("nothing was accepted"), "{}", error.sentence());
    assert_eq!(error.advice.as_deref(), named.as_ref());
    let error = talks.refused(r#"{"accept":{"point":"2"}}"#);
    assert!(error.field == "accept.expect" && error.expected.ends_with(&now), "{error}");
    assert_eq!(error.advice.as_deref(), named.as_ref());
    talks.done(&accepts("2", &now));
}

#[test]
fn a_bracket_is_named_by_what_is_quoted_of_it_or_by_the_words_in_which_it_has_its_number() {
    let mut talks = Talks::begin();
    let digest = talks.digest("p1");
    let numbered = |rest: &str| format!(r#"{{"accept":{{"point":"1","bracket":1{rest}}}}}"#);
    assert_eq!(talks.refused(&numbered("")).field, "accept.expect");
    let by_number = numbered(&format!(r#","expect":"{digest}""#));
    let done = talks.done(&by_number);
    assert_eq!((stood(&done[0]).digest, stood(&done[0]).quote.as_deref()), (None, Some("[30]")));
    talks.done(r#"{"insert":{"point":"1","text":"[Again:] ","at":0}}"#);
    assert_eq!(talks.refused(&by_number).field, "accept.expect");
    talks.done(r#"{"accept":{"point":"1","quote":"[30]"}}"#);
}

#[test]
fn positions_are_taken_back_by_id_before_label_by_point_and_by_bracket() {
    let mut talks = Talks::begin();
    let lines = r#"
        {"oppose":{"point":"1","bracket":1}}
        {"add":{"words":"A point called like an entry.","label":"n1"}}"#;
    talks.done(&(accepts("1", &talks.digest("p1")) + lines));
    let withdrawn = |done: Vec<Done>| {
        let Done::Marked(marked) = &done[0] else { panic!("marked: {done:?}") };
        assert_eq!(marked.mark, Mark::Withdrawn);
        marked.entries.iter().map(|entry| entry.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(withdrawn(talks.done(r#"{"withdraw":{"what":"n1"}}"#)), ["n1"]);
    assert_eq!(withdrawn(talks.done(r#"{"withdraw":{"what":"1","bracket":1}}"#)), ["n2"]);
    talks.done(r#"{"oppose":{"point":"1"}}"#);
    assert_eq!(withdrawn(talks.done(r#"{"withdraw":{"what":"1"}}"#)).len(), 1);
    let error = talks.refused(r#"{"withdraw":{"what":"1"}}"#);
    assert_eq!((error.why, error.sentence().as_str()), (Why::NotFound, "arv has no position on 1 to withdraw"));
    let error = talks.refused(r#"{"withdraw":{"what":"1","bracket":2}}"#);
    assert_eq!(error.sentence(), "arv has no position on that bracket of 1 to withdraw");
}
