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

#[tokio::test(start_paused = true)]
async fn who_goes_away_while_it_waits_leaves_the_turn_free_and_what_its_party_owes_stays_owed() {
    let (merges, began) = (Arc::new(Merges::default()), Instant::now());
    let wait = || {
        let merges = merges.clone();
        tokio::spawn(async move { drop(merges.turn(&at("plan"), &author("arv")).await) })
    };
    let first = merges.turn(&at("plan"), &author("arv")).await;
    let behind_it = wait();
    tokio::time::sleep(Duration::from_secs(1)).await;
    behind_it.abort();
    assert!(behind_it.await.unwrap_err().is_cancelled());
    let mut first = first;
    first.costs(limits::MERGED_RECORDS_AT_ONCE + 5 * limits::MERGED_RECORDS_PER_S);
    drop(first);
    for _ in 0..3 {
        let for_its_pay = wait();
        tokio::time::sleep(Duration::from_secs(1)).await;
        for_its_pay.abort();
        assert!(for_its_pay.await.unwrap_err().is_cancelled());
    }
    drop(merges.turn(&at("plan"), &author("arv")).await);
    assert_eq!(began.elapsed().as_secs(), 6, "a second, and five that are owed");
    let mut others = Vec::new();
    for n in 0..limits::MERGES_MAX {
        others.push(merges.turn(&at("plan"), &author(&format!("p{n}"))).await);
    }
    assert_eq!(began.elapsed().as_secs(), 6, "no place of all is lost");
}
