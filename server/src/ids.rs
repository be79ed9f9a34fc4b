//! What is drawn at random: ids of points and annotations, and the client ids under which the server writes for somebody.

use plenary_shared::{
    id::{AnnotationId, IdError, PointId},
    limits,
    script::NewIds,
};
use std::str::FromStr;

/// Lowercase letters and digits that nobody mistakes for one another: people type ids.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// New ids. A clash within a plan of 20,000 points has odds of 1 in 50 million, and whatever writes them would say so.
pub struct Random;

impl NewIds for Random {
    fn point(&mut self) -> PointId {
        new()
    }

    fn annotation(&mut self) -> AnnotationId {
        new()
    }
}

/// A client id that nobody has used: 53 bits.
pub fn client() -> u64 {
    random() & limits::CLIENT_ID_MAX
}

/// A stay away from the server that is like no other.
pub fn branch() -> [u8; 8] {
    random().to_be_bytes()
}

#[expect(clippy::expect_used, reason = "the alphabet is that of ids")]
fn new<T: FromStr<Err = IdError>>() -> T {
    let random = random();
    let id: String = (0..8).map(|i| char::from(ALPHABET[(random >> (5 * i)) as usize & 31])).collect();
    id.parse().expect("an id")
}

/// Without randomness nothing that is to be unlike all else can be made; the system gives it or does not run.
#[expect(clippy::expect_used, reason = "going on would give one id to two writers")]
fn random() -> u64 {
    getrandom::u64().expect("the operating system gives random bytes")
}
