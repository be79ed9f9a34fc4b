//! The steps of a plan and what they wait for, as nodes of a graph.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use super::{
    step::{Step, Wait},
    trigger::Triggers,
};
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
    /// What its days count from; several where that is open.
    pub triggers: Vec<Arc<str>>,
    /// The nodes that it waits for, in document order, each with what of it must have happened: several where that is open, `None` where
    /// one would not have it wait.
    pub waits: Vec<(usize, Vec<Option<After>>)>,
    /// The nodes right below it: it is done when they are.
    pub items: Vec<usize>,
    /// The node above it, if it begins with that one because nothing else starts its clock.
    pub begins_with: Option<usize>,
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
        let struck = outline.struck();
        let scheduled = |point: &Point| !struck.contains(&point.id) && point.schedule != Schedule::default();
        let mut waits = 0;
        let mut left_out = 0;
        let mut taken: HashSet<&PointId> = HashSet::new();
        let mut waited_for: HashSet<&PointId> = HashSet::new();
        for point in outline.points.iter().filter(|point| scheduled(point)) {
            let after = awaited(point);
            if waits + after.len() > limits::WAITS_MAX {
                left_out += after.len();
                continue;
            }
            waits += after.len();
            taken.insert(&point.id);
            waited_for.extend(after);
        }
        let names = names(outline);
        let is_node = |point: &Point| scheduled(point) || (!struck.contains(&point.id) && waited_for.contains(&point.id));
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
        let mut triggers = Triggers::default();
        let nodes = outline.points.iter().enumerate().filter(|(_, point)| is_node(point)).map(|(at, point)| {
            let is_row = scheduled(point);
            let trigger = point.schedule.trigger.as_deref().filter(|_| is_row);
            let mut node = Node {
                point,
                step: step(at),
                is_row,
                triggers: trigger.map_or_else(Vec::new, |trigger| triggers.of(trigger)),
                waits: Vec::new(),
                items: Vec::new(),
                begins_with: None,
                after: Vec::new(),
                broken: Vec::new(),
                is_incomplete: is_row && !taken.contains(&point.id),
            };
            if is_row && !node.is_incomplete {
                node.read_waits(&places, &step);
            }
            node
        });
        let mut graph = Graph { nodes: nodes.collect(), left_out };
        graph.find_items(outline);
        graph
    }

    /// Whether values stand side by side anywhere.
    pub fn is_open(&self) -> bool {
        self.nodes.iter().any(|node| node.is_row && !node.point.schedule.alternatives.is_none())
    }

    /// Finds what stands right below each node, and who begins with one above it.
    fn find_items(&mut self, outline: &Outline) {
        let places: HashMap<&'a PointId, usize> = self.nodes.iter().enumerate().map(|(at, node)| (&node.point.id, at)).collect();
        // Of each level above the next point: the node that it stands below, and the one that starts the clocks there.
        let mut above: Vec<(usize, Option<usize>, Option<usize>)> = Vec::new();
        for point in &outline.points {
            while above.last().is_some_and(|(depth, ..)| *depth >= point.depth) {
                above.pop();
            }
            let (over, lends) = above.last().map_or((None, None), |(_, over, lends)| (*over, *lends));
            let Some(at) = places.get(&point.id).copied() else {
                above.push((point.depth, over, lends));
                continue;
            };
            if let Some(over) = over {
                self.nodes[over].items.push(at);
            }
            let node = &mut self.nodes[at];
            node.begins_with = lends.filter(|_| node.is_row && !node.has_clock());
            let is_dated = node.has_clock() || node.begins_with.is_some();
            above.push((point.depth, Some(at), if is_dated { Some(at) } else { lends }));
        }
        // When a point without a schedule is done, only what stands below it can tell.
        let tells: Vec<bool> = self.nodes.iter().map(|node| node.is_row || !node.items.is_empty()).collect();
        self.nodes.iter_mut().for_each(|node| node.items.retain(|item| tells[*item]));
    }

    /// For each event the events that it waits for, in ascending order: that the nodes begin, then that they are done.
    pub fn waits(&self) -> Vec<Vec<usize>> {
        let count = self.nodes.len();
        let begins = self.nodes.iter().map(|node| {
            let mut begins: Vec<usize> = node.begins_with.into_iter().collect();
            if node.begins_with.is_none() && !node.has_clock() {
                begins.extend(&node.items);
            }
            for (before, whats) in &node.waits {
                let ends = whats.iter().flatten().map(|what| if *what == After::Start { *before } else { count + before });
                begins.extend(ends);
            }
            begins.sort_unstable();
            begins.dedup();
            begins
        });
        let ends = self.nodes.iter().enumerate().map(|(at, node)| {
            let items = node.items.iter().map(|item| count + item);
            std::iter::once(at).chain(items).collect()
        });
        begins.chain(ends).collect()
    }
}

/// The points that a point comes after, or may.
fn awaited(point: &Point) -> BTreeSet<&PointId> {
    point.schedule.after.keys().chain(point.schedule.alternatives.after.keys()).collect()
}

#[derive(Clone, Copy)]
struct PointNode {
    at: usize,
    node: Option<usize>,
}

impl Node<'_> {
    /// Whether it says itself when it begins.
    pub fn has_clock(&self) -> bool {
        !self.triggers.is_empty() || !self.waits.is_empty() || self.is_incomplete
    }

    /// Whether somebody said how long its certification takes.
    pub fn says_certification(&self) -> bool {
        let schedule = &self.point.schedule;
        schedule.certification_days.is_some() || !schedule.alternatives.certification_days.is_empty()
    }

    fn read_waits(&mut self, places: &HashMap<&PointId, PointNode>, step: &impl Fn(usize) -> Step) {
        // In document order, not in that of the ids, which mean nothing.
        let mut known: Vec<(PointNode, Vec<Option<After>>)> = Vec::new();
        let mut unknown = Vec::new();
        let schedule = &self.point.schedule;
        for id in awaited(self.point) {
            let whats = match schedule.alternatives.after.get(id) {
                Some(whats) => whats.clone(),
                None => vec![schedule.after.get(id).copied()],
            };
            match places.get(id) {
                Some(place) => known.push((*place, whats)),
                None => unknown.push((Step { point: id.clone(), name: id.as_str().into() }, whats)),
            }
        }
        known.sort_unstable_by_key(|(place, _)| place.at);
        for (place, whats) in known {
            let step = step(place.at);
            self.after.push(wait(step.clone(), &whats));
            match place.node {
                Some(node) => self.waits.push((node, whats)),
                None => self.broken.push(Broken::Struck(step)),
            }
        }
        for (step, whats) in unknown {
            self.broken.push(Broken::Unknown(step.clone()));
            self.after.push(wait(step, &whats));
        }
    }
}

fn wait(step: Step, whats: &[Option<After>]) -> Wait {
    let what = whats.iter().rev().flatten().next().copied().unwrap_or(After::Unsaid);
    Wait { step, what, or: if whats.len() > 1 { whats.to_vec() } else { Vec::new() } }
}

/// What each point of the outline is called.
pub(crate) fn names(outline: &Outline) -> Vec<Arc<str>> {
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
