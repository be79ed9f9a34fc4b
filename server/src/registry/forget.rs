//! The registry's log without a conference.
//!
//! The registry is one log for all conferences, and what is said of one in it names people. So it is written anew: the other events as they
//! are, in a chain that begins again, and at its end the one that says what was forgotten. Nobody outside the server holds digests of this
//! log; those of plans and layers stay as they are.

use bytes::Bytes;
use plenary_shared::{
    id::{ConferenceId, DocAddress},
    log::record::{self, Digest, Moment, Provenance, Right},
};
use std::collections::HashSet;

use super::{RegistryError, administration, event::Event};
use crate::{auth::SecretDigest, clock::now_ms, store::Seq};

/// The log to be kept in place of this one.
///
/// # Errors
/// [`RegistryError::NotFound`] if it does not know the conference, [`RegistryError::Damaged`].
pub fn without(log: Vec<(Seq, Bytes)>, conference: &ConferenceId) -> Result<Vec<Bytes>, RegistryError> {
    let (mut read, mut head) = (Digest::genesis(&DocAddress::Registry), Digest::genesis(&DocAddress::Registry));
    let (mut kept, mut at_ms, mut is_known) = (Vec::with_capacity(log.len()), 0, false);
    let mut secrets: HashSet<SecretDigest> = HashSet::new();
    for (seq, sealed) in log {
        let (mut record, digest) = record::open(&read, &sealed).map_err(|_| RegistryError::Damaged(seq))?;
        (read, at_ms) = (digest, record.at_ms);
        let event: Event = serde_json::from_slice(&record.update).map_err(|_| RegistryError::Damaged(seq))?;
        let is_gone = match &event {
            Event::Joined { invitation: secret, .. } | Event::Recovered { recovery: secret, .. } => secrets.contains(secret),
            other => other.conference() == Some(conference),
        };
        if is_gone {
            is_known |= matches!(event, Event::ConferenceOpened { .. });
            // What was given for a secret that is gone is gone too.
            match event {
                Event::MemberInvited { invitation: given, .. }
                | Event::SeatGranted { invitation: given, .. }
                | Event::Joined { recovery: Some(given), .. }
                | Event::Recovered { next: given, .. } => drop(secrets.insert(given)),
                _ => {}
            }
            continue;
        }
        record.seen = kept.len() as Seq;
        let (sealed, digest) = record::seal(&head, &record);
        head = digest;
        kept.push(sealed);
    }
    if !is_known {
        return Err(RegistryError::NotFound);
    }
    let event = serde_json::to_vec(&Event::ConferenceForgotten { conference: conference.clone() });
    let event = event.map_err(|error| RegistryError::Invalid(error.to_string()))?;
    let by = Provenance::live(administration(), Right::Chair);
    kept.push(record::seal(&head, &by.act(kept.len() as Seq, Moment::after(at_ms, now_ms()), event.into())).0);
    Ok(kept)
}
