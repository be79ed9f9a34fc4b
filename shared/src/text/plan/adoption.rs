//! What became of proposals in the text: who proposed the words, who put them in. Kept with the point, so that it survives with
//! the plan.
//!
//! Whoever may draft writes it, so it is a claim: that somebody adopted a proposal is certain only as far as the proposal can be
//! read and says so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use yrs::{Any, Map, MapPrelim, MapRef, Number, Out, ReadTxn, TransactionMut};

use super::{
    schedule::whole,
    stored::{EditError, stored},
};
use crate::{
    id::{AnnotationId, PartyId, PointId},
    limits,
};

/// A proposal that was put into the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Adoption {
    /// How.
    pub how: How,
    /// The party whose proposal it is; absent where it was made in confidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_by: Option<PartyId>,
    /// The party that put it in.
    pub adopted_by: PartyId,
    /// When, in milliseconds since 1970-01-01 UTC, by the adopter's clock.
    pub at_ms: u64,
    /// The words that stood there.
    pub before: String,
    /// What was put in.
    pub after: String,
}

/// How a proposal was put into the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// Its words replaced what stood there.
    Adopted,
    /// Its words stand in brackets beside what stood there.
    Alternative,
}

/// Reads a point's adoptions; what is none is reported once, as the field `adoptions`.
pub(super) fn read<T: ReadTxn>(txn: &T, point: &MapRef, bad: &mut impl FnMut(&str)) -> BTreeMap<AnnotationId, Adoption> {
    let mut adoptions = BTreeMap::new();
    let map = match point.get(txn, "adoptions") {
        None => return adoptions,
        Some(Out::YMap(map)) => map,
        Some(_) => {
            bad("adoptions");
            return adoptions;
        }
    };
    let mut keys: Vec<&str> = map.keys(txn).collect();
    keys.sort_unstable();
    let mut whole = keys.len() <= limits::ADOPTIONS_SHOWN_MAX;
    for key in keys.into_iter().take(limits::ADOPTIONS_SHOWN_MAX) {
        let adoption = match map.get(txn, key) {
            Some(Out::YMap(entry)) => adoption(txn, &entry),
            _ => None,
        };
        match (key.parse(), adoption) {
            (Ok(id), Some(adoption)) => drop(adoptions.insert(id, adoption)),
            _ => whole = false,
        }
    }
    if !whole {
        bad("adoptions");
    }
    adoptions
}

fn adoption<T: ReadTxn>(txn: &T, entry: &MapRef) -> Option<Adoption> {
    let text = |field| match entry.get(txn, field) {
        Some(Out::Any(Any::String(text))) => Some(text),
        _ => None,
    };
    Some(Adoption {
        how: match &*text("how")? {
            "adopted" => How::Adopted,
            "alternative" => How::Alternative,
            _ => return None,
        },
        proposed_by: text("proposed_by").map(|party| party.parse()).transpose().ok()?,
        adopted_by: text("adopted_by")?.parse().ok()?,
        at_ms: match entry.get(txn, "at") {
            Some(Out::Any(Any::Number(number))) => whole(number).and_then(|at| u64::try_from(at).ok())?,
            _ => return None,
        },
        before: text("before")?.to_string(),
        after: text("after")?.to_string(),
    })
}

/// Records what became of a proposal, in the transaction that changes the words.
pub(crate) fn record(
    txn: &mut TransactionMut,
    point: &PointId,
    proposal: &AnnotationId,
    adoption: &Adoption,
) -> Result<(), EditError> {
    let point = stored(txn, point)?;
    let adoptions = match point.get(txn, "adoptions") {
        Some(Out::YMap(map)) => map,
        _ => point.insert(txn, "adoptions", MapPrelim::default()),
    };
    let entry = adoptions.insert(txn, proposal.as_str(), MapPrelim::default());
    entry.insert(txn, "how", if adoption.how == How::Adopted { "adopted" } else { "alternative" });
    if let Some(party) = &adoption.proposed_by {
        entry.insert(txn, "proposed_by", party.as_str());
    }
    entry.insert(txn, "adopted_by", adoption.adopted_by.as_str());
    entry.insert(txn, "at", Any::Number(Number::Int(i64::try_from(adoption.at_ms).unwrap_or(i64::MAX))));
    entry.insert(txn, "before", adoption.before.as_str());
    entry.insert(txn, "after", adoption.after.as_str());
    Ok(())
}
