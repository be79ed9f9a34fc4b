//! A desk to try scripts on, and what they do there.

mod adopt;
mod annotations;
mod budget;
mod once;
mod parse;
mod positions;
mod speed;
mod text;

use yrs::{ReadTxn as _, StateVector, Transact as _, Update, updates::decoder::Decode as _};

use super::*;
use crate::{
    access::Role,
    people::{Audience, Member},
    talk::layer::Layer,
    text::{
        plan::{NewPoint, Outline, Place, add_point, new_doc},
        words::ExactWords,
    },
};

/// Ids in a row.
#[derive(Default)]
pub struct Counting(usize);

impl NewIds for Counting {
    fn point(&mut self) -> PointId {
        self.0 += 1;
        format!("new{}", self.0).parse().unwrap()
    }

    fn annotation(&mut self) -> AnnotationId {
        self.0 += 1;
        format!("n{}", self.0).parse().unwrap()
    }
}

/// Documents, and who works on them.
pub struct Talks {
    pub member: Member,
    pub write: bool,
    pub text: Doc,
    pub layers: Vec<Sheet>,
    pub ids: Counting,
    client: u64,
}

/// Words of the points `p1` (label 1) to `p4`, and of `p5`, labelled (a), below 2.
pub const WORDS: [&str; 5] = [
    "Forces withdraw within [30][50] days.",
    "Each side, each party.",
    "Стороны отводят силы на 30 км 🕊 сразу.",
    "تنسحب القوات خلال ثلاثين يوما",
    "below",
];

impl Talks {
    pub fn begin() -> Self {
        let text = new_doc(1);
        let mut txn = text.transact_mut();
        for (n, words) in WORDS.iter().enumerate() {
            let id: PointId = format!("p{}", n + 1).parse().unwrap();
            let parent = (n == 4).then(|| "p2".parse().unwrap());
            let new = NewPoint { id: &id, label: None, heading: "", words };
            add_point(&mut txn, new, &Place::Last { parent }).unwrap();
        }
        drop(txn);
        let mut talks = Talks {
            member: member("arv", Role::Delegate),
            write: true,
            text,
            layers: Vec::new(),
            ids: Counting::default(),
            client: 100,
        };
        talks.layer("arv", "private", Audience::Party, true);
        talks.layer("arv", "public", Audience::All, true);
        talks.layer("arv", "positions", Audience::All, true);
        talks.layer("bor", "public", Audience::All, false);
        talks
    }

    pub fn layer(&mut self, party: &str, layer: &str, audience: Audience, write: bool) {
        let (party, layer) = (party.parse().unwrap(), layer.parse().unwrap());
        let doc = new_doc(self.client + 50 + self.layers.len() as u64);
        self.layers.push(Sheet { layer: people::Layer { party, layer, audience, write }, doc });
    }

    /// The digest of a point's words as they are now.
    pub fn digest(&self, point: &str) -> String {
        let exact = ExactWords::read(&self.outline());
        exact.get(&point.parse().unwrap()).unwrap().digest.to_string()
    }

    /// Copies of the documents.
    pub fn desk(&mut self) -> Desk {
        self.client += 1_000;
        let copy = |doc: &Doc, client: u64| {
            let fresh = new_doc(client);
            let state = doc.transact().encode_state_as_update_v1(&StateVector::default());
            fresh.transact_mut().apply_update(Update::decode_v1(&state).unwrap()).unwrap();
            fresh
        };
        let layers = self.layers.iter().enumerate();
        Desk {
            member: self.member.clone(),
            write: self.write,
            text: copy(&self.text, self.client),
            layers: layers
                .map(|(n, sheet)| Sheet { layer: sheet.layer.clone(), doc: copy(&sheet.doc, self.client + n as u64 + 1) })
                .collect(),
            parties: ["arv", "bor", "med"].map(|party| party.parse().unwrap()).into(),
            now_ms: 1_700_000_000_000,
        }
    }

    /// Runs a script on copies and takes over what it changed, as a server does.
    pub fn run(&mut self, script: &Script) -> Result<Ran, ScriptError> {
        let ran = run(self.desk(), script, &mut self.ids, &mut || true).unwrap()?;
        for (layer, update) in &ran.updates {
            let update = Update::decode_v1(update).unwrap();
            let own = |sheet: &&Sheet| sheet.layer.party == self.member.party && Some(&sheet.layer.layer) == layer.as_ref();
            let doc = if layer.is_some() { &self.layers.iter().find(own).unwrap().doc } else { &self.text };
            doc.transact_mut().apply_update(update).unwrap();
        }
        Ok(ran)
    }

    /// Runs edits that must be made; answers what is told of them.
    pub fn done(&mut self, lines: &str) -> Vec<Done> {
        self.run(&script(lines)).unwrap_or_else(|error| panic!("{error}\n{}", error.sentence())).applied.done
    }

    /// Runs edits that must be refused; nothing may have changed.
    pub fn refused(&mut self, lines: &str) -> ScriptError {
        let before = self.state();
        let error = self.run(&script(lines)).map(|ran| ran.applied).expect_err("refused");
        assert!(self.state() == before, "nothing was changed: {error}");
        error
    }

    pub fn outline(&self) -> Outline {
        Outline::read(&self.text.transact())
    }

    pub fn words(&self, id: &str) -> String {
        self.outline().get(&id.parse().unwrap()).unwrap().words.clone()
    }

    pub fn entries(&self, party: &str, layer: &str) -> Layer {
        let is = |sheet: &&Sheet| sheet.layer.party.as_str() == party && sheet.layer.layer.as_str() == layer;
        Layer::read(&self.layers.iter().find(is).unwrap().doc.transact())
    }

    /// Everything that there is.
    pub fn state(&self) -> Vec<Vec<u8>> {
        let docs = self.layers.iter().map(|sheet| &sheet.doc).chain([&self.text]);
        docs.map(|doc| doc.transact().encode_state_as_update_v1(&StateVector::default())).collect()
    }
}

pub fn member(party: &str, role: Role) -> Member {
    Member {
        conference: "c".parse().unwrap(),
        party: party.parse().unwrap(),
        member: format!("{party}-1").parse().unwrap(),
        role,
        generation: Default::default(),
        name: "Ana".into(),
    }
}

pub fn script(lines: &str) -> Script {
    Script { edits: Script::parse_lines(lines).unwrap_or_else(|error| panic!("{error}")), ..Script::default() }
}

/// A refusal in short: line, field, found, expected.
pub fn short(error: &ScriptError) -> (usize, &str, &str, &str) {
    (error.line, &error.field, &error.found, &error.expected)
}
