//! Putting a member's dossier together: the plan and the layers that a view needs and the member may read, each from its room.
//!
//! **Architecture invariant:** no party keeps others from their views by what it does to its own layers: what is read of each party is
//! bounded, and what takes too long is left out by name.

mod first;
pub mod read;
#[cfg(test)]
mod tests;

use plenary_shared::{
    id::{self, DocAddress, PartyId, PlanId},
    limits, people,
    talk::{
        dossier::{Dossier, Source, Sources},
        layer::{Fault, Layer},
    },
    text::authorship::Owners,
};
use std::{collections::HashMap, sync::Arc};
use yrs::ReadTxn;

use crate::{
    registry::{Registry, RegistryError},
    room::document::Document,
    rooms::{RoomError, Rooms},
};
use read::Copy;

/// Which layers a view is made from, and whether it tells who typed what.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Needs {
    /// The plan alone.
    Plan,
    /// Positions.
    Positions,
    /// Positions and what is public, and who typed what.
    Public,
    /// All that the member may read, and who typed what.
    All,
}

impl Needs {
    fn layer(self, layer: &people::Layer) -> bool {
        match layer.layer.as_str() {
            id::POSITIONS => self >= Needs::Positions,
            id::PUBLIC => self >= Needs::Public,
            _ => self >= Needs::All,
        }
    }
}

/// Why there is no dossier.
#[derive(Debug, thiserror::Error)]
pub enum DossierError {
    /// The plan is not for this member.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The plan's document cannot be read.
    #[error(transparent)]
    Room(#[from] RoomError),
    /// What was read cannot be put together.
    #[error("the plan cannot be read now: try again later")]
    Unreadable,
}

/// Collects the plan and the layers that `member` may read of it, as far as they are needed, and answers what `view` makes of them. The
/// work is done off the event loop; it keeps `place` until it is done, also when nobody waits for it any more.
pub async fn view<T: Send + 'static>(
    registry: &Registry,
    rooms: &Arc<Rooms>,
    member: &people::Member,
    plan: &PlanId,
    needs: Needs,
    place: impl Send + 'static,
    view: impl FnOnce(&Dossier) -> T + Send + 'static,
) -> Result<T, DossierError> {
    let address = DocAddress::Plan(member.conference.clone(), plan.clone());
    let mut layers = registry.readable_layers(member, plan)?;
    layers.retain(|layer| needs.layer(layer));
    let ((_, state), mut read) = read::all(rooms, &address, layers).await?;
    let owners = if needs >= Needs::Public { Some(rooms.owners(&address).await?) } else { None };
    // What was written after a right was taken away is not shown, however long reading took; and who reads a layer is told as it is now.
    let mut now: HashMap<_, _> = HashMap::new();
    for layer in registry.readable_layers(member, plan)? {
        now.insert((layer.party.clone(), layer.layer.clone()), layer);
    }
    read.retain_mut(|(layer, _)| now.remove(&(layer.party.clone(), layer.layer.clone())).map(|newer| *layer = newer).is_some());
    let entry = registry.conference(member, |entry| entry.plans.get(plan).map(|plan| plan.must_consent()))?;
    let consent = entry.ok_or(RegistryError::NotFound)?;
    let store = rooms.store();
    let put_together = tokio::task::spawn_blocking(move || {
        let _place = place;
        let layers = sources(read);
        let first = first::text(&*store, &address)?;
        Document::on_state(&state, |txn| {
            let owners = owners.map_or_else(Owners::new, |all| first::owners(&all, &first, &txn.state_vector()));
            let sources = Sources { owners, consent: consent.into_iter().collect(), layers };
            Dossier::read(txn, &state, sources).map(|dossier| view(&dossier))
        })
    });
    put_together.await.ok().flatten().ok_or(DossierError::Unreadable)
}

/// Reads what stands in the layers, of each party as much as its share allows.
fn sources(read: Vec<(people::Layer, Copy)>) -> Vec<Source> {
    let mut entries: HashMap<PartyId, usize> = HashMap::new();
    let mut source = |(layer, copy): (people::Layer, Copy)| {
        let content = copy.and_then(|(_, state)| {
            if state.is_empty() {
                return Ok(Layer::default());
            }
            let content = Document::on_state(&state, |txn| Some(Layer::read(txn))).ok_or(Fault::Unavailable)?;
            let taken = entries.entry(layer.party.clone()).or_default();
            *taken += content.annotations.len() + content.faults.len();
            if *taken > limits::VIEW_ENTRIES_PER_PARTY_MAX { Err(Fault::BeyondShare) } else { Ok(content) }
        });
        let content = content.unwrap_or_else(|fault| Layer { annotations: Vec::new(), faults: vec![fault] });
        Source { party: layer.party, layer: layer.layer, audience: layer.audience, content }
    };
    read.into_iter().map(&mut source).collect()
}
