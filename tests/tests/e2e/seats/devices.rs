//! A seat is taken again after a lost laptop, and the laptop ended.

use plenary_tests::{cli::Cli, client::YClient, server::Start};
use serde_json::json;

use super::refused;
use crate::access::{invite_whole, seat, sit};

#[tokio::test]
async fn a_recovery_code_takes_the_same_seat_again_and_the_lost_device_is_put_out_at_once() {
    let server = Start::demo(0, 1).start();
    let joined = invite_whole(&server, "arv", "delegate");
    let (lost, code) = (seat(&joined), joined["recovery"].as_str().unwrap());
    let mut laptop = YClient::join(&server, "p-1", &lost).await;
    let again = Cli::stranger();
    let who = again.json(&["join", "--recover", code, "--server", &server.demo.url]);
    assert_eq!((&who["member"], &who["role"]), (&joined["member"], &joined["role"]));
    assert!(who["recovery"].as_str().is_some_and(|next| next != code), "the old code is spent");
    assert_eq!(sit(&server, json!({ "recovery": code })).status, 403);
    assert!(laptop.lock().closed.is_none(), "other devices stay until they are ended");
    let devices = again.json(&["devices"]);
    let told: Vec<_> = devices["devices"].as_array().unwrap().iter().map(|d| (&d["device"], &d["with"], &d["this"])).collect();
    assert_eq!(told, [(&json!(1), &json!("invitation"), &json!(false)), (&json!(2), &json!("recovery"), &json!(true))]);
    again.done(&["devices", "--end", "1"]);
    laptop.wait("closed", |state| state.closed.is_some()).await;
    assert_eq!(laptop.lock().closed.as_ref().unwrap().0, 4404);
    assert!(laptop.try_connect(&server, "p-1", &lost).await.is_err());
    assert!(refused(&again, &["devices", "--end", "1"]).contains("not found"));
    assert!(again.done(&["devices"]).contains("by recovery code") && again.done(&["devices"]).contains("this one"));
}

#[tokio::test]
async fn joining_asks_for_an_invitation_or_a_recovery_code_and_tells_the_code_once() {
    let server = Start::demo(0, 0).start();
    let delegate = server.delegate(0, 0);
    for body in [json!({}), json!({ "invitation": "x", "recovery": "y" })] {
        assert_eq!(sit(&server, body).status, 422);
    }
    let cli = Cli::stranger();
    let output = cli.run(&["join", &delegate.link]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("recovery code, told once"));
    assert!(!cli.done(&["whoami"]).contains("recovery") && !cli.done(&["whoami", "--all", "--json"]).contains("recovery"));
}
