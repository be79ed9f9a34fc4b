//! What several people do to one plan, as tests come up with it and as it is saved.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use yrs::TransactionMut;

use super::*;
use crate::courses::Course;

/// Something that one of them does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Event {
    pub who: usize,
    #[serde(flatten)]
    pub act: Act,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    Add {
        id: PointId,
        place: Place,
    },
    Move {
        id: PointId,
        place: Place,
    },
    Strike {
        id: PointId,
    },
    Restore {
        id: PointId,
    },
    Heading {
        id: PointId,
        heading: String,
    },
    Words {
        id: PointId,
        words: String,
    },
    Days {
        id: PointId,
        days: i64,
    },
    /// Takes what another holds.
    Hear {
        from: usize,
    },
}

/// Makes an edit, if it can be made.
pub(crate) fn make(txn: &mut TransactionMut, act: &Act) {
    let _ = match act {
        Act::Add { id, place } => add(txn, id.as_str(), "New.", place).map(drop),
        Act::Move { id, place } => move_point(txn, id, place).map(drop),
        Act::Strike { id } => strike(txn, id).map(drop),
        Act::Restore { id } => restore(txn, id).map(drop),
        Act::Heading { id, heading } => set_heading(txn, id, heading).map(drop),
        Act::Words { id, words } => set_words(txn, id, words).map(drop),
        Act::Days { id, days } => set_schedule(txn, id, &Schedule { offset_days: Some(*days), ..Schedule::default() }).map(drop),
        Act::Hear { .. } => Ok(()),
    };
}

/// The names of what two people add never meet: real ids are random.
fn act(names: &'static [&'static str], who: usize) -> impl Strategy<Value = Act> {
    let point = || prop::sample::select(names).prop_map(id);
    let place = (point(), 0u8..5).prop_map(|(to, how)| match how {
        0 => Place::First { parent: Some(to) },
        1 => Place::Last { parent: Some(to) },
        2 => Place::After(to),
        3 => Place::Before(to),
        _ => Place::First { parent: None },
    });
    (point(), place, 0u8..12, 0usize..100).prop_map(move |(id, place, what, n)| match what {
        0..=2 => Act::Move { id, place },
        3 | 4 => Act::Add { id: self::id(&format!("n{who}-{n}")), place },
        5 => Act::Strike { id },
        6 => Act::Restore { id },
        7 => Act::Heading { id, heading: format!("heading {who} {n}") },
        8 => Act::Days { id, days: n as i64 },
        _ => Act::Words { id, words: format!("words {who} {n}") },
    })
}

/// What so many people do to the points of a plan who now and then hear of each other.
pub(crate) fn talk(names: &'static [&'static str], people: usize, most: usize) -> impl Strategy<Value = Course<Event>> {
    let heard = (0..people, 1..people).prop_map(move |(who, step)| Event { who, act: Act::Hear { from: (who + step) % people } });
    let done = (0..people).prop_flat_map(move |who| act(names, who).prop_map(move |act| Event { who, act }));
    prop::collection::vec(prop_oneof![1 => heard, 4 => done], 1..most).prop_map(Course)
}
