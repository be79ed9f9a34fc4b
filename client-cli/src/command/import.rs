//! `plan import`, and texts that come from a file: read whole, and told what is made of them before anything is.

use plenary_shared::{
    id::{PlanId, PointId},
    limits,
    script::{Add, Edit, OfPoint, Script},
    text::markdown::{self, Draft, DraftPoint, Imported},
};
use std::{
    fs, io,
    io::Read as _,
    path::{Path, PathBuf},
};

use super::lapses;
use crate::{
    answer::{ImportShown, NoticeRead, PointRead},
    context::Context,
    error::CliError,
    ids,
    output::inline,
    progress::Progress,
    render::{Look, Page, cell},
};

/// Characters of a point's words that are shown before it is made.
const WORDS_SHOWN: usize = 60;

/// Put a text below a point of a plan, or at its end: an annex, a protocol
#[derive(Debug, clap::Args)]
#[command(after_help = "\
All of it is put in, or nothing. Its title, if it has one, becomes the point that the others stand below.

Examples:
  plenary plan import plan annex-a.md --under 'Annex A' --dry-run
  plenary plan import plan annex-a.md")]
pub struct Import {
    /// The plan
    plan: PlanId,
    /// The Markdown; '-' is standard input
    file: PathBuf,
    /// The point below which it stands, as its last sub-points
    #[arg(long, value_name = "POINT")]
    under: Option<String>,
    /// Show what would become a point, with which label, and what was not understood; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Import {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let (_, mut imported) = read(&self.file)?;
        if !imported.draft.title.is_empty() {
            let (label, heading) = markdown::label_and_heading(&std::mem::take(&mut imported.draft.title));
            let children = std::mem::take(&mut imported.draft.points);
            imported.draft.points = vec![DraftPoint { label, heading, children, ..DraftPoint::default() }];
        }
        if !self.dry_run {
            let edits = edits(&imported.draft, self.under.as_deref())?;
            let open = context.open(&self.plan)?;
            let script = Script { edits, ..Script::default() };
            let bar = Progress::new(context.output.is_json()).bar("putting in", script.edits.len() as u64, "points");
            lapses::made(context, &open, &script)?;
            drop(bar);
            context.tell_damage_of(&open);
        }
        show(context, &self.plan, &imported, !self.dry_run)
    }
}

/// One edit for each point, those above before those below.
fn edits(draft: &Draft, under: Option<&str>) -> Result<Vec<Edit>, CliError> {
    let mut edits = Vec::new();
    let mut stack: Vec<(&DraftPoint, Option<String>)> =
        draft.points.iter().rev().map(|point| (point, under.map(str::to_owned))).collect();
    while let Some((point, under)) = stack.pop() {
        let id: PointId = ids::new()?;
        let name = format!("#{id}");
        let (label, words) = (Some(point.label.clone()), Some(point.words.clone()));
        edits.push(Edit::Add(Add { words, heading: point.heading.clone(), label, id: Some(id), under, ..Add::default() }));
        if point.struck {
            edits.push(Edit::Strike(OfPoint { point: name.clone() }));
        }
        stack.extend(point.children.iter().rev().map(|child| (child, Some(name.clone()))));
    }
    Ok(edits)
}

/// Says what a text became, or would become.
pub fn show(context: &Context, plan: &PlanId, imported: &Imported, durable: bool) -> Result<(), CliError> {
    let points = points(&imported.draft);
    let notices: Vec<NoticeRead> =
        imported.notices.iter().map(|notice| NoticeRead { line: notice.line, message: &notice.what }).collect();
    let answer = ImportShown { plan, title: &imported.draft.title, points, notices, durable };
    context.output.page(&answer, || page(&answer))
}

fn points(draft: &Draft) -> Vec<PointRead<'_>> {
    let mut points = Vec::new();
    let mut stack: Vec<_> = draft.points.iter().rev().map(|point| (point, 0)).collect();
    while let Some((point, depth)) = stack.pop() {
        points.push(PointRead { depth, label: &point.label, heading: &point.heading, words: &point.words });
        stack.extend(point.children.iter().rev().map(|child| (child, depth + 1)));
    }
    points
}

fn page(answer: &ImportShown) -> Page {
    let mut page = Page::default();
    if !answer.title.is_empty() {
        page.line(Look::Strong, &inline(answer.title));
    }
    for point in &answer.points {
        let label = if point.label.is_empty() { "-".into() } else { inline(point.label) };
        page.line(Look::Plain, &"  ".repeat(point.depth)).add(Look::Strong, &label);
        for text in [point.heading, &cell(point.words, WORDS_SHOWN)].into_iter().filter(|text| !text.is_empty()) {
            page.add(Look::Plain, "  ").add(Look::Plain, &inline(text));
        }
    }
    for notice in &answer.notices {
        page.line(Look::Faint, &inline(&format!("line {}: {}", notice.line, notice.message)));
    }
    let labelled = answer.points.iter().filter(|point| !point.label.is_empty()).count();
    let made = if answer.durable { "put in" } else { "would be made; nothing was changed" };
    let count = answer.points.len();
    page.line(Look::Plain, &inline(&format!("{}: {count} points, {labelled} of them with a label, {made}", answer.plan)));
    page
}

/// A text from a file, `-` for standard input, and what it makes.
///
/// # Errors
/// [`CliError::File`]; [`CliError::Refused`] with the file and the line, if it is no text, makes no point or cannot be a plan.
pub fn read(path: &Path) -> Result<(String, Imported), CliError> {
    let name = if path.as_os_str() == "-" { "standard input".into() } else { path.display().to_string() };
    let most = limits::PLAN_BYTES_MAX as u64;
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        io::stdin().lock().take(most + 1).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
    };
    read.map_err(|source| CliError::File { path: path.to_owned(), source })?;
    if bytes.len() as u64 > most {
        return Err(CliError::Refused(format!("{name} is larger than {} MiB: make several plans of it", most >> 20)));
    }
    let text = String::from_utf8(bytes).map_err(|error| CliError::Refused(format!("{name} is {}", no_text(error.as_bytes()))))?;
    let imported = markdown::read(&text).map_err(|error| CliError::Refused(format!("{name}: {error}")))?;
    if imported.draft.points.is_empty() && imported.draft.title.is_empty() {
        return Err(CliError::Refused(format!("{name} is empty: nothing was made")));
    }
    Ok((text, imported))
}

/// What a file is that is not UTF-8.
fn no_text(bytes: &[u8]) -> String {
    for (beginning, what) in [
        (&b"\xff\xfe"[..], "UTF-16 text: save it as UTF-8"),
        (b"\xfe\xff", "UTF-16 text: save it as UTF-8"),
        (b"%PDF", "a PDF: export its text as Markdown"),
        (b"PK\x03\x04", "a Word file or another archive: export its text as Markdown"),
    ] {
        if bytes.starts_with(beginning) {
            return what.into();
        }
    }
    let end = bytes.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
    let line = 1 + bytes.iter().take(end).filter(|byte| **byte == b'\n').count();
    let byte = bytes.get(end).copied().unwrap_or_default();
    format!("not UTF-8: line {line} holds the byte {byte:02X}, as Windows-1252 or Latin-1 would write it: save it as UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_text_is_named_as_what_it_is() {
        assert_eq!(no_text(b"\xff\xfe1\0"), "UTF-16 text: save it as UTF-8");
        assert!(no_text(b"PK\x03\x04\x14").starts_with("a Word file"));
        assert!(no_text(b"# T\n\n1. caf\xe9\n").starts_with("not UTF-8: line 3 holds the byte E9"));
    }

    #[test]
    fn what_cannot_be_a_plan_is_refused_with_its_file_and_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let said = |text: &[u8]| {
            let path = folder.path().join("text.md");
            fs::write(&path, text).expect("written");
            read(&path).map(|(_, imported)| imported.draft.points.len()).map_err(|error| error.to_string())
        };
        for empty in [&b""[..], b"\n\n", b"\xef\xbb\xbf\r\n"] {
            assert!(said(empty).expect_err("nothing").ends_with("text.md is empty: nothing was made"));
        }
        assert!(said(b"1. x\n\n2. \x07\n").expect_err("a bell").contains("text.md: line 3: "));
        assert_eq!(said(b"\xef\xbb\xbf1. x\r\n2. y\r\n"), Ok(2));
        assert_eq!(said(&b"1. shall\n\n".repeat(7_000)), Ok(7_000), "70,000 bytes");
    }

    #[test]
    fn an_annex_is_put_in_point_by_point_each_below_its_own() {
        let draft = markdown::import("1. One\n\n   (a) Below\n\n2. ~~Two~~\n").expect("a text");
        let edits = edits(&draft, Some("Annex A")).expect("ids");
        let unders: Vec<Option<&str>> =
            edits.iter().map(|edit| if let Edit::Add(add) = edit { add.under.as_deref() } else { None }).collect();
        let Edit::Add(first) = &edits[0] else { panic!("an addition") };
        let below = format!("#{}", first.id.as_ref().expect("an id"));
        assert_eq!(unders, [Some("Annex A"), Some(&*below), Some("Annex A"), None]);
        assert!(matches!(&edits[3], Edit::Strike(_)));
    }
}
