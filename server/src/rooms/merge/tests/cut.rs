//! Stays that are sent in parts, with others' between.

use super::*;

const SIDES: [(&str, [&str; 2]); 3] = [
    ("arv", ["12 12 12 1,000 1,000 12", "12 12 12 1,000 12"]),
    ("bor", ["12 12 1,000 D+14 1,000 12", "12 1,000 12 D+14 1,000 12"]),
    ("cel", ["12 1,000 1,000 12", "1,000 1,000 12"]),
];

/// What comes out if the parts come in this order, each the next of its side; `None` is somebody who goes on from what stands there.
async fn out(order: &[Option<usize>]) -> String {
    let mut bench = Bench::new().await;
    bench.live("med", words("12 12 1,000 1,000 12")).await;
    let seen = bench.end().await;
    let mut parts: Vec<Vec<Bytes>> = Vec::new();
    for (client, (_, texts)) in (201..).zip(SIDES) {
        let doc = bench.client(client, seen).await;
        parts.push(texts.iter().map(|text| bench.change(&doc, words(text))).collect());
    }
    for side in order {
        let Some(side) = *side else {
            let text = format!("{} days", bench.words().await);
            bench.live("med", words(&text)).await;
            continue;
        };
        let part = parts[side].remove(0);
        bench.stayed(away(SIDES[side].0, side as u8 + 1, seen), &part).await;
    }
    bench.words().await
}

#[tokio::test]
async fn syncs_that_were_cut_come_out_as_if_they_had_come_whole_whatever_came_between() {
    for (whole, cut) in [
        ([0, 0, 1, 1, 2, 2], [[0, 1, 2, 0, 1, 2], [0, 1, 2, 2, 1, 0], [0, 1, 0, 2, 2, 1]]),
        ([2, 2, 1, 1, 0, 0], [[2, 1, 0, 2, 1, 0], [2, 1, 0, 0, 2, 1], [2, 2, 1, 0, 0, 1]]),
    ] {
        let whole = out(&whole.map(Some)).await;
        for order in cut {
            assert_eq!(out(&order.map(Some)).await, whole, "{order:?}");
        }
    }
}

#[tokio::test]
async fn no_part_makes_a_word_that_nobody_wrote_where_somebody_goes_on_between_them() {
    let written = ["12", "1,000", "D+14", "days"];
    for at in 1..6 {
        let mut order = [0, 1, 2, 0, 2, 1].map(Some).to_vec();
        order.insert(at, None);
        let out = out(&order).await;
        let strange = out.split(['[', ']', ' ']).find(|word| !word.is_empty() && !written.contains(word));
        assert_eq!(strange, None, "{out}");
    }
}
