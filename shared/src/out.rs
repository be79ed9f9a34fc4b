//! Editions: a plan printed for people, as Markdown or as one self-contained page.
//!
//! **Clean**: the text without its brackets, positions and attributions. Struck points are left out with what stands below them; `…` marks
//! where words are open. **Annotated**: the text with brackets and whose they are, and below each point its standing and what the
//! parties note and propose. **Plain** is the importable Markdown of [`crate::text::markdown`].
//!
//! Both print schedules, which are among the words that parties accept.
//!
//! **What people wrote stays text.** In Markdown it is escaped, line starts included, so that a note makes no heading, list, table, link
//! or HTML; the words of points keep their emphasis. In HTML nothing that people wrote is markup. Control characters are dropped, and
//! what overrides the direction of writing ([`crate::text::say::printable`], as in every other file that is written). Line breaks are kept.
//! What a drafter types into brackets looks like an attribution in Markdown, which has one kind of letters; on the page it does not.
//!
//! **Bounded.** Size and time grow with the text and with what is shown of the layers: at most [`ANNOTATIONS_SHOWN_MAX`]
//! entries of a party on a point; of redlines, what is the same is cut to where it borders on changes.
//!
//! **Architecture invariants:** an edition is made of a dossier and of nothing else, so it shows what its member may read. The same dossier
//! gives the same bytes. What is printed is decided before it is known in which format.

mod annotated;
mod changes;
mod clean;
mod front;
mod html;
mod markdown;
mod remarks;
mod schedule;
mod sheet;
mod standing;
#[cfg(test)]
mod tests;
mod text;

use std::{fmt, str::FromStr};

use crate::{
    talk::dossier::Dossier,
    text::{markdown as markdown_of_plan, plan::Outline, say::printable},
};

pub use remarks::ANNOTATIONS_SHOWN_MAX;

/// Which form of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edition {
    /// The importable text: Markdown only.
    Plain,
    /// The text without brackets, positions and attributions.
    Clean,
    /// The text with them.
    Annotated,
}

/// How it is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// CommonMark, with `~~` for what is removed.
    Markdown,
    /// A self-contained page without script.
    Html,
}

/// What is no edition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an edition: use plain, clean or annotated")]
pub struct NoEdition(String);

/// What is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a format: use markdown or html")]
pub struct NoFormat(String);

impl FromStr for Edition {
    type Err = NoEdition;
    fn from_str(s: &str) -> Result<Self, NoEdition> {
        match s {
            "plain" => Ok(Edition::Plain),
            "clean" => Ok(Edition::Clean),
            "annotated" => Ok(Edition::Annotated),
            _ => Err(NoEdition(s.chars().take(80).collect())),
        }
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Edition::Plain => "plain",
            Edition::Clean => "clean",
            Edition::Annotated => "annotated",
        })
    }
}

impl FromStr for Format {
    type Err = NoFormat;
    fn from_str(s: &str) -> Result<Self, NoFormat> {
        match s {
            "markdown" => Ok(Format::Markdown),
            "html" => Ok(Format::Html),
            _ => Err(NoFormat(s.chars().take(80).collect())),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Markdown => "markdown",
            Format::Html => "html",
        })
    }
}

/// The importable text.
pub fn plain(outline: &Outline) -> String {
    printable(&markdown_of_plan::export(outline)).collect()
}

/// The text without its brackets, positions and attributions.
pub fn clean(dossier: &Dossier, format: Format) -> String {
    print(&clean::sheet(dossier), format)
}

/// The text with its brackets, positions and attributions, as far as the member whose dossier it is may read them.
pub fn annotated(dossier: &Dossier, format: Format) -> String {
    print(&annotated::sheet(dossier), format)
}

fn print(sheet: &sheet::Sheet, format: Format) -> String {
    match format {
        Format::Markdown => markdown::print(sheet),
        Format::Html => html::print(sheet),
    }
}
