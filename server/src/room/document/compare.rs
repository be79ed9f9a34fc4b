//! Whether a snapshot is what its log folds to.

use plenary_shared::{id::DocAddress, script, talk::layer, text::plan};
use yrs::{Any, GetString as _, ReadTxn as _, Snapshot, StateVector, types::ToJson as _};

use super::Document;
use crate::store::{Seq, Store};

/// What two documents are compared by.
type Content = (Snapshot, Vec<Option<Any>>);

impl Document {
    /// Compares a snapshot that covers the log up to a record with what the log folds to there. `false`: it is of another version, and
    /// nothing of it is used.
    ///
    /// # Errors
    /// What does not hold, in words.
    pub fn compare(store: &dyn Store, address: &DocAddress, covers: Seq, snapshot: &[u8]) -> Result<bool, &'static str> {
        if Self::is_of_another_version(snapshot) {
            return Ok(false);
        }
        let mut saved = Self::from_copy(covers, snapshot).ok_or("its snapshot cannot be read")?;
        let past = Self::past(store, address, saved.refused(), |seq, _| seq <= covers).ok_or("its log does not fold")?;
        if past.seq != covers {
            return Err("its snapshot is ahead of the log");
        }
        if past.digest != saved.head() {
            return Err("its snapshot is one of another log");
        }
        if *past.marks() != saved.marks {
            return Err("its snapshot marks other points as merged than its log");
        }
        let folded = content(&past.state).ok_or("its log does not fold")?;
        let kept =
            saved.diff(&StateVector::default()).ok().and_then(|state| content(&state)).ok_or("its snapshot does not load")?;
        let same_deletions = |one: &Snapshot, other: &Snapshot| one.delete_set.diff(&other.delete_set).is_empty();
        let same = folded.0.state_map == kept.0.state_map
            && same_deletions(&folded.0, &kept.0)
            && same_deletions(&kept.0, &folded.0)
            && folded.1 == kept.1;
        if same { Ok(true) } else { Err("its snapshot is not what the log folds to") }
    }
}

fn content(state: &[u8]) -> Option<Content> {
    Document::on_state(state, |txn| {
        let roots = [plan::META, plan::POINTS, layer::ANNOTATIONS, script::ONCE];
        let maps = roots.iter().map(|root| Some(txn.get_map(*root)?.to_json(txn)));
        let beside = txn.get_text(plan::BESIDE).map(|text| text.get_string(txn).into());
        Some((txn.snapshot(), maps.chain([beside]).collect()))
    })
}
