use super::*;

fn at(name: &str) -> DocAddress {
    format!("talks/{name}").parse().unwrap()
}

fn author(party: &str) -> Author {
    Author { party: party.parse().unwrap(), member: format!("{party}-1").parse().unwrap() }
}

#[tokio::test(start_paused = true)]
async fn a_party_has_so_much_at_once_then_so_much_a_second_and_no_other_waits_for_it() {
    let (merges, began) = (Merges::default(), Instant::now());
    for _ in 0..4 {
        merges.turn(&at("plan"), &author("arv")).await.costs(limits::MERGED_RECORDS_AT_ONCE / 4);
    }
    assert!(began.elapsed().is_zero(), "what it has at once");
    for _ in 0..10 {
        merges.turn(&at("other"), &author("arv")).await.costs(limits::MERGED_RECORDS_PER_S);
    }
    assert_eq!(began.elapsed().as_secs(), 9, "on whatever plan");
    drop(merges.turn(&at("plan"), &author("bor")).await);
    assert_eq!(began.elapsed().as_secs(), 9);
    merges.turn(&at("plan"), &author("arv")).await.costs(u64::MAX);
    let now = Instant::now();
    drop(merges.turn(&at("plan"), &author("arv")).await);
    assert_eq!(now.elapsed(), limits::MERGE_WAIT_MAX, "nobody waits for ever");
}

#[tokio::test(start_paused = true)]
async fn one_of_a_party_at_a_time_and_so_many_of_all() {
    let merges = Arc::new(Merges::default());
    let first = merges.turn(&at("plan"), &author("arv")).await;
    let second = tokio::spawn({
        let merges = merges.clone();
        async move { drop(merges.turn(&at("plan"), &author("arv")).await) }
    });
    let mut others = Vec::new();
    for n in 1..limits::MERGES_MAX {
        others.push(merges.turn(&at("plan"), &author(&format!("p{n}"))).await);
    }
    let late = tokio::spawn({
        let merges = merges.clone();
        async move { drop(merges.turn(&at("plan"), &author("late")).await) }
    });
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert!(!second.is_finished() && !late.is_finished());
    drop(first);
    second.await.unwrap();
    late.await.unwrap();
}
