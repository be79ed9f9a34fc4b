//! Long scripts.

use super::*;

fn lines(edit: impl Fn(usize) -> String) -> String {
    (0..10_000).map(edit).collect::<Vec<_>>().join("\n")
}

#[test]
fn speed() {
    let table: Vec<(&str, String)> = vec![
        ("add", lines(|n| format!(r#"{{"add":{{"words":"point {n}"}}}}"#))),
        ("add after 1", lines(|n| format!(r#"{{"add":{{"words":"point {n}","after":"1"}}}}"#))),
        ("insert", lines(|n| format!(r#"{{"insert":{{"point":"{}","text":"{n} "}}}}"#, n % 4 + 1))),
        ("note", lines(|n| format!(r#"{{"note":{{"point":"{}","text":"{n} "}}}}"#, n % 4 + 1))),
        ("strike", lines(|n| format!(r#"{{"strike":{{"point":"{}"}}}}"#, n % 300 + 1))),
        ("accept", lines(|n| format!(r#"{{"accept":{{"point":"{}"}}}}"#, n % 300 + 1))),
    ];
    for (name, lines) in table {
        let mut talks = Talks::begin();
        let more: Vec<String> =
            (5..301).map(|n| format!(r#"{{"add":{{"words":"point {n} has some words","label":"{n}"}}}}"#)).collect();
        talks.done(&more.join("\n"));
        let parsed = std::time::Instant::now();
        let script = script(&lines);
        let start = std::time::Instant::now();
        let ran = talks.run(&script).map(|ran| ran.updates.iter().map(|u| u.1.len()).sum::<usize>());
        eprintln!("{name}: parse {:?} run {:?} {:?}", start - parsed, start.elapsed(), ran);
    }
}
