//! What is kept of the words while a script changes them.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    access::Role,
    script::{
        Edit, Script,
        run::make,
        tests::{Talks, script},
    },
};

/// An edit of one of the first twelve points that come to be; `n` tells what it makes of it.
type Step = (u8, usize, usize, usize);

const WORDS: [&str; 6] = ["", "Each side, each party.", "Forces withdraw within [30][50] days.", "e\u{301} 🕊", "\"x\"\r\ny", "x"];

fn id(n: usize) -> String {
    if n < 5 { format!("p{}", n + 1) } else { format!("a{n}") }
}

fn edit(&(kind, at, other, n): &Step) -> Edit {
    let (point, other, text) = (id(at), id(other), WORDS[n % WORDS.len()]);
    let place = ["after", "before", "under"][n % 3];
    let line = match kind {
        0..4 => json!({"words": {"point": point, "words": text}}),
        4..6 => json!({"insert": {"point": point, "text": text, "at": n % 3}}),
        6 => json!({"replace": {"point": point, "quote": "each", "with": text}}),
        7 => json!({"heading": {"point": point, "text": text}}),
        8 => json!({"strike": {"point": point}}),
        9 => json!({"restore": {"point": point}}),
        10 => json!({"schedule": {"point": point, "offset_days": n, "after": {other: "done"}}}),
        11 => json!({"schedule": {"point": point, "offset_days": null, "trigger": text}}),
        12..15 => json!({"add": {"words": text, "id": id(5 + at % 7), place: other}}),
        15 => json!({"move": {"point": point, place: other}}),
        16 => json!({"renumber": {}}),
        17 => json!({"propose": {"point": point, "quote": "[30]", "replacement": text, "layer": "public"}}),
        18 => json!({"adopt": {"id": format!("n{}", n % 5)}}),
        _ => json!({"alternative": {"id": format!("n{}", n % 5)}}),
    };
    script(&line.to_string()).edits.remove(0)
}

/// The exact words and the weaves, read from the document as it is now.
fn whole(bench: &Bench) -> (ExactWords, Weaves) {
    let outline = Outline::read(&bench.text);
    let census = gate::census(&bench.text.encode_state_as_update_v1(&StateVector::default())).unwrap();
    (ExactWords::read(&outline), Weaves::read(&bench.text, &outline, &census))
}

fn steps(most: usize) -> impl Strategy<Value = Vec<(Step, bool)>> {
    prop::collection::vec(((0u8..20, 0usize..12, 0usize..12, 0usize..60), any::<bool>()), 1..most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_kept_of_the_words_is_what_reading_all_of_them_again_gives(before in steps(20), steps in steps(40)) {
        let mut talks = Talks::begin();
        talks.member.role = Role::Chair;
        for (step, _) in &before {
            // What is refused changes nothing.
            let _ = talks.run(&Script { edits: vec![edit(step)], ..Script::default() });
        }
        let (mut desk, mut ids, mut go_on) = (talks.desk(), mem::take(&mut talks.ids), || true);
        let mut bench = Bench::new(&mut desk, &mut ids, &mut go_on);
        for (step, read) in &steps {
            let _ = make(&mut bench, &edit(step));
            // Several edits may lie between two readings.
            if *read {
                let (words, weaves) = whole(&bench);
                let kept = bench.exact().unwrap();
                prop_assert_eq!((&kept.words, &kept.weaves), (&words, &weaves), "after {:?}", step);
            }
        }
    }
}
