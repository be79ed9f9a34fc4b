//! Who reads a layer.

use std::collections::BTreeSet;

use crate::{
    id::PartyId,
    people::{Audience, Layer},
    text::say::in_words,
};

/// Whether all who read `narrower` read `wider`, whoever may come to see the plan.
pub fn reaches(wider: &Layer, narrower: &Layer) -> bool {
    match (readers(wider), readers(narrower)) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(wider), Some(narrower)) => narrower.is_subset(&wider),
    }
}

/// The parties that read a layer, none for all who see the plan.
fn readers(layer: &Layer) -> Option<BTreeSet<&PartyId>> {
    match &layer.audience {
        Audience::All => None,
        Audience::Party => Some(BTreeSet::from([&layer.party])),
        Audience::Parties(others) => Some(others.iter().chain([&layer.party]).collect()),
    }
}

/// `only arv reads it`.
pub fn read_by(layer: &Layer, it: &str) -> String {
    match readers(layer) {
        None => format!("all who see the plan read {it}"),
        Some(parties) if parties.len() == 1 => format!("only {} reads {it}", layer.party),
        Some(parties) => {
            let others = parties.into_iter().filter(|party| **party != layer.party);
            format!("{} read {it}", in_words(&[&layer.party].into_iter().chain(others).collect::<Vec<_>>()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A layer of `party` with an audience: `party`, `all` or a list of parties.
    fn layer(party: &str, audience: &str) -> Layer {
        let audience = match audience {
            "party" => Audience::Party,
            "all" => Audience::All,
            list => Audience::Parties(list.split_whitespace().map(|id| id.parse().unwrap()).collect()),
        };
        Layer { party: party.parse().unwrap(), layer: "x".parse().unwrap(), audience, write: true }
    }

    #[test]
    fn a_layer_reaches_another_if_all_who_read_that_read_it() {
        let [private, public, shared, wider] =
            [("arv", "party"), ("arv", "all"), ("arv", "bel"), ("arv", "bel cas")].map(|(p, a)| layer(p, a));
        let theirs = layer("bel", "arv");
        let foreign = layer("cas", "party");
        let table = [
            (&public, &private, true),
            (&public, &public, true),
            (&private, &public, false),
            (&wider, &public, false),
            (&shared, &private, true),
            (&private, &shared, false),
            (&wider, &shared, true),
            (&shared, &wider, false),
            (&shared, &theirs, true),
            (&theirs, &shared, true),
            (&theirs, &private, true),
            (&shared, &foreign, false),
            (&layer("arv", ""), &private, true),
            (&private, &layer("arv", ""), true),
        ];
        for (wider, narrower, answer) in table {
            assert_eq!(reaches(wider, narrower), answer, "{wider:?} {narrower:?}");
        }
    }

    #[test]
    fn who_reads_an_entry_is_said_in_so_many_words() {
        for (audience, words) in [
            ("party", "only med reads it"),
            ("", "only med reads it"),
            ("arv", "med and arv read it"),
            ("bel arv", "med, arv and bel read it"),
            ("all", "all who see the plan read it"),
        ] {
            assert_eq!(read_by(&layer("med", audience), "it"), words);
        }
    }
}
