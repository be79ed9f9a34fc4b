//! What is private is kept encrypted if that is asked for.

use plenary_tests::{
    cli::{Cli, Folder},
    server::Start,
};
use serde_json::{Value, json};
use std::{fs, path::Path, process::Output};
use tempfile::TempDir;

use super::{PLAN, begin};
use crate::access::grant;

const PASSPHRASE: &str = "PLENARY_PASSPHRASE";

fn run(folder: &Folder, passphrase: &str, args: &[&str]) -> Output {
    folder.command(args).env(PASSPHRASE, passphrase).output().unwrap()
}

fn done(folder: &Folder, args: &[&str]) -> String {
    let output = run(folder, "three hawthorn hedges", args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The files below a directory that hold some words.
fn holding(dir: &Path, words: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, words));
        } else if fs::read(&path).unwrap().windows(words.len()).any(|window| window == words.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn an_encrypted_replica_shows_nothing_private_to_whoever_has_the_disk() {
    let server = Start::demo(1, 1).start();
    let points = begin(&server, &["Forces withdraw."]);
    let (cli, other) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    cli.done(&["note", PLAN, &points[0], "The capital accepts forty."]);
    other.done(&["note", PLAN, &points[0], "Everybody reads this.", "--layer", "public"]);
    let dir = TempDir::new().unwrap();
    let path = dir.path().to_str().unwrap();
    let cloned = cli.command(&["clone", PLAN, path, "--encrypt"]).env(PASSPHRASE, "three hawthorn hedges").output().unwrap();
    assert!(cloned.status.success(), "{cloned:?}");
    let folder = Folder::of(&cli, dir);
    assert!(fs::read(folder.file("key.age")).unwrap().starts_with(b"age-encryption.org/v1"));

    done(&folder, &["note", PLAN, &points[0], "Not even forty-five."]);
    done(&folder, &["words", PLAN, &points[0], "Forces withdraw by unsent."]);
    let annotations = done(&folder, &["annotations", PLAN]);
    for secret in ["The capital accepts forty.", "Not even forty-five."] {
        assert!(annotations.contains(secret), "{annotations}");
        assert_eq!(holding(folder.path(), secret), Vec::<String>::new());
    }
    assert!(done(&folder, &["show", PLAN]).contains("by unsent"));
    assert_eq!(holding(folder.path(), "by unsent"), Vec::<String>::new());
    assert!(!holding(folder.path(), "Everybody reads this.").is_empty(), "what all read is not encrypted");

    // Others change the same words meanwhile: what is merged is private too, until it is sent.
    other.done(&["words", PLAN, &points[0], "All forces withdraw."]);
    let synced = run(&folder, "three hawthorn hedges", &["sync"]);
    assert_eq!(synced.status.code(), Some(4), "{synced:?}");
    assert!(done(&folder, &["merged", PLAN]).contains("changed apart"));
    assert!(holding(&folder.file(""), "\"by_others\"").is_empty());

    let wrong = run(&folder, "three hawthorn hedge", &["annotations", PLAN]);
    assert_eq!(wrong.status.code(), Some(1), "{wrong:?}");
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("key.age does not open"), "{wrong:?}");
    let none = folder.run(&["annotations", PLAN]);
    assert_eq!(none.status.code(), Some(2), "without a terminal there is nobody to ask: {none:?}");
    assert!(String::from_utf8_lossy(&none.stderr).contains(PASSPHRASE), "{none:?}");
}

#[test]
fn why_an_edit_was_refused_is_kept_as_private_as_the_edit() {
    let server = Start::demo(1, 1).start();
    let points = begin(&server, &["Forces withdraw."]);
    let cli = Cli::join(&server.delegate(0, 0));
    let dir = TempDir::new().unwrap();
    let path = dir.path().to_str().unwrap();
    let cloned = cli.command(&["clone", PLAN, path, "--encrypt"]).env(PASSPHRASE, "three hawthorn hedges").output().unwrap();
    assert!(cloned.status.success(), "{cloned:?}");
    let folder = Folder::of(&cli, dir);
    done(&folder, &["words", PLAN, &points[0], "Forces stay."]);
    grant(&server, PLAN, json!({ server.delegate(0, 0).party: "propose" }));
    done(&folder, &["sync"]);
    let status: Value = serde_json::from_str(&done(&folder, &["status", "--json"])).unwrap();
    let why = status["refused"][0]["message"].as_str().unwrap();
    assert!(!why.is_empty());
    assert_eq!(holding(folder.path(), why), Vec::<String>::new());

    // Somebody else's key in the place of the replica's own opens, and is not taken for it.
    let other = TempDir::new().unwrap();
    let path = other.path().to_str().unwrap();
    let cloned = cli.command(&["clone", PLAN, path, "--encrypt"]).env(PASSPHRASE, "three hawthorn hedges").output().unwrap();
    assert!(cloned.status.success(), "{cloned:?}");
    fs::copy(other.path().join(".plenary/key.age"), folder.file("key.age")).unwrap();
    let told = run(&folder, "three hawthorn hedges", &["status"]);
    assert!(String::from_utf8_lossy(&told.stderr).contains("does not belong to it"), "{told:?}");
}

#[test]
fn what_is_put_by_after_a_restore_and_waits_is_as_private_as_it_was() {
    let mut server = Start::demo(1, 1).start();
    let points = begin(&server, &["Forces withdraw."]);
    let (cli, other) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    let dir = TempDir::new().unwrap();
    let path = dir.path().to_str().unwrap();
    let cloned = cli.command(&["clone", PLAN, path, "--encrypt"]).env(PASSPHRASE, "three hawthorn hedges").output().unwrap();
    assert!(cloned.status.success(), "{cloned:?}");
    let folder = Folder::of(&cli, dir);
    let backup = server.back_up();
    cli.done(&["note", PLAN, &points[0], "The capital accepts forty."]);
    other.done(&["note", PLAN, &points[0], "Everybody reads this.", "--layer", "public"]);
    done(&folder, &["sync"]);
    done(&folder, &["note", PLAN, &points[0], "Not even forty-five."]);
    server.restore(backup.path());
    assert_eq!(run(&folder, "three hawthorn hedges", &["sync"]).status.code(), Some(5));
    done(&folder, &["sync", "--resend"]);
    assert_eq!(fs::read_dir(folder.file("before")).unwrap().count(), 1);
    let shown = cli.done(&["annotations", PLAN]);
    for secret in ["The capital accepts forty.", "Not even forty-five."] {
        assert!(shown.contains(secret), "it was sent again: {shown}");
        assert_eq!(holding(folder.path(), secret), Vec::<String>::new());
    }
    assert!(!shown.contains("Everybody reads this."), "another party's copy is not sent: {shown}");
    assert!(!holding(&folder.file("before"), "Everybody reads this.").is_empty(), "it is put by");
}
