//! What a party may put into its positions to make work for others.

use super::*;
use crate::limits;

/// Makes the kept words of a position something else, with a digest that fits nothing.
fn keep(annotation: &mut Annotation, json: &str) {
    let What::Position(Position { words: Some(kept), .. }) = &mut annotation.what else { unreachable!() };
    kept.json = json.to_owned();
    kept.digest = "0".repeat(64).parse().unwrap();
}

/// Accepts other words than those that stand there.
fn accept_instead(talks: &mut Talks, who: &str, id: &str, words: &str) {
    let now = talks.point(id).words.clone();
    talks.words(id, words);
    talks.accept(&[who], id);
    talks.words(id, &now);
}

#[test]
fn kept_words_that_are_not_what_was_accepted_are_not_shown() {
    let json = ExactWords::read(&Talks::over(&[("a", 0, "other")]).outline()).get(&"a".parse().unwrap()).unwrap().json.clone();
    for nonsense in [" ", "{}", "null", &json, &"[".repeat(50_000)] {
        let mut talks = Talks::over(&[("a", 0, "words")]);
        keep(talks.say("arv", Stance::Accept, "a"), nonsense);
        let cell = talks.matrix().points[0].cells[0].clone();
        assert_eq!((cell.stance, cell.difference), (CellState::Lapsed, None));
        assert_eq!(cell.no_difference, Some(NoDifference::Unreadable));
    }
}

#[test]
fn kept_words_with_a_digest_of_present_ones_hold_whatever_is_kept() {
    let mut talks = Talks::over(&[("a", 0, "words")]);
    let What::Position(Position { words: Some(kept), .. }) = &mut talks.say("arv", Stance::Accept, "a").what else {
        unreachable!()
    };
    kept.json = "nonsense".into();
    talks.check(&["a open: arv accept, bel none"]);
}

#[test]
fn words_too_long_to_compare_are_not_compared() {
    let long = "long words ".repeat(10_000);
    let mut talks = Talks::over(&[("a", 0, "words"), ("b", 0, &long)]);
    accept_instead(&mut talks, "arv", "a", &long);
    accept_instead(&mut talks, "bel", "b", "words");
    keep(talks.say("bel", Stance::Accept, "a"), &"[".repeat(1_000_000));
    let matrix = talks.matrix();
    for cell in [&matrix.points[0].cells[0], &matrix.points[0].cells[1], &matrix.points[1].cells[1]] {
        assert_eq!((cell.difference.as_ref(), cell.no_difference), (None, Some(NoDifference::TooLong)));
    }
}

#[test]
fn words_nested_deeper_than_any_plan_are_not_unfolded() {
    let mut json = "{\"heading\":\"\",\"words\":\"\"}".to_owned();
    for _ in 0..limits::POINT_DEPTH_MAX {
        json = format!("{{\"heading\":\"\",\"words\":\"{}\",\"children\":[{json}]}}", "\\n".repeat(1_000));
    }
    let digest = blake3::Hasher::new().update(b"plenary words 1\n").update(json.as_bytes()).finalize().to_hex();
    let mut talks = Talks::over(&[("a", 0, "words")]);
    let annotation = talks.say("arv", Stance::Accept, "a");
    keep(annotation, &json);
    let What::Position(Position { words: Some(kept), .. }) = &mut annotation.what else { unreachable!() };
    kept.digest = digest.parse().unwrap();
    assert_eq!(talks.matrix().points[0].cells[0].no_difference, Some(NoDifference::Unreadable));
}

#[test]
fn ten_thousand_positions_on_one_point_come_to_one_cell() {
    let mut talks = Talks::over(&[("a", 0, "words")]);
    talks.say("arv", Stance::Accept, "a");
    let first = talks.said[0].clone();
    talks.said.extend((1..limits::ANNOTATIONS_MAX).map(|n| {
        let id = format!("n{n:05}").parse().unwrap();
        (first.0.clone(), Annotation { id, body: format!("reason {n}"), ..first.1.clone() })
    }));
    let matrix = talks.matrix();
    assert_eq!((matrix.points[0].cells[0].stance, matrix.points[0].cells[0].conflict), (CellState::Accept, false));
    assert_eq!(matrix.points[0].cells[0].reason, format!("reason {}", limits::ANNOTATIONS_MAX - 1));
}

#[test]
fn a_party_that_uses_up_its_share_of_comparisons_spoils_only_its_own() {
    // Of two hundred parties each has 160 KiB: two differences between these words, not three.
    let (now, then) = ("now ".repeat(7_500), "then".repeat(7_500));
    let mut talks = Talks::over(&[("a", 0, &now), ("b", 0, &now), ("c", 0, &now), ("d", 0, "30 days")]);
    talks.consent = (0..200).map(|n| party(&format!("p{n:03}"))).collect();
    for id in ["a", "b", "c"] {
        accept_instead(&mut talks, "p000", id, &then);
    }
    for who in ["p000", "p001"] {
        accept_instead(&mut talks, who, "d", "50 days");
    }
    let matrix = talks.matrix();
    let shown = |point: usize, column: usize| matrix.points[point].cells[column].difference.is_some();
    assert_eq!([shown(0, 0), shown(1, 0), shown(2, 0)], [true, true, false]);
    assert_eq!(matrix.points[2].cells[0].no_difference, Some(NoDifference::TooLong));
    assert!(shown(3, 0) && shown(3, 1));
    // And 1.3 million comparisons: enough for one pair of words of which half differ, and then none.
    let words = |prefix: &str| (0..1_000).map(|n| format!("{prefix}{n} shall ")).collect::<String>();
    let (now, then) = (words("now"), words("then"));
    let mut talks = Talks::over(&[("a", 0, &now), ("b", 0, &now)]);
    talks.consent = (0..200).map(|n| party(&format!("p{n:03}"))).collect();
    for who in ["p000", "p001"] {
        accept_instead(&mut talks, who, "b", &then);
    }
    accept_instead(&mut talks, "p000", "a", &then);
    let matrix = talks.matrix();
    let pieces = |point: usize, column: usize| matrix.points[point].cells[column].difference.as_ref().unwrap().len();
    assert!(pieces(0, 0) > 1_000 && pieces(1, 1) > 1_000);
    assert_eq!(pieces(1, 0), 3, "replaced whole before what both end with");
}

#[test]
fn the_reason_of_an_acceptance_is_not_repeated_for_every_point_below() {
    let mut talks = Talks::over(&[("a", 0, "words"), ("b", 1, "below")]);
    talks.say("arv", Stance::Accept, "a").body = "long ".repeat(1_000);
    assert_eq!(talks.matrix().points[1].cells[0].reason, "");
}

#[test]
fn the_weave_is_asked_for_only_where_an_acceptance_holds() {
    let mut talks = Talks::over(&[("a", 0, "words"), ("b", 0, "words"), ("c", 0, "words")]);
    talks.accept(&["arv", "bel"], "a");
    accept_instead(&mut talks, "arv", "b", "other");
    let asked = Count::new(0);
    let stands: Vec<Stand> = talks.said.iter().map(|(party, annotation)| Stand { party, annotation }).collect();
    let outline = talks.outline();
    let weave = |_: &PointId| {
        asked.set(asked.get() + 1);
        None::<String>
    };
    let matrix = standing(&outline, &ExactWords::read(&outline), weave, |_| open(0), &stands, &talks.consent);
    assert_eq!(asked.get(), 1);
    assert!(!matrix.points[0].cells[0].returned, "without a weave nothing is marked as returned");
}
