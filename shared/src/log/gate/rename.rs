//! Writes an update again under other client ids.

use bytes::Bytes;
use std::collections::HashMap;

use super::{
    block::{Block, HAS_KEY, HAS_NEIGHBOUR, HAS_ORIGIN, HAS_RIGHT, Id, Kind, Parent},
    bytes::{Reader, write_id, write_number},
    refusal::Refusal,
};

/// The same update with client ids replaced by others that nobody uses: what was written under one, and whatever names it, be it a
/// neighbour, a parent or a deletion.
///
/// # Errors
/// [`Refusal::Malformed`] if it is no update.
pub fn rename(update: &[u8], names: &HashMap<u64, u64>) -> Result<Bytes, Refusal> {
    let new = |(client, clock): Id| (names.get(&client).copied().unwrap_or(client), clock);
    let (mut reader, mut out) = (Reader::new(update), Vec::with_capacity(update.len() + 64));
    let sections = reader.count(5)?;
    write_number(&mut out, sections as u64);
    for _ in 0..sections {
        let (blocks, (client, mut clock)) = (reader.count(2)?, reader.id()?);
        write_number(&mut out, blocks as u64);
        write_id(&mut out, new((client, clock)));
        for _ in 0..blocks {
            let mut head = reader.clone();
            let info = head.clone().u8()?;
            write_head(&mut out, info, &Block::read_head(&mut head)?, new);
            clock += Block::read(&mut reader, clock)?.len;
            out.extend_from_slice(&update[head.at()..reader.at()]);
        }
    }
    let clients = reader.count(2)?;
    write_number(&mut out, clients as u64);
    for _ in 0..clients {
        // A client and how many stretches of it.
        let (client, stretches) = reader.id()?;
        write_id(&mut out, new((client, stretches)));
        for _ in 0..stretches {
            write_id(&mut out, reader.id()?);
        }
    }
    if reader.is_empty() { Ok(out.into()) } else { reader.refuse("bytes follow the end") }
}

fn write_head(out: &mut Vec<u8>, info: u8, block: &Block<'_>, new: impl Fn(Id) -> Id) {
    out.push(info);
    if block.kind == Kind::Gc {
        return;
    }
    debug_assert_eq!((block.origin.is_some(), block.right.is_some()), (info & HAS_ORIGIN != 0, info & HAS_RIGHT != 0));
    block.origin.into_iter().chain(block.right).for_each(|id| write_id(out, new(id)));
    if info & HAS_NEIGHBOUR != 0 {
        return;
    }
    match block.parent {
        Parent::Item(id) => {
            write_number(out, 0);
            write_id(out, new(id));
        }
        Parent::Root(name) => {
            write_number(out, 1);
            write_text(out, name);
        }
        Parent::Inherited => {}
    }
    if info & HAS_KEY != 0 {
        write_text(out, block.key.unwrap_or_default());
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    write_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}
