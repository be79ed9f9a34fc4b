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
    mine.exits(4, &["sync"]);
    assert_eq!(merged(&mine), [points[1].clone()], "what others merged is told, and nothing else");
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
    // For its party alone it ends with its acceptance.
    one.done(&["accept", PLAN, &points[1]]);
    assert!(merged(&one).is_empty());
    one.exits(0, &["sync"]);
    two.exits(0, &["sync"]);
    assert_eq!(bor.json(&["merged", PLAN])["merged"].as_array().unwrap().len(), 1);
}

#[test]
fn ones_own_acceptance_that_lapses_by_a_merge_is_named() {
    let (server, points, [arv, bor, _]) = talks();
    let folder = arv.clone_plan(PLAN);
    folder.done(&["words", PLAN, &points[2], "The Mission verifies it."]);
    folder.done(&["accept", PLAN, &points[2]]);
    bor.done(&["words", PLAN, &points[2], "The Mission verifies daily."]);
    folder.exits(4, &["sync"]);
    let (_, value) = folder.json(&["standing", PLAN, &points[2]]);
    let cells = value["cells"].as_array().unwrap();
    let own = cells.iter().find(|cell| cell["party"] == server.delegate(0, 0).party.as_str()).unwrap();
    assert_eq!((&own["stance"], value["merged"]["by"].as_array().unwrap().len()), (&"lapsed".into(), 2), "{value}");
}

#[test]
fn a_plan_that_was_cloned_late_tells_what_waits_to_be_confirmed() {
    let (_server, points, [arv, bor, _]) = talks();
    let old = arv.clone_plan(PLAN);
    old.done(&["words", PLAN, &points[0], "All forces withdraw."]);
    bor.done(&["words", PLAN, &points[0], "Forces withdraw today."]);
    old.exits(4, &["sync"]);
    let new = arv.clone_plan(PLAN);
    new.exits(4, &["sync"]);
    assert_eq!(merged(&new), merged(&old));
    bor.done(&["confirm", PLAN, &points[0]]);
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
