//! What a program is told: one type for each answer, error and event, and the table that says which verb gives which. `--json` writes
//! nothing else, so what `plenary schema` prints is what a program gets.
//!
//! Fields are only ever added: programs read them by name.

mod history;
mod people;
mod program;
mod replica;
mod table;
mod talk;
mod text;
mod trouble;

use schemars::JsonSchema;
use serde::Serialize;

pub use history::{
    ActShown, ActsShown, ApartShown, BlameShown, ChangeShown, DiffShown, HeardShown, LogShown, MergedLine, StretchShown,
    TurnShown, WatchLine,
};
pub use people::{Consents, DeviceEnded, Devices, Invited, Layers, Plans, Profiles, Revoked, ShareRaised, Shares, WhoShown};
pub use program::{ChapterShown, Completions, Here, Verbs, Waits};
pub use replica::{Cloned, Confirmed, Listed, MergedOne, MergedShown, Salvaged, Status};
pub use table::{names, schema};
pub use talk::{
    AnnotationsShown, EntriesMarked, EntriesTabled, EntryMoved, EntryWritten, PointSchedule, PointStandingShown, PositionTaken,
    PositionsTaken, ProposalPutIn, StandingShown,
};
pub use text::{
    AppliedShown, Delivered, Document, ImportShown, NoticeRead, PointChanged, PointRead, PointShown, Relabelled, Said, Shown,
    TitleChanged,
};
pub use trouble::{ErrorShown, Event};

/// Something that a program is told. What is in no row of the table is not, so it cannot be printed.
pub trait Answer: Serialize + JsonSchema {}
