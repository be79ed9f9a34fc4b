//! What arv does where the others do not read: nothing, little, much.

use plenary_shared::{
    talk::layer::{self, Annotation},
    wire::protocol,
};
use plenary_tests::{
    client::YClient,
    doc::text_of,
    http::{Answer, api},
    server::{Seat, Server},
};
use serde_json::{Value, json};

use crate::access::{seat, sit};

use super::{
    stage::{POINTS, Stage},
    strain::Strain,
    talks::note,
};

const LAYERS: &str = "/conferences/vale-talks/plans/p-1/layers";

/// How much arv does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Secret {
    /// Nothing.
    Nothing,
    /// One word in the layer `private`.
    Word,
    /// It uses up its share of that layer's log, and is paused there time and again.
    Strained,
    /// A thousand notes there, presence, a colleague who comes back on another device, refusals, and reading of whatever a member can read.
    Thousand,
    /// All that, and layers shared with the chair's office, which reads along, is put out and let in again.
    Shared,
}

/// arv at work.
pub struct AtWork<'a> {
    secret: Secret,
    stage: &'a Stage,
    written: usize,
    sockets: Vec<YClient>,
    strain: Strain,
    /// The adviser's recovery code, as it is by now.
    recovery: String,
}

impl Secret {
    pub fn begin(self, stage: &Stage) -> AtWork<'_> {
        AtWork { secret: self, stage, written: 0, sockets: Vec::new(), strain: Strain::new(), recovery: stage.recovery.clone() }
    }
}

impl AtWork<'_> {
    /// What is done at one of the seven places.
    pub async fn act(&mut self, place: usize, server: &Server) {
        if self.secret == Secret::Word && place == 2 {
            let one = self.join(server, "private", &self.stage.arv).await;
            one.edit(|txn| layer::put(txn, &note("word", "p1", "no")).unwrap()).await;
            one.wait_echoed().await;
        }
        if self.secret == Secret::Strained {
            let arv = &self.stage.arv;
            match place {
                0 => self.strain.near_the_end(server, arv),
                1 => self.strain.go_beyond(server, arv),
                3 | 5 => self.strain.be_paused(server, arv).await,
                _ => {}
            }
        }
        if self.secret >= Secret::Thousand {
            self.think(place, server).await;
        }
        if self.secret >= Secret::Shared {
            self.confide(place, server).await;
        }
        // Sockets stay for two places: some are open while the others are shown something, some have just gone.
        if self.sockets.len() > 4 {
            self.sockets.drain(..3);
        }
    }

    async fn join(&self, server: &Server, layer: &str, seat: &Seat) -> YClient {
        YClient::join(server, &format!("p-1/arv/{layer}"), seat).await
    }

    /// The adviser takes the seat again on another device, looks what there is, and ends that device.
    fn sit_again(&mut self, server: &Server) {
        let joined = sit(server, json!({ "recovery": self.recovery })).json();
        self.recovery = joined["recovery"].as_str().unwrap().to_owned();
        let again = seat(&joined);
        let seats = self.api(server, &again, "GET", "/conferences/vale-talks/parties/arv/seats", None).json();
        assert!(seats["acts"].to_string().contains("recovery"), "{seats}");
        let devices = self.api(server, &again, "GET", "/devices", None).json();
        let own = devices.as_array().unwrap().iter().find(|device| device["this"] == true).unwrap();
        assert_eq!(self.api(server, &again, "DELETE", &format!("/devices/{}", own["device"]), None).status, 204);
    }

    /// A thousand notes in five of the places, and all else that can be done with a private layer.
    async fn think(&mut self, place: usize, server: &Server) {
        self.sit_again(server);
        let Stage { arv, adviser, .. } = self.stage;
        let (one, colleague) = (self.join(server, "private", arv).await, self.join(server, "private", adviser).await);
        for _ in 0..if place < 5 { 4 } else { 0 } {
            let notes = self.written..self.written + 50;
            self.written = notes.end;
            one.edit(|txn| notes.for_each(|n| layer::put(txn, &thought(n)).unwrap())).await;
        }
        one.wait_echoed().await;
        colleague.edit(|txn| layer::put(txn, &note(&format!("advice-{place}"), "p1", "Do not.")).unwrap()).await;
        colleague.wait_echoed().await;
        one.send_presence(one.id(), 1, r#"{"cursor":"here"}"#).await;
        colleague.wait("the presence", |state| !state.presence.is_empty()).await;
        match place {
            // What is tabled later has been a draft: the others are shown the same as if it had not.
            1 => one.edit(|txn| layer::put(txn, &note("note-arv", "p1", "We can live with 25.")).unwrap()).await,
            3 => one.edit(|txn| assert!(layer::remove(txn, &"note-arv".parse().unwrap()))).await,
            _ => Vec::new(),
        };
        let hostile = self.join(server, "private", adviser).await;
        hostile.send(protocol::update(&[0x80, 0x80, 0x80, 0x80, 0x01, 0x01, 0x01, 0x00])).await;
        hostile.wait("closed", |state| state.closed.is_some()).await;
        let denied = self.join(server, "positions", adviser).await;
        denied.edit(|txn| layer::put(txn, &note("denied", "p1", "denied")).unwrap()).await;
        denied.wait("refused", |state| !state.denied.is_empty()).await;
        for view in ["", "/layers", "/annotations", "/standing", "/brackets", "/export"] {
            assert_eq!(self.api(server, arv, "GET", &format!("/conferences/vale-talks/plans/p-1{view}"), None).status, 200);
        }
        // By script and from a replica too: a note and the key under which it is written, at once.
        let script = json!({ "edits": [{ "note": { "point": "p1", "text": "no" } }], "once": format!("place {place}") });
        for (path, body) in [("edits", script), ("pull", json!({ "since": 0 }))] {
            let path = format!("/conferences/vale-talks/plans/p-1/{path}");
            assert_eq!(self.api(server, arv, "POST", &path, Some(body)).status, 200);
        }
        self.sockets.extend([one, colleague]);
    }

    /// Layers for the chair's office, opened, written, read, closed and opened again.
    async fn confide(&mut self, place: usize, server: &Server) {
        let Stage { arv, med, .. } = self.stage;
        let open = |layer: &str| self.api(server, arv, "POST", LAYERS, Some(json!({ "layer": layer, "audience": ["med"] })));
        let narrow = |layer: &str, audience: Value| {
            let path = format!("{LAYERS}/{layer}/audience");
            assert_eq!(self.api(server, arv, "PUT", &path, Some(json!({ "audience": audience }))).status, 200);
        };
        match place {
            0 => assert_eq!(open("talk").status, 201),
            3 => assert_eq!((open("talk").status, open("back").status), (409, 201)),
            _ => narrow("talk", json!(["med"])),
        }
        let layer = if place < 4 { "talk" } else { "back" };
        let (writer, reader) = (self.join(server, layer, arv).await, self.join(server, layer, med).await);
        let word = format!("place {place};");
        writer.insert("text", 0, &word).await;
        reader.wait("the word", |state| text_of(&state.seen, "text").contains(&word)).await;
        reader.insert("text", 0, "no").await;
        reader.wait("refused", |state| !state.denied.is_empty()).await;
        reader.send_presence(reader.id(), 1, r#"{"cursor":"there"}"#).await;
        writer.wait("the presence", |state| !state.presence.is_empty()).await;
        if place % 2 == 1 {
            narrow(layer, json!([]));
            reader.wait("put out", |state| state.closed.is_some()).await;
            narrow(layer, json!(["med", "arv"]));
        }
        self.sockets.extend([writer, reader]);
    }

    fn api(&self, server: &Server, seat: &Seat, method: &str, path: &str, body: Option<Value>) -> Answer {
        api(&server.address(), &seat.token, method, path, body)
    }
}

fn thought(n: usize) -> Annotation {
    note(&format!("thought-{n}"), POINTS[n % POINTS.len()].0, &format!("Thought {n}: {}", "no, ".repeat(n % 40)))
}
