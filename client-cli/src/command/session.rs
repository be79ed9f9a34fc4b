//! `join` and `whoami`.

use plenary_shared::wire::api::{JoinRequest, Joined, Whoami};

use crate::{
    answer::{self, WhoShown},
    context::Context,
    error::CliError,
    output::inline,
    profile::{Profile, Profiles},
    trust, when,
    wire::{
        http::Api,
        server::{Link, ServerUrl, Token},
    },
};

/// Trade an invitation for a place at the table; the latest joined is who you are from then on
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The server that the link leads to is shown first; on a terminal you are asked whether it is the right
one. The token is kept in a file that only you can read. The invitation is good once. Write the
recovery code down: it takes the same seat again when this computer is lost, and is told once.

Examples:
  plenary join 'https://talks.example/join#TOKEN'
  plenary join --recover 7m3k-... --server https://talks.example
  plenary invite arv 'Ana Reyes' --as chair | xargs plenary join")]
pub struct Join {
    /// The link of the invitation (in quotes, for the shell)
    #[arg(value_parser = |text: &str| text.parse::<Link>(), required_unless_present = "recover", conflicts_with = "recover")]
    link: Option<Link>,
    /// The recovery code of a seat that you had: take it again, at --server
    #[arg(long, value_name = "CODE", allow_hyphen_values = true)]
    recover: Option<String>,
    /// Do not ask whether the server is the right one
    #[arg(long, short)]
    yes: bool,
}

impl Join {
    /// Joins, keeps the profile and says who one is.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let joined = match (self.link, self.recover) {
            (Some(link), _) => {
                trust::in_server(&context.output, &link.server, self.yes)?;
                join(&link)?
            }
            (None, recovery) => {
                let request = JoinRequest { recovery, ..JoinRequest::default() };
                sit(context.server()?, &request)?
            }
        };
        joined.tell(context, |profile| format!("joined {}", who_text(profile)))
    }
}

/// A profile that was just kept, and the code by which its seat is taken again.
pub struct Seated {
    profile: Profile,
    recovery: String,
}

impl Seated {
    /// Says who one is; the recovery code is told here and never again.
    pub fn tell(&self, context: &Context, text: impl FnOnce(&Profile) -> String) -> Result<(), CliError> {
        let shown = WhoShown { recovery: Some(&self.recovery), ..who(&self.profile) };
        context.output.result(&shown, || text(&self.profile))?;
        let code = inline(&self.recovery);
        context.output.remark(|| format!("recovery code, told once, which takes this seat again: {code}"));
        Ok(())
    }
}

const USED: &str = "repeat it; if the invitation is used by then, ask for a new one";

/// Trades an invitation for a profile and makes it the current one.
pub fn join(link: &Link) -> Result<Seated, CliError> {
    let request = JoinRequest { invitation: Some(link.invitation.secret().to_owned()), ..JoinRequest::default() };
    sit(link.server.clone(), &request)
}

fn sit(server: ServerUrl, request: &JoinRequest) -> Result<Seated, CliError> {
    let profiles = Profiles::from_environment()?;
    let joined = Api::new(server.clone(), None)?.post("/api/join", request);
    let joined: Joined = joined.map_err(|error: CliError| error.or_else_do(USED))?;
    let token = joined.token.ok_or_else(|| CliError::Refused("the server gave no token".into()))?;
    let profile = Profile { server, token: Token::new(&token)?, who: joined.who, expires_ms: joined.expires_ms };
    profiles.save(&profile)?;
    Ok(Seated { profile, recovery: joined.recovery })
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
        let shown = WhoShown { who: &who, server, expires_ms: None, recovery: None };
        context.output.result(&shown, || format!("{} on {server}", describe(&who)))
    }
}

/// The profile without its secret.
pub fn who(profile: &Profile) -> WhoShown<'_> {
    WhoShown { who: &profile.who, server: &profile.server, expires_ms: Some(profile.expires_ms), recovery: None }
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
