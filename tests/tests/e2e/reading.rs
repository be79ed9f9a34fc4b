//! What the log tells: who did what, who wrote which words, what changed since, and each change once to whoever watches.

use plenary_tests::{
    cli::Cli,
    server::{Server, Start},
};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Stdio},
};

struct Talks {
    server: Server,
    plan: String,
    arv: Cli,
    bor: Cli,
}

impl Talks {
    /// Two delegates on the demo's plan.
    fn open() -> Self {
        let server = Start::demo(0, 0).start();
        let [arv, bor] = [0, 1].map(|party| Cli::join(&server.delegate(party, 0)));
        Talks { plan: server.demo.plan.clone(), server, arv, bor }
    }

    fn words(&self, cli: &Cli, point: &str, words: &str) {
        cli.done(&["words", &self.plan, point, words]);
    }

    /// The last record of the log.
    fn end(&self) -> u64 {
        self.arv.json(&["log", &self.plan, "-n", "1"])["entries"][0]["last_seq"].as_u64().unwrap()
    }

    fn party(&self, n: usize) -> String {
        self.server.delegate(n, 0).party
    }
}

fn all(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn the_log_tells_who_did_what_and_blame_who_wrote_which_words() {
    let talks = Talks::open();
    let plan = talks.plan.as_str();
    let first = talks.arv.json(&["show", plan, "7"])["points"][0]["words"].as_str().unwrap().to_owned();
    talks.words(&talks.arv, "7", &format!("{first} Немедленно. 🕊"));
    talks.words(&talks.arv, "7", &format!("{first} Немедленно и навсегда. 🕊"));
    talks.words(&talks.bor, "7", &format!("Now: {first} Немедленно и навсегда. 🕊"));
    talks.bor.done(&["strike", plan, "9"]);

    let log = talks.arv.json(&["log", plan, "-n", "0"]);
    let entries = all(&log["entries"]);
    let told: Vec<_> = entries.iter().map(|entry| (text(&entry["party"]), all(&entry["changes"]).len())).collect();
    let (arv, bor) = (talks.party(0), talks.party(1));
    assert_eq!(told[..2], [(bor.as_str(), 2), (arv.as_str(), 1)], "the newest first; two edits at one go are one entry");
    let acts = talks.arv.json(&["log", plan, "--acts", "-n", "0"]);
    let acts: Vec<_> = all(&acts["acts"]).iter().map(|act| act["seq"].as_u64().unwrap()).collect();
    let mut next = 1;
    for entry in entries.iter().rev() {
        assert_eq!(entry["first_seq"], next, "every record is in one entry, or tells an act");
        next = entry["last_seq"].as_u64().unwrap() + 1;
        while acts.contains(&next) {
            next += 1;
        }
    }
    assert_eq!(entries.last().unwrap()["first_text"], true);
    let of_nine = talks.arv.json(&["log", plan, "9"]);
    let newest = &of_nine["entries"][0];
    assert_eq!((text(&newest["party"]), &newest["changes"][0]["kind"]), (bor.as_str(), &Value::from("struck")));
    assert_eq!(all(&newest["changes"]).len(), 1);
    assert_eq!(talks.arv.json(&["log", plan, "-n", "1"])["earlier"], entries.len() - 1);
    let since = entries[1]["last_seq"].to_string();
    let later = talks.arv.json(&["log", plan, "--since", &since]);
    assert_eq!(later["entries"][0], entries[0]);
    assert_eq!(all(&later["entries"]).len(), 1);

    let blame = talks.bor.json(&["blame", plan, "7"]);
    let stretches = all(&blame["stretches"]);
    let whole: String = stretches.iter().map(|stretch| text(&stretch["text"])).collect();
    assert_eq!(whole, format!("Now: {first} Немедленно и навсегда. 🕊"));
    let by: Vec<_> = stretches.iter().map(|stretch| (text(&stretch["text"]), stretch["party"].as_str())).collect();
    let arv = Some(arv.as_str());
    assert_eq!(by, [("Now: ", Some(bor.as_str())), (&first, None), (" Немедленно", arv), (" и навсегда", arv), (". 🕊", arv)]);
    assert!(stretches.iter().all(|stretch| stretch["seq"].is_u64()));
    let page = talks.bor.done(&["blame", plan, "7"]);
    assert!(page.contains("first text") && page.contains(" и навсегда") && !page.contains('\x1b'), "{page}");
    assert_eq!(talks.bor.run(&["blame", plan, "no such"]).status.code(), Some(1));
}

#[test]
fn a_difference_is_told_word_by_word_with_who_changed_it_since_a_record_or_a_time() {
    let talks = Talks::open();
    let plan = talks.plan.as_str();
    let first = talks.arv.json(&["show", plan, "7"])["points"][0]["words"].as_str().unwrap().to_owned();
    let begin = talks.end();
    talks.words(&talks.arv, "7", &format!("{first} Forthwith."));
    let between = talks.end();
    talks.words(&talks.bor, "7", &format!("{first} Forthwith, in full."));
    talks.arv.done(&["heading", plan, "8", "Another heading"]);

    let diff = talks.arv.json(&["diff", plan, "--since", &format!("#{begin}")]);
    assert_eq!((&diff["since"], &diff["until"]), (&Value::from(begin), &Value::from(talks.end())));
    let changes = all(&diff["changes"]);
    assert_eq!(changes.len(), 2);
    assert_eq!((text(&changes[0]["before"]), text(&changes[0]["after"])), (&*first, &*format!("{first} Forthwith, in full.")));
    let parties: Vec<_> = all(&changes[0]["by"]).iter().map(|by| text(&by["party"]).to_owned()).collect();
    assert_eq!(parties, [talks.party(0), talks.party(1)]);
    assert_eq!((text(&changes[1]["kind"]), all(&changes[1]["by"]).len()), ("heading", 1));

    let later = talks.arv.json(&["diff", plan, "7", "--since", &between.to_string()]);
    assert_eq!(all(&later["changes"]).len(), 1, "of the point that was asked for");
    assert_eq!(text(&later["changes"][0]["before"]), format!("{first} Forthwith."));
    let at = &talks.arv.json(&["log", plan, "-n", "0"])["entries"].as_array().unwrap().last().unwrap()["to"].clone();
    let by_time = talks.arv.json(&["diff", plan, "--since", text(at)]);
    let last = all(&by_time["changes"]).iter().find(|change| change["label"] == "7").unwrap();
    assert_eq!(text(&last["after"]), format!("{first} Forthwith, in full."));
    assert_eq!(all(&talks.arv.json(&["diff", plan, "--since", &talks.end().to_string()])["changes"]).len(), 0);

    let page = talks.arv.done(&["diff", plan, "7", "--since", &begin.to_string()]);
    assert!(page.contains("{+ Forthwith, in full+}") || page.contains("{+ Forthwith, in full.+}"), "{page}");
    assert!(page.contains(&format!("by {}  ", talks.party(0))) && !page.contains('\x1b'), "{page}");
    assert_eq!(talks.arv.done(&["diff", plan, "7", "--since", &begin.to_string()]), page, "the same each time");
    assert_eq!(talks.arv.run(&["diff", plan, "--since", "999999"]).status.code(), Some(1));
}

/// A command line that watches until it is dropped.
struct Watching {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Watching {
    fn since(cli: &Cli, plan: &str, seq: u64) -> Self {
        let mut command = cli.command(&["watch", plan, "--since", &seq.to_string(), "--json"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Watching { child, lines }
    }

    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The words that a change of point 7 brought, and whose it was.
fn seen(change: &Value) -> (u64, String, String) {
    (change["seq"].as_u64().unwrap(), text(&change["after"]).to_owned(), text(&change["party"]).to_owned())
}

#[test]
fn whoever_watches_is_told_each_change_once_and_in_order_though_the_server_is_killed() {
    let mut talks = Talks::open();
    let plan = talks.plan.clone();
    let begin = talks.end();
    let mut expected = Vec::new();
    let edit = |talks: &Talks, n: usize, expected: &mut Vec<(u64, String, String)>| {
        let cli = [&talks.arv, &talks.bor][n % 2];
        let words = format!("Change {n}.");
        talks.words(cli, "7", &words);
        expected.push((talks.end(), words, talks.party(n % 2)));
    };
    for n in 0..3 {
        edit(&talks, n, &mut expected);
    }
    let mut watching = Watching::since(&talks.arv, &plan, begin);
    assert_eq!(watching.next()["act"], "created");
    let mut found: Vec<_> = (0..3).map(|_| seen(&watching.next())).collect();
    for n in 3..9 {
        if n % 2 == 0 {
            talks.server.kill_9();
            talks.server.restart();
        }
        edit(&talks, n, &mut expected);
    }
    found.extend((3..9).map(|_| seen(&watching.next())));
    assert_eq!(found, expected, "what came while the connection was lost has its author too");
    drop(watching);

    // One that was stopped goes on where it was.
    let middle = expected[4].0;
    let mut watching = Watching::since(&talks.bor, &plan, middle);
    let rest: Vec<_> = (5..9).map(|_| seen(&watching.next())).collect();
    assert_eq!(rest, expected[5..]);
    talks.bor.done(&["strike", &plan, "9"]);
    let last = watching.next();
    assert_eq!((text(&last["kind"]), &last["more"]), ("struck", &Value::from(0)));
}
