//! The standing as a table: RFC 4180, one line for each point.

use super::{Cell, CellState, Matrix, PointStanding, State};
use crate::talk::schedule::csv_cell as cell;

/// Writes a line for each point and a column for each party, with a header, in UTF-8; `name` is what a point is called. What parties
/// say is cells as in [`crate::talk::schedule::csv()`].
pub fn csv(matrix: &Matrix, name: impl Fn(&PointStanding) -> String) -> String {
    let head = ["point", "heading", "standing", "open_brackets"].map(str::to_owned).into_iter();
    let mut out = line(head.chain(matrix.parties.iter().map(|column| column.party.as_str().to_uppercase())));
    for (point, cells) in matrix.points.iter().zip(matrix.rows()) {
        let first = [name(point), point.heading.clone(), state(point.standing).to_owned(), point.open_brackets.to_string()];
        out += &line(first.into_iter().chain(cells.iter().map(said)));
    }
    out
}

fn line(cells: impl Iterator<Item = String>) -> String {
    cells.map(|text| cell(&text)).collect::<Vec<_>>().join(",") + "\r\n"
}

fn state(state: State) -> &'static str {
    match state {
        State::Agreed => "agreed",
        State::Opposed => "opposed",
        State::Reserved => "reserved",
        State::Lapsed => "lapsed",
        State::Open => "open",
        State::Struck => "struck",
    }
}

fn said(cell: &Cell) -> String {
    let stance = match cell.stance {
        CellState::None => "",
        CellState::Accept if cell.ad_referendum => "accepts ad referendum",
        CellState::Accept => "accepts",
        CellState::Lapsed => "accepted other words",
        CellState::Reserve => "reserves",
        CellState::Oppose => "opposes",
    };
    stance.to_owned()
}
