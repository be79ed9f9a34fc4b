//! New ids: the only place that makes them.

use plenary_shared::{
    id::{AnnotationId, IdError, PointId},
    limits,
    script::NewIds,
};
use std::str::FromStr;

use crate::error::CliError;

/// Lowercase letters and digits that nobody mistakes for one another: people type ids.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Eight characters of the system's randomness, 40 bits: a new one is among the 20,000 of a full plan with odds of 1 in 50 million.
pub fn new<T: FromStr<Err = IdError>>() -> Result<T, CliError> {
    let random = bits()?;
    let id: String = (0..8).map(|i| char::from(ALPHABET[(random >> (5 * i)) as usize & 31])).collect();
    id.parse().map_err(|e: IdError| CliError::Refused(e.to_string()))
}

/// A client id of 53 bits. Every edit is made under one of its own, so that no two writers share one, whatever is copied or restored.
pub fn client() -> Result<u64, CliError> {
    Ok(bits()? & limits::CLIENT_ID_MAX)
}

/// New ids for a script.
pub struct Fresh;

impl NewIds for Fresh {
    fn point(&mut self) -> PointId {
        fresh()
    }

    fn annotation(&mut self) -> AnnotationId {
        fresh()
    }
}

/// Without randomness there is no client id either, and nothing comes this far.
#[expect(clippy::expect_used, reason = "the alphabet is that of ids, and randomness was there a moment ago")]
fn fresh<T: FromStr<Err = IdError>>() -> T {
    new().expect("an id")
}

/// A name that nothing else has.
pub fn random() -> Result<[u8; 16], CliError> {
    Ok(u128::to_le_bytes(u128::from(bits()?) << 64 | u128::from(bits()?)))
}

fn bits() -> Result<u64, CliError> {
    getrandom::u64().map_err(|e| CliError::Refused(format!("there is no randomness: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plenary_shared::id::{AnnotationId, PointId};

    #[test]
    fn new_ids_are_ids_and_differ() {
        let ids: std::collections::BTreeSet<PointId> = (0..1_000).map(|_| new().expect("an id")).collect();
        assert_eq!(ids.len(), 1_000);
        assert_eq!(new::<AnnotationId>().expect("an id").as_str().len(), 8);
    }
}
