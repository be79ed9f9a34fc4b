use yrs::{Doc, GetString, Transact};

use super::*;
use crate::{
    id::AnnotationId,
    text::{
        anchor::Anchor,
        plan::{self, NewPoint, Outline, Place},
    },
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
            entered_for: None,
            resolved: false,
            withdrawn: false,
            by: None,
            at_ms: 1,
        }
    }

    fn stretch(&self, proposal: &Annotation) -> Stretch {
        Stretch::find(&self.doc.transact(), Some(&self.point()), proposal.anchor.as_ref(), &proposal.quote)
    }

    /// As it is shown where it is a proposal of this party.
    fn proposed_by(&self, party: &str, proposal: &Annotation) -> Proposed {
        let (party, point, stretch): (PartyId, _, _) = (party.parse().unwrap(), self.point(), self.stretch(proposal));
        let mut shares = Shares::among([&party].into_iter());
        let became = ProposalState::of(proposal, &party, &stretch, Some(&point), &mut shares);
        Proposed::of((proposal, &party), &stretch, became, Some(&point), &mut shares).unwrap()
    }

    fn state(&self, proposal: &Annotation) -> ProposalState {
        self.proposed_by("arv", proposal).state
    }

    /// What its stretch reads now.
    fn today(&self, proposal: &Annotation) -> String {
        today(&self.stretch(proposal), Some(&self.point())).unwrap_or_default().to_owned()
    }

    /// Adopts it by somebody who has looked at the words.
    fn adopt(&self, proposal: &Annotation) -> Result<Adoption, AdoptError> {
        let seen = self.today(proposal);
        adopt(&mut self.doc.transact_mut(), proposal, &seen, &med())
    }

    /// The same as an alternative.
    fn alternative(&self, proposal: &Annotation) -> Result<Adoption, AdoptError> {
        let seen = self.today(proposal);
        alternative(&mut self.doc.transact_mut(), proposal, &seen, &med())
    }

    /// Writes down by hand that it was put into the text.
    fn claim(&self, proposal: &Annotation, how: How, after: &str) {
        let Adopter { party, proposed_by, at_ms } = med();
        let claim = Adoption { how, proposed_by, adopted_by: party, at_ms, before: String::new(), after: after.into() };
        plan::record(&mut self.doc.transact_mut(), &proposal.point, &proposal.id, &claim).unwrap();
    }
}

fn med() -> Adopter {
    Adopter { party: "med".parse().unwrap(), proposed_by: Some("arv".parse().unwrap()), at_ms: 7 }
}

#[test]
fn what_is_adopted_replaces_its_stretch_and_the_point_keeps_who_did_what() {
    let talks = Talks::on("within 🕊 30 days of notice");
    let proposal = talks.propose("a", "30 days", "50 days");
    assert_eq!(talks.state(&proposal), ProposalState::Open);
    let adoption = talks.adopt(&proposal).unwrap();
    assert_eq!(talks.words(), "within 🕊 50 days of notice");
    assert_eq!(talks.point().adoptions, [("a".parse::<AnnotationId>().unwrap(), adoption.clone())].into());
    assert_eq!((adoption.how, adoption.before.as_str(), adoption.after.as_str()), (How::Adopted, "30 days", "50 days"));
    assert_eq!((adoption.proposed_by, adoption.adopted_by.as_str()), (med().proposed_by, "med"));
    assert_eq!(talks.state(&proposal), ProposalState::Adopted);
    assert_eq!(talks.adopt(&proposal), Err(AdoptError::Done("a".into())));
}

#[test]
fn a_proposal_is_for_todays_words_until_they_are_gone() {
    let talks = Talks::on("withdraw to 30 kilometres from the line");
    let (wider, inner, beside) = (
        talks.propose("a", "30 kilometres", "50 km"),
        talks.propose("b", "30", "40"),
        talks.propose("c", "the line", "the river"),
    );
    talks.adopt(&inner).unwrap();
    assert_eq!(talks.words(), "withdraw to 40 kilometres from the line");
    assert_eq!((talks.state(&wider), talks.state(&beside)), (ProposalState::Reanchored, ProposalState::Open));
    talks.adopt(&wider).unwrap();
    talks.adopt(&beside).unwrap();
    assert_eq!(talks.words(), "withdraw to 50 km from the river");

    let talks = Talks::on("one two six two");
    let proposal = talks.propose("a", "six", "four");
    talks.set("one two two");
    assert_eq!(talks.state(&proposal), ProposalState::Overtaken);
    assert_eq!(talks.adopt(&proposal), Err(AdoptError::Gone("a".into())));
    talks.set("six: one two two");
    assert_eq!(talks.state(&proposal), ProposalState::Reanchored, "the same words stand elsewhere, once");
    assert_eq!(talks.adopt(&proposal), Err(AdoptError::Moved("a".into())));
    assert_eq!(talks.alternative(&proposal), Err(AdoptError::Moved("a".into())));
    talks.set("sixteen: one two two");
    assert_eq!(talks.state(&proposal), ProposalState::Overtaken, "a part of a word is not the word");

    let talks = Talks::on("one two");
    let proposal = talks.propose("a", "two", "three");
    talks.set("one three");
    assert_eq!(talks.state(&proposal), ProposalState::Overtaken, "it reads so already");
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
        ("to [[30]] km", "[30]", "50", "to [[30][50]] km"),
        ("to [[30]] km", "[[30]]", "50", "to [[30]][50] km"),
    ];
    for (words, quote, replacement, wanted) in table {
        let talks = Talks::on(words);
        let proposal = talks.propose("a", quote, replacement);
        let adoption = talks.alternative(&proposal).unwrap();
        assert_eq!(talks.words(), wanted, "{words:?} {quote:?}");
        assert_eq!((adoption.how, adoption.after), (How::Alternative, format!("[{}]", replacement.trim_matches(['[', ']']))));
        assert_eq!(talks.state(&proposal), ProposalState::Alternative);
    }
    let talks = Talks::on("");
    let whole = Annotation { anchor: None, ..talks.propose("a", "", "words") };
    talks.alternative(&whole).unwrap();
    assert_eq!(talks.words(), "[words]");
}

#[test]
fn what_cannot_be_put_in_is_refused_and_changes_nothing() {
    let talks = Talks::on("to [30 km from] the ] line");
    let cut = |quote| talks.alternative(&talks_propose(quote));
    fn talks_propose(quote: &str) -> Annotation {
        Talks::on("to [30 km from] the ] line").propose("a", quote, "x")
    }
    for quote in ["[30", "from] the", "the ]", "to [30 km"] {
        assert_eq!(cut(quote), Err(AdoptError::CutsBracket("a".into())), "{quote}");
    }
    let unbalanced = talks.adopt(&talks_propose("[30"));
    assert_eq!(unbalanced, Err(AdoptError::CutsBracket("a".into())));
    let withdrawn = Annotation { withdrawn: true, ..talks.propose("a", "30", "x") };
    let note = Annotation { what: What::Note, ..withdrawn.clone() };
    let elsewhere = Annotation { point: "p9".parse().unwrap(), ..talks.propose("a", "30", "x") };
    let adopted = |proposal| talks.adopt(proposal);
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
    let piece = |s: &str| s.to_owned();
    let wanted = [Piece::Removed(piece("40")), Piece::Inserted(piece("50")), Piece::Same(piece(" days"))];
    assert_eq!(talks.proposed_by("arv", &proposal).redline, wanted);
}

#[test]
fn an_alternative_whose_words_would_leave_its_brackets_is_refused() {
    let talks = Talks::on(r"within [30] days of \40");
    for replacement in ["x] shall not apply [", r"50\", "]", "[", "a [b", "[a] b]"] {
        let refused = talks.alternative(&talks.propose("a", "30", replacement));
        assert_eq!(refused, Err(AdoptError::BreaksBracket("a".into())), "{replacement:?}");
    }
    let escaped = talks.alternative(&talks.propose("a", "40", "50"));
    assert_eq!(escaped, Err(AdoptError::CutsBracket("a".into())), "the backslash before it would take its mark away");
    assert_eq!((talks.words().as_str(), talks.point().adoptions.len()), (r"within [30] days of \40", 0));
    talks.alternative(&talks.propose("b", "[30]", r"50 [or 60] a\]")).unwrap();
    assert_eq!(talks.words(), r"within [30][50 [or 60] a\]] days of \40");
}

#[test]
fn a_proposal_goes_only_in_place_of_the_words_that_the_adopter_saw() {
    let talks = Talks::on("withdraw within 30 days");
    let proposal = talks.propose("a", "30", "50");
    talks.set("withdraw within 30 or, if BOR so wishes, 99 days");
    let proposal = Annotation { anchor: talks.propose("b", "30 or, if BOR so wishes, 99", "").anchor, ..proposal };
    for put_in in [adopt, alternative] {
        let seen = |seen: &str| put_in(&mut talks.doc.transact_mut(), &proposal, seen, &med());
        let now = "30 or, if BOR so wishes, 99".to_owned();
        assert_eq!(seen("30"), Err(AdoptError::Reads { id: "a".into(), now }), "what it was made for");
    }
    assert!(talks.point().adoptions.is_empty());
    adopt(&mut talks.doc.transact_mut(), &proposal, "30 or, if BOR so wishes, 99", &med()).unwrap();
    assert_eq!(talks.words(), "withdraw within 50 days");
}

#[test]
fn a_record_counts_only_for_its_partys_proposal_and_while_the_text_reads_so() {
    let talks = Talks::on("within 30 days, or 40 days");
    let proposal = talks.propose("a", "30", "40");
    // Somebody who may draft writes that it was put in, and it was not.
    for (how, after) in [(How::Adopted, "40"), (How::Alternative, "[40]"), (How::Adopted, "days")] {
        talks.claim(&proposal, how, after);
        let proposed = talks.proposed_by("arv", &proposal);
        assert_eq!((proposed.state, proposed.adoption.is_some()), (ProposalState::Open, true), "{after}: a claim");
    }
    talks.alternative(&proposal).unwrap();
    assert_eq!(talks.words(), "within [30][40] days, or 40 days");
    assert_eq!(talks.alternative(&proposal), Err(AdoptError::Done("a".into())));
    assert_eq!(talks.state(&proposal), ProposalState::Alternative);
    let copied = talks.proposed_by("cel", &proposal);
    assert_eq!((copied.state, copied.adoption), (ProposalState::Open, None), "another party's under the same id");
    talks.set("within [30] days, or 40 days");
    assert_eq!(talks.state(&proposal), ProposalState::Open);
    // The record says that it is in; the words do not.
    talks.adopt(&proposal).unwrap();
    assert_eq!((talks.words().as_str(), talks.state(&proposal)), ("within [40] days, or 40 days", ProposalState::Adopted));
    talks.set("within [35] days, or 40 days");
    assert_eq!(talks.state(&proposal), ProposalState::Reanchored);
}
