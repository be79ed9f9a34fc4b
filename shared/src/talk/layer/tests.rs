use proptest::prelude::*;
use yrs::{Any, Doc, Map, MapPrelim, Out, ReadTxn, StateVector, Text, Transact, Update, WriteTxn, updates::decoder::Decode};

use super::*;
use crate::{
    limits,
    log::{
        gate::Ledger,
        record::{Provenance, Right},
    },
    people::Author,
    text::anchor::CharId,
};

fn annotation(id: &str, what: What) -> Annotation {
    Annotation {
        id: id.parse().unwrap(),
        point: "p1".parse().unwrap(),
        anchor: None,
        quote: String::new(),
        what,
        body: format!("body of {id}"),
        reply_to: None,
        entered_for: None,
        resolved: false,
        withdrawn: false,
        by: Some("arv-1".parse().unwrap()),
        at_ms: 1_700_000_000_000,
    }
}

fn every_kind() -> Vec<Annotation> {
    let (start, end) = (CharId { client: (1 << 53) - 1, clock: 0 }, CharId { client: 2, clock: 7 });
    let stretch = Anchor { start, end, before: None, after: Some(end) };
    let kept = Kept { digest: "a".repeat(64).parse().unwrap(), json: "{}".into(), weave: "w".into(), around: "{}".into() };
    let position = |stance, ad_referendum, words| What::Position(Position { stance, ad_referendum, words });
    vec![
        annotation("a", What::Note),
        Annotation {
            anchor: Some(stretch),
            quote: "слово 🕊".into(),
            ..annotation("b", What::Proposal { replacement: "[50]".into() })
        },
        annotation("c", position(Stance::Accept, true, Some(kept))),
        Annotation { anchor: Some(stretch), quote: "[30]".into(), ..annotation("d", position(Stance::Oppose, false, None)) },
        Annotation {
            reply_to: Some("a".parse().unwrap()),
            resolved: true,
            withdrawn: true,
            by: None,
            ..annotation("e", What::Note)
        },
    ]
}

fn layer(doc: &Doc) -> Layer {
    Layer::read(&doc.transact())
}

#[test]
fn what_is_put_is_read_back_and_passes_the_gate() {
    let doc = crate::text::plan::new_doc(7);
    {
        let mut txn = doc.transact_mut();
        every_kind().iter().for_each(|annotation| put(&mut txn, annotation).unwrap());
    }
    assert_eq!(layer(&doc), Layer { annotations: every_kind(), faults: vec![] });
    let state = doc.transact().encode_state_as_update_v1(&StateVector::default());
    let author = Author { party: "arv".parse().unwrap(), member: "arv-1".parse().unwrap() };
    Ledger::default().check(&Provenance::live(author, Right::Layer), &state).unwrap();
    let json = serde_json::to_string(&every_kind()).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Annotation>>(&json).unwrap(), every_kind());
}

#[test]
fn entries_are_settled_reopened_taken_back_and_taken_out() {
    let doc = crate::text::plan::new_doc(7);
    let mut txn = doc.transact_mut();
    let (id, other) = ("a".parse().unwrap(), "z".parse().unwrap());
    put(&mut txn, &annotation("a", What::Note)).unwrap();
    assert_eq!(set_resolved(&mut txn, &id, true), Ok(true));
    assert_eq!(set_resolved(&mut txn, &id, true), Ok(false));
    assert!(Layer::read(&txn).annotations[0].resolved);
    assert_eq!(set_resolved(&mut txn, &id, false), Ok(true));
    assert_eq!(withdraw(&mut txn, &id), Ok(true));
    let now = Layer::read(&txn).annotations.remove(0);
    assert!(!now.resolved && now.withdrawn);
    assert_eq!(withdraw(&mut txn, &other), Err(EntryError::Unknown { id: other.clone() }));
    assert!(!remove(&mut txn, &other) && remove(&mut txn, &id));
    assert_eq!(Layer::read(&txn), Layer::default());
}

#[test]
fn what_is_no_annotation_is_reported_and_the_rest_is_read() {
    let doc = crate::text::plan::new_doc(7);
    let broken: [(&str, &str, Any); 9] = [
        ("1", "kind", "rumour".into()),
        ("2", "kind", Any::Null),
        ("3", "point", "no point".into()),
        ("4", "anchor", "nowhere".into()),
        ("5", "anchor", Any::Array([Any::Array([1.into(), (-1).into()].into()), Any::Null, Any::Null, Any::Null].into())),
        ("6", "resolved", "yes".into()),
        ("7", "reply_to", "../".into()),
        ("8", "body", 3.into()),
        ("9", "point", Any::Undefined),
    ];
    {
        let mut txn = doc.transact_mut();
        for (id, field, value) in broken.clone() {
            put(&mut txn, &annotation(id, What::Note)).unwrap();
            let Some(Out::YMap(entry)) = txn.get_or_insert_map(ANNOTATIONS).get(&txn, id) else { panic!() };
            entry.insert(&mut txn, field, value);
        }
        put(&mut txn, &annotation("good", What::Note)).unwrap();
        let map = txn.get_or_insert_map(ANNOTATIONS);
        map.insert(&mut txn, "no id", MapPrelim::default());
        map.insert(&mut txn, "text", "text");
    }
    let layer = layer(&doc);
    assert_eq!(layer.annotations, [annotation("good", What::Note)]);
    let fields = layer.faults.iter().map(|fault| match fault {
        Unread::Unreadable { key, field } => (key.as_str(), field.as_str()),
        other => panic!("{other}"),
    });
    let fields: Vec<_> = fields.collect();
    for (id, field, _) in broken {
        assert!(fields.contains(&(id, field)), "{id} {field}: {fields:?}");
    }
    assert!(fields.contains(&("no id", "id")) && fields.contains(&("text", "content")));
}

#[test]
fn a_position_without_its_words_is_none() {
    let doc = crate::text::plan::new_doc(7);
    {
        let mut txn = doc.transact_mut();
        let position = Position { stance: Stance::Accept, ad_referendum: false, words: None };
        put(&mut txn, &annotation("a", What::Position(position))).unwrap();
    }
    assert_eq!(layer(&doc).faults, [Unread::Unreadable { key: "a".into(), field: "digest".into() }]);
}

#[test]
fn long_words_keep_nobody_from_a_position_and_a_withdrawn_one_keeps_none() {
    let (exact, doc) = (|json: String| Exact { json, digest: "a".repeat(64).parse().unwrap() }, crate::text::plan::new_doc(7));
    let (short, long) = (exact("{}".into()), exact("x".repeat(limits::KEPT_BYTES_MAX + 1)));
    let kept = |stance, exact| Kept::of(stance, exact, "w").json.len();
    assert_eq!([Stance::Accept, Stance::Reserve, Stance::Oppose].map(|stance| kept(stance, &short)), [2, 0, 0]);
    assert_eq!([Stance::Accept, Stance::Reserve, Stance::Oppose].map(|stance| kept(stance, &long)), [0, 0, 0]);
    let mut txn = doc.transact_mut();
    let words = Some(Kept::of(Stance::Accept, &short, "w"));
    put(&mut txn, &annotation("a", What::Position(Position { stance: Stance::Accept, ad_referendum: false, words }))).unwrap();
    withdraw(&mut txn, &"a".parse().unwrap()).unwrap();
    let What::Position(Position { words: Some(kept), .. }) = Layer::read(&txn).annotations.remove(0).what else { panic!() };
    assert_eq!((kept.json.as_str(), kept.weave.as_str(), kept.digest), ("", "w", short.digest));
}

#[test]
fn a_layer_over_its_limit_is_full_and_shows_the_first() {
    let doc = crate::text::plan::new_doc(7);
    let mut txn = doc.transact_mut();
    let map = txn.get_or_insert_map(ANNOTATIONS);
    for n in 0..=limits::ANNOTATIONS_MAX {
        map.insert(&mut txn, format!("{n:08}"), "x");
    }
    assert_eq!(put(&mut txn, &annotation("a", What::Note)), Err(EntryError::TooMany));
    put(&mut txn, &annotation("00000000", What::Note)).unwrap();
    let layer = Layer::read(&txn);
    assert_eq!((layer.annotations.len(), layer.faults.len()), (1, limits::ANNOTATIONS_MAX));
    assert_eq!(layer.faults[0], Unread::TooMany { count: limits::ANNOTATIONS_MAX + 1 });
}

fn of(annotations: &[Annotation]) -> Layer {
    Layer { annotations: annotations.to_vec(), faults: vec![] }
}

#[test]
fn tabling_is_all_or_none_and_safe_to_repeat() {
    let all = every_kind();
    let ids: Vec<AnnotationId> = all.iter().map(|annotation| annotation.id.clone()).collect();
    let (a, e, other) = (&ids[0], &ids[4], "z".parse::<AnnotationId>().unwrap());
    let tabled = |from: &[Annotation], to: &[Annotation], ids: &[AnnotationId]| table(&of(from), &of(to), ids, 9, |_| false);

    let both = tabled(&all, &[], &[a.clone(), e.clone(), a.clone()]).unwrap();
    assert_eq!(both.put, [Annotation { at_ms: 9, ..all[0].clone() }, Annotation { at_ms: 9, resolved: false, ..all[4].clone() }]);
    assert_eq!(both.remove, [a.clone(), e.clone()]);
    // The first edit came through, the second did not: repeated, only that is left. Then nothing is.
    let again = Tabled { put: vec![], remove: vec![a.clone(), e.clone()] };
    assert_eq!(tabled(&all, &both.put, &[a.clone(), e.clone()]), Ok(again));
    assert_eq!(tabled(&all[1..4], &both.put, &[a.clone(), e.clone()]), Ok(Tabled { put: vec![], remove: vec![] }));

    assert_eq!(tabled(&all, &[], &[a.clone(), other.clone()]), Err(TableError::Unknown { id: other }));
    assert_eq!(tabled(&all, &[], std::slice::from_ref(e)), Err(TableError::Reply { id: e.clone(), to: a.clone() }));
    assert!(tabled(&all, &all[..1], std::slice::from_ref(e)).is_ok(), "what it replies to stands there already");
    assert!(table(&of(&all), &of(&[]), std::slice::from_ref(e), 9, |id| id == a).is_ok(), "or in a layer that they read");
}

proptest! {
    #[test]
    fn nothing_in_a_document_makes_reading_fail(
        entries in prop::collection::vec(("[a-z ]{0,3}", prop::collection::vec((0..12usize, 0..6usize), 0..8)), 0..12),
    ) {
        const FIELDS: [&str; 12] = ["kind", "point", "anchor", "quote", "body", "replacement", "stance", "digest", "at", "by", "reply_to", "withdrawn"];
        let doc = crate::text::plan::new_doc(7);
        let mut txn = doc.transact_mut();
        let map = txn.get_or_insert_map(ANNOTATIONS);
        let count = entries.iter().map(|(key, _)| key).collect::<std::collections::HashSet<_>>().len();
        for (key, fields) in entries {
            let entry = map.insert(&mut txn, key, MapPrelim::default());
            for (field, value) in fields {
                let field = FIELDS[field];
                match value {
                    0 => drop(entry.insert(&mut txn, field, Any::Null)),
                    1 => drop(entry.insert(&mut txn, field, -1.5)),
                    2 => drop(entry.insert(&mut txn, field, "note")),
                    3 => drop(entry.insert(&mut txn, field, MapPrelim::default())),
                    4 => entry.insert(&mut txn, field, yrs::TextPrelim::new("accept")).push(&mut txn, "!"),
                    _ => drop(entry.insert(&mut txn, field, Any::Map(Default::default()))),
                }
            }
        }
        let layer = Layer::read(&txn);
        prop_assert_eq!(layer.annotations.len() + layer.faults.len(), count);
    }

    #[test]
    fn colleagues_who_annotate_apart_lose_nothing(mine in 0..6usize, theirs in 0..6usize) {
        let (a, b) = (crate::text::plan::new_doc(1), crate::text::plan::new_doc(2));
        for n in 0..mine {
            put(&mut a.transact_mut(), &annotation(&format!("a{n}"), What::Note)).unwrap();
        }
        for n in 0..theirs {
            put(&mut b.transact_mut(), &annotation(&format!("b{n}"), What::Note)).unwrap();
        }
        for (from, to) in [(&a, &b), (&b, &a)] {
            let update = from.transact().encode_state_as_update_v1(&StateVector::default());
            to.transact_mut().apply_update(Update::decode_v1(&update).unwrap()).unwrap();
        }
        prop_assert_eq!(layer(&a).annotations.len(), mine + theirs);
        prop_assert_eq!(layer(&a), layer(&b));
    }
}
