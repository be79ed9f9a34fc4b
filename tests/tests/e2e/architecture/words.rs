//! Words that only some files may say.

use super::{
    naming_tokens,
    source::{Kind, Token},
};

/// A list of today's strays may only shrink: nothing is added to it, and what has ceased to be one is taken out.
fn only_known(found: Vec<String>, known: &[&str], rule: &str) {
    super::only(found.clone(), known, rule);
    let gone: Vec<&&str> = known.iter().filter(|path| !found.iter().any(|found| found == **path)).collect();
    assert!(gone.is_empty(), "{rule}: no longer strays, take them out of the list: {gone:?}");
}

#[test]
fn one_file_gives_bytes_to_the_crdt() {
    let decodes = |code: &[Token]| ["decode_v1", "decode_v2", "apply_update"].iter().any(|word| code[0].is(word));
    let found: Vec<String> =
        ["shared/src", "server/src", "client-cli/src"].iter().flat_map(|below| naming_tokens(below, &decodes)).collect();
    assert_eq!(found, ["shared/src/log/apply.rs"], "bytes reach yrs by one way");
}

/// Answers that are not typed yet.
const UNTYPED: &[&str] = &[
    "client-cli/src/command/adopt.rs",
    "client-cli/src/command/annotations.rs",
    "client-cli/src/command/apply.rs",
    "client-cli/src/command/blame.rs",
    "client-cli/src/command/change.rs",
    "client-cli/src/command/clone.rs",
    "client-cli/src/command/diff.rs",
    "client-cli/src/command/edit.rs",
    "client-cli/src/command/entries.rs",
    "client-cli/src/command/layer.rs",
    "client-cli/src/command/log.rs",
    "client-cli/src/command/member.rs",
    "client-cli/src/command/merged.rs",
    "client-cli/src/command/plan.rs",
    "client-cli/src/command/read.rs",
    "client-cli/src/command/salvage.rs",
    "client-cli/src/command/schedule.rs",
    "client-cli/src/command/session.rs",
    "client-cli/src/command/status.rs",
    "client-cli/src/command/sync.rs",
    "client-cli/src/command/watch.rs",
    "client-cli/src/command.rs",
    "client-cli/src/context.rs",
    "client-cli/src/output.rs",
];

#[test]
fn the_command_lines_answers_are_typed() {
    only_known(
        naming_tokens("client-cli/src", &|code| code[0].is("json") && code.get(1).is_some_and(|mark| mark.is("!"))),
        UNTYPED,
        "an answer is a type, not json!",
    );
}

/// Messages that tell users of the command line what to type.
const OF_THE_COMMAND_LINE: &[&str] = &[
    "shared/src/script/parse.rs",
    "shared/src/script/run/adopt.rs",
    "shared/src/script/run/annotate.rs",
    "shared/src/script/run/bench.rs",
    "shared/src/script/run/thread.rs",
    "shared/src/talk/layer/edit.rs",
    "shared/src/talk/layer/table.rs",
    "shared/src/text/words.rs",
];

#[test]
fn shared_names_no_verb_and_no_flag() {
    let followed = |text: &str, word: &str| {
        text.match_indices(word).any(|(at, _)| text[at + word.len()..].starts_with(|c: char| c.is_ascii_lowercase()))
    };
    let names = |code: &[Token]| {
        code[0].kind == Kind::Text && ["`plenary ", "`--", " --"].iter().any(|word| followed(code[0].text, word))
    };
    only_known(naming_tokens("shared/src", &names), OF_THE_COMMAND_LINE, "each front end says what to do in its own words");
}
