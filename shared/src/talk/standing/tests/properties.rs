//! Whatever proptest comes up with: edits and positions on three replicas, merged at random, against rules worked out anew.

use std::collections::HashMap;

use proptest::prelude::*;
use yrs::{Doc, ReadTxn, Transact, Update, updates::decoder::Decode};

use super::*;
use crate::{
    talk::layer::{self, Layer},
    text::plan::{self, NewPoint, Place},
};

const PARTIES: [&str; 3] = ["arv", "bel", "cyr"];
const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
const WORDS: [&str; 5] = ["one", "two", "one and two", "[one]", "one [or] two"];

/// A plan and the parties' layers, as one person has them.
struct Replica {
    plan: Doc,
    layers: Vec<Doc>,
}

fn id(name: &str) -> PointId {
    name.parse().unwrap()
}

fn pass(from: &Doc, to: &Doc) {
    let known = to.transact().state_vector();
    let update = from.transact().encode_state_as_update_v1(&known);
    to.transact_mut().apply_update(Update::decode_v1(&update).unwrap()).unwrap();
}

/// What a person reads at a point, worked out without the canonical form.
fn reading(outline: &Outline, point: &Point) -> String {
    let below = outline.children(Some(&point.id)).filter(|point| !point.struck).map(|point| reading(outline, point));
    let below: Vec<String> = below.collect();
    format!("({:?} {:?} {:?} {} {below:?})", point.heading, point.words, point.schedule, point.struck)
}

/// What the parties read when they took their positions.
type Log = HashMap<AnnotationId, String>;

impl Replica {
    fn new(number: u64) -> Self {
        let doc = |n| plan::new_doc(number * 100 + n);
        Self { plan: doc(0), layers: (1..=PARTIES.len() as u64).map(doc).collect() }
    }

    fn hears(&self, other: &Replica) {
        pass(&other.plan, &self.plan);
        other.layers.iter().zip(&self.layers).for_each(|(from, to)| pass(from, to));
    }

    fn outline(&self) -> Outline {
        Outline::read(&self.plan.transact())
    }

    fn layers(&self) -> Vec<Layer> {
        self.layers.iter().map(|doc| Layer::read(&doc.transact())).collect()
    }

    fn matrix(&self) -> Matrix {
        let (outline, layers) = (self.outline(), self.layers());
        let stands = PARTIES.iter().map(|name| party(name)).collect::<Vec<_>>();
        let stands = stands.iter().zip(&layers).flat_map(|(party, layer)| layer.annotations.iter().map(move |a| (party, a)));
        let stands: Vec<Stand> = stands.map(|(party, annotation)| Stand { party, annotation }).collect();
        let brackets = |id: &PointId| open(outline.get(id).map_or(0, brackets));
        standing(&outline, &ExactWords::read(&outline), |_| Some(""), brackets, &stands, &[party("arv"), party("bel")].into())
    }

    /// An edit of the plan; one that cannot be made is not.
    fn edit(&self, how: u8, name: &str, other: &str, words: &str, step: usize) {
        let mut txn = self.plan.transact_mut();
        let (point, parent) = (id(name), Some(id(other)));
        match how {
            0..=3 => drop(plan::set_words(&mut txn, &point, words)),
            4 => drop(plan::set_heading(&mut txn, &point, words)),
            5 => drop(plan::strike(&mut txn, &point)),
            6 | 7 => drop(plan::restore(&mut txn, &point)),
            8 => drop(plan::move_point(&mut txn, &point, &Place::Last { parent })),
            9 => drop(plan::move_point(&mut txn, &point, &Place::First { parent: None })),
            10 => {
                let schedule = Schedule { offset_days: Some(step as i64 % 2), ..Schedule::default() };
                drop(plan::set_schedule(&mut txn, &point, &schedule));
            }
            _ => {
                let new = NewPoint { id: &id(&format!("new{step}")), label: None, heading: "", words };
                drop(plan::add_point(&mut txn, new, &Place::Last { parent }));
            }
        }
    }

    /// A position on a point as it stands here, in place of those of the party that stand here.
    fn say(&self, who: usize, stance: Stance, name: &str, step: usize, log: &mut Log) {
        let outline = self.outline();
        let Some(point) = outline.get(&id(name)) else { return };
        let exact = ExactWords::read(&outline).get(&point.id).unwrap().clone();
        let kept = Kept { digest: exact.digest, json: exact.json, weave: String::new(), around: String::new() };
        let annotation = Annotation {
            id: format!("n{step:03}-{who}").parse().unwrap(),
            point: point.id.clone(),
            anchor: None,
            quote: String::new(),
            what: What::Position(Position { stance, ad_referendum: step.is_multiple_of(3), words: Some(kept) }),
            body: String::new(),
            reply_to: None,
            entered_for: None,
            resolved: false,
            withdrawn: false,
            by: None,
            at_ms: step as u64 / 4,
        };
        log.insert(annotation.id.clone(), reading(&outline, point));
        self.withdraw(who, name);
        layer::put(&mut self.layers[who].transact_mut(), &annotation).unwrap();
    }

    fn withdraw(&self, who: usize, name: &str) {
        let mut txn = self.layers[who].transact_mut();
        for annotation in Layer::read(&txn).annotations.iter().filter(|annotation| annotation.point == id(name)) {
            layer::withdraw(&mut txn, &annotation.id).unwrap();
        }
    }
}

fn brackets(point: &Point) -> usize {
    format!("{}{}", point.heading, point.words).matches(['[', ']']).count()
}

/// The rules, worked out for one point at a time from what was read when a position was taken.
struct Oracle<'a> {
    outline: Outline,
    layers: Vec<Layer>,
    log: &'a Log,
}

impl Oracle<'_> {
    /// The positions of a party on a point: the stance, and whether what it read then stands there now.
    fn said(&self, who: usize, point: &Point) -> Vec<(Stance, bool)> {
        let now = reading(&self.outline, point);
        let live = self.layers[who].annotations.iter().filter(|entry| entry.point == point.id && !entry.withdrawn);
        let said = live.map(|entry| match &entry.what {
            What::Position(position) => (position.stance, self.log[&entry.id] == now),
            other => panic!("{other:?}"),
        });
        said.collect()
    }

    fn accepts(&self, who: usize, point: &Point) -> bool {
        let said = self.said(who, point);
        if said.iter().any(|(stance, _)| *stance != Stance::Accept) {
            return false;
        }
        let above = point.parent.as_ref().and_then(|above| self.outline.get(above)).filter(|_| !point.struck);
        said.contains(&(Stance::Accept, true)) || above.is_some_and(|above| self.accepts(who, above))
    }

    fn below<'b>(&'b self, point: &'b Point) -> impl Iterator<Item = &'b Point> {
        self.outline.children(Some(&point.id))
    }

    fn open(&self, point: &Point) -> bool {
        brackets(point) > 0 || self.below(point).any(|below| !below.struck && self.open(below))
    }

    fn blocked(&self, point: &Point) -> bool {
        self.below(point).any(|below| {
            let said = [0, 1].iter().flat_map(|who| self.said(*who, below)).filter(|(stance, _)| *stance != Stance::Accept);
            let against = said.filter(|(_, present)| *present || !below.struck).count();
            against > 0 || !below.struck && self.blocked(below)
        })
    }

    fn agreed(&self, point: &Point) -> bool {
        [0, 1].iter().all(|who| self.accepts(*who, point)) && !self.open(point) && !self.blocked(point)
    }
}

/// A plan with six points, of which some stand below others, on three replicas.
fn replicas() -> [Replica; 3] {
    let replicas = [1, 2, 3].map(Replica::new);
    for (name, parent) in NAMES.iter().zip([None, Some("a"), Some("b"), None, Some("d"), Some("b")]) {
        let new = NewPoint { id: &id(name), label: None, heading: "", words: "one" };
        plan::add_point(&mut replicas[0].plan.transact_mut(), new, &Place::Last { parent: parent.map(id) }).unwrap();
    }
    replicas[1].hears(&replicas[0]);
    replicas[2].hears(&replicas[0]);
    replicas
}

fn check(replica: &Replica, log: &Log) -> Result<(), TestCaseError> {
    let matrix = replica.matrix().whole();
    let oracle = Oracle { outline: replica.outline(), layers: replica.layers(), log };
    prop_assert_eq!(matrix.points.len(), oracle.outline.points.len());
    let mut agreed = BTreeSet::new();
    for (standing, point) in matrix.points.iter().zip(&oracle.outline.points) {
        prop_assert_eq!(&standing.point, &point.id);
        prop_assert_eq!(standing.standing == State::Agreed, oracle.agreed(point) && !standing.struck, "{:?}", standing);
        let cells = standing.cells.iter().take(2).enumerate();
        for (who, cell) in cells {
            prop_assert_eq!(cell.stance == CellState::Accept, oracle.accepts(who, point), "{:?}", cell);
        }
        if standing.standing == State::Agreed {
            agreed.insert(&point.id);
        }
        let above = point.parent.as_ref().filter(|_| !point.struck);
        prop_assert!(!above.is_some_and(|above| agreed.contains(above)) || agreed.contains(&point.id), "{}", point.id);
    }
    let Counts { agreed, opposed, reserved, lapsed, open } = matrix.counts;
    let standing = matrix.points.iter().filter(|point| !point.struck).count();
    prop_assert_eq!(agreed + opposed + reserved + lapsed + open, standing);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn nothing_is_agreed_but_what_all_accepted_as_it_stands_on_every_replica(
        steps in prop::collection::vec((0usize..3, 0u8..40, 0usize..6, 0usize..6, 0usize..5, prop::bool::weighted(0.3)), 1..50),
    ) {
        let replicas = replicas();
        let mut log = Log::new();
        for (step, (at, how, point, other, words, merged)) in steps.into_iter().enumerate() {
            let (replica, name) = (&replicas[at], NAMES[point]);
            match how {
                0..12 => replica.edit(how, name, NAMES[other], WORDS[words], step),
                12..16 => replica.say(other % 3, Stance::Accept, name, step, &mut log),
                16 => replica.say(other % 3, Stance::Reserve, name, step, &mut log),
                17 => replica.say(other % 3, Stance::Oppose, name, step, &mut log),
                18 | 19 => replica.withdraw(other % 3, name),
                _ => [0, 1].iter().for_each(|who| replica.say(*who, Stance::Accept, name, step, &mut log)),
            }
            if merged {
                replicas[(at + 1) % 3].hears(replica);
            }
            check(replica, &log)?;
        }
        for (to, from) in [(0, 1), (0, 2), (1, 0), (2, 0)] {
            replicas[to].hears(&replicas[from]);
        }
        check(&replicas[0], &log)?;
        prop_assert_eq!(replicas[0].matrix(), replicas[1].matrix());
        prop_assert_eq!(replicas[0].matrix(), replicas[2].matrix());
    }

    #[test]
    fn words_that_come_back_are_accepted_again(
        edits in prop::collection::vec((0u8..8, 0usize..6, 0usize..5), 1..12),
    ) {
        let [replica, ..] = replicas();
        let mut log = Log::new();
        for (step, name) in ["a", "d"].iter().enumerate() {
            [0, 1].iter().for_each(|who| replica.say(*who, Stance::Accept, name, step, &mut log));
        }
        let before = replica.matrix();
        prop_assert_eq!(before.counts.agreed, NAMES.len());
        for (step, (how, point, words)) in edits.into_iter().enumerate() {
            replica.edit(how, NAMES[point], NAMES[point], WORDS[words], step);
        }
        for name in NAMES {
            replica.edit(0, name, name, "one", 0);
            replica.edit(4, name, name, "", 0);
            replica.edit(6, name, name, "", 0);
        }
        prop_assert_eq!(replica.matrix(), before);
    }
}
