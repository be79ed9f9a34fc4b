//! Seats are the delegation's own: who gives them, how they are taken and taken again, and what is seen of it.

mod asked;
mod devices;
mod ended;
mod listed;
mod replaced;

use plenary_tests::{
    cli::Cli,
    http::{Answer, api},
    server::{Seat, Server},
};
use serde_json::{Value, json};

/// A request about the demo's conference.
fn ask(server: &Server, seat: &Seat, method: &str, path: &str, body: Option<Value>) -> Answer {
    api(&server.address(), &seat.token, method, &format!("/conferences/{}{path}", server.demo.conference), body)
}

/// Makes an edit of the demo's plan; answers the status.
fn edit(server: &Server, seat: &Seat, edit: Value) -> u16 {
    ask(server, seat, "POST", "/plans/framework/edits", Some(json!({ "edits": [edit] }))).status
}

/// What a view of the demo's plan shows somebody, as text; nothing if it answers otherwise than with it.
fn view(server: &Server, seat: &Seat, view: &str) -> String {
    let answer = ask(server, seat, "GET", &format!("/plans/framework/{view}"), None);
    if answer.status == 200 { String::from_utf8(answer.body).unwrap() } else { String::new() }
}

/// What the command line tells somebody who is refused.
fn refused(cli: &Cli, args: &[&str]) -> String {
    let output = cli.run(args);
    assert_eq!(output.status.code(), Some(1), "plenary {args:?}");
    String::from_utf8(output.stderr).unwrap()
}
