//! Long scripts.

use super::*;
use crate::limits;

#[test]
fn ten_thousand_edits_are_one_update_and_one_too_many_for_a_script_is_refused() {
    let mut talks = Talks::begin();
    let line = |n: usize| format!(r#"{{"insert":{{"point":"{}","text":"{n},"}}}}"#, n % 4 + 1);
    let lines: Vec<String> = (0..10_000).map(line).collect();
    let ran = talks.run(&script(&lines.join("\n"))).unwrap();
    assert_eq!((ran.applied.done.len(), ran.updates.len()), (10_000, 1));
    let words = talks.words("p2");
    assert!(words.starts_with(WORDS[1]) && words.ends_with(",9993,9997,"), "{words:.60}");
    assert_eq!(words.matches(',').count(), 2_500 + 1);

    let edits = vec![script(&line(0)).edits[0].clone(); limits::SCRIPT_EDITS_MAX + 1];
    let error = talks.run(&Script { edits, ..Script::default() }).unwrap_err();
    assert_eq!(short(&error).1, "edits");
}

#[test]
fn points_that_are_added_by_the_hundred_stand_in_their_order() {
    let mut talks = Talks::begin();
    let lines: Vec<String> = (0..300)
        .map(|n| match n % 3 {
            0 => format!(r#"{{"add":{{"words":"{n}","id":"a{n}"}}}}"#),
            1 => format!(r#"{{"add":{{"words":"{n}","id":"a{n}","under":"a{}"}}}}"#, n - 1),
            _ => format!(r#"{{"add":{{"words":"{n}","id":"a{n}","before":"a{}"}}}}"#, n - 1),
        })
        .collect();
    let done = talks.done(&lines.join("\n"));
    let outline = talks.outline();
    for done in &done {
        let Done::Point(done) = done else { panic!("a point: {done:?}") };
        assert_eq!(outline.get(&done.point).unwrap().label, done.label, "as it was told");
    }
    let shown: Vec<&str> = outline.points[5..].iter().map(|point| point.words.as_str()).collect();
    let wanted: Vec<String> = (0..100).flat_map(|n| [3 * n, 3 * n + 2, 3 * n + 1]).map(|n| n.to_string()).collect();
    assert_eq!(shown, wanted);
    assert!(outline.faults.is_empty(), "{:?}", outline.faults);
}
