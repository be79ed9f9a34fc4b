use super::*;
use futures_util::future::poll_immediate;
use tokio::time::advance;

const TEXT: &str = "talks/plan";
const LAYER: &str = "talks/plan/arv/private";

fn author(member: &str) -> Author {
    let (party, _) = member.split_once('-').unwrap();
    Author { party: party.parse().unwrap(), member: member.parse().unwrap() }
}

fn paused(conduct: &Conduct, address: &str, member: &str) -> u64 {
    let until = conduct.paused(&address.parse().unwrap(), &author(member));
    until.map_or(0, |until| until.duration_since(Instant::now()).as_secs())
}

fn offended(conduct: &Conduct, address: &str, member: &str) {
    conduct.offended(&address.parse().unwrap(), &author(member));
}

#[tokio::test(start_paused = true)]
async fn each_pause_is_twice_as_long_as_the_one_before_until_a_minute_and_what_came_before_it_counts_once() {
    let conduct = Conduct::default();
    let mut pauses = Vec::new();
    for _ in 0..8 {
        offended(&conduct, TEXT, "arv-1");
        offended(&conduct, TEXT, "arv-1");
        pauses.push(paused(&conduct, TEXT, "arv-1"));
        conduct.rested(&TEXT.parse().unwrap(), &author("arv-1")).await;
        assert_eq!(paused(&conduct, TEXT, "arv-1"), 0);
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
}

#[tokio::test(start_paused = true)]
async fn what_was_held_against_somebody_is_forgotten_after_ten_minutes() {
    let (conduct, text) = (Conduct::default(), TEXT.parse().unwrap());
    offended(&conduct, TEXT, "arv-1");
    advance(limits::PAUSE_FIRST + limits::OFFENCE_KEPT / 2).await;
    assert!(conduct.is_watched(&text, &author("arv-1")));
    offended(&conduct, TEXT, "arv-1");
    assert_eq!(paused(&conduct, TEXT, "arv-1"), 2);
    advance(2 * limits::PAUSE_FIRST + limits::OFFENCE_KEPT).await;
    assert!(!conduct.is_watched(&text, &author("arv-1")));
    offended(&conduct, TEXT, "arv-1");
    assert_eq!(paused(&conduct, TEXT, "arv-1"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_felt_in_its_document_alone_and_by_nobody_else() {
    let (conduct, text) = (Conduct::default(), TEXT.parse().unwrap());
    offended(&conduct, LAYER, "arv-1");
    assert_eq!((paused(&conduct, LAYER, "arv-1"), paused(&conduct, TEXT, "arv-1"), paused(&conduct, LAYER, "arv-2")), (1, 0, 0));
    assert!(!conduct.is_watched(&text, &author("arv-1")));
    let _in_layer = conduct.turn(&LAYER.parse().unwrap(), &author("arv-2")).await;
    assert!(poll_immediate(Box::pin(conduct.turn(&text, &author("arv-1")))).await.is_some(), "layers take no turn of the text");
}

#[tokio::test(start_paused = true)]
async fn of_whose_party_three_offended_is_watched_as_well() {
    let (conduct, text) = (Conduct::default(), TEXT.parse().unwrap());
    for member in ["arv-1", "arv-2", "bor-1", "bor-2"] {
        offended(&conduct, TEXT, member);
    }
    assert!(!conduct.is_watched(&text, &author("arv-4")));
    offended(&conduct, TEXT, "arv-3");
    assert!(conduct.is_watched(&text, &author("arv-4")) && !conduct.is_watched(&text, &author("bor-4")));
    assert_eq!(paused(&conduct, TEXT, "arv-4"), 0, "who did nothing is not paused");
}

#[tokio::test(start_paused = true)]
async fn as_many_are_kept_as_may_be_and_the_first_to_be_read_again_is_given_up() {
    let conduct = Conduct::default();
    for member in 0..=limits::OFFENDERS_PER_DOCUMENT_MAX {
        offended(&conduct, TEXT, &format!("arv-{member}"));
        advance(Duration::from_micros(1)).await;
    }
    let offenders = lock(&conduct.offenders);
    let kept = &offenders[&TEXT.parse().unwrap()];
    assert_eq!((kept.len(), kept.contains_key(&author("arv-0"))), (limits::OFFENDERS_PER_DOCUMENT_MAX, false));
}

#[tokio::test(start_paused = true)]
async fn one_of_a_party_has_its_turn_at_a_time_and_the_next_comes_after_a_rest() {
    let (conduct, text) = (Conduct::default(), TEXT.parse().unwrap());
    let turn = conduct.turn(&text, &author("arv-1")).await;
    assert!(poll_immediate(Box::pin(conduct.turn(&text, &author("arv-2")))).await.is_none());
    assert!(poll_immediate(Box::pin(conduct.turn(&text, &author("bor-1")))).await.is_some());
    advance(Duration::from_millis(100)).await;
    drop(turn);
    let rested = Instant::now();
    let next = conduct.turn(&text, &author("arv-2")).await;
    assert_eq!(rested.elapsed(), Duration::from_millis(900));
    // Who offended meanwhile waits for the end of the pause.
    offended(&conduct, TEXT, "arv-1");
    drop(next);
    let waited = Instant::now();
    drop(conduct.turn(&text, &author("arv-1")).await);
    assert_eq!(waited.elapsed(), limits::PAUSE_FIRST);
}
