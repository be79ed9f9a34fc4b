//! The text as it stood at several records, read in one go.

use std::collections::{BTreeMap, BTreeSet};
use yrs::{ReadTxn as _, StateVector};

use super::{Replay, ReplayError, Touched};
use crate::{log::record::Record, text::plan::Outline};

/// The text after some records, and what each record on the way touched.
pub struct PastTexts {
    states: BTreeMap<u64, Vec<u8>>,
    touched: BTreeMap<u64, Touched>,
}

impl PastTexts {
    /// Reads the log once, as far as the last of `wanted` and `until`. `base` is the text at a record that none of the wanted ones stands
    /// before, `records` what follows on it.
    ///
    /// # Errors
    /// [`ReplayError`], if the log cannot be read.
    pub fn read(base: (u64, &[u8]), records: &[(u64, Record)], wanted: &BTreeSet<u64>, until: u64) -> Result<Self, ReplayError> {
        let mut replay = Replay::from_state(base.0, base.1)?;
        let (mut texts, mut records) = (Self { states: BTreeMap::new(), touched: BTreeMap::new() }, records.iter().peekable());
        for seq in wanted.iter().copied().chain([until]) {
            while let Some((next, record)) = records.next_if(|(next, _)| *next <= seq) {
                if *next > base.0 {
                    let touched = replay.apply(*next, record)?;
                    texts.touched.insert(*next, touched);
                }
            }
            if wanted.contains(&seq) {
                let state = replay.look(|txn| txn.encode_state_as_update_v1(&StateVector::default()))?;
                texts.states.entry(seq).or_insert(state);
            }
        }
        Ok(texts)
    }

    /// The document after one of the wanted records, as Yjs update V1.
    ///
    /// # Errors
    /// [`ReplayError::Unreadable`], if it was not wanted.
    pub fn state(&self, seq: u64) -> Result<&[u8], ReplayError> {
        self.states.get(&seq).map(Vec::as_slice).ok_or(ReplayError::Unreadable)
    }

    /// The plan there, with what somebody laid over it.
    ///
    /// # Errors
    /// [`ReplayError`], if it was not wanted, or what is laid over it cannot be read.
    pub fn outline(&self, seq: u64, over: &[&(u64, Record)]) -> Result<Outline, ReplayError> {
        let mut replay = Replay::from_state(seq, self.state(seq)?)?;
        for (seq, record) in over.iter().filter(|(_, record)| record.change().is_some()) {
            replay.lay(*seq, record)?;
        }
        replay.outline()
    }

    /// What a record touched on the way.
    pub fn touched(&self, seq: u64) -> Option<&Touched> {
        self.touched.get(&seq)
    }
}
