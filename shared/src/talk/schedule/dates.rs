//! Earliest dates and critical paths.

use std::{collections::HashMap, sync::Arc};

use super::graph::Node;
use crate::text::plan::After;

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
    /// Earliest start and earliest end.
    pub span: Option<(i64, i64)>,
    pub critical: bool,
    /// The first few triggers that meet here, if there are several.
    pub mixed: Vec<Arc<str>>,
    /// Nothing starts its clock: it names no trigger and waits for no step.
    pub is_without_trigger: bool,
    /// The node whose event it begins with, if one decides that; of several the one with the longest chain.
    decided_by: Option<usize>,
    /// Steps of the chain that decides its start, itself included.
    chain: usize,
}

pub(super) struct Path {
    pub trigger: Arc<str>,
    pub end: i64,
    pub nodes: Vec<usize>,
}

/// Works out when each node can happen. Nodes on circles, and behind them, are never ready, and keep no date.
pub(super) fn dates(nodes: &[Node]) -> Dates {
    let mut dated: Vec<Dated> = nodes.iter().map(|node| Dated { trigger: node.trigger.clone(), ..Dated::default() }).collect();
    let mut awaited_by: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (at, node) in nodes.iter().enumerate() {
        node.waits.iter().for_each(|(before, _)| awaited_by[*before].push(at));
    }
    let mut missing: Vec<usize> = nodes.iter().map(|node| node.waits.len()).collect();
    let mut ready: Vec<usize> = (0..nodes.len()).filter(|at| missing[*at] == 0).collect();
    while let Some(at) = ready.pop() {
        dated[at] = date(&nodes[at], &dated);
        for later in &awaited_by[at] {
            missing[*later] -= 1;
            if missing[*later] == 0 {
                ready.push(*later);
            }
        }
    }
    let paths = paths(&dated);
    for at in paths.iter().flat_map(|path| &path.nodes) {
        dated[*at].critical = true;
    }
    Dates { dated, paths }
}

/// Dates a node when all that it waits for is dated, or known to have no date.
fn date(node: &Node, dated: &[Dated]) -> Dated {
    let mut triggers: Vec<Arc<str>> = node.trigger.iter().cloned().collect();
    for (before, _) in &node.waits {
        let known = dated[*before].trigger.as_ref();
        triggers.extend(known.filter(|trigger| triggers.len() < TRIGGERS_SHOWN && !triggers.contains(trigger)).cloned());
    }
    let is_mixed = triggers.len() > 1;
    let trigger = node.trigger.clone().or_else(|| triggers.first().filter(|_| !is_mixed).cloned());
    let is_without_trigger = node.trigger.is_none() && node.waits.is_empty() && !node.is_incomplete;
    let mixed = if is_mixed { triggers } else { Vec::new() };
    let undated = Dated { trigger, mixed, is_without_trigger, chain: 1, ..Dated::default() };
    if is_mixed || node.is_incomplete || undated.trigger.is_none() {
        return undated;
    }
    let events: Option<Vec<(usize, i64)>> =
        node.waits.iter().map(|(before, what)| Some((*before, event(dated[*before].span?, *what)))).collect();
    let Some(events) = events else { return undated };

    let offset = node.point.schedule.offset_days.unwrap_or(0);
    let latest = events.iter().map(|(_, day)| *day).max();
    let start = match (&node.trigger, latest) {
        (Some(_), latest) => latest.map_or(offset, |latest| latest.max(offset)),
        (None, Some(latest)) => latest.saturating_add(offset.max(0)),
        (None, None) => return undated,
    };
    let waited = node.trigger.is_none() || latest == Some(start);
    let deciding = events.iter().filter(|(_, day)| waited && Some(*day) == latest).map(|(before, _)| *before);
    let decided_by = deciding.max_by_key(|before| (dated[*before].chain, usize::MAX - before));
    let end = start.saturating_add(node.point.schedule.duration_days.unwrap_or(0).max(0));
    Dated { span: Some((start, end)), decided_by, chain: 1 + decided_by.map_or(0, |before| dated[before].chain), ..undated }
}

/// The day on which what is waited for happens.
fn event((start, end): (i64, i64), what: After) -> i64 {
    match what {
        After::Start => start,
        After::Done | After::Certified | After::Unsaid => end,
    }
}

fn paths(dated: &[Dated]) -> Vec<Path> {
    let mut lasts: Vec<(Arc<str>, usize, i64)> = Vec::new();
    let mut index: HashMap<Arc<str>, usize> = HashMap::new();
    for (at, node) in dated.iter().enumerate() {
        let (Some(trigger), Some((_, end))) = (&node.trigger, node.span) else { continue };
        let place = *index.entry(trigger.clone()).or_insert(lasts.len());
        match lasts.get_mut(place) {
            None => lasts.push((trigger.clone(), at, end)),
            Some(last) if (end, node.chain) > (last.2, dated[last.1].chain) => (last.1, last.2) = (at, end),
            Some(_) => {}
        }
    }
    let path = |(trigger, last, end): (Arc<str>, usize, i64)| {
        // Ends: each node was dated after the one that decided its start.
        let mut nodes: Vec<usize> = std::iter::successors(Some(last), |at| dated[*at].decided_by).collect();
        nodes.reverse();
        Path { trigger, end, nodes }
    };
    lasts.into_iter().map(path).collect()
}
