//! Putting a member's dossier together: the plan and the layers that the member may read, each from its room.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use plenary_shared::{
    api,
    dossier::{Dossier, Source, Sources},
    id::{DocAddress, PlanId},
    layer::{Fault, Layer},
};
use std::{collections::BTreeSet, sync::Arc};

use crate::{
    registry::{Registry, RegistryError},
    room::document::Document,
    rooms::{RoomError, Rooms},
};

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

/// Collects the plan and all layers that `member` may read of it, and answers what `view` makes of them. The work is done off the
/// event loop; it keeps `place` until it is done, also when nobody waits for it any more.
pub async fn view<T: Send + 'static>(
    registry: &Registry,
    rooms: &Arc<Rooms>,
    member: &api::Member,
    plan: &PlanId,
    place: impl Send + 'static,
    view: impl FnOnce(&Dossier) -> T + Send + 'static,
) -> Result<T, DossierError> {
    let address = DocAddress::Plan(member.conference.clone(), plan.clone());
    let layers = registry.readable_layers(member, plan)?;
    let consent = registry.conference(member, |entry| entry.plans.get(plan).map(|plan| plan.must_consent()))?;
    let consent: BTreeSet<_> = consent.ok_or(RegistryError::NotFound)?.into_iter().collect();
    let state = rooms.read(&address).await?;
    let owners = rooms.owners(&address).await?;
    let mut read = Vec::with_capacity(layers.len());
    for layer in layers {
        let at = DocAddress::Layer(member.conference.clone(), plan.clone(), layer.party.clone(), layer.layer.clone());
        if !rooms.is_blank(&at).await {
            // A party must not be able to keep others from their views by what it does to a layer of its own.
            let state = rooms.read(&at).await.ok();
            read.push((layer, state));
        }
    }
    // What was written after a right was taken away is not shown, however long reading took.
    let still = registry.readable_layers(member, plan)?;
    read.retain(|(layer, _)| still.contains(layer));
    let put_together = tokio::task::spawn_blocking(move || {
        let _place = place;
        let layers = read.into_iter().map(|(layer, state)| source(layer, state.as_ref())).collect();
        let sources = Sources { owners, consent, layers };
        Document::on_state(&state, |txn| Dossier::read(txn, &state, sources).map(|dossier| view(&dossier)))
    });
    put_together.await.ok().flatten().ok_or(DossierError::Unreadable)
}

fn source(layer: api::Layer, state: Option<&Bytes>) -> Source {
    let content = state.and_then(|state| Document::on_state(state, |txn| Some(Layer::read(txn))));
    let content = content.unwrap_or_else(|| Layer { annotations: Vec::new(), faults: vec![Fault::Unavailable] });
    Source { party: layer.party, layer: layer.layer, audience: layer.audience, content }
}
