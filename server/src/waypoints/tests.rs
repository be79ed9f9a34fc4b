use super::*;

fn plan(name: &str) -> DocAddress {
    format!("talks/{name}").parse().unwrap()
}

#[test]
fn what_is_kept_of_a_plan_is_spread_over_its_log_and_the_last_stays() {
    let (waypoints, at) = (Waypoints::default(), plan("plan"));
    for n in 1..=100 {
        waypoints.keep(&at, n * 4_096, Bytes::from(vec![0; 10]));
    }
    let seqs: Vec<Seq> = waypoints.kept().plans[&at].copies.keys().copied().collect();
    assert_eq!((seqs.len(), seqs.last()), (limits::WAYPOINTS_PER_PLAN_MAX, Some(&409_600)));
    let widest = seqs.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(widest <= 40 * 4_096, "{seqs:?}");
    assert_eq!(waypoints.nearest(&at, 409_599).map(|(seq, _)| seq), seqs.iter().rev().nth(1).copied());
    assert_eq!(waypoints.nearest(&at, 4_095), None);
    waypoints.forget(&at);
    assert_eq!((waypoints.nearest(&at, Seq::MAX), waypoints.kept().bytes), (None, 0));
}

#[test]
fn all_of_it_together_is_bounded_and_what_was_used_last_stays() {
    let waypoints = Waypoints::default();
    let third = Bytes::from(vec![0; limits::WAYPOINTS_BYTES_MAX / 3]);
    for (seq, name) in (1..).zip(["a", "b", "c"]) {
        waypoints.keep(&plan(name), seq, third.clone());
    }
    assert!(waypoints.nearest(&plan("a"), Seq::MAX).is_some());
    waypoints.keep(&plan("d"), 4, third.clone());
    let there = |name| waypoints.nearest(&plan(name), Seq::MAX).is_some();
    assert_eq!(["a", "b", "c", "d"].map(there), [true, false, true, true]);
    for seq in 5..9 {
        waypoints.keep(&plan("d"), seq, third.clone());
    }
    assert!(waypoints.kept().bytes <= limits::WAYPOINTS_BYTES_MAX && waypoints.nearest(&plan("d"), 8).is_some());
    waypoints.keep(&plan("e"), 1, Bytes::from(vec![0; limits::WAYPOINTS_BYTES_MAX + 1]));
    waypoints.keep(&"talks/plan/arv/private".parse().unwrap(), 1, third);
    assert!(!there("e") && waypoints.kept().plans.keys().all(|at| matches!(at, DocAddress::Plan(..))));
}
