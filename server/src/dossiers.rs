//! Putting a member's dossier together: the plan and the layers that a view needs and the member may read, each from its room. A dossier
//! is kept for those who ask again while nothing of it has moved.
//!
//! **Architecture invariant:** no party keeps others from their views by what it does to its own layers: what is read of each party is
//! bounded, and what takes too long is left out by name. Nor does it tell: what is kept is each party's own, and is found by what may be
//! read now and nothing else.

mod first;
mod kept;
pub mod read;
#[cfg(test)]
mod tests;
mod texts;

use bytes::Bytes;
use plenary_shared::{
    id::{DocAddress, PartyId, PlanId},
    limits, people,
    talk::{
        dossier::{Dossier, PlanText, Source, Sources},
        layer::{Layer, Unread},
        view::Needs,
    },
    text::marks::{ChangedApart, Unconfirmed},
};
use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    sync::Arc,
};
use yrs::ReadTxn;

use crate::{
    registry::{Registry, RegistryError, Standing},
    room::document::Document,
    rooms::{RoomError, Rooms},
};
use kept::{Kept, Made, Readable};
use read::Copy;
use texts::Texts;

pub use kept::Key;

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

/// Makes dossiers, and keeps them for a while.
pub struct Dossiers {
    registry: Arc<Registry>,
    rooms: Arc<Rooms>,
    kept: Kept,
    texts: Arc<Texts>,
    /// Other ones with each start: logs that go on from a backup use their numbers again.
    tags: RandomState,
}

impl Dossiers {
    /// None is made yet.
    pub fn new(registry: Arc<Registry>, rooms: Arc<Rooms>) -> Self {
        Self { registry, rooms, kept: Kept::default(), texts: Arc::default(), tags: RandomState::new() }
    }

    /// What stands for all that a view shows `member` now; `None` if the store cannot tell. Nothing is read for it.
    ///
    /// # Errors
    /// If the plan is not for this member.
    pub async fn key(&self, member: &people::Member, plan: &PlanId, needs: Needs) -> Result<Option<Key>, DossierError> {
        let readable = self.readable(member, plan, needs)?;
        Ok(self.key_of(readable).await)
    }

    /// A number that stands for what is made of something, a name and a [`Key`] for one, for as long as the server runs.
    pub fn tag(&self, of: &impl Hash) -> u64 {
        self.tags.hash_one(of)
    }

    /// Answers what `make` makes of the member's dossier, which is put together unless it is kept; with its key, if one stands for it.
    /// What is made is kept with it under its name. The work is done off the event loop; it keeps `place` until it is done, also when
    /// nobody waits for it any more.
    pub async fn shown(
        &self,
        member: &people::Member,
        plan: &PlanId,
        (needs, name): (Needs, String),
        place: impl Send + Sync + 'static,
        make: impl FnOnce(&Dossier) -> Option<Vec<u8>> + Send + 'static,
    ) -> Result<(Option<Key>, Bytes), DossierError> {
        let place = Arc::new(place);
        let (key, made) = self.made(member, plan, needs, &place).await?;
        let shown = tokio::task::spawn_blocking(move || {
            let _place = place;
            made.shown(&name, make)
        });
        let shown = shown.await.ok().flatten().ok_or(DossierError::Unreadable)?;
        self.settle(member);
        Ok((key, shown))
    }

    /// The member's dossier, kept or put together now.
    async fn made<P: Send + Sync + 'static>(
        &self,
        member: &people::Member,
        plan: &PlanId,
        needs: Needs,
        place: &Arc<P>,
    ) -> Result<(Option<Key>, Arc<Made>), DossierError> {
        let key = self.key(member, plan, needs).await?;
        let kept = match &key {
            Some(key) => Some(self.kept(member, plan, key, place).await?),
            None => None,
        };
        // What was written after a right was taken away is not shown, however long it took to come here.
        let now = self.readable(member, plan, needs)?;
        match kept.filter(|made| made.of == now) {
            Some(made) => Ok((key.filter(|key| made.is_whole && key.readable == now), made)),
            None => Ok((None, Arc::new(self.put_together(member, plan, now, place.clone()).await?))),
        }
    }

    /// Keeps no more than the party's share, which rests on how many parties there are and not on what they look at.
    fn settle(&self, member: &people::Member) {
        let share = limits::DOSSIER_BYTES_MAX / self.registry.parties().max(1);
        self.kept.settle(member, share.min(limits::DOSSIER_BYTES_PER_PARTY_MAX));
    }

    fn readable(&self, member: &people::Member, plan: &PlanId, needs: Needs) -> Result<Readable, RegistryError> {
        let mut layers = self.registry.readable_layers(member, plan)?;
        layers.retain_mut(|layer| {
            layer.write = false;
            needs.layer(layer)
        });
        let (consent, ended) = self.registry.conference(member, |entry| {
            let consent = entry.plans.get(plan).map(|plan| (plan.must_consent(), plan.consent_changed.clone()));
            (consent, entry.seats_that(Standing::Ended).map(|member| member.member.clone()).collect())
        })?;
        let (consent, consent_changed) = consent.ok_or(RegistryError::NotFound)?;
        let plan = DocAddress::Plan(member.conference.clone(), plan.clone());
        Ok(Readable { plan, needs, layers, consent, consent_changed, ended })
    }

    async fn key_of(&self, readable: Readable) -> Option<Key> {
        let layers = readable.layers.iter().map(|layer| readable.plan.layer(&layer.party, &layer.layer));
        let addresses: Vec<DocAddress> = std::iter::once(readable.plan.clone()).chain(layers).collect();
        let ends = self.rooms.ends(&addresses).await.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Key { readable, ends })
    }

    /// The dossier of a key. What it shows is at least as new as the key: the logs' ends were looked up first.
    async fn kept<P: Send + Sync + 'static>(
        &self,
        member: &people::Member,
        plan: &PlanId,
        key: &Key,
        place: &Arc<P>,
    ) -> Result<Arc<Made>, DossierError> {
        let cell = self.kept.cell(member, key);
        let make = async || self.put_together(member, plan, key.readable.clone(), place.clone()).await.map(Arc::new);
        let made = cell.get_or_try_init(make).await?.clone();
        self.settle(member);
        Ok(made)
    }

    /// Reads what may be read and puts it together.
    async fn put_together(
        &self,
        member: &people::Member,
        plan: &PlanId,
        readable: Readable,
        place: impl Send + 'static,
    ) -> Result<Made, DossierError> {
        let Readable { plan: address, needs, layers, .. } = readable.clone();
        let ((_, state), mut read) = read::all(&self.rooms, &address, layers).await?;
        let owners = if needs.owners() { Some(self.rooms.owners(&address).await?) } else { None };
        let marks = ChangedApart::clone(&*self.rooms.marked(&address).await?);
        // A right may have been taken away meanwhile; and who reads a layer is told as it is now.
        let of = self.readable(member, plan, needs)?;
        read.retain_mut(|(layer, _)| {
            let now = of.layers.binary_search_by(|now| (&now.party, &now.layer).cmp(&(&layer.party, &layer.layer)));
            now.map(|at| *layer = of.layers[at].clone()).is_ok()
        });
        let in_time = read.iter().all(|(_, copy)| !matches!(copy, Err(Unread::Unavailable)));
        let is_whole = in_time && of == readable;
        let bytes =
            read.iter().filter_map(|(_, copy)| copy.as_ref().ok()).map(|(_, state)| state.len()).sum::<usize>() + state.len();
        let Readable { consent, consent_changed, ended, .. } = of.clone();
        let (store, texts) = (self.rooms.store(), self.texts.clone());
        let put_together = tokio::task::spawn_blocking(move || {
            let _place = place;
            let layers = sources(read);
            let first = first::text(&*store, &address)?;
            Document::on_state(&state, |txn| {
                let (owners, sides) = owners.map_or_else(Default::default, |all| {
                    (first::owners(&all.owners, &first, &txn.state_vector()), all.sides.clone())
                });
                let text = texts.of(&address, &state, || PlanText::read(txn, &state))?;
                Some(Dossier::over(text, txn, Sources { owners, sides, consent, consent_changed, layers, ended, marks }))
            })
        });
        let dossier = put_together.await.ok().flatten().ok_or(DossierError::Unreadable)?;
        let bytes = bytes + dossier.marks.iter().map(Unconfirmed::bytes).sum::<usize>();
        Ok(Made::new(dossier, of, is_whole, bytes))
    }
}

/// Reads what stands in the layers, of each party as much as its share allows.
fn sources(read: Vec<(people::Layer, Copy)>) -> Vec<Source> {
    let mut entries: HashMap<PartyId, usize> = HashMap::new();
    let mut source = |(layer, copy): (people::Layer, Copy)| {
        let content = copy.and_then(|(_, state)| {
            if state.is_empty() {
                return Ok(Layer::default());
            }
            let content = Document::on_state(&state, |txn| Some(Layer::read(txn))).ok_or(Unread::Unavailable)?;
            let taken = entries.entry(layer.party.clone()).or_default();
            *taken += content.annotations.len() + content.faults.len();
            if *taken > limits::VIEW_ENTRIES_PER_PARTY_MAX { Err(Unread::BeyondShare) } else { Ok(content) }
        });
        let content = content.unwrap_or_else(|fault| Layer { annotations: Vec::new(), faults: vec![fault] });
        Source { party: layer.party, layer: layer.layer, audience: layer.audience, content }
    };
    read.into_iter().map(&mut source).collect()
}
