//! The words that parties entered for others, as far as they stand.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Dossier, Entered, Entry};
use crate::{
    id::{AnnotationId, PointId},
    talk::{layer::What, proposal::ProposalState},
    text::stretch::Stretch,
};

/// The words of the text that parties entered for others and that stand as they were entered, in document order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnteredView {
    /// The words.
    pub entered: Vec<EnteredWords>,
}

/// Words that a party entered for another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnteredWords {
    /// The entry that tells so.
    pub id: AnnotationId,
    /// The point.
    pub point: PointId,
    /// The words; empty where words were taken out.
    pub words: String,
    /// Whose and for whom.
    #[serde(flatten)]
    pub entered: Entered,
}

impl Dossier {
    /// The words that were entered for others; what was entered again, and confirmed then, once.
    pub fn entered(&self) -> EnteredView {
        let stands = |entry: &&Entry| match &entry.annotation.what {
            What::Note => !entry.annotation.withdrawn && matches!(entry.stretch, Stretch::Stands { .. } | Stretch::Whole),
            What::Proposal { .. } => matches!(entry.became, Some(ProposalState::Adopted | ProposalState::Alternative)),
            What::Position(_) => false,
        };
        let shown = |entry: &Entry| {
            Some(EnteredWords {
                id: entry.annotation.id.clone(),
                point: entry.annotation.point.clone(),
                words: entry.annotation.entered_words().to_owned(),
                entered: entry.entered.clone()?,
            })
        };
        let entered: Vec<EnteredWords> = self.entries.iter().filter(stands).filter_map(shown).collect();
        let is_again = |one: &EnteredWords| {
            let same = |other: &&EnteredWords| {
                let confirmed = Entered { confirmed: true, ..one.entered.clone() };
                (&other.point, &other.words, &other.entered) == (&one.point, &one.words, &confirmed)
            };
            !one.entered.confirmed && entered.iter().any(|other| same(&other))
        };
        EnteredView { entered: entered.iter().filter(|one| !is_again(one)).cloned().collect() }
    }
}

impl EnteredWords {
    /// `"[40]" entered by MED for ARV, not confirmed`; a party that confirmed it holds it.
    pub fn said(&self) -> String {
        let words = if self.words.is_empty() { String::new() } else { format!("{} ", crate::text::say::quoted(&self.words)) };
        format!("{words}{}", self.entered.said())
    }
}
