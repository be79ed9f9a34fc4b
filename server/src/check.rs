//! `check`: everything in a data directory is read, and what does not hold is named. Nothing is changed.

#[cfg(test)]
mod tests;

use indicatif::ProgressBar;
use plenary_shared::{
    id::DocAddress,
    log::record::{self, Digest},
};
use serde::Serialize;
use std::{collections::HashMap, fmt, path::Path, sync::Arc};

use crate::{
    backup,
    registry::{Registry, RegistryError},
    room::document::Document,
    store::{
        StoreError,
        survey::{self, Seen, Spot, Surveyed},
    },
};

/// What a check found.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Bytes of all segments.
    pub bytes: u64,
    /// The log of conferences, parties and members.
    pub registry: Totals,
    /// The texts of plans.
    pub texts: Totals,
    /// Layers.
    pub layers: Totals,
    /// What happened to the seats of parties.
    pub seats: Totals,
    /// Snapshots that hold.
    pub snapshots: u64,
    /// Where the write that was under way when the server ended is cut off at the next start, if it is.
    pub torn: Option<Place>,
    /// What does not hold.
    pub faults: Vec<Fault>,
}

/// Figures of the documents of one kind.
#[derive(Debug, Default, Serialize)]
pub struct Totals {
    /// Documents.
    pub documents: u64,
    /// Records whose chain holds.
    pub records: u64,
    /// Bytes of these records.
    pub bytes: u64,
}

/// Something that does not hold.
#[derive(Debug, Serialize)]
pub struct Fault {
    /// Where, if it stands in a segment.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// Whose record it is, as logs name documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// The record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// What does not hold.
    pub what: String,
}

/// A place in a segment.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Place {
    /// The segment's number.
    pub segment: u32,
    /// The offset in it.
    pub offset: u64,
}

/// A chain as far as it was followed.
struct Chain {
    head: Digest,
    broken: bool,
}

/// Reads everything below a data directory.
///
/// # Errors
/// [`StoreError::InUse`] beside a running server, [`StoreError::Format`], or what the disk says. What does not hold is none.
pub fn check(data: &Path) -> Result<Report, StoreError> {
    let store = data.join("store");
    let mut report = Report { bytes: survey::segment_bytes(&store)?, ..Report::default() };
    let bar = ProgressBar::new(report.bytes).with_message("reading");
    let mut chains: HashMap<DocAddress, Chain> = HashMap::new();
    let found = survey::look(&store, |seen| match seen {
        Seen::Records { place, doc, first, records } => {
            let new = || Chain { head: Digest::genesis(doc), broken: false };
            let chain = chains.entry(doc.clone()).or_insert_with(|| {
                report.of(doc).documents += 1;
                new()
            });
            report.follow(chain, place, doc, first, records);
        }
        Seen::Fault(fault) => report.fault(fault.place, fault.record.as_ref().map(|(doc, seq)| (doc, *seq)), fault.what),
        Seen::Torn(place) => report.torn = Some(place.into()),
        Seen::Passed(bytes) => bar.set_position(bytes),
    })?;
    bar.finish_and_clear();
    report.folds(found, &chains)?;
    match backup::differing(data) {
        Ok(differing) => differing.into_iter().for_each(|what| report.fault(None, None, what)),
        Err(error) => report.fault(None, None, error.to_string()),
    }
    Ok(report)
}

impl Report {
    /// Whether everything holds.
    pub fn holds(&self) -> bool {
        self.faults.is_empty()
    }

    fn of(&mut self, doc: &DocAddress) -> &mut Totals {
        match doc {
            DocAddress::Registry => &mut self.registry,
            DocAddress::Plan(..) => &mut self.texts,
            DocAddress::Layer(..) => &mut self.layers,
            DocAddress::Seats(..) => &mut self.seats,
        }
    }

    fn follow(&mut self, chain: &mut Chain, place: Spot, doc: &DocAddress, first: u64, records: &[&[u8]]) {
        for (seq, sealed) in (first..).zip(records) {
            if chain.broken {
                return;
            }
            match record::open(&chain.head, &bytes::Bytes::copy_from_slice(sealed)) {
                Ok((_, head)) => {
                    chain.head = head;
                    let figures = self.of(doc);
                    figures.records += 1;
                    figures.bytes += sealed.len() as u64;
                }
                Err(error) => {
                    chain.broken = true;
                    self.fault(Some(place), Some((doc, seq)), error.to_string());
                }
            }
        }
    }

    /// Reads the registry's events, and compares each snapshot with what its log folds to.
    fn folds(&mut self, found: Surveyed, chains: &HashMap<DocAddress, Chain>) -> Result<(), StoreError> {
        let (found, whole) = (Arc::new(found), |doc: &DocAddress| chains.get(doc).is_some_and(|chain| !chain.broken));
        if whole(&DocAddress::Registry) {
            match Registry::open(found.clone()) {
                Ok(_) => {}
                Err(RegistryError::Damaged(seq)) => {
                    self.fault(None, Some((&DocAddress::Registry, seq)), "the event cannot be read".into());
                }
                Err(RegistryError::Store(error)) => return Err(error),
                Err(other) => self.fault(None, None, format!("the registry cannot be read: {other}")),
            }
        }
        let (snapshots, strays) = found.snapshots()?;
        let bar = ProgressBar::new(snapshots.len() as u64).with_message("folding");
        for file in snapshots {
            bar.inc(1);
            let held = match &file.read {
                Some((covers, state)) if whole(&file.doc) => Document::compare(&*found, &file.doc, *covers, state),
                Some(_) => continue,
                None => Err("its snapshot does not check"),
            };
            match held {
                Ok(is_compared) => self.snapshots += u64::from(is_compared),
                Err(what) => self.faults.push(Fault {
                    place: None,
                    document: Some(file.doc.for_log().to_string()),
                    record: None,
                    what: what.into(),
                }),
            }
        }
        bar.finish_and_clear();
        for path in strays {
            self.fault(None, None, format!("{} is a snapshot of no document that has a log", path.display()));
        }
        Ok(())
    }

    fn fault(&mut self, place: Option<Spot>, record: Option<(&DocAddress, u64)>, what: String) {
        let document = record.map(|(doc, _)| doc.for_log().to_string());
        self.faults.push(Fault { place: place.map(Place::from), document, record: record.map(|(_, seq)| seq), what });
    }
}

impl From<Spot> for Place {
    fn from(Spot { segment, offset }: Spot) -> Self {
        Self { segment, offset }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [("registry", &self.registry), ("texts", &self.texts), ("layers", &self.layers), ("seats", &self.seats)];
        for (name, figures) in kinds {
            let Totals { documents, records, bytes } = figures;
            let each = bytes.checked_div(*records).unwrap_or_default();
            writeln!(f, "{name}: {documents} documents, {records} records, {bytes} bytes, {each} each")?;
        }
        writeln!(f, "segments: {} bytes; snapshots that are what their logs fold to: {}", self.bytes, self.snapshots)?;
        if let Some(Place { segment, offset }) = self.torn {
            writeln!(f, "segment {segment}, offset {offset}: a write that nobody was told of is cut off at the next start")?;
        }
        for fault in &self.faults {
            if let Some(Place { segment, offset }) = fault.place {
                write!(f, "segment {segment}, offset {offset}: ")?;
            }
            match (&fault.document, fault.record) {
                (Some(document), Some(record)) => write!(f, "record {record} of {document}: ")?,
                (Some(document), None) => write!(f, "{document}: ")?,
                _ => {}
            }
            writeln!(f, "{}", fault.what)?;
        }
        match self.faults.len() {
            0 => write!(f, "everything holds"),
            1 => write!(f, "1 fault: restore a backup, or go on without what is named"),
            many => write!(f, "{many} faults: restore a backup, or go on without what is named"),
        }
    }
}
