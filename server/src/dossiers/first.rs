//! Nobody's words: a plan's first text, which the server writes for whoever creates the plan.

use plenary_shared::{
    id::{DocAddress, PartyId},
    limits,
    log::{
        fold::Formed,
        record::{self, Digest},
    },
    people::ENGINE,
    text::authorship::Owners,
};
use yrs::{StateVector, block::ClientID};

use crate::store::Store;

/// How far each client id of a plan's first text had written when the plan was created: the log's first record, kept together with the
/// plan. `None` if the log cannot be read. Blocks.
pub fn text(store: &dyn Store, plan: &DocAddress) -> Option<StateVector> {
    let (_, sealed) = store.read(plan, 0, 1, limits::BATCH_BYTES_MAX).ok()?.pop()?;
    let (record, _) = record::open(&Digest::genesis(plan), &sealed).ok()?;
    record.change().map_or(Some(StateVector::default()), |update| Some(Formed::read(update).ok()?.vector()))
}

/// Whose words those of each client id are. Those of the first text are nobody's, as long as nobody went on under its id: only the party
/// of whoever created the plan can, and must not hide behind it. Nor are marks that the server set anybody's.
pub fn owners(all: &[(u64, PartyId)], first: &StateVector, now: &StateVector) -> Owners {
    let nobodys = |client: u64| {
        let (then, now) = (first.get(&ClientID::new(client)), now.get(&ClientID::new(client)));
        then > 0 && then == now
    };
    all.iter().filter(|(client, party)| party.as_str() != ENGINE && !nobodys(*client)).cloned().collect()
}
