//! What delegations write into the same words without knowing of each other stands side by side in the end.

use plenary_tests::{
    cli::{Cli, Folder},
    server::{Server, Start},
};
use serde_json::json;

use super::{PLAN, begin, words};

fn talks(texts: &[&str]) -> (Server, Vec<String>, [Cli; 3]) {
    let server = Start::demo(1, 1).start();
    let points = begin(&server, texts);
    let clis = [0, 1, 2].map(|n| Cli::join(&server.delegate(n, 0)));
    (server, points, clis)
}

#[test]
fn numbers_that_were_changed_apart_stand_side_by_side_for_everybody() {
    let (_server, points, clis) = talks(&["Within 24 days.", "Forty men.", "By day 90."]);
    let replicas: Vec<Folder> = clis.iter().map(|cli| cli.clone_plan(PLAN)).collect();
    for (replica, texts) in replicas.iter().zip([
        ["Within 12 days.", "Sixty men.", "By day 60."],
        ["Within 48 days.", "Fifty men.", "By day 30."],
        ["Within 36 days.", "Forty women.", "By day 90."],
    ]) {
        for (point, text) in points.iter().zip(texts) {
            replica.done(&["words", PLAN, point, text]);
        }
    }
    for (replica, code) in replicas.iter().zip([0, 4, 4]) {
        replica.exits(code, &["sync"]);
    }
    for replica in &replicas {
        replica.run(&["sync"]);
        let now: Vec<String> = points.iter().map(|point| words(replica, point)).collect();
        assert_eq!(now, ["Within [12][48][36] days.", "[Sixty][Fifty] women.", "By day [60][30]."]);
    }
    let shown = clis[0].json(&["show", PLAN]);
    assert_eq!(shown["points"][0]["words"], json!("Within [12][48][36] days."));
}
