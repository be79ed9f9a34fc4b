//! How a request is refused.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

use crate::script::ScriptError;

/// What went wrong, for a program and for a person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    /// What kind of trouble it is.
    pub error: Word,
    /// What was wrong and what to do.
    pub message: String,
    /// Which edit of a script could not be made, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<ScriptError>,
}

/// What kind of trouble it is: in JSON a word that does not change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// It is not there, or not for the one who asks.
    NotFound,
    /// A right is missing.
    Forbidden,
    /// There is no valid credential.
    Unauthorized,
    /// The request cannot be what is meant.
    Invalid,
    /// An id is taken.
    Exists,
    /// A client id is another party's: what was written under it is to be written under a new one.
    Taken,
    /// There is no room for more.
    Full,
    /// It is asked for more often than people do.
    TooOften,
    /// The log is not the one that the one who asks holds.
    Diverged,
    /// The disk has no room: nothing was kept.
    DiskFull,
    /// Not now: nothing was kept.
    Unavailable,
    /// It may have been kept.
    InDoubt,
    /// A word of a later version.
    #[serde(other)]
    Unknown,
}

impl Word {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Word::NotFound => "not_found",
            Word::Forbidden => "forbidden",
            Word::Unauthorized => "unauthorized",
            Word::Invalid => "invalid",
            Word::Exists => "exists",
            Word::Taken => "taken",
            Word::Full => "full",
            Word::TooOften => "too_often",
            Word::Diverged => "diverged",
            Word::DiskFull => "disk_full",
            Word::Unavailable => "unavailable",
            Word::InDoubt => "in_doubt",
            Word::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_json_holds_and_those_of_a_later_version_are_borne() {
        use Word::*;
        let all =
            [NotFound, Forbidden, Unauthorized, Invalid, Exists, Taken, Full, TooOften, Diverged, DiskFull, Unavailable, InDoubt];
        for word in all {
            let json = format!("\"{word}\"");
            assert_eq!(serde_json::to_string(&word).unwrap(), json);
            assert_eq!(serde_json::from_str::<Word>(&json).unwrap(), word);
        }
        let later: ErrorBody = serde_json::from_str(r#"{"error":"too_late","message":"m"}"#).unwrap();
        assert_eq!(later.error, Unknown);
    }
}
