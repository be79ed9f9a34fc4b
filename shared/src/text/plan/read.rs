//! Reading an outline from a document that may hold anything. Time grows with the content, `n log n` for sorting; no recursion.

use std::collections::{BTreeMap, HashMap, HashSet};
use yrs::{Any, GetString, Map, MapRef, Out, ReadTxn};

use super::{BESIDE, Fault, META, Outline, POINTS, Point, Schedule, adoption, label, schedule};
use crate::{id::PointId, limits};

impl Outline {
    /// Reads the plan that `txn` shows. Whatever the document holds, this returns; what it could not take is among the faults.
    pub fn read<T: ReadTxn>(txn: &T) -> Outline {
        Self::read_parts(txn, true)
    }

    /// The tree and its labels without headings and words: what an edit needs to find its place.
    pub(crate) fn read_tree<T: ReadTxn>(txn: &T) -> Outline {
        Self::read_parts(txn, false)
    }

    fn read_parts<T: ReadTxn>(txn: &T, texts: bool) -> Outline {
        let mut faults = Vec::new();
        let title = title(txn);
        let mut raw = match txn.get_map(POINTS) {
            Some(points) => raw_points(txn, &points, texts, &mut faults),
            None => Vec::new(),
        };
        let parents = parents(&mut raw, &mut faults);
        let points = in_document_order(raw, &parents, &mut faults);
        duplicates(&points, &mut faults);
        let beside = if texts { txn.get_text(BESIDE).map(|text| text.get_string(txn)) } else { None };
        Outline { title, points, beside: beside.unwrap_or_default(), faults }
    }

    /// Reads what the point at this index of `points` holds again, as [`reread`].
    pub(crate) fn reread<T: ReadTxn>(&mut self, txn: &T, at: usize) {
        if let Some(point) = self.points.get_mut(at) {
            *point = reread(txn, point);
        }
    }

    /// The points that stand below the one at this index, in document order.
    pub(crate) fn below(&self, at: usize) -> impl Iterator<Item = &Point> {
        let (above, rest) = self.points[at..].split_at(1);
        rest.iter().take_while(move |point| point.depth > above[0].depth)
    }

    /// The points with these ids and all that they stand below, as indices of `points`; what is below a point comes before it.
    pub(crate) fn upwards(&self, from: &HashSet<PointId>) -> Vec<usize> {
        let mut found = Vec::new();
        // Level by level, whether one was found that waits for what it stands below.
        let mut waits = [false; limits::POINT_DEPTH_MAX + 1];
        for (at, point) in self.points.iter().enumerate().rev() {
            if std::mem::take(&mut waits[point.depth + 1]) | from.contains(&point.id) {
                waits[point.depth] = true;
                found.push(at);
            }
        }
        found
    }

    /// The point with this id.
    pub fn get(&self, id: &PointId) -> Option<&Point> {
        self.points.iter().find(|point| &point.id == id)
    }

    /// The points that are struck, by themselves or with a point above them: out of the text.
    pub fn struck(&self) -> HashSet<&PointId> {
        let mut struck = HashSet::new();
        // The depth of the struck point that is being passed: what is deeper stands below it.
        let mut around = None;
        for point in &self.points {
            around = around.filter(|depth| point.depth > *depth).or(point.struck.then_some(point.depth));
            if around.is_some() {
                struck.insert(&point.id);
            }
        }
        struck
    }

    /// The children of `parent` in order, or the top-level points for `None`.
    pub fn children<'a>(&'a self, parent: Option<&'a PointId>) -> impl Iterator<Item = &'a Point> {
        self.points.iter().filter(move |point| point.parent.as_ref() == parent)
    }
}

/// The plan's title, possibly empty.
pub(crate) fn title<T: ReadTxn>(txn: &T) -> String {
    let title = txn.get_map(META).and_then(|meta| meta.get(txn, "title"));
    title.and_then(|title| text_of(txn, &title)).unwrap_or_default()
}

/// A point of an outline or of a tree ([`Outline::read_tree`]) with all that it holds now. That its place is still the same is for
/// the caller to know; faults are not looked for.
pub(crate) fn reread<T: ReadTxn>(txn: &T, point: &Point) -> Point {
    match txn.get_map(POINTS).and_then(|points| points.get(txn, point.id.as_str())) {
        Some(Out::YMap(map)) => {
            let is = raw_point(txn, point.id.clone(), &map, true, &mut Vec::new()).point;
            Point { parent: point.parent.clone(), depth: point.depth, ..is }
        }
        _ => point.clone(),
    }
}

/// A point as the document has it; `point.parent` is still what is stored.
struct Raw {
    point: Point,
    stored_parent: Option<String>,
}

/// The stored text of a value: a `Text`, or a string where a careless client put one.
pub(crate) fn text_of<T: ReadTxn>(txn: &T, value: &Out) -> Option<String> {
    match value {
        Out::YText(text) => Some(text.get_string(txn)),
        Out::Any(Any::String(text)) => Some(text.to_string()),
        _ => None,
    }
}

pub(super) fn shown(given: &str) -> String {
    given.chars().take(80).collect()
}

fn raw_points<T: ReadTxn>(txn: &T, points: &MapRef, texts: bool, faults: &mut Vec<Fault>) -> Vec<Raw> {
    // Keys, then values: the map's own iterator recurses over entries without a value.
    let mut keys: Vec<&str> = points.keys(txn).collect();
    keys.sort_unstable();
    let mut raw = Vec::with_capacity(keys.len().min(limits::POINTS_MAX));
    let mut count = 0;
    for key in keys {
        let (id, map) = match (key.parse::<PointId>(), points.get(txn, key)) {
            (Ok(id), Some(Out::YMap(map))) => (id, map),
            _ => {
                if faults.len() < limits::POINTS_MAX {
                    faults.push(Fault::Unreadable { key: shown(key) });
                }
                continue;
            }
        };
        count += 1;
        if count <= limits::POINTS_MAX {
            raw.push(raw_point(txn, id, &map, texts, faults));
        }
    }
    if count > limits::POINTS_MAX {
        faults.push(Fault::TooMany { count });
    }
    raw
}

fn raw_point<T: ReadTxn>(txn: &T, id: PointId, map: &MapRef, texts: bool, faults: &mut Vec<Fault>) -> Raw {
    let mut bad = |field: &str| faults.push(Fault::BadField { point: id.clone(), field: field.to_owned() });
    let mut string = |field: &str| match map.get(txn, field) {
        Some(Out::Any(Any::String(value))) => value.to_string(),
        _ => {
            bad(field);
            String::new()
        }
    };
    let (label, order) = (string("label"), string("order"));
    let mut text = |field: &str| {
        if !texts {
            return String::new();
        }
        let value = map.get(txn, field);
        if !matches!(value, Some(Out::YText(_))) {
            bad(field);
        }
        value.and_then(|value| text_of(txn, &value)).unwrap_or_default()
    };
    let (heading, words) = (text("heading"), text("words"));
    let stored_parent = match map.get(txn, "parent") {
        None | Some(Out::Any(Any::Null | Any::Undefined)) => None,
        Some(Out::Any(Any::String(parent))) => Some(parent.to_string()),
        Some(_) => {
            bad("parent");
            None
        }
    };
    let struck = match map.get(txn, "struck") {
        None => false,
        Some(Out::Any(Any::Bool(struck))) => struck,
        Some(_) => {
            bad("struck");
            false
        }
    };
    let schedule = match map.get(txn, "schedule") {
        None => Schedule::default(),
        Some(Out::YMap(map)) => schedule::read(txn, &map, &mut bad),
        Some(_) => {
            bad("schedule");
            Schedule::default()
        }
    };
    let adoptions = if texts { adoption::read(txn, map, &mut bad) } else { BTreeMap::new() };
    Raw { point: Point { id, label, heading, words, parent: None, depth: 0, order, struck, schedule, adoptions }, stored_parent }
}

/// The index of each point's parent, with unknown parents and circles cut. `raw` is sorted by id, so the first point of a circle that a
/// walk in this order marks is the one with the smallest id only if we look for it: each circle is searched for its minimum.
fn parents(raw: &mut [Raw], faults: &mut Vec<Fault>) -> Vec<Option<usize>> {
    let index: HashMap<&str, usize> = raw.iter().enumerate().map(|(at, raw)| (raw.point.id.as_str(), at)).collect();
    let mut parents = Vec::with_capacity(raw.len());
    for one in raw.iter() {
        let parent = one.stored_parent.as_deref().map(|parent| (parent, index.get(parent).copied()));
        if let Some((parent, None)) = parent {
            faults.push(Fault::UnknownParent { point: one.point.id.clone(), parent: shown(parent) });
        }
        parents.push(parent.and_then(|(_, at)| at));
    }
    // 0: not seen; otherwise the number of the walk that saw it. A walk that meets itself has found a circle.
    let mut seen = vec![0usize; raw.len()];
    for start in 0..raw.len() {
        let mut at = start;
        while seen[at] == 0 {
            seen[at] = start + 1;
            match parents[at] {
                Some(parent) => at = parent,
                None => break,
            }
        }
        if seen[at] == start + 1 && parents[at].is_some() {
            cut_circle(at, raw, &mut parents, faults);
        }
    }
    parents
}

/// Cuts the circle through `at` above its smallest id: `raw` is sorted by id, so the smallest index.
fn cut_circle(at: usize, raw: &[Raw], parents: &mut [Option<usize>], faults: &mut Vec<Fault>) {
    let mut circle = vec![at];
    let mut next = parents[at];
    while let Some(here) = next.filter(|here| *here != at) {
        circle.push(here);
        next = parents[here];
    }
    if next.is_none() {
        return; // a chain that ends at the top
    }
    let smallest = (0..circle.len()).min_by_key(|place| circle[*place]).unwrap_or(0);
    circle.rotate_left(smallest);
    let name = |at: &usize| raw[*at].point.id.clone();
    faults.push(Fault::Circle { points: circle.iter().map(name).collect(), cut: name(&circle[0]) });
    parents[circle[0]] = None;
}

/// Depth first, siblings by order and then by id; points below the deepest level are shown on it.
fn in_document_order(raw: Vec<Raw>, parents: &[Option<usize>], faults: &mut Vec<Fault>) -> Vec<Point> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); raw.len()];
    let mut tops = Vec::new();
    for (at, parent) in parents.iter().enumerate() {
        match parent {
            Some(parent) => children[*parent].push(at),
            None => tops.push(at),
        }
    }
    // Indices follow ids, so a stable sort by order breaks ties by id. The stack takes the last first.
    let sort = |group: &mut Vec<usize>| {
        group.sort_by(|a, b| raw[*a].point.order.cmp(&raw[*b].point.order));
        group.reverse();
    };
    sort(&mut tops);
    children.iter_mut().for_each(sort);

    let mut points: Vec<Option<Point>> = raw.into_iter().map(|raw| Some(raw.point)).collect();
    let mut ordered = Vec::with_capacity(points.len());
    let mut too_deep: Option<(PointId, usize)> = None;
    let mut stack: Vec<(usize, usize, Option<PointId>)> = tops.into_iter().map(|at| (at, 0, None)).collect();
    while let Some((at, depth, parent)) = stack.pop() {
        let Some(mut point) = points[at].take() else { continue };
        point.depth = depth.min(limits::POINT_DEPTH_MAX - 1);
        if depth >= limits::POINT_DEPTH_MAX {
            too_deep.get_or_insert_with(|| (point.id.clone(), 0)).1 += 1;
        }
        // On the deepest level a child takes its parent's parent.
        let below = if depth + 1 >= limits::POINT_DEPTH_MAX { parent.clone() } else { Some(point.id.clone()) };
        point.parent = parent;
        stack.extend(children[at].drain(..).map(|child| (child, depth + 1, below.clone())));
        ordered.push(point);
    }
    faults.extend(too_deep.map(|(first, count)| Fault::TooDeep { first, count }));
    ordered
}

fn duplicates(points: &[Point], faults: &mut Vec<Fault>) {
    let mut by_label: HashMap<(Option<&PointId>, String), Vec<usize>> = HashMap::new();
    for (at, point) in points.iter().enumerate().filter(|(_, point)| !point.label.is_empty()) {
        by_label.entry((point.parent.as_ref(), label::Form::Exact.of(&point.label))).or_default().push(at);
    }
    let twice: BTreeMap<usize, Vec<usize>> =
        by_label.into_values().filter(|group| group.len() > 1).map(|group| (group[0], group)).collect();
    faults.extend(twice.into_iter().map(|(first, group)| Fault::DuplicateLabel {
        label: points[first].label.clone(),
        points: group.into_iter().map(|at| points[at].id.clone()).collect(),
    }));
}
