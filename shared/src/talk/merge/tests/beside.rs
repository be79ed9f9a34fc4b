//! What a merge tells beside the points: the title, entries that wait to be confirmed, acceptances that lapsed.

use super::*;
use crate::{
    talk::layer::{Annotation, Kept, Position},
    text::plan::set_title,
};

#[test]
fn a_title_that_both_changed_is_told_beside_the_points() {
    let states = apart(&base(), |txn| set_title(txn, "Framework").unwrap(), |txn| set_title(txn, "Accord").unwrap());
    let merge = merge_of(&states);
    let title = merge.title.expect("both changed it");
    assert_eq!([&*title.base, &*title.mine, &*title.theirs], ["", "Framework", "Accord"]);
    assert!(["Framework", "Accord"].contains(&&*title.result));
    assert_eq!(merge.merged, []);
    assert_eq!(merge_of(&apart(&base(), |txn| set_title(txn, "Framework").unwrap(), |_| {})).title, None);
}

#[test]
fn an_entry_that_nobody_confirmed_begins_where_it_began_and_ends_where_it_ends_now() {
    let first = apart(&base(), |txn| words(txn, "a", "A."), |txn| drop(set_heading(txn, &id("a"), "H")));
    let older = merge_of(&first).merged.remove(0);
    let [.., result] = &first;
    let mut theirs = result.clone();
    let a = theirs.points.iter_mut().find(|point| point.id == id("a")).expect("a");
    a.words = "Others.".to_owned();
    a.label = "1 bis".to_owned();
    let mut mine = result.clone();
    mine.points[0].struck = true;
    let newer = merge(result, &mine, &theirs, &theirs).merged.remove(0);
    let both = older.clone().then(newer.clone());
    assert_eq!((&both.base, &both.mine), (&older.base, &newer.mine), "what I wrote is what I wrote last");
    let untouched = MergedPoint { by_me: Vec::new(), ..newer.clone() };
    assert_eq!(older.clone().then(untouched).mine, older.mine, "unless I wrote nothing since");
    assert_eq!((&both.theirs, &both.result, &both.label), (&newer.theirs, &newer.result, &newer.label));
    assert_eq!(both.by_me, [ChangeKind::Words, ChangeKind::Struck]);
    assert_eq!(both.by_others, [ChangeKind::Heading, ChangeKind::Label, ChangeKind::Words]);
    assert_eq!(both.why, [Cause::Both]);
}

fn acceptance(name: &str, point: &str, words: &Outline) -> Annotation {
    let kept = Kept::of(Stance::Accept, ExactWords::read(words).get(&id(point)).expect("there"), "");
    Annotation {
        id: name.parse().expect("an id"),
        point: id(point),
        anchor: None,
        quote: String::new(),
        what: What::Position(Position { stance: Stance::Accept, ad_referendum: false, words: Some(kept) }),
        body: String::new(),
        reply_to: None,
        entered_for: None,
        resolved: false,
        withdrawn: false,
        by: None,
        at_ms: 0,
    }
}

#[test]
fn acceptances_that_held_on_a_side_and_not_in_what_came_out_have_lapsed() {
    let states = apart(
        &base(),
        |txn| (words(txn, "b1", "It has access."), words(txn, "a", "A.")).0,
        |txn| (words(txn, "b1", "It shall have full access."), words(txn, "f", "F.")).0,
    );
    let [base, mine, theirs, result] = &states;
    let merge = merge_of(&states);
    assert_eq!(names(&merge), "b1");
    let mut withdrawn = acceptance("withdrawn", "b1", base);
    withdrawn.withdrawn = true;
    let mut reserved = acceptance("reserved", "b1", base);
    if let What::Position(position) = &mut reserved.what {
        position.stance = Stance::Reserve;
    }
    let entries = [
        acceptance("base", "b1", base),
        acceptance("mine", "b1", mine),
        acceptance("theirs", "b1", theirs),
        acceptance("above", "b", theirs),
        acceptance("now", "b1", result),
        // Mine alone changed `a`, theirs alone `f`: that is no merge.
        acceptance("a", "a", base),
        acceptance("f", "f", base),
        acceptance("below", "b11", base),
        withdrawn,
        reserved,
    ];
    let party = "arv".parse().expect("an id");
    let stands: Vec<_> = entries.iter().map(|annotation| Stand { party: &party, annotation }).collect();
    let lapsed = lapsed(&merge, [base, mine, theirs, result], &stands);
    let found: Vec<_> = lapsed.iter().map(|lapsed| (lapsed.annotation.as_str(), lapsed.point.as_str(), &*lapsed.label)).collect();
    assert_eq!(found, [("base", "b1", "(a)"), ("mine", "b1", "(a)"), ("theirs", "b1", "(a)"), ("above", "b", "2")]);
}
