//! The schemas as they stand in `schemas.json`, and that every verb has one.

use super::*;
use clap::CommandFactory as _;
use serde_json::json;

use crate::command::Cli;

/// The verbs that do something, with the words above them: `plan list`.
fn verbs(command: &clap::Command, path: &str) -> Vec<String> {
    let path_of = |verb: &clap::Command| format!("{path} {}", verb.get_name()).trim().to_owned();
    command
        .get_subcommands()
        .flat_map(|verb| if verb.has_subcommands() { verbs(verb, &path_of(verb)) } else { vec![path_of(verb)] })
        .collect()
}

#[test]
fn every_verb_has_a_schema_and_no_schema_is_of_nothing() {
    let mut wanted = verbs(&Cli::command(), "");
    wanted.extend(["errors", "events"].map(String::from));
    let mut there = names();
    wanted.sort();
    there.sort();
    assert_eq!(there, wanted);
    assert!(there.iter().all(|verb| schema(verb).is_some()) && schema("plan").is_none());
}

/// Programs read these fields: whoever changes an answer sees here what they will. Write the file anew with the command that the
/// failure names, and read the difference.
#[test]
fn answers_keep_their_shape() {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut answers = serde_json::Map::new();
    for (shape, verbs) in TABLE {
        let shape = shape(&mut generator).to_value();
        for verb in *verbs {
            answers.entry(*verb).or_insert_with(|| json!([])).as_array_mut().expect("a list").push(shape.clone());
        }
    }
    let now = json!({ "answers": answers, "$defs": generator.take_definitions(true) });
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/answer/schemas.json");
    if std::env::var_os("PLENARY_WRITE_SCHEMAS").is_some() {
        let text = serde_json::to_string_pretty(&now).expect("JSON") + "\n";
        std::fs::write(path, text).expect("the file is written");
    }
    let kept = std::fs::read_to_string(path).expect("schemas.json");
    let kept: Value = serde_json::from_str(&kept).expect("JSON");
    assert!(
        kept == now,
        "an answer has another shape than schemas.json says: PLENARY_WRITE_SCHEMAS=1 cargo test -p plenary-cli answers_keep"
    );
}
