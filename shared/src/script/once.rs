//! Keys under which scripts were applied, in the layer `private` of the party: the root map `once` holds for each key
//! `Map { digest: string, at: milliseconds }`. A key is written in the edit that it keeps from being made twice.

use serde::{Deserialize, Serialize};
use yrs::{Any, Map, MapPrelim, Number, Out, ReadTxn, TransactionMut, WriteTxn};

use super::{Script, ScriptError};
use crate::{limits, text::say::quoted};

pub use crate::log::roots::ONCE;

/// A key under which something is done once, and what is done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Once {
    /// Chosen by the script's author, unique within the party and the plan.
    pub key: String,
    /// The digest of the script, in hexadecimal: another script under the same key is a mistake.
    pub digest: String,
}

/// What was applied under a key: the digest of the script, in hexadecimal. None: nothing was.
pub fn once_of<T: ReadTxn>(txn: &T, key: &str) -> Option<String> {
    let keys = txn.get_map(ONCE)?;
    match keys.get(txn, key)? {
        Out::YMap(entry) => match entry.get(txn, "digest") {
            Some(Out::Any(Any::String(digest))) => Some(digest.to_string()),
            _ => Some(String::new()),
        },
        _ => Some(String::new()),
    }
}

/// Writes a key.
pub(super) fn write(txn: &mut TransactionMut, once: &Once, now_ms: u64) {
    let keys = txn.get_or_insert_map(ONCE);
    let entry = keys.insert(txn, once.key.as_str(), MapPrelim::default());
    entry.insert(txn, "digest", once.digest.as_str());
    entry.insert(txn, "at", Any::Number(Number::Int(i64::try_from(now_ms).unwrap_or(i64::MAX))));
}

/// The key of a script and its digest: blake3 over `plenary script 1`, a line feed, and the compact JSON of its edits and of what it
/// expects, whatever the spelling it came in. None: it has no key.
///
/// # Errors
/// [`ScriptError`] for a key that is none.
pub fn once(script: &Script) -> Result<Option<Once>, ScriptError> {
    let Some(key) = &script.once else { return Ok(None) };
    let printable = !key.chars().any(char::is_control);
    if key.trim().is_empty() || key.len() > limits::SCRIPT_KEY_BYTES_MAX || !printable {
        let expected = format!("1 to {} bytes of printable characters", limits::SCRIPT_KEY_BYTES_MAX);
        return Err(ScriptError::usage(0, "once", quoted(key), expected));
    }
    let json = serde_json::to_vec(&(&script.edits, &script.expect)).unwrap_or_default();
    let digest = blake3::Hasher::new().update(b"plenary script 1\n").update(&json).finalize().to_hex().to_string();
    Ok(Some(Once { key: key.clone(), digest }))
}
