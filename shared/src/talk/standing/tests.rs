//! Promises of the standing, rule by rule.

mod hostile;
mod properties;
mod size;

use std::{cell::Cell as Count, collections::BTreeSet};

use super::*;
use crate::{
    talk::layer::{Kept, Position, Stance, What},
    text::{
        anchor::{Anchor, CharId},
        plan::{Outline, Point, Schedule},
        words::ExactWords,
    },
};

fn open(brackets: usize) -> Open {
    Open { brackets, spanned: false }
}

/// A plan and what the parties said about it. `arv` and `bel` must consent.
struct Talks {
    points: Vec<Point>,
    said: Vec<(PartyId, Annotation)>,
    consent: BTreeSet<PartyId>,
    weave: String,
}

fn party(name: &str) -> PartyId {
    name.parse().unwrap()
}

impl Talks {
    /// Over points given as (id, depth, words).
    fn over(points: &[(&str, usize, &str)]) -> Self {
        let point = |(id, depth, words): &(&str, usize, &str)| Point {
            id: id.parse().unwrap(),
            label: id.to_uppercase(),
            heading: String::new(),
            words: (*words).to_owned(),
            parent: None,
            depth: *depth,
            order: "80".into(),
            struck: false,
            schedule: Schedule::default(),
            adoptions: Default::default(),
        };
        let consent = [party("arv"), party("bel")].into();
        Self { points: points.iter().map(point).collect(), said: vec![], consent, weave: "first".into() }
    }

    fn point(&mut self, id: &str) -> &mut Point {
        self.points.iter_mut().find(|point| point.id.as_str() == id).unwrap()
    }

    fn words(&mut self, id: &str, words: &str) {
        self.point(id).words = words.to_owned();
    }

    fn strike(&mut self, id: &str) {
        self.point(id).struck = true;
    }

    fn outline(&self) -> Outline {
        Outline { points: self.points.clone(), ..Outline::default() }
    }

    /// A position on a point as it now is.
    fn say(&mut self, who: &str, stance: Stance, point: &str) -> &mut Annotation {
        let point: PointId = point.parse().unwrap();
        let exact = ExactWords::read(&self.outline()).get(&point).unwrap().clone();
        let n = self.said.len();
        let kept = Kept { digest: exact.digest, json: exact.json, weave: self.weave.clone(), around: String::new() };
        let annotation = Annotation {
            id: format!("n{n:03}").parse().unwrap(),
            point,
            anchor: None,
            quote: String::new(),
            what: What::Position(Position { stance, ad_referendum: false, words: Some(kept) }),
            body: format!("reason {n}"),
            reply_to: None,
            entered_for: None,
            resolved: false,
            withdrawn: false,
            by: Some(format!("{who}-1").parse().unwrap()),
            at_ms: 1_000 + n as u64,
        };
        self.said.push((party(who), annotation));
        &mut self.said.last_mut().unwrap().1
    }

    fn accept(&mut self, who: &[&str], point: &str) {
        who.iter().for_each(|who| drop(self.say(who, Stance::Accept, point).id.clone()));
    }

    fn ad_referendum(&mut self, who: &str, point: &str) {
        let What::Position(position) = &mut self.say(who, Stance::Accept, point).what else { unreachable!() };
        position.ad_referendum = true;
    }

    fn matrix(&self) -> Matrix {
        let stands: Vec<Stand> = self.said.iter().map(|(party, annotation)| Stand { party, annotation }).collect();
        let outline = self.outline();
        let brackets = |id: &PointId| open(outline.get(id).map_or(0, |point| point.words.matches('[').count()));
        let weave = |_: &PointId| Some(self.weave.as_str());
        let matrix = standing(&outline, &ExactWords::read(&outline), weave, brackets, &stands, &self.consent);
        let reversed: Vec<Stand> = stands.iter().rev().copied().collect();
        let again = standing(&outline, &ExactWords::read(&outline), weave, brackets, &reversed, &self.consent);
        assert_eq!(matrix, again, "the order of positions does not count");
        let json = serde_json::to_string(&matrix).unwrap();
        assert_eq!(serde_json::from_str::<Matrix>(&json).unwrap(), matrix, "a matrix reads back as it is");
        matrix.whole()
    }

    /// A line for each point: `id state marks: party stance marks, ...`.
    #[track_caller]
    fn check(&self, expected: &[&str]) {
        let lines: Vec<String> = self.matrix().points.iter().map(line).collect();
        assert_eq!(lines, expected);
    }
}

fn line(point: &PointStanding) -> String {
    let mark = |set: bool, mark: &str| if set { format!(" {mark}") } else { String::new() };
    let cells = point.cells.iter().map(|cell| {
        let via = cell.via.as_ref().map(|via| format!(" via {via}")).unwrap_or_default();
        format!("{} {}{via}", cell.party, name(cell.stance))
            + &mark(cell.ad_referendum, "ad-ref")
            + &mark(cell.returned, "returned")
            + &mark(cell.changed, "changed")
            + &mark(cell.conflict, "conflict")
    });
    let cells = cells.collect::<Vec<_>>().join(", ");
    let brackets = if point.open_brackets > 0 { format!(" [{}]", point.open_brackets) } else { String::new() };
    format!("{} {}{brackets}", point.point, name(point.standing))
        + &mark(point.ad_referendum, "ad-ref")
        + &mark(point.blocked_below, "blocked")
        + &mark(point.struck, "struck")
        + &format!(": {cells}")
}

/// The name that JSON has for a state.
fn name(state: impl Serialize) -> String {
    serde_json::to_value(state).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn a_point_is_agreed_when_all_that_must_consent_accept_it() {
    let mut talks = Talks::over(&[("a", 0, "words")]);
    talks.check(&["a open: arv none, bel none"]);
    talks.accept(&["arv"], "a");
    talks.check(&["a open: arv accept, bel none"]);
    talks.accept(&["bel"], "a");
    talks.check(&["a agreed: arv accept, bel accept"]);
    talks.ad_referendum("bel", "a");
    talks.said.remove(1);
    talks.check(&["a agreed ad-ref: arv accept, bel accept ad-ref"]);
}

#[test]
fn when_none_must_consent_nothing_is_agreed() {
    let mut talks = Talks::over(&[("a", 0, "words")]);
    talks.accept(&["arv", "bel"], "a");
    talks.consent.clear();
    talks.check(&["a open: arv accept, bel accept"]);
    assert!(talks.matrix().parties.iter().all(|column| !column.must_consent));
}

#[test]
fn positions_of_others_are_shown_and_count_for_nothing() {
    let mut talks = Talks::over(&[("a", 0, "words"), ("b", 1, "below")]);
    talks.accept(&["arv", "bel"], "a");
    talks.say("aaa", Stance::Oppose, "b");
    talks.say("zzz", Stance::Reserve, "a");
    talks.check(&[
        "a agreed: arv accept, bel accept, aaa none, zzz reserve",
        "b agreed: arv accept via a, bel accept via a, aaa oppose, zzz none",
    ]);
    let flags: Vec<_> = talks.matrix().parties.iter().map(|column| column.must_consent).collect();
    assert_eq!(flags, [true, true, false, false]);
}

#[test]
fn an_acceptance_lapses_with_the_words_and_holds_again_when_they_come_back() {
    let mut talks = Talks::over(&[("a", 0, "within 30 days")]);
    talks.accept(&["arv", "bel"], "a");
    talks.words("a", "within 50 days");
    talks.weave = "second".into();
    talks.check(&["a lapsed: arv lapsed, bel lapsed"]);
    let s = String::from;
    let cell = talks.matrix().points[0].cells[0].clone();
    let difference = [Piece::Same(s("within ")), Piece::Removed(s("30")), Piece::Inserted(s("50")), Piece::Same(s(" days"))];
    assert_eq!(cell.difference.as_deref(), Some(&difference[..]));
    assert_eq!((cell.by, cell.at_ms, cell.reason), (Some("arv-1".parse().unwrap()), Some(1_000), s("reason 0")));
    assert_eq!(cell.annotation, Some("n000".parse().unwrap()));
    talks.words("a", "within 30 days");
    talks.check(&["a agreed: arv accept returned, bel accept returned"]);
    talks.weave = "first".into();
    talks.check(&["a agreed: arv accept, bel accept"]);
    talks.point("a").label = "17 bis".into();
    talks.check(&["a agreed: arv accept, bel accept"]);
    talks.point("a").schedule.offset_days = Some(3);
    talks.check(&["a lapsed: arv lapsed, bel lapsed"]);
}

#[test]
fn reservations_and_opposition_stay_whatever_becomes_of_the_words() {
    let mut talks = Talks::over(&[("a", 0, "words")]);
    talks.accept(&["arv"], "a");
    talks.say("bel", Stance::Reserve, "a");
    talks.check(&["a reserved: arv accept, bel reserve"]);
    talks.words("a", "other words");
    talks.check(&["a reserved: arv lapsed, bel reserve changed"]);
    talks.consent.insert(party("cyr"));
    talks.say("cyr", Stance::Oppose, "a");
    talks.check(&["a opposed: arv lapsed, bel reserve changed, cyr oppose"]);
}

#[test]
fn of_several_positions_of_one_party_the_strictest_counts() {
    use Stance::{Accept, Oppose, Reserve};
    // The positions in the order in which they are taken; the words change after those marked as old.
    type Said<'a> = &'a [(Stance, bool)];
    let table: [(Said, &str, &str); 8] = [
        (&[(Accept, true), (Accept, false)], "arv accept", "reason 1"),
        (&[(Accept, false), (Accept, false)], "arv accept", "reason 1"),
        (&[(Accept, true), (Accept, true)], "arv lapsed", "reason 1"),
        (&[(Reserve, false), (Accept, false)], "arv reserve conflict", "reason 0"),
        (&[(Accept, false), (Oppose, false), (Reserve, false)], "arv oppose conflict", "reason 1"),
        (&[(Reserve, true), (Accept, false)], "arv reserve changed conflict", "reason 0"),
        (&[(Accept, true), (Reserve, false), (Reserve, false)], "arv reserve conflict", "reason 2"),
        (&[(Oppose, true), (Oppose, false)], "arv oppose", "reason 1"),
    ];
    for (positions, expected, reason) in table {
        let mut talks = Talks::over(&[("a", 0, "old words")]);
        talks.consent = [party("arv")].into();
        for (stance, old) in positions {
            talks.words("a", if *old { "old words" } else { "new words" });
            talks.say("arv", *stance, "a");
        }
        talks.words("a", "new words");
        let point = &talks.matrix().points[0];
        assert_eq!(line(point).split_once(": ").unwrap().1, expected, "{positions:?}");
        assert_eq!(point.cells[0].reason, reason, "{positions:?}");
    }
    let mut talks = Talks::over(&[("a", 0, "words")]);
    talks.ad_referendum("arv", "a");
    talks.accept(&["arv", "bel"], "a");
    talks.check(&["a agreed ad-ref: arv accept ad-ref conflict, bel accept"]);
    // The clock of whoever wrote it may stand still: then the id decides.
    let mut talks = Talks::over(&[("a", 0, "words")]);
    talks.accept(&["arv", "arv"], "a");
    talks.said.iter_mut().for_each(|(_, annotation)| annotation.at_ms = 7);
    assert_eq!(talks.matrix().points[0].cells[0].reason, "reason 1");
}

#[test]
fn what_is_no_position_on_words_is_passed_over() {
    let mut talks = Talks::over(&[("a", 0, "words")]);
    talks.accept(&["arv"], "a");
    let (start, end) = (CharId { client: 1, clock: 0 }, CharId { client: 1, clock: 3 });
    let anchor = Some(Anchor { start, end, before: None, after: None });
    talks.say("arv", Stance::Oppose, "a").anchor = anchor;
    talks.say("arv", Stance::Oppose, "a").withdrawn = true;
    talks.say("arv", Stance::Oppose, "a").what = What::Note;
    talks.say("arv", Stance::Oppose, "a").what = What::Proposal { replacement: String::new() };
    talks.say("arv", Stance::Oppose, "a").point = "gone".parse().unwrap();
    talks.say("zzz", Stance::Oppose, "a").what =
        What::Position(Position { stance: Stance::Oppose, ad_referendum: false, words: None });
    talks.check(&["a open: arv accept, bel none"]);
}

#[test]
fn an_acceptance_covers_what_stands_below_it() {
    let mut talks = Talks::over(&[("a", 0, ""), ("b", 1, "b"), ("c", 2, "c"), ("d", 0, "d")]);
    talks.weave = "second".into();
    talks.accept(&["bel"], "a");
    talks.weave = "first".into();
    talks.ad_referendum("arv", "a");
    talks.check(&[
        "a agreed ad-ref: arv accept ad-ref, bel accept returned",
        "b agreed ad-ref: arv accept via a ad-ref, bel accept via a returned",
        "c agreed ad-ref: arv accept via a ad-ref, bel accept via a returned",
        "d open: arv none, bel none",
    ]);
    let covered = talks.matrix().points[2].cells[0].clone();
    assert_eq!((covered.annotation, covered.reason.as_str()), (Some("n001".parse().unwrap()), ""));
    talks.accept(&["arv"], "b");
    talks.words("d", "other");
    talks.check(&[
        "a agreed ad-ref: arv accept ad-ref, bel accept returned",
        "b agreed: arv accept, bel accept via a returned",
        "c agreed: arv accept via b, bel accept via a returned",
        "d open: arv none, bel none",
    ]);
    talks.words("b", "other");
    talks.check(&[
        "a lapsed: arv lapsed ad-ref, bel lapsed",
        "b lapsed: arv lapsed, bel none",
        "c open: arv none, bel none",
        "d open: arv none, bel none",
    ]);
}

#[test]
fn a_position_below_an_acceptance_counts_from_there_on() {
    let mut talks = Talks::over(&[("a", 0, ""), ("b", 1, "b"), ("c", 2, "c"), ("d", 3, "d"), ("e", 1, "e")]);
    talks.accept(&["arv", "bel"], "a");
    talks.say("bel", Stance::Reserve, "b");
    talks.accept(&["bel"], "d");
    talks.check(&[
        "a open blocked: arv accept, bel accept",
        "b reserved: arv accept via a, bel reserve",
        "c open: arv accept via a, bel none",
        "d agreed: arv accept via a, bel accept",
        "e agreed: arv accept via a, bel accept via a",
    ]);
    assert_eq!(talks.matrix().counts, Counts { agreed: 2, reserved: 1, open: 2, ..Counts::default() });
}

#[test]
fn a_lapsed_acceptance_does_not_stand_in_the_way_of_one_that_holds_above() {
    let mut talks = Talks::over(&[("a", 0, ""), ("b", 1, "old")]);
    talks.accept(&["arv"], "b");
    talks.words("b", "new");
    talks.check(&["a open: arv none, bel none", "b lapsed: arv lapsed, bel none"]);
    talks.accept(&["arv", "bel"], "a");
    talks.check(&["a agreed: arv accept, bel accept", "b agreed: arv accept via a, bel accept via a"]);
}

#[test]
fn open_brackets_below_keep_a_point_open() {
    let mut talks = Talks::over(&[("a", 0, "one"), ("b", 1, "[two] [three]"), ("c", 1, "four")]);
    talks.accept(&["arv", "bel"], "a");
    talks.check(&[
        "a open [2]: arv accept, bel accept",
        "b open [2]: arv accept via a, bel accept via a",
        "c agreed: arv accept via a, bel accept via a",
    ]);
    talks.strike("b");
    talks.accept(&["arv", "bel"], "a");
    talks.check(&[
        "a agreed: arv accept, bel accept",
        "b struck [2] struck: arv none, bel none",
        "c agreed: arv accept via a, bel accept via a",
    ]);
}

#[test]
fn striking_is_accepted_by_accepting_the_struck_point() {
    let mut talks = Talks::over(&[("a", 0, "one"), ("b", 1, "two"), ("c", 2, "three")]);
    talks.accept(&["arv", "bel"], "b");
    talks.strike("b");
    talks.accept(&["arv", "bel"], "a");
    talks.check(&[
        "a agreed: arv accept, bel accept",
        "b struck struck: arv lapsed, bel lapsed",
        "c struck struck: arv none, bel none",
    ]);
    talks.accept(&["arv", "bel"], "b");
    talks.check(&[
        "a agreed: arv accept, bel accept",
        "b struck struck: arv accept, bel accept",
        "c struck struck: arv accept via b, bel accept via b",
    ]);
    assert_eq!(talks.matrix().counts, Counts { agreed: 1, ..Counts::default() }, "what is struck is not counted");
}

#[test]
fn only_who_opposes_the_striking_opposes_what_was_done_to_the_point_above() {
    let mut talks = Talks::over(&[("a", 0, "one"), ("b", 1, "two"), ("c", 2, "three")]);
    talks.say("bel", Stance::Oppose, "b");
    talks.say("bel", Stance::Oppose, "c");
    talks.strike("b");
    talks.accept(&["arv", "bel"], "a");
    let agreed = "a agreed: arv accept, bel accept";
    talks.check(&[agreed, "b struck blocked struck: arv none, bel oppose changed", "c struck struck: arv none, bel oppose"]);
    talks.say("bel", Stance::Reserve, "b");
    let opposed = "b struck blocked struck: arv none, bel oppose changed conflict";
    talks.check(&["a open blocked: arv accept, bel accept", opposed, "c struck struck: arv none, bel oppose"]);
}

#[test]
fn what_is_agreed_ad_referendum_below_keeps_the_point_above_from_being_agreed_outright() {
    let mut talks = Talks::over(&[("a", 0, "words"), ("b", 1, "words"), ("c", 2, "words"), ("d", 1, "words"), ("e", 0, "words")]);
    talks.ad_referendum("arv", "c");
    talks.accept(&["arv", "bel"], "a");
    let states = |talks: &Talks| talks.matrix().points.iter().map(|p| (p.standing, p.ad_referendum)).collect::<Vec<_>>();
    let (outright, subject) = ((State::Agreed, false), (State::Agreed, true));
    assert_eq!(states(&talks), [subject, subject, subject, outright, (State::Open, false)]);
    // What is struck is not among the words of the point above.
    let mut talks = Talks::over(&[("a", 0, "words"), ("b", 1, "words")]);
    talks.points[1].struck = true;
    talks.ad_referendum("arv", "b");
    talks.accept(&["bel"], "b");
    talks.accept(&["arv", "bel"], "a");
    assert_eq!(states(&talks), [outright, (State::Struck, false)]);
}
