//! A replica's copies of layers, and what the server has of them.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use plenary_shared::{
    id::LayerId,
    people,
    wire::sync::{Held, PlanContext},
};
use std::path::PathBuf;
use yrs::{Doc, ReadTxn as _, Transact as _, updates::encoder::Encode as _};

use super::puller::Puller;
use crate::{
    error::CliError,
    folder::{
        before::Before,
        layers::{self, Copy},
    },
    guard::{self, decode},
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
    pub fn layer(&self, layer: &LayerId) -> Result<Doc, CliError> {
        let copy = self.own_layer(layer).map(|known| self.folder.layer(known)).transpose()?.flatten();
        document(copy.as_ref().map_or(&[][..], |copy| &copy.state))
    }

    /// What the replica's copy of a layer holds and the server does not; `None`: nothing.
    pub fn lost(&self, there: &OnServer) -> Result<Option<Lost>, CliError> {
        let Some(copy) = self.folder.layer(there.layer)? else { return Ok(None) };
        let (mine, theirs) = (document(&copy.state)?, document(&there.update)?);
        let (mine, known) = (mine.transact(), theirs.transact().snapshot());
        let brought = mine.state_vector().iter().all(|(client, clock)| known.state_map.get(client) >= *clock);
        if brought && mine.snapshot().delete_set.diff(&known.delete_set).is_empty() {
            return Ok(None);
        }
        let update = mine.encode_diff_v1(&known.state_map).into();
        drop(mine);
        Ok(Some(Lost { copy, update }))
    }

    /// The copies that there are.
    pub(super) fn held(&self) -> Result<Vec<Held>, CliError> {
        let _lock = self.folder.lock_shared()?;
        let mut held = Vec::new();
        for layer in self.context.iter().flat_map(|context| &context.layers) {
            let Some(Copy { seq, digest, state }) = self.folder.layer(layer)? else { continue };
            let vector = document(&state)?.transact().state_vector();
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
        let before = before.map(|copy| decode(&copy.state)).transpose()?;
        let doc = guard::document(before.into_iter().chain([decode(update)?]))?;
        let state = if seq == 0 { Vec::new() } else { guard::state(&doc) };
        layers::write(self.folder.dir(), &self.folder.cipher, layer, &Copy { seq, digest, state: state.into() })
    }

    /// Puts by the copies of layers of one's own party that a restored server does not know: it has lost that they were opened.
    pub(super) fn put_by_forgotten(&self, context: &PlanContext) -> Result<Option<PathBuf>, CliError> {
        let is_listed = |known: &people::Layer| context.layers.iter().any(|layer| name(layer) == name(known));
        let own = self.known_layers().iter().filter(|known| known.party == context.member.party);
        let forgotten: Vec<&people::Layer> = own.filter(|known| !is_listed(known)).collect();
        if forgotten.is_empty() {
            return Ok(None);
        }
        let before = Before::begin(self.folder.dir(), &self.text.end)?;
        for layer in forgotten {
            before.put_layer_by(self.folder.dir(), layer)?;
        }
        Ok(Some(before.dir().to_owned()))
    }
}

/// A document of this state; none is an empty one.
fn document(state: &[u8]) -> Result<Doc, CliError> {
    if state.is_empty() { guard::document([]) } else { guard::document([decode(state)?]) }
}

/// A layer's name, for people.
pub fn name(layer: &people::Layer) -> String {
    format!("{}/{}", layer.party, layer.layer)
}
