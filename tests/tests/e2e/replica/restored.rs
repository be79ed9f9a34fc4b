//! After an operator restored an older backup: whoever holds more is offered the way on, nobody's words become another's, and all end
//! with the same plan.

use plenary_tests::{
    cli::{Cli, Folder},
    server::{self, Server, Start},
    stock::{Credential, Stock},
};
use serde_json::{Value, json};
use std::{fs, path::Path};
use tempfile::TempDir;

use super::{PLAN, apply, begin, words};

/// The variable that stops the program at a step of its writing, as a power cut would.
const STOP_AT: &str = "PLENARY_TEST_STOP_AT";

fn insert(point: &str, text: &str, after: &str) -> Value {
    json!({ "insert": { "point": point, "text": text, "after": after } })
}

/// Syncs; merged points may need a look.
fn sync(folder: &Folder, flags: &[&str]) -> Value {
    let (code, report) = folder.json(&[&["sync"], flags].concat());
    assert!(code == 0 || code == 4, "{code}: {report}");
    report
}

/// The words of a point with the party of each stretch.
fn credited(folder: &Folder, point: &str) -> Vec<(String, String)> {
    let (_, blame) = folder.json(&["blame", PLAN, point]);
    let stretches = blame["stretches"].as_array().unwrap_or_else(|| panic!("{blame}")).iter();
    stretches
        .map(|one| (one["party"].as_str().unwrap_or_default().into(), one["text"].as_str().unwrap_or_default().into()))
        .collect()
}

/// All files of a replica, but the locks.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            all.extend(files(&path).into_iter().map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
        } else if !name.starts_with("lock") {
            all.push((name, fs::read(path).unwrap()));
        }
    }
    all.sort();
    all
}

/// Two replicas that hold what a restored server has lost: bor's words stand within arv's.
struct Talks<'a> {
    points: Vec<String>,
    arv: Folder<'a>,
    bor: Folder<'a>,
}

impl<'a> Talks<'a> {
    fn lost(server: &mut Server, arv: &'a Cli, bor: &'a Cli) -> Self {
        let points = begin(server, &["Forces withdraw.", "Prisoners are released."]);
        let talks = Talks { arv: arv.clone_plan(PLAN), bor: bor.clone_plan(PLAN), points };
        let backup = server.back_up();
        apply(&talks.arv, &[insert(&talks.points[0], " within <arv> days", "withdraw")]);
        sync(&talks.arv, &[]);
        sync(&talks.bor, &[]);
        apply(&talks.bor, &[insert(&talks.points[0], " <bor>", "<arv>")]);
        apply(&talks.bor, &[insert(&talks.points[1], " <all>", "released")]);
        sync(&talks.bor, &[]);
        sync(&talks.arv, &[]);
        server.restore(backup.path());
        talks
    }
}

#[test]
fn two_members_send_again_in_either_order_and_all_end_with_the_same_words_of_the_same_authors() {
    for arv_first in [true, false] {
        let mut server = Start::demo(1, 1).start();
        let (cli_arv, cli_bor) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
        let talks = Talks::lost(&mut server, &cli_arv, &cli_bor);
        let wanted: Vec<_> = talks.points.iter().map(|point| (words(&talks.arv, point), credited(&talks.arv, point))).collect();
        let told = talks.arv.exits(5, &["sync"]);
        assert!(
            told.contains("1 of your records and 2 of others'") && told.contains("--resend") && told.contains("--anew"),
            "{told}"
        );
        if arv_first {
            sync(&talks.arv, &["--resend"]);
            assert!(sync(&talks.bor, &["--resend"])["held"].as_array().unwrap().is_empty());
        } else {
            let report = sync(&talks.bor, &["--resend"]);
            assert_eq!((report["again"].as_u64(), report["held"].as_array().unwrap().len()), (Some(2), 1), "{report}");
            assert_eq!(words(&talks.bor, &talks.points[0]), "Forces withdraw.", "what is not there is not shown");
            assert_eq!(talks.bor.json(&["status"]).1["held"].as_array().unwrap().len(), 1);
            // What is edited meanwhile does not wait.
            apply(&talks.bor, &[insert(&talks.points[1], " <new>", "Prisoners")]);
            assert_eq!(sync(&talks.bor, &[])["sent"], 1);
            sync(&talks.arv, &["--resend"]);
            assert_eq!(sync(&talks.bor, &[])["sent"], 1);
        }
        sync(&talks.arv, &[]);
        sync(&talks.bor, &[]);
        for (n, (text, credit)) in wanted.iter().enumerate() {
            for folder in [&talks.arv, &talks.bor, &cli_arv.clone_plan(PLAN)] {
                let here = words(folder, &talks.points[n]);
                assert_eq!(here.replace(" <new>", ""), *text, "arv first: {arv_first}");
                if arv_first {
                    assert_eq!(credited(folder, &talks.points[n]), *credit);
                }
            }
        }
        let stretches = credited(&talks.arv, &talks.points[0]);
        let whose = |mark: &str| stretches.iter().find(|(_, words)| words.contains(mark)).map(|(party, _)| party.as_str());
        assert_eq!(whose("<arv>"), Some(&*server.delegate(0, 0).party), "{stretches:?}");
        assert_eq!(whose("<bor>"), Some(&*server.delegate(1, 0).party), "{stretches:?}");
        for folder in [&talks.arv, &talks.bor] {
            let status = folder.json(&["status"]).1;
            assert!(
                status["waiting"].as_array().unwrap().is_empty() && status["held"].as_array().unwrap().is_empty(),
                "{status}"
            );
        }
    }
}

#[test]
fn nothing_is_changed_until_somebody_chooses() {
    let mut server = Start::demo(1, 1).start();
    let (cli_arv, cli_bor) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    let talks = Talks::lost(&mut server, &cli_arv, &cli_bor);
    let before = files(&talks.arv.file(""));
    let output = talks.arv.run(&["sync", "--json"]);
    assert_eq!(output.status.code(), Some(5));
    let told: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(
        (told["error"].as_str(), &told["ahead"]["mine"], &told["ahead"]["others"]),
        (Some("ahead"), &json!(1), &json!(2)),
        "{told}"
    );
    assert_eq!(files(&talks.arv.file("")), before);
    assert_eq!(talks.arv.run(&["sync", "--resend", "--anew"]).status.code(), Some(2));
}

#[test]
fn taking_the_plan_anew_keeps_what_was_not_sent_and_puts_the_old_log_by() {
    let mut server = Start::demo(1, 1).start();
    let (cli_arv, cli_bor) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    let talks = Talks::lost(&mut server, &cli_arv, &cli_bor);
    apply(&talks.arv, &[insert(&talks.points[1], " <unsent>", "Prisoners")]);
    let log = fs::read(talks.arv.file("text.log")).unwrap();
    let report = sync(&talks.arv, &["--anew"]);
    assert_eq!(report["sent"], 1, "{report}");
    assert_eq!(words(&talks.arv, &talks.points[0]), "Forces withdraw.");
    for shown in [words(&talks.arv, &talks.points[1]), words(&cli_bor.clone_plan(PLAN), &talks.points[1])] {
        assert_eq!(shown, "Prisoners <unsent> are released.");
    }
    let put_by = Path::new(report["put_by"].as_str().unwrap());
    assert_eq!(fs::read(talks.arv.path().join(put_by).join("text.log")).unwrap(), log);
    sync(&talks.arv, &[]);
}

#[test]
fn what_was_not_sent_before_a_restore_and_what_others_wrote_after_it_are_told_to_both_sides() {
    for way in ["--resend", "--anew"] {
        let mut server = Start::demo(1, 1).start();
        let (cli_arv, cli_bor) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
        let talks = Talks::lost(&mut server, &cli_arv, &cli_bor);
        apply(&talks.arv, &[insert(&talks.points[1], " <unsent>", "Prisoners")]);
        sync(&talks.bor, &["--anew"]);
        // The server's log is then as long as what arv had seen, and none of it is what arv saw.
        for mark in [" <one>", " <two>", " <three>"] {
            apply(&talks.bor, &[insert(&talks.points[1], mark, "released")]);
            sync(&talks.bor, &[]);
        }
        sync(&talks.arv, &[way]);
        sync(&talks.bor, &[]);
        for (name, folder) in [("arv", &talks.arv), ("bor", &talks.bor)] {
            assert!(super::merged(folder).contains(&talks.points[1]), "{way}: {name} is told");
        }
    }
}

#[test]
fn an_edit_that_was_not_sent_and_builds_on_what_was_lost_waits_for_it() {
    let mut server = Start::demo(1, 1).start();
    let (cli_arv, cli_bor) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    let talks = Talks::lost(&mut server, &cli_arv, &cli_bor);
    // Within what arv wrote: what bor wrote itself and gives up here does not come again.
    apply(&talks.bor, &[insert(&talks.points[0], " <later>", "within")]);
    assert_eq!(sync(&talks.bor, &["--anew"])["held"].as_array().unwrap().len(), 1);
    sync(&talks.arv, &["--resend"]);
    assert_eq!(sync(&talks.bor, &[])["sent"], 1);
    assert_eq!(words(&talks.bor, &talks.points[0]), "Forces withdraw within <later> <arv> days.");
}

#[test]
fn a_layer_of_ones_own_party_that_the_server_lost_is_sent_again_and_anothers_is_replaced() {
    let mut server = Start::demo(1, 1).start();
    let points = begin(&server, &["Forces withdraw."]);
    let (cli_arv, cli_bor) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    cli_arv.done(&["note", PLAN, &points[0], "In the backup."]);
    let folder = cli_arv.clone_plan(PLAN);
    let backup = server.back_up();
    cli_arv.done(&["note", PLAN, &points[0], "After the backup."]);
    cli_bor.done(&["note", PLAN, &points[0], "Theirs, after the backup.", "--layer", "public"]);
    sync(&folder, &[]);
    // As long as the layers that were lost and those that were written since are equally long, only the digest tells them apart.
    server.restore(backup.path());
    cli_arv.done(&["note", PLAN, &points[0], "After the restore."]);
    cli_bor.done(&["note", PLAN, &points[0], "Theirs, after the restore.", "--layer", "public"]);
    let told = folder.exits(5, &["sync"]);
    assert!(told.contains("/private") && told.contains("/public"), "{told}");
    assert!(folder.done(&["annotations", PLAN]).contains("Theirs, after the backup."), "nothing was changed");
    let report = sync(&folder, &["--resend"]);
    assert_eq!((&report["again"], report["replaced"].as_array().unwrap().len()), (&json!(1), 1), "{report}");
    for shown in [folder.done(&["annotations", PLAN]), cli_arv.done(&["annotations", PLAN])] {
        for note in ["In the backup.", "After the backup.", "After the restore.", "Theirs, after the restore."] {
            assert!(shown.contains(note), "{note}: {shown}");
        }
        assert!(!shown.contains("Theirs, after the backup."), "{shown}");
    }
    folder.exits(0, &["sync"]);
}

#[test]
fn a_layer_of_ones_own_party_that_was_opened_after_the_backup_is_opened_again_and_filled() {
    let mut server = Start::demo(1, 1).start();
    let points = begin(&server, &["Forces withdraw."]);
    let (cli_arv, cli_bor) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    let backup = server.back_up();
    cli_arv.done(&["layer", "open", PLAN, "shuttle", "--with", &server.delegate(1, 0).party]);
    cli_arv.done(&["note", PLAN, &points[0], "Between the two of us.", "--layer", "shuttle"]);
    let (folder, other) = (cli_arv.clone_plan(PLAN), cli_arv.clone_plan(PLAN));
    server.restore(backup.path());
    assert!(folder.exits(5, &["sync"]).contains("/shuttle"));
    sync(&folder, &["--resend"]);
    assert!(cli_bor.done(&["annotations", PLAN]).contains("Between the two of us."), "its readers read it again");
    // Whoever of the party comes next finds it there.
    assert_eq!(sync(&other, &[])["again"], 0);
    // Given up, it stays put by.
    server.restore(backup.path());
    let report = sync(&folder, &["--anew"]);
    assert_eq!(report["replaced"], json!([format!("{}/shuttle", server.delegate(0, 0).party)]), "{report}");
    assert!(!folder.done(&["annotations", PLAN]).contains("Between the two of us."));
    assert!(files(&folder.file("before")).iter().any(|(name, _)| name.ends_with(".shuttle")));
    folder.exits(0, &["sync"]);
}

/// Replicas that hold what a server lost: arv's an edit that builds on bor's, one that does not, a note, a layer that was opened after the
/// backup, and beside that an edit that was not sent.
struct Lost<'a> {
    points: Vec<String>,
    arv: Folder<'a>,
    bor: Folder<'a>,
    backup: TempDir,
    /// What arv holds of it.
    held: Vec<Vec<u8>>,
}

impl<'a> Lost<'a> {
    fn by(server: &Server, cli_arv: &'a Cli, cli_bor: &'a Cli) -> Self {
        let points = begin(server, &["Forces withdraw.", "Prisoners are released."]);
        let (arv, bor) = (cli_arv.clone_plan(PLAN), cli_bor.clone_plan(PLAN));
        let backup = server.back_up();
        apply(&bor, &[insert(&points[0], " <bor>", "withdraw")]);
        sync(&bor, &[]);
        sync(&arv, &[]);
        apply(&arv, &[insert(&points[0], " <within>", "<bor>")]);
        apply(&arv, &[insert(&points[1], " <beside>", "released")]);
        arv.done(&["note", PLAN, &points[0], "A note that is lost."]);
        cli_arv.done(&["layer", "open", PLAN, "shuttle"]);
        cli_arv.done(&["note", PLAN, &points[0], "A layer that is lost.", "--layer", "shuttle"]);
        sync(&arv, &[]);
        apply(&arv, &[insert(&points[1], " <unsent>", "Prisoners")]);
        let party = server.delegate(0, 0).party;
        let names = ["text.log", &format!("layers/{party}.private"), &format!("layers/{party}.shuttle")];
        let held = names.iter().map(|name| fs::read(arv.file(name)).unwrap()).collect();
        Lost { points, arv, bor, backup, held }
    }

    /// Whether all of it was put by in a folder.
    fn is_kept(&self, folder: &Folder) -> bool {
        let there = files(&folder.file("before"));
        self.held.iter().all(|bytes| there.iter().any(|(_, kept)| kept == bytes))
    }
}

#[test]
fn a_way_on_that_is_killed_at_any_step_is_gone_again_or_given_up_and_loses_nothing() {
    let mut server = Start::demo(1, 1).start();
    let (cli_arv, cli_bor) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    let lost = Lost::by(&server, &cli_arv, &cli_bor);
    let Lost { points, arv, bor, backup, .. } = &lost;
    let notes = |folder: &Folder| folder.done(&["annotations", PLAN]).matches(" that is lost.").count();
    for way in ["--resend", "--anew"] {
        for stop_at in 1.. {
            server.restore(backup.path());
            let stopped = arv.copied();
            let output = stopped.command(&["sync", way]).env(STOP_AT, stop_at.to_string()).output().unwrap();
            if output.status.code().is_some() {
                assert!(output.status.success() || output.status.code() == Some(4), "{output:?}");
                assert!(stop_at > 30, "it takes many steps: {stop_at}");
                break;
            }
            let at = format!("{way}, step {stop_at}");
            let is_sent = cli_bor.json(&["show", PLAN, &points[1]]).to_string().contains("<beside>");
            let gives_up = stopped.copied();
            sync(&gives_up, &["--anew"]);
            assert!(lost.is_kept(&gives_up), "{at}: the only copy is lost");
            assert_eq!(fs::read(gives_up.file("own.log")).unwrap(), b"", "{at}: nothing waits");
            assert_eq!(notes(&gives_up), if is_sent { 2 } else { 0 }, "{at}");
            let beside = if is_sent { " <beside>" } else { "" };
            assert_eq!(words(&gives_up, &points[1]), format!("Prisoners <unsent> are released{beside}."), "{at}");
            if way == "--resend" {
                sync(&stopped, &["--resend"]);
                assert!(lost.is_kept(&stopped), "{at}: the only copy is lost");
                assert_eq!(notes(&stopped), 2, "{at}");
                assert_eq!(words(&stopped, &points[1]), "Prisoners <unsent> are released <beside>.", "{at}");
                let held = stopped.json(&["status"]).1["held"].as_array().unwrap().len();
                assert_eq!(held, 1, "{at}: what builds on others' words waits");
            }
        }
    }
    server.restore(backup.path());
    let last = arv.copied();
    sync(&last, &["--resend"]);
    sync(bor, &["--resend"]);
    sync(&last, &[]);
    assert_eq!(words(&last, &points[0]), "Forces withdraw <bor> <within>.");
}

#[test]
fn a_server_that_does_not_say_that_it_was_restored_shows_another_past() {
    let mut server = Start::demo(1, 1).start();
    let (cli_arv, cli_bor) = (Cli::join(&server.delegate(0, 0)), Cli::join(&server.delegate(1, 0)));
    let talks = Talks::lost(&mut server, &cli_arv, &cli_bor);
    cli_bor.done(&["words", PLAN, &talks.points[1], "Nobody is released."]);
    // It says so for good, whether or not the restore is ended.
    assert!(end_restore(&server).contains("is ended"));
    talks.arv.exits(5, &["sync"]);
    fs::remove_file(server.data().join("RESTORED")).unwrap();
    server.sigterm();
    server.restart();
    for flags in [&["sync"][..], &["sync", "--resend"], &["sync", "--anew"]] {
        assert!(talks.arv.exits(1, flags).contains("another past"));
    }
    assert_eq!(words(&talks.arv, &talks.points[0]), "Forces withdraw within <arv> <bor> days.", "nothing was taken");
}

fn end_restore(server: &Server) -> String {
    let output = server::command(&["end-restore", "--data"]).arg(server.data()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_tab_that_is_ahead_does_not_become_the_author_of_others_words() {
    let mut server = Start::demo(1, 1).start();
    let points = begin(&server, &["Forces withdraw.", "Prisoners are released."]);
    let (seat_arv, seat_bor) = (server.delegate(0, 0), server.delegate(1, 0));
    let cli = Cli::join(&seat_arv);
    let backup = server.back_up();
    let mut tab = Stock::join(&server, PLAN, &seat_bor, Credential::Protocols);
    let mut own = Stock::join(&server, PLAN, &seat_bor, Credential::Protocols);
    own.disconnect();
    own.edit_words(&points[1], 0, 0, "<own> ");
    cli.done(&["words", PLAN, &points[0], "Forces withdraw <arv>."]);
    tab.wait("others' words", |state| state["points"][&points[0]]["words"].as_str().unwrap().contains("<arv>"));
    server.restore(backup.path());
    let state = tab.wait("refused", |state| state["closed"]["code"] == 4400);
    assert!(state["closed"]["reason"].as_str().unwrap().starts_with("restored from a backup"), "{state}");
    // A tab that holds nothing but its own words is taken as always.
    own.connect();
    let shown = |point: &str| cli.json(&["show", PLAN, point])["points"][0]["words"].as_str().unwrap().to_owned();
    own.wait("synced", |state| state["synced"] == true);
    own.wait("own words on the server", |_| shown(&points[1]).contains("<own>"));
    assert_eq!(shown(&points[0]), "Forces withdraw.", "nobody wrote others' words");
}
