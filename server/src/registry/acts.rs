//! Acts: what changes in the registry and is known to all who read a document stands in that document's log too, by one append.
//!
//! **Architecture invariant:** a document's room is held before the end of the registry's log is, by everybody. What was decided before
//! both are held is decided again then.

use plenary_shared::{
    id::DocAddress,
    log::{
        act::Act,
        record::{self, Digest, Moment, Provenance, Right},
    },
    people,
};
use std::{collections::BTreeSet, sync::Arc};

use super::{Registry, RegistryError, beside::Beside, event::Event, state::Registered};
use crate::{clock::now_ms, rooms::Rooms, store::Part};

/// How often to decide again because it was decided otherwise meanwhile.
const TRIES: usize = 8;

impl Registry {
    /// Changes the registry and tells the act that follows to all who read a document, whose log is open to everybody's edits.
    pub(super) async fn change_told(
        &self,
        rooms: &Arc<Rooms>,
        by: &people::Member,
        doc: DocAddress,
        decide: impl Fn(&Registered) -> Result<Vec<Event>, RegistryError>,
    ) -> Result<(), RegistryError> {
        let right = Right::of(by.role, &doc);
        for _ in 0..TRIES {
            let events = decide(&self.state())?;
            let Some(act) = events.iter().find_map(Event::act) else { return Ok(()) };
            let held = rooms.hold_act(doc.clone(), Provenance::live(by.author(), right), &act).await?;
            let seq = held.seq();
            let again = |state: &Registered| match decide(state)? {
                same if same == events => Ok(same.into_iter().map(|event| event.told_by(seq)).collect()),
                _ => Err(RegistryError::Moved),
            };
            match self.change_with(by.author(), Beside::act(held), again).await {
                Err(RegistryError::Moved) => {}
                done => return done.map(drop),
            }
        }
        Err(RegistryError::Moved)
    }
}

/// The record that begins the log of a document which nobody has open, since it is not there yet.
pub(super) fn first_act(by: &people::Member, doc: DocAddress, act: &Act) -> Part {
    let record = Provenance::live(by.author(), Right::of(by.role, &doc)).act(0, Moment::after(0, now_ms()), act.told());
    let (sealed, _) = record::seal(&Digest::genesis(&doc), &record);
    (doc, 0, vec![sealed])
}

impl Event {
    /// The same, with the record of the plan's log that tells it, if it decides who must consent.
    fn told_by(mut self, seq: Option<u64>) -> Self {
        if let Event::AccessChanged { told, .. } | Event::ConsentChosen { told, .. } = &mut self {
            *told = seq;
        }
        self
    }

    /// What of it all may know who read the plan or the layer that it is about.
    pub(super) fn act(&self) -> Option<Act> {
        let whole = |consent: &Option<BTreeSet<_>>| consent.clone().unwrap_or_default();
        Some(match self.clone() {
            Event::PlanCreated { title, access, consent, .. } => Act::Created { title, access, consent: whole(&consent) },
            Event::AccessChanged { access, consent, .. } => Act::Access { access, consent: whole(&consent) },
            Event::ConsentChosen { parties, .. } => Act::Consent { consent: whole(&parties) },
            Event::PlanChanged { title: Some(title), .. } => Act::Renamed { title },
            Event::PlanChanged { state: Some(state), .. } => Act::State { state },
            Event::LayerClosed { .. } => Act::Closed,
            Event::LayerOpened { audience, .. } => Act::Opened { audience },
            Event::AudienceChanged { audience, .. } => Act::Audience { audience },
            _ => return None,
        })
    }
}
