//! What is tried with bytes that mean harm to a segment.

use std::{io, sync::Arc};

use super::{
    disk_io::DiskFile,
    footer::{Contents, Footer, digest, ending},
    frame::{self, FRAME_BYTES, HEADER_BYTES, Head, Stamp},
    segment::{Next, Segment},
};

/// Bytes as a file that is only read.
struct Held(Vec<u8>);

impl DiskFile for Held {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = self.0.get(offset as usize..).unwrap_or_default();
        let read = rest.len().min(buffer.len());
        buffer[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }

    fn write_at(&self, _: &[u8], _: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn set_len(&self, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn sync(&self) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }
}

/// A commit of two documents, one of which has two records.
struct Written<'a> {
    offset: usize,
    end: usize,
    heads: [Head<'a>; 2],
    records: [Vec<&'a [u8]>; 2],
}

/// A segment of some commits: how many, and of each two lengths and as many bytes. Then comes harm: pieces that are put over what stands
/// there, each a place, a length and as many bytes, and a last one behind the end. Read from end to end it holds the commits that came to
/// no harm, and nothing else; its footer is what was written, or none.
pub fn segments(mut data: &[u8]) {
    let stamp = Stamp::new([7; 16], 1);
    let (mut file, mut all, mut contents) = (stamp.header().to_vec(), Vec::new(), Contents::default());
    let Some((&[commits], rest)) = data.split_first_chunk() else { return };
    data = rest;
    for seq in 1..=u64::from(commits & 7) {
        let Some(records) = piece(&mut data).zip(piece(&mut data)) else { break };
        all.push(commit(&stamp, seq, records.into(), &mut file, &mut contents));
    }
    if commits & 8 != 0 {
        file.extend(ending(&contents, &stamp, file.len() as u64));
    }
    let whole = file.clone();
    while let Some((&[low, high], rest)) = data.split_first_chunk() {
        data = rest;
        let at = usize::from(u16::from_le_bytes([low, high])) % file.len();
        let Some(harm) = piece(&mut data) else { break };
        let end = file.len().min(at + harm.len());
        file[at..end].copy_from_slice(&harm[..end - at]);
    }
    file.extend_from_slice(data);
    all.retain(|commit| whole[commit.offset..commit.end] == file[commit.offset..commit.end]);
    read(Segment { stamp, file: Arc::new(Held(file)) }, &all, &contents);
}

/// The next bytes, after their number.
fn piece<'a>(data: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::from(*data.split_off_first()?);
    data.split_off(..length.min(data.len()))
}

fn commit<'a>(stamp: &Stamp, seq: u64, [one, other]: [&'a [u8]; 2], file: &mut Vec<u8>, contents: &mut Contents) -> Written<'a> {
    let (offset, records) = (file.len(), [vec![one], vec![other, one]]);
    let (mut heads, mut bodies) = (Vec::new(), Vec::new());
    let [plan, layer] = [("talks/plan", seq), ("talks/plan/arv/notes", 2 * seq - 1)];
    let written = [plan, layer].into_iter().zip(&records).map(|((name, first), records)| {
        let before = bodies.len();
        records.iter().for_each(|record| frame::write_record(record, &mut bodies));
        let head = Head { name, first, count: records.len() as u32, bytes: (bodies.len() - before) as u32 };
        head.write(&mut heads);
        contents.add(name, first, head.last(), digest(records[records.len() - 1]), offset as u64);
        head
    });
    let written: Vec<Head> = written.collect();
    let mut bytes = vec![0; frame::commit_bytes(heads.len(), bodies.len())];
    bytes[FRAME_BYTES..FRAME_BYTES + heads.len()].copy_from_slice(&heads);
    bytes[FRAME_BYTES + heads.len()..][..bodies.len()].copy_from_slice(&bodies);
    frame::seal_commit(stamp, offset as u64, heads.len(), &mut bytes);
    file.extend(bytes);
    Written { offset, end: file.len(), heads: [written[0], written[1]], records }
}

fn read(segment: Segment, all: &[Written<'_>], contents: &Contents) {
    let (mut frames, mut at, mut unharmed) = (segment.frames().expect("it opens"), HEADER_BYTES as u64, all.iter());
    loop {
        match frames.next() {
            Next::Frame(frame) => {
                let written = unharmed.next().expect("a frame that was written");
                assert_eq!((frame.offset, frame.end), (at, written.end as u64));
                assert_eq!((&frame.heads[..], &frame.records[..]), (&written.heads[..], &written.records[..]));
                at = frame.end;
            }
            Next::Damaged(damaged) => {
                assert!(damaged.offset == at && damaged.end > at, "what is damaged follows what is whole");
                for (name, _, last) in &damaged.lost {
                    assert!(contents.get(name).is_some_and(|held| *last <= held.last), "{name} {last} was never there");
                }
                at = damaged.end;
            }
            Next::End => break,
        }
    }
    assert!(unharmed.next().is_none(), "a frame is passed over");
    let Some(footer) = Footer::at_end(&segment.file, &segment.stamp).expect("it is read") else { return };
    assert_eq!(footer.entries().count(), contents.iter().count());
    for (entry, places) in footer.places().iter().flat_map(|places| places.iter()) {
        let held = contents.get(entry.name).expect("a document that was written");
        assert_eq!((entry.first, entry.last, entry.digest, &places), (held.first, held.last, held.digest, &held.places));
    }
}
