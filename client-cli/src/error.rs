//! Everything that can stop a command, sorted by what its caller can do about it.

mod advice;
mod ahead;

use plenary_shared::{
    script::{Done, ScriptError, Why},
    wire::error::Word,
};
use std::{io, path::PathBuf};

pub use ahead::Ahead;

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The command line asks for something that makes no sense.
    #[error("{0}")]
    Usage(String),
    /// There is no such thing, or one may not know of it.
    #[error("{0}")]
    NotFound(String),
    /// The server, or the plan itself, says no.
    #[error("{0}")]
    Refused(String),
    /// Another command is at work where this one has to be alone for a while.
    #[error("{0}")]
    Busy(&'static str),
    /// No credential, or one that is no longer good.
    #[error("{0}")]
    Unauthorized(String),
    /// The server answered with an error of its own naming.
    #[error("{message}")]
    Api {
        /// The HTTP status.
        status: u16,
        /// The word that does not change.
        error: Word,
        /// What was wrong and what to do.
        message: String,
    },
    /// The server cannot be reached, or went away.
    #[error("no connection to {server}: {reason}")]
    NoConnection {
        /// Where it was tried.
        server: String,
        /// What came of it.
        reason: String,
    },
    /// A change was sent, and nobody knows whether it was kept.
    #[error("the server did not confirm this ({reason}); it may or may not have been kept: {advice}")]
    Unconfirmed {
        /// What went wrong last.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// A script was not applied.
    #[error("{}", advice::of_verb(.0))]
    Script(ScriptError),
    /// The same, where the line of the script is to be told.
    #[error("{}", advice::of_script(.0))]
    InScript(ScriptError),
    /// The server was restored from a backup, and the replica holds what it lost: its user chooses the way on.
    #[error("{0}")]
    Ahead(Box<Ahead>),
    /// The work is done, and somebody should look at what came out.
    #[error("merged points wait for a look")]
    NeedsALook,
    /// A file of this computer.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Standard output is gone.
    #[error("the output cannot be written: {0}")]
    Output(#[source] io::Error),
}

impl CliError {
    /// Nobody knows whether a change was kept which may be made twice without harm: most say that they are there, or change nothing.
    pub fn unconfirmed(reason: String) -> Self {
        CliError::Unconfirmed { reason, advice: "repeat it; if it was kept, the server says so or nothing changes" }
    }

    /// The same error, with this advice if nobody knows whether the change was kept.
    pub fn or_else_do(self, advice: &'static str) -> Self {
        match self {
            CliError::Unconfirmed { reason, .. } => CliError::Unconfirmed { reason, advice },
            other => other,
        }
    }

    /// Something was done that is not what was asked for.
    pub fn unexpected(done: &Done) -> Self {
        let did = serde_json::to_string(done).unwrap_or_default();
        CliError::Refused(format!("what was done is not what was asked for: {did}"))
    }

    /// 1 refused or not found, 2 usage, 3 no connection or a server that cannot now, 4 done and somebody should look, 5 the server was
    /// restored and somebody should choose; 0 when only the reader of a pipe has left, as `| head` does.
    pub fn exit_code(&self) -> u8 {
        match self {
            CliError::Usage(_) => 2,
            CliError::NeedsALook => 4,
            CliError::Ahead(_) => 5,
            CliError::Script(error) | CliError::InScript(error) => match error.why {
                Why::Usage => 2,
                Why::NotFound | Why::Forbidden | Why::Refused => 1,
            },
            CliError::NotFound(_)
            | CliError::Refused(_)
            | CliError::Busy(_)
            | CliError::Unauthorized(_)
            | CliError::File { .. } => 1,
            CliError::Api { status, .. } if *status < 500 => 1,
            CliError::Api { .. } | CliError::NoConnection { .. } | CliError::Unconfirmed { .. } => 3,
            CliError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            CliError::Output(_) => 1,
        }
    }

    /// The word for programs; it does not change.
    pub fn word(&self) -> &str {
        match self {
            CliError::Usage(_) => "usage",
            CliError::NotFound(_) => "not_found",
            CliError::Refused(_) => "refused",
            CliError::Busy(_) => "busy",
            CliError::Unauthorized(_) => "unauthorized",
            CliError::Api { error, .. } => error.as_str(),
            CliError::NoConnection { .. } => "no_connection",
            CliError::Unconfirmed { .. } => "unconfirmed",
            CliError::Script(ScriptError { why, .. }) | CliError::InScript(ScriptError { why, .. }) => match why {
                Why::Usage => "usage",
                Why::NotFound => "not_found",
                Why::Forbidden => "forbidden",
                Why::Refused => "refused",
            },
            CliError::NeedsALook => "needs_a_look",
            CliError::Ahead(_) => "ahead",
            CliError::File { .. } => "file",
            CliError::Output(_) => "output",
        }
    }
}

impl From<ScriptError> for CliError {
    fn from(error: ScriptError) -> Self {
        CliError::Script(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_mean_what_the_help_says() {
        let api = |status| CliError::Api { status, error: Word::Unknown, message: "y".into() };
        for status in [400, 401, 403, 404, 409, 422] {
            assert_eq!(api(status).exit_code(), 1, "{status}");
        }
        for status in [500, 502, 503, 507] {
            assert_eq!(api(status).exit_code(), 3, "{status}");
        }
        assert_eq!(CliError::Usage(String::new()).exit_code(), 2);
        assert_eq!(CliError::unconfirmed(String::new()).exit_code(), 3);
        assert_eq!(CliError::Output(io::ErrorKind::BrokenPipe.into()).exit_code(), 0);
    }
}
