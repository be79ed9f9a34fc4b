//! A look at everything that a store holds while no server runs on it. It changes nothing, and trusts neither index nor footers: every
//! frame of every segment is read.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use plenary_shared::id::DocAddress;

use super::{
    BoxFuture, Condition, Part, SNAPSHOT_BYTES_MAX, Seq, Store, StoreError,
    disk_io::{DRAFT, Disk, RealDisk},
    footer::{BatchPlace, Contents, Footer, digest},
    frame::DirectoryId,
    segment::{self, Damaged, FrameReader, Next, Segment},
    snapshots, start,
};

/// What a look comes upon.
pub enum Seen<'a> {
    /// Records of one document in one commit.
    Records {
        /// Where the commit stands.
        place: Spot,
        /// The document.
        doc: &'a DocAddress,
        /// The first of the records.
        first: Seq,
        /// The records.
        records: &'a [&'a [u8]],
    },
    /// Something that does not hold.
    Fault(SegmentFault),
    /// A write that was under way when the server ended, and that nobody was told of: the next start cuts it off.
    Torn(Spot),
    /// So many bytes are looked at.
    Passed(u64),
}

/// A place in a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spot {
    /// The segment's number.
    pub segment: u32,
    /// The offset in it.
    pub offset: u64,
}

/// Something that does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SegmentFault {
    /// Where, if it stands in a segment.
    pub place: Option<Spot>,
    /// Whose record it is, and which, if that can be told.
    pub record: Option<(DocAddress, Seq)>,
    /// What does not hold.
    pub what: String,
}

/// The records that were found whole and in order, to be read like a store's. Nothing can be appended.
pub struct Surveyed {
    disk: Arc<dyn Disk>,
    directory: DirectoryId,
    logs: HashMap<Arc<str>, Log>,
    reader: Mutex<Option<(u32, FrameReader)>>,
}

#[derive(Default)]
struct Log {
    last: Seq,
    places: Vec<(u32, BatchPlace)>,
    /// Something of it is missing: what comes later does not join on.
    broken: bool,
}

/// A snapshot's file.
pub struct SnapshotFile {
    /// Whose it is.
    pub doc: DocAddress,
    /// The last record that it covers, and the state.
    pub read: Option<(Seq, Bytes)>,
}

/// How many bytes the segments of a directory have.
///
/// # Errors
/// What the system says.
pub fn segment_bytes(path: &Path) -> io::Result<u64> {
    let files = std::fs::read_dir(path.join(segment::DIRECTORY))?;
    files.map(|file| file?.metadata().map(|file| file.len())).sum()
}

/// Looks at all segments in order, and tells what there is as it comes.
///
/// # Errors
/// [`StoreError::Io`] if there is no store, [`StoreError::InUse`], [`StoreError::Format`], or what the disk says.
pub fn look(path: &Path, mut tell: impl FnMut(Seen)) -> Result<Surveyed, StoreError> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::open_existing(path)?);
    let directory = start::identify(&*disk)?;
    let mut found = Surveyed { disk: disk.clone(), directory, logs: HashMap::new(), reader: Mutex::default() };
    let numbers = segment::numbers(&*disk)?;
    let (mut passed, mut expected) = (0, 1);
    for number in &numbers {
        if expected < *number {
            let what = match number - 1 {
                last if last == expected => format!("segment {expected} is missing"),
                last => format!("segments {expected} to {last} are missing"),
            };
            tell(Seen::Fault(SegmentFault { place: None, record: None, what }));
        }
        expected = number.saturating_add(1);
        let segment = Segment::open(&*disk, directory, *number)?;
        found.look_at(&segment, Some(number) == numbers.last(), passed, &mut tell)?;
        passed += segment.file.len()?;
        tell(Seen::Passed(passed));
    }
    Ok(found)
}

impl Surveyed {
    fn look_at(&mut self, segment: &Segment, is_last: bool, passed: u64, tell: &mut impl FnMut(Seen)) -> io::Result<()> {
        let number = segment.stamp.segment();
        let at = |offset| Spot { segment: number, offset };
        let fault =
            |offset, what: &str| Seen::Fault(SegmentFault { place: Some(at(offset)), record: None, what: what.to_owned() });
        // Either may hold: the one beside was made because the one at the end did not.
        let footers = [Footer::at_end(&segment.file, &segment.stamp)?, Footer::beside(&*self.disk, &segment.stamp)?];
        let header_holds = segment.header_of() == Some((self.directory, number));
        let has_footer = footers.iter().any(Option::is_some);
        let is_full = has_footer || !is_last;
        let (mut contents, mut whole) = (Contents::default(), true);
        let (mut frames, mut end) = (segment.frames()?, 0);
        if !header_holds && !is_full && matches!(frames.next(), Next::End) {
            // It was being begun.
            tell(Seen::Torn(at(0)));
            return Ok(());
        }
        if !header_holds {
            tell(fault(0, "the segment's header does not check"));
        }
        frames = segment.frames()?;
        loop {
            match frames.next() {
                Next::End => break,
                Next::Frame(frame) => {
                    for (head, records) in frame.heads.iter().zip(&frame.records) {
                        let Some(last) = records.last() else { continue };
                        contents.add(head.name, head.first, head.last(), digest(last), frame.offset);
                        self.take(at(frame.offset), head.name, head.first, records, tell);
                    }
                    end = frame.end;
                    tell(Seen::Passed(passed + end));
                }
                Next::Damaged(damaged) if damaged.was_durable || is_full || !header_holds => {
                    whole = false;
                    self.lose(number, &damaged, tell);
                }
                Next::Damaged(damaged) => {
                    tell(Seen::Torn(at(damaged.offset)));
                    break;
                }
            }
        }
        if is_full && whole && !footers.iter().flatten().any(|footer| agrees(footer, &contents)) {
            let what = if has_footer { "does not say what the segment holds" } else { "does not check" };
            tell(fault(end, &format!("the segment's footer {what}")));
        }
        Ok(())
    }

    /// Takes the records of one document in a frame.
    fn take(&mut self, place: Spot, name: &str, first: Seq, records: &[&[u8]], tell: &mut impl FnMut(Seen)) {
        let Some(doc) = DocAddress::stored(name) else {
            let what = "a commit names a document that cannot be".to_owned();
            return tell(Seen::Fault(SegmentFault { place: Some(place), record: None, what }));
        };
        let log = self.logs.entry(name.into()).or_default();
        if first != log.last + 1 && !log.broken {
            log.broken = true;
            let what = format!("the log goes on with record {first}, after record {}", log.last);
            tell(Seen::Fault(SegmentFault { place: Some(place), record: Some((doc.clone(), log.last + 1)), what }));
        }
        if log.broken {
            return;
        }
        log.last = first + records.len() as Seq - 1;
        log.places.push((place.segment, BatchPlace { first, offset: place.offset as u32 }));
        tell(Seen::Records { place, doc: &doc, first, records });
    }

    fn lose(&mut self, segment: u32, damaged: &Damaged, tell: &mut impl FnMut(Seen)) {
        let place = Some(Spot { segment, offset: damaged.offset });
        if damaged.lost.is_empty() {
            let what = format!("what stands up to offset {} is damaged; whose records it held cannot be told", damaged.end);
            tell(Seen::Fault(SegmentFault { place, record: None, what }));
        }
        for (name, first, _) in &damaged.lost {
            self.logs.entry(name.as_str().into()).or_default().broken = true;
            let record = DocAddress::stored(name).map(|doc| (doc, *first));
            tell(Seen::Fault(SegmentFault { place, record, what: "the commit does not match its checksum".to_owned() }));
        }
    }

    /// Every file of a snapshot, as far as it can be told whose it is; those of no document that has a log by their names.
    ///
    /// # Errors
    /// What the disk says.
    pub fn snapshots(&self) -> io::Result<(Vec<SnapshotFile>, Vec<PathBuf>)> {
        let mut names: Vec<String> = match self.disk.list(snapshots::DIRECTORY) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            names => names?,
        };
        // What a start would take away is no snapshot.
        let is_empty = |name: &String| {
            let file = self.disk.open(&format!("{}/{name}", snapshots::DIRECTORY));
            file.and_then(|file| file.len()).is_ok_and(|length| length == 0)
        };
        names.retain(|name| !name.ends_with(DRAFT) && !is_empty(name));
        let mut files = Vec::new();
        for doc in self.addresses() {
            let path = snapshots::path(&doc.to_string());
            let Some(at) = names.iter().position(|name| path.ends_with(name.as_str())) else { continue };
            names.swap_remove(at);
            let read = snapshots::read(&*self.disk, &self.directory, &doc.to_string(), SNAPSHOT_BYTES_MAX)?;
            files.push(SnapshotFile { doc, read });
        }
        Ok((files, names.iter().map(|name| self.disk.path().join(snapshots::DIRECTORY).join(name)).collect()))
    }

    fn addresses(&self) -> Vec<DocAddress> {
        let mut all: Vec<DocAddress> = self.logs.keys().filter_map(|name| DocAddress::stored(name)).collect();
        all.sort_unstable();
        all
    }

    fn read_log(&self, doc: &DocAddress, after: Seq, max: usize, max_bytes: usize) -> io::Result<Vec<(Seq, Bytes)>> {
        let (mut page, mut bytes): (Vec<(Seq, Bytes)>, usize) = (Vec::new(), 0);
        let name = doc.to_string();
        let Some(log) = self.logs.get(&*name) else { return Ok(page) };
        let from = log.places.partition_point(|(_, place)| place.first <= after + 1).saturating_sub(1);
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        for (segment, place) in &log.places[from..] {
            if reader.as_ref().is_none_or(|(open, _)| open != segment) {
                let opened = Segment::open(&*self.disk, self.directory, *segment)?;
                *reader = Some((*segment, FrameReader::new(&opened)?));
            }
            let Some((_, frames)) = reader.as_mut() else { continue };
            let Some(frame) = frames.frame(u64::from(place.offset)) else { return Err(io::ErrorKind::InvalidData.into()) };
            for (head, records) in frame.heads.iter().zip(&frame.records).filter(|(head, _)| head.name == name) {
                for (seq, record) in (head.first..).zip(records).filter(|(seq, _)| *seq > after) {
                    bytes += record.len();
                    if page.len() == max || (bytes > max_bytes && !page.is_empty()) {
                        return Ok(page);
                    }
                    page.push((seq, Bytes::copy_from_slice(record)));
                }
            }
        }
        Ok(page)
    }
}

/// Whether a footer says what was found.
fn agrees(footer: &Footer, contents: &Contents) -> bool {
    let Some(places) = footer.places() else { return false };
    let mut count = 0;
    for (entry, places) in places.iter() {
        count += 1;
        let same = contents.get(entry.name).is_some_and(|held| {
            (held.first, held.last, held.digest) == (entry.first, entry.last, entry.digest) && held.places == places
        });
        if !same {
            return false;
        }
    }
    count == contents.iter().count()
}

impl Store for Surveyed {
    fn append_all(&self, _: Vec<Part>) -> BoxFuture<Result<Vec<Seq>, StoreError>> {
        Box::pin(async { Err(StoreError::Closed) })
    }

    fn read(&self, doc: &DocAddress, after: Seq, max: usize, max_bytes: usize) -> Result<Vec<(Seq, Bytes)>, StoreError> {
        Ok(self.read_log(doc, after, max, max_bytes)?)
    }

    fn last_seq(&self, doc: &DocAddress) -> Result<Seq, StoreError> {
        Ok(self.logs.get(&*doc.to_string()).map_or(0, |log| log.last))
    }

    fn save_snapshot(&self, _: &DocAddress, _: Seq, _: Bytes) -> BoxFuture<Result<(), StoreError>> {
        Box::pin(async { Err(StoreError::Closed) })
    }

    fn load_snapshot(&self, _: &DocAddress) -> Result<Option<(Seq, Bytes)>, StoreError> {
        Ok(None)
    }

    fn documents(&self) -> Result<Vec<DocAddress>, StoreError> {
        Ok(self.addresses())
    }

    fn condition(&self) -> Condition {
        Condition::Working
    }

    fn failed(&self) -> BoxFuture<()> {
        Box::pin(std::future::pending())
    }
}
