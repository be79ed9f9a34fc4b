//! Lays a document out so that every unit is visible, and reads the order of units from it.
//!
//! The encoded state is written again with each block's content replaced by as many characters as the block has units, without
//! deletions, and with each sequence as a root of its own, so that no nesting and no collection hides anything. yrs places the
//! blocks by their origins, exactly as in the document. Units that are asked for get characters that spell their number.

use std::collections::HashMap;

use yrs::{GetString, ID, Transact};

use super::super::apply::apply;
use super::{
    block::{Block, Kind, Parent},
    bytes::{Reader, write_id, write_number},
    claim::{OrderClaim, refuse, scratch},
    refusal::Refusal,
};

/// A unit that nobody asked for.
const FILLER: char = 'x';
/// The private use area has 6,400 characters of one UTF-16 unit: twelve bits of a number each.
const DIGITS: u32 = 0xE000;
const DIGIT_BITS: u32 = 12;

pub(super) fn verify(state: &[u8], claims: &[OrderClaim]) -> Result<(), Refusal> {
    let mut asked: Vec<ID> = claims.iter().flat_map(|claim| [claim.left, claim.right]).collect();
    asked.sort_unstable();
    asked.dedup();
    let positions = positions(state, &asked)?;
    let position = |id: ID| asked.binary_search(&id).ok().and_then(|at| positions[at]);
    for claim in claims {
        let holds = match (position(claim.left), position(claim.right)) {
            (Some(left), Some(right)) => left.0 == right.0 && left.1 < right.1,
            // Collected units; `order` has decided the mixed case where it could see it.
            (left, right) => left.is_none() && right.is_none(),
        };
        if !holds {
            return refuse(claim);
        }
    }
    Ok(())
}

/// For each unit asked for (sorted), its sequence and its place in it.
fn positions(state: &[u8], asked: &[ID]) -> Result<Vec<Option<(u32, u32)>>, Refusal> {
    let low = layout(state, asked, 0)?;
    let high = if asked.len() > 1 << DIGIT_BITS { layout(state, asked, DIGIT_BITS)? } else { Vec::new() };
    let mut positions = vec![None; asked.len()];
    for (sequence, text) in low.iter().enumerate() {
        let mut high = high.get(sequence).map(|text| text.chars());
        for (place, low) in text.chars().enumerate() {
            let high = high.as_mut().map_or(Some(DIGITS), |high| high.next().map(u32::from));
            let digit = |unit: u32| unit.checked_sub(DIGITS).map(|digit| digit as usize);
            if let (Some(low), Some(high)) = (digit(low.into()), high.and_then(digit))
                && let Some(found) = positions.get_mut(high << DIGIT_BITS | low)
            {
                *found = Some((sequence as u32, place as u32));
            }
        }
    }
    Ok(positions)
}

/// The text of every sequence, spelling the digit of each unit's number that starts at `shift`.
fn layout(state: &[u8], asked: &[ID], shift: u32) -> Result<Vec<String>, Refusal> {
    let (flat, sequences) = flatten(state, asked, shift)?;
    let failed = Refusal::Malformed { at: 0, what: "the document cannot be laid out" };
    let doc = scratch();
    let roots: Vec<_> = (0..sequences).map(|n| doc.get_or_insert_text(n.to_string())).collect();
    let mut txn = doc.transact_mut();
    apply(&mut txn, &flat).ok_or(failed)?;
    Ok(roots.iter().map(|root| root.get_string(&txn)).collect())
}

/// The rewritten state and how many sequences it has; they are roots called 0, 1, 2 ...
fn flatten(state: &[u8], asked: &[ID], shift: u32) -> Result<(Vec<u8>, usize), Refusal> {
    let mut reader = Reader::new(state);
    let mut out = Vec::with_capacity(state.len() * 2);
    let mut names: HashMap<String, usize> = HashMap::new();
    let clients = reader.count(5)?;
    write_number(&mut out, clients as u64);
    for _ in 0..clients {
        let blocks = reader.count(2)?;
        let (client, mut clock) = reader.id()?;
        write_number(&mut out, blocks as u64);
        write_id(&mut out, (client, clock));
        let mut next = asked.partition_point(|id| (id.client.get(), id.clock) < (client, clock));
        for _ in 0..blocks {
            let block = Block::read(&mut reader, clock)?;
            write_block(&mut out, &block, &mut names);
            let end = clock + block.len;
            if block.kind != Kind::Gc {
                write_text(&mut out, (client, clock, end), asked, &mut next, shift);
            }
            clock = end;
        }
    }
    // No deletions.
    out.push(0);
    Ok((out, names.len()))
}

fn write_block(out: &mut Vec<u8>, block: &Block<'_>, names: &mut HashMap<String, usize>) {
    const TEXT: u8 = 4;
    if block.kind == Kind::Gc {
        out.push(0);
        write_number(out, block.len.into());
        return;
    }
    let flag = |given: bool, flag: u8| if given { flag } else { 0 };
    out.push(TEXT | flag(block.origin.is_some(), 0x80) | flag(block.right.is_some(), 0x40));
    for neighbour in [block.origin, block.right].into_iter().flatten() {
        write_id(out, neighbour);
    }
    let sequence = match block.parent {
        Parent::Inherited => return,
        Parent::Root(name) => format!("root {name} {:?}", block.key),
        Parent::Item(id) => format!("item {id:?} {:?}", block.key),
    };
    let fresh = names.len();
    let name = names.entry(sequence).or_insert(fresh).to_string();
    out.push(1);
    write_number(out, name.len() as u64);
    out.extend_from_slice(name.as_bytes());
}

/// Writes a block's units: the number of each that is asked for, a filler for the others.
fn write_text(out: &mut Vec<u8>, (client, clock, end): (u64, u32, u32), asked: &[ID], next: &mut usize, shift: u32) {
    let mut text = String::with_capacity((end - clock) as usize);
    let mut at = clock;
    while let Some(id) = asked.get(*next).filter(|id| id.client.get() == client && id.clock < end) {
        text.extend(std::iter::repeat_n(FILLER, (id.clock - at) as usize));
        let digit = (*next as u32 >> shift) & ((1 << DIGIT_BITS) - 1);
        text.push(char::from_u32(DIGITS + digit).unwrap_or(FILLER));
        at = id.clock + 1;
        *next += 1;
    }
    text.extend(std::iter::repeat_n(FILLER, (end - at) as usize));
    write_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}
