//! What a plan and a layer are made of: which parts may stand where, and what they hold.
//!
//! What the parts mean, and how they are read and written, is told where that is done; here they are told apart.

use serde::{Deserialize, Serialize};

use crate::{
    id::{AnnotationId, PointId},
    limits,
    log::roots::{ANNOTATIONS, BESIDE, META, ONCE, POINTS},
};

/// The part of a plan or of a layer that a block stands in: directly in a root, under a key of a map, or in a text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Serialize, Deserialize)]
pub(super) enum Spot {
    /// The root text beside the points.
    #[default]
    Beside,
    /// Nothing that a plan or a layer has.
    Other,
    Meta,
    /// A point, under its id.
    Point,
    Label,
    Order,
    Parent,
    Struck,
    Heading,
    Words,
    Schedule,
    /// A field of a schedule, by what it holds.
    ScheduleWord,
    ScheduleDays,
    After,
    AfterPoint,
    Adoptions,
    /// One adoption, under its proposal's id.
    Adoption,
    AdoptedBy,
    AdoptionWord,
    AdoptionTime,
    /// An entry of a layer, under its id.
    Entry,
    EntryKind,
    EntryPoint,
    Anchor,
    Quote,
    /// The body of an entry, or the words that it proposes.
    EntryText,
    Stance,
    EntryFlag,
    EntryDigest,
    /// The words that a position keeps, and what had been written into them.
    KeptWords,
    ReplyTo,
    EntryBy,
    EntryTime,
    /// What was done once, under its key.
    Once,
}

/// What may be held in a spot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    Nothing,
    /// A sequence of characters, or a shared text that holds them.
    Text,
    /// A shared map.
    Map,
    /// One line of at most so many bytes, or many lines if there is no limit. `null`, where `optional`.
    Word {
        most: Option<usize>,
        optional: bool,
    },
    /// The id of a point, or `null`.
    PointOrNull,
    Flag {
        optional: bool,
    },
    /// A number, or `null`.
    Number,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Characters, as a shared text or as a string; `null`.
    TextOrWord,
    /// The id of an entry, or `null`.
    EntryOrNull,
    /// Where an entry is anchored, or `null`: four ids of characters, the last two of which may be `null`.
    Anchor,
    /// A flag, a number, `null` or a string of at most so many bytes.
    Scalar(usize),
}

/// 4,096: fractional indices, by which points are ordered, grow so long.
const LINE_BYTES_MAX: usize = 4_096;
/// 2,000 in `meta`, which nothing shows but the title: one of the longest, in any script.
const META_BYTES_MAX: usize = limits::TITLE_CHARS_MAX * 4;
/// Bytes of a key in `meta`.
const META_KEY_BYTES_MAX: usize = 64;
/// Keys in `meta` that are not there yet are taken up to here.
pub(super) const META_KEYS_MAX: u32 = 64;
/// A key that JavaScript takes for an object's prototype: what stands under it a browser does not see.
const PROTOTYPE: &str = "__proto__";
/// The key in `meta` that a plan itself uses.
pub(super) const TITLE: &str = "title";

impl Spot {
    /// What stands in a root, under a key of it if it is a map.
    pub fn of_root(root: &str, key: Option<&str>) -> Self {
        match (root, key) {
            (BESIDE, None) => Spot::Beside,
            (_, Some(PROTOTYPE)) => Spot::Other,
            (META, Some(key)) if is_line(key) && key.len() <= META_KEY_BYTES_MAX => Spot::Meta,
            (POINTS, Some(key)) if key.parse::<PointId>().is_ok() => Spot::Point,
            (ANNOTATIONS, Some(key)) if key.parse::<AnnotationId>().is_ok() => Spot::Entry,
            (ONCE, Some(key)) if is_line(key) && key.len() <= limits::SCRIPT_KEY_BYTES_MAX => Spot::Once,
            _ => Spot::Other,
        }
    }

    /// What stands in the shared type that stands here.
    pub fn inside(self, key: Option<&str>) -> Self {
        match (self, key) {
            (_, Some(PROTOTYPE)) => Spot::Other,
            (Spot::Heading | Spot::Words | Spot::EntryText, None) => self,
            (Spot::Point, Some(key)) => Self::of_point(key),
            (Spot::Schedule, Some(key)) => match key {
                "trigger" | "responsible" | "verifier" | "method" | "condition" => Spot::ScheduleWord,
                "offset_days" | "duration_days" | "certification_days" => Spot::ScheduleDays,
                "after" => Spot::After,
                _ => Spot::Other,
            },
            (Spot::After, Some(key)) if key.parse::<PointId>().is_ok() => Spot::AfterPoint,
            (Spot::Adoptions, Some(key)) if key.parse::<AnnotationId>().is_ok() => Spot::Adoption,
            (Spot::Adoption, Some(key)) => match key {
                "adopted_by" => Spot::AdoptedBy,
                "how" | "proposed_by" | "before" | "after" => Spot::AdoptionWord,
                "at" => Spot::AdoptionTime,
                _ => Spot::Other,
            },
            (Spot::Entry, Some(key)) => Self::of_entry(key),
            (Spot::Once, Some("digest")) => Spot::EntryDigest,
            (Spot::Once, Some("at")) => Spot::EntryTime,
            _ => Spot::Other,
        }
    }

    fn of_point(key: &str) -> Self {
        match key {
            "label" => Spot::Label,
            "order" => Spot::Order,
            "parent" => Spot::Parent,
            "struck" => Spot::Struck,
            "heading" => Spot::Heading,
            "words" => Spot::Words,
            "schedule" => Spot::Schedule,
            "adoptions" => Spot::Adoptions,
            _ => Spot::Other,
        }
    }

    fn of_entry(key: &str) -> Self {
        match key {
            "kind" => Spot::EntryKind,
            "point" => Spot::EntryPoint,
            "anchor" => Spot::Anchor,
            "quote" => Spot::Quote,
            "body" | "replacement" => Spot::EntryText,
            "stance" => Spot::Stance,
            "ad_referendum" | "resolved" | "withdrawn" => Spot::EntryFlag,
            "digest" => Spot::EntryDigest,
            "words" | "weave" | "around" => Spot::KeptWords,
            "reply_to" => Spot::ReplyTo,
            "by" | "entered_for" => Spot::EntryBy,
            "at" => Spot::EntryTime,
            _ => Spot::Other,
        }
    }

    /// What it may hold.
    pub fn form(self) -> Form {
        let word = |optional| Form::Word { most: None, optional };
        let line = Form::Word { most: Some(LINE_BYTES_MAX), optional: false };
        match self {
            Spot::Other => Form::Nothing,
            Spot::Beside | Spot::Heading | Spot::Words => Form::Text,
            Spot::Point | Spot::Schedule | Spot::After | Spot::Adoptions | Spot::Adoption | Spot::Entry | Spot::Once => Form::Map,
            Spot::Meta => Form::Scalar(META_BYTES_MAX),
            Spot::Label | Spot::Order | Spot::AfterPoint => line,
            Spot::Parent | Spot::EntryPoint => Form::PointOrNull,
            Spot::Struck => Form::Flag { optional: false },
            Spot::EntryFlag => Form::Flag { optional: true },
            Spot::EntryKind => Form::OneOf(&["note", "proposal", "position"]),
            Spot::Stance => Form::OneOf(&["accept", "reserve", "oppose"]),
            Spot::EntryText => Form::TextOrWord,
            Spot::Anchor => Form::Anchor,
            Spot::ReplyTo => Form::EntryOrNull,
            Spot::EntryBy | Spot::EntryDigest => Form::Word { most: Some(LINE_BYTES_MAX), optional: true },
            Spot::ScheduleWord | Spot::Quote | Spot::KeptWords => word(true),
            Spot::AdoptedBy | Spot::AdoptionWord => word(false),
            Spot::ScheduleDays | Spot::AdoptionTime | Spot::EntryTime => Form::Number,
        }
    }

    /// Whether values of its form may stand side by side in an array: what was changed apart. Anybody may write one, for a client that
    /// takes back its own change of such a field does.
    pub fn may_be_open(self) -> bool {
        matches!(self, Spot::ScheduleDays | Spot::AfterPoint)
    }

    /// Whether it is part of a layer and of no plan; none: of both.
    pub fn is_of_layer(self) -> Option<bool> {
        match self {
            Spot::Beside | Spot::Other => None,
            _ => Some(self >= Spot::Entry),
        }
    }

    /// Whether it stands below a point's entry.
    pub fn is_in_point(self) -> bool {
        self > Spot::Point && self < Spot::Entry
    }

    /// Whether it stands below a schedule's entry.
    pub fn is_in_schedule(self) -> bool {
        matches!(self, Spot::ScheduleWord | Spot::ScheduleDays | Spot::After | Spot::AfterPoint)
    }

    /// Whether a shared type that is set here holds other spots, of which each such type has its own.
    pub fn has_rows(self) -> bool {
        matches!(self, Spot::Point | Spot::Schedule)
    }

    /// Whether what is set here once stays: a point, and the shared types in it.
    pub fn stays(self) -> bool {
        matches!(self, Spot::Point | Spot::Heading | Spot::Words | Spot::Schedule | Spot::After | Spot::Adoptions)
    }

    /// Whether there is always a value here once there was one, though another may take its place.
    pub fn stays_set(self) -> bool {
        matches!(self, Spot::Label | Spot::Order)
    }

    /// Whether it is of the record of what was adopted.
    pub fn is_of_adoptions(self) -> bool {
        matches!(self, Spot::Adoptions | Spot::Adoption | Spot::AdoptedBy | Spot::AdoptionWord | Spot::AdoptionTime)
    }
}

/// Whether it can be the label of a point: one line, and no longer than that.
pub fn is_label(text: &str) -> bool {
    text.len() <= LINE_BYTES_MAX && is_line(text)
}

/// Whether it can be the title of a plan.
pub fn is_title(text: &str) -> bool {
    text.chars().nth(limits::TITLE_CHARS_MAX).is_none() && is_plain(text)
}

/// Whether a text holds no control characters, not even of line breaks.
pub(super) fn is_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

/// Whether a text holds no control characters but line feeds and tabs, and so can be words.
pub fn is_plain(text: &str) -> bool {
    !text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\t'))
}
