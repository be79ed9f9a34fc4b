//! Running a script for a member: on copies of the documents as they are, away from their rooms, and then committed if none of those
//! that it changes has moved.

use bytes::Bytes;
use plenary_shared::{
    id::{DocAddress, LayerId, PartyId},
    log::{
        fold::{Fold, Misbehaved},
        gate::Ledger,
    },
    people,
    script::{self, Desk, OnDesk, Ran, Script, ScriptError, Sheet},
    text::plan::{Outline, new_doc},
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use yrs::Doc;

use crate::{
    clock::now_ms,
    dossiers::{DossierError, read},
    ids::{self, Random},
    registry::{Registry, Rights},
    rooms::Rooms,
    store::Seq,
};

/// A plan's documents as a script finds them.
pub struct ScriptDocuments {
    text: (Seq, Bytes),
    layers: Vec<(people::Layer, (Seq, Bytes))>,
    /// The parties of the conference.
    parties: BTreeSet<PartyId>,
}

/// Reads what a script needs, as one member may read it. Others' layers that cannot be read are left out; without its own party's it
/// does not run.
pub async fn read(
    registry: &Registry,
    rooms: &Arc<Rooms>,
    rights: &Rights,
    plan: &DocAddress,
    needs: OnDesk,
) -> Result<ScriptDocuments, DossierError> {
    let DocAddress::Plan(_, id) = plan else { return Err(DossierError::Unreadable) };
    let own = |layer: &people::Layer| layer.party == rights.member.party;
    let mut needed = registry.readable_layers(&rights.member, id)?;
    needed.retain(|layer| needs == OnDesk::All || (needs == OnDesk::Own && own(layer)));
    let (text, copies) = read::all(rooms, plan, needed).await?;
    let mut layers = Vec::with_capacity(copies.len());
    for (layer, copy) in copies {
        match copy {
            Ok(copy) => layers.push((layer, copy)),
            Err(_) if own(&layer) => return Err(DossierError::Unreadable),
            Err(_) => {}
        }
    }
    let parties = registry.conference(&rights.member, |entry| entry.parties.keys().cloned().collect())?;
    Ok(ScriptDocuments { text, layers, parties })
}

/// Whether a text reads as a script expects. Blocks.
///
/// # Errors
/// [`Misbehaved`] if it cannot be read.
pub fn expected(text: &[u8], script: &Script, go_on: &mut dyn FnMut() -> bool) -> Result<Result<(), ScriptError>, Misbehaved> {
    Fold::of_own(new_doc(0), text, Ledger::default())?.look(|txn| script::expected(&Outline::read(txn), script, go_on))
}

impl ScriptDocuments {
    /// The text alone, as it stood at a record, for a script that changes nothing else.
    pub fn of_text(seq: Seq, state: Bytes) -> Self {
        Self { text: (seq, state), layers: Vec::new(), parties: BTreeSet::new() }
    }

    /// The last record of each document that one's own script may change, by layer.
    pub fn ends(&self, own: &people::Member) -> HashMap<Option<LayerId>, Seq> {
        let layers = self.layers.iter().filter(|(layer, _)| layer.party == own.party);
        let layers = layers.map(|(layer, (seq, _))| (Some(layer.layer.clone()), *seq));
        layers.chain([(None, self.text.0)]).collect()
    }

    /// Runs a script for as long as it may go on. Blocks.
    ///
    /// # Errors
    /// [`Misbehaved`] if a document cannot bear it.
    pub fn run(
        self,
        rights: Rights,
        script: &Script,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Result<Ran, ScriptError>, Misbehaved> {
        let Rights { member, write } = rights;
        let layers = self.layers.into_iter().map(|(layer, (_, state))| Ok(Sheet { layer, doc: copy(&state)? }));
        let layers = layers.collect::<Result<_, Misbehaved>>()?;
        let desk = Desk { member, write, text: copy(&self.text.1)?, layers, parties: self.parties, now_ms: now_ms() };
        script::run(desk, script, &mut Random, go_on)
    }
}

/// A copy of a room's document. Each script writes under client ids that nobody has used.
fn copy(state: &[u8]) -> Result<Doc, Misbehaved> {
    let doc = new_doc(ids::client());
    if state.is_empty() { Ok(doc) } else { Fold::of_own(doc, state, Ledger::default())?.into_doc() }
}
