//! Earliest and latest dates, and critical paths.

use std::{collections::HashMap, sync::Arc};

use super::graph::{Graph, Node};
use crate::text::plan::{After, Schedule};

/// Triggers that a message names.
const TRIGGERS_SHOWN: usize = 4;

pub(super) struct Dates {
    /// Of each node.
    pub dated: Vec<Dated>,
    /// Of each trigger, in the order in which nodes have them.
    pub paths: Vec<Path>,
}

/// What is known about when a node happens.
#[derive(Default)]
pub(super) struct Dated {
    pub trigger: Option<Arc<str>>,
    /// When it begins.
    pub start: Option<i64>,
    /// When it is done.
    pub end: Option<i64>,
    pub critical: bool,
    /// The first few triggers that meet here, if there are several.
    pub mixed: Vec<Arc<str>>,
    /// Nothing starts its clock: it names no trigger, and there is nothing that it begins with or waits for.
    pub is_without_trigger: bool,
    /// What decides when it begins and when it is done.
    decided: [Decided; 2],
}

/// Which event decides another; of several the one with the longest chain.
#[derive(Clone, Copy, Default)]
struct Decided {
    by: Option<usize>,
    /// Steps of the chain, its own included.
    chain: usize,
}

pub(super) struct Path {
    pub trigger: Arc<str>,
    pub end: i64,
    pub nodes: Vec<usize>,
}

/// Which of the values that stand side by side counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// That by which a step happens first.
    Earliest,
    /// That by which it happens last.
    Latest,
}

impl Bound {
    fn of(self, days: impl Iterator<Item = i64>) -> Option<i64> {
        if self == Bound::Earliest { days.min() } else { days.max() }
    }

    /// Days of a field: those that stand side by side, or the one.
    fn days(self, alone: Option<i64>, open: &[Option<i64>]) -> i64 {
        let open = open.iter().map(|days| days.unwrap_or(0));
        self.of(open).or(alone).unwrap_or(0)
    }

    fn offset(self, schedule: &Schedule) -> i64 {
        self.days(schedule.offset_days, &schedule.alternatives.offset_days)
    }

    fn duration(self, schedule: &Schedule) -> i64 {
        self.days(schedule.duration_days, &schedule.alternatives.duration_days).max(0)
    }

    /// Days from the end of a step to its certification.
    pub fn certification(self, schedule: &Schedule) -> i64 {
        self.days(schedule.certification_days, &schedule.alternatives.certification_days).max(0)
    }
}

/// Works out when each node can happen. What waits in a circle, or behind one, is never ready, and keeps no date. An event is that a node
/// begins (its number) or that it is done (behind all those).
pub(super) fn dates(graph: &Graph, bound: Bound) -> Dates {
    let nodes = &graph.nodes;
    let waits = graph.waits();
    let dated = nodes.iter().map(|node| Dated { trigger: only(&node.triggers).cloned(), ..Dated::default() });
    let mut dating = Dating { nodes, bound, dated: dated.collect() };
    let mut awaited_by: Vec<Vec<usize>> = vec![Vec::new(); waits.len()];
    for (at, waits) in waits.iter().enumerate() {
        waits.iter().for_each(|before| awaited_by[*before].push(at));
    }
    let mut missing: Vec<usize> = waits.iter().map(Vec::len).collect();
    let mut ready: Vec<usize> = (0..waits.len()).filter(|at| missing[*at] == 0).collect();
    while let Some(at) = ready.pop() {
        match at.checked_sub(nodes.len()) {
            None => dating.begin(at),
            Some(at) => dating.end(at),
        }
        for later in &awaited_by[at] {
            missing[*later] -= 1;
            if missing[*later] == 0 {
                ready.push(*later);
            }
        }
    }
    let mut dated = dating.dated;
    let paths = paths(&dated);
    for at in paths.iter().flat_map(|path| &path.nodes) {
        dated[*at].critical = true;
    }
    Dates { dated, paths }
}

/// The one trigger there is.
fn only(triggers: &[Arc<str>]) -> Option<&Arc<str>> {
    triggers.first().filter(|_| triggers.len() == 1)
}

struct Dating<'a> {
    nodes: &'a [Node<'a>],
    bound: Bound,
    dated: Vec<Dated>,
}

impl Dating<'_> {
    /// Dates when a node begins, once all that it waits for is dated, or known to have no date.
    fn begin(&mut self, at: usize) {
        let node = &self.nodes[at];
        // What it takes its clock from, if it says nothing itself.
        let lent: Vec<usize> = match (node.begins_with, node.has_clock()) {
            (Some(over), _) => vec![over],
            (None, false) => node.items.clone(),
            (None, true) => Vec::new(),
        };
        let mut triggers = node.triggers.clone();
        self.meet(&mut triggers, node.waits.iter().map(|(before, _)| *before).chain(lent.iter().copied()));
        let decided = Decided { by: None, chain: 1 };
        let is_without_trigger = !node.has_clock() && lent.is_empty();
        let trigger = only(&node.triggers).or(only(&triggers)).cloned();
        let is_mixed = triggers.len() > 1;
        self.dated[at] = Dated { trigger, is_without_trigger, decided: [decided; 2], ..Dated::default() };
        if is_mixed {
            self.dated[at].mixed = triggers;
        }
        if is_mixed || node.is_incomplete || self.dated[at].trigger.is_none() {
            return;
        }
        let starts = lent.iter().map(|other| Some((*other, self.dated[*other].start?)));
        let Some(events) = node.waits.iter().map(|(before, whats)| self.event(*before, whats)).collect::<Option<Vec<_>>>() else {
            return;
        };
        let offset = self.bound.offset(&node.point.schedule);
        let begins = match node.begins_with {
            Some(over) => self.dated[over].start.map(|start| (start.saturating_add(offset.max(0)), None)),
            None if !lent.is_empty() => {
                let starts = starts.collect::<Option<Vec<_>>>();
                starts.and_then(|starts| starts.into_iter().map(|(_, start)| (start, None)).min())
            }
            None => self.after(node, offset, &events.into_iter().flatten().collect::<Vec<_>>()),
        };
        let Some((start, by)) = begins else { return };
        self.dated[at].start = Some(start);
        let chain = 1 + by.map_or(0, |event| self.chain(event));
        self.dated[at].decided[0] = Decided { by, chain };
    }

    /// The first few triggers that meet in a node, with those of others.
    fn meet(&self, triggers: &mut Vec<Arc<str>>, others: impl Iterator<Item = usize>) {
        for other in others {
            let known = self.dated[other].trigger.as_ref();
            triggers.extend(known.filter(|known| triggers.len() < TRIGGERS_SHOWN && !triggers.contains(known)).cloned());
        }
    }

    /// When what is waited for of a node happens, and which event of it that is; `None` within if it need not be waited for, `None` if
    /// nobody knows.
    fn event(&self, before: usize, whats: &[Option<After>]) -> Option<Option<(i64, usize)>> {
        let Dated { start, end, .. } = self.dated[before];
        let count = self.nodes.len();
        let certified = self.bound.certification(&self.nodes[before].point.schedule);
        let day = |what: &After| match what {
            After::Start => Some((start?, before)),
            After::Done | After::Unsaid => Some((end?, count + before)),
            After::Certified => Some((end?.saturating_add(certified), count + before)),
        };
        let days = whats.iter().flatten().map(day).collect::<Option<Vec<_>>>()?;
        let is_free = self.bound == Bound::Earliest && whats.contains(&None);
        let day = self.bound.of(days.iter().map(|(day, _)| *day)).filter(|_| !is_free);
        Some(days.into_iter().find(|(of, _)| Some(*of) == day))
    }

    /// When a node begins that says so itself: its offset from its trigger, and from the latest of what it waits for.
    fn after(&self, node: &Node, offset: i64, events: &[(i64, usize)]) -> Option<(i64, Option<usize>)> {
        let latest = events.iter().map(|(day, _)| *day).max();
        let behind = latest.map(|latest| latest.saturating_add(offset.max(0)));
        let start = match (node.triggers.is_empty(), behind) {
            (false, behind) => behind.map_or(offset, |behind| behind.max(offset)),
            (true, Some(behind)) => behind,
            // All that it would wait for need not be.
            (true, None) if !node.waits.is_empty() => offset.max(0),
            (true, None) => return None,
        };
        let deciding = events.iter().filter(|(day, _)| Some(*day) == latest && behind == Some(start)).map(|(_, event)| *event);
        Some((start, deciding.max_by_key(|event| (self.chain(*event), usize::MAX - event))))
    }

    /// Dates when a node is done: when its time is over and all that stands below it is done.
    fn end(&mut self, at: usize) {
        let node = &self.nodes[at];
        let mut triggers: Vec<Arc<str>> = self.dated[at].trigger.iter().cloned().collect();
        self.meet(&mut triggers, node.items.iter().copied());
        if triggers.len() > 1 && self.dated[at].mixed.is_empty() {
            self.dated[at].mixed = triggers;
            return;
        }
        let Some(start) = self.dated[at].start else { return };
        let mut end = start.saturating_add(self.bound.duration(&node.point.schedule));
        let mut decided = Decided { by: Some(at), chain: self.chain(at) };
        for item in &node.items {
            let Some(done) = self.dated[*item].end else { return };
            let chain = self.chain(self.nodes.len() + item) + 1;
            if (done, chain) > (end, decided.chain) {
                (end, decided) = (done, Decided { by: Some(self.nodes.len() + item), chain });
            }
        }
        (self.dated[at].end, self.dated[at].decided[1]) = (Some(end), decided);
    }

    fn chain(&self, event: usize) -> usize {
        let count = self.nodes.len();
        self.dated[event % count].decided[event / count].chain
    }
}

fn paths(dated: &[Dated]) -> Vec<Path> {
    let mut lasts: Vec<(Arc<str>, usize, i64)> = Vec::new();
    let mut index: HashMap<Arc<str>, usize> = HashMap::new();
    for (at, node) in dated.iter().enumerate() {
        let (Some(trigger), Some(end)) = (&node.trigger, node.end) else { continue };
        let place = *index.entry(trigger.clone()).or_insert(lasts.len());
        let chain = |at: usize| dated[at].decided[1].chain;
        match lasts.get_mut(place) {
            None => lasts.push((trigger.clone(), at, end)),
            Some(last) if (end, chain(at)) > (last.2, chain(last.1)) => (last.1, last.2) = (at, end),
            Some(_) => {}
        }
    }
    let count = dated.len();
    let path = |(trigger, last, end): (Arc<str>, usize, i64)| {
        // Ends: each event was dated after the one that decided it.
        let events = std::iter::successors(Some(count + last), |event| dated[event % count].decided[event / count].by);
        let mut nodes: Vec<usize> = events.map(|event| event % count).collect();
        nodes.dedup();
        nodes.reverse();
        Path { trigger, end, nodes }
    };
    lasts.into_iter().map(path).collect()
}
