//! All cells of the matrix, of which only those are written down that say something.

use super::{ByAct, Cell, CellState, Matrix, PointStanding, State, cell::silent};
use crate::log::act::Decided;

/// What each party's acceptance makes of the points below it, by column.
type Covers = Vec<Option<Cell>>;

impl Matrix {
    /// The cells of each point, one for each party in the order of [`Matrix::parties`].
    pub fn rows(&self) -> impl Iterator<Item = Vec<Cell>> {
        let mut path: Vec<(usize, Covers)> = Vec::new();
        self.points.iter().map(move |point| {
            while path.last().is_some_and(|(depth, _)| *depth >= point.depth) {
                path.pop();
            }
            let stands_alone = point.struck && point.struck_with.is_none();
            let above = path.last().map(|(_, covers)| covers).filter(|_| !stands_alone);
            let row = self.row(point, above);
            path.push((point.depth, row.iter().map(covering(point)).collect()));
            row
        })
    }

    /// The same with all cells in it: large, where many parties stand on many points.
    pub fn whole(mut self) -> Self {
        let rows: Vec<Vec<Cell>> = self.rows().collect();
        self.points.iter_mut().zip(rows).for_each(|(point, row)| point.cells = row);
        self
    }

    /// Marks the points that are agreed, or not any more, by what was decided about who must consent alone; `before` is what the same
    /// positions come to without it.
    pub(crate) fn mark_act(&mut self, before: &Matrix, decided: &Decided) {
        for (point, before) in self.points.iter_mut().zip(&before.points) {
            let is_by_act = (point.standing == State::Agreed) != (before.standing == State::Agreed);
            point.by_act = is_by_act.then(|| ByAct { otherwise: before.standing, decided: decided.clone() });
        }
    }

    fn row(&self, point: &PointStanding, above: Option<&Covers>) -> Vec<Cell> {
        let mut said = point.cells.iter().peekable();
        let cell = |(at, column): (usize, &super::Column)| {
            let own = said.next_if(|cell| cell.party == column.party).cloned();
            own.or_else(|| above?.get(at)?.clone()).unwrap_or_else(|| silent(&column.party))
        };
        self.parties.iter().enumerate().map(cell).collect()
    }
}

/// What a cell makes of the same party's cells below the point. The reason is left out: it may be long, and one acceptance may cover
/// thousands of points.
fn covering(point: &PointStanding) -> impl Fn(&Cell) -> Option<Cell> {
    |cell| {
        let via = cell.via.as_ref().unwrap_or(&point.point);
        (cell.stance == CellState::Accept).then(|| Cell {
            stance: CellState::Accept,
            via: Some(via.clone()),
            ad_referendum: cell.ad_referendum,
            returned: cell.returned,
            by: cell.by.clone(),
            seat_ended: cell.seat_ended,
            at_ms: cell.at_ms,
            annotation: cell.annotation.clone(),
            ..silent(&cell.party)
        })
    }
}
