//! The command line: one file for each group of verbs. A verb is parsed into ids and words here, then does its work with a [`Context`].

mod accept;
mod adopt;
mod annotate;
mod annotations;
mod apply;
mod args;
mod blame;
mod brackets;
mod change;
mod clone;
mod conference;
mod devices;
mod diff;
mod edit;
mod entries;
mod help;
mod here;
mod import;
mod lapses;
mod layer;
mod log;
mod member;
mod merged;
mod place;
mod plan;
mod position;
mod quote;
mod read;
mod salvage;
mod say;
mod schedule;
mod schema;
mod session;
mod settle;
mod share;
mod standing;
mod status;
mod sync;
mod thread;
mod undo;
mod watch;
mod words;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::{
    answer,
    context::{Context, Globals},
    error::CliError,
};

/// Negotiate a plan from the command line
#[derive(Debug, Parser)]
#[command(
    name = "plenary",
    version,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "\
PLAN is the id of a plan in your conference.
POINT is a label (\"5 bis\"), a path of labels (\"5/(a)\"), what people say (5a, \"Art. 3\", \"§ 6\")
or an id; #ID is the id and no label.
Exit codes: 0 done, 1 refused or not found, 2 usage, 3 no connection or a server that cannot
now, 4 merged points need a look, 5 the server was restored and it is yours to choose.
The manual: plenary help delegations (or secretariats, operators, programs, who-learns-what, hostile,
architecture).
What does not fit on a terminal goes through $PLENARY_PAGER, $PAGER or less. NO_COLOR: no colours.
Profiles are kept in $PLENARY_HOME, or $XDG_CONFIG_HOME/plenary; --as takes CONFERENCE/MEMBER too.
PLENARY_CA_FILE names certificates (PEM) to trust instead of the public authorities; a server's own
certificate will do if it is not marked as an authority's (CA:FALSE).

Examples:
  plenary join 'https://talks.example/join#TOKEN'
  plenary show plan
  plenary words plan '5 bis' 'Both sides shall withdraw within [30][50] days.'
  plenary note plan 5 'The capital wants a date here.'
  plenary accept plan 5
  plenary --as arv watch plan --json"
)]
pub struct Cli {
    /// Options of every verb.
    #[command(flatten)]
    pub globals: Globals,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Join(session::Join),
    Whoami(session::WhoamiVerb),
    Here(here::HereVerb),
    #[command(visible_alias = "members")]
    Conference(conference::ConferenceVerb),
    Party(member::PartyVerb),
    Invite(member::Invite),
    Revoke(member::Revoke),
    Devices(devices::DevicesVerb),
    Plan(plan::PlanVerb),
    Layer(layer::LayerVerb),
    Show(read::Show),
    #[command(visible_alias = "edit")]
    Words(words::Words),
    Settle(settle::Settle),
    Undo(undo::Undo),
    Add(place::Add),
    Move(place::Move),
    Strike(edit::Strike),
    Restore(edit::Restore),
    Heading(edit::Heading),
    Label(edit::Label),
    Renumber(edit::Renumber),
    #[command(visible_alias = "comment")]
    Note(annotate::Note),
    Propose(annotate::Propose),
    Own(annotate::OwnVerb),
    Reply(annotate::Reply),
    Resolve(thread::Resolve),
    Reopen(thread::Reopen),
    Table(thread::Table),
    #[command(visible_alias = "support")]
    Accept(accept::Accept),
    Reserve(position::Reserve),
    Oppose(position::Oppose),
    Withdraw(position::Withdraw),
    Annotations(annotations::Annotations),
    Standing(standing::Standing),
    Brackets(brackets::Brackets),
    Schedule(schedule::ScheduleVerb),
    Adopt(adopt::Adopt),
    Alternative(adopt::Alternative),
    Apply(apply::Apply),
    #[command(visible_alias = "history")]
    Log(log::Log),
    Blame(blame::Blame),
    Diff(diff::Diff),
    Watch(watch::Watch),
    Clone(clone::Clone),
    Sync(sync::Sync),
    Status(status::Status),
    Merged(merged::MergedVerb),
    Confirm(merged::Confirm),
    Salvage(salvage::Salvage),
    Export(read::Export),
    Completions(Completions),
    Schema(schema::Schema),
    Help(help::Help),
}

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  plenary completions bash > ~/.local/share/bash-completion/completions/plenary")]
struct Completions {
    /// The shell
    shell: Shell,
}

impl Cli {
    /// Does what the command line asks.
    pub fn run(self) -> Result<(), CliError> {
        let context = Context::new(self.globals);
        match self.verb.unwrap_or(Verb::Here(here::HereVerb {})) {
            Verb::Join(verb) => verb.run(&context),
            Verb::Whoami(verb) => verb.run(&context),
            Verb::Here(verb) => verb.run(&context),
            Verb::Conference(verb) => verb.run(&context),
            Verb::Party(verb) => verb.run(&context),
            Verb::Invite(verb) => verb.run(&context),
            Verb::Revoke(verb) => verb.run(&context),
            Verb::Devices(verb) => verb.run(&context),
            Verb::Plan(verb) => verb.run(&context),
            Verb::Layer(verb) => verb.run(&context),
            Verb::Show(verb) => verb.run(&context),
            Verb::Words(verb) => verb.run(&context),
            Verb::Settle(verb) => verb.run(&context),
            Verb::Undo(verb) => verb.run(&context),
            Verb::Add(verb) => verb.run(&context),
            Verb::Move(verb) => verb.run(&context),
            Verb::Strike(verb) => verb.run(&context),
            Verb::Restore(verb) => verb.run(&context),
            Verb::Heading(verb) => verb.run(&context),
            Verb::Label(verb) => verb.run(&context),
            Verb::Renumber(verb) => verb.run(&context),
            Verb::Note(verb) => verb.run(&context),
            Verb::Propose(verb) => verb.run(&context),
            Verb::Own(verb) => verb.run(&context),
            Verb::Reply(verb) => verb.run(&context),
            Verb::Resolve(verb) => verb.run(&context),
            Verb::Reopen(verb) => verb.run(&context),
            Verb::Table(verb) => verb.run(&context),
            Verb::Accept(verb) => verb.run(&context),
            Verb::Reserve(verb) => verb.run(&context),
            Verb::Oppose(verb) => verb.run(&context),
            Verb::Withdraw(verb) => verb.run(&context),
            Verb::Annotations(verb) => verb.run(&context),
            Verb::Standing(verb) => verb.run(&context),
            Verb::Brackets(verb) => verb.run(&context),
            Verb::Schedule(verb) => verb.run(&context),
            Verb::Adopt(verb) => verb.run(&context),
            Verb::Alternative(verb) => verb.run(&context),
            Verb::Apply(verb) => verb.run(&context),
            Verb::Log(verb) => verb.run(&context),
            Verb::Blame(verb) => verb.run(&context),
            Verb::Diff(verb) => verb.run(&context),
            Verb::Watch(verb) => verb.run(&context),
            Verb::Clone(verb) => verb.run(&context),
            Verb::Sync(verb) => verb.run(&context),
            Verb::Status(verb) => verb.run(&context),
            Verb::Merged(verb) => verb.run(&context),
            Verb::Confirm(verb) => verb.run(&context),
            Verb::Salvage(verb) => verb.run(&context),
            Verb::Export(verb) => verb.run(&context),
            Verb::Completions(verb) => verb.run(&context),
            Verb::Schema(verb) => verb.run(&context),
            Verb::Help(verb) => verb.run(&context, |line| Cli::try_parse_from(line).map(drop)),
        }
    }
}

impl Completions {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "plenary", &mut script);
        let script = String::from_utf8_lossy(&script);
        context.output.document(&answer::Completions { shell: self.shell.to_string(), script: &script }, &script)
    }
}

#[cfg(test)]
mod tests;
