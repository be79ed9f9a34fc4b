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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_point_is_a_line_and_a_heading_is_no_formula() {
        let point = |label: &str, heading: &str, depth: usize, cells: serde_json::Value| {
            json!({
                "point": "a1", "label": label, "heading": heading, "depth": depth, "open_brackets": 2, "standing": "open",
                "cells": cells, "digest": "82c353bc6de40ee34ab666fcc6b10425dafadc5d1a38f27360e2fa413c0d9e43",
            })
        };
        let matrix: Matrix = serde_json::from_value(json!({
            "parties": [{ "party": "arv", "must_consent": true }, { "party": "bor", "must_consent": false }],
            "points": [
                point("1", "=1+1", 0, json!([{ "party": "arv", "stance": "accept", "ad_referendum": true }])),
                point("(a)", "a, \"b\"", 1, json!([{ "party": "bor", "stance": "oppose" }])),
            ],
            "counts": { "agreed": 0, "opposed": 0, "reserved": 0, "lapsed": 0, "open": 2 },
        }))
        .unwrap();
        let wanted = "point,heading,standing,open_brackets,ARV,BOR\r\n1,'=1+1,open,2,accepts ad referendum,\r\n\
                      (a),\"a, \"\"b\"\"\",open,2,accepts ad referendum,opposes\r\n";
        assert_eq!(csv(&matrix, |point| point.label.clone()), wanted);
    }
}
