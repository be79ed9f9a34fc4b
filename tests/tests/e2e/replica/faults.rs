//! Whatever happens to a replica's folder: no edit is lost or doubled, and what is damaged is named.

use plenary_tests::{
    cli::{Cli, Folder},
    server::{Server, Start},
};
use serde_json::json;
use std::fs;

use super::{PLAN, apply, begin, merged, words};

/// The variable that stops the program at a step of its writing, as a power cut would.
const STOP_AT: &str = "PLENARY_TEST_STOP_AT";

fn talks() -> (Server, Vec<String>) {
    let server = Start::demo(1, 1).start();
    let points = begin(&server, &["One side.", "Two sides."]);
    (server, points)
}

/// How many marks of one kind stand in a point, each once: `<a1>`, `<a2>`, ...
fn marks(words: &str, kind: char, count: usize) {
    for n in 0..count {
        assert_eq!(words.matches(&format!("<{kind}{n}>")).count(), 1, "<{kind}{n}> in {words}");
    }
}

#[test]
fn a_verb_that_is_killed_at_any_step_has_done_all_or_nothing() {
    let (server, points) = talks();
    let cli = Cli::join(&server.delegate(0, 0));
    let folder = cli.clone_plan(PLAN);
    let mut steps = 0;
    for stop_at in 1.. {
        let before = words(&folder, &points[0]);
        let wanted = format!("{before}<a{stop_at}>");
        let output = folder.command(&["words", PLAN, &points[0], &wanted]).env(STOP_AT, stop_at.to_string()).output().unwrap();
        let after = words(&folder, &points[0]);
        if output.status.success() {
            assert_eq!(after, wanted);
            break;
        }
        assert!(output.status.code().is_none(), "it was killed: {output:?}");
        assert!(after == before || after == wanted, "step {stop_at}: {after}");
        steps = stop_at;
    }
    assert!(steps >= 4, "writing an edit takes some steps: {steps}");
    let here = words(&folder, &points[0]);
    folder.done(&["sync"]);
    assert_eq!(cli.json(&["show", PLAN, &points[0]])["points"][0]["words"], here.as_str());
}

#[test]
fn a_sync_that_is_killed_at_any_step_goes_on_and_doubles_nothing() {
    let (server, points) = talks();
    let (cli, other) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    let folder = cli.clone_plan(PLAN);
    let first = folder.copied();
    let mut edits = 0;
    let mut stopped = 0;
    for stop_at in 1.. {
        let insert = |kind: char, point: &str| json!({ "insert": { "point": point, "text": format!("<{kind}{edits}>") } });
        apply(&folder, &[insert('a', &points[0])]);
        other.done(&["words", PLAN, &points[1], &format!("{}<b{edits}>", words_on_server(&other, &points[1]))]);
        edits += 1;
        let output = folder.command(&["sync"]).env(STOP_AT, stop_at.to_string()).output().unwrap();
        if output.status.success() {
            break;
        }
        assert!(output.status.code().is_none(), "it was killed: {output:?}");
        stopped = stop_at;
        assert!(words(&folder, &points[0]).contains(&format!("<a{}>", edits - 1)), "an edit is not there for a moment");
    }
    assert!(stopped >= 15, "a sync takes many steps: {stopped}");
    folder.done(&["sync"]);
    for shown in [words(&folder, &points[0]), words_on_server(&other, &points[0])] {
        marks(&shown, 'a', edits);
    }
    marks(&words(&folder, &points[1]), 'b', edits);
    assert!(merged(&folder).is_empty(), "they edited different points");
    for dir in [folder.file(""), folder.file("layers")] {
        let left = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        assert_eq!(left.filter(|name| name.starts_with('.')).count(), 0, "nothing unfinished is left");
    }
    // What was sent is forgotten, and an older copy of the folder learns all of it.
    assert!(folder.json(&["status"]).1["waiting"].as_array().unwrap().is_empty());
    first.done(&["sync"]);
    assert_eq!(words(&first, &points[0]), words(&folder, &points[0]));
}

fn words_on_server(cli: &Cli, point: &str) -> String {
    cli.json(&["show", PLAN, point])["points"][0]["words"].as_str().unwrap().to_owned()
}

#[test]
fn a_file_of_edits_that_is_torn_at_any_byte_keeps_those_that_are_whole() {
    let (server, points) = talks();
    let cli = Cli::join(&server.delegate(0, 0));
    let folder = cli.clone_plan(PLAN);
    let mut ends = vec![0];
    for n in 0..3 {
        apply(&folder, &[json!({ "insert": { "point": points[0], "text": format!("<a{n}>") } })]);
        ends.push(fs::metadata(folder.file("own.log")).unwrap().len());
    }
    let whole = fs::read(folder.file("own.log")).unwrap();
    // Every byte of the last edit, and the borders of the others.
    let mut lengths: Vec<u64> = (ends[2]..=ends[3]).collect();
    lengths.extend([0, 1, ends[1] - 1, ends[1], ends[1] + 1, ends[2] - 1]);
    for length in lengths {
        fs::write(folder.file("own.log"), &whole[..length as usize]).unwrap();
        let kept = ends.iter().filter(|end| **end > 0 && **end <= length).count();
        let output = folder.run(&["show", PLAN, &points[0], "--json"]);
        let shown = String::from_utf8(output.stdout).unwrap();
        for n in 0..3 {
            assert_eq!(shown.contains(&format!("<a{n}>")), n < kept, "{length} bytes: {shown}");
        }
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(told.contains("own.log"), !ends.contains(&length), "{length} bytes: {told}");
    }
    // And the next edit stands behind what is whole.
    fs::write(folder.file("own.log"), &whole[..whole.len() - 1]).unwrap();
    apply(&folder, &[json!({ "insert": { "point": points[0], "text": "<a2>" } })]);
    marks(&words(&folder, &points[0]), 'a', 3);
    folder.done(&["sync"]);
    marks(&words_on_server(&cli, &points[0]), 'a', 3);
}

#[test]
fn a_damaged_file_is_named_and_the_rest_stays_usable() {
    let (server, points) = talks();
    let (cli, other) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    other.done(&["note", PLAN, &points[0], "For all to read.", "--layer", "public"]);
    let folder = cli.clone_plan(PLAN);
    // Each stands by itself: what was put in beside words that are lost waits for them.
    for (n, at) in [0, 1, 0].into_iter().enumerate() {
        apply(&folder, &[json!({ "insert": { "point": points[at], "text": format!("<a{n}>") } })]);
    }
    let flip = |name: &str, at: fn(usize) -> usize| {
        let path = folder.file(name);
        let mut bytes = fs::read(&path).unwrap();
        let at = at(bytes.len());
        bytes[at] ^= 0x10;
        fs::write(path, bytes).unwrap();
    };
    // One of three edits: the two others stay.
    flip("own.log", |length| length / 2);
    let told = folder.exits(0, &["show", PLAN]);
    assert!(told.contains("own.log") && told.contains("<a0>") && !told.contains("<a1>") && told.contains("<a2>"), "{told}");
    // A record of the log, a layer, the context: named, and brought again by the next sync.
    other.done(&["words", PLAN, &points[1], "Two sides, again."]);
    let layer = format!("layers/{}.public", server.delegate(1, 0).party);
    for (name, reads) in [("text.log", vec!["show", PLAN]), (layer.as_str(), vec!["annotations", PLAN]), ("context", vec![])] {
        flip(name, |length| length / 2);
        if !reads.is_empty() {
            let told = folder.exits(0, &reads);
            assert!(told.contains(name), "{name}: {told}");
        }
        folder.done(&["sync"]);
        let told = folder.exits(0, &["annotations", PLAN]);
        assert!(!told.contains(name) && told.contains("For all to read."), "{name}: {told}");
    }
    assert_eq!(words(&folder, &points[1]), "Two sides, again.");
    assert_eq!(words(&folder, &points[0]), words_on_server(&cli, &points[0]));
    // What nothing can bring back is an error that says which file.
    fs::write(folder.file("replica.json"), "{").unwrap();
    assert!(folder.exits(1, &["status"]).contains("replica.json"));
}

#[test]
fn a_log_that_is_damaged_before_its_snapshot_is_found_out_and_brought_again() {
    let (server, points) = talks();
    let (cli, other) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    let there = other.clone_plan(PLAN);
    for n in 0..600 {
        if n % 100 == 0 {
            there.done(&["sync"]);
        }
        apply(&there, &[json!({ "insert": { "point": points[1], "text": format!("<b{n}>") } })]);
    }
    there.done(&["sync"]);
    let folder = cli.clone_plan(PLAN);
    assert!(folder.file("text.snapshot").exists());
    let mut log = fs::read(folder.file("text.log")).unwrap();
    let third = log.len() / 3;
    log[third] ^= 1;
    fs::write(folder.file("text.log"), log).unwrap();
    assert!(words(&folder, &points[1]).contains("<b599>"), "the snapshot has the words");
    assert!(folder.exits(1, &["log", PLAN]).contains("text.log"));
    let told = folder.exits(0, &["sync"]);
    assert!(told.contains("text.log"), "{told}");
    assert_eq!(folder.done(&["log", PLAN, "-n", "0"]), there.done(&["log", PLAN, "-n", "0"]));
}

#[test]
fn what_the_server_lost_after_it_had_taken_it_is_sent_again_or_said() {
    let mut server = Start::demo(1, 1).start();
    let points = begin(&server, &["One."]);
    let cli = Cli::join(&server.delegate(0, 0));
    cli.done(&["note", PLAN, &points[0], "A note before."]);
    let folder = cli.clone_plan(PLAN);
    server.sigterm();
    let backup = tempfile::tempdir().unwrap();
    plenary_tests::server::copy(&server.data(), &backup.path().join("data"));
    let restore = |server: &mut Server| {
        server.sigterm();
        fs::remove_dir_all(server.data()).unwrap();
        plenary_tests::server::copy(&backup.path().join("data"), &server.data());
        server.restart();
    };
    server.restart();
    // Taken by the server, and the program stopped before it saw that.
    for stop_at in 1..40 {
        apply(&folder, &[json!({ "insert": { "point": points[0], "text": format!("<a{stop_at}>") } })]);
        folder.command(&["sync"]).env(STOP_AT, stop_at.to_string()).output().unwrap();
        if words_on_server(&cli, &points[0]).contains(&format!("<a{stop_at}>")) {
            break;
        }
    }
    assert!(words_on_server(&cli, &points[0]).contains("<a"), "something came through before a stop");
    let before = words(&folder, &points[0]);
    restore(&mut server);
    let synced = folder.run(&["sync"]);
    if !synced.status.success() {
        assert!(String::from_utf8_lossy(&synced.stderr).contains("went back to record"), "{synced:?}");
        assert_eq!(words(&folder, &points[0]), before, "nothing of it is lost here");
        folder.done(&["sync", "--resend"]);
    }
    assert_eq!(words_on_server(&cli, &points[0]), before, "it was sent again");
    // A layer that went back is said to have, and its copy stays.
    let other = cli.clone_plan(PLAN);
    other.done(&["note", PLAN, &points[0], "A note that the backup lacks."]);
    other.done(&["sync"]);
    restore(&mut server);
    assert!(other.exits(5, &["sync"]).contains("restore from a backup"));
    assert!(other.done(&["annotations", PLAN]).contains("A note that the backup lacks."));
}

#[test]
fn a_full_disk_is_an_error_and_costs_nothing_that_was_done() {
    let (server, points) = talks();
    let cli = Cli::join(&server.delegate(0, 0));
    let folder = cli.clone_plan(PLAN);
    apply(&folder, &[json!({ "insert": { "point": points[0], "text": "<a0>" } })]);
    let before = fs::read(folder.file("own.log")).unwrap();
    // As many bytes as a file may have, in blocks of 512: the edit does not fit in.
    let program = folder.command(&[]).get_program().to_owned();
    let long = "x".repeat(4_096);
    let mut limited = folder.command(&[]);
    limited = {
        let mut shell = std::process::Command::new("bash");
        shell
            .args(["-c", "trap '' XFSZ; ulimit -f 4; exec \"$@\"", "bash"])
            .arg(program)
            .args(["words", PLAN, &points[0], &long]);
        shell.current_dir(folder.path());
        for (name, value) in limited.get_envs() {
            shell.env(name, value.unwrap_or_default());
        }
        shell
    };
    let output = limited.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("own.log"), "{output:?}");
    assert_eq!(fs::read(folder.file("own.log")).unwrap(), before);
    apply(&folder, &[json!({ "insert": { "point": points[0], "text": "<a1>" } })]);
    marks(&words(&folder, &points[0]), 'a', 2);
}

#[test]
fn two_processes_at_once_lose_nothing() {
    let (server, points) = talks();
    let cli = Cli::join(&server.delegate(0, 0));
    let folder = cli.clone_plan(PLAN);
    std::thread::scope(|scope| {
        for (kind, point) in [('a', &points[0]), ('b', &points[1]), ('c', &points[0])] {
            let folder = &folder;
            scope.spawn(move || {
                for n in 0..10 {
                    apply(folder, &[json!({ "insert": { "point": point, "text": format!("<{kind}{n}>") } })]);
                }
            });
        }
        let folder = &folder;
        scope.spawn(move || {
            for _ in 0..5 {
                folder.run(&["sync"]);
            }
        });
    });
    folder.done(&["sync"]);
    for (kind, point) in [('a', &points[0]), ('b', &points[1]), ('c', &points[0])] {
        marks(&words(&folder, point), kind, 10);
        marks(&words_on_server(&cli, point), kind, 10);
    }
}

#[test]
fn copies_of_a_folder_and_one_restored_from_a_backup_are_replicas_like_any_other() {
    let (server, points) = talks();
    let cli = Cli::join(&server.delegate(0, 0));
    let folder = cli.clone_plan(PLAN);
    let insert =
        |folder: &Folder, n: usize| apply(folder, &[json!({ "insert": { "point": points[0], "text": format!("<a{n}>") } })]);
    insert(&folder, 0);
    let backup = folder.copied();
    insert(&folder, 1);
    folder.done(&["sync"]);
    insert(&folder, 2);
    // The copy has an edit that was sent since, and goes another way.
    insert(&backup, 3);
    let third = backup.copied();
    insert(&third, 4);
    for one in [&backup, &third, &folder, &backup, &third, &folder] {
        one.run(&["sync"]);
    }
    for one in [&folder, &backup, &third] {
        marks(&words(one, &points[0]), 'a', 5);
        assert!(one.json(&["status"]).1["waiting"].as_array().unwrap().is_empty());
    }
    marks(&words_on_server(&cli, &points[0]), 'a', 5);
}

#[test]
fn a_server_that_shows_another_past_is_found_out() {
    let mut server = Start::demo(1, 1).start();
    let points = begin(&server, &["One."]);
    let cli = Cli::join(&server.delegate(0, 0));
    let folder = cli.clone_plan(PLAN);
    server.sigterm();
    let backup = tempfile::tempdir().unwrap();
    plenary_tests::server::copy(&server.data(), &backup.path().join("data"));
    server.restart();
    cli.done(&["words", PLAN, &points[0], "What was agreed."]);
    folder.done(&["sync"]);
    server.sigterm();
    fs::remove_dir_all(server.data()).unwrap();
    plenary_tests::server::copy(&backup.path().join("data"), &server.data());
    server.restart();
    let told = folder.exits(5, &["sync"]);
    assert!(told.contains("went back to record"), "{told}");
    cli.done(&["words", PLAN, &points[0], "What was never agreed."]);
    let told = folder.exits(1, &["sync"]);
    assert!(told.contains("another past"), "{told}");
    assert_eq!(words(&folder, &points[0]), "What was agreed.", "nothing was taken");
}
