//! `y-codemirror.next` with its undo, on the words and the heading of a point.

use plenary_tests::{
    client::YClient,
    server::{Server, Start},
    stock::{Credential, Stock},
};
use serde_json::{Value, json};

use super::{PLAN, stays, words};

/// An editor on a field of the first point, beside somebody who looks on.
struct Desk {
    server: Server,
    editor: Stock,
    other: Stock,
    point: String,
}

impl Desk {
    async fn open(key: &str) -> Self {
        let server = Start::demo(0, 0).start();
        let watcher = YClient::join(&server, PLAN, &server.delegate(2, 0)).await;
        let point = watcher.points().remove(0);
        let mut editor = Stock::join(&server, PLAN, &server.delegate(0, 0), Credential::Protocols);
        let other = Stock::join(&server, PLAN, &server.delegate(1, 0), Credential::Protocols);
        editor.ask(json!({ "do": "editor", "point": point, "key": key }));
        Desk { server, editor, other, point }
    }

    fn type_in(&mut self, at: usize, delete: usize, insert: &str) {
        self.editor.ask(json!({ "do": "type", "at": at, "delete": delete, "insert": insert }));
    }

    fn press(&mut self, keys: &[&str]) {
        keys.iter().for_each(|key| drop(self.editor.ask(json!({ "do": "press", "key": key }))));
    }

    /// Waits until all hold the words that the editor's text has, the server for whoever comes now, too; nobody was sent away.
    fn all_hold(&mut self, so: impl Fn(&Value) -> bool) -> Value {
        let state = self.editor.wait("as it should be", |state| so(state) && stays(state));
        let points = &state["points"];
        let other = self.other.wait("the same for others", |state| state["points"] == *points);
        let late = Stock::join(&self.server, PLAN, &self.server.delegate(2, 0), Credential::Params).state();
        assert!(late["points"] == *points && stays(&other), "{late:#}");
        state
    }
}

#[tokio::test]
async fn typing_and_undo_in_codemirror_meet_no_refusal_in_words_nor_in_a_heading() {
    for key in ["words", "heading"] {
        let mut desk = Desk::open(key).await;
        let point = desk.point.clone();
        let stood = desk.editor.state()["points"][&point][key].as_str().unwrap().to_owned();
        for (at, letter) in "Typed 😀".chars().enumerate() {
            desk.type_in(at, 0, &letter.to_string());
        }
        let typed = format!("Typed 😀{stood}");
        desk.all_hold(|state| state["points"][&point][key] == *typed && state["editor"] == *typed);
        // What others wrote meanwhile stays.
        desk.other.edit_words(&point, 0, 0, "Meanwhile. ");
        desk.editor.wait("told", |state| words(state, &point).starts_with("Meanwhile. "));
        desk.press(&["z"]);
        desk.all_hold(|state| {
            state["points"][&point][key].as_str().is_some_and(|text| text.ends_with(&stood) && !text.contains("Typed"))
        });
        desk.press(&["y", "z", "y"]);
        desk.all_hold(|state| state["points"][&point][key].as_str().is_some_and(|text| text.contains("Typed 😀")));
    }
}

#[tokio::test]
async fn what_is_typed_undone_and_redone_in_codemirror_away_from_the_server_arrives() {
    let mut desk = Desk::open("words").await;
    let point = desk.point.clone();
    desk.type_in(0, 0, "Before. ");
    desk.all_hold(|state| words(state, &point).starts_with("Before. "));
    desk.editor.disconnect();
    desk.type_in(8, 0, "Away 🕊️. ");
    desk.press(&["z", "y"]);
    desk.type_in(0, 7, "After");
    desk.other.edit_words(&point, 0, 0, "Meanwhile. ");
    desk.editor.connect();
    // Both stand in one word's place: side by side, once the server has said so.
    let said = ["Away 🕊️", "After", "Meanwhile.", "]["];
    let state = desk.all_hold(|state| said.iter().all(|said| words(state, &point).contains(said)));
    assert_eq!(state["editor"], state["points"][&point]["words"]);
}

#[tokio::test]
async fn an_emoji_cut_in_the_middle_by_codemirror_meets_no_refusal() {
    let mut desk = Desk::open("words").await;
    let point = desk.point.clone();
    desk.type_in(0, 0, "a😀b😀c😀d ");
    desk.all_hold(|state| words(state, &point).starts_with("a😀b"));
    // Something typed between the halves of the first, the first half of the second deleted, the second half of the third, then all undone.
    desk.type_in(2, 0, "x");
    desk.all_hold(|state| words(state, &point).starts_with("a\u{FFFD}x\u{FFFD}b"));
    desk.type_in(5, 1, "");
    desk.type_in(8, 1, "y");
    desk.all_hold(|state| words(state, &point).contains("y"));
    desk.press(&["z", "y", "z"]);
    desk.type_in(0, 0, "On. ");
    desk.all_hold(|state| words(state, &point).starts_with("On. "));
}

#[tokio::test]
async fn lines_that_are_pasted_into_codemirror_from_windows_are_lines() {
    let mut desk = Desk::open("words").await;
    let point = desk.point.clone();
    desk.editor.ask(json!({ "do": "paste", "at": 0, "insert": "One\r\nTwo\rThree\n\tFour " }));
    let state = desk.all_hold(|state| words(state, &point).starts_with("One\nTwo\nThree\n\tFour "));
    assert_eq!(state["editor"], state["points"][&point]["words"]);
}
