//! Talks over a plan, for tests: parties type, annotate and take positions, each under an id of its own, and a dossier comes of
//! it.

use std::collections::BTreeMap;
use yrs::{Doc, ReadTxn, StateVector, Transact, TransactionMut};

use super::{Dossier, Source, Sources};
use crate::{
    id::{AnnotationId, LayerId, POSITIONS, PartyId},
    log::gate::census,
    people::Audience,
    talk::layer::{self, Annotation, Kept, Layer, Position, Stance, What},
    text::{
        anchor::Anchor,
        markdown,
        plan::{
            self, Outline, Point,
            tests::{copy, pass},
        },
        weave::Weaves,
        words::ExactWords,
    },
};

/// A plan, what the parties wrote into it, and their layers.
pub(crate) struct Talks {
    plan: Doc,
    sources: Sources,
    layers: BTreeMap<(PartyId, LayerId), (Audience, Doc)>,
    count: u64,
}

pub(crate) fn party(name: &str) -> PartyId {
    name.parse().expect("a party")
}

impl Talks {
    /// Over a first text, which nobody typed; its points are `p1`, `p2`, ... in document order.
    pub fn over(markdown: &str, consent: &[&str]) -> Self {
        let plan = plan::new_doc(1);
        let draft = markdown::import(markdown).expect("a text");
        let mut count = 0;
        let mut ids = || {
            count += 1;
            format!("p{count}").parse().expect("an id")
        };
        markdown::write_draft(&mut plan.transact_mut(), &draft, &mut ids).expect("written");
        let consent = consent.iter().copied().map(party).collect();
        Talks { plan, sources: Sources { consent, ..Sources::default() }, layers: BTreeMap::new(), count: 0 }
    }

    /// The point with this label.
    pub fn point(&self, label: &str) -> Point {
        let points = Outline::read(&self.plan.transact()).points;
        points.into_iter().find(|point| point.label == label).expect("a point with this label")
    }

    /// Edits the plan as a party.
    pub fn edit<R>(&mut self, name: &str, edit: impl FnOnce(&mut TransactionMut) -> R) -> R {
        let known = self.sources.owners.iter().find(|(_, owner)| owner.as_str() == name).map(|(client, _)| *client);
        let client = known.unwrap_or(100 + self.sources.owners.len() as u64);
        self.sources.owners.insert(client, party(name));
        let theirs = copy(&self.plan, client);
        let result = edit(&mut theirs.transact_mut());
        pass(&theirs, &self.plan);
        result
    }

    /// Sets the words of a point as a party.
    pub fn words(&mut self, name: &str, label: &str, words: &str) {
        let id = self.point(label).id;
        self.edit(name, |txn| plan::set_words(txn, &id, words)).expect("set");
    }

    /// An annotation of the only `quote` in the words of a point, or of the whole point; later ones have later ids and times.
    fn annotation(&mut self, label: &str, quote: &str, what: What, body: &str) -> Annotation {
        self.count += 1;
        let point = self.point(label);
        let txn = self.plan.transact();
        let at = point.words.find(quote).expect("the quote stands in the words");
        let text = plan::words_text(&txn, &point.id).expect("words");
        Annotation {
            id: format!("n{:05}", self.count).parse().expect("an id"),
            point: point.id,
            anchor: Anchor::at(&txn, &text, &point.words, at..at + quote.len()),
            quote: quote.to_owned(),
            what,
            body: body.to_owned(),
            reply_to: None,
            entered_for: None,
            resolved: false,
            withdrawn: false,
            by: None,
            at_ms: 1_000 + self.count,
        }
    }

    /// A note; an empty quote is the whole point.
    pub fn note(&mut self, label: &str, quote: &str, body: &str) -> Annotation {
        self.annotation(label, quote, What::Note, body)
    }

    /// A reply.
    pub fn reply(&mut self, label: &str, to: &AnnotationId, body: &str) -> Annotation {
        Annotation { reply_to: Some(to.clone()), ..self.note(label, "", body) }
    }

    /// A proposal.
    pub fn proposal(&mut self, label: &str, quote: &str, replacement: &str) -> Annotation {
        self.annotation(label, quote, What::Proposal { replacement: replacement.to_owned() }, "")
    }

    /// A position on the words of a point as they now are.
    pub fn position(&mut self, label: &str, stance: Stance, reason: &str) -> Annotation {
        let outline = Outline::read(&self.plan.transact());
        let id = self.point(label).id;
        let exact = ExactWords::read(&outline).get(&id).expect("words").clone();
        let census = census(&self.state()).expect("a state");
        let weave = Weaves::read(&self.plan.transact(), &outline, &census).of(&id).expect("a weave").to_owned();
        let words = Some(Kept { digest: exact.digest, json: exact.json, weave, around: String::new() });
        self.annotation(label, "", What::Position(Position { stance, ad_referendum: false, words }), reason)
    }

    /// A stand on a bracket.
    pub fn stand(&mut self, label: &str, bracket: &str, stance: Stance) -> Annotation {
        let position = Position { stance, ad_referendum: false, words: None };
        self.annotation(label, bracket, What::Position(position), "")
    }

    /// Writes an entry into a layer, which has the audience of its name; `shared` names one for `med`.
    pub fn put(&mut self, name: &str, layer: &str, annotation: Annotation) -> AnnotationId {
        layer::put(&mut self.layer(name, layer).transact_mut(), &annotation).expect("put");
        annotation.id
    }

    /// Parties accept a point as it stands.
    pub fn accept(&mut self, parties: &[&str], label: &str) {
        for name in parties {
            let position = self.position(label, Stance::Accept, "");
            self.put(name, POSITIONS, position);
        }
    }

    /// The document of a layer.
    pub fn layer(&mut self, name: &str, layer: &str) -> &Doc {
        let layer: LayerId = layer.parse().expect("a layer");
        let audience = layer.kind().audience().unwrap_or_else(|| Audience::Parties([party("med")].into()));
        let key = (party(name), layer);
        &self.layers.entry(key).or_insert_with(|| (audience, plan::new_doc(7))).1
    }

    fn state(&self) -> Vec<u8> {
        self.plan.transact().encode_state_as_update_v1(&StateVector::default())
    }

    /// The dossier of somebody who reads all layers.
    pub fn dossier(&self) -> Dossier {
        self.dossier_where(|_| true)
    }

    /// The dossier of a member of this party.
    pub fn dossier_of(&self, name: &str) -> Dossier {
        self.dossier_where(|source| match &source.audience {
            Audience::All => true,
            Audience::Party => source.party.as_str() == name,
            Audience::Parties(parties) => source.party.as_str() == name || parties.contains(&party(name)),
        })
    }

    fn dossier_where(&self, reads: impl Fn(&Source) -> bool) -> Dossier {
        let source = |((party, layer), (audience, doc)): (&(PartyId, LayerId), &(Audience, Doc))| Source {
            party: party.clone(),
            layer: layer.clone(),
            audience: audience.clone(),
            content: Layer::read(&doc.transact()),
        };
        let layers = self.layers.iter().map(source).filter(reads).collect();
        let sources = Sources { layers, ..self.sources.clone() };
        let state = self.state();
        Dossier::read(&mut self.plan.transact_mut(), &state, sources).expect("a dossier")
    }
}
