//! Parties that mean harm with their layers, by raw messages and not by our own clients: nothing of another party's is touched, and
//! everybody still sees what everybody else says.

mod access;
mod content;
mod positions;
mod size;

use plenary_shared::{
    talk::layer::{self, Annotation, Kept, Position, Stance, What},
    text::{
        plan::{NewPoint, Outline, Place, add_point},
        words::{Exact, ExactWords},
    },
};
use plenary_tests::{
    client::{State, YClient},
    http::api,
    server::{Seat, Server, Start},
};
use serde_json::Value;
use yrs::{Doc, Transact};

/// Three parties, a plan of four points, and what bor says about it: a note on point 1, a proposal for point 2, which it accepts.
struct Scene {
    server: Server,
    arv: Seat,
    bor: Seat,
    cel: Seat,
}

const POINTS: [(&str, &str); 4] = [
    ("p1", "The parties shall withdraw within [30][50] days."),
    ("p2", "A mission verifies the withdrawal."),
    ("p3", "This plan enters into force on [date]."),
    ("p4", "The parties set up a commission."),
];
const BORS: [&str; 3] = ["bor-note", "bor-position", "bor-proposal"];

impl Scene {
    async fn begin() -> Self {
        Scene::among(1, 1).await
    }

    /// With so many delegates besides the first of each party, and so many plans, the first of which it is.
    async fn among(members: usize, plans: usize) -> Self {
        let server = Start::demo(members, plans).start();
        let (arv, bor, cel) = (server.delegate(0, 0), server.delegate(1, 0), server.delegate(2, 0));
        let scene = Scene { server, arv, bor, cel };
        let pen = scene.join("", &scene.server.chair()).await;
        pen.edit(|txn| {
            for (id, words) in POINTS {
                let point = NewPoint { id: &id.parse().unwrap(), label: None, heading: "", words };
                add_point(txn, point, &Place::Last { parent: None }).unwrap();
            }
        })
        .await;
        pen.wait_echoed().await;
        let said = |id: &str, point: &str, what| Annotation { what, ..note(id, point) };
        let proposal = What::Proposal { replacement: "Two missions verify it.".to_owned() };
        scene.put("bor/public", &scene.bor, &[note(BORS[0], "p1"), said(BORS[2], "p2", proposal)]).await;
        let position = said(BORS[1], "p2", accepts(&scene.exact("p2").await));
        scene.put("bor/positions", &scene.bor, &[position]).await;
        scene
    }

    /// Joins a layer, or the plan.
    async fn join(&self, layer: &str, seat: &Seat) -> YClient {
        YClient::join(&self.server, format!("p-1/{layer}").trim_end_matches('/'), seat).await
    }

    /// Writes entries as their party does.
    async fn put(&self, layer: &str, seat: &Seat, annotations: &[Annotation]) -> YClient {
        let client = self.join(layer, seat).await;
        client.edit(|txn| annotations.iter().for_each(|annotation| layer::put(txn, annotation).unwrap())).await;
        client.wait_echoed().await;
        client
    }

    /// The exact words of a point now.
    async fn exact(&self, point: &str) -> Exact {
        let plan = self.join("", &self.bor).await;
        let state = plan.lock();
        let outline = Outline::read(&state.doc.transact());
        ExactWords::read(&outline).get(&point.parse().unwrap()).unwrap().clone()
    }

    /// A view of the plan; it must answer.
    fn view(&self, seat: &Seat, view: &str) -> Value {
        let path = format!("/conferences/{}/plans/p-1/{view}", self.server.demo.conference);
        let answer = api(&self.server.address(), &seat.token, "GET", &path, None);
        assert_eq!(answer.status, 200, "{view}: {:?}", String::from_utf8_lossy(&answer.body));
        if view.starts_with("export") { Value::Null } else { answer.json() }
    }

    /// All views answer, and bor is there with everything that it says, for itself and for cel.
    fn undisturbed(&self) {
        for view in
            ["brackets", "schedule", "export", "export?form=clean", "export?form=annotated", "export?form=annotated&as=html"]
        {
            self.view(&self.cel, view);
        }
        for seat in [&self.bor, &self.cel] {
            let annotations = self.view(seat, "annotations");
            let mut bors: Vec<&str> = entries(&annotations, "bor").map(|entry| entry["id"].as_str().unwrap()).collect();
            bors.sort_unstable();
            assert_eq!(bors, BORS);
            for layer in ["private", "public", "positions"] {
                assert_eq!(faults(&annotations, "bor", layer).next(), None);
            }
            assert_eq!(stance(&self.view(seat, "standing"), "p2", "bor"), "accept");
        }
    }
}

/// The entries of a party in the view of annotations.
fn entries<'v>(annotations: &'v Value, party: &'v str) -> impl Iterator<Item = &'v Value> {
    annotations["annotations"].as_array().unwrap().iter().filter(move |entry| entry["party"] == party)
}

/// The faults of a layer in the view of annotations.
fn faults<'v>(annotations: &'v Value, party: &'v str, layer: &'v str) -> impl Iterator<Item = &'v Value> {
    let faults = annotations["faults"].as_array().into_iter().flatten();
    faults.filter(move |fault| fault["party"] == party && fault["layer"] == layer)
}

/// A party's cell at a point in the view of the standing; null if it has said nothing there.
fn cell<'v>(standing: &'v Value, point: &str, party: &str) -> &'v Value {
    let row = standing["points"].as_array().unwrap().iter().find(|row| row["point"] == point).unwrap();
    row["cells"].as_array().unwrap().iter().find(|cell| cell["party"] == party).unwrap_or(&Value::Null)
}

fn stance<'v>(standing: &'v Value, point: &str, party: &str) -> &'v str {
    cell(standing, point, party)["stance"].as_str().unwrap_or("none")
}

fn note(id: &str, point: &str) -> Annotation {
    Annotation {
        id: id.parse().unwrap(),
        point: point.parse().unwrap(),
        anchor: None,
        quote: String::new(),
        what: What::Note,
        body: "What is said.".to_owned(),
        reply_to: None,
        entered_for: None,
        resolved: false,
        withdrawn: false,
        by: None,
        at_ms: 1_900_000_000_000,
    }
}

fn accepts(exact: &Exact) -> What {
    let kept = Kept { digest: exact.digest, json: exact.json.clone(), weave: String::new(), around: String::new() };
    What::Position(Position { stance: Stance::Accept, ad_referendum: false, words: Some(kept) })
}

/// What stands in a layer's document.
fn read(doc: &Doc) -> Vec<Annotation> {
    layer::Layer::read(&doc.transact()).annotations
}

/// Refused, by word or by the end of the connection.
fn is_refused(state: &State) -> bool {
    !state.denied.is_empty() || state.closed.is_some()
}
