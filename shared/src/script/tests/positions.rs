//! Positions.

use super::*;
use crate::{
    talk::layer::{Stance, What},
    text::words::ExactWords,
};

fn stood(done: &Done) -> &Stood {
    let Done::Stood(stood) = done else { panic!("a position: {done:?}") };
    stood
}

#[test]
fn a_position_keeps_the_words_as_the_script_leaves_them() {
    let mut talks = Talks::begin();
    let lines = r#"{"replace":{"point":"1","quote":"[30][50]","with":"[45]"}}
        {"accept":{"point":"1","ad_referendum":true,"because":"so be it"}}
        {"reserve":{"point":"2","reason":"later"}}
        {"oppose":{"point":"1","bracket":1}}"#;
    let done = talks.done(lines);
    let outline = talks.outline();
    let digest = ExactWords::read(&outline).get(&"p1".parse().unwrap()).unwrap().digest;
    let [accept, reserve, oppose] = [1, 2, 3].map(|at| stood(&done[at]));
    assert_eq!((accept.stance, accept.ad_referendum, accept.digest), (Stance::Accept, true, Some(digest)));
    assert!(reserve.digest.is_some() && reserve.quote.is_none());
    assert_eq!((oppose.digest, oppose.quote.as_deref()), (None, Some("[45]")));
    let layer = talks.entries("arv", "positions");
    let What::Position(position) = &layer.get(&accept.entry.id).unwrap().what else { panic!("a position") };
    let kept = position.words.as_ref().unwrap();
    assert!(kept.json.contains("within [45] days") && kept.weave.len() == 64);
}

#[test]
fn a_new_position_takes_the_place_of_earlier_ones_on_the_same_words_or_bracket() {
    let mut talks = Talks::begin();
    let done = talks.done(
        r#"{"accept":{"point":"1"}}
        {"oppose":{"point":"1","bracket":1}}
        {"oppose":{"point":"1","bracket":2}}
        {"accept":{"point":"1","quote":"30"}}
        {"oppose":{"point":"1"}}"#,
    );
    let superseded = |at: usize| stood(&done[at]).superseded.iter().map(AnnotationId::as_str).collect::<Vec<_>>();
    assert_eq!([0, 1, 2, 3, 4].map(superseded), [vec![], vec![], vec![], vec!["n2"], vec!["n1"]]);
    let withdrawn = |id: &str| talks.entries("arv", "positions").get(&id.parse().unwrap()).unwrap().withdrawn;
    assert_eq!(["n1", "n2", "n3", "n4", "n5"].map(withdrawn), [true, true, false, false, false]);
}

#[test]
fn words_that_were_not_seen_are_not_accepted() {
    let mut talks = Talks::begin();
    let digest = ExactWords::read(&talks.outline()).get(&"p2".parse().unwrap()).unwrap().digest;
    let line = |rest: &str| format!(r#"{{"accept":{{"point":"2","expect":"{digest}"{rest}}}}}"#);
    talks.done(&line(""));
    assert_eq!(talks.refused(&line(r#","bracket":1"#)).why, Why::Usage);
    talks.done(r#"{"insert":{"point":"(a)","text":"!"}}"#);
    let error = talks.refused(&line(""));
    assert_eq!((error.field.as_str(), error.expected.as_str()), ("accept.expect", digest.to_string().as_str()));
    assert!(error.sentence().ends_with("nothing was accepted"), "{}", error.sentence());
}

#[test]
fn positions_are_taken_back_by_id_before_label_by_point_and_by_bracket() {
    let mut talks = Talks::begin();
    talks.done(
        r#"{"accept":{"point":"1"}}
        {"oppose":{"point":"1","bracket":1}}
        {"add":{"words":"A point called like an entry.","label":"n1"}}"#,
    );
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
