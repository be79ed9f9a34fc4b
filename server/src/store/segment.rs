//! Segments as files: their names, and reading their frames, one after the other or at a place.
//!
//! **Architecture invariant:** a frame is handed out only if its check holds. What the disk cannot read holds no check; it is passed over
//! like any damage, and keeps nothing else from being read.

use std::{io, sync::Arc};

use super::{
    Seq,
    disk_io::{Disk, DiskFile, read_around},
    frame::{self, COMMIT, DirectoryId, FOOTER, FRAME_BYTES, FrameHeader, HEADER_BYTES, Head, Stamp},
};

/// Where segments are.
pub(super) const DIRECTORY: &str = "segments";
/// 64 MiB: so much, or one commit, makes a segment full.
pub(super) const SEGMENT_BYTES: u64 = 64 << 20;
/// 4 KiB: what is read for one frame among others.
const READ_BYTES_MIN: usize = 4 << 10;
/// 256 KiB: what is read at once of frames that follow one another.
const READ_BYTES_MAX: usize = 256 << 10;

/// 1 MiB: how much of the end of a damaged frame is looked at for whose records it held.
const HEADS_BYTES_MAX: u64 = 1 << 20;

/// The file of a segment.
pub(super) fn name(segment: u32) -> String {
    format!("{DIRECTORY}/journal-{segment:08}.seg")
}

/// The file of a footer that was made again.
pub(super) fn footer_name(segment: u32) -> String {
    format!("{DIRECTORY}/journal-{segment:08}.footer")
}

/// The numbers of the segments that are there, in order. A file that merely looks like one is none.
///
/// # Errors
/// What the disk says.
pub(super) fn numbers(disk: &dyn Disk) -> io::Result<Vec<u32>> {
    let number = |file: &String| {
        let number = file.strip_prefix("journal-")?.strip_suffix(".seg")?.parse().ok()?;
        (name(number) == format!("{DIRECTORY}/{file}")).then_some(number)
    };
    let mut numbers: Vec<u32> = disk.list(DIRECTORY)?.iter().filter_map(number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// A segment open for reading.
pub(super) struct Segment {
    pub(super) stamp: Stamp,
    pub(super) file: Arc<dyn DiskFile>,
}

impl Segment {
    /// Opens a segment's file.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn open(disk: &dyn Disk, directory: DirectoryId, number: u32) -> io::Result<Self> {
        Ok(Self { stamp: Stamp::new(directory, number), file: disk.open(&name(number))? })
    }

    /// The directory and the number that it says it has; `None` if it does not begin as a segment does.
    pub(super) fn header_of(&self) -> Option<(DirectoryId, u32)> {
        let mut header = [0; HEADER_BYTES];
        read_around(&*self.file, &mut header, 0);
        Stamp::of_header(&header)
    }

    /// Its frames in order.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn frames(&self) -> io::Result<Frames> {
        let reader = FrameReader::new(self)?;
        Ok(Frames { end: reader.length, reader, offset: HEADER_BYTES as u64 })
    }
}

/// Reads frames at places of one segment. Reads ahead where they follow one another.
pub(super) struct FrameReader {
    stamp: Stamp,
    file: Arc<dyn DiskFile>,
    length: u64,
    /// What was read last: its first `held` bytes stood at `start`.
    buffer: Vec<u8>,
    held: usize,
    start: u64,
    ahead: usize,
    /// Where the last stretch ends that the disk could not read; 0 without one.
    unreadable_end: u64,
}

/// A frame whose check holds.
pub(super) struct Frame<'a> {
    /// Where it begins in its segment.
    pub(super) offset: u64,
    /// Where it ends.
    pub(super) end: u64,
    /// Its documents.
    pub(super) heads: Vec<Head<'a>>,
    /// Their records.
    pub(super) records: Vec<Vec<&'a [u8]>>,
}

impl FrameReader {
    /// A reader of what a segment holds now.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn new(segment: &Segment) -> io::Result<Self> {
        let (stamp, file) = (segment.stamp, segment.file.clone());
        let length = file.len()?;
        Ok(Self { stamp, length, file, buffer: Vec::new(), held: 0, start: 0, ahead: READ_BYTES_MIN, unreadable_end: 0 })
    }

    /// The frame at a place; `None` if what stands there is not whole.
    pub(super) fn frame(&mut self, offset: u64) -> Option<Frame<'_>> {
        let header = self.whole(offset)?;
        self.lend(&header)
    }

    /// Reads the frame at a place and checks it.
    fn whole(&mut self, offset: u64) -> Option<FrameHeader> {
        let stamp = self.stamp;
        let header = self.header(offset)?;
        let bytes = self.bytes(offset, FRAME_BYTES + header.payload_bytes());
        let holds = bytes.get(FRAME_BYTES..).is_some_and(|payload| header.holds(&stamp, payload));
        holds.then_some(header)
    }

    /// The frame that was read last.
    fn lend(&self, header: &FrameHeader) -> Option<Frame<'_>> {
        let at = (header.offset() - self.start) as usize + FRAME_BYTES;
        let payload = self.buffer[..self.held].get(at..at + header.payload_bytes())?;
        let (heads, rest) = payload.split_at(header.heads_bytes());
        let heads = frame::heads(heads)?;
        Some(Frame {
            offset: header.offset(),
            end: header.end(),
            records: frame::records(&heads, header.heads_bytes(), rest)?,
            heads,
        })
    }

    /// A frame's header, if its sizes hold and it ends within the file.
    fn header(&mut self, offset: u64) -> Option<FrameHeader> {
        let (stamp, length) = (self.stamp, self.length);
        let header = FrameHeader::read(&stamp, COMMIT, offset, self.bytes(offset, FRAME_BYTES));
        header.filter(|header| header.end() <= length)
    }

    /// The bytes at a place, fewer where the file ends.
    fn bytes(&mut self, offset: u64, length: usize) -> &[u8] {
        let held = self.start + self.held as u64;
        if offset < self.start || offset + length as u64 > held {
            // What follows on what was read before is likely to go on.
            let follows = offset >= self.start && offset <= held + READ_BYTES_MIN as u64;
            self.ahead = if follows { (self.ahead * 2).min(READ_BYTES_MAX) } else { READ_BYTES_MIN };
            self.read(offset, length.max(self.ahead));
        }
        let at = (offset - self.start) as usize;
        self.buffer[..self.held].get(at..).map_or(&[], |bytes| &bytes[..length.min(bytes.len())])
    }

    /// What is held from a place on, read if it is less than a frame begins with.
    fn rest(&mut self, offset: u64) -> &[u8] {
        let held = self.start + self.held as u64;
        if offset < self.start || offset + COMMIT.len() as u64 > held {
            self.read(offset, READ_BYTES_MAX);
        }
        &self.buffer[(offset - self.start) as usize..self.held]
    }

    fn read(&mut self, offset: u64, length: usize) {
        let length = self.length.saturating_sub(offset).min(length as u64) as usize;
        if self.buffer.len() < length {
            self.buffer = vec![0; length];
        }
        let read = read_around(&*self.file, &mut self.buffer[..length], offset);
        (self.start, self.held) = (offset, read.bytes);
        if let Some((end, error)) = read.unreadable {
            let segment = self.stamp.segment();
            tracing::error!(segment, offset, end, %error, "a stretch of a segment cannot be read");
            self.unreadable_end = self.unreadable_end.max(end);
        }
    }
}

/// The frames of a segment in order. What is damaged between them is passed over and told.
pub(super) struct Frames {
    reader: FrameReader,
    end: u64,
    offset: u64,
}

/// What stands next in a segment.
pub(super) enum Next<'a> {
    /// A frame that is whole.
    Frame(Frame<'a>),
    /// Something else, as far as the next whole frame or the end.
    Damaged(Damaged),
    /// Nothing: here the frames end.
    End,
}

/// A stretch of a segment that holds no whole frame.
pub(super) struct Damaged {
    pub(super) offset: u64,
    pub(super) end: u64,
    /// Whether something stands in it that was durable, and so may have been acknowledged. Where not, it is what a write under way left:
    /// a commit begins only when the one before is durable, so no more than one frame can be under way.
    pub(super) was_durable: bool,
    /// Whose records stood in its frames, as far as that can be told.
    pub(super) lost: Vec<Lost>,
}

/// A document, and the first and last of its records in a frame.
pub(super) type Lost = (String, Seq, Seq);

fn lost(heads: &[u8]) -> Vec<Lost> {
    let heads = frame::heads(heads).unwrap_or_default();
    heads.iter().map(|head| (head.name.to_owned(), head.first, head.last())).collect()
}

impl Frames {
    /// What comes next.
    pub(super) fn next(&mut self) -> Next<'_> {
        let offset = self.offset;
        if let Some(header) = self.reader.whole(offset).filter(|header| header.end() <= self.end) {
            self.offset = header.end();
            let damaged = Damaged { offset, end: header.end(), was_durable: true, lost: Vec::new() };
            return self.reader.lend(&header).map_or(Next::Damaged(damaged), Next::Frame);
        }
        // A commit that damage made look like a footer is followed by others; a footer is not.
        let is_footer = self.reader.bytes(offset, FOOTER.len()) == FOOTER && self.search(offset).is_none();
        if is_footer || self.is_blank(offset) {
            return Next::End;
        }
        Next::Damaged(self.damaged(offset))
    }

    /// Whether anything of what was passed could not be read.
    pub(super) fn is_unreadable(&self) -> bool {
        self.reader.unreadable_end > 0
    }

    /// The stretch up to the next whole frame or the end, and passes over it.
    fn damaged(&mut self, offset: u64) -> Damaged {
        let first_end = self.reader.header(offset).map(|header| header.end());
        let mut lost = Vec::new();
        let mut last_end = self.begun(offset, &mut lost);
        let (mut at, mut next, mut begun_behind) = (offset, None, false);
        while let Some(found) = self.search(at) {
            if self.reader.whole(found).is_some_and(|header| header.end() <= self.end) {
                next = Some(found);
                break;
            }
            if let Some(end) = self.begun(found, &mut lost) {
                (last_end, begun_behind) = (Some(end), true);
            }
            at = found;
        }
        if let Some(next) = next.filter(|next| Some(*next) != last_end) {
            lost.extend(self.lost_before(next, offset));
        }
        let is_followed = next.is_some() || begun_behind || first_end.is_some_and(|end| !self.is_blank(end));
        self.offset = next.unwrap_or(self.end);
        let was_durable = is_followed || self.reader.unreadable_end > offset;
        Damaged { offset, end: self.offset, was_durable, lost }
    }

    /// Whether only zeros follow, or nothing.
    fn is_blank(&mut self, mut offset: u64) -> bool {
        while offset < self.end {
            let length = (self.end - offset).min(READ_BYTES_MAX as u64) as usize;
            let bytes = self.reader.bytes(offset, length);
            if bytes.iter().any(|byte| *byte != 0) {
                return false;
            }
            offset += length as u64;
        }
        true
    }

    /// Adds whose records stand in a frame that is not whole, by its beginning, and answers where it ends.
    fn begun(&mut self, offset: u64, records: &mut Vec<Lost>) -> Option<u64> {
        let (stamp, end) = (self.reader.stamp, self.end);
        let header = self.reader.header(offset).filter(|header| header.end() <= end)?;
        let bytes = self.reader.bytes(offset, FRAME_BYTES + header.heads_bytes());
        let heads = bytes.get(FRAME_BYTES..).filter(|heads| header.heads_hold(&stamp, heads))?;
        records.extend(lost(heads));
        Some(header.end())
    }

    /// Whose records stood in a frame that is not whole, by its end; it does not begin before `from`.
    fn lost_before(&mut self, end: u64, from: u64) -> Vec<Lost> {
        let stamp = self.reader.stamp;
        let from = from.max(end.saturating_sub(HEADS_BYTES_MAX));
        let bytes = self.reader.bytes(from, (end - from) as usize);
        frame::heads_before(&stamp, end, bytes).map_or_else(Vec::new, lost)
    }

    /// Where the next frame behind a place may begin: by its first bytes and, since records may hold the same bytes, by the check of its
    /// sizes, which only this server can have made.
    fn search(&mut self, offset: u64) -> Option<u64> {
        let mut at = offset + 1;
        while at < self.end {
            let window = self.reader.rest(at);
            let found = window.windows(COMMIT.len()).position(|bytes| bytes == COMMIT);
            let Some(found) = found else {
                let passed = window.len().saturating_sub(COMMIT.len() - 1).max(1);
                at += passed as u64;
                continue;
            };
            at += found as u64;
            if self.reader.header(at).is_some() {
                return Some(at);
            }
            at += 1;
        }
        None
    }
}
