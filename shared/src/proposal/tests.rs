use yrs::{Doc, GetString, Transact};

use super::*;
use crate::{
    anchor::Anchor,
    id::AnnotationId,
    plan::{NewPoint, Place},
};

struct Talks {
    doc: Doc,
}

impl Talks {
    fn on(words: &str) -> Self {
        let doc = plan::new_doc(1);
        let id = "p1".parse().unwrap();
        let new = NewPoint { id: &id, label: Some("1"), heading: "", words };
        plan::add_point(&mut doc.transact_mut(), new, &Place::Last { parent: None }).unwrap();
        Talks { doc }
    }

    fn point(&self) -> Point {
        Outline::read(&self.doc.transact()).points.remove(0)
    }

    fn words(&self) -> String {
        self.point().words
    }

    fn set(&self, words: &str) {
        let id = self.point().id;
        plan::set_words(&mut self.doc.transact_mut(), &id, words).unwrap();
    }

    /// A proposal for the only `quote` in the words; none: for the whole point.
    fn propose(&self, id: &str, quote: &str, replacement: &str) -> Annotation {
        let txn = self.doc.transact();
        let point = Outline::read(&txn).points.remove(0);
        let text = plan::words_text(&txn, &point.id).unwrap();
        assert_eq!(text.get_string(&txn), point.words);
        let at = point.words.find(quote).unwrap();
        let anchor = Anchor::at(&txn, &text, &point.words, at..at + quote.len());
        Annotation {
            id: id.parse().unwrap(),
            point: point.id,
            anchor,
            quote: quote.into(),
            what: What::Proposal { replacement: replacement.into() },
            body: String::new(),
            reply_to: None,
            resolved: false,
            withdrawn: false,
            by: None,
            at_ms: 1,
        }
    }

    fn state(&self, proposal: &Annotation) -> State {
        let point = self.point();
        let stretch = Stretch::find(&self.doc.transact(), Some(&point), proposal);
        Proposed::of(proposal, &stretch, Some(&point)).unwrap().state
    }
}

fn med() -> Adopter {
    Adopter { party: "med".parse().unwrap(), proposed_by: Some("arv".parse().unwrap()), at_ms: 7 }
}

#[test]
fn what_is_adopted_replaces_its_stretch_and_the_point_keeps_who_did_what() {
    let talks = Talks::on("within 🕊 30 days of notice");
    let proposal = talks.propose("a", "30 days", "50 days");
    assert_eq!(talks.state(&proposal), State::Open);
    let adoption = adopt(&mut talks.doc.transact_mut(), &proposal, &med()).unwrap();
    assert_eq!(talks.words(), "within 🕊 50 days of notice");
    assert_eq!(talks.point().adoptions, [("a".parse::<AnnotationId>().unwrap(), adoption.clone())].into());
    assert_eq!((adoption.how, adoption.before.as_str(), adoption.after.as_str()), (How::Adopted, "30 days", "50 days"));
    assert_eq!((adoption.proposed_by, adoption.adopted_by.as_str()), (med().proposed_by, "med"));
    assert_eq!(talks.state(&proposal), State::Adopted);
    assert_eq!(adopt(&mut talks.doc.transact_mut(), &proposal, &med()), Err(AdoptError::Done("a".into())));
}

#[test]
fn a_proposal_is_for_todays_words_until_they_are_gone() {
    let talks = Talks::on("withdraw to 30 kilometres from the line");
    let (wider, inner, beside) = (
        talks.propose("a", "30 kilometres", "50 km"),
        talks.propose("b", "30", "40"),
        talks.propose("c", "the line", "the river"),
    );
    adopt(&mut talks.doc.transact_mut(), &inner, &med()).unwrap();
    assert_eq!(talks.words(), "withdraw to 40 kilometres from the line");
    assert_eq!((talks.state(&wider), talks.state(&beside)), (State::Reanchored, State::Open));
    adopt(&mut talks.doc.transact_mut(), &wider, &med()).unwrap();
    adopt(&mut talks.doc.transact_mut(), &beside, &med()).unwrap();
    assert_eq!(talks.words(), "withdraw to 50 km from the river");

    let talks = Talks::on("one two six two");
    let proposal = talks.propose("a", "six", "four");
    talks.set("one two two");
    assert_eq!(talks.state(&proposal), State::Overtaken);
    assert_eq!(adopt(&mut talks.doc.transact_mut(), &proposal, &med()), Err(AdoptError::Gone("a".into())));
    talks.set("six: one two two");
    assert_eq!(talks.state(&proposal), State::Reanchored, "the same words stand elsewhere, once");
    adopt(&mut talks.doc.transact_mut(), &proposal, &med()).unwrap();
    assert_eq!(talks.words(), "four: one two two");

    let talks = Talks::on("one two");
    let proposal = talks.propose("a", "two", "three");
    talks.set("one three");
    assert_eq!(talks.state(&proposal), State::Overtaken, "it reads so already");
}

#[test]
fn an_alternative_stands_in_brackets_beside_its_stretch() {
    let table = [
        ("to 30 km", "30", "50", "to [30][50] km"),
        ("to [30] km", "[30]", "50", "to [30][50] km"),
        ("to [30] km", "[30]", "[50]", "to [30][50] km"),
        ("to [30] km", "30", "50", "to [30][50] km"),
        ("to [30][40] km", "30", "50", "to [30][40][50] km"),
        ("to [30] [40] km", "[30] [40]", "50", "to [30] [40][50] km"),
        ("[to [30] km]", "to [30] km", "none", "[to [30] km][none]"),
        ("to [30] km", "to [30] km", "none", "[to [30] km][none]"),
        (
            "by [an Interim Council][the League] for",
            "[an Interim Council]",
            "a Joint Council",
            "by [an Interim Council][the League][a Joint Council] for",
        ),
        ("[all of it here]", "it", "us", "[all of [it][us] here]"),
        ("слово одно", " одно", "два", "слово [одно][два]"),
    ];
    for (words, quote, replacement, wanted) in table {
        let talks = Talks::on(words);
        let proposal = talks.propose("a", quote, replacement);
        let adoption = alternative(&mut talks.doc.transact_mut(), &proposal, &med()).unwrap();
        assert_eq!(talks.words(), wanted, "{words:?} {quote:?}");
        assert_eq!((adoption.how, adoption.after), (How::Alternative, format!("[{}]", replacement.trim_matches(['[', ']']))));
        assert_eq!(talks.state(&proposal), State::Alternative);
    }
    let talks = Talks::on("");
    let whole = Annotation { anchor: None, ..talks.propose("a", "", "words") };
    alternative(&mut talks.doc.transact_mut(), &whole, &med()).unwrap();
    assert_eq!(talks.words(), "[words]");
}

#[test]
fn what_cannot_be_put_in_is_refused_and_changes_nothing() {
    let talks = Talks::on("to [30 km from] the ] line");
    let cut = |quote| alternative(&mut talks.doc.transact_mut(), &talks_propose(quote), &med());
    fn talks_propose(quote: &str) -> Annotation {
        Talks::on("to [30 km from] the ] line").propose("a", quote, "x")
    }
    for quote in ["[30", "from] the", "the ]", "to [30 km"] {
        assert_eq!(cut(quote), Err(AdoptError::CutsBracket("a".into())), "{quote}");
    }
    let unbalanced = adopt(&mut talks.doc.transact_mut(), &talks_propose("[30"), &med());
    assert_eq!(unbalanced, Err(AdoptError::CutsBracket("a".into())));
    let withdrawn = Annotation { withdrawn: true, ..talks.propose("a", "30", "x") };
    let note = Annotation { what: What::Note, ..withdrawn.clone() };
    let elsewhere = Annotation { point: "p9".parse().unwrap(), ..talks.propose("a", "30", "x") };
    let adopted = |proposal| adopt(&mut talks.doc.transact_mut(), proposal, &med());
    assert_eq!(adopted(&withdrawn), Err(AdoptError::Withdrawn("a".into())));
    assert_eq!(adopted(&note), Err(AdoptError::NoProposal { id: "a".into(), kind: "note" }));
    assert_eq!(adopted(&elsewhere), Err(AdoptError::Gone("a".into())));
    assert_eq!(adopted(&talks.propose("a", "30", "30")), Err(AdoptError::Same("a".into())));
    assert_eq!(talks.words(), "to [30 km from] the ] line");
    assert!(talks.point().adoptions.is_empty());
}

#[test]
fn a_redline_is_against_todays_words() {
    let talks = Talks::on("not less than 30 days");
    let proposal = talks.propose("a", "30 days", "50 days");
    talks.set("not less than 40 days");
    let point = talks.point();
    let stretch = Stretch::find(&talks.doc.transact(), Some(&point), &proposal);
    let piece = |s: &str| s.to_owned();
    let wanted = [Piece::Removed(piece("40")), Piece::Inserted(piece("50")), Piece::Same(piece(" days"))];
    assert_eq!(Proposed::of(&proposal, &stretch, Some(&point)).unwrap().redline, wanted);
}
