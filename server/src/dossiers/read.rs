//! Reading the documents of a view: those that are compared with each other as they were at one moment, the others in turn.

use bytes::Bytes;
use futures_util::future::join_all;
use plenary_shared::{
    id::DocAddress,
    limits,
    people::{self, LayerKind},
    talk::layer::Unread,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout_at};

use crate::{
    rooms::{RoomError, Rooms},
    store::Seq,
};

/// A document as it was read: the last record that it shows and its state, which is empty if nothing was ever written.
pub type Copy = Result<(Seq, Bytes), Unread>;

/// How often documents that move are read again. After that what was read last counts: somebody who never stops writing must not keep
/// others from their views.
const TRIES: usize = 4;
/// Between two tries: what was on its way to the disk is there by then.
const PAUSE: Duration = Duration::from_millis(20);

/// Reads the plan and `layers`. The plan and all positions are read as they were at one moment, if such a moment can be found.
pub async fn all(
    rooms: &Arc<Rooms>,
    plan: &DocAddress,
    layers: Vec<people::Layer>,
) -> Result<((Seq, Bytes), Vec<(people::Layer, Copy)>), RoomError> {
    // The plan may take its time to load: without it there is nothing to show.
    let text = rooms.read_at(plan).await?;
    let until = Instant::now() + limits::VIEW_READING;
    let (positions, others): (Vec<_>, Vec<_>) = layers.into_iter().partition(|layer| layer.layer.kind() == LayerKind::Positions);
    let mut addresses = vec![plan.clone()];
    addresses.extend(positions.iter().map(|layer| plan.layer(&layer.party, &layer.layer)));
    let mut copies = together(rooms, &addresses, until).await.into_iter();
    let text = copies.next().and_then(Result::ok).unwrap_or(text);
    let mut read: Vec<(people::Layer, Copy)> = positions.into_iter().zip(copies).collect();
    let mut parties: BTreeMap<_, (usize, Vec<people::Layer>)> = BTreeMap::new();
    for layer in others {
        parties.entry(layer.party.clone()).or_insert((limits::VIEW_BYTES_PER_PARTY_MAX, Vec::new())).1.push(layer);
    }
    for (layer, copy) in &read {
        if let (Some((left, _)), Ok((_, state))) = (parties.get_mut(&layer.party), copy) {
            *left = left.saturating_sub(state.len());
        }
    }
    let shares = parties.into_values().map(|(left, layers)| share(rooms, plan, layers, left, until));
    read.extend(join_all(shares).await.into_iter().flatten());
    Ok((text, read))
}

/// Reads documents as they were at one moment: none has moved from when it was read until all were.
async fn together(rooms: &Arc<Rooms>, addresses: &[DocAddress], until: Instant) -> Vec<Copy> {
    let mut ends = rooms.ends(addresses).await;
    let mut copies: Vec<Option<Copy>> = vec![None; addresses.len()];
    for tried in 0..TRIES {
        let moved: Vec<usize> = (0..addresses.len()).filter(|at| !stands(copies[*at].as_ref(), ends[*at])).collect();
        if moved.is_empty() {
            break;
        }
        if tried > 0 {
            sleep(PAUSE).await;
        }
        let read = join_all(moved.iter().map(|at| copy(rooms, &addresses[*at], ends[*at], until))).await;
        for (at, new) in moved.into_iter().zip(read) {
            // What was read once is not lost because there was no time to read it again.
            if !(new.is_err() && copies[at].is_some()) {
                copies[at] = Some(new);
            }
        }
        ends = rooms.ends(addresses).await;
    }
    copies.into_iter().map(|copy| copy.unwrap_or(Err(Unread::Unavailable))).collect()
}

/// Whether a document needs no reading again: its log ends where it did, or it cannot be read at all.
fn stands(copy: Option<&Copy>, end: Option<Seq>) -> bool {
    match copy {
        Some(Ok((seq, _))) => Some(*seq) == end,
        Some(Err(_)) => true,
        None => false,
    }
}

/// Reads a party's layers one after the other, up to `left` bytes.
async fn share(
    rooms: &Arc<Rooms>,
    plan: &DocAddress,
    mut layers: Vec<people::Layer>,
    mut left: usize,
    until: Instant,
) -> Vec<(people::Layer, Copy)> {
    // What all parties read first, then what is the party's own.
    layers.sort_by_key(|layer| match layer.layer.kind() {
        LayerKind::Positions | LayerKind::Public => 0,
        LayerKind::Private => 1,
        LayerKind::Opened => 2,
    });
    let addresses: Vec<DocAddress> = layers.iter().map(|layer| plan.layer(&layer.party, &layer.layer)).collect();
    let ends = rooms.ends(&addresses).await;
    let mut read = Vec::with_capacity(layers.len());
    for ((layer, address), end) in layers.into_iter().zip(addresses).zip(ends) {
        let mut copy = match end {
            end if left > 0 || end == Some(0) => copy(rooms, &address, end, until).await,
            _ => Err(Unread::BeyondShare),
        };
        if let Ok((_, state)) = &copy {
            match left.checked_sub(state.len()) {
                Some(rest) => left = rest,
                None => (copy, left) = (Err(Unread::BeyondShare), 0),
            }
        }
        read.push((layer, copy));
    }
    read
}

/// Reads a document whose log ends at `end`; one that nothing was ever written into needs no room.
async fn copy(rooms: &Arc<Rooms>, address: &DocAddress, end: Option<Seq>, until: Instant) -> Copy {
    if end == Some(0) {
        return Ok((0, Bytes::new()));
    }
    timeout_at(until, rooms.read_at(address)).await.ok().and_then(Result::ok).ok_or(Unread::Unavailable)
}
