//! Edits of a plan document, each the smallest that does it. None of them touches what it does not name: labels stay when points move,
//! striking keeps the words, and changed words keep what did not change.

use yrs::{Any, Map, MapPrelim, MapRef, Out, ReadTxn, TextPrelim, TransactionMut, WriteTxn};

use super::{
    META, Outline, POINTS, Point, difference, label, order, read,
    stored::{EditError, plain, stored, unix},
};
use crate::{id::PointId, limits, log::gate};

/// A point to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewPoint<'a> {
    /// A new id, chosen by the caller at random.
    pub id: &'a PointId,
    /// Its label; `None` for the one that fits the place, `Some("")` for none.
    pub label: Option<&'a str>,
    /// Its heading, possibly empty.
    pub heading: &'a str,
    /// Its words, possibly empty.
    pub words: &'a str,
}

/// Where a point is put.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Place {
    /// Before all children of a point, or of the plan.
    First {
        /// The point, `None` for the plan.
        parent: Option<PointId>,
    },
    /// After all children of a point, or of the plan.
    Last {
        /// The point, `None` for the plan.
        parent: Option<PointId>,
    },
    /// Right after a point, on its level. A new point that gets its label goes behind those put in there before it: after `5`
    /// comes `5 bis`, then `5 ter`.
    After(PointId),
    /// Right before a point, on its level.
    Before(PointId),
}

/// Sets the title. Line breaks become spaces.
pub fn set_title(txn: &mut TransactionMut, title: &str) -> Result<(), EditError> {
    let title = plain("title", one_line(title), gate::is_title)?;
    let meta = txn.get_or_insert_map(META);
    meta.try_update(txn, "title", title);
    Ok(())
}

/// Adds a point and returns its label. Line endings become `\n`; line breaks in the heading and label become spaces.
pub fn add_point(txn: &mut TransactionMut, new: NewPoint, place: &Place) -> Result<String, EditError> {
    let outline = Outline::read_tree(txn);
    Ok(add_to(txn, &outline, new, place)?.point.label)
}

/// A point that was added.
pub(crate) struct Added {
    /// As [`Outline::read_tree`] reads it.
    pub point: Point,
    /// Its place in document order; none if points beside it were moved apart.
    pub at: Option<usize>,
}

/// As [`add_point`], for who has the tree.
pub(crate) fn add_to(txn: &mut TransactionMut, outline: &Outline, new: NewPoint, place: &Place) -> Result<Added, EditError> {
    if txn.get_map(POINTS).is_some_and(|points| points.contains_key(txn, new.id.as_str())) {
        return Err(EditError::Exists { id: new.id.clone() });
    }
    if outline.points.len() >= limits::POINTS_MAX {
        return Err(EditError::TooMany);
    }
    let (parent, siblings, mut at) = resolve(outline, place, None)?;
    if let (Place::After(behind), None) = (place, new.label)
        && let Some(behind) = outline.get(behind).map(|point| &point.label)
        && at <= siblings.len()
    {
        at += siblings[at..].iter().take_while(|point| label::was_put_in_behind(&point.label, behind)).count();
    }
    if parent.is_some_and(|parent| parent.depth + 1 >= limits::POINT_DEPTH_MAX) {
        return Err(EditError::TooDeep);
    }
    let labels: Vec<&str> = siblings.iter().map(|point| point.label.as_str()).collect();
    let label = match new.label {
        Some(label) => plain("label", one_line(label), gate::is_label)?,
        None => label::fit(&around(outline, parent, labels.clone()), at),
    };
    let exact = label::Form::Exact.of(&label);
    if !label.is_empty() && labels.iter().any(|taken| label::Form::Exact.is(taken, &exact)) {
        return Err(EditError::LabelTaken { label });
    }
    let (heading, words) = (heading_of(new.heading)?, words_of(new.words)?);
    let (order, apart) = make_room(txn, &siblings, at)?;
    let text = Texts { label: &label, heading: &heading, words: &words };
    write_point(txn, new.id, text, parent.map(|parent| &parent.id), &order);
    let place = (!apart).then(|| document_place(outline, parent, siblings.get(at).copied()));
    let (heading, words) = (String::new(), String::new());
    let (parent, depth) = (parent.map(|parent| parent.id.clone()), parent.map_or(0, |parent| parent.depth + 1));
    let (schedule, adoptions) = Default::default();
    let point = Point { id: new.id.clone(), label, heading, words, parent, depth, order, struck: false, schedule, adoptions };
    Ok(Added { point, at: place })
}

/// The labels among which a newcomer below `parent` gets its own: those of the siblings, and the nearest on the same level of the plan.
fn around<'a>(outline: &'a Outline, parent: Option<&'a Point>, siblings: Vec<&'a str>) -> label::Level<'a> {
    /// Enough to tell how they count, and whether they run on.
    const NEAR: usize = 16;
    let at = parent.and_then(|parent| outline.points.iter().position(|point| point.id == parent.id));
    let (Some(parent), Some(at)) = (parent, at) else { return label::Level { siblings, ..Default::default() } };
    let is_near = |point: &&Point| point.depth == parent.depth + 1 && !point.label.is_empty();
    let mut before: Vec<&str> = outline.points[..at].iter().rev().filter(is_near).take(NEAR).map(|point| &*point.label).collect();
    before.reverse();
    let below = outline.points[at + 1..].iter().skip_while(|point| point.depth > parent.depth);
    let behind = below.filter(is_near).take(NEAR).map(|point| &*point.label).collect();
    label::Level { siblings, before, behind, parent: Some(&parent.label) }
}

/// Where a newcomer below `parent` stands in document order: before its next sibling, else behind all that is below its parent.
fn document_place(outline: &Outline, parent: Option<&Point>, next: Option<&Point>) -> usize {
    let index = |of: &Point| outline.points.iter().position(|point| point.id == of.id);
    match (next, parent) {
        (Some(next), _) => index(next).unwrap_or(outline.points.len()),
        (None, None) => outline.points.len(),
        (None, Some(parent)) => {
            let below = index(parent).map_or(outline.points.len(), |at| at + 1);
            below + outline.points[below..].iter().take_while(|point| point.depth > parent.depth).count()
        }
    }
}

/// Moves a point with all below it; its label stays. Tells whether that changed anything.
pub fn move_point(txn: &mut TransactionMut, id: &PointId, place: &Place) -> Result<bool, EditError> {
    let outline = Outline::read_tree(txn);
    let point = known(&outline, id)?;
    let (parent, siblings, at) = resolve(&outline, place, Some(id))?;
    let mut above = parent;
    while let Some(here) = above {
        if &here.id == id {
            return Err(EditError::BelowItself { id: id.clone() });
        }
        above = here.parent.as_ref().and_then(|id| outline.get(id));
    }
    let start = outline.points.iter().position(|point| &point.id == id).unwrap_or(0);
    let below = outline.points[start..].iter().skip(1).take_while(|below| below.depth > point.depth);
    let height = below.map(|below| below.depth - point.depth).max().unwrap_or(0);
    if parent.map_or(0, |parent| parent.depth + 1) + height >= limits::POINT_DEPTH_MAX {
        return Err(EditError::TooDeep);
    }
    let (order, apart) = make_room(txn, &siblings, at)?;
    let map = stored(txn, id)?;
    let parted = match parent {
        Some(parent) => map.try_update(txn, "parent", parent.id.as_str()),
        None => map.remove(txn, "parent").is_some(),
    };
    Ok(map.try_update(txn, "order", order) | parted | apart)
}

/// Makes `words` the words of a point; tells whether that changed anything. Only what differs is edited, so that what others change
/// in the same words at the same time survives. Line endings become `\n`.
pub fn set_words(txn: &mut TransactionMut, id: &PointId, words: &str) -> Result<bool, EditError> {
    set_text(txn, id, "words", &words_of(words)?)
}

/// Makes `heading` the heading of a point, as [`set_words`] does with words; line breaks become spaces.
pub fn set_heading(txn: &mut TransactionMut, id: &PointId, heading: &str) -> Result<bool, EditError> {
    set_text(txn, id, "heading", &heading_of(heading)?)
}

fn set_text(txn: &mut TransactionMut, id: &PointId, field: &str, wanted: &str) -> Result<bool, EditError> {
    let point = stored(txn, id)?;
    let value = point.get(txn, field);
    if let Some(Out::YText(text)) = &value
        && let Some(changed) = difference::apply(txn, text, wanted)
    {
        return Ok(changed);
    }
    // No text, or one into which a foreign client put more than characters: begin it anew.
    let changed = value.and_then(|value| read::text_of(txn, &value)).is_none_or(|now| now != wanted);
    if changed {
        point.insert(txn, field, TextPrelim::new(wanted));
    }
    Ok(changed)
}

/// Strikes a point: it stays where it is, with its words, marked as struck. Tells whether that changed anything.
pub fn strike(txn: &mut TransactionMut, id: &PointId) -> Result<bool, EditError> {
    set_struck(txn, id, true)
}

/// Takes back that a point was struck. Tells whether that changed anything.
pub fn restore(txn: &mut TransactionMut, id: &PointId) -> Result<bool, EditError> {
    set_struck(txn, id, false)
}

fn set_struck(txn: &mut TransactionMut, id: &PointId, struck: bool) -> Result<bool, EditError> {
    let point = stored(txn, id)?;
    let now = matches!(point.get(txn, "struck"), Some(Out::Any(Any::Bool(true))));
    Ok(now != struck && point.try_update(txn, "struck", struck))
}

/// Gives a point another label, or none; tells whether that changed anything. The chair's explicit act, as [`renumber`] is.
///
/// # Errors
/// [`EditError::LabelTaken`] if a sibling has it.
pub fn set_label(txn: &mut TransactionMut, id: &PointId, label: &str) -> Result<bool, EditError> {
    let outline = Outline::read_tree(txn);
    let point = known(&outline, id)?;
    let label = plain("label", one_line(label.trim()), gate::is_label)?;
    let form = label::Form::Exact.of(&label);
    let mut others = outline.children(point.parent.as_ref()).filter(|other| other.id != *id);
    if !label.is_empty() && others.any(|other| label::Form::Exact.is(&other.label, &form)) {
        return Err(EditError::LabelTaken { label });
    }
    let changed = point.label != label;
    if changed {
        stored(txn, id)?.insert(txn, "label", label);
    }
    Ok(changed)
}

/// Gives all points new labels, and tells how many changed: what stands counts from 1 in the style that it has, through the parts of the
/// plan where it ran through them before; a struck point takes an ordinal (`3 bis`), a point without a label stays without. The chair's
/// explicit act.
pub fn renumber(txn: &mut TransactionMut) -> Result<usize, EditError> {
    let outline = Outline::read_tree(txn);
    let numbered: Vec<label::Numbered> = outline
        .points
        .iter()
        .map(|point| label::Numbered { label: &point.label, struck: point.struck, depth: point.depth })
        .collect();
    let mut changed = 0;
    for (point, label) in outline.points.iter().zip(label::renumbered(&numbered)) {
        if point.label != label {
            stored(txn, &point.id)?.insert(txn, "label", label);
            changed += 1;
        }
    }
    Ok(changed)
}

fn known<'a>(outline: &'a Outline, id: &PointId) -> Result<&'a Point, EditError> {
    outline.get(id).ok_or_else(|| EditError::UnknownPoint { id: id.clone() })
}

type Resolved<'a> = (Option<&'a Point>, Vec<&'a Point>, usize);

/// The parent, its children without `moving`, and the index among them.
fn resolve<'a>(outline: &'a Outline, place: &Place, moving: Option<&PointId>) -> Result<Resolved<'a>, EditError> {
    let beside = match place {
        Place::After(id) | Place::Before(id) => Some(known(outline, id)?),
        Place::First { .. } | Place::Last { .. } => None,
    };
    if let Some(id) = beside.map(|beside| &beside.id).filter(|id| Some(*id) == moving) {
        return Err(EditError::BelowItself { id: id.clone() });
    }
    let parent = match (place, beside) {
        (Place::First { parent } | Place::Last { parent }, _) => parent.as_ref(),
        (_, beside) => beside.and_then(|beside| beside.parent.as_ref()),
    };
    let parent = parent.map(|id| known(outline, id)).transpose()?;
    let siblings: Vec<&Point> =
        outline.children(parent.map(|parent| &parent.id)).filter(|point| Some(&point.id) != moving).collect();
    let index = |id: &PointId| siblings.iter().position(|point| &point.id == id).unwrap_or(siblings.len());
    let at = match place {
        Place::First { .. } => 0,
        Place::Last { .. } => siblings.len(),
        Place::Before(id) => index(id),
        Place::After(id) => index(id) + 1,
    };
    Ok((parent, siblings, at))
}

/// A key for a place among siblings; where there is no room, the neighbours move apart. Tells whether they did.
fn make_room(txn: &mut TransactionMut, siblings: &[&Point], at: usize) -> Result<(String, bool), EditError> {
    let orders: Vec<&str> = siblings.iter().map(|point| point.order.as_str()).collect();
    let (key, moved) = order::insert(&orders, at);
    let apart = !moved.is_empty();
    for (index, order) in moved {
        stored(txn, &siblings[index].id)?.try_update(txn, "order", order);
    }
    Ok((key, apart))
}

#[derive(Clone, Copy)]
pub(crate) struct Texts<'a> {
    pub label: &'a str,
    pub heading: &'a str,
    pub words: &'a str,
}

/// Field by field, because a map of fields is written in the order of its hashes, and one input must give one update. The texts are as
/// they are to stand there.
fn write_point(txn: &mut TransactionMut, id: &PointId, text: Texts, parent: Option<&PointId>, order: &str) -> MapRef {
    let points = txn.get_or_insert_map(POINTS);
    let map = points.insert(txn, id.as_str(), MapPrelim::default());
    map.insert(txn, "label", text.label);
    map.insert(txn, "heading", TextPrelim::new(text.heading));
    map.insert(txn, "words", TextPrelim::new(text.words));
    if let Some(parent) = parent {
        map.insert(txn, "parent", parent.as_str());
    }
    map.insert(txn, "order", order);
    map.insert(txn, "struck", false);
    // There from the start: of two maps that were put here apart one would go, with all that it holds.
    let schedule = map.insert(txn, "schedule", MapPrelim::default());
    schedule.insert(txn, "after", MapPrelim::default());
    map
}

/// Writes many points at once: (id, texts, index of the parent among them, struck), each parent before its children. The plan must
/// be empty.
pub(crate) fn fill(txn: &mut TransactionMut, points: &[(PointId, Texts, Option<usize>, bool)]) -> Result<(), EditError> {
    if txn.get_or_insert_map(POINTS).len(txn) > 0 {
        return Err(EditError::NotEmpty);
    }
    if points.len() > limits::POINTS_MAX {
        return Err(EditError::TooMany);
    }
    let mut ids: Vec<&PointId> = points.iter().map(|point| &point.0).collect();
    ids.sort_unstable();
    if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(EditError::Exists { id: pair[0].clone() });
    }
    let checked = |text: &Texts| {
        plain("label", text.label, gate::is_label)?;
        Ok((heading_of(text.heading)?, words_of(text.words)?))
    };
    let texts = points.iter().map(|(_, text, ..)| checked(text)).collect::<Result<Vec<_>, EditError>>()?;
    let mut counts = std::collections::HashMap::new();
    points.iter().for_each(|point| *counts.entry(point.2).or_insert(0usize) += 1);
    let mut orders: std::collections::HashMap<_, _> =
        counts.into_iter().map(|(parent, count)| (parent, order::spread(None, None, count).into_iter())).collect();
    for ((id, text, parent, struck), (heading, words)) in points.iter().zip(&texts) {
        let order = orders.get_mut(parent).and_then(Iterator::next).unwrap_or_default();
        let map =
            write_point(txn, id, Texts { label: text.label, heading, words }, parent.map(|parent| &points[parent].0), &order);
        if *struck {
            map.insert(txn, "struck", true);
        }
    }
    Ok(())
}

/// The text of a point's words; `None` where a careless client put something else.
pub fn words_text<T: ReadTxn>(txn: &T, id: &PointId) -> Option<yrs::TextRef> {
    text_at(txn, id, "words")
}

/// The same of its heading.
pub fn heading_text<T: ReadTxn>(txn: &T, id: &PointId) -> Option<yrs::TextRef> {
    text_at(txn, id, "heading")
}

fn text_at<T: ReadTxn>(txn: &T, id: &PointId, field: &str) -> Option<yrs::TextRef> {
    match stored(txn, id).ok()?.get(txn, field) {
        Some(Out::YText(text)) => Some(text),
        _ => None,
    }
}

/// Replaces stretches of a point's words, given as ranges of bytes in order and without overlap; only what differs within each is
/// edited. Line endings are `\n` already.
///
/// # Errors
/// [`EditError::NotPlain`], or [`EditError::NotText`] too if a range is none of theirs; nothing is done then.
pub(crate) fn replace_words(
    txn: &mut TransactionMut,
    id: &PointId,
    stretches: &[(std::ops::Range<usize>, &str)],
) -> Result<(), EditError> {
    for (_, with) in stretches {
        plain("words", *with, gate::is_plain)?;
    }
    let done = words_text(txn, id).is_some_and(|text| difference::apply_within(txn, &text, stretches));
    if done { Ok(()) } else { Err(EditError::NotText { id: id.clone() }) }
}

/// Words as they stand in a plan, with line endings as `\n`.
///
/// # Errors
/// [`EditError::NotPlain`].
pub(crate) fn words_of(words: &str) -> Result<String, EditError> {
    plain("words", unix(words), gate::is_plain)
}

fn heading_of(heading: &str) -> Result<String, EditError> {
    plain("heading", one_line(heading), gate::is_plain)
}

fn one_line(text: &str) -> String {
    text.split(['\r', '\n']).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
