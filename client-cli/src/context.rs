//! What every command is given: how to print, and as whom to speak to which server.

use plenary_shared::{id::PlanId, people::Member, wire::api::Whoami};
use std::env;

use crate::{
    answer::Event,
    error::CliError,
    folder::{Damage, Folder, Info},
    output::Output,
    profile::{Profile, Profiles},
    wire::{
        http::Api,
        server::{ServerUrl, Token},
    },
};

/// Options that every verb takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Globals {
    /// Answer with JSON, also for errors; `watch` one object a line
    #[arg(long, global = true)]
    pub json: bool,
    /// Speak as a PARTY, MEMBER or `administrator` [env: PLENARY_AS]
    #[arg(long = "as", global = true, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// Speak to this server, with --token [env: PLENARY_SERVER]
    #[arg(long, global = true, value_name = "URL", conflicts_with = "profile")]
    pub server: Option<String>,
    /// Safer in the environment than here [env: PLENARY_TOKEN]
    #[arg(long, global = true, value_name = "TOKEN", conflicts_with = "profile", allow_hyphen_values = true)]
    pub token: Option<String>,
}

/// A command's surroundings.
#[derive(Clone, Debug)]
pub struct Context {
    /// Where results go.
    pub output: Output,
    globals: Globals,
}

impl Context {
    /// Nothing is read or sent yet.
    pub fn new(globals: Globals) -> Self {
        Context { output: Output::new(globals.json), globals }
    }

    /// As whom to speak. An option wins over the environment; a token there over a profile there.
    pub fn session(&self) -> Result<Session, CliError> {
        let Globals { profile, server, token, .. } = &self.globals;
        if let Some(profile) = profile {
            return Session::of(Profiles::from_environment()?.choose(Some(profile))?);
        }
        let explicit = server.is_some() || token.is_some();
        match (server.clone().or_else(|| set("PLENARY_SERVER")), token.clone().or_else(|| set("PLENARY_TOKEN"))) {
            (Some(server), Some(token)) => Session::with_token(server.parse()?, Token::new(&token)?),
            (None, None) => Session::of(Profiles::from_environment()?.choose(set("PLENARY_AS").as_deref())?),
            _ if !explicit && set("PLENARY_AS").is_some() => {
                Session::of(Profiles::from_environment()?.choose(set("PLENARY_AS").as_deref())?)
            }
            (None, Some(_)) => Err(CliError::Usage("a token needs a server: --server URL or PLENARY_SERVER".into())),
            (Some(_), None) => Err(CliError::Usage("a server needs a token: PLENARY_TOKEN or --token TOKEN".into())),
        }
    }
}

impl Context {
    /// The server that is asked for, by an option or in the environment.
    pub fn server(&self) -> Result<ServerUrl, CliError> {
        let given = self.globals.server.clone().or_else(|| set("PLENARY_SERVER"));
        given.ok_or_else(|| CliError::Usage("which server? name it: --server URL".into()))?.parse()
    }

    /// As whom to speak for a replica: as whoever is asked for, else as the member whose it is.
    pub fn session_of(&self, info: &Info) -> Result<Session, CliError> {
        if self.asks_for_somebody() {
            return self.session();
        }
        Session::of(Profiles::from_environment()?.of(&info.server, &info.conference, &info.member)?)
    }

    /// Whether the command line asks for somebody, by an option or in the environment.
    pub fn asks_for_somebody(&self) -> bool {
        let Globals { profile, server, token, .. } = &self.globals;
        let by_option = profile.is_some() || server.is_some() || token.is_some();
        by_option || ["PLENARY_AS", "PLENARY_SERVER", "PLENARY_TOKEN"].into_iter().any(|name| set(name).is_some())
    }

    /// Names what was found damaged in a replica.
    pub fn tell_damage(&self, folder: &Folder) {
        for Damage { path, what } in folder.damage() {
            self.output.event(&Event::Damaged { file: &path, message: &what }, || format!("{}: {what}", path.display()));
        }
    }
}

fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A server and who one is there.
#[derive(Clone, Debug)]
pub struct Session {
    /// The server.
    pub server: ServerUrl,
    /// Its HTTP side, with the credential.
    pub api: Api,
    who: Whoami,
}

impl Session {
    fn of(profile: Profile) -> Result<Self, CliError> {
        let api = Api::new(profile.server.clone(), Some(profile.token))?;
        Ok(Session { server: profile.server, api, who: profile.who })
    }

    fn with_token(server: ServerUrl, token: Token) -> Result<Self, CliError> {
        let api = Api::new(server.clone(), Some(token))?;
        let who = api.get("/api/whoami")?;
        Ok(Session { server, api, who })
    }

    /// The member that one is; the administrator is none.
    pub fn member(&self) -> Result<&Member, CliError> {
        match &self.who {
            Whoami::Member(member) => Ok(member),
            Whoami::Administrator => Err(CliError::Refused(
                "the administering chair opens conferences and sees none of them: name a member with --as PROFILE".into(),
            )),
        }
    }

    /// A path of the current conference below `/api`; `rest` begins with a slash or is empty.
    pub fn path(&self, rest: &str) -> Result<String, CliError> {
        Ok(format!("/api/conferences/{}{rest}", self.member()?.conference))
    }

    /// A path of a plan of the current conference.
    pub fn plan_path(&self, plan: &PlanId, rest: &str) -> Result<String, CliError> {
        self.path(&format!("/plans/{plan}{rest}"))
    }
}
