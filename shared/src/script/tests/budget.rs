//! A script stops when it is told to.

use super::{short, *};

/// Runs a script that may ask so many times.
fn run_for(mut times: usize, script: &Script) -> Result<Ran, ScriptError> {
    let talks = Talks::begin();
    let Talks { member, text, layers, .. } = talks;
    let desk = Desk { member, write: true, text, layers, parties: Default::default(), now_ms: 0 };
    let mut go_on = || {
        let goes_on = times > 0;
        times = times.saturating_sub(1);
        goes_on
    };
    run(desk, script, &mut Counting::default(), &mut go_on).unwrap()
}

#[test]
fn a_script_that_takes_too_long_is_stopped_where_it_stands() {
    let digest = Talks::begin().digest("p2");
    let accept = format!(r#"{{"accept":{{"point":"2","expect":"{digest}"}}}}"#);
    let script = script(&format!("{{\"strike\":{{\"point\":\"1\"}}}}\n{accept}\n{{\"strike\":{{\"point\":\"3\"}}}}"));
    let told = |times| run_for(times, &script).map(drop).map_err(|error| (error.line, error.field.clone()));
    assert_eq!(told(0), Err((1, "strike".into())));
    assert_eq!(told(1), Err((2, "accept".into())));
    assert_eq!(told(2), Err((2, "accept".into())), "reading the exact words is work as well");
    assert_eq!(told(3), Err((3, "strike".into())));
    assert_eq!(told(4), Ok(()));
    let error = run_for(0, &script).unwrap_err();
    assert_eq!(short(&error), (1, "strike", "more work than one script may take", "a smaller script"));
}

#[test]
fn what_is_expected_is_work_as_well_and_has_a_bound() {
    let expect = Expect { point: None, digest: "0".repeat(64).parse().unwrap() };
    let expecting = Script { expect: vec![expect], ..script(r#"{"strike":{"point":"1"}}"#) };
    assert_eq!(run_for(0, &expecting).unwrap_err().field, "expect[0]");
    assert_eq!(run_for(1, &expecting).unwrap_err().field, "expect[0].digest");
    let one = format!(r#"{{"digest":"{}"}}"#, "0".repeat(64));
    let json = |count| format!(r#"{{"edits":[],"expect":[{}]}}"#, vec![one.as_str(); count].join(","));
    assert!(Script::parse(json(crate::limits::SCRIPT_EDITS_MAX).as_bytes()).is_ok());
    assert!(Script::parse(json(crate::limits::SCRIPT_EDITS_MAX + 1).as_bytes()).is_err());
}
