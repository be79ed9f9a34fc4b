//! `conference create` and `conference show`.

use clap::Subcommand;
use plenary_shared::{
    id::{ConferenceId, PartyId},
    people::Party,
    wire::api::{Conference, Invitation, NewConference},
};

use super::session::{join, who_text};
use crate::{
    context::Context,
    error::CliError,
    output::inline,
    when,
    wire::server::{Link, Token},
};

/// See who is at your conference, or open one
#[derive(Debug, clap::Args)]
#[command(
    name = "conference",
    after_help = "\
Examples:
  plenary conference create talks --title 'Talks on the ceasefire' --party un --party-name 'United Nations' --chair 'Maria Lind'
  plenary conference show"
)]
pub struct ConferenceVerb {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(Create),
    Show(Show),
}

/// Open a conference with its chair, and join it as the chair (only the administering chair may)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  plenary conference create talks --title 'Talks on the ceasefire' --party un --party-name 'United Nations' --chair 'Maria Lind'")]
struct Create {
    /// The conference's id: a-z, 0-9 and '-'
    id: ConferenceId,
    /// Its title
    #[arg(long)]
    title: String,
    /// The id of the chair's party, the office that holds the pen
    #[arg(long, value_name = "ID")]
    party: PartyId,
    /// That party's full name; its id if left out
    #[arg(long, value_name = "NAME")]
    party_name: Option<String>,
    /// The chair's name
    #[arg(long, value_name = "NAME")]
    chair: String,
}

/// Show the parties and members of your conference
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  plenary conference show --json")]
struct Show {}

impl ConferenceVerb {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        match self.verb {
            Some(Verb::Create(verb)) => verb.run(context),
            Some(Verb::Show(_)) | None => show(context),
        }
    }
}

const LINK: &str = "repeat it; if it is there by then, the link of its chair is lost, so take another id";

impl Create {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let session = context.session()?;
        let party = Party { name: self.party_name.unwrap_or_else(|| self.party.to_string()), id: self.party };
        let request = NewConference { id: self.id, title: self.title, party, chair: self.chair };
        let opened = session.api.post("/api/conferences", &request);
        let chair: Invitation = opened.map_err(|error| error.or_else_do(LINK))?;
        let joined = join(&Link { server: session.server, invitation: Token::new(&chair.invitation)? })?;
        joined.tell(context, |profile| format!("opened {} and joined it: {}", request.id, who_text(profile)))
    }
}

fn show(context: &Context) -> Result<(), CliError> {
    let session = context.session()?;
    let conference: Conference = session.api.get(&session.path("")?)?;
    context.output.result(&conference, || {
        let mut text = format!("{}: {}", conference.id, inline(&conference.title));
        for party in &conference.parties {
            let closed = if conference.closed.contains(&party.id) { ", takes part no more" } else { "" };
            text += &format!("\n{}  {}{closed}", party.id, inline(&party.name));
            for member in conference.members.iter().filter(|m| m.party == party.id) {
                text += &format!("\n    {}  {}, {}", member.member, inline(&member.name), member.role);
                text += if conference.invited.contains(&member.member) { ": invited, has not joined" } else { "" };
            }
            for member in conference.asked.iter().filter(|m| m.party == party.id) {
                text += &format!("\n    {}  {}, {}: asked for by the chair", member.member, inline(&member.name), member.role);
            }
            for head in conference.put_in.iter().filter(|head| head.party == party.id) {
                text += &format!("\n    {}  put in as head by {} on {}", head.head, head.by, when::local(head.at_ms));
                text += head.taken_ms.map_or("; has not joined", |_| "");
                let has_ended = conference.ended.iter().any(|member| member.member == head.head);
                text += if has_ended { "; its seat has ended" } else { "" };
            }
        }
        text
    })
}
