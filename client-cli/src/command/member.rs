//! `party add`, `invite` and `revoke`: who is at the table.

use clap::Subcommand;
use plenary_shared::{
    access::Role,
    id::{MemberId, PartyId},
    people::Party,
    wire::api::{Invitation, NewMember},
};

use crate::{
    answer::{Invited, Revoked},
    context::Context,
    error::CliError,
    output::inline,
    when,
    wire::server::{Link, Token},
};

/// Add parties to your conference
#[derive(Debug, clap::Args)]
#[command(name = "party", after_help = "Example:\n  plenary party add arv 'Republic of Arvenia'")]
pub struct PartyVerb {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Add(Add),
}

/// Add a party (only the chair may)
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  plenary party add arv 'Republic of Arvenia'")]
struct Add {
    /// The party's id, short: it is shown beside every change
    id: PartyId,
    /// Its full name
    name: String,
}

impl PartyVerb {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let Verb::Add(Add { id, name }) = self.verb;
        let session = context.session()?;
        let party: Party = session.api.post(&session.path("/parties")?, &Party { id, name })?;
        context.output.result(&party, || format!("added {}: {}", party.id, inline(&party.name)))
    }
}

/// Invite somebody into a delegation and print the link that admits them, once (only the chair may)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  plenary invite arv 'Ana Reyes'
  plenary invite arv 'Ivo Maric' --role adviser --expires 12h")]
pub struct Invite {
    /// The party
    party: PartyId,
    /// The person's name, as the others will see it
    name: String,
    /// chair, delegate, adviser or observer
    #[arg(long, default_value = "delegate")]
    role: Role,
    /// How long the invitation is good: 30m, 12h, 7d, 2w (seven days if left out)
    #[arg(long, value_name = "DURATION", value_parser = when::seconds)]
    expires: Option<u64>,
}

const SEAT: &str = "look with `plenary conference show` before you repeat it, and revoke a seat whose link you never saw";

impl Invite {
    /// Runs the verb. The link alone is on standard output, for a script to hand on.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let session = context.session()?;
        let request = NewMember { party: self.party, role: self.role, name: self.name, expires_s: self.expires };
        let invited = session.api.post(&session.path("/members")?, &request);
        let invitation: Invitation = invited.map_err(|error| error.or_else_do(SEAT))?;
        let link = Link { server: session.server, invitation: Token::new(&invitation.invitation)? }.to_string();
        context.output.result(&Invited { invitation: &invitation, link: &link }, || link.clone())?;
        let Invitation { member, expires_ms, .. } = invitation;
        context.output.remark(|| {
            let until = when::local(expires_ms);
            format!(
                "admits {} once as {}, {} of {}, until {until}",
                inline(&member.name),
                member.member,
                member.role,
                member.party
            )
        });
        Ok(())
    }
}

/// Take a member's place away: the token and the open sessions end (only the chair may)
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  plenary revoke arv-2")]
pub struct Revoke {
    /// The member's id, as `plenary conference show` lists it
    member: MemberId,
}

impl Revoke {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let session = context.session()?;
        session.api.delete(&session.path(&format!("/members/{}", self.member))?)?;
        context.output.result(&Revoked { revoked: &self.member }, || format!("revoked {}", self.member))
    }
}
