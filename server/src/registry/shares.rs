//! Shares of a plan's logs that the chair raised.

use plenary_shared::{id::PlanId, limits, people, share::ShareKind, wire::shares::NewShare};

use super::{Registry, RegistryError, check_parties, check_present, event::Event};
use crate::shares::ShareOf;

impl Registry {
    /// Raises a party's share of a plan's logs. How much of it is used is not looked at, so that the answer tells nothing of it.
    pub async fn raise_share(&self, chair: &people::Member, plan: PlanId, new: &NewShare) -> Result<(), RegistryError> {
        let (conference, NewShare { party, kind, bytes }) = (chair.conference.clone(), new.clone());
        self.change(chair.author(), |state| {
            check_present(state, chair)?;
            let entry = state.conferences.get(&conference).ok_or(RegistryError::NotFound)?;
            let old = entry.plans.get(&plan).ok_or(RegistryError::NotFound)?;
            check_parties(entry, [&party])?;
            let now = old.shares.get(&(party.clone(), kind)).copied().unwrap_or(kind.bytes());
            if !(now..=limits::SHARE_BYTES_MAX).contains(&bytes) {
                let most = limits::SHARE_BYTES_MAX;
                let why = format!("a share is raised, never lowered: give {now} bytes, as it is now, up to {most}");
                return Err(RegistryError::Invalid(why));
            }
            let event = Event::ShareRaised { conference: conference.clone(), plan, party, kind, bytes };
            Ok(if now == bytes { vec![] } else { vec![event] })
        })
        .await?;
        Ok(())
    }

    /// Every share that was raised.
    pub fn shares(&self) -> Vec<(ShareOf, u64)> {
        let state = self.state();
        let plans =
            state.conferences.iter().flat_map(|(conference, entry)| entry.plans.iter().map(move |plan| (conference, plan)));
        let shares = plans.flat_map(|(conference, (id, plan))| {
            let of = move |(party, kind): &(_, ShareKind)| (conference.clone(), id.clone(), Clone::clone(party), *kind);
            plan.shares.iter().map(move |(share, bytes)| (of(share), *bytes))
        });
        shares.collect()
    }
}
