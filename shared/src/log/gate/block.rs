//! One block of an update, as Yjs writes it (`src/structs/Item.js`, `src/utils/UpdateDecoder.js`, version 1).

use super::{bytes::Reader, refusal::Refusal};
use crate::limits;

/// A client id and a clock.
pub(super) type Id = (u64, u32);

/// The first byte of a collected block.
pub(super) const GC: u8 = 0;
pub(super) const HAS_ORIGIN: u8 = 0x80;
pub(super) const HAS_RIGHT: u8 = 0x40;
pub(super) const HAS_KEY: u8 = 0x20;
/// The flags under which a block says by itself where it stands; the others inherit from a neighbour.
pub(super) const HAS_NEIGHBOUR: u8 = HAS_ORIGIN | HAS_RIGHT;

/// Where a block says that it stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Parent<'a> {
    /// Where its neighbours stand.
    Inherited,
    Root(&'a str),
    Item(Id),
}

/// What a block holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A deleted block of which not even the place is kept.
    Gc,
    Deleted,
    Text,
    Format,
    Type(Shared),
    Any,
}

/// The shared types of a plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shared {
    Array,
    Map,
    Text,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'a> {
    pub kind: Kind,
    pub len: u32,
    pub origin: Option<Id>,
    pub right: Option<Id>,
    pub parent: Parent<'a>,
    /// The key, for an entry of a map that says its parent itself.
    pub key: Option<&'a str>,
    pub content: Content<'a>,
}

/// What a block holds, as far as that is judged.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content<'a> {
    /// Nothing that is judged.
    None,
    Text(&'a str),
    /// So many JSON-like values.
    Values(&'a [u8]),
}

impl<'a> Block<'a> {
    /// Reads one block that starts at `clock`, and checks everything that can be seen in it alone.
    pub fn read(reader: &mut Reader<'a>, clock: u32) -> Result<Self, Refusal> {
        let mut block = Self::read_head(reader)?;
        block.len = block.read_content(reader)?;
        if block.len == 0 || u64::from(clock) + u64::from(block.len) > limits::CLOCK_MAX {
            return reader.refuse("a block's length is 0 or passes the largest clock");
        }
        Ok(block)
    }

    /// Reads what stands before a block's content.
    pub fn read_head(reader: &mut Reader<'a>) -> Result<Self, Refusal> {
        let info = reader.u8()?;
        let kind = match info & 0x1f {
            0 if info == 0 => Kind::Gc,
            1 => Kind::Deleted,
            4 => Kind::Text,
            6 => Kind::Format,
            // Which one, its content says.
            7 => Kind::Type(Shared::Array),
            8 => Kind::Any,
            _ => return reader.refuse("a block is of a kind that a plan does not use"),
        };
        let mut block =
            Block { kind, len: 0, origin: None, right: None, parent: Parent::Inherited, key: None, content: Content::None };
        if kind != Kind::Gc {
            block.read_place(reader, info)?;
        }
        Ok(block)
    }

    /// Cuts off the first `units` of a block at `id`, as yrs and Yjs do with what they know: what remains continues that.
    pub fn cut(&mut self, (client, clock): Id, units: u32) {
        self.len -= units;
        if self.kind != Kind::Gc {
            self.origin = Some((client, clock + units - 1));
            (self.parent, self.key) = (Parent::Inherited, None);
        }
    }

    fn read_place(&mut self, reader: &mut Reader<'a>, info: u8) -> Result<(), Refusal> {
        if info & HAS_ORIGIN != 0 {
            self.origin = Some(reader.id()?);
        }
        if info & HAS_RIGHT != 0 {
            self.right = Some(reader.id()?);
        }
        if info & HAS_NEIGHBOUR == 0 {
            self.parent = match reader.number()? {
                0 => Parent::Item(reader.id()?),
                1 => Parent::Root(reader.text()?),
                _ => return reader.refuse("a parent is neither a name nor an id"),
            };
            if info & HAS_KEY != 0 {
                self.key = Some(reader.text()?);
            }
        }
        Ok(())
    }

    fn read_content(&mut self, reader: &mut Reader<'a>) -> Result<u32, Refusal> {
        Ok(match self.kind {
            Kind::Gc | Kind::Deleted => reader.clock()?,
            Kind::Text => {
                let text = reader.text()?;
                self.content = Content::Text(text);
                // Clocks count UTF-16 units; an update's bytes, and so this, are far below 2^31.
                (if text.is_ascii() { text.len() } else { text.encode_utf16().count() }) as u32
            }
            Kind::Format => {
                reader.text()?;
                reader.json()?;
                1
            }
            Kind::Type(_) => {
                self.kind = Kind::Type(match reader.u8()? {
                    0 => Shared::Array,
                    1 => Shared::Map,
                    2 => Shared::Text,
                    _ => return reader.refuse("a shared type is neither array, map nor text"),
                });
                1
            }
            Kind::Any => {
                let count = reader.count(1)?;
                let at = reader.at();
                for _ in 0..count {
                    reader.any(0)?;
                }
                self.content = Content::Values(reader.since(at));
                count as u32
            }
        })
    }
}
