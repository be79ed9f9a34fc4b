//! `undo` takes back what one's own party did, by a new edit, and nothing that others wrote.

use plenary_tests::{
    cli::Cli,
    server::{Server, Start},
};

use serde_json::json;

use crate::replica::{PLAN, begin_by, script};

struct Talks {
    server: Server,
    points: Vec<String>,
    med: Cli,
    parties: [Cli; 3],
}

impl Talks {
    fn over(texts: &[&str]) -> Self {
        let server = Start::demo(1, 1).start();
        let med = Cli::join(&server.chair());
        let points = begin_by(&server, &med, texts);
        let parties = [0, 1, 2].map(|n| Cli::join(&server.delegate(n, 0)));
        Talks { server, points, med, parties }
    }

    /// The parties change the first point apart, in this order; who gives no words changes nothing.
    fn apart(&self, texts: [&str; 3]) -> String {
        let replicas = self.parties.each_ref().map(|cli| cli.clone_plan(PLAN));
        for (replica, words) in replicas.iter().zip(texts).filter(|(_, words)| !words.is_empty()) {
            replica.done(&["words", PLAN, &self.points[0], words]);
        }
        replicas.iter().for_each(|replica| drop(replica.run(&["sync"])));
        self.words(0)
    }

    fn words(&self, at: usize) -> String {
        self.med.json(&["show", PLAN, &self.points[at]])["points"][0]["words"].as_str().unwrap().to_owned()
    }

    /// The words after somebody's undo.
    fn undone(&self, by: &Cli, args: &[&str]) -> String {
        by.done(&[&["undo", PLAN, &self.points[0]], args].concat());
        self.words(0)
    }

    /// What is said to somebody whose undo is refused.
    fn refused(&self, by: &Cli, args: &[&str]) -> String {
        let before = self.words(0);
        let output = by.run(&[&["undo", PLAN, &self.points[0]], args].concat());
        assert_eq!((output.status.code(), self.words(0)), (Some(1), before));
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn who_deleted_and_who_changed_apart_each_takes_back_its_own() {
    for [arv_wrote, bor_wrote] in [["Within days.", "Within 48 days."], ["Within 48 days.", "Within days."]] {
        let (deletes, changes) = if arv_wrote == "Within days." { (0, 1) } else { (1, 0) };
        for (who, comes) in [(changes, "Within days."), (deletes, "Within 48 days.")] {
            let talks = Talks::over(&["Within 24 days."]);
            assert_eq!(talks.apart([arv_wrote, bor_wrote, "Within 24 days, at once."]), "Within [48] days, at once.");
            talks.refused(&talks.parties[2], &["--bracket", "1"]);
            assert_eq!(talks.undone(&talks.parties[who], &[]), comes.replace('.', ", at once."));
        }
    }
}

#[test]
fn the_last_change_of_words_is_taken_back_and_then_the_one_before_it() {
    let talks = Talks::over(&["Within 24 days."]);
    let [arv, bor, cel] = &talks.parties;
    arv.done(&["words", PLAN, "1", "Within 12 days."]);
    arv.done(&["words", PLAN, "1", "Within 12 days, at once."]);
    bor.done(&["words", PLAN, "1", "All within 12 days, at once."]);
    assert_eq!(talks.undone(arv, &[]), "All within 12 days.");
    assert_eq!(talks.undone(arv, &[]), "All within 24 days.");
    assert!(talks.refused(arv, &[]).contains("nothing"), "not what others wrote, nor what was undone");
    assert_eq!(talks.undone(bor, &[]), "Within 24 days.");
    arv.done(&["words", PLAN, "1", "Within 12 days."]);
    cel.done(&["words", PLAN, "1", "Within 36 days."]);
    assert!(talks.refused(arv, &[]).contains("others have changed"));
    // In a replica, before it is sent and behind it.
    let replica = cel.clone_plan(PLAN);
    replica.done(&["words", PLAN, "1", "Within 36 [working] days."]);
    replica.done(&["undo", PLAN, "1"]);
    replica.done(&["undo", PLAN, "1"]);
    replica.exits(0, &["sync"]);
    assert_eq!(talks.words(0), "Within 12 days.");
}

#[test]
fn a_bracket_with_anothers_within_stays_and_one_in_a_heading_goes() {
    let talks = Talks::over(&["Forces withdraw."]);
    let [arv, bor, _] = &talks.parties;
    arv.done(&["words", PLAN, "1", "[All the forces withdraw.]"]);
    bor.done(&["words", PLAN, "1", "[All [the] forces withdraw.]"]);
    let said = talks.refused(arv, &[]);
    assert!(said.contains(&format!("bracket 2 within it is {}'s", talks.server.delegate(1, 0).party)), "{said}");
    assert_eq!(talks.undone(bor, &[]), "[All the forces withdraw.]");
    assert_eq!(talks.undone(arv, &[]), "Forces withdraw.");
    arv.done(&["heading", PLAN, "1", "Withdrawal [of forces]"]);
    arv.done(&["undo", PLAN, "1"]);
    assert_eq!(talks.med.json(&["show", PLAN, "1"])["points"][0]["heading"], "Withdrawal");
}

#[test]
fn a_heading_and_the_title_are_taken_back_too() {
    let talks = Talks::over(&["Within 24 days."]);
    let [arv, bor, cel] = &talks.parties;
    let shown = || talks.med.json(&["show", PLAN]);
    let heading = || shown()["points"][0]["heading"].as_str().unwrap().to_owned();
    arv.done(&["heading", PLAN, "1", "Withdrawal"]);
    arv.done(&["words", PLAN, "1", "Within 12 days."]);
    arv.done(&["heading", PLAN, "1", "Withdrawal of forces"]);
    bor.done(&["words", PLAN, "1", "All within 12 days."]);
    let undone = [(); 3].map(|()| (talks.undone(arv, &[]), heading()));
    let [all12, all24] = ["All within 12 days.", "All within 24 days."].map(str::to_owned);
    assert_eq!(undone, [(all12, "Withdrawal".into()), (all24.clone(), "Withdrawal".into()), (all24, String::new())]);
    assert!(talks.refused(arv, &[]).contains("nothing"));
    // The title, changed one after the other and apart.
    let first = shown()["title"].as_str().unwrap().to_owned();
    let title = |text: &str| script(&[json!({ "title": { "text": text } })]);
    let give = |cli: &Cli, text: &str| drop(cli.done(&["apply", PLAN, title(text).path().to_str().unwrap()]));
    give(arv, "An Accord");
    assert_eq!(arv.json(&["undo", PLAN, "--title"])["title"], json!(first));
    assert_eq!(arv.run(&["undo", PLAN, "--title"]).status.code(), Some(1), "there is no more");
    give(bor, "An Accord");
    let away = [arv, cel].map(|cli| cli.clone_plan(PLAN));
    for (folder, text) in away.iter().zip(["A Pact", "A Treaty"]) {
        folder.done(&["apply", PLAN, title(text).path().to_str().unwrap()]);
        folder.run(&["sync"]);
    }
    assert_eq!(shown()["title"], "A [Pact][Treaty]");
    assert_eq!(bor.run(&["undo", PLAN, "--title"]).status.code(), Some(1), "both are others'");
    arv.done(&["undo", PLAN, "--title"]);
    assert_eq!(shown()["title"], "A Treaty");
}

#[test]
fn a_proposal_is_taken_out_again_by_who_put_it_in_and_by_its_party() {
    let talks = Talks::over(&["Within 24 days."]);
    let [arv, bor, cel] = &talks.parties;
    let proposal = cel.json(&["propose", PLAN, "1", "36", "--quote", "24", "--layer", "public"]);
    let id = proposal["id"].as_str().unwrap();
    for by in [&talks.med, cel] {
        talks.med.done(&["alternative", PLAN, id]);
        assert_eq!(talks.words(0), "Within [24][36] days.");
        talks.refused(arv, &[]);
        assert_eq!(talks.undone(by, &[]), "Within 24 days.");
        let listed = bor.json(&["annotations", PLAN]);
        assert_eq!(listed["annotations"][0]["proposed"]["state"], "open", "it can be put in again");
    }
    bor.done(&["adopt", PLAN, id]);
    assert_eq!(talks.words(0), "Within 36 days.");
    talks.refused(&talks.med, &[]);
    assert_eq!(talks.undone(bor, &[]), "Within 24 days.");
}

#[test]
fn what_was_entered_for_a_party_is_its_own_to_take_back_once_it_has_confirmed_it() {
    let talks = Talks::over(&["Within [30][50] days."]);
    let arv = &talks.parties[0];
    let party = talks.server.delegate(0, 0).party;
    let enter = || {
        let done = talks.med.json(&["words", PLAN, "1", "Within [30][50][40] days.", "--for", &party]);
        done["entered"].as_str().unwrap().to_owned()
    };
    enter();
    assert!(talks.refused(arv, &["--bracket", "3"]).contains("not confirmed"));
    assert_eq!(talks.undone(&talks.med, &["--bracket", "3"]), "Within [30][50] days.", "who entered it");
    arv.done(&["own", PLAN, &enter()]);
    assert!(talks.refused(&talks.med, &["--bracket", "3"]).contains("confirmed by"));
    assert_eq!(talks.undone(arv, &[]), "Within [30][50] days.");
}
