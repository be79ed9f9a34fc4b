//! `party`, `invite` and `revoke`: who is at the table, and how a delegation gives its seats.

mod seats;

use clap::Subcommand;
use plenary_shared::{
    access::Role,
    id::{MemberId, PartyId},
    people::{Member, Party},
    wire::api::{Invitation, MemberChange, NewHead, NewMember, PartyChange, Seats},
};

use crate::{
    answer::{Invited, Revoked},
    context::Context,
    error::CliError,
    output::inline,
    when,
    wire::server::{Link, ServerUrl, Token},
};

/// Add parties to your conference, or look after your own delegation
#[derive(Debug, clap::Args)]
#[command(
    name = "party",
    after_help = "\
Examples:
  plenary party add arv 'Republic of Arvenia'
  plenary party seats
  plenary party grant arv-4"
)]
pub struct PartyVerb {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Add(Add),
    Rename(Rename),
    Close(Close),
    Reopen(Reopen),
    Seats(SeatsVerb),
    Grant(Grant),
    Change(Change),
    Head(Head),
    Open(Open),
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

/// Change a party's full name (only the chair may); its id stays
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  plenary party rename arv 'United Republic of Arvenia'")]
struct Rename {
    /// The party
    party: PartyId,
    /// Its full name from now on
    name: String,
}

/// Say that a party takes part no more: it is given no seat, no plan and no layer from then on (only the chair may)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Take it off the lists of plans first, so that all who read them are told. What it wrote stays.

Example:
  plenary plan access plan arv=none --consent no && plenary party close arv")]
struct Close {
    /// The party
    party: PartyId,
}

/// Say that a closed party takes part again (only the chair may)
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  plenary party reopen arv")]
struct Reopen {
    /// The party
    party: PartyId,
}

/// List every seat that your party ever had: who gave it, when and how it was taken, who ended it
#[derive(Debug, clap::Args)]
#[command(after_help = "Nothing is ever taken off this list.\n\nExample:\n  plenary party seats --log")]
struct SeatsVerb {
    /// What happened to the seats, in order
    #[arg(long)]
    log: bool,
}

/// Grant a seat that the chair asked for and print the link that admits, once (only your party's heads may)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The link that the chair had of the asking is void from then on. To decline, revoke the seat.

Example:
  plenary party grant arv-4")]
struct Grant {
    /// The seat, as `plenary party seats` lists it
    member: MemberId,
}

/// Change what a member of your party is, or how it is called (only your party's heads may)
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  plenary party change arv-2 --role head")]
struct Change {
    /// The member's id
    member: MemberId,
    /// chair, head, delegate, adviser or observer
    #[arg(long, required_unless_present = "name")]
    role: Option<Role>,
    /// The name that others see
    #[arg(long)]
    name: Option<String>,
}

/// Put a head into a party that has lost all it had, and print the link that admits, once (only the chair may)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
All parties are told. As long as a head of the party has a device left, the link is good only after
72 hours, and that head may end the seat until then. Who comes so gets new layers: what the party
kept to itself before opens when somebody who was there agrees (plenary party open), or never.

Example:
  plenary party head arv 'Ana Reyes'")]
struct Head {
    /// The party
    party: PartyId,
    /// The head's name, as the others will see it
    name: String,
    /// How long the invitation is good: 30m, 12h, 7d, 2w (seven days if left out)
    #[arg(long, value_name = "DURATION", value_parser = when::seconds)]
    expires: Option<u64>,
}

/// Let those who came after the chair replaced your party's heads read the layers from before
#[derive(Debug, clap::Args)]
#[command(after_help = "Only who held a seat before may, and it is not taken back.\n\nExample:\n  plenary party open")]
struct Open {}

impl PartyVerb {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let session = context.session()?;
        let own = || Ok::<_, CliError>(session.member()?.party.clone());
        match self.verb {
            Verb::Add(Add { id, name }) => {
                let party: Party = session.api.post(&session.path("/parties")?, &Party { id, name })?;
                context.output.result(&party, || format!("added {}: {}", party.id, inline(&party.name)))
            }
            Verb::Rename(Rename { party, name }) => {
                changed(context, &party, &PartyChange { name: Some(name), closed: None }, "is called")
            }
            Verb::Close(Close { party }) => {
                changed(context, &party, &PartyChange { name: None, closed: Some(true) }, "takes part no more:")
            }
            Verb::Reopen(Reopen { party }) => {
                changed(context, &party, &PartyChange { name: None, closed: Some(false) }, "takes part:")
            }
            Verb::Seats(SeatsVerb { log }) => {
                let seats: Seats = session.api.get(&session.path(&format!("/parties/{}/seats", own()?))?)?;
                context.output.result(&seats, || if log { seats::log(&seats) } else { seats::list(&seats) })
            }
            Verb::Grant(Grant { member }) => {
                let granted = session.api.post(&session.path(&format!("/members/{member}/grant"))?, &());
                invited(context, session.server, granted.map_err(|error: CliError| error.or_else_do(SEAT))?)
            }
            Verb::Change(Change { member, role, name }) => {
                let change = MemberChange { role, name };
                let changed: Member = session.api.put(&session.path(&format!("/members/{member}"))?, &change)?;
                context.output.result(&changed, || {
                    format!("{}  {}, {} of {}", changed.member, inline(&changed.name), changed.role, changed.party)
                })
            }
            Verb::Head(Head { party, name, expires }) => {
                let new = NewHead { name, expires_s: expires };
                let put_in = session.api.post(&session.path(&format!("/parties/{party}/head"))?, &new);
                invited(context, session.server, put_in.map_err(|error: CliError| error.or_else_do(SEAT))?)
            }
            Verb::Open(Open {}) => {
                let path = format!("/parties/{}/older-layers", own()?);
                let seats: Seats = session.api.post(&session.path(&path)?, &())?;
                context.output.result(&seats, || "who came later reads the layers from before".into())
            }
        }
    }
}

/// Changes a party, and says what it is now.
fn changed(context: &Context, party: &PartyId, change: &PartyChange, what: &str) -> Result<(), CliError> {
    let session = context.session()?;
    let party: Party = session.api.put(&session.path(&format!("/parties/{party}"))?, change)?;
    context.output.result(&party, || format!("{} {what} {}", party.id, inline(&party.name)))
}

/// Invite somebody into your delegation and print the link that admits them, once (only its heads may)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The chair gives a party its first head, and asks the heads of a party for any further seat: such
a seat counts for nothing until one of them grants it.

Examples:
  plenary invite arv 'Ana Reyes'
  plenary invite arv 'Ivo Maric' --role adviser --expires 12h")]
pub struct Invite {
    /// The party
    party: PartyId,
    /// The person's name, as the others will see it
    name: String,
    /// chair, head, delegate, adviser or observer
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
        let invitation = session.api.post(&session.path("/members")?, &request);
        let invitation: Invitation = invitation.map_err(|error: CliError| error.or_else_do(SEAT))?;
        invited(context, session.server, invitation)
    }
}

/// Prints a link, and whom it admits.
fn invited(context: &Context, server: ServerUrl, invitation: Invitation) -> Result<(), CliError> {
    let link = Link { server, invitation: Token::new(&invitation.invitation)? }.to_string();
    context.output.result(&Invited { invitation: &invitation, link: &link }, || link.clone())?;
    let Invitation { member, asked, from_ms, expires_ms, .. } = invitation;
    context.output.remark(|| {
        let (name, party, until) = (inline(&member.name), &member.party, when::local(expires_ms));
        let from = from_ms.map_or(String::new(), |from| format!("from {} on ", when::local(from)));
        let seat = format!("{} once {from}as {}, {} of {party}, until {until}", name, member.member, member.role);
        match asked {
            true => format!("asks for {seat}; a head of {party} grants it, and hands over a link of its own"),
            false => format!("admits {seat}"),
        }
    });
    Ok(())
}

/// Take a member's place away, or leave: the token and the open sessions end (your party's heads may, and each for itself)
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
