//! Three delegations are offline for a week of edits each, two Yjs clients stay online, and all come back in some order, cut at
//! random: everyone ends with the same plan, every edit is in it once, and each is told exactly the points that both sides changed.

use plenary_tests::{
    cli::{Cli, Folder},
    client::YClient,
    server::{Server, Start},
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

use super::{PLAN, apply, begin, ids, merged};

/// Words of each point, each of which occurs once, so that it can be quoted whatever is put in beside it.
const WORDS: [&str; 6] = ["alpha", "бета", "غاما", "delta", "δέλτα", "omega"];

/// A generator of numbers that a test can run again (Marsaglia's xorshift64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }

    fn shuffled<T>(&mut self, mut all: Vec<T>) -> Vec<T> {
        for at in (1..all.len()).rev() {
            all.swap(at, self.below(at + 1));
        }
        all
    }
}

/// What one side did: its marks, by the point that they were put into, and all points that it changed.
#[derive(Default)]
struct Side {
    marks: Vec<(String, String)>,
    changed: BTreeSet<String>,
}

impl Side {
    /// An edit of some point, as a script writes it.
    fn edit(&mut self, name: &str, points: &[String], dice: &mut Dice) -> Value {
        let point = &points[dice.below(points.len())];
        self.changed.insert(point.clone());
        match dice.below(12) {
            0 => json!({ "strike": { "point": point } }),
            1 => json!({ "heading": { "point": point, "text": format!("{name} {}", self.marks.len()) } }),
            2 => json!({ "schedule": { "point": point, "trigger": format!("{name} {}", self.marks.len()) } }),
            _ => {
                let mark = format!("<{name}{}>", self.marks.len());
                self.marks.push((mark.clone(), point.clone()));
                json!({ "insert": { "point": point, "text": mark, "after": WORDS[dice.below(WORDS.len())] } })
            }
        }
    }
}

struct Week {
    server: Server,
    points: Vec<String>,
    dice: Dice,
}

impl Week {
    fn begin(seed: u64, points: usize) -> Self {
        let server = Start::demo(1, 1).start();
        let words = WORDS.join(" ");
        let points = begin(&server, &vec![words.as_str(); points]);
        Week { server, points, dice: Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1) }
    }

    /// A week of a delegation's work: scripts of several sizes, and a point that it adds.
    fn offline(&mut self, name: &str, folder: &Folder, edits: usize) -> Side {
        let mut side = Side::default();
        let mut left = edits;
        while left > 0 {
            let count = (1 + self.dice.below(edits / 4 + 1)).min(left);
            let script: Vec<Value> = (0..count).map(|_| side.edit(name, &self.points, &mut self.dice)).collect();
            apply(folder, &script);
            left -= count;
        }
        apply(folder, &[json!({ "add": { "words": format!("added by {name}"), "label": format!("{name} 1") } })]);
        side
    }

    /// A Yjs client types at the beginning of points.
    async fn online(&mut self, name: &str, client: &YClient, edits: usize) -> Side {
        let mut side = Side::default();
        for n in 0..edits {
            let point = self.points[self.dice.below(self.points.len())].clone();
            let mark = format!("<{name}{n}>");
            client.edit_words(&point, 0, 0, &mark).await;
            side.changed.insert(point.clone());
            side.marks.push((mark, point));
        }
        client.wait_echoed().await;
        side
    }

    /// Syncs, cut at a random step some times before.
    fn come_back(&mut self, folder: &Folder) {
        for _ in 0..self.dice.below(3) {
            let stop_at = 1 + self.dice.below(40);
            folder.command(&["sync"]).env("PLENARY_TEST_STOP_AT", stop_at.to_string()).output().unwrap();
        }
        if self.dice.below(3) == 0 {
            self.server.kill_9();
            folder.exits(3, &["sync"]);
            self.server.restart();
        }
        let output = folder.run(&["sync"]);
        assert!(matches!(output.status.code(), Some(0 | 4)), "{output:?}");
    }
}

async fn week(seed: u64, edits: usize) {
    let mut week = Week::begin(seed, 3 + (seed as usize % 3) * 40);
    let seats = [0, 1, 2].map(|n| week.server.delegate(n, 0));
    let clis = [0, 1, 2].map(|n| Cli::join(&seats[n]));
    let names = ["a", "b", "c"];
    let folders: Vec<Folder> = clis.iter().map(|cli| cli.clone_plan(PLAN)).collect();
    let clients = [
        YClient::join(&week.server, PLAN, &week.server.delegate(0, 1)).await,
        YClient::join(&week.server, PLAN, &week.server.chair()).await,
    ];

    let mut sides: BTreeMap<&str, Side> = BTreeMap::new();
    for (name, folder) in names.iter().zip(&folders) {
        sides.insert(name, week.offline(name, folder, edits));
    }
    for (name, client) in ["x", "y"].into_iter().zip(&clients) {
        sides.insert(name, week.online(name, client, 10).await);
    }
    drop(clients);
    for n in week.dice.shuffled(vec![0, 1, 2, 0, 1, 2]) {
        week.come_back(&folders[n]);
    }
    // Whoever was away was apart from all others; those who were there had seen each other.
    let changed = |point: &String, among: &[&str]| among.iter().filter(|name| sides[*name].changed.contains(point)).count();
    let is_apart = |point: &&String| changed(point, &names) > 0 && changed(point, &["a", "b", "c", "x", "y"]) > 1;
    let all: BTreeSet<&String> = sides.values().flat_map(|side| &side.changed).collect();
    let apart: Vec<String> = all.into_iter().filter(is_apart).cloned().collect();
    // What the last ones brought reaches the others.
    for (name, folder) in names.iter().zip(&folders) {
        let (code, _) = folder.json(&["sync"]);
        assert_eq!(merged(folder), apart, "seed {seed}: what {name} is told");
        assert_eq!(code, if apart.is_empty() { 0 } else { 4 }, "seed {seed}");
        let (_, status) = folder.json(&["status"]);
        assert_eq!((&status["waiting"], &status["refused"]), (&json!([]), &json!([])), "seed {seed}");
    }
    let plan = clis[0].json(&["show", PLAN]);
    for folder in &folders {
        assert_eq!(folder.json(&["show", PLAN]).1, plan, "seed {seed}");
    }
    let words: BTreeMap<String, String> = ids(&plan)
        .into_iter()
        .zip(plan["points"].as_array().unwrap().iter().map(|p| p["words"].as_str().unwrap().to_owned()))
        .collect();
    let all = words.values().map(String::as_str).collect::<Vec<_>>().join("\n");
    for (mark, point) in sides.values().flat_map(|side| &side.marks) {
        assert_eq!(words[point].matches(mark.as_str()).count(), 1, "seed {seed}: {mark}");
        assert_eq!(all.matches(mark.as_str()).count(), 1, "seed {seed}: {mark} stands where it was put and nowhere else");
    }
    for name in names {
        assert_eq!(all.matches(&format!("added by {name}")).count(), 1, "seed {seed}");
    }
}

#[tokio::test]
async fn three_weeks_of_thousands_of_edits_come_together() {
    week(1, 1_000).await;
}

#[tokio::test]
async fn weeks_come_together_in_every_order_and_through_every_cut() {
    for seed in 2..10 {
        week(seed, 40).await;
    }
}
