//! Dossiers that are kept for those who ask again, each party's by themselves: what one party asks for neither finds nor drops what
//! another has.

use bytes::Bytes;
use plenary_shared::{
    id::{ConferenceId, DocAddress, MemberId, PartyId},
    limits,
    log::act::ConsentChange,
    people,
    talk::{dossier::Dossier, view::Needs},
};
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{sync::OnceCell, time::Instant};

use crate::store::Seq;

/// What a member may read of a plan, as far as a view needs it, and what else a dossier tells that stands in no document.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Readable {
    pub(super) plan: DocAddress,
    pub(super) needs: Needs,
    /// By party and name. Whether the member may write in them is left out: it is nothing to a dossier, and members of a party differ in
    /// nothing else.
    pub(super) layers: Vec<people::Layer>,
    pub(super) consent: BTreeSet<PartyId>,
    pub(super) consent_changed: Option<ConsentChange>,
    /// The members whose seats have ended.
    pub(super) ended: BTreeSet<MemberId>,
}

/// A dossier, and what it was made from.
pub(super) struct Made {
    pub(super) dossier: Dossier,
    /// What might be read once all was read.
    pub(super) of: Readable,
    /// Whether the same would be made again: nothing was left out because it could not be read in time.
    pub(super) is_whole: bool,
    /// Bytes of the documents that it was made from.
    bytes: usize,
    /// Views and editions of it by their names: members of a party are shown the same.
    shown: Mutex<HashMap<Box<str>, Bytes>>,
}

impl Made {
    pub(super) fn new(dossier: Dossier, of: Readable, is_whole: bool, bytes: usize) -> Self {
        Self { dossier, of, is_whole, bytes, shown: Mutex::default() }
    }

    /// What `make` makes of it, once for all who ask for it by this name; `None` if it cannot be made. Blocks: whoever asks meanwhile
    /// waits.
    pub(super) fn shown(&self, name: &str, make: impl FnOnce(&Dossier) -> Option<Vec<u8>>) -> Option<Bytes> {
        let mut kept = self.kept();
        if let Some(bytes) = kept.get(name) {
            return Some(bytes.clone());
        }
        // Without the room that it grew by, which nobody counts.
        let bytes = Bytes::from(make(&self.dossier)?.into_boxed_slice());
        kept.insert(name.into(), bytes.clone());
        Some(bytes)
    }

    fn bytes(&self) -> usize {
        self.bytes + self.kept().values().map(Bytes::len).sum::<usize>()
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Box<str>, Bytes>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All that a dossier follows from: what its member may read, and how far each document goes. A dossier names nobody but parties and
/// members by their ids, so no name is among it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key {
    pub(super) readable: Readable,
    /// Where the logs end, the plan's first, then those of the layers.
    pub(super) ends: Vec<Seq>,
}

/// A dossier, once somebody has made it: whoever asks meanwhile waits for that.
pub(super) type Cell = Arc<OnceCell<Arc<Made>>>;

/// All that are kept.
#[derive(Default)]
pub(super) struct Kept(Mutex<HashMap<(ConferenceId, PartyId), Shelf>>);

/// Those of one party, the one asked for last at the end.
type Shelf = VecDeque<Slot>;

struct Slot {
    key: Key,
    cell: Cell,
    asked: Instant,
}

impl Slot {
    fn bytes(&self) -> usize {
        self.cell.get().map_or(0, |made| made.bytes())
    }
}

impl Kept {
    /// The member's dossier of a key, made or not. It takes the place of the one before it.
    pub(super) fn cell(&self, member: &people::Member, key: &Key) -> Cell {
        let (mut shelves, now) = (self.shelves(), Instant::now());
        shelves.retain(|_, shelf| {
            shelf.retain(|slot| now.duration_since(slot.asked) < limits::DOSSIER_KEPT);
            !shelf.is_empty()
        });
        let shelf = shelves.entry(party(member)).or_default();
        let of = |key: &Key| (key.readable.plan.clone(), key.readable.needs);
        let before = shelf.iter().position(|slot| of(&slot.key) == of(key)).and_then(|at| shelf.remove(at));
        let cell = before.filter(|slot| slot.key == *key).map(|slot| slot.cell).unwrap_or_default();
        shelf.push_back(Slot { key: key.clone(), cell: cell.clone(), asked: now });
        while shelf.len() > limits::DOSSIERS_PER_PARTY_MAX {
            shelf.pop_front();
        }
        cell
    }

    /// Drops what is not to be kept now that one more is made: what would be made otherwise the next time, and the oldest of what is more
    /// than the party's share of bytes.
    pub(super) fn settle(&self, member: &people::Member, share: usize) {
        let mut shelves = self.shelves();
        let Some(shelf) = shelves.get_mut(&party(member)) else { return };
        shelf.retain(|slot| slot.cell.get().is_none_or(|made| made.is_whole));
        while shelf.iter().map(Slot::bytes).sum::<usize>() > share {
            shelf.pop_front();
        }
    }

    fn shelves(&self) -> MutexGuard<'_, HashMap<(ConferenceId, PartyId), Shelf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn party(member: &people::Member) -> (ConferenceId, PartyId) {
    (member.conference.clone(), member.party.clone())
}
