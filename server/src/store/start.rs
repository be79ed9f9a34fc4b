//! What a start finds: the format, full segments by their footers, and how far the last one goes.
//!
//! A torn end, the write that was under way when the power went, is cut off. It is told from damage by what follows: a commit
//! begins only when the one before is durable, so what stands before a whole frame was acknowledged.
//!
//! A start needs no room on the disk: what finds none is kept in memory or done later.

use std::{io, sync::Arc};

use indicatif::{ProgressBar, ProgressStyle};
use plenary_shared::id::DocAddress;

use super::{
    StoreError,
    catalog::{Active, Catalog, Damage},
    disk_io::{self, Disk, FORMAT_FILE},
    footer::{Contents, Footer},
    frame::{DirectoryId, FORMAT},
    segment::{self, Segment},
    snapshots,
    tail::{self, Scanned},
    writer::{Failure, Writer},
};

/// 4 KiB: no such file is larger.
const FORMAT_BYTES_MAX: u64 = 4 << 10;

/// Opens what is on the disk, or makes a new store of an empty directory.
pub(super) fn open(disk: &Arc<dyn Disk>, segment_bytes: u64) -> Result<(DirectoryId, Catalog, Writer), StoreError> {
    let directory = identify(&**disk)?;
    for name in [segment::DIRECTORY, snapshots::DIRECTORY] {
        disk.make_dir(name)?;
    }
    disk.sync_dir("")?;
    snapshots::tidy(&**disk);
    // A server that was killed may have made a segment whose name is not durable yet.
    disk.sync_dir(segment::DIRECTORY)?;
    let numbers = segment::numbers(&**disk)?;
    if let Some(missing) = (1..).zip(&numbers).find_map(|(expected, number)| (expected != *number).then_some(expected)) {
        return Err(damaged(&**disk, format!("segment {missing} is missing")));
    }
    let Some((last, full)) = numbers.split_last() else {
        let writer = Writer::begin(disk, directory, 1, segment_bytes)?;
        let active = Active { segment: writer.segment(), contents: Contents::default() };
        return Ok((directory, Catalog::new(active), writer));
    };
    let last = Segment::open(&**disk, directory, *last)?;
    let mut start = Start {
        disk,
        directory,
        segment_bytes,
        catalog: Catalog::new(Active { segment: Arc::new(last), contents: Contents::default() }),
        bar: None,
    };
    for number in full {
        start.enter_full(*number, numbers.len() as u64)?;
    }
    let writer = start.enter_last()?;
    if let Some(bar) = &start.bar {
        bar.finish_and_clear();
    }
    Ok((directory, start.catalog, writer))
}

struct Start<'a> {
    disk: &'a Arc<dyn Disk>,
    directory: DirectoryId,
    segment_bytes: u64,
    catalog: Catalog,
    /// Shown on a terminal as soon as a segment has to be read from end to end.
    bar: Option<ProgressBar>,
}

impl Start<'_> {
    fn enter_full(&mut self, number: u32, of: u64) -> Result<(), StoreError> {
        let segment = Segment::open(&**self.disk, self.directory, number)?;
        self.refuse_foreign(&segment)?;
        if let Some(footer) = Footer::of(&segment, &**self.disk)? {
            self.enter(number, &footer);
            return Ok(());
        }
        tracing::warn!(segment = number, "a segment's footer does not check: the segment is read from end to end");
        let bar = self.bar.get_or_insert_with(|| bar(of));
        bar.set_position(number.into());
        let mut scanned = tail::contents(&segment, |_| bar.tick())?;
        scanned.nothing_is_torn();
        self.enter_scanned(&segment, scanned);
        Ok(())
    }

    /// Refuses a segment that is whole and not this one: nothing in it would check, and its records be taken for damaged.
    fn refuse_foreign(&self, segment: &Segment) -> Result<(), StoreError> {
        let number = segment.stamp.segment();
        match segment.header_of() {
            Some(of) if of != (self.directory, number) => {
                Err(damaged(&**self.disk, format!("the file of segment {number} is another directory's or another segment's")))
            }
            _ => Ok(()),
        }
    }

    /// Enters the last segment and answers how to go on.
    fn enter_last(&mut self) -> Result<Writer, StoreError> {
        let segment = self.catalog.active().segment.clone();
        let number = segment.stamp.segment();
        self.refuse_foreign(&segment)?;
        if let Some(footer) = Footer::of(&segment, &**self.disk)? {
            segment.file.sync()?;
            self.enter(number, &footer);
            return self.begin(number + 1);
        }
        let header_holds = segment.header_of().is_some();
        let mut scanned = tail::contents(&segment, |_| {})?;
        if !header_holds && scanned.is_blank() {
            // It was made when the power went, and never written to.
            return self.begin(number);
        }
        if header_holds {
            self.cut(&segment, &scanned)?;
            settle(&segment, &scanned)?;
        } else {
            tracing::error!(segment = number, "a segment's header is damaged");
            scanned.nothing_is_torn();
        }
        if header_holds && scanned.damaged.is_empty() {
            return self.go_on(segment, scanned);
        }
        // Nothing is written behind damage.
        self.enter_scanned(&segment, scanned);
        self.begin(number + 1)
    }

    /// Cuts off what a write under way left.
    fn cut(&self, segment: &Segment, scanned: &Scanned) -> io::Result<()> {
        let Some(torn) = &scanned.torn else { return Ok(()) };
        let (segment, number, offset) = (&segment.file, segment.stamp.segment(), torn.offset);
        tracing::info!(segment = number, offset, "the write under way when the server ended was not whole, and is cut off");
        segment.set_len(offset)
    }

    /// Goes on in the last segment, where its last whole frame ends.
    fn go_on(&mut self, segment: Arc<Segment>, scanned: Scanned) -> Result<Writer, StoreError> {
        let number = segment.stamp.segment();
        let (disk, directory) = (self.disk.clone(), self.directory);
        let writer = Writer::go_on(disk, directory, segment.clone(), scanned.end, self.segment_bytes)?;
        let apart = self.catalog.enter_active(Active { segment, contents: scanned.contents });
        self.note(number, apart);
        Ok(writer)
    }

    fn begin(&mut self, number: u32) -> Result<Writer, StoreError> {
        match Writer::begin(self.disk, self.directory, number, self.segment_bytes) {
            Ok(writer) => {
                self.catalog.advance(writer.segment());
                Ok(writer)
            }
            Err(Failure::Full) => {
                tracing::warn!(segment = number, "the disk is full: the next segment is begun once there is room");
                let (disk, segment) = (self.disk.clone(), self.catalog.active().segment.clone());
                Ok(Writer::begin_later(disk, self.directory, segment, number, self.segment_bytes))
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Enters a segment that was read from end to end, and keeps what was found: for the next start, or, where that cannot be or the
    /// next start may find more, for this one.
    fn enter_scanned(&mut self, segment: &Segment, scanned: Scanned) {
        let number = segment.stamp.segment();
        scanned.report(number);
        let apart = self.catalog.enter_contents(number, &scanned.contents);
        self.note(number, apart);
        for stretch in &scanned.damaged {
            for (name, first, last) in &stretch.lost {
                let what = format!("segment {number}: the commit at offset {} does not match its checksum", stretch.offset);
                self.catalog.damage(name, Damage { first: *first, last: *last, what });
            }
        }
        let is_written = !scanned.is_unreadable
            && match Footer::write_beside(&**self.disk, &segment.stamp, &scanned.contents) {
                Ok(()) => true,
                Err(error) => {
                    tracing::warn!(segment = number, %error, "a footer that was made again could not be written");
                    false
                }
            };
        if !is_written {
            self.catalog.keep(number, scanned.contents);
        }
    }

    fn enter(&mut self, number: u32, footer: &Footer) {
        let apart = self.catalog.enter(number, footer);
        self.note(number, apart);
    }

    /// Tells of logs whose segments do not join, and remembers it.
    fn note(&mut self, segment: u32, apart: Vec<(Arc<str>, Damage)>) {
        for (name, damage) in apart {
            let doc = DocAddress::stored(&name).map(|doc| doc.for_log().to_string());
            tracing::error!(segment, doc, record = damage.first, what = damage.what, "records are missing");
            self.catalog.damage(&name, damage);
        }
    }
}

/// Makes durable what is about to be shown. A server that was killed may have left its last write in the system's memory alone, and
/// after a sync that failed it may be there and marked as written; so what may be its last write, the header or a commit, is written
/// once more, the same bytes in the same place.
fn settle(segment: &Segment, scanned: &Scanned) -> io::Result<()> {
    match scanned.last {
        Some(offset) => {
            let mut frame = vec![0; (scanned.end - offset) as usize];
            let read = segment.file.read_at(&mut frame, offset)?;
            segment.file.write_at(&frame[..read], offset)?;
        }
        None => segment.file.write_at(&segment.stamp.header(), 0)?,
    }
    segment.file.sync()
}

/// Reads which directory this is; makes it one if it is new.
pub(super) fn identify(disk: &dyn Disk) -> Result<DirectoryId, StoreError> {
    let format = |found: &str| StoreError::Format { path: disk.path().to_path_buf(), found: found.to_owned(), ours: FORMAT };
    let bytes = match disk_io::read_file(disk, FORMAT_FILE, FORMAT_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return make(disk),
        Err(error) => return Err(error.into()),
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| format("unreadable"))?;
    let line = text.lines().next().unwrap_or_default();
    if line != format!("plenary store {FORMAT}") {
        return Err(format(line));
    }
    let number = text.get(line.len() + 1..line.len() + 33).and_then(|hex| u128::from_str_radix(hex, 16).ok());
    let directory = number.map(u128::to_be_bytes).filter(|directory| text == identity(directory));
    directory.ok_or_else(|| damaged(disk, "its file FORMAT does not say which directory it is".into()))
}

fn make(disk: &dyn Disk) -> Result<DirectoryId, StoreError> {
    if disk.list(segment::DIRECTORY).is_ok_and(|names| !names.is_empty()) {
        return Err(damaged(disk, "its file FORMAT is missing".into()));
    }
    let mut directory = DirectoryId::default();
    getrandom::fill(&mut directory).map_err(|error| io::Error::other(error.to_string()))?;
    disk_io::write_file(disk, FORMAT_FILE, &[identity(&directory).as_bytes()])?;
    Ok(directory)
}

/// What the file FORMAT holds: the format, and the directory with a checksum, since under another id nothing in it would check.
fn identity(directory: &DirectoryId) -> String {
    let check = blake3::hash(directory).to_hex();
    format!("plenary store {FORMAT}\n{:032x} {}\n", u128::from_be_bytes(*directory), &check[..16])
}

fn damaged(disk: &dyn Disk, what: String) -> StoreError {
    StoreError::Damaged { path: disk.path().to_path_buf(), what }
}

/// A bar over so many segments; nothing where standard error is no terminal.
fn bar(segments: u64) -> ProgressBar {
    let bar = ProgressBar::new(segments).with_message("reading segments whose footers do not check");
    match ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}, {elapsed}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
