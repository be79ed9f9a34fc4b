//! Words that only some files may say.

use super::{
    naming_tokens, only,
    source::{Kind, Token},
};

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
