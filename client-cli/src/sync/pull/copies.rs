//! A replica's copies of layers, and what the server has of them.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use plenary_shared::{
    id::LayerId,
    log::fold::Fold,
    people,
    wire::sync::{Held, PlanContext},
};
use yrs::{ReadTxn as _, updates::encoder::Encode as _};

use super::puller::Puller;
use crate::{
    error::CliError,
    fold,
    folder::layers::{self, Copy},
    wire::pulled::OnServer,
};

/// What a server does not have of a layer.
pub struct Lost {
    /// The replica's copy.
    pub copy: Copy,
    /// What of it the server lacks, a Yjs update V1.
    pub update: Bytes,
}

impl Puller<'_> {
    /// The layers that the replica has copies of, as they were listed last.
    pub fn known_layers(&self) -> &[people::Layer] {
        self.context.as_ref().map_or(&[], |context| &context.layers)
    }

    /// Whether the server's log of a layer ends before what the replica's copy shows.
    pub fn went_back(&self, there: &OnServer) -> Result<bool, CliError> {
        Ok(self.folder.layer(there.layer)?.is_some_and(|copy| there.seq < copy.seq))
    }

    /// The layer of one's own party of this name, as it was listed last.
    pub fn own_layer(&self, layer: &LayerId) -> Option<&people::Layer> {
        let context = self.context.as_ref()?;
        context.layers.iter().find(|one| one.party == context.member.party && one.layer == *layer)
    }

    /// What the copy of a layer of one's own party holds.
    pub fn layer(&self, layer: &LayerId) -> Result<Fold, CliError> {
        let copy = self.own_layer(layer).map(|known| self.folder.layer(known)).transpose()?.flatten();
        fold::of_state(copy.as_ref().map_or(&[][..], |copy| &copy.state))
    }

    /// What the replica's copy of a layer holds and the server does not; `None`: nothing.
    pub fn lost(&self, there: &OnServer) -> Result<Option<Lost>, CliError> {
        let Some(copy) = self.folder.layer(there.layer)? else { return Ok(None) };
        let known = fold::of_state(&there.update)?.look(|txn| txn.snapshot())?;
        let update = fold::of_state(&copy.state)?.look(|mine| {
            let brought = mine.state_vector().iter().all(|(client, clock)| known.state_map.get(client) >= *clock);
            let same = brought && mine.snapshot().delete_set.diff(&known.delete_set).is_empty();
            (!same).then(|| mine.encode_diff_v1(&known.state_map))
        })?;
        let Some(update) = update.map(Bytes::from) else { return Ok(None) };
        Ok(Some(Lost { copy, update }))
    }

    /// The copies that there are.
    pub(super) fn held(&self) -> Result<Vec<Held>, CliError> {
        let _lock = self.folder.lock_shared()?;
        let mut held = Vec::new();
        for layer in self.context.iter().flat_map(|context| &context.layers) {
            let Some(Copy { seq, digest, state }) = self.folder.layer(layer)? else { continue };
            let vector = fold::of_state(&state)?.look(|txn| txn.state_vector())?;
            let (party, layer) = (layer.party.clone(), layer.layer.clone());
            held.push(Held { party, layer, seq, digest, state_vector: BASE64.encode(vector.encode_v1()) });
        }
        Ok(held)
    }

    /// Keeps what the server has of a layer, with what the copy had before if it is one of the same log.
    pub fn take_layer(&self, there: &OnServer) -> Result<(), CliError> {
        let OnServer { layer, anew, seq, digest, ref update } = *there;
        let _lock = self.folder.lock()?;
        let before = if anew { None } else { self.folder.layer(layer)?.filter(|copy| !copy.state.is_empty()) };
        let mut fold = fold::of_state(before.as_ref().map_or(&[], |copy| &copy.state))?;
        fold.take_state(update)?;
        let state = if seq == 0 { Vec::new() } else { fold.state()? };
        layers::write(self.folder.dir(), &self.folder.cipher, layer, &Copy { seq, digest, state: state.into() })
    }

    /// The layers of one's own party that the replica has copies of and the server does not know: restored, it has lost that they were
    /// opened.
    pub(super) fn forgotten(&self, context: &PlanContext) -> Result<Vec<people::Layer>, CliError> {
        let is_listed = |known: &people::Layer| context.layers.iter().any(|layer| name(layer) == name(known));
        let mut forgotten = Vec::new();
        for known in self.known_layers().iter().filter(|known| known.party == context.member.party && !is_listed(known)) {
            if self.folder.layer(known)?.is_some() {
                forgotten.push(known.clone());
            }
        }
        Ok(forgotten)
    }
}

/// A layer's name, for people.
pub fn name(layer: &people::Layer) -> String {
    format!("{}/{}", layer.party, layer.layer)
}
