//! The kinds of edits, as scripts and HTTP bodies write them. Points are named by label, path of labels or id
//! ([`crate::text::plan::Outline::find`]); what is left out takes the value that the command line's verbs take.

mod annotation;
mod text;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use annotation::{Accept, Note, OfAnnotation, Oppose, Own, Propose, PutIn, Reply, Reserve, Table, Withdraw};
pub use text::{Add, Delete, Heading, Insert, Label, Move, OfPoint, Renumber, Replace, Schedule, Settle, Title, Words};

/// One edit: an object with one field, which names what is done.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Edit {
    /// Puts text into a point's words.
    Insert(Insert),
    /// Takes a stretch out of a point's words.
    Delete(Delete),
    /// Puts other text in place of a stretch of a point's words.
    Replace(Replace),
    /// Makes these the words of a point: the smallest difference is the edit.
    Words(Words),
    /// Closes a bracket: its words stay, its marks and the alternatives beside it go.
    Settle(Settle),
    /// Adds a point. Without a place it comes last; without a label it gets the one that fits its place (between 5 and 6: 5 bis).
    Add(Add),
    /// Moves a point, and all below it. Its label stays.
    Move(Move),
    /// Strikes a point: it stays in the plan, marked, and can be restored.
    Strike(OfPoint),
    /// Takes back that a point was struck.
    Restore(OfPoint),
    /// Changes the heading of a point.
    Heading(Heading),
    /// Gives the plan another title.
    Title(Title),
    /// Gives one point another label. Only the chair does.
    Label(Label),
    /// Gives all points new labels, counted from 1. Only the chair does.
    Renumber(Renumber),
    /// Changes the schedule of a point. A field that is absent stays as it is, one that is null is cleared.
    Schedule(Schedule),
    /// Writes a note on a point, or on a stretch of its words.
    Note(Note),
    /// Proposes other words for a stretch of a point's words, or for all of them.
    Propose(Propose),
    /// Replies to an annotation.
    Reply(Reply),
    /// Confirms words that another party entered for one's own.
    Own(Own),
    /// Marks an annotation of one's own party as settled.
    Resolve(OfAnnotation),
    /// Takes back that an annotation of one's own party is settled.
    Reopen(OfAnnotation),
    /// Moves annotations of one's own party from their layer to one that more parties read.
    Table(Table),
    /// Accepts a point's exact words, with all below it, or supports a bracket.
    Accept(Accept),
    /// Records a reservation on a point's exact words, or on a bracket.
    Reserve(Reserve),
    /// Opposes a point, or a bracket.
    Oppose(Oppose),
    /// Takes back an annotation, or one's own party's positions on a point or a bracket.
    Withdraw(Withdraw),
    /// Puts a proposal's words in place of those that it is for.
    Adopt(PutIn),
    /// Puts a proposal's words in brackets beside those that it is for.
    Alternative(PutIn),
}

/// What holds of every edit of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Nature {
    /// The name of the kind, as it is written.
    pub kind: &'static str,
    /// Which layers it needs.
    pub needs: OnDesk,
    /// Whether it holds only for the words as it found them, even where it changes none.
    pub rests_on_text: bool,
}

/// Which layers a script needs on its desk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum OnDesk {
    /// None.
    Text,
    /// Those of the member's own party.
    Own,
    /// All that the member may read.
    All,
}

impl Edit {
    /// What holds of its kind. What is new about a new kind of edit is said here and in [`crate::script::run()`].
    pub fn nature(&self) -> Nature {
        let text = |kind| Nature { kind, needs: OnDesk::Text, rests_on_text: false };
        let own = |kind| Nature { kind, needs: OnDesk::Own, rests_on_text: false };
        // What it refers to, or what those who read the wider layer find beside it, may be another party's.
        let all = |kind| Nature { kind, needs: OnDesk::All, rests_on_text: false };
        let position = |kind| Nature { kind, needs: OnDesk::Own, rests_on_text: true };
        match self {
            Edit::Insert(_) => text("insert"),
            Edit::Delete(_) => text("delete"),
            Edit::Replace(_) => text("replace"),
            Edit::Words(words) if words.entered_for.is_some() => own("words"),
            Edit::Words(_) => text("words"),
            Edit::Settle(_) => text("settle"),
            Edit::Add(_) => text("add"),
            Edit::Move(_) => text("move"),
            Edit::Strike(_) => text("strike"),
            Edit::Restore(_) => text("restore"),
            Edit::Heading(_) => text("heading"),
            Edit::Title(_) => text("title"),
            Edit::Label(_) => text("label"),
            Edit::Renumber(_) => text("renumber"),
            Edit::Schedule(_) => text("schedule"),
            Edit::Note(_) => own("note"),
            Edit::Propose(_) => own("propose"),
            Edit::Reply(_) => all("reply"),
            Edit::Own(_) => all("own"),
            Edit::Resolve(_) => own("resolve"),
            Edit::Reopen(_) => own("reopen"),
            Edit::Table(_) => all("table"),
            Edit::Accept(_) => position("accept"),
            Edit::Reserve(_) => position("reserve"),
            Edit::Oppose(_) => position("oppose"),
            Edit::Withdraw(_) => own("withdraw"),
            Edit::Adopt(_) => all("adopt"),
            Edit::Alternative(_) => all("alternative"),
        }
    }
}
