//! What follows from a plan's document alone: the same for all who may read it, whatever else they may read.

use std::collections::{HashMap, HashSet};
use yrs::TransactionMut;

use crate::{
    id::PointId,
    log::gate::census,
    talk::standing::Open,
    text::{
        authorship::{self, Block},
        bracket::{self, Across, Brackets, Field},
        plan::{Outline, Point, heading_text, words_text},
        weave::Weaves,
        words::ExactWords,
    },
};

/// A plan's text and what follows from it.
#[derive(Debug)]
pub struct PlanText {
    /// The plan as people see it.
    pub outline: Outline,
    /// The exact words of its points.
    pub exact: ExactWords,
    /// What was ever written into them.
    pub weaves: Weaves,
    /// Who typed words and headings with brackets: where each block begins, in bytes, and the block.
    pub(super) typed: HashMap<(PointId, Field), Vec<(usize, Block)>>,
    pub(super) brackets: HashMap<PointId, InPoint>,
    pub(super) across: Across,
    /// What is open in each point; nothing in a struck one, which is out of the text with all that it holds.
    pub(super) open: HashMap<PointId, Open>,
    /// Points that are struck, by themselves or with a point above them.
    pub(super) struck: HashSet<PointId>,
}

/// The brackets of one point's texts, in the order of [`Field::ALL`]; of schedules only those with marks.
#[derive(Debug)]
pub(super) struct InPoint(pub(super) Vec<(Field, Brackets)>);

impl PlanText {
    /// Reads the plan that `txn` shows; `state` is the same document encoded whole (Yjs update V1). Nothing is changed. `None` if the
    /// state cannot be read, which never happens to a document that the gate let in.
    pub fn read(txn: &mut TransactionMut, state: &[u8]) -> Option<PlanText> {
        let outline = Outline::read(txn);
        let census = census(state).ok()?;
        let weaves = Weaves::read(txn, &outline, &census);
        let brackets: HashMap<PointId, InPoint> =
            outline.points.iter().map(|point| (point.id.clone(), InPoint::of(point))).collect();
        let struck: HashSet<PointId> = outline.struck().into_iter().cloned().collect();
        let standing: Vec<&PointId> = outline.points.iter().map(|point| &point.id).filter(|id| !struck.contains(*id)).collect();
        let texts = standing.iter().filter_map(|id| Some((*id, &brackets.get(*id)?.0)));
        let across = bracket::across(texts.flat_map(|(id, texts)| texts.iter().map(move |(field, own)| (id, *field, own))));
        let open = open(&standing, &across, &outline);
        let mut typed = HashMap::new();
        for point in &outline.points {
            let texts = brackets.get(&point.id).map_or(&[][..], |own| &own.0).iter();
            for field in texts.filter(|(_, own)| !own.list.is_empty()).map(|(field, _)| *field) {
                let text = match field {
                    Field::Words => words_text(txn, &point.id),
                    Field::Heading => heading_text(txn, &point.id),
                    _ => None,
                };
                let Some(text) = text else { continue };
                let blocks = authorship::blocks_by(txn, &text, &census).into_iter().scan(0, |end, block| {
                    *end += block.bytes;
                    Some((*end - block.bytes, block))
                });
                typed.insert((point.id.clone(), field), blocks.collect());
            }
        }
        let exact = ExactWords::read(&outline);
        Some(PlanText { outline, exact, weaves, typed, brackets, across, open, struck })
    }
}

impl InPoint {
    fn of(point: &Point) -> Self {
        let parsed = Field::ALL.map(|field| (field, bracket::parse(field.text(point))));
        Self(parsed.into_iter().filter(|(field, own)| !field.is_apart() || own.open_count() > 0).collect())
    }

    pub(super) fn has_marks(&self) -> bool {
        self.0.iter().any(|(_, own)| own.open_count() > 0)
    }
}

/// What is open in each of the points that are in the text, which are given in document order: brackets, and fields of its schedule in
/// which values stand side by side.
fn open(points: &[&PointId], across: &Across, outline: &Outline) -> HashMap<PointId, Open> {
    let place: HashMap<&PointId, usize> = points.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    // How many spanning brackets begin and end at each point: a running sum, so that many long ones cost no more.
    let mut steps = vec![0isize; points.len() + 1];
    for bracket in &across.spanning {
        let (Some(from), Some(to)) = (place.get(&bracket.from.point), place.get(&bracket.to.point)) else { continue };
        steps[*from] += 1;
        steps[*to + 1] -= 1;
    }
    let mut counts: HashMap<&PointId, usize> = across.open.iter().map(|open| (&open.point, open.count)).collect();
    for point in outline.points.iter().filter(|point| place.contains_key(&point.id)) {
        let open = point.schedule.alternatives.count();
        if open > 0 {
            *counts.entry(&point.id).or_default() += open;
        }
    }
    let mut around = 0;
    let open = points.iter().zip(steps).map(|(point, step)| {
        around += step;
        ((*point).clone(), Open { brackets: counts.remove(point).unwrap_or_default(), spanned: around > 0 })
    });
    open.collect()
}
