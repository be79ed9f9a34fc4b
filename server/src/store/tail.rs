//! Reading a whole segment for what it holds: the last one at a start, and any whose footer does not check.

use std::io;

use plenary_shared::id::DocAddress;

use super::{
    footer::{Contents, LOST, digest},
    frame::HEADER_BYTES,
    segment::{Damaged, Next, Segment},
};

/// What a segment was found to hold.
pub(super) struct Scanned {
    pub(super) contents: Contents,
    /// Where the last whole frame begins, if there is one, and where it ends.
    pub(super) last: Option<u64>,
    pub(super) end: u64,
    /// Stretches that hold no whole frame, and something that was durable: it may have been acknowledged.
    pub(super) damaged: Vec<Damaged>,
    /// What stands behind the last whole frame, if anything does: in the last segment the write under way when the power went.
    pub(super) torn: Option<Damaged>,
    /// Something could not be read; another time it may be.
    pub(super) is_unreadable: bool,
}

/// Reads all frames. `passed` is told how many bytes are done.
///
/// # Errors
/// What the disk says.
pub(super) fn contents(segment: &Segment, mut passed: impl FnMut(u64)) -> io::Result<Scanned> {
    let (end, damaged) = (HEADER_BYTES as u64, Vec::new());
    let mut scanned = Scanned { contents: Contents::default(), last: None, end, damaged, torn: None, is_unreadable: false };
    let mut frames = segment.frames()?;
    loop {
        match frames.next() {
            Next::End => break,
            Next::Frame(frame) => {
                for (head, records) in frame.heads.iter().zip(&frame.records) {
                    if let Some(last) = records.last() {
                        scanned.contents.add(head.name, head.first, head.last(), digest(last), frame.offset);
                    }
                }
                (scanned.last, scanned.end) = (Some(frame.offset), frame.end);
                passed(frame.end);
            }
            Next::Damaged(damaged) if damaged.was_durable => {
                scanned.lose(&damaged);
                scanned.damaged.push(damaged);
            }
            Next::Damaged(damaged) => {
                scanned.torn = Some(damaged);
                break;
            }
        }
    }
    scanned.is_unreadable = frames.is_unreadable();
    Ok(scanned)
}

impl Scanned {
    /// Whether nothing stands behind the header, nor did.
    pub(super) fn is_blank(&self) -> bool {
        self.last.is_none() && self.torn.is_none() && self.damaged.is_empty()
    }

    /// Takes what stands at the end for damage: it was acknowledged.
    pub(super) fn nothing_is_torn(&mut self) {
        if let Some(torn) = self.torn.take() {
            self.lose(&torn);
            self.damaged.push(torn);
        }
    }

    /// Whose records stood in a damaged frame keeps its place there, so that whoever reads the log comes upon the damage.
    fn lose(&mut self, damaged: &Damaged) {
        for (name, first, last) in &damaged.lost {
            self.contents.add(name, *first, *last, LOST, damaged.offset);
        }
    }

    /// Tells the operator of all damage.
    pub(super) fn report(&self, segment: u32) {
        for damaged in &self.damaged {
            let (offset, end) = (damaged.offset, damaged.end);
            if damaged.lost.is_empty() {
                tracing::error!(segment, offset, end, "a stretch of a segment is damaged; whose records it held cannot be told");
            }
            for (name, first, _) in &damaged.lost {
                let doc = DocAddress::stored(name);
                let doc = doc.as_ref().map(DocAddress::for_log);
                let doc = doc.map_or_else(|| "unknown".to_owned(), |doc| doc.to_string());
                tracing::error!(segment, offset, doc, record = first, "a commit is damaged");
            }
        }
    }
}
