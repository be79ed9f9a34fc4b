//! Builds updates by hand, well-formed or not.

use super::super::block::Id;

pub const DELETED: u8 = 1;
pub const TEXT: u8 = 4;
pub const FORMAT: u8 = 6;
pub const TYPE: u8 = 7;
pub const ANY: u8 = 8;

pub fn number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub fn text(out: &mut Vec<u8>, text: &str) {
    number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Where a block says that it stands.
#[derive(Clone, Copy, Debug)]
pub enum At<'a> {
    Root(&'a str),
    RootKey(&'a str, &'a str),
    Item(Id),
    ItemKey(Id, &'a str),
    Left(Id),
    Right(Id),
    Between(Id, Id),
}

fn id(out: &mut Vec<u8>, id: Id) {
    number(out, id.0);
    number(out, id.1.into());
}

/// A block with raw content.
pub fn block(kind: u8, at: At<'_>, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match at {
        At::Root(name) => {
            out.extend([kind, 1]);
            text(&mut out, name);
        }
        At::RootKey(name, key) => {
            out.extend([kind | 0x20, 1]);
            text(&mut out, name);
            text(&mut out, key);
        }
        At::Item(parent) => {
            out.extend([kind, 0]);
            id(&mut out, parent);
        }
        At::ItemKey(parent, key) => {
            out.extend([kind | 0x20, 0]);
            id(&mut out, parent);
            text(&mut out, key);
        }
        At::Left(left) => {
            out.push(kind | 0x80);
            id(&mut out, left);
        }
        At::Right(right) => {
            out.push(kind | 0x40);
            id(&mut out, right);
        }
        At::Between(left, right) => {
            out.push(kind | 0xC0);
            id(&mut out, left);
            id(&mut out, right);
        }
    }
    out.extend_from_slice(content);
    out
}

pub fn words(at: At<'_>, words: &str) -> Vec<u8> {
    let mut content = Vec::new();
    text(&mut content, words);
    block(TEXT, at, &content)
}

pub fn deleted(at: At<'_>, length: u64) -> Vec<u8> {
    let mut content = Vec::new();
    number(&mut content, length);
    block(DELETED, at, &content)
}

pub fn gc(length: u64) -> Vec<u8> {
    let mut out = vec![0];
    number(&mut out, length);
    out
}

pub fn format(at: At<'_>, key: &str, json: &str) -> Vec<u8> {
    let mut content = Vec::new();
    text(&mut content, key);
    text(&mut content, json);
    block(FORMAT, at, &content)
}

/// Deleted ranges: client, first clock, length.
pub type Deletions<'a> = &'a [(u64, &'a [(u64, u64)])];

/// An update of sections (client, first clock, blocks) and deletions.
pub fn update(sections: &[(u64, u64, Vec<Vec<u8>>)], deletions: Deletions<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    number(&mut out, sections.len() as u64);
    for (client, clock, blocks) in sections {
        number(&mut out, blocks.len() as u64);
        number(&mut out, *client);
        number(&mut out, *clock);
        blocks.iter().for_each(|block| out.extend_from_slice(block));
    }
    number(&mut out, deletions.len() as u64);
    for (client, ranges) in deletions {
        number(&mut out, *client);
        number(&mut out, ranges.len() as u64);
        for (start, length) in *ranges {
            number(&mut out, *start);
            number(&mut out, *length);
        }
    }
    out
}

/// An update with one client's blocks.
pub fn blocks(client: u64, clock: u64, blocks: Vec<Vec<u8>>) -> Vec<u8> {
    update(&[(client, clock, blocks)], &[])
}
