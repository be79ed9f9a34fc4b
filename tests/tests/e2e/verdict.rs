//! Two CRDTs, one verdict.

use plenary_tests::verdict;

#[test]
fn what_the_gate_lets_in_of_wrong_updates_is_one_plan_to_yrs_and_to_stock_yjs_live_logged_and_fresh() {
    let figures = verdict::run(5_000, 1_000_000).unwrap();
    // Most are worth trying: a gate that lets nothing in would hold the promise, too.
    assert!(figures.taken * 5 > figures.wrong && figures.plans_changed == figures.plans, "{figures:#?}");
}
