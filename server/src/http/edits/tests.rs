//! What scripts hold on to, on a server in memory.

use super::*;
use crate::{
    config::Limits,
    metrics::Figures,
    testing::{Table, layer_at, note, plan, update},
};
use plenary_shared::{id::PRIVATE, talk::layer};
use yrs::{Text, WriteTxn};

#[tokio::test]
async fn a_script_that_rests_on_the_words_is_not_taken_once_they_have_changed() {
    let table = Table::new().await;
    let bounds = Limits { sessions: 100, sessions_per_member: 8, tls: false };
    let app = App::new(table.registry.clone(), table.rooms.clone(), Arc::new(Figures::default()), bounds);
    let (member, token) = table.seats["arv"].clone();
    let author = member.author();
    let address = DocAddress::Plan(member.conference.clone(), plan());
    let reader = Reader::of(&app, token, address.clone()).unwrap();
    let digest = "0".repeat(64);
    let accept = r#"{"edits":[{"accept":{"point":"1"}}]}"#.to_owned();
    let noted = r#"{"edits":[{"note":{"point":"1","text":"no"}}]}"#;
    let expecting = format!(r#"{{"expect":[{{"digest":"{digest}"}}],"edits":[{{"note":{{"point":"1","text":"no"}}}}]}}"#);
    let ends = HashMap::from([(None, 2), (Some(LayerId::built_in(PRIVATE)), 0)]);
    let changes = |json: &str, client| {
        let script = Script::parse(json.as_bytes()).unwrap();
        let update = update(client, |txn| layer::put(txn, &note(&format!("n{client}"))).unwrap()).to_vec();
        super::changes(&app, &reader, &script, vec![(Some(LayerId::built_in(PRIVATE)), update)], &ends)
    };
    let moved = update(1, |txn| txn.get_or_insert_text("text").insert(txn, 0, "other "));
    table.rooms.edit(&address, &author, &moved).await.unwrap();
    for resting in [&accept, &expecting] {
        let changes = changes(resting, 2).unwrap();
        assert_eq!(table.rooms.commit(changes).await, Err(CommitError::Moved), "{resting}");
    }
    assert_eq!(table.rooms.ends(&[layer_at("arv/private")]).await, [Some(0)]);
    table.rooms.commit(changes(noted, 3).unwrap()).await.unwrap();
    assert_eq!(table.rooms.ends(&[address.clone(), layer_at("arv/private")]).await, [Some(3), Some(1)]);
}
