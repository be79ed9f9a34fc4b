//! Noninterference: what one party does where the others do not read changes nothing of what they are shown. The same talks are run
//! several times, apart from what arv does in private, and every byte that everybody else was shown is compared.

mod asks;
mod record;
mod secrets;
mod stage;
mod strain;
mod talks;

use record::{Record, differences};
use secrets::Secret;
use stage::Stage;
use talks::Shown;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_party_does_in_private_changes_no_byte_of_what_the_others_are_shown() {
    let stage = Stage::set().await;
    let without = talks::run(&stage, Secret::Nothing).await;
    assert_eq!(without.keys().copied().collect::<Vec<_>>(), ["a stranger", "arv", "bor", "cel", "figures", "med", "nobody"]);
    for secret in [Secret::Word, Secret::Strained, Secret::Thousand, Secret::Shared] {
        let with = talks::run(&stage, secret).await;
        for (who, shown) in &without {
            // The chair's office is shown what arv shares with it; the figures are everybody's all the same.
            if !(*who == "med" && secret == Secret::Shared) {
                compare(who, secret, shown, &with);
            }
        }
    }
}

fn compare(who: &str, secret: Secret, without: &Record, with: &Shown) {
    let found = differences(without, &with[who]);
    assert!(found.is_empty(), "{secret:?} shows to {who}:\n{}", found.join("\n"));
}
