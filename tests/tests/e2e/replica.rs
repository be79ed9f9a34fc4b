//! Replicas: everything works in them without a server, and everything comes together again.

mod across;
mod apart;
mod brackets;
mod cut;
mod faults;
mod fields;
mod offline;
mod restored;
mod rights;
mod salvage;
mod secrets;
mod silent;
mod taken;
mod told;
mod watching;
mod week;

use plenary_tests::{
    cli::{Cli, Folder},
    server::Server,
};
use serde_json::{Value, json};
use std::io::Write;

use crate::access::grant;

/// The plan that these tests work on.
pub const PLAN: &str = "p-1";

/// A script on disk, a line for each edit.
pub fn script(edits: &[Value]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    for edit in edits {
        writeln!(file, "{edit}").unwrap();
    }
    file
}

/// Applies edits in a replica, all or none.
pub fn apply(folder: &Folder, edits: &[Value]) {
    let file = script(edits);
    folder.done(&["apply", PLAN, file.path().to_str().unwrap()]);
}

/// Grants all delegates' parties `draft` on the plan and gives it these points, labelled from 1.
pub fn begin(server: &Server, words: &[&str]) -> Vec<String> {
    begin_by(server, &Cli::join(&server.chair()), words)
}

/// The same by a chair who has joined.
pub fn begin_by(server: &Server, chair: &Cli, words: &[&str]) -> Vec<String> {
    let parties = [0, 1, 2].map(|n| (server.delegate(n, 0).party, json!("draft")));
    grant(server, PLAN, Value::Object(parties.into_iter().collect()));
    for one in words {
        chair.done(&["add", PLAN, one]);
    }
    ids(&chair.json(&["show", PLAN]))
}

/// The ids of the points that `show --json` printed.
pub fn ids(shown: &Value) -> Vec<String> {
    shown["points"].as_array().unwrap().iter().map(|point| point["id"].as_str().unwrap().to_owned()).collect()
}

/// A point's words in a replica.
pub fn words(folder: &Folder, point: &str) -> String {
    folder.json(&["show", PLAN, point]).1["points"][0]["words"].as_str().unwrap().to_owned()
}

/// The points that wait to be confirmed, sorted.
pub fn merged(folder: &Folder) -> Vec<String> {
    let (_, value) = folder.json(&["merged", PLAN]);
    // Who typed into one word at once was apart from nobody.
    let apart = value["merged"].as_array().unwrap().iter().filter(|one| one["at_once"] != true);
    let mut points: Vec<String> = apart.map(|one| one["point"].as_str().unwrap().to_owned()).collect();
    points.sort();
    points
}
