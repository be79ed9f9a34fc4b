//! The standing of every point: what the parties' positions come to on the words as they now are. It is derived from the content
//! of the documents whenever someone asks and stored nowhere, so neither an edit nor a merge can leave a point agreed that is
//! not.
//!
//! **Which positions.** Those on the words of a point that is in the plan; not those on a bracket, and none that is withdrawn.
//! What parties say that need not consent is shown and counts for nothing.
//!
//! **When the words change.** An acceptance holds while its digest is that of the present words; otherwise it has lapsed. If the
//! words come back it holds again, and is marked as returned where the weave tells that they were touched in between. A
//! reservation or an opposition stays whatever becomes of the words, and is marked when they have changed.
//!
//! **Several of one party on one point**, as colleagues apart can leave them: the strictest counts. Opposition goes before
//! reservation, that before an acceptance that holds (subject to the capital before outright), and that before a lapsed one: who
//! has accepted these exact words has accepted them, whatever else was accepted too. Among equals the newest counts.
//!
//! **Points above.** An acceptance that holds covers the points below that are in the words it accepts, down to where the same
//! party reserves or opposes: that counts from there on, and below it only what the party says there. A lapsed acceptance covers
//! nothing and does not stand in the way of one that holds: what is accepted with a point is accepted.
//!
//! **Agreed** is a point that every party that must consent (at least one must) accepts as it stands, without an open bracket in
//! it, below it or around it, and without a reservation or opposition of such a party to anything below it. It is agreed ad
//! referendum if one of them accepts it, or something below it that is in its words, subject to its capital. A point that is not
//! agreed is opposed if such a party opposes it; otherwise reserved, if one reserves; otherwise lapsed, if an acceptance has
//! lapsed; otherwise open.
//!
//! **Struck points** are not in the words of the points above them, nor is what stands below them. So an acceptance from above
//! does not cover them, their brackets do not count there, and who opposed them before they were struck stands in nobody's way;
//! only who opposes them as they stand struck opposes what was done to the point above. A party accepts the striking by accepting
//! the struck point; its standing is that it is struck, whoever accepts it.
//!
//! **What is written down** of a point are the parties that have said something on it. Where the others stand follows
//! ([`Matrix::rows`]).
//!
//! **Cost.** Points x parties + positions + the kept words of lapsed acceptances, which are compared within fixed bounds.
//!
//! **Architecture invariant:** every point whose words are among those of an agreed point is agreed too.

mod cell;
mod csv;
mod difference;
mod merged;
mod of;
mod position;
mod rows;
#[cfg(test)]
mod tests;
mod tree;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::{AnnotationId, MemberId, PartyId, PointId},
    log::act::Decided,
    talk::{
        around::Surrounding,
        layer::{Annotation, LayerFault},
    },
    text::{redline::Piece, words::WordsDigest},
};
pub use csv::csv;
pub use merged::Merged;
pub use of::standing;

/// An entry of a party's layer `positions`.
#[derive(Debug, Clone, Copy)]
pub struct Stand<'a> {
    /// Whose layer.
    pub party: &'a PartyId,
    /// The entry; what is no position on a point's words is passed over.
    pub annotation: &'a Annotation,
}

/// The standing of all points, and each party's part in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Matrix {
    /// The parties that must consent, by id; then the others that have taken a position, by id.
    pub parties: Vec<Column>,
    /// All points in document order, struck ones included.
    pub points: Vec<PointStanding>,
    /// How many points that are not struck stand how.
    pub counts: Counts,
    /// What could not be read in the layers of positions: it counts for nothing here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<LayerFault>,
}

/// A party in the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Column {
    /// The party.
    pub party: PartyId,
    /// Whether nothing is agreed without it.
    pub must_consent: bool,
}

/// How many points stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs, reason = "the states have their docs in `State`")]
pub struct Counts {
    pub agreed: usize,
    pub opposed: usize,
    pub reserved: usize,
    pub lapsed: usize,
    pub open: usize,
}

/// What the positions on a point come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// All that must consent accept the present words, and nothing in them is open.
    Agreed,
    /// One of them opposes the point.
    Opposed,
    /// One of them reserves on it.
    Reserved,
    /// One of them accepted other words than the present ones.
    Lapsed,
    /// None of these.
    Open,
    /// The point is struck.
    Struck,
}

/// The standing of a point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PointStanding {
    /// The point.
    pub point: PointId,
    /// Its label.
    pub label: String,
    /// Its heading.
    pub heading: String,
    /// 0 at the top.
    pub depth: usize,
    /// Struck from the text, by itself or with a point above it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub struck: bool,
    /// The point above with which it is struck; none for one that is struck by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub struck_with: Option<PointId>,
    /// Of its present words.
    pub digest: WordsDigest,
    /// Open brackets in it and below it; one that spans points counts where it opens.
    pub open_brackets: usize,
    /// A bracket that opens or closes in another text passes through it or through something below it, so it is not agreed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub spanned: bool,
    /// What the positions come to.
    pub standing: State,
    /// The act that last changed who must consent, where that alone decides whether it is agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_act: Option<ByAct>,
    /// Agreed subject to the capital of a party that must consent, it or something below it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ad_referendum: bool,
    /// A party that must consent reserves on something below it, or opposes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blocked_below: bool,
    /// It was merged and not confirmed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<Merged>,
    /// Of the parties that have taken a position on it, in the order of [`Matrix::parties`]. Any other accepts it with the nearest point
    /// above that it accepts, if this one is in those words, and has not said otherwise.
    pub cells: Vec<Cell>,
}

/// That a point is agreed, or not any more, by who must consent alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ByAct {
    /// How it would stand if those had to who had to before.
    pub otherwise: State,
    /// The act.
    #[serde(flatten)]
    pub decided: Decided,
}

/// Where a party stands on a point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// The party.
    pub party: PartyId,
    /// Where it stands.
    pub stance: CellState,
    /// The point above that it accepted, and this one with it. The reason is given there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<PointId>,
    /// Subject to its capital.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ad_referendum: bool,
    /// An acceptance that holds, of words that were touched since and are back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub returned: bool,
    /// A reservation or an opposition to words that have changed since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub changed: bool,
    /// The party has taken several positions on the point, and they differ in stance or in being subject to the capital.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub conflict: bool,
    /// Of an acceptance: what surrounds the words and has changed since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub around: Vec<Surrounding>,
    /// Who took the position, as the party's client names them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<MemberId>,
    /// That seat has ended since; the position stands.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub seat_ended: bool,
    /// When, in milliseconds since 1970-01-01 UTC, by that client's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<u64>,
    /// What is said for it, possibly empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotation: Option<AnnotationId>,
    /// Of a lapsed acceptance: the accepted words against the present ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Vec<Piece>>,
    /// Why a lapsed acceptance comes without the difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_difference: Option<NoDifference>,
}

/// Where a party stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CellState {
    /// It has not said.
    None,
    /// It accepts the present words.
    Accept,
    /// It accepted other words.
    Lapsed,
    /// It reserves its position.
    Reserve,
    /// It opposes the point.
    Oppose,
}

/// Why there is no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoDifference {
    /// What the position keeps as the accepted words is not what its digest is of.
    Unreadable,
    /// The words are too long to be kept or compared here, alone or with those of the party's other lapsed acceptances.
    TooLong,
}

/// What is open in a point's own texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, JsonSchema)]
pub struct Open {
    /// Brackets and loose marks; one that spans points counts where it opens.
    pub brackets: usize,
    /// The point holds a mark of a bracket that opens or closes in another text, or stands within one.
    pub spanned: bool,
}

impl Open {
    fn add(&mut self, below: &Open) {
        self.brackets = self.brackets.saturating_add(below.brackets);
        self.spanned |= below.spanned;
    }
}

impl Counts {
    fn add(&mut self, state: State) {
        *match state {
            State::Agreed => &mut self.agreed,
            State::Opposed => &mut self.opposed,
            State::Reserved => &mut self.reserved,
            State::Lapsed => &mut self.lapsed,
            State::Open => &mut self.open,
            State::Struck => return,
        } += 1;
    }
}
