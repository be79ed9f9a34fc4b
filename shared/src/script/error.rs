//! Why a script was not applied.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

use crate::{
    script::BracketedEdit,
    talk::layer::{self, TableError},
    text::{
        plan::{self, FindError},
        say::{inline, quoted},
        words::WordsDigest,
    },
};

/// Why a script was not applied. Nothing of it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScriptError {
    /// Which edit, from 1; 0: not one of them, but what stands beside them.
    pub line: usize,
    /// Which field of it, as a path.
    pub field: String,
    /// What stands there, or what it was compared with.
    pub found: String,
    /// What should.
    pub expected: String,
    /// What kind of trouble it is.
    #[serde(default)]
    pub why: Why,
    /// The same in a sentence, for who made the one edit by hand.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// What to do, where each front end has its own words for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<Box<Advice>>,
}

/// What to do about it. How it is done there is for each front end to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Look which annotations one may read.
    ListAnnotations,
    /// Look which annotations one's own party has.
    ListOwnAnnotations,
    /// Say which layer is meant.
    NameLayer,
    /// Say which party's it is.
    NameParty,
    /// Read the words, and name them by their digest.
    NameWords {
        /// The digest of the present ones.
        now: WordsDigest,
    },
    /// Repeat it with the words that stand there now, if that is meant.
    ConfirmNow,
    /// Look what the schema of scripts says.
    ReadSchema,
}

/// What kind of trouble stops a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// What is written asks for something that makes no sense, whatever stands in the plan.
    #[default]
    Usage,
    /// There is no such thing, or one may not know of it.
    NotFound,
    /// A right is missing.
    Forbidden,
    /// The plan is not as it must be.
    Refused,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ScriptError { line, field, found, expected, .. } = self;
        match line {
            0 => write!(f, "{field}: found {found}, expected {expected}"),
            line => write!(f, "line {line}: {field}: found {found}, expected {expected}"),
        }
    }
}

impl std::error::Error for ScriptError {}

impl ScriptError {
    /// Trouble with what is written.
    pub fn usage(line: usize, field: impl Into<String>, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Refusal::usage("", found, expected).at(line, field.into())
    }

    /// An edit that would stand beside what others made of the same.
    pub fn bracketed(BracketedEdit { line, point, label }: &BracketedEdit) -> Self {
        let name = if label.is_empty() { point.to_string() } else { inline(label).into_owned() };
        let found = format!("words of {name} that others have changed as well");
        let message = format!("others have changed the same of {name} meanwhile; nothing was changed");
        Refusal::refused("", found, "words that they left as they were").says(message).at(*line, "edit".to_owned())
    }

    /// The sentence for who made the one edit by hand.
    pub fn sentence(&self) -> String {
        if self.message.is_empty() { format!("found {}, expected {}", self.found, self.expected) } else { self.message.clone() }
    }
}

/// Why an edit cannot be made; a script that holds it is not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    why: Why,
    field: &'static str,
    found: String,
    expected: String,
    message: String,
    advice: Option<Box<Advice>>,
}

impl Refusal {
    fn new(why: Why, field: &'static str, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Refusal { why, field, found: found.into(), expected: expected.into(), message: String::new(), advice: None }
    }

    pub fn usage(field: &'static str, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::new(Why::Usage, field, found, expected)
    }

    pub fn not_found(field: &'static str, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::new(Why::NotFound, field, found, expected)
    }

    pub fn forbidden(field: &'static str, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::new(Why::Forbidden, field, found, expected)
    }

    pub fn refused(field: &'static str, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::new(Why::Refused, field, found, expected)
    }

    /// The same in a sentence.
    pub fn says(self, message: impl Into<String>) -> Self {
        Refusal { message: message.into(), ..self }
    }

    /// What to do about it.
    pub fn advise(self, advice: Advice) -> Self {
        Refusal { advice: Some(advice.into()), ..self }
    }

    /// Names the line, and the field by its path.
    pub fn at(self, line: usize, path: String) -> ScriptError {
        let Refusal { why, field: _, found, expected, message, advice } = self;
        ScriptError { line, field: path, found, expected, why, message, advice }
    }

    /// Names the line; the field is one of an edit of this kind.
    pub fn of(self, line: usize, kind: &str) -> ScriptError {
        let path = if self.field.is_empty() { kind.to_owned() } else { format!("{kind}.{}", self.field) };
        self.at(line, path)
    }

    /// A point that was not found, or not one alone.
    pub fn finding(field: &'static str, what: &str, error: FindError) -> Self {
        let message = error.to_string();
        match error {
            FindError::Unknown { .. } => {
                let expected = "a label as the plan shows it, a path of labels, or an id, of a point that is there";
                Self::not_found(field, quoted(what), expected).says(message)
            }
            FindError::Ambiguous { count, candidates, .. } => {
                let found = format!("{}, which fits {count} points", quoted(what));
                Self::refused(field, found, format!("one of these: {}", candidates.join(" "))).says(message)
            }
        }
    }

    /// An edit of the text that the plan does not bear.
    pub fn editing(error: plan::EditError) -> Self {
        use plan::EditError as E;
        let message = error.to_string();
        let refused = |field, found: String, expected: &str| Self::refused(field, found, expected);
        match error {
            E::UnknownPoint { id } => refused("point", id.to_string(), "a point that is in the plan"),
            E::Exists { id } => refused("id", id.to_string(), "an id that no point has"),
            E::LabelTaken { label } => refused("label", quoted(&label), "a label that no point at this place has"),
            E::BelowItself { id } => refused("", format!("a place within {id} itself"), "a place outside it"),
            E::TooMany => refused("", "a full plan".into(), "room for another point"),
            E::TooDeep => refused("", "a place below the deepest level".into(), "a higher place"),
            E::NotEmpty => refused("", "a plan with points".into(), "an empty plan"),
            E::NotPlain { what, text } => {
                let expected = "no control characters but line breaks and tabs, and no more than has room there";
                refused("", format!("{} as {what}", quoted(&text)), expected)
            }
            E::NotText { .. } => {
                refused("point", "words that hold more than characters".into(), "plain text: set the words again")
            }
            E::UnknownAfter { what } => refused("after", quoted(&what), "a point of the plan"),
        }
        .says(message)
    }

    /// An edit of a layer that it does not bear.
    pub fn annotating(error: layer::EntryError) -> Self {
        let message = error.to_string();
        match error {
            layer::EntryError::Unknown { id } => {
                Self::not_found("id", id.to_string(), "an annotation of this layer").advise(Advice::ListAnnotations)
            }
            layer::EntryError::TooMany => Self::refused("layer", "a full layer", "room for another annotation"),
        }
        .says(message)
    }

    pub fn tabling(error: TableError) -> Self {
        let message = error.to_string();
        match error {
            TableError::Unknown { id } => {
                Self::not_found("ids", id.to_string(), "an annotation of your party").advise(Advice::ListOwnAnnotations)
            }
            TableError::Reply { id, to } => {
                let found = format!("{id}, which replies to {to}");
                Self::refused("ids", found, "what it replies to among those that are tabled, or where they go")
            }
        }
        .says(message)
    }
}
