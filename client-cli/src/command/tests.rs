//! The command line, parsed.

use super::*;

/// Lines that are parsed, their words parted by `|`.
const GOOD: &[&str] = &[
    "plenary",
    "plenary|here",
    "plenary|standing|plan|--only|open|--party|ARV|--point|3",
    "plenary|standing|plan|--csv|--output|s.csv",
    "plenary|join|http://h/join#t",
    "plenary|join|--recover|7m3k-0000|--server|http://h",
    "plenary|whoami|--json",
    "plenary|party|seats|--log",
    "plenary|party|grant|arv-4",
    "plenary|party|change|arv-2|--role|head",
    "plenary|party|head|arv|Ana|--expires|3d",
    "plenary|party|open",
    "plenary|devices",
    "plenary|devices|--end|1",
    "plenary|--as|arv|plan|list",
    "plenary|--server|http://h|--token|-9aB|plan|list",
    "plenary|words|plan|5 bis|-",
    "plenary|words|plan|5",
    "plenary|words|plan|5|new|--for|arv",
    "plenary|propose|plan|5|new|--for|arv",
    "plenary|own|plan|k3x9abcd",
    "plenary|undo|plan|5 bis",
    "plenary|undo|plan|5|--bracket|2",
    "plenary|undo|plan|--title",
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
    "plenary|accept|plan|1|2|5-8|--expect|1=82c353bc6de4|--expect|2=82c353bc6de4",
    "plenary|accept|plan|5|--expect|82c353bc6de40ee34ab666fcc6b10425dafadc5d1a38f27360e2fa413c0d9e43|--bracket|1",
    "plenary|words|plan|5|x|--expect|82c353bc6de4",
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
    "plenary|log|plan|--acts|-n|3",
    "plenary|log|plan|--acts|--layer|arv/talk",
    "plenary|plan|access|plan|arv=draft|--consent|yes",
    "plenary|plan|create|plan|--access|arv=draft|bel=draft|--consent|arv",
    "plenary|log|plan|5 bis|-n|3|--since|2d",
    "plenary|blame|plan|5 bis",
    "plenary|diff|plan|--since|2026-03-01T09:30Z",
    "plenary|diff|plan|5|--since|#120",
    "plenary|words|plan|5|--|-dash",
];

/// Lines that are usage errors.
const BAD: &[&str] = &[
    "plenary|standing|plan|3|--only|open",
    "plenary|standing|plan|--only|done",
    "plenary|join|nonsense",
    "plenary|join",
    "plenary|join|http://h/join#t|--recover|7m3k",
    "plenary|party|change|arv-2",
    "plenary|devices|--end",
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
    "plenary|log|plan|5|--acts",
    "plenary|log|plan|--layer|arv/talk",
    "plenary|log|plan|--acts|--layer|talk",
    "plenary|plan|access|plan|--consent|yes",
    "plenary|plan|access|plan|arv=draft|--consent|perhaps",
    "plenary|blame|plan",
    "plenary|undo|plan",
    "plenary|undo|plan|5|--title",
    "plenary|diff|plan|--since|2026-02-30",
    "plenary|note|plan|5",
    "plenary|note|plan|5|text|--quote|a|--bracket|1",
    "plenary|note|plan|5|text|--bracket|0",
    "plenary|note|plan|5|text|--layer|No Layer",
    "plenary|propose|plan|5",
    "plenary|reply|plan|no id|text",
    "plenary|table|plan",
    "plenary|accept|plan|5|--expect|82c3",
    "plenary|accept|plan|5|--expect|82c3",
    "plenary|accept|plan",
    "plenary|words|plan|5|x|--expect|82c353bc6de",
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
];

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

/// What a large terminal shows at once.
const SCREEN_LINES: usize = 40;

#[test]
fn the_help_of_each_verb_fits_a_screen() {
    fn check(command: &mut clap::Command, path: &str) {
        for verb in command.get_subcommands_mut() {
            let path = format!("{path} {}", verb.get_name());
            let help = verb.clone().term_width(100).render_help().to_string();
            assert!(help.lines().count() <= SCREEN_LINES, "{path}: {} lines\n{help}", help.lines().count());
            check(verb, &path);
        }
    }
    let mut command = Cli::command();
    command.build();
    check(&mut command, "plenary");
}

#[test]
fn lines_are_parsed_or_are_usage_errors() {
    let parse = |line: &str| Cli::try_parse_from(line.split('|'));
    for good in GOOD {
        assert!(parse(good).is_ok(), "{good}: {:?}", parse(good).err());
    }
    for bad in BAD {
        assert_eq!(parse(bad).expect_err(bad).exit_code(), 2, "{bad}");
    }
}
