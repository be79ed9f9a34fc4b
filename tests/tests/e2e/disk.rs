//! What a disk that fails comes to: the process ends and says so, and the next one finds out what was kept.

use plenary_tests::{
    cli::Cli,
    data,
    http::{api, request},
    server::{Server, Start},
};
use serde_json::json;
use std::{fs, path::Path, process::Command};
use tempfile::TempDir;

/// A demo whose syncs of the log fail once the file `fail` is in `dir`.
fn on_a_disk_that_may_fail(dir: &Path) -> Server {
    let (source, shim) = (data::root().join("tests/faults/failsync.c"), dir.join("failsync.so"));
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).args([&shim, &source]).arg("-ldl").status().unwrap();
    assert!(built.success(), "failsync.c does not build");
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let start = Start::demo(0, 0).env("LD_PRELOAD", &path(&shim)).env("FAIL_MATCH", "/store/segments/");
    start.env("FAIL_TRIGGER", &path(&dir.join("fail"))).start()
}

#[test]
fn a_sync_that_fails_ends_the_process_with_a_code_of_its_own_and_costs_nothing_acknowledged() {
    let dir = TempDir::new().unwrap();
    let mut server = on_a_disk_that_may_fail(dir.path());
    let seat = server.delegate(0, 0);
    let path = format!("/conferences/{}/plans/{}/edits", server.demo.conference, server.demo.plan);
    let edit = |words: &str| {
        let edits = json!({ "edits": [{ "words": { "point": "3", "words": words } }] });
        api(&server.address(), &seat.token, "POST", &path, Some(edits))
    };
    let cli = Cli::join(&seat);
    assert_eq!(edit("Words that were acknowledged.").status, 200);
    fs::write(dir.path().join("fail"), "").unwrap();
    let answer = edit("Words that may have been kept.");
    assert_eq!((answer.status, answer.json()["error"].as_str()), (503, Some("in_doubt")), "{}", answer.json());
    assert_eq!(server.exit_code(), Some(74));

    let late = cli.command(&["words", "framework", "3", "Late."]).output().unwrap();
    assert_eq!(late.status.code(), Some(3), "nobody is there");
    fs::remove_file(dir.path().join("fail")).unwrap();
    server.restart();
    assert_eq!(request(&server.address(), "GET", "/readyz", &[], &[]).status, 200);
    let shown = cli.command(&["show", "framework", "3"]).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("Words that were acknowledged.") || shown.contains("Words that may have been kept."), "{shown}");
}
