//! Circles of steps that wait for one another.
//!
//! Every dependency on a circle is named in at least one circle found, so that taking all of them out of the plan one by one
//! leaves none behind; to list every circle there is would take exponential time.

use std::collections::{HashSet, VecDeque};

use crate::limits;

/// Dependencies looked at in the search for circles, all in all: some tens of milliseconds.
const WORK_MAX: usize = 4_000_000;

/// What was found.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Circles {
    /// Each from its first node in ascending order; each node waits for the next, and the last one for the first.
    pub circles: Vec<Vec<usize>>,
    /// Dependencies that are on a circle, but on none of those.
    pub left_out: usize,
}

/// Finds circles; `waits` holds for each node the nodes that it waits for, in ascending order. For each dependency on a circle
/// that no circle found before has, the shortest circle through it. Nodes beyond the first `telling` are not asked for theirs: none of
/// these wait for one another in a circle by themselves.
pub(super) fn circles(waits: &[Vec<usize>], telling: usize) -> Circles {
    let component = &components(waits);
    // Nodes of one component all wait for one another.
    let within = |from: usize| waits[from].iter().copied().filter(move |to| component[from] == component[*to]);
    let mut found = Circles::default();
    let mut named: HashSet<(usize, usize)> = HashSet::new();
    let mut search = Search { reached_from: vec![(0, 0); waits.len()], round: 0, work: 0 };
    let mut points = 0;
    for from in 0..telling {
        for to in within(from) {
            if named.contains(&(from, to)) {
                continue;
            }
            let is_full =
                found.circles.len() >= limits::CIRCLES_MAX || points >= limits::CIRCLE_POINTS_MAX || search.work >= WORK_MAX;
            let mut circle = if is_full { Vec::new() } else { search.shortest(to, from, within) };
            if circle.is_empty() {
                found.left_out += 1;
                continue;
            }
            points += circle.len();
            let first = (0..circle.len()).min_by_key(|at| circle[*at]).unwrap_or(0);
            circle.rotate_left(first);
            named.extend((0..circle.len()).map(|at| (circle[at], circle[(at + 1) % circle.len()])));
            found.circles.push(circle);
        }
    }
    found
}

struct Search {
    /// Where each node was reached from, and in which round.
    reached_from: Vec<(usize, usize)>,
    round: usize,
    work: usize,
}

impl Search {
    /// The nodes of a shortest way from `start` to `goal`, breadth first; empty if there is none.
    fn shortest<I: Iterator<Item = usize>>(&mut self, start: usize, goal: usize, next: impl Fn(usize) -> I) -> Vec<usize> {
        self.round += 1;
        let round = self.round;
        self.reached_from[start] = (start, round);
        let mut queue = VecDeque::from([start]);
        while let Some(here) = queue.pop_front() {
            if here == goal {
                break;
            }
            for there in next(here) {
                self.work += 1;
                if self.reached_from[there].1 != round {
                    self.reached_from[there] = (here, round);
                    queue.push_back(there);
                }
            }
        }
        if self.reached_from[goal].1 != round {
            return Vec::new();
        }
        let mut way = vec![goal];
        let mut at = goal;
        while at != start {
            at = self.reached_from[at].0;
            way.push(at);
        }
        way.reverse();
        way
    }
}

/// The strongly connected component of each node: Tarjan's algorithm (SIAM J. Comput. 1, 1972) with a stack of its own.
fn components(waits: &[Vec<usize>]) -> Vec<usize> {
    const NEW: usize = usize::MAX;
    let mut component = vec![NEW; waits.len()];
    let (mut number, mut low) = (vec![NEW; waits.len()], vec![0; waits.len()]);
    let (mut numbers, mut components) = (0, 0);
    let mut path: Vec<usize> = Vec::new();
    let mut calls: Vec<(usize, usize)> = Vec::new();
    for root in 0..waits.len() {
        if number[root] == NEW {
            calls.push((root, 0));
        }
        while let Some((node, edge)) = calls.pop() {
            if edge == 0 {
                (number[node], low[node]) = (numbers, numbers);
                numbers += 1;
                path.push(node);
            }
            let Some(next) = waits[node].get(edge).copied() else {
                if low[node] == number[node] {
                    while let Some(member) = path.pop() {
                        component[member] = components;
                        if member == node {
                            break;
                        }
                    }
                    components += 1;
                }
                if let Some((caller, _)) = calls.last() {
                    low[*caller] = low[*caller].min(low[node]);
                }
                continue;
            };
            calls.push((node, edge + 1));
            if number[next] == NEW {
                calls.push((next, 0));
            } else if component[next] == NEW {
                low[node] = low[node].min(number[next]);
            }
        }
    }
    component
}
