mod near;

use super::*;
use crate::{
    id::PointId,
    log::{
        fold::Fold,
        record::{Branch, Moment, Provenance, Right},
    },
    people::Author,
    text::{
        apart::tests::{Talks, id, words},
        plan::{new_doc, set_heading, set_title, strike},
    },
};

/// The marks of a log, and the same if they were saved and loaded after each record.
fn marks(talks: &Talks) -> Vec<Unconfirmed> {
    let (mut fold, mut marks, mut saved) = (Fold::new(new_doc(0)), Marks::default(), Marks::default());
    for (seq, record) in &talks.log {
        let taken = fold.take(record).unwrap();
        marks.take(*seq, record, &mut fold, &taken.checked).unwrap();
        saved.take(*seq, record, &mut fold, &taken.checked).unwrap();
        saved = postcard::from_bytes(&postcard::to_allocvec(&saved).unwrap()).unwrap();
    }
    assert_eq!(saved, marks);
    marks.marked(fold.ledger()).points
}

/// Of a mark whether it is a point's, whose it is, and whether something was put side by side.
type Told = (bool, Vec<(String, u64)>, bool);

fn told(talks: &Talks) -> Vec<Told> {
    let by = |mark: &Unconfirmed| mark.by.iter().map(|by| (by.author.party.to_string(), by.seq)).collect();
    marks(talks).iter().map(|mark| (mark.point.is_some(), by(mark), mark.bracketed.is_some())).collect()
}

fn confirm(talks: &mut Talks, seen: u64, point: Option<PointId>) {
    let seq = talks.log.len() as u64 + 1;
    let author = Author { party: "cel".parse().unwrap(), member: "cel-1".parse().unwrap() };
    let by = Provenance { seen: Some(seen), ..Provenance::server(author, Right::Draft) };
    let kind = RecordKind::Confirmation { points: vec![point] };
    talks.log.push((seq, by.of_kind(kind, seq - 1, Moment::default(), Default::default())));
}

#[test]
fn a_point_is_marked_by_who_had_not_seen_what_others_wrote_and_nobody_else_is_named() {
    let mut talks = Talks::new("24 days");
    let (one, two) = (talks.write(1, &[], words("12 days")), talks.write(1, &[], words("48 days")));
    talks.push("arv", 1, 1, &[one]);
    assert!(marks(&talks).is_empty(), "one side alone");
    talks.push("bor", 2, 1, &[two]);
    let both = vec![(true, vec![("arv".to_owned(), 2), ("bor".to_owned(), 3)], true)];
    assert_eq!(told(&talks), both);
    let mark = marks(&talks).remove(0);
    assert_eq!((mark.base, mark.bracketed, mark.seq), (1, Some(4), 4));
    // Live, with all before it.
    let live = talks.write(4, &[], words("30 days"));
    talks.take("cel", Branch::TABLE, 4, live);
    assert_eq!(told(&talks), both);
}

#[test]
fn whatever_is_changed_apart_of_a_point_marks_it_and_other_points_stay_as_they_are() {
    let struck = |txn: &mut yrs::TransactionMut| strike(txn, &id()).map(drop).unwrap();
    let heading = |txn: &mut yrs::TransactionMut| set_heading(txn, &id(), "Terms").map(drop).unwrap();
    let mut talks = Talks::new("24 days");
    let (one, two) = (talks.write(1, &[], words("12 days")), talks.write(1, &[], struck));
    let three = talks.write(1, &[], heading);
    talks.take("arv", Branch::TABLE, 1, one);
    talks.push("bor", 2, 1, &[two]);
    talks.push("cel", 3, 1, &[three]);
    let named: Vec<(String, u64)> = [("arv", 2), ("bor", 3), ("cel", 5)].map(|(party, seq)| (party.to_owned(), seq)).into();
    assert_eq!(told(&talks), [(true, named, true)]);

    let mut talks = Talks::new("24 days");
    let title = |title: &'static str| move |txn: &mut yrs::TransactionMut| set_title(txn, title).map(drop).unwrap();
    let (one, two) = (talks.write(1, &[], title("One")), talks.write(1, &[], words("12 days")));
    talks.take("arv", Branch::TABLE, 1, one);
    talks.push("bor", 2, 1, &[two]);
    assert!(marks(&talks).is_empty(), "the title and a point are two");
    let three = talks.write(1, &[], title("Three"));
    talks.push("cel", 3, 1, &[three]);
    assert_eq!(told(&talks), [(false, vec![("arv".to_owned(), 2), ("cel".to_owned(), 4)], true)]);
}

#[test]
fn a_confirmation_ends_what_its_author_had_seen_and_a_stay_that_goes_on_is_apart_from_itself_never() {
    let mut talks = Talks::new("24 days");
    let (one, two) = (talks.write(1, &[], words("12 days")), talks.write(1, &[], words("48 days")));
    talks.push("arv", 1, 1, std::slice::from_ref(&one));
    talks.push("bor", 2, 1, &[two]);
    confirm(&mut talks, 3, Some(id()));
    assert_eq!(marks(&talks).len(), 1, "it had not seen the brackets");
    confirm(&mut talks, 4, None);
    assert_eq!(marks(&talks).len(), 1, "it is the title's");
    confirm(&mut talks, 4, Some(id()));
    assert!(marks(&talks).is_empty());
    let more = talks.write(1, std::slice::from_ref(&one), words("12 days at most"));
    talks.push("arv", 1, 1, &[more]);
    let named = vec![("bor".to_owned(), 3), ("arv".to_owned(), 8)];
    assert_eq!(told(&talks), [(true, named, true)], "more of the stay, and bor's had not been seen");
    let mut alone = Talks::new("24 days");
    let first = alone.write(1, &[], words("12 days"));
    let second = alone.write(1, std::slice::from_ref(&first), words("12 weeks"));
    alone.push("arv", 1, 1, &[first]);
    alone.push("arv", 1, 1, &[second]);
    assert!(marks(&alone).is_empty());
}

#[test]
fn however_many_touch_a_point_what_is_known_of_it_is_bounded_and_it_is_marked() {
    let mut talks = Talks::new("24 days");
    let late = talks.write(1, &[], words("48 days"));
    for round in 0..80 {
        let seen = talks.log.len() as u64;
        let update = talks.write(seen, &[], words(&format!("{round} days")));
        talks.take(&format!("p{round}"), Branch::TABLE, seen, update);
    }
    talks.take("late", Branch([9; 8]), 1, late);
    let mark = marks(&talks).remove(0);
    let named = (mark.by.len(), mark.by.last().unwrap().author.party.to_string());
    assert_eq!(named, (NAMED_MAX, "late".to_owned()), "{mark:?}");
    assert_eq!(mark.more, 64 - NAMED_MAX + 1, "64 are known, and who was away");
}

#[test]
fn who_makes_stay_after_stay_fills_its_own_room_and_drives_nobody_out() {
    let mut talks = Talks::new("24 days");
    let other = talks.write(1, &[], words("48 days"));
    talks.take("bor", Branch::TABLE, 1, other);
    for stay in 1..=100u8 {
        let update = talks.write(1, &[], words(&format!("{stay} weeks")));
        talks.take("arv", Branch([stay; 8]), 1, update);
    }
    let (mut fold, mut marks) = (Fold::new(new_doc(0)), Marks::default());
    for (seq, record) in &talks.log {
        let taken = fold.take(record).unwrap();
        marks.take(*seq, record, &mut fold, &taken.checked).unwrap();
    }
    let saved = postcard::to_allocvec(&marks).unwrap().len();
    assert!(saved < 6 << 10, "{saved} bytes");
    let mark = marks.marked(fold.ledger()).points.remove(0);
    let named: Vec<(&str, u64)> = mark.by.iter().map(|by| (by.author.party.as_str(), by.seq)).collect();
    assert_eq!((named[0], named.len(), mark.more), (("bor", 2), 5, 96), "{mark:?}");
}

#[test]
fn what_each_side_wrote_is_read_from_the_log_with_what_all_had_seen_before_it() {
    let mut talks = Talks::new("24 days");
    let first = talks.write(1, &[], words("12 days"));
    let second = talks.write(1, std::slice::from_ref(&first), words("12 weeks"));
    let live = talks.write(1, &[], words("48 days"));
    talks.take("bor", Branch::TABLE, 1, live);
    let says = talks.push("arv", 1, 1, &[first, second]).unwrap();
    let mark = marks(&talks).remove(0);
    let (base, since) = (state(&talks, 1), &talks.log[1..]);
    for apart in [Parted::from(&mark), Parted::from(&says)] {
        assert_eq!(apart.base(since), Some(1));
        let told = sides((1, &base), since, &[apart]).unwrap().remove(0);
        let [(point, sides)] = &told[..] else { panic!("{told:?}") };
        let wrote =
            |side: &Side| (side.by.author.party.to_string(), side.changes[0].before.clone(), side.changes[0].after.clone());
        let wrote: Vec<_> = sides.iter().map(wrote).collect();
        let expected = [("bor", "48 days"), ("arv", "12 weeks")].map(|(who, after)| (who.into(), "24 days".into(), after.into()));
        assert_eq!((point, wrote), (&Some(id()), expected.to_vec()));
    }
}

#[test]
fn what_others_wrote_later_of_a_point_is_not_told_as_what_one_at_the_table_wrote_of_it() {
    let mut talks = Talks::new("24 days");
    let title = |title: &'static str| move |txn: &mut yrs::TransactionMut| set_title(txn, title).map(drop).unwrap();
    let away = talks.write(1, &[], |txn| {
        title("Three")(txn);
        words("36 days")(txn);
    });
    for (party, is_title) in [("arv", false), ("bor", false), ("arv", true)] {
        let seen = talks.log.len() as u64;
        let to = if party == "arv" { "12 days" } else { "48 days" };
        let live = talks.write(seen, &[], |txn| if is_title { title("One")(txn) } else { words(to)(txn) });
        talks.take(party, Branch::TABLE, seen, live);
    }
    let says = talks.push("cel", 3, 1, &[away]).unwrap();
    assert_eq!((says.points.len(), &says.of[..]), (2, &[2, 3, 4, 5][..]));
    let told = sides((1, &state(&talks, 1)), &talks.log[1..], &[Parted::from(&says)]).unwrap().remove(0);
    let wrote = |side: &Side| (side.by.author.party.to_string(), side.by.seq, side.changes[0].after.clone());
    let of = |at: &Option<PointId>| told.iter().find(|(point, _)| point == at).unwrap().1.iter().map(wrote).collect::<Vec<_>>();
    let side = |party: &str, seq, after: &str| (party.to_owned(), seq, after.to_owned());
    assert_eq!(of(&Some(id())), [side("arv", 2, "12 days"), side("bor", 3, "48 days"), side("cel", 5, "36 days")]);
    assert_eq!(of(&None), [side("arv", 4, "One"), side("cel", 5, "Three")]);
}

fn state(talks: &Talks, to: u64) -> Vec<u8> {
    let mut fold = Fold::new(new_doc(0));
    talks.log.iter().filter(|(seq, _)| *seq <= to).for_each(|(_, record)| drop(fold.take(record).unwrap()));
    fold.state().unwrap()
}

#[test]
fn however_often_a_long_point_was_put_together_a_few_of_its_texts_are_held_at_once() {
    let long = |n: u64| format!("{} {n} days", "as soon as possible ".repeat(50));
    let mut talks = Talks::new(&long(0));
    let (mut aparts, mut rounds) = (Vec::new(), Vec::new());
    for round in 0..30_u8 {
        let seen = talks.log.len() as u64;
        // Each stay rests on an older text and comes back when others went on.
        rounds.push((round, seen, talks.write(seen, &[], words(&long(1_000 + u64::from(round))))));
        let live = talks.write(seen, &[], words(&long(u64::from(round) + 1)));
        talks.take("arv", Branch::TABLE, seen, live);
        if round >= 10 {
            let (round, seen, away) = rounds.remove(0);
            let says = talks.push("bor", round + 1, seen, &[away]).unwrap();
            aparts.push(Parted::from(&says));
        }
    }
    let (base, since) = (state(&talks, 1), &talks.log[1..]);
    let (all, held) = sides::read((1, &base), since, &aparts, usize::MAX).unwrap();
    assert_eq!(all, sides((1, &base), since, &aparts).unwrap());
    assert!(all.iter().all(|told| told[0].1.len() >= 2), "each has its sides");
    let one = sides::read((1, &base), since, &aparts[..1], usize::MAX).unwrap().1;
    assert!(held >= 10 * one, "{held}, of one {one}");
    for texts in [1, 3] {
        let most = texts * (one + one / 2);
        let (again, held) = sides::read((1, &base), since, &aparts, most).unwrap();
        assert_eq!(again, all);
        assert!(held <= most, "{held} of {most}");
    }
}
