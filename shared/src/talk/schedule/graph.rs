//! The steps of a plan and what they wait for, as nodes of a graph.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::step::{Step, Wait};
use crate::{
    id::PointId,
    limits,
    text::plan::{After, Outline, Point, Schedule},
};

/// Characters of a name or a trigger.
const NAME_CHARS: usize = 80;

/// All steps, and the points without a schedule that steps wait for.
pub(super) struct Graph<'a> {
    /// In document order.
    pub nodes: Vec<Node<'a>>,
    /// Dependencies that were not taken into account, because there are more than [`limits::WAITS_MAX`].
    pub left_out: usize,
}

/// A point that is scheduled, or waited for.
pub(super) struct Node<'a> {
    pub point: &'a Point,
    pub step: Step,
    /// It has a schedule; otherwise it is only waited for.
    pub is_row: bool,
    pub trigger: Option<Arc<str>>,
    /// The nodes that it waits for, in document order.
    pub waits: Vec<(usize, After)>,
    /// All that it waits for, as shown.
    pub after: Vec<Wait>,
    /// What it waits for although it is struck or not in the plan.
    pub broken: Vec<Broken>,
    /// Its dependencies were left out, so that nothing follows from the others.
    pub is_incomplete: bool,
}

/// A dependency that is on no step.
pub(super) enum Broken {
    Unknown(Step),
    Struck(Step),
}

impl<'a> Graph<'a> {
    pub fn new(outline: &'a Outline) -> Self {
        let scheduled = |point: &Point| !point.struck && point.schedule != Schedule::default();
        let mut waits = 0;
        let mut left_out = 0;
        let mut taken: HashSet<&PointId> = HashSet::new();
        let mut waited_for: HashSet<&PointId> = HashSet::new();
        for point in outline.points.iter().filter(|point| scheduled(point)) {
            let after = &point.schedule.after;
            if waits + after.len() > limits::WAITS_MAX {
                left_out += after.len();
                continue;
            }
            waits += after.len();
            taken.insert(&point.id);
            waited_for.extend(after.keys());
        }
        let names = names(outline);
        let is_node = |point: &Point| scheduled(point) || (!point.struck && waited_for.contains(&point.id));
        let places: HashMap<&PointId, PointNode> = {
            let mut count = 0;
            let place = |(at, point): (usize, &'a Point)| {
                let node = is_node(point).then_some(count);
                count += usize::from(node.is_some());
                (&point.id, PointNode { at, node })
            };
            outline.points.iter().enumerate().map(place).collect()
        };
        let step = |at: usize| Step { point: outline.points[at].id.clone(), name: names[at].clone() };
        let nodes = outline.points.iter().enumerate().filter(|(_, point)| is_node(point)).map(|(at, point)| {
            let is_row = scheduled(point);
            let trigger = point.schedule.trigger.as_deref().filter(|_| is_row).map(|trigger| cut(trigger.trim(), NAME_CHARS));
            let mut node = Node {
                point,
                step: step(at),
                is_row,
                trigger: trigger.filter(|trigger| !trigger.is_empty()).map(Arc::from),
                waits: Vec::new(),
                after: Vec::new(),
                broken: Vec::new(),
                is_incomplete: is_row && !taken.contains(&point.id),
            };
            if is_row && !node.is_incomplete {
                node.read_waits(&places, &step);
            }
            node
        });
        Graph { nodes: nodes.collect(), left_out }
    }

    /// For each node the nodes that it waits for, in ascending order.
    pub fn waits(&self) -> Vec<Vec<usize>> {
        self.nodes.iter().map(|node| node.waits.iter().map(|(at, _)| *at).collect()).collect()
    }
}

#[derive(Clone, Copy)]
struct PointNode {
    at: usize,
    node: Option<usize>,
}

impl Node<'_> {
    fn read_waits(&mut self, places: &HashMap<&PointId, PointNode>, step: &impl Fn(usize) -> Step) {
        // In document order, not in that of the ids, which mean nothing.
        let mut known: Vec<(PointNode, After)> = Vec::new();
        let mut unknown = Vec::new();
        for (id, what) in &self.point.schedule.after {
            match places.get(id) {
                Some(place) => known.push((*place, *what)),
                None => unknown.push((Step { point: id.clone(), name: id.as_str().into() }, *what)),
            }
        }
        known.sort_unstable_by_key(|(place, _)| place.at);
        for (place, what) in known {
            let step = step(place.at);
            match place.node {
                Some(node) => self.waits.push((node, what)),
                None => self.broken.push(Broken::Struck(step.clone())),
            }
            self.after.push(Wait { step, what });
        }
        for (step, what) in unknown {
            self.broken.push(Broken::Unknown(step.clone()));
            self.after.push(Wait { step, what });
        }
    }
}

/// What each point of the outline is called.
fn names(outline: &Outline) -> Vec<Arc<str>> {
    let mut paths: HashMap<&PointId, String> = HashMap::new();
    let mut count: HashMap<String, usize> = HashMap::new();
    for point in &outline.points {
        let own = [&point.label, &point.heading].into_iter().map(|text| text.trim()).find(|text| !text.is_empty());
        let own = cut(own.unwrap_or(point.id.as_str()), NAME_CHARS / 2);
        // Parents come first in an outline.
        let path = match point.parent.as_ref().and_then(|parent| paths.get(parent)) {
            Some(above) => cut_front(&format!("{above}/{own}"), NAME_CHARS),
            None => own,
        };
        *count.entry(path.clone()).or_default() += 1;
        paths.insert(&point.id, path);
    }
    let name = |point: &Point| match paths.get(&point.id) {
        Some(path) if count.get(path) == Some(&1) => Arc::from(path.as_str()),
        Some(path) => Arc::from(format!("{path} ({})", point.id)),
        None => Arc::from(point.id.as_str()),
    };
    outline.points.iter().map(name).collect()
}

/// The first `chars` characters, on one line.
pub(super) fn cut(text: &str, chars: usize) -> String {
    crate::text::say::cut(text, chars).replace(char::is_control, " ")
}

/// The last `chars` characters: of a path they say more than the first.
fn cut_front(text: &str, chars: usize) -> String {
    let more = text.chars().count().saturating_sub(chars);
    if more == 0 {
        text.to_owned()
    } else {
        text.chars().skip(more + 1).fold(String::from("…"), |shown, c| shown + c.encode_utf8(&mut [0; 4]))
    }
}
