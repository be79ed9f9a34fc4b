//! Whose words are nobody's.

use super::*;
use plenary_shared::{
    talk::{dossier::BracketsView, view::View},
    text::plan as text,
};
use yrs::{GetString, Transact, Update, updates::decoder::Decode};

/// Who typed the first bracket of a plan.
async fn typed_by(table: &Table, plan: &str) -> Vec<String> {
    let (plan, arv) = (plan.parse().unwrap(), table.member("arv"));
    let dossiers = Dossiers::new(table.registry.clone(), table.rooms.clone());
    let (_, brackets) = dossiers.view(arv, &plan, Needs::Public, BracketsView::of).await.unwrap();
    brackets.points[0].brackets[0].typed_by.iter().map(|party| party.to_string()).collect()
}

fn author(table: &Table, party: &str) -> Author {
    let member = table.member(party);
    member.author()
}

#[tokio::test]
async fn the_first_text_is_nobodys_and_whoever_goes_on_under_its_id_is_named() {
    let table = Table::new().await;
    assert_eq!(typed_by(&table, "plan").await, [""; 0]);
    let address: DocAddress = "talks/plan".parse().unwrap();
    let state = table.rooms.read_at(&address).await.unwrap().1;
    let (client, _) = table.rooms.owners(&address).await.unwrap().owners[0].clone();
    let doc = text::new_doc(client);
    let mut txn = doc.transact_mut();
    txn.apply_update(Update::decode_v1(&state).unwrap()).unwrap();
    let before = txn.state_vector();
    let point = text::Outline::read(&txn).points[0].id.clone();
    let words = text::words_text(&txn, &point).unwrap();
    let at = words.get_string(&txn).find("soon").unwrap();
    words.insert(&mut txn, at as u32, "very ");
    let update = txn.encode_state_as_update_v1(&before).into();
    drop(txn);
    table.rooms.edit(&address, &author(&table, "med"), &update).await.unwrap();
    assert_eq!(typed_by(&table, "plan").await, ["med"], "nothing is typed under the name of nobody");
}
