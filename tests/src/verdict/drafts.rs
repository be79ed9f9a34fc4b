//! What honest people write, to be made wrong.

use plenary_shared::{
    id::PointId,
    text::plan::{self, NewPoint, Place, Schedule},
};
use yrs::{GetString, Map, ReadTxn, Text, TextRef, TransactionMut, WriteTxn};

use super::dice::Dice;

/// The points that stand from the beginning.
const POINTS: [(&str, &str); 4] =
    [("p1", "Forces withdraw within [30][50] days 😀."), ("p2", "Стороны 🕊🕊 согласны"), ("p3", ""), ("p4", "😀😀😀")];

const TYPED: [&str; 7] = ["a", "bc", "xyz ", "é", "😀", "🕊️🕊️", "a longer run of words\n"];

/// Writes the plan that all begin with.
pub fn begin(txn: &mut TransactionMut) {
    for (id, words) in POINTS {
        let id = id.parse().unwrap();
        plan::add_point(txn, NewPoint { id: &id, label: None, heading: "", words }, &Place::Last { parent: None }).unwrap();
    }
    plan::set_title(txn, "Peace").expect("a title");
    let schedule = Schedule { trigger: Some("D-Day".into()), offset_days: Some(30), ..Schedule::default() };
    plan::set_schedule(txn, &"p1".parse().unwrap(), &schedule).unwrap();
}

/// Makes one to four edits; answers what they brought, in one of the ways in which clients tell it.
pub fn edit(dice: &mut Dice, txn: &mut TransactionMut) -> Vec<u8> {
    let before = txn.state_vector();
    (0..=dice.below(4)).for_each(|_| one(dice, txn));
    txn.commit();
    // A difference names all that was ever deleted, too.
    if dice.below(2) == 0 { txn.encode_update_v1() } else { txn.encode_state_as_update_v1(&before) }
}

fn one(dice: &mut Dice, txn: &mut TransactionMut) {
    let points = txn.get_or_insert_map(plan::POINTS);
    let mut ids: Vec<String> = points.keys(txn).map(str::to_owned).collect();
    ids.sort_unstable();
    let id: PointId = dice.pick(&ids).parse().unwrap();
    match dice.below(16) {
        0..=4 => {
            let text = text(dice, txn, &id);
            type_in(dice, txn, &text);
        }
        5..=7 => {
            let text = text(dice, txn, &id);
            erase(dice, txn, &text);
        }
        8 => drop(plan::strike(txn, &id)),
        9 => drop(plan::restore(txn, &id)),
        10 => drop(plan::move_point(txn, &id, &Place::Last { parent: None })),
        11 => {
            let new = format!("n{}", dice.below(40)).parse().unwrap();
            let added = NewPoint { id: &new, label: None, heading: "New 😀", words: "Words" };
            drop(plan::add_point(txn, added, &Place::Last { parent: None }));
        }
        12 => plan::set_title(txn, dice.pick::<&str>(&["Peace", "Frieden", "Мир 🕊"])).expect("a title"),
        13 => {
            let schedule = Schedule { offset_days: Some(dice.below(99) as i64), ..Schedule::default() };
            drop(plan::set_schedule(txn, &id, &schedule));
        }
        _ => {
            let beside = txn.get_or_insert_text(plan::BESIDE);
            type_in(dice, txn, &beside);
        }
    }
}

fn text(dice: &mut Dice, txn: &mut TransactionMut, id: &PointId) -> TextRef {
    plan::words_text(txn, id).filter(|_| dice.below(4) > 0).unwrap_or_else(|| txn.get_or_insert_text(plan::BESIDE))
}

/// A place in a text which is not within a character.
fn place(dice: &mut Dice, words: &str, from: usize) -> usize {
    let rest: Vec<usize> = words[from..].chars().map(char::len_utf16).collect();
    rest[..dice.below(rest.len() as u64 + 1) as usize].iter().sum()
}

fn type_in(dice: &mut Dice, txn: &mut TransactionMut, text: &TextRef) {
    let words = text.get_string(txn);
    let at = place(dice, &words, 0);
    text.insert(txn, at as u32, dice.pick::<&str>(&TYPED));
}

fn erase(dice: &mut Dice, txn: &mut TransactionMut, text: &TextRef) {
    let words = text.get_string(txn);
    let (one, other) = (place(dice, &words, 0), place(dice, &words, 0));
    let (start, end) = (one.min(other), one.max(other).min(one.min(other) + 6));
    // Not within a character either.
    let end = if words.encode_utf16().nth(end).is_some_and(|unit| (0xDC00..0xE000).contains(&unit)) { end - 1 } else { end };
    if end > start {
        text.remove_range(txn, start as u32, (end - start) as u32);
    }
}
