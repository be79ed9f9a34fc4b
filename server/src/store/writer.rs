//! Writing the segment that grows, and beginning the next.
//!
//! **Architecture invariant:** bytes behind the last synced frame were acknowledged to nobody, and bytes before it are never
//! written again.

use std::{io, sync::Arc};

use super::{
    StoreError,
    disk_io::Disk,
    footer::{self, Contents},
    frame::{self, DirectoryId, HEADER_BYTES, Stamp},
    segment::{self, Segment},
};

/// 1 MiB: room is taken in such steps, by writing zeros, some 5 ms each. What is written into room that was written before is durable
/// as soon as its bytes are: a sync then has nothing to do with the file system's own journal. Where that journal has its part in a
/// sync, in a file that grows or in room that was merely allotted, a sync was seen to succeed while a cut took what it had synced.
const STEP_BYTES: u64 = 1 << 20;
/// 4 KiB: zeros are written so many at a time. The system caches a file in pieces as large as what was written into them, and goes
/// through the whole of a piece for each small write into it later.
const ZEROS: [u8; 4 << 10] = [0; 4 << 10];

/// Why nothing was written.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is no room. Nothing of it will ever be found.
    Full,
    /// The disk failed: what it holds of this is known only after opening it again.
    Failed(io::Error),
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Full => StoreError::Full,
            Failure::Failed(error) => StoreError::InDoubt(Arc::new(error)),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if is_full(&error) { Failure::Full } else { Failure::Failed(error) }
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// The way to the end of the log.
pub(super) struct Writer {
    disk: Arc<dyn Disk>,
    directory: DirectoryId,
    segment: Arc<Segment>,
    segment_bytes: u64,
    /// Where the next frame begins.
    end: u64,
    /// How far room was taken.
    room_end: u64,
    /// The segment takes no more; this one is to be begun and could not be yet.
    next: Option<u32>,
    /// The last frame is one of records, so nothing shows that it was synced.
    unmarked: bool,
}

impl Writer {
    /// Begins a segment, in place of one that was begun and never written to.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn begin(disk: &Arc<dyn Disk>, directory: DirectoryId, number: u32, segment_bytes: u64) -> Result<Self, Failure> {
        let stamp = Stamp::new(directory, number);
        let file = disk.create(&segment::name(number))?;
        file.write_at(&stamp.header(), 0)?;
        file.sync().and_then(|()| disk.sync_dir(segment::DIRECTORY)).map_err(Failure::Failed)?;
        Ok(Self::go_on(disk.clone(), directory, Segment { stamp, file }.into(), HEADER_BYTES as u64, segment_bytes)?)
    }

    /// Goes on with a segment whose last frame ends at `end`.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn go_on(
        disk: Arc<dyn Disk>,
        directory: DirectoryId,
        segment: Arc<Segment>,
        end: u64,
        segment_bytes: u64,
    ) -> io::Result<Self> {
        let room_end = segment.file.len()?;
        Ok(Self { disk, directory, segment, segment_bytes, end, room_end, next: None, unmarked: false })
    }

    /// Begins a segment as soon as there is room for it; until then nothing is written.
    pub(super) fn begin_later(
        disk: Arc<dyn Disk>,
        directory: DirectoryId,
        segment: Arc<Segment>,
        next: u32,
        segment_bytes: u64,
    ) -> Self {
        Self { disk, directory, segment, segment_bytes, end: 0, room_end: 0, next: Some(next), unmarked: false }
    }

    /// The segment that grows.
    pub(super) fn segment(&self) -> Arc<Segment> {
        self.segment.clone()
    }

    /// Whether a frame of so many bytes belongs into another segment.
    pub(super) fn wants_next(&self, frame_bytes: usize) -> bool {
        self.next.is_some() || (self.end > HEADER_BYTES as u64 && self.end + frame_bytes as u64 > self.segment_bytes)
    }

    /// Ends the segment, which holds this, with its footer, and begins the next.
    ///
    /// # Errors
    /// [`Failure::Full`] leaves all as it was, or the segment ended and the next one still to be begun.
    pub(super) fn next(&mut self, contents: &Contents) -> Result<Arc<Segment>, Failure> {
        let number = match self.next {
            Some(number) => number,
            None => {
                let ending = footer::ending(contents, &self.segment.stamp, self.end);
                self.write(&ending)?;
                let length = self.end + ending.len() as u64;
                self.segment.file.set_len(length).and_then(|()| self.segment.file.sync()).map_err(Failure::Failed)?;
                *self.next.insert(self.segment.stamp.segment() + 1)
            }
        };
        // Where there is no room for it, it is begun again later, over what there is of it then.
        *self = Self::begin(&self.disk, self.directory, number, self.segment_bytes)?;
        Ok(self.segment.clone())
    }

    /// Writes a commit's frame, which has room for what stands around its heads and bodies, and syncs it. Answers where it stands.
    ///
    /// # Errors
    /// Nothing of a frame that found no room will be found again.
    pub(super) fn append(&mut self, heads_bytes: usize, frame: &mut [u8]) -> Result<u64, Failure> {
        let offset = self.end;
        frame::seal_commit(&self.segment.stamp, offset, heads_bytes, frame);
        self.write(frame)?;
        self.segment.file.sync().map_err(Failure::Failed)?;
        self.end += frame.len() as u64;
        self.unmarked = true;
        Ok(offset)
    }

    /// Marks the last frame as synced, by an empty one behind it: from then on it is known whether the log's end was cut or damaged.
    ///
    /// # Errors
    /// The mark is missing then, and nothing else.
    pub(super) fn mark(&mut self) -> Result<(), Failure> {
        if self.unmarked && self.next.is_none() {
            self.append(0, &mut vec![0; frame::commit_bytes(0, 0)])?;
            self.unmarked = false;
        }
        Ok(())
    }

    /// Takes room for so many bytes more, for a while ahead if there is so much.
    ///
    /// # Errors
    /// [`Failure::Full`] if there is not even as much.
    pub(super) fn reserve(&mut self, bytes: u64) -> Result<(), Failure> {
        let needed = self.end + bytes;
        if needed <= self.room_end {
            return Ok(());
        }
        for until in [needed.next_multiple_of(STEP_BYTES).min(self.segment_bytes.max(needed)), needed] {
            match self.write_zeros(until) {
                Ok(()) => {
                    self.segment.file.sync().map_err(Failure::Failed)?;
                    self.room_end = until;
                    return Ok(());
                }
                Err(error) if is_full(&error) => {}
                Err(error) => return Err(Failure::Failed(error)),
            }
        }
        self.cut_back()
    }

    fn write_zeros(&self, until: u64) -> io::Result<()> {
        let mut at = self.room_end;
        while at < until {
            let some = (until - at).min(ZEROS.len() as u64 - at % ZEROS.len() as u64) as usize;
            self.segment.file.write_at(&ZEROS[..some], at)?;
            at += some as u64;
        }
        Ok(())
    }

    /// Writes at the end, without a sync.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.reserve(bytes.len() as u64)?;
        match self.segment.file.write_at(bytes, self.end) {
            Ok(()) => Ok(()),
            Err(error) if is_full(&error) => self.cut_back(),
            Err(error) => Err(Failure::Failed(error)),
        }
    }

    /// Cuts off what a write without room left behind, for good: nobody shall find it after a power cut.
    fn cut_back(&mut self) -> Result<(), Failure> {
        self.segment.file.set_len(self.end).and_then(|()| self.segment.file.sync()).map_err(Failure::Failed)?;
        self.room_end = self.end;
        Err(Failure::Full)
    }
}
