//! Words that only some files may say.

use super::{
    naming_tokens, only, outside_tests,
    source::{Kind, Token},
};
use std::collections::BTreeMap;

#[test]
fn one_file_gives_bytes_to_the_crdt() {
    let decodes = |code: &[Token]| ["decode_v1", "decode_v2", "apply_update"].iter().any(|word| code[0].is(word));
    let found: Vec<String> =
        ["shared/src", "server/src", "client-cli/src"].iter().flat_map(|below| naming_tokens(below, &decodes)).collect();
    assert_eq!(found, ["shared/src/log/apply.rs"], "bytes reach yrs by one way");
}

#[test]
fn the_command_lines_answers_are_typed() {
    only(
        naming_tokens("client-cli/src", &|code| code[0].is("json") && code.get(1).is_some_and(|mark| mark.is("!"))),
        &[],
        "an answer is a type, not json!",
    );
}

#[test]
fn shared_names_no_verb_and_no_flag() {
    let followed = |text: &str, word: &str| {
        text.match_indices(word).any(|(at, _)| text[at + word.len()..].starts_with(|c: char| c.is_ascii_lowercase()))
    };
    let names = |code: &[Token]| {
        code[0].kind == Kind::Text && ["`plenary ", "`--", " --"].iter().any(|word| followed(code[0].text, word))
    };
    only(naming_tokens("shared/src", &names), &[], "each front end says what to do in its own words");
}

/// The name of a type that others in the crate can name, if its definition begins here.
fn public_type<'a>(code: &[Token<'a>]) -> Option<&'a str> {
    let after = code[0].is("pub").then_some(&code[1..])?;
    let is_for_the_crate = after.len() > 3 && after[0].is("(") && after[1].is("crate");
    let [what, name, ..] = (if is_for_the_crate { &after[3..] } else { after }) else { return None };
    ["struct", "enum", "trait", "type", "union"].iter().any(|word| what.is(word)).then_some(name.text)
}

#[test]
fn a_name_means_one_thing_in_a_crate() {
    let allowed = [
        ("shared/src", "Layer", "as people know it, with whom it is for; and as a document, with what stands in it"),
        ("shared/src", "Schedule", "a point's, and the edit that changes it: edits are named by what they edit"),
        ("client-cli/src", "Profiles", "what stands in the file, and what the verb answers of it"),
        ("client-cli/src", "Status", "the verb, and its answer"),
    ];
    let mut found = Vec::new();
    for below in ["shared/src", "server/src", "client-cli/src"] {
        let mut defined: BTreeMap<String, Vec<String>> = BTreeMap::new();
        outside_tests(below, |path, code| {
            for name in (0..code.len()).filter_map(|at| public_type(&code[at..])) {
                defined.entry(name.to_owned()).or_default().push(path.to_owned());
            }
        });
        assert!(defined.len() > 50, "{below}: {defined:?}");
        found.extend(defined.into_iter().filter(|(_, files)| files.len() > 1).map(|(name, files)| (below, name, files)));
    }
    let is_allowed = |below: &str, name: &str| allowed.iter().any(|one| (one.0, one.1) == (below, name));
    let strays: Vec<_> = found.iter().filter(|(below, name, _)| !is_allowed(below, name)).collect();
    assert!(strays.is_empty(), "each thing has a name of its own: {strays:#?}");
    assert_eq!(found.len(), allowed.len(), "what needs no exception any more is none");
}
