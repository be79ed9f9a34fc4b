//! What of the standing is shown.

use clap::ValueEnum;
use plenary_shared::{
    id::{PartyId, PointId},
    talk::standing::{Counts, Matrix, State},
    text::plan::Outline,
};
use std::collections::HashSet;

use crate::{
    command::{args, read::below},
    error::CliError,
};

/// Which points and parties.
#[derive(Debug, Default, clap::Args)]
pub struct Filter {
    /// Only the points that stand so
    #[arg(long, value_name = "STANDING", conflicts_with = "point")]
    only: Vec<Only>,
    /// Only these parties
    #[arg(long, value_name = "PARTY", value_parser = args::party, conflicts_with = "point")]
    party: Vec<PartyId>,
    /// Only this point and all below it, in the table
    #[arg(long = "point", id = "below", value_name = "POINT", conflicts_with = "point")]
    below: Option<String>,
}

/// How a point stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Only {
    Agreed,
    Opposed,
    Reserved,
    Lapsed,
    Open,
    Struck,
}

impl Filter {
    /// Whether anything is left out.
    pub fn is_given(&self) -> bool {
        !self.only.is_empty() || !self.party.is_empty() || self.below.is_some()
    }

    /// Leaves in the points and parties that were asked for, each with all its cells, and counts these alone.
    pub fn choose(&self, matrix: Matrix, outline: &Outline) -> Result<Matrix, CliError> {
        let within: Option<HashSet<&PointId>> = match &self.below {
            Some(what) => Some(below(outline, what)?.iter().map(|point| &point.id).collect()),
            None => None,
        };
        if let Some(party) = self.party.iter().find(|party| !matrix.parties.iter().any(|column| column.party == **party)) {
            return Err(CliError::NotFound(format!("{party} need not consent and has taken no position on this plan")));
        }
        let is_shown = |party: &PartyId| self.party.is_empty() || self.party.contains(party);
        let mut matrix = matrix.whole();
        matrix.parties.retain(|column| is_shown(&column.party));
        matrix.points.retain(|point| {
            let stands_so = self.only.is_empty() || self.only.iter().any(|only| only.state() == point.standing);
            stands_so && within.as_ref().is_none_or(|within| within.contains(&point.point))
        });
        matrix.points.iter_mut().for_each(|point| point.cells.retain(|cell| is_shown(&cell.party)));
        matrix.counts = counts(&matrix);
        Ok(matrix)
    }
}

impl Only {
    fn state(self) -> State {
        match self {
            Only::Agreed => State::Agreed,
            Only::Opposed => State::Opposed,
            Only::Reserved => State::Reserved,
            Only::Lapsed => State::Lapsed,
            Only::Open => State::Open,
            Only::Struck => State::Struck,
        }
    }
}

fn counts(matrix: &Matrix) -> Counts {
    let count = |state| matrix.points.iter().filter(|point| point.standing == state).count();
    Counts {
        agreed: count(State::Agreed),
        opposed: count(State::Opposed),
        reserved: count(State::Reserved),
        lapsed: count(State::Lapsed),
        open: count(State::Open),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn points_and_parties_are_chosen_with_all_that_covers_them() {
        let point = |id: &str, depth: usize, standing: &str, cells: serde_json::Value| {
            json!({
                "point": id, "label": id, "heading": "", "depth": depth, "open_brackets": 0, "standing": standing, "cells": cells,
                "digest": "82c353bc6de40ee34ab666fcc6b10425dafadc5d1a38f27360e2fa413c0d9e43",
            })
        };
        let accepts = |party: &str| json!({ "party": party, "stance": "accept" });
        let given: Matrix = serde_json::from_value(json!({
            "parties": [{ "party": "arv", "must_consent": true }, { "party": "bor", "must_consent": true }],
            "points": [
                point("a", 0, "open", json!([accepts("bor")])),
                point("b", 1, "open", json!([])),
                point("c", 0, "agreed", json!([accepts("arv"), accepts("bor")])),
            ],
            "counts": { "agreed": 1, "opposed": 0, "reserved": 0, "lapsed": 0, "open": 2 },
        }))
        .expect("a matrix");
        let chosen = |filter: Filter| {
            let matrix = filter.choose(given.clone(), &Outline::default())?;
            let points: Vec<String> = matrix.points.iter().map(|point| point.point.to_string()).collect();
            let stances: Vec<String> = matrix.rows().flatten().map(|cell| format!("{}={:?}", cell.party, cell.stance)).collect();
            Ok::<_, CliError>((points.join(" "), stances.join(" "), matrix.counts.open))
        };
        let open = Filter { only: vec![Only::Open], party: vec!["bor".parse().expect("a party")], below: None };
        assert_eq!(chosen(open).expect("chosen"), ("a b".into(), "bor=Accept bor=Accept".into(), 2));
        let agreed = Filter { only: vec![Only::Agreed], ..Filter::default() };
        assert_eq!(chosen(agreed).expect("chosen"), ("c".into(), "arv=Accept bor=Accept".into(), 0));
        let nobody = Filter { party: vec!["cel".parse().expect("a party")], ..Filter::default() };
        assert_eq!(chosen(nobody).expect_err("none").exit_code(), 1);
        let nowhere = Filter { below: Some("9".into()), ..Filter::default() };
        assert_eq!(chosen(nowhere).expect_err("none").exit_code(), 1);
    }
}
