//! Marks what has changed around the words that parties accept.

use std::collections::HashMap;

use super::PlanText;
use crate::talk::{
    around::{Around, Known, Surroundings},
    layer::What,
    standing::{CellState, Matrix, Stand},
};

/// Marks the acceptances of a matrix that was made from these positions.
pub(super) fn mark(matrix: &mut Matrix, stands: &[Stand], text: &PlanText) {
    let kept = stands.iter().filter_map(|Stand { party, annotation }| match &annotation.what {
        What::Position(position) => Some(((*party, &annotation.id), position.words.as_ref()?.around.as_str())),
        _ => None,
    });
    let kept: HashMap<_, _> = kept.collect();
    let known = Known::of(&text.outline);
    let surroundings = Surroundings::new(&text.outline, &text.exact, &known);
    for point in &mut matrix.points {
        let mut now: Option<Around> = None;
        for cell in point.cells.iter_mut().filter(|cell| cell.stance == CellState::Accept) {
            let id = cell.annotation.as_ref();
            let before = id.and_then(|id| kept.get(&(&cell.party, id))).and_then(|kept| Around::read(kept));
            cell.around = before
                .map(|before| surroundings.changed(&before, now.get_or_insert_with(|| surroundings.of(&point.point))))
                .unwrap_or_default();
        }
    }
}
