//! What comes out of what a point holds beside its texts.

use super::*;
use crate::text::plan::{After, Alternatives, Point, Schedule, move_point, renumber, restore, set_schedule, strike};

type Write = fn(&mut TransactionMut);

fn other(id: &str) -> PointId {
    id.parse().unwrap()
}

/// A plan of four points, of which the first has a schedule.
fn talks() -> Talks {
    let mut talks = Talks::new("words");
    let more = talks.write(1, &[], |txn| {
        for name in ["p2", "p3", "p4"] {
            let new = NewPoint { id: &other(name), label: None, heading: "", words: name };
            add_point(txn, new, &Place::Last { parent: None }).unwrap();
        }
        let schedule = Schedule {
            offset_days: Some(24),
            verifier: Some("MED".into()),
            after: [(other("p2"), After::Start), (other("p3"), After::Done)].into(),
            ..Schedule::default()
        };
        set_schedule(txn, &id(), &schedule).unwrap();
    });
    talks.take("med", Branch::TABLE, 1, more);
    talks
}

fn point(talks: &Talks) -> Point {
    let doc = talks.state(u64::MAX, &[]);
    Outline::read(&doc.transact()).get(&id()).unwrap().clone()
}

fn schedule(txn: &mut TransactionMut, change: impl FnOnce(&mut Schedule)) {
    let mut schedule = Outline::read(txn).get(&id()).unwrap().schedule.clone();
    change(&mut schedule);
    set_schedule(txn, &id(), &schedule).unwrap();
}

/// What comes out, whichever of the sides has the greater client ids: `order` says who comes back first.
fn pushed(sides: &[Write], order: &[usize]) -> (Talks, Point) {
    let mut talks = talks();
    let written: Vec<Bytes> = sides.iter().map(|side| talks.write(2, &[], side)).collect();
    for at in order {
        talks.push("arv", *at as u8 + 1, 2, &written[*at..=*at]);
    }
    let point = point(&talks);
    (talks, point)
}

const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

#[test]
fn days_that_were_changed_apart_are_a_list_in_the_order_of_the_log_until_somebody_sets_them() {
    let sides: [Write; 3] = [
        |txn| schedule(txn, |schedule| schedule.offset_days = Some(12)),
        |txn| schedule(txn, |schedule| schedule.offset_days = Some(48)),
        |txn| schedule(txn, |schedule| schedule.offset_days = None),
    ];
    for order in ORDERS {
        let (mut talks, point) = pushed(&sides, &order);
        let days = order.map(|side| [Some(12), Some(48), None][side]);
        assert_eq!(point.schedule.alternatives, Alternatives { offset_days: days.to_vec(), ..Alternatives::default() });
        assert_eq!(point.schedule.offset_days, days[2], "the later one is what the field reads");
        let seen = talks.log.len() as u64;
        let settled = talks.write(seen, &[], |txn| {
            schedule(txn, |schedule| {
                schedule.offset_days = Some(48);
                schedule.alternatives.offset_days.clear();
            });
        });
        talks.take("bor", Branch::TABLE, seen, settled);
        let settled = self::point(&talks).schedule;
        assert_eq!((settled.offset_days, settled.alternatives.is_none()), (Some(48), true));
    }
}

#[test]
fn what_one_side_alone_changed_stands_and_the_same_value_is_there_once() {
    let sides: [Write; 3] = [
        |txn| schedule(txn, |schedule| schedule.offset_days = Some(12)),
        |txn| schedule(txn, |schedule| (schedule.offset_days, schedule.duration_days) = (Some(12), Some(3))),
        |txn| schedule(txn, |schedule| schedule.verifier = Some("the Mission".into())),
    ];
    for order in ORDERS {
        let schedule = pushed(&sides, &order).1.schedule;
        assert!(schedule.alternatives.is_none(), "{schedule:?}");
        let read = (schedule.offset_days, schedule.duration_days, schedule.verifier.as_deref());
        assert_eq!(read, (Some(12), Some(3), Some("the Mission")));
    }
}

#[test]
fn words_of_a_schedule_that_were_changed_apart_stand_side_by_side() {
    let sides: [Write; 3] = [
        |txn| schedule(txn, |schedule| schedule.verifier = Some("ARV".into())),
        |txn| schedule(txn, |schedule| schedule.verifier = Some("BOR".into())),
        |txn| schedule(txn, |schedule| schedule.verifier = None),
    ];
    for order in ORDERS {
        let verifier = pushed(&sides, &order).1.schedule.verifier.unwrap();
        let wanted = if order.iter().position(|side| *side == 0) < order.iter().position(|side| *side == 1) {
            "[ARV][BOR]"
        } else {
            "[BOR][ARV]"
        };
        assert_eq!(verifier, wanted, "{order:?}");
    }
}

#[test]
fn a_schedule_that_two_gave_to_a_point_without_one_loses_nothing() {
    for order in [[0, 1], [1, 0]] {
        let mut talks = Talks::new("words");
        let written = ["ARV", "BOR"].map(|who| {
            talks.write(1, &[], move |txn| {
                let offset = Some(who.len() as i64);
                let after = [(other("p2"), if who == "ARV" { After::Start } else { After::Done })].into();
                let new = Schedule { responsible: Some(who.into()), offset_days: offset, after, ..Schedule::default() };
                set_schedule(txn, &id(), &new).unwrap();
            })
        });
        order.iter().for_each(|at| drop(talks.push("arv", *at as u8 + 1, 1, &written[*at..=*at])));
        let schedule = point(&talks).schedule;
        let whats = order.map(|at| Some([After::Start, After::Done][at]));
        assert_eq!(schedule.responsible.unwrap(), ["[ARV][BOR]", "[BOR][ARV]"][order[0]]);
        assert_eq!((schedule.offset_days, &schedule.alternatives.offset_days), (Some(3), &vec![]));
        assert_eq!(schedule.alternatives.after, [(other("p2"), whats.to_vec())].into());
    }
}

#[test]
fn what_must_come_first_is_a_list_too_where_one_took_it_out_and_the_other_changed_it() {
    let sides: [Write; 3] = [
        |txn| schedule(txn, |schedule| _ = schedule.after.remove(&other("p2"))),
        |txn| schedule(txn, |schedule| _ = schedule.after.insert(other("p2"), After::Certified)),
        |txn| schedule(txn, |schedule| _ = schedule.after.insert(other("p4"), After::Done)),
    ];
    for order in ORDERS {
        let schedule = pushed(&sides, &order).1.schedule;
        let mut whats = vec![None, Some(After::Certified)];
        if order.iter().position(|side| *side == 0) > order.iter().position(|side| *side == 1) {
            whats.reverse();
        }
        assert_eq!(schedule.alternatives.after, [(other("p2"), whats)].into(), "{order:?}");
        assert_eq!(
            (schedule.after.get(&other("p3")), schedule.after.get(&other("p4"))),
            (Some(&After::Done), Some(&After::Done))
        );
    }
}

#[test]
fn of_a_place_the_later_in_the_log_stands_whole() {
    let sides: [Write; 3] = [
        |txn| assert!(move_point(txn, &id(), &Place::Last { parent: Some(other("p2")) }).unwrap()),
        |txn| assert!(move_point(txn, &id(), &Place::Last { parent: Some(other("p3")) }).unwrap()),
        |txn| assert!(move_point(txn, &id(), &Place::After(other("p3"))).unwrap()),
    ];
    for order in ORDERS {
        let (talks, point) = pushed(&sides, &order);
        assert_eq!(point.parent, [Some(other("p2")), Some(other("p3")), None][order[2]], "{order:?}");
        if order[2] == 2 {
            let doc = talks.state(u64::MAX, &[]);
            let points = Outline::read(&doc.transact()).points;
            let names: Vec<&str> = points.iter().map(|point| point.id.as_str()).collect();
            assert_eq!(names, ["p2", "p3", "p1", "p4"]);
        }
    }
}

#[test]
fn struck_or_restored_and_relabelled_the_later_in_the_log_stands() {
    let sides: [Write; 2] = [
        |txn| strike(txn, &id()).map(drop).unwrap(),
        |txn| {
            strike(txn, &id()).unwrap();
            restore(txn, &id()).map(drop).unwrap();
        },
    ];
    for order in [[0, 1], [1, 0]] {
        assert!(pushed(&sides, &order).1.struck, "only one side left it otherwise than it was");
    }
    let sides: [Write; 2] = [
        |txn| {
            move_point(txn, &id(), &Place::After(other("p2"))).unwrap();
            renumber(txn).map(drop).unwrap();
        },
        |txn| {
            move_point(txn, &id(), &Place::After(other("p3"))).unwrap();
            renumber(txn).map(drop).unwrap();
        },
    ];
    for order in [[0, 1], [1, 0]] {
        assert_eq!(pushed(&sides, &order).1.label, ["2", "3"][order[1]]);
    }
}

#[test]
fn moved_or_struck_against_words_both_stand_and_it_is_said() {
    let sides: [Write; 3] = [
        |txn| assert!(move_point(txn, &id(), &Place::Last { parent: Some(other("p2")) }).unwrap()),
        |txn| assert!(set_words(txn, &id(), "other words").unwrap()),
        |txn| strike(txn, &id()).map(drop).unwrap(),
    ];
    for order in ORDERS {
        let (talks, point) = pushed(&sides, &order);
        assert_eq!((point.parent, &*point.words, point.struck), (Some(other("p2")), "other words", true));
        let told = talks.log.iter().filter(|(_, record)| matches!(record.kind, RecordKind::Bracketing(_))).count();
        assert_eq!(told, 2, "each that comes back after the first is told");
    }
}

#[test]
fn what_a_branch_sends_in_parts_takes_the_place_of_its_own_alternative() {
    let mut talks = talks();
    let first = talks.write(2, &[], |txn| schedule(txn, |schedule| schedule.offset_days = Some(36)));
    let then = talks.write(2, std::slice::from_ref(&first), |txn| schedule(txn, |schedule| schedule.offset_days = Some(40)));
    for (branch, days) in [(1, 12), (2, 48)] {
        let other = talks.write(2, &[], |txn| schedule(txn, |schedule| schedule.offset_days = Some(days)));
        talks.push("arv", branch, 2, &[other]);
    }
    talks.push("bor", 3, 2, &[first]);
    assert_eq!(point(&talks).schedule.alternatives.offset_days, [Some(12), Some(48), Some(36)]);
    talks.push("bor", 3, 2, &[then]);
    assert_eq!(point(&talks).schedule.alternatives.offset_days, [Some(12), Some(48), Some(40)]);
}

/// What a side sets in a schedule: days, a word, what must come first.
type Sets = (Option<i64>, Option<&'static str>, Option<After>);

fn sets() -> impl Strategy<Value = Sets> {
    let days = prop::option::of(1..6_i64);
    let who = prop::option::of(prop::sample::select(vec!["ARV", "Боран", "بعثة", "監視団", "🕊"]));
    (days, who, prop::option::of(prop::sample::select(vec![After::Start, After::Done, After::Certified])))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn of_schedules_that_were_set_apart_nothing_is_lost_in_whatever_order_and_parts_they_come(
        has_one in any::<bool>(), sides in prop::collection::vec(sets(), 2..4), is_cut in any::<bool>(), order in 0..6_usize,
    ) {
        let (mut talks, seen) = if has_one { (talks(), 2) } else { (Talks::new("words"), 1) };
        let put = |(days, who, what): Sets| {
            move |txn: &mut TransactionMut| {
                schedule(txn, |schedule| {
                    schedule.duration_days = days.or(schedule.duration_days);
                    schedule.responsible = who.map(str::to_owned).or(schedule.responsible.take());
                    schedule.after.extend(what.map(|what| (other("p4"), what)));
                });
            }
        };
        let parts: Vec<[Bytes; 2]> = sides
            .iter()
            .map(|&(days, who, what)| {
                let first = talks.write(seen, &[], put((days, if is_cut { None } else { who }, what)));
                let then = talks.write(seen, std::slice::from_ref(&first), put((None, who, None)));
                [first, then]
            })
            .collect();
        for part in 0..=usize::from(is_cut) {
            for at in ORDERS[order].into_iter().filter(|at| *at < sides.len()) {
                talks.push("arv", at as u8 + 1, seen, &parts[at][part..=part]);
            }
        }
        let Schedule { duration_days, responsible, after, alternatives, .. } = point(&talks).schedule;
        for (days, who, what) in sides {
            prop_assert!(days.is_none() || duration_days == days || alternatives.duration_days.contains(&days), "{:?}", days);
            prop_assert!(responsible.as_deref().unwrap_or_default().contains(who.unwrap_or_default()), "{:?}: {:?}", who, responsible);
            let whats = alternatives.after.get(&other("p4")).cloned().unwrap_or_default();
            prop_assert!(what.is_none() || after.get(&other("p4")) == what.as_ref() || whats.contains(&what), "{:?}", what);
        }
        let whole = talks.state(u64::MAX, &[]).transact().encode_state_as_update_v1(&StateVector::default());
        prop_assert_eq!(talks.folded().state().unwrap(), whole);
    }
}
