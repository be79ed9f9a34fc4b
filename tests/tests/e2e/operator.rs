//! What an operator does beside a server, or without one: backups, checks, forgetting.

use plenary_tests::{
    cli::Cli,
    http,
    server::{self, Server, Start},
};
use serde_json::Value;
use std::{
    path::Path,
    process::Output,
    sync::atomic::{AtomicBool, Ordering},
    thread::sleep,
    time::Duration,
};

fn check(data: &Path) -> Output {
    server::command(&["check", "--json", "--data"]).arg(data).output().unwrap()
}

/// A plan as a server shows it to its chair.
fn shown(server: &Server, plan: &str) -> String {
    let path = format!("/api/conferences/{}/plans/{plan}/export", server.demo.conference);
    let bearer = format!("Bearer {}", server.chair().token);
    let answer = http::request(&server.address(), "GET", &path, &[("authorization", &bearer)], b"");
    String::from_utf8(answer.body).unwrap()
}

fn holds(data: &Path) -> Value {
    let output = check(data);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_backup_of_a_running_server_is_a_server_and_says_so_until_the_restore_is_ended() {
    let server = Start::demo(0, 1).start();
    let plan = &*server.demo.plan;
    let cli = Cli::join(&server.chair());
    let stop = AtomicBool::new(false);
    let backup = std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut count = 0;
            while !stop.load(Ordering::Relaxed) {
                cli.done(&["words", plan, "1", &format!("Edit {count}.")]);
                count += 1;
            }
        });
        cli.done(&["words", plan, "2", "Before the backup."]);
        let backup = server.back_up();
        cli.done(&["words", plan, "2", "After the backup."]);
        stop.store(true, Ordering::Relaxed);
        writing.join().unwrap();
        backup
    });
    assert!(holds(backup.path())["texts"]["records"].as_u64() > Some(2));
    let mut copy = Start::demo(0, 1).copy_of(backup.path().to_owned()).start();
    let shown = shown(&copy, plan);
    assert!(shown.contains("Before the backup.") && !shown.contains("After the backup."), "{shown}");
    let wait = |what: &str| {
        for _ in 0..300 {
            if copy.log().contains(what) {
                return;
            }
            sleep(Duration::from_millis(50));
        }
        panic!("never logged: {what}\n{}", copy.log());
    };
    wait("this server was restored from a backup");
    assert!(server::command(&["end-restore", "--data"]).arg(copy.data()).status().unwrap().success());
    wait("the restore is ended");
    copy.sigterm();
    holds(&copy.data());
}

#[test]
fn a_check_beside_a_running_server_and_one_of_nothing_say_why_not() {
    let mut server = Start::demo(0, 0).start();
    let told = |output: Output| {
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(told(check(&server.data())).contains("another server is running"));
    server.sigterm();
    let report = holds(&server.data());
    assert_eq!((report["registry"]["documents"].as_u64(), report["faults"].as_array().unwrap().len()), (Some(1), 0), "{report}");
    let nothing = tempfile::tempdir().unwrap();
    assert!(told(check(nothing.path())).contains("cannot check"));
}

#[test]
fn a_forgetting_that_is_killed_at_any_moment_has_done_all_or_nothing() {
    let mut server = Start::demo(0, 40).start();
    server.sigterm();
    let conference = &*server.demo.conference;
    for round in 0..12 {
        let data = tempfile::tempdir().unwrap();
        server::copy(&server.data(), data.path());
        let mut forgetting = server::command(&["forget", "--conference", conference, "--data"]).arg(data.path()).spawn().unwrap();
        sleep(Duration::from_millis(round * 15));
        let _ = forgetting.kill();
        forgetting.wait().unwrap();
        let texts = holds(data.path())["texts"]["documents"].as_u64();
        assert!(texts == Some(0) || texts == Some(41), "round {round}: {texts:?}");
        // Whatever it was, it can be done now, unless it was done.
        let again = server::command(&["forget", "--conference", conference, "--data"]).arg(data.path()).output().unwrap();
        assert!(again.status.success() || String::from_utf8_lossy(&again.stderr).contains("not found"), "{again:?}");
        assert_eq!(holds(data.path())["texts"]["documents"], 0);
        assert!(!data.path().join("store/rewriting").exists());
    }
}
