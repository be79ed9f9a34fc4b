//! Flags, environment and file become one checked [`Config`]. A flag wins over the environment, the environment over the file.

use clap::{Args, Parser, Subcommand, ValueEnum};
use plenary_shared::{id::ConferenceId, limits};
use serde::Deserialize;
use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

/// The program's command line.
#[derive(Parser, Debug)]
#[command(
    name = "plenary-server",
    version,
    about = "Delegations negotiate one text: the Plenary server",
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 it was asked to stop, 1 it could not start, 2 usage, 74 the disk failed: start it again."
)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Verb,
}

/// What the program does.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Serve conferences from a data directory
    #[command(
        after_help = "Example:\n  plenary-server serve --data /var/lib/plenary --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem"
    )]
    Serve {
        /// Where and how.
        #[command(flatten)]
        options: Options,
        /// Print the address and the first invitation as one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Try it: a conference with a chair and three invented parties on a twenty-point plan
    #[command(
        after_help = "Example:\n  plenary-server demo\n  plenary-server demo --json --listen 127.0.0.1:8080 --data /tmp/demo"
    )]
    Demo {
        /// Where and how; without --data it lives in a temporary directory.
        #[command(flatten)]
        options: Options,
        /// Further delegates for each party
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1_000))]
        members: u32,
        /// Empty plans `p-1` to `p-N` besides, which every party may draft
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1_900))]
        plans: u32,
        /// Print one line of JSON once it is ready
        #[arg(long)]
        json: bool,
    },
    /// Copy a data directory while a server runs on it, or what is new in it since the last copy
    #[command(
        after_help = "Everything that was acknowledged before it began is in the copy. To restore, start a server on a copy of it.\n\nExample:\n  plenary-server backup --data /var/lib/plenary --to /mnt/backup/plenary"
    )]
    Backup {
        /// Directory that holds everything; a server may be running on it
        #[arg(long, env = "PLENARY_DATA", value_name = "DIR")]
        data: PathBuf,
        /// Directory for the copy: new, or that of an earlier backup of the same data
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// Print one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Read everything in a data directory and name what does not hold; changes nothing
    #[command(
        after_help = "Exit codes: 0 everything holds, 1 something does not, or the directory cannot be read.\n\nExample:\n  plenary-server check --data /var/lib/plenary"
    )]
    Check {
        /// Directory that holds everything; no server may be running on it
        #[arg(long, env = "PLENARY_DATA", value_name = "DIR")]
        data: PathBuf,
        /// Print one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete a conference, with every word and every name in it
    #[command(
        after_help = "Its id stays taken. Backups and replicas hold the conference until they are deleted too.\n\nExample:\n  plenary-server forget --data /var/lib/plenary --conference talks"
    )]
    Forget {
        /// Directory that holds everything; no server may be running on it
        #[arg(long, env = "PLENARY_DATA", value_name = "DIR")]
        data: PathBuf,
        /// The conference's id
        #[arg(long, value_name = "ID")]
        conference: ConferenceId,
    },
    /// Take edits as always again, once the delegations have synced with a restored server
    #[command(
        after_help = "A server that goes on from a backup does not let in what tabs hold of others' words, so that nobody becomes their author.\n\nExample:\n  plenary-server end-restore --data /var/lib/plenary"
    )]
    EndRestore {
        /// Directory that holds everything; a server may be running on it
        #[arg(long, env = "PLENARY_DATA", value_name = "DIR")]
        data: PathBuf,
    },
    /// Print the help of a command, or a chapter of the manual
    #[command(
        after_help = "Chapters: delegations, secretariats, operators, programs, who-learns-what, hostile, architecture.\n\nExample:\n  plenary-server help operators"
    )]
    Help {
        /// A command or a chapter; all commands if left out
        #[arg(value_name = "COMMAND|CHAPTER")]
        what: Option<String>,
    },
}

/// What can be set, each as a flag, an environment variable or a line of the file.
#[derive(Args, Deserialize, Debug, Clone, Default)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// TOML file with the same names (tls_cert = "...")
    #[arg(long, env = "PLENARY_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// Directory that holds everything
    #[arg(long, env = "PLENARY_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "PLENARY_LISTEN", value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Certificate chain (PEM)
    #[arg(long, env = "PLENARY_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// Private key (PEM)
    #[arg(long, env = "PLENARY_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Address and port for the operator's figures, told without a credential [default: none]
    #[arg(long, env = "PLENARY_METRICS_LISTEN", value_name = "ADDR")]
    metrics_listen: Option<SocketAddr>,
    /// How logs look [default: text]
    #[arg(long, env = "PLENARY_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    /// Connections open at once [default: 10000]
    #[arg(long, env = "PLENARY_SESSIONS", value_name = "N")]
    sessions: Option<usize>,
    /// Connections open at once for one member [default: 32]
    #[arg(long, env = "PLENARY_SESSIONS_PER_MEMBER", value_name = "N")]
    sessions_per_member: Option<usize>,
}

/// How logs look.
#[derive(ValueEnum, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Bounds that an operator may want to raise.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections open at once.
    pub sessions: usize,
    /// Connections open at once for one member.
    pub sessions_per_member: usize,
    /// Whether this server speaks TLS itself.
    pub tls: bool,
}

/// Checked configuration.
pub struct Config {
    /// The data directory.
    pub data: Option<PathBuf>,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where the operator's figures are told, if anywhere.
    pub metrics_listen: Option<SocketAddr>,
    /// TLS, if this server speaks it.
    pub tls: Option<TlsAcceptor>,
    /// How logs look.
    pub log_format: LogFormat,
    /// Bounds.
    pub limits: Limits,
}

/// What is wrong with the configuration, in one line.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The configuration file is not what it should be.
    #[error("{}: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong where.
        message: String,
    },
    /// Certificate and key do not make TLS.
    #[error("TLS: {0}")]
    Tls(String),
    /// A value is missing or out of bounds.
    #[error("{0}")]
    Value(&'static str),
}

impl Options {
    /// Reads the file, if there is one, and checks everything.
    pub fn check(self) -> Result<Config, ConfigError> {
        let file = match &self.config {
            Some(path) => read_file(path)?,
            None => Options::default(),
        };
        let tls = match (self.tls_cert.or(file.tls_cert), self.tls_key.or(file.tls_key)) {
            (Some(cert), Some(key)) => Some(load_tls(&cert, &key)?),
            (None, None) => None,
            _ => return Err(ConfigError::Value("TLS needs both --tls-cert and --tls-key")),
        };
        let sessions = self.sessions.or(file.sessions).unwrap_or(limits::SESSIONS_MAX);
        let sessions_per_member = self.sessions_per_member.or(file.sessions_per_member);
        let sessions_per_member = sessions_per_member.unwrap_or(limits::SESSIONS_PER_MEMBER_MAX);
        if !(1..=1_000_000).contains(&sessions) || !(1..=1_000_000).contains(&sessions_per_member) {
            return Err(ConfigError::Value("--sessions and --sessions-per-member must be 1 to 1000000"));
        }
        Ok(Config {
            data: self.data.or(file.data),
            listen: self.listen.or(file.listen).unwrap_or(([127, 0, 0, 1], 8080).into()),
            metrics_listen: self.metrics_listen.or(file.metrics_listen),
            limits: Limits { sessions, sessions_per_member, tls: tls.is_some() },
            tls,
            log_format: self.log_format.or(file.log_format).unwrap_or(LogFormat::Text),
        })
    }
}

fn read_file(path: &Path) -> Result<Options, ConfigError> {
    let text = fs::read_to_string(path).map_err(|error| ConfigError::Read { path: path.into(), error })?;
    toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        ConfigError::File { path: path.into(), message: format!("line {line}: {}", error.message().replace('\n', " ")) }
    })
}

fn load_tls(cert: &Path, key: &Path) -> Result<TlsAcceptor, ConfigError> {
    let bad = |path: &Path, error: &dyn std::fmt::Display| ConfigError::Tls(format!("{}: {error}", path.display()));
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(cert).map_err(|error| bad(cert, &error))?.collect();
    let chain = chain.map_err(|error| bad(cert, &error))?;
    let key_der = PrivateKeyDer::from_pem_file(key).map_err(|error| bad(key, &error))?;
    let mut config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key_der).map_err(|error| bad(cert, &error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(arguments: &[&str]) -> Result<Config, ConfigError> {
        let all = ["plenary-server", "serve"].iter().chain(arguments);
        let Verb::Serve { options, .. } = CommandLine::try_parse_from(all).unwrap().command else { panic!() };
        options.check()
    }

    #[test]
    fn flags_win_over_the_file_and_its_faults_are_one_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("plenary.toml");
        let path = file.to_str().unwrap();
        fs::write(&file, "listen = \"127.0.0.1:9999\"\nsessions_per_member = 7\n").unwrap();
        let config = check(&["--config", path, "--listen", "127.0.0.1:1"]).unwrap();
        assert_eq!((config.listen.port(), config.limits.sessions_per_member), (1, 7));
        for bad in ["listen = 3", "lisen = \"x\"", "= ="] {
            fs::write(&file, format!("sessions = 1\n{bad}\n")).unwrap();
            let message = check(&["--config", path]).err().unwrap().to_string();
            assert!(message.contains("line 2") && !message.contains('\n'), "{message}");
        }
    }

    #[test]
    fn half_a_tls_configuration_is_refused() {
        assert!(check(&["--tls-cert", "x.pem"]).err().unwrap().to_string().contains("--tls-key"));
        assert!(check(&["--tls-cert", "x.pem", "--tls-key", "y.pem"]).err().unwrap().to_string().contains("x.pem"));
        assert!(check(&["--sessions", "0"]).is_err());
    }
}
