//! Which words of a plan a profile was last shown: their digests, for each point with all below it. It is kept beside the profile and told
//! to nobody. What a replica showed is kept apart: it may be what the server does not have yet.
//!
//! Of two commands at once the later writes: what the earlier one showed is then not known to have been shown, and is asked for again.

use plenary_shared::{
    id::{PlanId, PointId},
    text::words::WordsDigest,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs};

use crate::profile::{Profiles, Whose};

/// What a profile was shown of a plan.
pub struct LastShown {
    /// None where there is no home to keep it in.
    kept: Option<(Profiles, String)>,
    points: BTreeMap<PointId, WordsDigest>,
}

/// The same as its file holds it.
#[derive(Default, Serialize, Deserialize)]
struct LastShownKept {
    #[serde(default)]
    points: BTreeMap<PointId, WordsDigest>,
}

impl LastShown {
    /// What is kept; nothing if that cannot be read.
    pub fn read(whose: &Whose, plan: &PlanId) -> Self {
        let kept = Profiles::from_environment().ok().map(|profiles| (profiles, format!("{}.{plan}.json", whose.stem())));
        let points = kept.as_ref().and_then(|(profiles, name)| {
            let bytes = fs::read(profiles.shown(name)).ok()?;
            serde_json::from_slice(&bytes).ok().map(|LastShownKept { points }| points)
        });
        LastShown { kept, points: points.unwrap_or_default() }
    }

    /// The words that were last shown of a point.
    pub fn get(&self, point: &PointId) -> Option<WordsDigest> {
        self.points.get(point).copied()
    }

    /// Keeps that these words were shown. Who has no place to keep that is asked again, and nothing else comes of it.
    pub fn keep(&self, shown: impl IntoIterator<Item = (PointId, WordsDigest)>) {
        let mut points = self.points.clone();
        points.extend(shown);
        if let Some((profiles, name)) = self.kept.as_ref().filter(|_| points != self.points)
            && let Ok(json) = serde_json::to_vec(&LastShownKept { points })
        {
            let _ = profiles.keep_shown(name, &json);
        }
    }
}
