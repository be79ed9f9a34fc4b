//! What one member may read of a plan comes out in the views, and nothing else does.

mod whose;

use yrs::{Map, WriteTxn};

use super::{testing::*, *};
use crate::{
    id::{POSITIONS, PRIVATE, PUBLIC},
    limits,
    talk::{
        layer::Stance,
        proposal::{self, Adopter, ProposalState as Fate},
        standing::{CellState, State},
    },
    text::{bracket::Field, plan},
};

const TEXT: &str = "# Talks\n\n1. within [30][50] km of [the [red] line]\n2. second\n3. third\n";

fn names(parties: &[PartyId]) -> Vec<&str> {
    parties.iter().map(PartyId::as_str).collect()
}

/// The bracket of point 1 that reads so.
fn bracket(dossier: &Dossier, text: &str) -> BracketView {
    let view = dossier.brackets();
    let found = view.points.into_iter().flat_map(|point| point.brackets).find(|bracket| bracket.text == text);
    found.unwrap_or_else(|| panic!("no bracket {text}"))
}

#[test]
fn what_stood_in_the_first_text_is_nobodys_and_what_is_typed_later_is_its_partys() {
    let mut talks = Talks::over(TEXT, &[]);
    talks.words("bor", "1", "within [30][50][75 or 80] km of [the [red] line]");
    talks.words("arv", "1", "within [30][50][75 or 80] km of [the [dark red] line]");
    let dossier = talks.dossier();
    let typed = |text| names(&bracket(&dossier, text).typed_by).join(" ");
    assert_eq!(typed("[30]"), "");
    assert_eq!(typed("[75 or 80]"), "bor");
    assert_eq!([typed("[dark red]"), typed("[the [dark red] line]")], ["", ""], "words mended within make no holder");
    assert_eq!(bracket(&dossier, "[75 or 80]").alternative, Some(Alternative { group: 1, place: 3, of: 3 }));
    assert_eq!(bracket(&dossier, "[75 or 80]").attribution(), "BOR");
}

/// Who supports a bracket, reserves on it and opposes it, and who said so of other words.
fn stands(dossier: &Dossier, text: &str) -> [String; 4] {
    let bracket = bracket(dossier, text);
    let changed: Vec<_> = bracket.changed.iter().map(|stand| format!("{} {:?}", stand.party, stand.stance)).collect();
    let [support, reserve, oppose] =
        [&bracket.support, &bracket.reserve, &bracket.oppose].map(|parties| names(parties).join(" "));
    [support, reserve, oppose, changed.join(" ")]
}

#[test]
fn a_stand_is_on_the_innermost_bracket_and_of_several_the_strictest_counts() {
    let mut talks = Talks::over(TEXT, &[]);
    for (who, quote, stance) in [
        ("arv", "[red]", Stance::Accept),
        ("bor", "[the [red] line]", Stance::Oppose),
        ("cel", "[30]", Stance::Accept),
        ("cel", "[30]", Stance::Reserve),
        ("cel", "30", Stance::Oppose),
        ("dor", "[30][50]", Stance::Oppose),
        ("eri", "[30]", Stance::Oppose),
        ("fen", "[red]", Stance::Accept),
        ("gal", "the [red]", Stance::Oppose),
    ] {
        let stand = talks.stand("1", quote, stance);
        let withdrawn = who == "eri";
        let layer = if who == "fen" { PUBLIC } else { POSITIONS };
        talks.put(who, layer, Annotation { withdrawn, ..stand });
    }
    let dossier = talks.dossier();
    let stands = |text| stands(&dossier, text);
    assert_eq!(stands("[red]"), ["arv", "", "", ""], "what stands in another layer does not count");
    assert_eq!(stands("[the [red] line]"), ["", "", "bor", "gal Oppose"], "a part of it is other words");
    assert_eq!(stands("[30]"), ["", "cel", "", ""], "what was withdrawn does not count, nor what holds more than one bracket");
    assert_eq!(stands("[50]"), ["", "", "", ""]);
    assert_eq!(bracket(&dossier, "[30]").attribution(), "res CEL");
}

#[test]
fn a_stand_on_a_bracket_does_not_count_for_words_that_came_into_it_since() {
    let mut talks = Talks::over("1. within [30 km] of it, [40 km] of that and [50] of those\n", &[]);
    for (who, quote, stance) in [
        ("arv", "[30 km]", Stance::Accept),
        ("bor", "[30 km]", Stance::Oppose),
        ("arv", "[40 km]", Stance::Accept),
        ("arv", "[50]", Stance::Accept),
    ] {
        let stand = talks.stand("1", quote, stance);
        talks.put(who, POSITIONS, stand);
    }
    talks.words("cel", "1", "within [30 km or none] of it, [40 km] of that and of those");
    talks.words("cel", "1", "within [30 km or none] of it, [40 km] of that and of those, or [50]");
    let dossier = talks.dossier();
    assert_eq!(stands(&dossier, "[30 km or none]"), ["", "", "", "arv Accept bor Oppose"]);
    assert_eq!(stands(&dossier, "[40 km]"), ["arv", "", "", ""]);
    assert_eq!(stands(&dossier, "[50]"), ["", "", "", "arv Accept"], "the same words elsewhere are not those");
    let by = bracket(&dossier, "[30 km or none]").attribution();
    assert_eq!(by, "on other words ARV; opp on other words BOR", "who adds words in a bracket does not hold it");
}

#[test]
fn a_proposers_name_is_believed_only_from_the_proposal_itself() {
    let mut talks = Talks::over(TEXT, &[]);
    let proposal = talks.proposal("1", "[50]", "40");
    talks.put("cel", "shared", proposal.clone());
    let adopter = |party_: &str| Adopter { party: party("med"), proposed_by: Some(party(party_)), at_ms: 1 };
    talks.edit("med", |txn| proposal::alternative(txn, &proposal, "[50]", &adopter("cel"))).unwrap();
    let whose = |talks: &Talks, name| {
        let bracket = bracket(&talks.dossier_of(name), "[40]");
        (bracket.proposed_by.map(|party| party.to_string()), names(&bracket.typed_by).join(" "))
    };
    assert_eq!(whose(&talks, "med"), (Some("cel".into()), "med".into()));
    assert_eq!(whose(&talks, "arv"), (None, "med".into()), "the plan's word for it is a claim");
    assert_eq!(bracket(&talks.dossier_of("med"), "[40]").attribution(), "CEL");
    talks.put("bor", PUBLIC, proposal.clone());
    assert_eq!(whose(&talks, "med").0, Some("cel".into()), "a copy under the same id is not what was put in");
    assert_eq!(whose(&talks, "arv").0, None);

    let mut talks = Talks::over(TEXT, &[]);
    let proposal = talks.proposal("1", "[50]", "40");
    talks.put("cel", PUBLIC, proposal.clone());
    talks.edit("med", |txn| proposal::alternative(txn, &proposal, "[50]", &adopter("bor"))).unwrap();
    assert_eq!(whose(&talks, "med").0, None, "the plan says that it is another's");
}

#[test]
fn what_is_entered_for_a_party_is_nobodys_until_that_party_confirms_it() {
    let mut talks = Talks::over(TEXT, &[]);
    talks.words("med", "1", "within [30][50][40] km of [the [red] line]");
    talks.words("bor", "1", "within [30][50][40][45] km of [the [red] line]");
    let entered = Annotation { entered_for: Some(party("arv")), ..talks.note("1", "[40][45]", "") };
    let proposal = Annotation { entered_for: Some(party("arv")), ..talks.proposal("1", "[50]", "60") };
    let [told, proposed] = [entered, proposal].map(|entry| talks.put("med", PUBLIC, entry));
    let said = |talks: &Talks, text: &str| bracket(&talks.dossier(), text).attribution();
    let for_arv = "entered by MED for ARV, not confirmed";
    assert_eq!([said(&talks, "[40]"), said(&talks, "[45]")], [for_arv, "BOR"], "nobody enters what another wrote");
    let adopter = Adopter { party: party("med"), proposed_by: Some(party("med")), at_ms: 1 };
    let proposal = talks.dossier().annotations().annotations.into_iter().find(|view| view.annotation.id == proposed).unwrap();
    talks.edit("med", |txn| proposal::alternative(txn, &proposal.annotation, "[50]", &adopter)).unwrap();
    assert_eq!(said(&talks, "[60]"), for_arv);

    let confirm = |talks: &mut Talks, body: &str, to: &AnnotationId| Annotation {
        entered_for: Some(party("arv")),
        ..talks.reply("1", to, body)
    };
    for (name, layer, body) in [("arv", "private", "[40][45]"), ("arv", PUBLIC, "[40]"), ("bor", PUBLIC, "[40][45]")] {
        let reply = confirm(&mut talks, body, &told);
        talks.put(name, layer, reply);
        assert_eq!(said(&talks, "[40]"), for_arv, "{name} {layer} {body}");
    }
    for (body, to) in [("[40][45]", &told), ("60", &proposed)] {
        let reply = confirm(&mut talks, body, to);
        talks.put("arv", PUBLIC, reply);
    }
    let theirs = "ARV, entered by MED";
    assert_eq!([said(&talks, "[40]"), said(&talks, "[60]"), said(&talks, "[45]")], [theirs, theirs, "BOR"]);
}

#[test]
fn brackets_of_struck_points_are_out_of_the_text_with_them() {
    let mut talks = Talks::over("1. a [b]\n   - (a) c [d]\n2. [e] [f\n3. g]\n", &[]);
    let dossier = talks.dossier();
    assert_eq!((dossier.brackets().open, dossier.brackets().points.len(), dossier.brackets().spanning.len()), (4, 4, 1));
    let (first, last) = (talks.point("1").id, talks.point("3").id);
    talks.edit("med", |txn| plan::strike(txn, &first).and(plan::strike(txn, &last))).unwrap();
    let view = talks.dossier().brackets();
    assert_eq!((view.open, view.points.len(), view.spanning.len(), view.loose.len()), (2, 1, 0, 1));
    assert_eq!(view.points[0].label, "2");
}

#[test]
fn a_hundred_thousand_nested_brackets_are_counted_and_shown_up_to_the_limit() {
    let mut talks = Talks::over(TEXT, &[]);
    let deep = 100_000;
    talks.words("bor", "2", &format!("{}x{}", "[".repeat(deep), "]".repeat(deep)));
    let stand = talks.stand("2", "x", Stance::Oppose);
    talks.put("arv", POSITIONS, stand);
    let view = talks.dossier().brackets();
    assert_eq!((view.open, view.points[1].open), (deep + 4, deep));
    assert_eq!(view.points.iter().map(|point| point.brackets.len()).sum::<usize>(), limits::BRACKETS_SHOWN_MAX);
    assert!(view.points[1].brackets.iter().all(|bracket| bracket.text.chars().count() <= 400));
}

#[test]
fn many_alternatives_make_a_view_no_longer_than_many_brackets() {
    let mut talks = Talks::over(TEXT, &[]);
    talks.words("bor", "2", &"[a]".repeat(limits::BRACKETS_SHOWN_MAX));
    let json = serde_json::to_string(&talks.dossier().brackets()).unwrap();
    assert!(json.len() < 300 * limits::BRACKETS_SHOWN_MAX, "{}", json.len());
}

#[test]
fn annotations_stand_in_the_order_of_the_text_then_of_time() {
    let mut talks = Talks::over(TEXT, &[]);
    for (label, quote, body) in
        [("2", "", "1"), ("1", "line", "2"), ("1", "within", "3"), ("1", "", "4"), ("1", "within", "5"), ("3", "", "6")]
    {
        let note = talks.note(label, quote, body);
        talks.put(if body == "5" { "arv" } else { "bor" }, PUBLIC, note);
    }
    let third = talks.point("3").id;
    talks.edit("med", |txn| txn.get_or_insert_map(plan::POINTS).remove(txn, third.as_str()));
    let view = talks.dossier().annotations();
    let order: Vec<_> = view.annotations.iter().map(|note| note.annotation.body.as_str()).collect();
    assert_eq!(order.join(""), "435216", "what is about no point of the plan comes last");
    assert_eq!(view.annotations[5].stretch, Stretch::NoPoint);
}

#[test]
fn an_annotation_shows_what_became_of_the_words_that_it_is_for() {
    let mut talks = Talks::over("1. one two three four\n2. five\n", &[]);
    let quotes = ["one", "two", "three", "four", "five"];
    for quote in quotes {
        let label = if quote == "five" { "2" } else { "1" };
        let proposal = talks.proposal(label, quote, "other");
        talks.put("bor", PUBLIC, proposal);
    }
    talks.words("arv", "1", "one (2) three four");
    talks.words("arv", "1", "one (2) four");
    talks.words("arv", "1", "one (2) four, three");
    talks.words("arv", "2", "");
    let dossier = talks.dossier();
    let view = dossier.annotations();
    let seen = |quote: &str| {
        let entry = view.annotations.iter().find(|entry| entry.annotation.quote == quote).unwrap();
        (entry.stretch.clone(), entry.now.clone().unwrap_or_default(), entry.proposed.as_ref().unwrap().state)
    };
    let s = str::to_owned;
    assert_eq!(seen("one"), (Stretch::Stands { range: 0..3 }, s(""), Fate::Open), "the quote says it");
    assert_eq!(seen("two"), (Stretch::Changed { range: 4..7 }, s("(2)"), Fate::Reanchored));
    assert_eq!(seen("three"), (Stretch::Moved { range: 14..19 }, s(""), Fate::Reanchored));
    assert_eq!(seen("five"), (Stretch::Gone { at: 0 }, s(""), Fate::Overtaken));
}

#[test]
fn an_entry_that_stands_in_two_layers_of_its_party_shows_once_in_the_wider() {
    let mut talks = Talks::over(TEXT, &[]);
    let note = talks.note("2", "", "being tabled");
    for layer in [PRIVATE, "shared", PUBLIC] {
        talks.put("arv", layer, note.clone());
    }
    talks.put("bor", PUBLIC, note);
    let view = talks.dossier().annotations();
    let seen: Vec<_> = view.annotations.iter().map(|entry| format!("{} {}", entry.party, entry.layer)).collect();
    assert_eq!(seen, ["arv public", "bor public"], "one with the same id of another party is another");
    assert_eq!(talks.dossier_of("cel").annotations().annotations.len(), 2);
}

#[test]
fn what_cannot_be_read_in_a_layer_is_told_to_whoever_reads_the_layer() {
    let mut talks = Talks::over(TEXT, &[]);
    let mut txn = yrs::Transact::transact_mut(talks.layer("arv", PRIVATE));
    txn.get_or_insert_map(crate::talk::layer::ANNOTATIONS).insert(&mut txn, "x", 7);
    drop(txn);
    let faults = |name| talks.dossier_of(name).annotations().faults;
    let [fault] = &faults("arv")[..] else { panic!() };
    assert_eq!((fault.party.as_str(), fault.layer.as_str()), ("arv", PRIVATE));
    assert!(faults("bor").is_empty());
}

#[test]
fn positions_that_cannot_be_read_are_told_with_what_would_have_counted_them() {
    let mut talks = Talks::over(TEXT, &["arv"]);
    for layer in [PUBLIC, POSITIONS] {
        let mut txn = yrs::Transact::transact_mut(talks.layer("arv", layer));
        txn.get_or_insert_map(crate::talk::layer::ANNOTATIONS).insert(&mut txn, "x", 7);
    }
    let dossier = talks.dossier();
    let layers = |faults: Vec<LayerFault>| faults.into_iter().map(|fault| fault.layer.to_string()).collect::<Vec<_>>();
    assert_eq!(layers(dossier.standing().faults), ["positions"]);
    assert_eq!(layers(dossier.brackets().faults), ["positions", "public"]);
    let printed = crate::out::annotated(&dossier, crate::out::Format::Markdown);
    let front = printed.split("\n---\n").next().unwrap();
    assert!(front.contains("**Incomplete:** 2 faults in the layers of ARV"), "{front}");
}

#[test]
fn only_what_stands_in_the_layer_of_positions_counts_for_the_standing() {
    let mut talks = Talks::over(TEXT, &["arv", "bor"]);
    talks.accept(&["arv"], "2");
    let (public, private) = (talks.position("2", Stance::Accept, ""), talks.position("2", Stance::Oppose, ""));
    talks.put("bor", PUBLIC, public);
    talks.put("arv", PRIVATE, private);
    let second = |talks: &Talks| talks.dossier().standing().whole().points.remove(1);
    let point = second(&talks);
    assert_eq!(point.cells.iter().map(|cell| cell.stance).collect::<Vec<_>>(), [CellState::Accept, CellState::None]);
    talks.accept(&["bor"], "2");
    assert_eq!(second(&talks).standing, State::Agreed);
}

/// How each point stands once `arv` has accepted it, and how many brackets are open in it.
fn accepted(talks: &mut Talks) -> Vec<(State, usize)> {
    let points = talks.dossier().text.outline.points.clone();
    for point in &points {
        talks.accept(&["arv"], &point.label);
    }
    talks.dossier().standing().points.into_iter().map(|point| (point.standing, point.open_brackets)).collect()
}

#[test]
fn a_point_that_a_bracket_of_several_points_touches_is_not_agreed_and_the_bracket_counts_once() {
    let mut talks = Talks::over("1. a [b\n2. c\n3. d] e\n4. f\n", &["arv"]);
    let open = [(State::Open, 1), (State::Open, 0), (State::Open, 0), (State::Agreed, 0)];
    assert_eq!(accepted(&mut talks), open);
    let view = talks.dossier().brackets();
    let counts = view.points.iter().map(|point| (point.label.as_str(), point.open));
    assert_eq!((view.open, counts.collect::<Vec<_>>()), (1, vec![("1", 1), ("3", 0)]));
    let talks = Talks::over("1. a [b\n   (a) c]\n2. d\n", &["arv"]);
    let standing = talks.dossier().standing();
    let seen: Vec<_> = standing.points.iter().map(|point| (point.open_brackets, point.spanned)).collect();
    assert_eq!(seen, [(1, true), (0, true), (0, false)]);
}

#[test]
fn a_bracket_that_opens_in_a_heading_keeps_all_up_to_its_end_open_and_is_listed_with_its_place() {
    let mut talks = Talks::over("1. one\n   (a) middle words\n   (b) last words]\n2. two\n", &["arv"]);
    let first = talks.point("1").id;
    talks.edit("bor", |txn| plan::set_heading(txn, &first, "[Article 7")).unwrap();
    let open = [(State::Open, 1), (State::Open, 0), (State::Open, 0), (State::Agreed, 0)];
    assert_eq!(accepted(&mut talks), open);
    let view = talks.dossier().brackets();
    let [spanning] = &view.spanning[..] else { panic!("{view:?}") };
    assert_eq!((spanning.from.field, spanning.to.field, view.open), (Field::Heading, Field::Words, 1));
    talks.edit("bor", |txn| plan::set_heading(txn, &first, "Article] 7")).unwrap();
    let view = talks.dossier().brackets();
    let loose: Vec<_> = view.loose.iter().map(|loose| (loose.place.field, loose.place.at, loose.opening)).collect();
    assert_eq!(loose, [(Field::Heading, 7, false), (Field::Words, 10, false)]);
}

#[test]
fn a_bracket_in_a_schedule_keeps_its_point_open_and_is_listed() {
    let mut talks = Talks::over("1. one [x]\n2. two\n3. three\n", &["arv"]);
    let schedule = |condition: &str| plan::Schedule { condition: Some(condition.into()), ..Default::default() };
    for (label, condition) in [("1", "[if the sanctions are lifted]"), ("2", "if [ so")] {
        let id = talks.point(label).id;
        talks.edit("bor", |txn| plan::set_schedule(txn, &id, &schedule(condition))).unwrap();
    }
    assert_eq!(accepted(&mut talks), [(State::Open, 2), (State::Open, 1), (State::Agreed, 0)]);
    let view = talks.dossier().brackets();
    assert_eq!((view.open, view.loose[0].place.field), (3, Field::Condition));
    let listed: Vec<_> = view.points[0].brackets.iter().map(|b| (b.number, b.field, b.text.as_str())).collect();
    assert_eq!(listed, [(1, Field::Words, "[x]"), (2, Field::Condition, "[if the sanctions are lifted]")]);
}
