//! Writes an update again without what is known of it.
//!
//! A block that is not taken becomes a collected one of the same length, so that its client's clock goes on.
//! A block that is known in part is cut where yrs and Yjs cut it when they apply the whole, so both come to the same. What is left is in
//! one form: clients in Yjs's order, the highest first; deletions sorted and merged, without those that a husk of the update says itself.

use std::cmp::Reverse;

use bytes::Bytes;

use super::{
    Span,
    block::{Block, GC, HAS_ORIGIN, Id, Kind},
    bytes::{Reader, write_id, write_number},
    refusal::Refusal,
    section::Section,
};
use crate::limits;

/// Writes the new blocks of sections and these deletions. Neither `deletions` nor `husks` overlap among themselves.
///
/// # Errors
/// [`Refusal::TooLarge`] if what is left is larger than an update may be: a cut block names an origin that it did not name before.
pub(super) fn write(update: &[u8], sections: &[Section<'_>], deletions: &[Span], husks: &[Span]) -> Result<Bytes, Refusal> {
    let mut out = Vec::new();
    let new = || sections.iter().filter(|section| section.rest.blocks > 0);
    write_number(&mut out, new().count() as u64);
    for section in new() {
        write_section(&mut out, update, section)?;
    }
    write_deletions(&mut out, &without(deletions, husks));
    if out.len() > limits::UPDATE_BYTES_MAX {
        return Err(Refusal::TooLarge { what: "bytes of an update", most: limits::UPDATE_BYTES_MAX as u64 });
    }
    Ok(out.into())
}

fn write_section(out: &mut Vec<u8>, update: &[u8], section: &Section<'_>) -> Result<(), Refusal> {
    let Section { client, known, rest, .. } = section;
    write_number(out, rest.blocks as u64);
    write_id(out, (*client, rest.clock.max(*known)));
    let mut reader = Reader::new(update);
    reader.jump(rest.bytes.start);
    let (mut clock, mut collected) = (rest.clock, section.collected.iter().peekable());
    while clock < *known || collected.peek().is_some() {
        let start = clock.max(*known);
        let (before, mut ahead) = (reader.at(), reader.clone());
        let end = clock + Block::read(&mut ahead, clock)?.len;
        if collected.next_if_eq(&&start).is_some() {
            out.push(GC);
            write_number(out, (end - start).into());
        } else if clock < start {
            write_cut(out, &mut reader, (*client, clock), start - clock)?;
            out.extend_from_slice(&update[reader.at()..ahead.at()]);
        } else {
            out.extend_from_slice(&update[before..ahead.at()]);
        }
        (clock, reader) = (end, ahead);
    }
    out.extend_from_slice(&update[reader.at()..rest.bytes.end]);
    Ok(())
}

/// Writes a block without its first `units`, up to where its content goes on as it came.
fn write_cut(out: &mut Vec<u8>, reader: &mut Reader<'_>, (client, clock): Id, units: u32) -> Result<(), Refusal> {
    let info = reader.clone().u8()?;
    let block = Block::read_head(reader)?;
    if block.kind == Kind::Gc {
        out.push(info);
    } else {
        out.push(info | HAS_ORIGIN);
        write_id(out, (client, clock + units - 1));
        block.right.into_iter().for_each(|right| write_id(out, right));
    }
    match block.kind {
        Kind::Gc | Kind::Deleted => write_number(out, (reader.clock()? - units).into()),
        Kind::Text => write_text_after(out, reader.text()?, units as usize),
        Kind::Any => {
            write_number(out, reader.count(1)? as u64 - u64::from(units));
            for _ in 0..units {
                reader.any(0)?;
            }
        }
        // One unit is never known in part.
        Kind::Format | Kind::Type(_) => {}
    }
    Ok(())
}

/// Half of a surrogate pair becomes U+FFFD, in yrs and in Yjs.
fn write_text_after(out: &mut Vec<u8>, text: &str, units: usize) {
    let (mut unit, mut at) = (0, 0);
    for letter in text.chars() {
        if unit >= units {
            break;
        }
        unit += letter.len_utf16();
        at += letter.len_utf8();
    }
    let half = if unit > units { "\u{FFFD}" } else { "" };
    let rest = &text[at..];
    write_number(out, (half.len() + rest.len()) as u64);
    out.extend_from_slice(half.as_bytes());
    out.extend_from_slice(rest.as_bytes());
}

/// Yjs's order: the highest client first.
fn order(span: &Span) -> (Reverse<u64>, u32) {
    (Reverse(span.client), span.start)
}

/// The parts of `spans` that no span of `others` covers, sorted, those merged that touch.
pub(super) fn without(spans: &[Span], others: &[Span]) -> Vec<Span> {
    let sorted = |spans: &[Span]| {
        let mut spans = spans.to_vec();
        spans.sort_unstable_by_key(order);
        spans
    };
    let (spans, others) = (sorted(spans), sorted(others));
    let mut others = others.iter().peekable();
    let mut left: Vec<Span> = Vec::with_capacity(spans.len());
    let mut push = |span: Span| match left.last_mut() {
        _ if span.start >= span.end => {}
        Some(last) if (last.client, last.end) == (span.client, span.start) => last.end = span.end,
        _ => left.push(span),
    };
    for mut span in spans {
        while let Some(other) = others.peek().filter(|other| order(other) < (Reverse(span.client), span.end)) {
            if other.client == span.client {
                push(Span { end: other.start, ..span });
                span.start = span.start.max(other.end);
            }
            // One that goes on may cover the next span too.
            if other.client == span.client && other.end > span.end {
                break;
            }
            others.next();
        }
        push(span);
    }
    left
}

fn write_deletions(out: &mut Vec<u8>, spans: &[Span]) {
    let clients = || spans.chunk_by(|one, next| one.client == next.client);
    write_number(out, clients().count() as u64);
    for spans in clients() {
        write_id(out, (spans[0].client, spans.len() as u32));
        for Span { start, end, .. } in spans {
            write_number(out, (*start).into());
            write_number(out, (end - start).into());
        }
    }
}
