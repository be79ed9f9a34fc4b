//! Which points are told to have been edited apart, and to whom: whoever comes back in whatever order, live or from a second replica.

use plenary_tests::{
    cli::Cli,
    client::YClient,
    server::{Server, Start},
};

use super::{PLAN, begin, merged};

fn talks() -> (Server, Vec<String>, [Cli; 3]) {
    let server = Start::demo(1, 1).start();
    let points = begin(&server, &["Forces withdraw.", "Prisoners are released.", "The Mission verifies."]);
    let clis = [0, 1, 2].map(|n| Cli::join(&server.delegate(n, 0)));
    (server, points, clis)
}

#[test]
fn a_third_party_that_comes_back_late_hides_nothing() {
    let (_server, points, [arv, bor, cel]) = talks();
    let (mine, late) = (arv.clone_plan(PLAN), cel.clone_plan(PLAN));
    mine.done(&["words", PLAN, &points[0], "All forces withdraw."]);
    mine.exits(0, &["sync"]);
    mine.done(&["words", PLAN, &points[0], "All forces withdraw at once."]);
    // One goes on from what was sent, live; the other has not seen it.
    bor.done(&["words", PLAN, &points[0], "All armed forces withdraw."]);
    late.done(&["words", PLAN, &points[1], "All prisoners are released."]);
    late.exits(0, &["sync"]);
    mine.exits(4, &["sync"]);
    assert_eq!(merged(&mine), [points[0].clone()]);
}

#[test]
fn what_others_went_on_from_is_not_taken_for_ones_own() {
    let (_server, points, [arv, bor, cel]) = talks();
    let (mine, late) = (arv.clone_plan(PLAN), cel.clone_plan(PLAN));
    mine.done(&["words", PLAN, &points[0], "All forces withdraw."]);
    mine.exits(0, &["sync"]);
    bor.done(&["words", PLAN, &points[0], "All armed forces withdraw."]);
    bor.done(&["words", PLAN, &points[1], "All prisoners are released."]);
    late.done(&["words", PLAN, &points[1], "Prisoners are released today."]);
    late.exits(4, &["sync"]);
    assert_eq!(merged(&late), [points[1].clone()]);
    mine.exits(0, &["sync"]);
    assert!(merged(&mine).is_empty(), "it edited another point");
}

#[test]
fn each_replica_of_one_member_is_told() {
    let (_server, points, [arv, bor, _]) = talks();
    let (one, two) = (arv.clone_plan(PLAN), arv.clone_plan(PLAN));
    two.done(&["words", PLAN, &points[1], "All prisoners are released."]);
    bor.done(&["words", PLAN, &points[1], "Prisoners are released today."]);
    one.exits(0, &["sync"]);
    two.exits(4, &["sync"]);
    one.exits(4, &["sync"]);
    assert_eq!(merged(&one), merged(&two));
    assert!(one.exits(1, &["accept", PLAN, &points[1]]).contains("plenary confirm"));
}

#[test]
fn ones_own_acceptance_that_lapses_by_a_merge_is_named() {
    let (server, points, [arv, bor, _]) = talks();
    let folder = arv.clone_plan(PLAN);
    folder.done(&["words", PLAN, &points[2], "The Mission verifies it."]);
    folder.done(&["accept", PLAN, &points[2]]);
    bor.done(&["words", PLAN, &points[2], "The Mission verifies daily."]);
    folder.exits(4, &["sync"]);
    let (_, value) = folder.json(&["merged"]);
    assert_eq!(value["merged"][0]["lapsed"][0]["party"], server.delegate(0, 0).party.as_str(), "{value}");
}

#[test]
fn a_plan_that_was_cloned_late_reports_nothing_of_its_past() {
    let (_server, points, [arv, bor, _]) = talks();
    let old = arv.clone_plan(PLAN);
    old.done(&["words", PLAN, &points[0], "All forces withdraw."]);
    bor.done(&["words", PLAN, &points[0], "Forces withdraw today."]);
    old.exits(4, &["sync"]);
    let new = arv.clone_plan(PLAN);
    new.exits(0, &["sync"]);
    assert!(merged(&new).is_empty());
}

#[tokio::test]
async fn somebody_who_types_while_others_come_back_is_told_of_as_live() {
    let (server, points, [arv, _, _]) = talks();
    let folder = arv.clone_plan(PLAN);
    let client = YClient::join(&server, PLAN, &server.delegate(1, 1)).await;
    for round in 0..4 {
        client.edit_words(&points[round % 2], 0, 0, "<live>").await;
        client.wait_echoed().await;
        folder.done(&["words", PLAN, &points[2], &format!("The Mission verifies {round}.")]);
        client.edit_words(&points[round % 2], 0, 0, "<again>").await;
        client.wait_echoed().await;
        assert_eq!(folder.run(&["sync"]).status.code(), Some(0), "round {round}: other points");
    }
    client.edit_words(&points[2], 0, 0, "<live>").await;
    client.wait_echoed().await;
    folder.exits(0, &["sync"]);
    folder.done(&["words", PLAN, &points[2], "The Mission verifies it all."]);
    folder.exits(0, &["sync"]);
    assert!(merged(&folder).is_empty(), "it had seen what was typed");
}
