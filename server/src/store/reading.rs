//! Reading a log: from segment to segment, from place to place, and nothing but what joins on.
//!
//! Places come from memory, from the index or from a footer; wherever they come from, what is read there must be a whole frame with
//! the document's next record. Where an index leads astray the footer is asked; where the footer does, the log is damaged.

use std::{io, sync::Arc};

use bytes::Bytes;
use plenary_shared::id::DocAddress;

use super::{
    Seq, StoreError,
    catalog::{Damage, Spot},
    footer::{BatchPlace, Contents, Footer},
    inside::Inside,
    segment::{Frame, FrameReader, Segment},
};

/// Records of one document that are being read.
pub(super) struct Reading<'a> {
    inside: &'a Inside,
    doc: &'a DocAddress,
    name: Arc<str>,
    /// The record that comes next.
    next: Seq,
    /// The last that was there when reading began.
    last: Seq,
    max: usize,
    max_bytes: usize,
    page: Vec<(Seq, Bytes)>,
    bytes: usize,
    full: bool,
}

/// How far one set of places led.
enum Led {
    /// To where it says, or the page is full.
    On,
    /// To something else than the next record: the last one that is missing there, and what, for the operator.
    Astray(Seq, String),
}

/// Reads a page of a log, as [`super::Store::read`] says.
pub(super) fn read(
    inside: &Inside,
    doc: &DocAddress,
    after: Seq,
    max: usize,
    max_bytes: usize,
) -> Result<Vec<(Seq, Bytes)>, StoreError> {
    let name: Arc<str> = doc.to_string().into();
    let catalog = inside.catalog();
    let last = catalog.last(&name);
    let next = match after.checked_add(1) {
        Some(next) if next <= last && max > 0 => next,
        _ => return Ok(Vec::new()),
    };
    // Records before damaged ones are served, and those behind to who asks after them.
    let last = match catalog.damage_from(&name, next) {
        Some(damage) if damage.first <= next => return Err(damage.of(doc, next)),
        Some(damage) => last.min(damage.first - 1),
        None => last,
    };
    drop(catalog);
    let mut reading = Reading { inside, doc, name, next, last, max, max_bytes, page: Vec::new(), bytes: 0, full: false };
    match reading.run() {
        Err(error) if reading.page.is_empty() => Err(error),
        _ => Ok(reading.page),
    }
}

impl Reading<'_> {
    fn run(&mut self) -> Result<(), StoreError> {
        while !self.full && self.next <= self.last {
            let spot = self.inside.catalog().find(&self.name, self.next);
            let began = self.next;
            match spot {
                Some(Spot::Known(number, places)) => {
                    let segment = Segment::open(&*self.inside.disk, self.inside.directory, number)?;
                    self.follow_or_report(&segment, &places)?;
                }
                Some(Spot::Full(number)) => self.read_full(number)?,
                None => {}
            }
            if self.next == began && !self.full {
                return Err(self.report(None, self.next, "no place is known for it".into()));
            }
        }
        Ok(())
    }

    fn read_full(&mut self, number: u32) -> Result<(), StoreError> {
        let segment = Segment::open(&*self.inside.disk, self.inside.directory, number)?;
        let began = self.next;
        if let Some(places) = self.inside.index.places(number, &self.name, self.next) {
            self.follow(&segment, &places)?;
        }
        if self.next > began || self.full {
            return Ok(());
        }
        let places = match footer_places(self.inside, &segment, &self.name)? {
            Some(places) => places,
            None => self.make_footer(&segment)?,
        };
        let from = places.partition_point(|place| place.first <= self.next).saturating_sub(1);
        self.follow_or_report(&segment, &places[from..])
    }

    fn follow_or_report(&mut self, segment: &Segment, places: &[BatchPlace]) -> Result<(), StoreError> {
        match self.follow(segment, places)? {
            Led::On => Ok(()),
            Led::Astray(last, what) => Err(self.report(Some(segment), last, what)),
        }
    }

    /// Reads on from place to place, until one leads astray: that is told only if nothing was read before, so that all that is known of
    /// where the records stand is asked for what comes next.
    fn follow(&mut self, segment: &Segment, places: &[BatchPlace]) -> Result<Led, StoreError> {
        let (mut reader, began) = (FrameReader::new(segment)?, self.next);
        for (n, place) in places.iter().enumerate() {
            if self.full || self.next > self.last {
                break;
            }
            let (offset, next) = (u64::from(place.offset), self.next);
            let frame = reader.frame(offset);
            let is_whole = frame.is_some();
            if let Some(frame) = frame {
                self.take(&frame);
            }
            if self.next > next || self.full {
                continue;
            }
            if self.next > began {
                break;
            }
            let what = if is_whole { "does not hold it" } else { "does not match its checksum" };
            return Ok(Led::Astray(self.missing_until(&places[n..]), format!("the commit at offset {offset} {what}")));
        }
        Ok(Led::On)
    }

    /// The last of the records that are missing where the first of these places leads astray.
    fn missing_until(&self, places: &[BatchPlace]) -> Seq {
        let behind = places.iter().find(|place| place.first > self.next);
        behind.map_or_else(|| self.inside.catalog().last_beside(&self.name, self.next), |place| place.first - 1)
    }

    /// Takes the records that come next out of a frame.
    fn take(&mut self, frame: &Frame<'_>) {
        for (head, records) in frame.heads.iter().zip(&frame.records).filter(|(head, _)| *head.name == *self.name) {
            for (seq, record) in (head.first..).zip(records) {
                if seq != self.next || seq > self.last {
                    continue;
                }
                let bytes = self.bytes + record.len();
                if self.page.len() >= self.max || (bytes > self.max_bytes && !self.page.is_empty()) {
                    self.full = true;
                    return;
                }
                self.bytes = bytes;
                self.page.push((seq, Bytes::copy_from_slice(record)));
                self.next += 1;
            }
        }
    }

    /// Makes a footer again whose places do not check, so that the next reader finds it.
    fn make_footer(&self, segment: &Segment) -> Result<Vec<BatchPlace>, StoreError> {
        tracing::error!(segment = segment.stamp.segment(), "the places in a segment's footer do not check; it is made again");
        let contents = super::tail::contents(segment, |_| {})?.contents;
        if let Err(error) = Footer::write_beside(&*self.inside.disk, &segment.stamp, &contents) {
            tracing::warn!(%error, "a footer that was made again could not be kept");
        }
        Ok(places_of(&contents, &self.name))
    }

    /// Says that the next record and those up to `last` are damaged, here and to whoever reads from now on.
    fn report(&self, segment: Option<&Segment>, last: Seq, what: String) -> StoreError {
        let place = segment.map_or(String::new(), |segment| format!("segment {}: ", segment.stamp.segment()));
        let damage = Damage { first: self.next, last, what: format!("{place}{what}") };
        tracing::error!(doc = %self.doc.for_log(), record = self.next, last, what = damage.what, "records are damaged");
        self.inside.catalog_mut().damage(&self.name, damage.clone());
        damage.of(self.doc, self.next)
    }
}

/// The places that a segment's footer has for a document; `None` if they do not check.
fn footer_places(inside: &Inside, segment: &Segment, name: &str) -> io::Result<Option<Vec<BatchPlace>>> {
    // The one at the segment's end may have a table that checks and places that do not; then one may stand beside it.
    let footers = [Footer::at_end(&segment.file, &segment.stamp)?, Footer::beside(&*inside.disk, &segment.stamp)?];
    for footer in footers.iter().flatten() {
        if let Some(places) = footer.places() {
            return Ok(Some(places.iter().find(|(entry, _)| entry.name == name).map_or_else(Vec::new, |(_, places)| places)));
        }
    }
    Ok(None)
}

fn places_of(contents: &Contents, name: &str) -> Vec<BatchPlace> {
    contents.get(name).map_or_else(Vec::new, |held| held.places.clone())
}

impl Damage {
    /// As an error of a document, of which a record was asked for.
    pub(super) fn of(&self, doc: &DocAddress, seq: Seq) -> StoreError {
        StoreError::Corrupt { doc: doc.clone(), seq: seq.max(self.first), what: self.what.clone() }
    }
}
