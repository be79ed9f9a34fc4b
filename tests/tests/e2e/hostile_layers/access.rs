//! Writing where one may not, and saying who reads what is not one's own.

use plenary_shared::{
    talk::layer::{self, Annotation},
    wire::protocol,
};
use plenary_tests::{client::YClient, http::api, server::Seat};
use serde_json::{Value, json};
use yrs::{Map, ReadTxn, StateVector, Transact, WriteTxn};

use super::{Scene, entries, is_refused, note, read, stance};
use crate::access::invite;

/// The updates with which somebody who reads a layer would change it: an entry of its own, one in place of another, one taken out, and
/// everything at once under the owner's client id.
fn attacks(reader: &YClient, owner: u64) -> Vec<Vec<u8>> {
    let state = reader.lock().doc.transact().encode_state_as_update_v1(&StateVector::default());
    let edit = |id: u64, change: &dyn Fn(&mut yrs::TransactionMut)| {
        let doc = plenary_tests::trace::document(id);
        use yrs::updates::decoder::Decode;
        doc.transact_mut().apply_update(yrs::Update::decode_v1(&state).unwrap()).unwrap();
        let mut txn = doc.transact_mut();
        change(&mut txn);
        txn.encode_update_v1()
    };
    let put = |id: &str| {
        let forged = Annotation { body: "forged".to_owned(), ..note(id, "p1") };
        move |txn: &mut yrs::TransactionMut| layer::put(txn, &forged).unwrap()
    };
    let remove = |txn: &mut yrs::TransactionMut| {
        txn.get_or_insert_map(layer::ANNOTATIONS).remove(txn, "own");
    };
    vec![edit(77, &put("forged")), edit(77, &put("own")), edit(77, &remove), edit(owner, &put("forged")), edit(owner, &remove)]
}

async fn nothing_changes(scene: &Scene, layer: &str, owner: &Seat, intruders: &[&Seat]) {
    let own = scene.put(layer, owner, &[note("own", "p1")]).await;
    let before = own.standing();
    for intruder in intruders {
        let updates = attacks(&scene.join(layer, intruder).await, own.id());
        for update in &updates {
            for frame in [protocol::update(update), protocol::sync_step_2(update)] {
                let hostile = scene.join(layer, intruder).await;
                hostile.send(frame).await;
                // What only deletes may stand in a reader's honest answer to a step 1: it is not taken and not held against it. So
                // something follows that is refused in any case.
                hostile.send(protocol::update(&updates[0])).await;
                hostile.wait("refused", is_refused).await;
            }
        }
    }
    let fresh = scene.join(layer, owner).await;
    for client in [&own, &fresh] {
        assert_eq!(read(&client.lock().seen), [note("own", "p1")], "{layer}");
        assert_eq!(client.standing(), before, "{layer}");
    }
    assert!(own.lock().closed.is_none());
}

#[tokio::test]
async fn nobody_changes_anything_in_another_partys_layer() {
    let scene = Scene::begin().await;
    let (arv, bor, cel, chair) = (&scene.arv, &scene.bor, &scene.cel, &scene.server.chair());
    open(&scene, arv, "talk", &["bor", "med"]);
    nothing_changes(&scene, "arv/public", arv, &[bor, cel, chair]).await;
    nothing_changes(&scene, "arv/positions", arv, &[bor, cel, chair]).await;
    nothing_changes(&scene, "arv/talk", arv, &[bor, chair]).await;
    for hidden in ["arv/private", "arv/talk", "arv/absent"] {
        assert!(YClient::new().try_connect(&scene.server, &format!("p-1/{hidden}"), cel).await.is_err());
    }
    scene.undisturbed();
}

#[tokio::test]
async fn an_adviser_takes_no_position_and_an_observer_writes_nothing() {
    let scene = Scene::begin().await;
    let (adviser, observer) = (invite(&scene.server, "arv", "adviser").0, invite(&scene.server, "arv", "observer").0);
    nothing_changes(&scene, "arv/positions", &scene.arv, &[&adviser, &observer]).await;
    for layer in ["arv/private", "arv/public"] {
        nothing_changes(&scene, layer, &scene.arv, &[&observer]).await;
    }
    let advice = scene.put("arv/public", &adviser, &[note("advice", "p1")]).await;
    assert_eq!(read(&advice.lock().seen).len(), 2);
    scene.undisturbed();
}

#[tokio::test]
async fn what_is_said_in_anothers_name_is_shown_as_its_own_partys() {
    let scene = Scene::begin().await;
    let words = scene.exact("p1").await;
    let claims =
        |id: &str, by: &str| Annotation { what: super::accepts(&words), by: Some(by.parse().unwrap()), ..note(id, "p1") };
    scene.put("arv/positions", &scene.arv, &[claims("forged", "bor-1")]).await;
    // Positions count only where those stand who may speak, and an id that another party uses is no clash.
    scene.put("arv/public", &scene.arv, &[claims("elsewhere", "cel-1"), claims("bor-note", "bor-1")]).await;
    scene.put("cel/public", &scene.cel, &[claims("elsewhere", "cel-1")]).await;
    let standing = scene.view(&scene.cel, "standing");
    assert_eq!(["arv", "bor", "cel"].map(|party| stance(&standing, "p1", party)), ["accept", "none", "none"]);
    let annotations = scene.view(&scene.cel, "annotations");
    let arvs: Vec<&str> = entries(&annotations, "arv").map(|entry| entry["id"].as_str().unwrap()).collect();
    assert_eq!(arvs.len(), 3, "{arvs:?}");
    scene.undisturbed();
}

fn open(scene: &Scene, seat: &Seat, layer: &str, audience: &[&str]) {
    let path = format!("/conferences/{}/plans/p-1/layers", scene.server.demo.conference);
    let body = json!({ "layer": layer, "audience": audience });
    assert_eq!(api(&scene.server.address(), &seat.token, "POST", &path, Some(body)).status, 201);
}

#[tokio::test]
async fn only_a_delegate_of_the_owner_says_who_reads_a_layer() {
    let scene = Scene::begin().await;
    let (arv, bor, cel) = (&scene.arv, &scene.bor, &scene.cel);
    let (adviser, observer) = (invite(&scene.server, "arv", "adviser").0, invite(&scene.server, "arv", "observer").0);
    open(&scene, arv, "talk", &["bor"]);
    let reader = scene.join("arv/talk", bor).await;
    let set = |token: &str, layer: &str, body: Value| {
        let path = format!("/conferences/{}/plans/p-1/layers/{layer}/audience", scene.server.demo.conference);
        api(&scene.server.address(), token, "PUT", &path, Some(body)).status
    };
    let wider = || json!({ "audience": ["bor", "cel"] });
    for (token, status) in [
        (&adviser.token, 403),
        (&observer.token, 403),
        (&bor.token, 404),
        (&cel.token, 404),
        (&scene.server.chair().token, 404),
        (&"nonsense".to_owned(), 401),
    ] {
        assert_eq!(set(token, "talk", wider()), status);
        assert!(set(token, "arv%2Ftalk", wider()) >= 400 && set(token, "private", wider()) >= 400);
        assert!(set(token, "talk", json!({ "audience": ["bor", "cel"], "party": "arv" })) >= 400);
    }
    let listed = scene.view(arv, "layers");
    let talk = listed.as_array().unwrap().iter().find(|layer| layer["layer"] == "talk").unwrap();
    assert_eq!(talk["audience"], json!(["bor"]));
    assert!(YClient::new().try_connect(&scene.server, "p-1/arv/talk", cel).await.is_err());
    assert!(reader.lock().closed.is_none(), "who reads goes on reading");
    scene.undisturbed();
}
