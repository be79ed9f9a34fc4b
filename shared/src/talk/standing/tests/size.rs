//! A matrix is as large as what there is to say, not as points times parties.

use super::*;

#[test]
fn what_is_written_down_grows_with_what_there_is_to_say() {
    let points: Vec<(String, usize)> = (0..2_000).map(|n| (format!("p{n}"), usize::from(n > 0))).collect();
    let points: Vec<(&str, usize, &str)> = points.iter().map(|(id, depth)| (id.as_str(), *depth, "words")).collect();
    let mut talks = Talks::over(&points);
    talks.points.iter_mut().for_each(|point| point.parent = (point.depth > 0).then(|| "p0".parse().unwrap()));
    let parties: Vec<String> = (0..200).map(|n| format!("party{n:03}")).collect();
    talks.consent = parties.iter().map(|name| party(name)).collect();
    let bytes = |talks: &Talks| {
        let stands: Vec<Stand> = talks.said.iter().map(|(party, annotation)| Stand { party, annotation }).collect();
        let (outline, none) = (talks.outline(), |_: &PointId| None::<&str>);
        let matrix = standing(&outline, &ExactWords::read(&outline), none, |_| Open::default(), &stands, &talks.consent);
        (matrix.counts.agreed, serde_json::to_vec(&matrix).unwrap().len())
    };
    let (agreed, silent) = bytes(&talks);
    assert!(agreed == 0 && silent < 2_000 * 300 + 200 * 100, "{silent}");
    // One acceptance of all that stands below.
    let mut accepted = talks.say("party000", Stance::Accept, "p0").clone();
    talks.said.clear();
    for (n, name) in parties.iter().enumerate() {
        accepted.id = format!("n{n}").parse().unwrap();
        talks.said.push((party(name), accepted.clone()));
    }
    let (agreed, all) = bytes(&talks);
    assert!(agreed == 2_000 && all < silent + 200 * 400, "{all} bytes, and {silent} without");
}
