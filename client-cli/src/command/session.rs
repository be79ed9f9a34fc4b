//! `join` and `whoami`.

use plenary_shared::wire::api::{JoinRequest, Joined, Whoami};

use crate::{
    answer::{self, WhoShown},
    context::Context,
    error::CliError,
    output::inline,
    profile::{Profile, Profiles},
    when,
    wire::{
        http::Api,
        server::{Link, Token},
    },
};

/// Trade an invitation for a place at the table; the latest joined is who you are from then on
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The token is kept in a file that only you can read. The invitation is good once.

Examples:
  plenary join 'https://talks.example/join#TOKEN'
  plenary invite arv 'Ana Reyes' --as chair | xargs plenary join")]
pub struct Join {
    /// The link of the invitation (in quotes, for the shell)
    #[arg(value_parser = |text: &str| text.parse::<Link>())]
    link: Link,
}

impl Join {
    /// Joins, keeps the profile and says who one is.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let profile = join(&self.link)?;
        context.output.result(&who(&profile), || format!("joined {}", who_text(&profile)))
    }
}

const USED: &str = "repeat it; if the invitation is used by then, ask for a new one";

/// Trades an invitation for a profile and makes it the current one.
pub fn join(link: &Link) -> Result<Profile, CliError> {
    let profiles = Profiles::from_environment()?;
    let request = JoinRequest { invitation: Some(link.invitation.secret().to_owned()), ..JoinRequest::default() };
    let joined = Api::new(link.server.clone(), None)?.post("/api/join", &request);
    let joined: Joined = joined.map_err(|error: CliError| error.or_else_do(USED))?;
    let token = joined.token.ok_or_else(|| CliError::Refused("the server gave no token".into()))?;
    let profile =
        Profile { server: link.server.clone(), token: Token::new(&token)?, who: joined.who, expires_ms: joined.expires_ms };
    profiles.save(&profile)?;
    Ok(profile)
}

/// Say who you are, as the server sees it
#[derive(Debug, clap::Args)]
#[command(
    name = "whoami",
    after_help = "\
Examples:
  plenary whoami
  plenary whoami --all
  plenary whoami --json --as arv"
)]
pub struct WhoamiVerb {
    /// List every profile kept here, without asking the servers
    #[arg(long)]
    all: bool,
}

impl WhoamiVerb {
    /// Asks the server, so that a revoked credential shows.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        if self.all {
            let profiles = Profiles::from_environment()?.all()?;
            return context.output.result(&answer::Profiles { profiles: profiles.iter().map(who).collect() }, || match profiles
                .is_empty()
            {
                true => "no profiles".into(),
                false => profiles.iter().map(who_text).collect::<Vec<_>>().join("\n"),
            });
        }
        let session = context.session()?;
        let who: Whoami = session.api.get("/api/whoami")?;
        let server = &session.server;
        context.output.result(&WhoShown { who: &who, server, expires_ms: None }, || format!("{} on {server}", describe(&who)))
    }
}

/// The profile without its secret.
pub fn who(profile: &Profile) -> WhoShown<'_> {
    WhoShown { who: &profile.who, server: &profile.server, expires_ms: Some(profile.expires_ms) }
}

/// The profile in a line, without its secret.
pub fn who_text(profile: &Profile) -> String {
    let until = if profile.expires_ms < when::now_ms() { "expired" } else { "until" };
    format!("{} on {}, {until} {}", describe(&profile.who), profile.server, when::local(profile.expires_ms))
}

fn describe(who: &Whoami) -> String {
    match who {
        Whoami::Administrator => "administering chair".into(),
        Whoami::Member(m) => format!("{}/{}: {}, {} of {}", m.conference, m.member, inline(&m.name), m.role, m.party),
    }
}
