//! Notes, proposals, replies, and what becomes of them.

use super::*;
use crate::talk::layer::What;

fn wrote(done: &Done) -> &Wrote {
    let Done::Wrote(wrote) = done else { panic!("an entry: {done:?}") };
    wrote
}

#[test]
fn notes_and_proposals_are_written_where_the_verbs_write_them() {
    let mut talks = Talks::begin();
    let lines = r#"{"note":{"point":"3","text":"here","quote":"30 км 🕊"}}
        {"note":{"point":"2","text":"whole","layer":"public"}}
        {"propose":{"point":"1","replacement":"[45]","bracket":2,"because":"shorter"}}
        {"propose":{"point":"4","replacement":"x"}}"#;
    let done = talks.done(lines);
    let told: Vec<_> = done.iter().map(wrote).map(|w| (w.entry.kind.as_str(), w.stands.layer.as_str())).collect();
    assert_eq!(told, [("note", "private"), ("note", "public"), ("proposal", "private"), ("proposal", "private")]);
    let private = talks.entries("arv", "private").annotations;
    let quotes: Vec<_> = private.iter().map(|entry| (entry.quote.as_str(), entry.body.as_str())).collect();
    assert_eq!(quotes, [("30 км 🕊", "here"), ("[50]", "shorter"), (WORDS[3], "")]);
    assert_eq!(private[1].what, What::Proposal { replacement: "[45]".into() });
    assert!(private.iter().all(|entry| entry.by.as_ref().unwrap().as_str() == "arv-1" && entry.at_ms == 1_700_000_000_000));
    let public = talks.entries("arv", "public").annotations;
    assert!(public.len() == 1 && public[0].anchor.is_none() && public[0].body == "whole");
}

#[test]
fn a_reply_stands_beside_what_it_replies_to_and_tells_nobody_more() {
    let mut talks = Talks::begin();
    talks.layer("arv", "talk", Audience::Parties(["bor".parse().unwrap()].into()), true);
    talks.layer("bor", "talk", Audience::Parties(["arv".parse().unwrap()].into()), false);
    talks.done(r#"{"note":{"point":"1","text":"ours","layer":"public"}}"#);
    talks.member = member("bor", Role::Delegate);
    for sheet in &mut talks.layers {
        sheet.layer.write = sheet.layer.party.as_str() == "bor";
    }
    talks.done(r#"{"note":{"point":"1","text":"theirs","layer":"talk"}}"#);
    talks.member = member("arv", Role::Delegate);
    for sheet in &mut talks.layers {
        sheet.layer.write = sheet.layer.party.as_str() == "arv";
    }
    let done = talks.done("{\"reply\":{\"id\":\"n1\",\"text\":\"yes\"}}\n{\"reply\":{\"id\":\"n2\",\"text\":\"no\"}}");
    let told: Vec<_> = done.iter().map(wrote).map(|w| (w.stands.layer.as_str(), w.reply_to.as_ref().unwrap().as_str())).collect();
    assert_eq!(told, [("public", "n1"), ("private", "n2")]);
    talks.done(r#"{"reply":{"id":"n2","text":"between us","layer":"talk"}}"#);
    let error = talks.refused(r#"{"reply":{"id":"n2","text":"to all","layer":"public"}}"#);
    assert_eq!((error.field.as_str(), error.why), ("reply.layer", Why::Refused));
    assert!(error.sentence().contains("would tell others that n2 is there"), "{}", error.sentence());
    assert_eq!(talks.refused(r#"{"reply":{"id":"n9","text":"x"}}"#).why, Why::NotFound);
    assert_eq!(talks.refused(r#"{"reply":{"id":"n1","text":" \n"}}"#).why, Why::Usage);
}

#[test]
fn what_is_entered_for_a_party_is_told_in_public_and_confirmed_by_that_party_alone() {
    let mut talks = Talks::begin();
    talks.layer("bor", "public", Audience::All, false);
    let words = r#"{"words":{"point":"1","words":"Forces withdraw within [30][50][40] days.","entered_for":"bor"}}"#;
    let done = talks.done(words);
    let Done::Point(PointDone { entered: Some(id), changed: true, .. }) = &done[0] else { panic!("{done:?}") };
    let entry = talks.entries("arv", "public").annotations.remove(0);
    assert_eq!((&entry.id, entry.quote.as_str()), (id, "[40]"));
    assert_eq!(entry.entered_for.as_ref().map(|party| party.as_str()), Some("bor"));
    assert!(matches!(&talks.done(words)[0], Done::Point(PointDone { entered: None, changed: false, .. })));
    let propose =
        |layer: &str| format!(r#"{{"propose":{{"point":"2","replacement":"x","entered_for":"bor","layer":"{layer}"}}}}"#);
    assert_eq!(wrote(&talks.done(&propose("private"))[0]).stands.layer.as_str(), "public");
    assert_eq!(talks.refused(&propose("talk")).why, Why::Usage);
    assert_eq!(talks.refused(&words.replace("[40]", "[45]").replace("bor", "arv")).field, "words.entered_for");
    assert_eq!(talks.refused(r#"{"own":{"id":"n1"}}"#).why, Why::Refused);

    talks.member = member("bor", Role::Delegate);
    for sheet in &mut talks.layers {
        sheet.layer.write = sheet.layer.party.as_str() == "bor";
    }
    let confirm = r#"{"own":{"id":"n1"}}"#;
    let confirmed = wrote(&talks.done(confirm)[0]).entry.id.clone();
    assert_eq!(wrote(&talks.done(confirm)[0]).entry.id, confirmed, "once is enough");
    let replies = talks.entries("bor", "public").annotations;
    assert!(replies.len() == 1 && replies[0].confirms(&"bor".parse().unwrap(), &entry));
    assert_eq!(talks.refused(&confirm.replace("n1", confirmed.as_str())).why, Why::Refused);
}

#[test]
fn layers_that_are_not_there_or_not_for_writing_are_refused() {
    let mut talks = Talks::begin();
    let error = talks.refused(r#"{"note":{"point":"1","text":"x","layer":"absent"}}"#);
    assert_eq!((error.field.as_str(), error.why), ("note.layer", Why::NotFound));
    assert!(error.sentence().contains("arv has no layer absent") && error.sentence().contains("private, public and positions"));
    talks.layers.iter_mut().for_each(|sheet| sheet.layer.write = false);
    assert!(talks.refused(r#"{"note":{"point":"1","text":"x"}}"#).sentence().contains("you may not write"));
    assert!(talks.refused(r#"{"oppose":{"point":"1"}}"#).sentence().contains("you may not take positions"));
}

#[test]
fn entries_are_settled_opened_and_taken_back() {
    let mut talks = Talks::begin();
    talks.done(r#"{"note":{"point":"1","text":"x"}}"#);
    for (line, mark, changed) in [
        (r#"{"resolve":{"id":"n1"}}"#, Mark::Resolved, true),
        (r#"{"resolve":{"id":"n1"}}"#, Mark::Resolved, false),
        (r#"{"reopen":{"id":"n1"}}"#, Mark::Open, true),
        (r#"{"withdraw":{"what":"n1"}}"#, Mark::Withdrawn, true),
        (r#"{"withdraw":{"what":"n1"}}"#, Mark::Withdrawn, false),
    ] {
        let done = talks.done(line);
        let Done::Marked(told) = &done[0] else { panic!("marked: {done:?}") };
        assert_eq!((told.mark, told.changed, told.entries.len()), (mark, changed, 1), "{line}");
    }
    assert!(talks.entries("arv", "private").annotations[0].withdrawn);
    let error = talks.refused(r#"{"resolve":{"id":"n9"}}"#);
    assert_eq!((error.field.as_str(), error.why), ("resolve.id", Why::NotFound));
}

#[test]
fn entries_are_tabled_together_and_take_the_place_of_earlier_positions() {
    let mut talks = Talks::begin();
    talks.layer("arv", "draft", Audience::Party, true);
    let digest = talks.digest("p2");
    talks.done(&format!(
        r#"{{"note":{{"point":"1","text":"one"}}}}
        {{"reply":{{"id":"n1","text":"two"}}}}
        {{"accept":{{"point":"2","expect":"{digest}"}}}}
        {{"oppose":{{"point":"2","layer":"draft"}}}}"#
    ));
    for (line, field, said) in [
        (r#"{"table":{"ids":["n2"]}}"#, "table.ids", "table that first"),
        (r#"{"table":{"ids":["n1","n9"]}}"#, "table.ids", "no annotation"),
        (r#"{"table":{"ids":["n1","n4"]}}"#, "table.ids", "one after the other"),
        (r#"{"table":{"ids":["n3"],"to":"private"}}"#, "table.to", "table goes to wider layers"),
        (r#"{"table":{"ids":["n1"],"to":"absent"}}"#, "table.to", "no layer"),
        (r#"{"table":{"ids":[]}}"#, "table.ids", "at least one"),
    ] {
        let error = talks.refused(line);
        assert!(error.field == field && error.sentence().contains(said), "{line}: {} {}", error.field, error.sentence());
    }
    let done = talks.done("{\"table\":{\"ids\":[\"n1\",\"n2\",\"n1\"]}}\n{\"table\":{\"ids\":[\"n4\"]}}");
    let [Done::Tabled(notes), Done::Tabled(position)] = &done[..] else { panic!("tabled: {done:?}") };
    let from: Vec<_> =
        notes.entries.iter().map(|moved| (moved.entry.id.as_str(), moved.from.as_ref().unwrap().as_str())).collect();
    assert_eq!((from, notes.stands.layer.as_str()), (vec![("n1", "private"), ("n2", "private")], "public"));
    let superseded: Vec<&str> = position.superseded.iter().map(AnnotationId::as_str).collect();
    assert_eq!((superseded, position.stands.layer.as_str()), (vec!["n3"], "positions"));
    assert!(talks.entries("arv", "private").annotations.is_empty() && talks.entries("arv", "draft").annotations.is_empty());
    let positions = talks.entries("arv", "positions");
    assert!(positions.get(&"n3".parse().unwrap()).unwrap().withdrawn);
    let again = talks.done(r#"{"table":{"ids":["n1"]}}"#);
    let Done::Tabled(again) = &again[0] else { panic!("tabled") };
    assert!(!again.changed && again.entries[0].from.is_none());
}
