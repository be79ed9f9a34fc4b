//! The command line: one file for each group of verbs. A verb is parsed into ids and words here, then does its work with a [`Context`].

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
mod diff;
mod edit;
mod entries;
mod layer;
mod log;
mod member;
mod merged;
mod place;
mod plan;
mod position;
mod read;
mod salvage;
mod say;
mod schedule;
mod session;
mod standing;
mod status;
mod stretch;
mod sync;
mod thread;
mod watch;
mod words;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use serde_json::json;

use crate::{
    context::{Context, Globals},
    error::CliError,
};

/// Negotiate a plan from the command line
#[derive(Debug, Parser)]
#[command(
    name = "plenary",
    version,
    max_term_width = 100,
    after_help = "\
PLAN is the id of a plan in your conference.
POINT is a label (\"5 bis\"), a path of labels (\"5/(a)\") or an id.
Exit codes: 0 done, 1 refused or not found, 2 usage, 3 no connection or a server that cannot
now, 4 merged points need a look.
What does not fit on a terminal goes through $PLENARY_PAGER, $PAGER or less. NO_COLOR: no colours.
Profiles are kept in $PLENARY_HOME, or $XDG_CONFIG_HOME/plenary.
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
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Join(session::Join),
    Whoami(session::WhoamiVerb),
    Conference(conference::ConferenceVerb),
    Party(member::PartyVerb),
    Invite(member::Invite),
    Revoke(member::Revoke),
    Plan(plan::PlanVerb),
    Layer(layer::LayerVerb),
    Show(read::Show),
    Words(words::Words),
    Add(place::Add),
    Move(place::Move),
    Strike(edit::Strike),
    Restore(edit::Restore),
    Heading(edit::Heading),
    Renumber(edit::Renumber),
    Note(annotate::Note),
    Propose(annotate::Propose),
    Reply(annotate::Reply),
    Resolve(thread::Resolve),
    Reopen(thread::Reopen),
    Table(thread::Table),
    Accept(position::Accept),
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
        match self.verb {
            Verb::Join(verb) => verb.run(&context),
            Verb::Whoami(verb) => verb.run(&context),
            Verb::Conference(verb) => verb.run(&context),
            Verb::Party(verb) => verb.run(&context),
            Verb::Invite(verb) => verb.run(&context),
            Verb::Revoke(verb) => verb.run(&context),
            Verb::Plan(verb) => verb.run(&context),
            Verb::Layer(verb) => verb.run(&context),
            Verb::Show(verb) => verb.run(&context),
            Verb::Words(verb) => verb.run(&context),
            Verb::Add(verb) => verb.run(&context),
            Verb::Move(verb) => verb.run(&context),
            Verb::Strike(verb) => verb.run(&context),
            Verb::Restore(verb) => verb.run(&context),
            Verb::Heading(verb) => verb.run(&context),
            Verb::Renumber(verb) => verb.run(&context),
            Verb::Note(verb) => verb.run(&context),
            Verb::Propose(verb) => verb.run(&context),
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
        }
    }
}

impl Completions {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "plenary", &mut script);
        let script = String::from_utf8_lossy(&script);
        context.output.document(&json!({ "shell": self.shell.to_string(), "script": script }), &script)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_verb_has_examples_in_its_help() {
        fn check(command: &clap::Command, path: &str) {
            for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
                let path = format!("{path} {}", verb.get_name());
                let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains("Example") && help.contains("  plenary "), "{path}: {help}");
                check(verb, &path);
            }
        }
        check(&Cli::command(), "plenary");
    }

    #[test]
    fn lines_are_parsed_or_are_usage_errors() {
        let parse = |line: &str| Cli::try_parse_from(line.split('|'));
        for good in [
            "plenary|join|http://h/join#t",
            "plenary|whoami|--json",
            "plenary|--as|arv|plan|list",
            "plenary|--server|http://h|--token|-9aB|plan|list",
            "plenary|words|plan|5 bis|-",
            "plenary|words|plan|5",
            "plenary|add|plan|words|--after|5",
            "plenary|add|plan|--heading|H|--under|5|--label|(a)",
            "plenary|move|plan|5|--top",
            "plenary|invite|arv|Ana|--role|adviser|--expires|12h",
            "plenary|plan|access|plan|arv=none|bel=draft",
            "plenary|plan|create|plan|--from|-|--access|arv=draft|bel=read",
            "plenary|plan|consent|plan",
            "plenary|plan|consent|plan|arv|bel",
            "plenary|plan|consent|plan|default",
            "plenary|layer|open|plan|drafts",
            "plenary|layer|open|plan|talk|--with|arv|bel",
            "plenary|layer|open|plan|talk|--with|arv,bel",
            "plenary|layer|audience|plan|talk|none",
            "plenary|note|plan|5 bis|-|--quote|[30]|--layer|public",
            "plenary|propose|plan|5||--bracket|2|--because|why",
            "plenary|reply|plan|k3x9abcd|yes|--layer|fallback",
            "plenary|resolve|plan|k3x9abcd",
            "plenary|reopen|plan|k3x9abcd",
            "plenary|table|plan|a|b|c|--to|fallback",
            "plenary|accept|plan|5|--ad-referendum|--because|why",
            "plenary|accept|plan|5|--expect|82c353bc6de40ee34ab666fcc6b10425dafadc5d1a38f27360e2fa413c0d9e43",
            "plenary|accept|plan|5|--bracket|1",
            "plenary|reserve|plan|5|why|--quote|[30]",
            "plenary|oppose|plan|5",
            "plenary|oppose|plan|5|why|--bracket|1",
            "plenary|withdraw|plan|k3x9abcd",
            "plenary|withdraw|plan|5 bis|--bracket|1",
            "plenary|annotations|plan",
            "plenary|annotations|plan|5|--party|ARV|--layer|public|--kind|proposal|--all",
            "plenary|standing|plan",
            "plenary|standing|plan|5 bis",
            "plenary|brackets|plan|5",
            "plenary|schedule|plan",
            "plenary|schedule|plan|--csv",
            "plenary|schedule|plan|--svg|--output|plan.svg",
            "plenary|schedule|plan|5",
            "plenary|schedule|plan|5|--trigger|D-Day|--offset|-5|--duration|30",
            "plenary|schedule|plan|5|--after|4:done|17:certified|--after|3|--responsible|MED",
            "plenary|schedule|plan|5|--trigger||--offset|none|--duration||--after|none|--verifier|",
            "plenary|adopt|plan|k3x9abcd|--party|arv",
            "plenary|alternative|plan|k3x9abcd|--now|[30 or 35]",
            "plenary|alternative|plan|k3x9abcd",
            "plenary|export|plan|--clean|--html|--output|plan.html",
            "plenary|export|plan|--annotated",
            "plenary|watch|plan|--count|1",
            "plenary|watch|plan|--since|#120|--json",
            "plenary|log|plan",
            "plenary|log|plan|5 bis|-n|3|--since|2d",
            "plenary|blame|plan|5 bis",
            "plenary|diff|plan|--since|2026-03-01T09:30Z",
            "plenary|diff|plan|5|--since|#120",
            "plenary|words|plan|5|--|-dash",
        ] {
            assert!(parse(good).is_ok(), "{good}: {:?}", parse(good).err());
        }
        for bad in [
            "plenary",
            "plenary|join|nonsense",
            "plenary|move|plan|5",
            "plenary|move|plan|5|--top|--after|6",
            "plenary|add|plan|w|--after|5|--under|6",
            "plenary|plan|access|plan|arv=all",
            "plenary|plan|access|plan|arv",
            "plenary|show|No Plan",
            "plenary|layer|audience|plan|talk",
            "plenary|layer|open|plan|No Layer",
            "plenary|invite|arv|Ana|--expires|soon",
            "plenary|invite|arv|Ana|--role|king",
            "plenary|--as|a|--token|t|whoami",
            "plenary|watch|plan|--count|0",
            "plenary|watch|plan|--since|2d",
            "plenary|log|plan|--since|yesterday",
            "plenary|log|plan|-n|-1",
            "plenary|blame|plan",
            "plenary|diff|plan|--since|2026-02-30",
            "plenary|note|plan|5",
            "plenary|note|plan|5|text|--quote|a|--bracket|1",
            "plenary|note|plan|5|text|--bracket|0",
            "plenary|note|plan|5|text|--layer|No Layer",
            "plenary|propose|plan|5",
            "plenary|reply|plan|no id|text",
            "plenary|table|plan",
            "plenary|accept|plan|5|--expect|82c3",
            "plenary|accept|plan|5|--expect|82c353bc6de40ee34ab666fcc6b10425dafadc5d1a38f27360e2fa413c0d9e43|--bracket|1",
            "plenary|reserve|plan|5",
            "plenary|annotations|plan|--kind|remark",
            "plenary|annotations|plan|--party|No Party",
            "plenary|schedule|plan|--trigger|D-Day",
            "plenary|schedule|plan|--csv|--svg",
            "plenary|schedule|plan|5|--csv",
            "plenary|schedule|plan|--output|plan.csv",
            "plenary|schedule|plan|5|--offset|soon",
            "plenary|schedule|plan|5|--duration|9007199254740993",
            "plenary|adopt|plan",
            "plenary|export|plan|--clean|--annotated",
            "plenary|export|plan|--html",
        ] {
            assert_eq!(parse(bad).expect_err(bad).exit_code(), 2, "{bad}");
        }
    }
}
