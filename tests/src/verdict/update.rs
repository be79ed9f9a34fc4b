//! A Yjs update (version 1) taken apart, so that it can be put together wrongly. It reads what is known to be well-formed.

/// A client id and a clock.
pub type Id = (u64, u32);

/// Where a block without neighbours says that it stands.
#[derive(Clone, Debug)]
pub enum Parent {
    /// In a root.
    Root(String),
    /// In a shared type.
    Item(Id),
}

/// What a block holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// Nothing any more, and no place.
    Collected(u32),
    /// Nothing any more.
    Deleted(u32),
    /// Words.
    Text(String),
    /// A shared type, by its number.
    Type(u8),
    /// Values as they are encoded.
    Any(Vec<Vec<u8>>),
}

/// A block.
#[derive(Clone, Debug)]
pub struct Block {
    /// What it was put behind.
    pub left: Option<Id>,
    /// What it was put before.
    pub right: Option<Id>,
    /// Read only where it has neither neighbour.
    pub parent: Parent,
    /// Under which key of its parent, read only then, too.
    pub key: Option<String>,
    /// What it holds.
    pub content: Content,
}

impl Block {
    /// UTF-16 units, or values.
    pub fn len(&self) -> u32 {
        match &self.content {
            Content::Collected(len) | Content::Deleted(len) => *len,
            Content::Text(text) => text.encode_utf16().count() as u32,
            Content::Type(_) => 1,
            Content::Any(values) => values.len() as u32,
        }
    }
}

/// One client's blocks, from a clock on.
#[derive(Clone, Debug)]
pub struct Section {
    /// Whose they are.
    pub client: u64,
    /// The clock of the first.
    pub clock: u32,
    /// In the order of their clocks.
    pub blocks: Vec<Block>,
}

/// An update.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// What is new.
    pub sections: Vec<Section>,
    /// Client, first clock and length of what is deleted.
    pub deletions: Vec<(u64, u32, u32)>,
}

impl Update {
    /// Takes apart what yrs wrote.
    pub fn read(bytes: &[u8]) -> Self {
        let mut reader = Reader(bytes);
        let mut update = Update::default();
        for _ in 0..reader.number() {
            let (count, client, clock) = (reader.number(), reader.number(), reader.number() as u32);
            update.sections.push(Section { client, clock, blocks: (0..count).map(|_| reader.block()).collect() });
        }
        for _ in 0..reader.number() {
            let client = reader.number();
            for _ in 0..reader.number() {
                update.deletions.push((client, reader.number() as u32, reader.number() as u32));
            }
        }
        update
    }

    /// Puts it together.
    pub fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        number(&mut out, self.sections.len() as u64);
        for section in &self.sections {
            number(&mut out, section.blocks.len() as u64);
            id(&mut out, (section.client, section.clock));
            section.blocks.iter().for_each(|block| write_block(&mut out, block));
        }
        let mut deletions = self.deletions.clone();
        deletions.sort_unstable();
        let of_client = || deletions.chunk_by(|one, next| one.0 == next.0);
        number(&mut out, of_client().count() as u64);
        for ranges in of_client() {
            id(&mut out, (ranges[0].0, ranges.len() as u32));
            for &(_, start, len) in ranges {
                id(&mut out, (start.into(), len));
            }
        }
        out
    }
}

fn number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn id(out: &mut Vec<u8>, (client, clock): Id) {
    number(out, client);
    number(out, clock.into());
}

fn text(out: &mut Vec<u8>, text: &str) {
    number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn write_block(out: &mut Vec<u8>, block: &Block) {
    let kind = match block.content {
        Content::Collected(len) => {
            out.push(0);
            return number(out, len.into());
        }
        Content::Deleted(_) => 1,
        Content::Text(_) => 4,
        Content::Type(_) => 7,
        Content::Any(_) => 8,
    };
    let flag = |has: bool, flag: u8| if has { flag } else { 0 };
    out.push(kind | flag(block.left.is_some(), 0x80) | flag(block.right.is_some(), 0x40) | flag(block.key.is_some(), 0x20));
    block.left.into_iter().chain(block.right).for_each(|neighbour| id(out, neighbour));
    if block.left.is_none() && block.right.is_none() {
        match &block.parent {
            Parent::Root(root) => {
                number(out, 1);
                text(out, root);
            }
            Parent::Item(parent) => {
                number(out, 0);
                id(out, *parent);
            }
        }
        block.key.iter().for_each(|key| text(out, key));
    }
    match &block.content {
        Content::Collected(len) | Content::Deleted(len) => number(out, (*len).into()),
        Content::Text(words) => text(out, words),
        Content::Type(shared) => out.push(*shared),
        Content::Any(values) => {
            number(out, values.len() as u64);
            values.iter().for_each(|value| out.extend_from_slice(value));
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn skip(&mut self, count: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at(count);
        self.0 = rest;
        head
    }

    fn u8(&mut self) -> u8 {
        self.skip(1)[0]
    }

    fn number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.u8();
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return number;
            }
        }
    }

    fn id(&mut self) -> Id {
        (self.number(), self.number() as u32)
    }

    fn text(&mut self) -> String {
        let length = self.number() as usize;
        String::from_utf8(self.skip(length).to_vec()).unwrap()
    }

    fn block(&mut self) -> Block {
        let info = self.u8();
        let mut block =
            Block { left: None, right: None, parent: Parent::Root("text".into()), key: None, content: Content::Collected(0) };
        if info == 0 {
            block.content = Content::Collected(self.number() as u32);
            return block;
        }
        block.left = (info & 0x80 != 0).then(|| self.id());
        block.right = (info & 0x40 != 0).then(|| self.id());
        if info & 0xC0 == 0 {
            block.parent = if self.number() == 1 { Parent::Root(self.text()) } else { Parent::Item(self.id()) };
            block.key = (info & 0x20 != 0).then(|| self.text());
        }
        block.content = match info & 0x1f {
            1 => Content::Deleted(self.number() as u32),
            4 => Content::Text(self.text()),
            7 => Content::Type(self.u8()),
            8 => Content::Any((0..self.number()).map(|_| self.any()).collect()),
            kind => panic!("a plan holds no content of kind {kind}"),
        };
        block
    }

    /// A value that is no list and no map: a plan holds no other.
    fn any(&mut self) -> Vec<u8> {
        let before = self.0;
        match self.u8() {
            120 | 121 | 126 | 127 => {}
            119 => drop(self.text()),
            125 => drop(self.number()),
            124 => drop(self.skip(4)),
            123 => drop(self.skip(8)),
            tag => panic!("a plan holds no value of kind {tag}"),
        }
        before[..before.len() - self.0.len()].to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{trace::document, verdict::drafts};
    use yrs::{ReadTxn, StateVector, Transact};

    #[test]
    fn what_is_taken_apart_is_put_together_as_it_was() {
        let doc = document(7);
        let mut txn = doc.transact_mut();
        drafts::begin(&mut txn);
        let bytes = txn.encode_state_as_update_v1(&StateVector::default());
        assert_eq!(Update::read(&bytes).write(), bytes);
    }
}
