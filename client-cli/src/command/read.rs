//! `show` and `export`: the plan as it stands.

use plenary_shared::{
    id::{PlanId, PointId},
    out::{Edition, Format},
    talk::{
        dossier::{EnteredView, EnteredWords, OutlineView},
        standing::Merged,
    },
    text::{
        markdown::BESIDE_THE_POINTS,
        plan::{Outline, Point},
        say::printable,
        words::{ExactWords, plan_digest},
    },
};
use std::{fs, path::PathBuf};

use super::merged::by;
use crate::{
    answer::{Delivered, Document, PointShown, Said, Shown},
    context::Context,
    error::CliError,
    expect::short,
    output::inline,
    shown::LastShown,
};

/// Show a plan, or one point with all below it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  plenary show plan
  plenary show plan '5 bis'
  plenary show plan --json | jq -r '.points[] | select(.struck | not) | .words'")]
pub struct Show {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    point: Option<String>,
}

impl Show {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let open = context.open(&self.plan)?;
        let OutlineView { outline, merged } = open.text()?;
        let merged = if merged.is_empty() { Vec::new() } else { open.merged()? };
        let EnteredView { entered } = open.view()?;
        context.tell_damage_of(&open);
        let entered_in = |point: &PointId| entered.iter().filter(|words| words.point == *point).collect::<Vec<_>>();
        let merged_of =
            |point: Option<&PointId>| merged.iter().map(|one| &one.merged).find(|one| one.mark.point.as_ref() == point);
        let points = match &self.point {
            Some(what) => below(&outline, what)?,
            None => &outline.points,
        };
        let exact = ExactWords::read(&outline);
        let digest_of = |point: &Point| exact.get(&point.id).map(|exact| exact.digest);
        let beside = if self.point.is_none() { shown_beside(&outline.beside) } else { String::new() };
        let answer = Shown {
            plan: &self.plan,
            title: &outline.title,
            digest: plan_digest(&outline, &exact),
            beside: if self.point.is_none() { &outline.beside } else { "" },
            title_merged: merged_of(None),
            points: points
                .iter()
                .map(|point| PointShown {
                    point,
                    digest: digest_of(point),
                    merged: merged_of(Some(&point.id)),
                    entered: entered_in(&point.id),
                })
                .collect(),
            faults: outline.faults.iter().map(Said::of).collect(),
        };
        LastShown::read(&open.whose()?, &self.plan).keep(points.iter().filter_map(|p| Some((p.id.clone(), digest_of(p)?))));
        context.output.result(&answer, || {
            if points.is_empty() && beside.is_empty() {
                return format!("{}: no points", self.plan);
            }
            let title = (self.point.is_none() && !outline.title.is_empty()).then(|| match merged_of(None) {
                None => inline(&outline.title).into_owned(),
                Some(merged) => format!("{}  {}", inline(&outline.title), marked(merged)),
            });
            title
                .into_iter()
                .chain([tree(points, &exact, |point| marks(merged_of(Some(point)), &entered_in(point))), beside.clone()])
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join("\n\n")
        })?;
        // Whoever asks for one point has not asked for the faults of the others.
        for fault in outline.faults.iter().filter(|_| self.point.is_none()) {
            context.output.remark(|| fault.to_string());
        }
        Ok(())
    }
}

/// A point and all below it, in document order.
pub fn below<'a>(outline: &'a Outline, what: &str) -> Result<&'a [Point], CliError> {
    let root = outline.find(what)?;
    let from = outline.points.iter().position(|p| p.id == root.id).unwrap_or_default();
    let more = outline.points[from + 1..].iter().take_while(|p| p.depth > root.depth).count();
    Ok(&outline.points[from..=from + more])
}

/// Each point with its label, heading and fingerprint in a line, its words indented below.
pub fn tree(points: &[Point], exact: &ExactWords, marks: impl Fn(&PointId) -> String) -> String {
    let top = points.iter().map(|p| p.depth).min().unwrap_or_default();
    let mut text = String::new();
    for point in points {
        let indent = "    ".repeat(point.depth - top);
        let label = if point.label.is_empty() { format!("({})", point.id) } else { inline(&point.label).into_owned() };
        let heading = inline(&point.heading);
        let struck = if point.struck { "[struck]" } else { "" };
        let fingerprint = exact.get(&point.id).map(|exact| short(&exact.digest)).unwrap_or_default();
        let marks = marks(&point.id);
        let head = [label.as_str(), &heading, struck, &marks, &fingerprint];
        let head: Vec<&str> = head.into_iter().filter(|part| !part.is_empty()).collect();
        if !text.is_empty() {
            text.push('\n');
        }
        text += &format!("{indent}{}", head.join("  "));
        for line in point.words.lines() {
            text += format!("\n{indent}    {}", inline(line)).trim_end();
        }
    }
    text
}

/// That a point was merged, and what of it was entered for which other party.
fn marks(merged: Option<&Merged>, entered: &[&EnteredWords]) -> String {
    let entered = entered.iter().map(|words| format!("[{}]", words.said()));
    merged.map(marked).into_iter().chain(entered).collect::<Vec<_>>().join("  ")
}

/// That a point was merged, and of whose edits.
fn marked(Merged { mark, .. }: &Merged) -> String {
    format!("[merged: {}]", by(mark))
}

/// What stands beside the points, under a heading; nothing if nothing does.
fn shown_beside(text: &str) -> String {
    let lines = text.lines().map(|line| format!("    {}", inline(line)).trim_end().to_owned());
    if text.is_empty() { String::new() } else { format!("{BESIDE_THE_POINTS}\n{}", lines.collect::<Vec<_>>().join("\n")) }
}

/// Write a plan as Markdown or HTML: as it stands, without its brackets, or with all that is said of it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What is exported without --clean or --annotated can be imported again (`plenary plan create --from`).

Examples:
  plenary export plan > plan.md
  plenary export plan --clean --output plan.md
  plenary export plan --annotated --html --output plan.html")]
pub struct Export {
    /// The plan
    plan: PlanId,
    #[command(flatten)]
    form: Form,
    /// HTML, to be printed or opened in a browser
    #[arg(long, requires = "Form")]
    html: bool,
    /// The file to write; standard output if left out
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct Form {
    /// Without brackets, struck points and attributions
    #[arg(long)]
    clean: bool,
    /// With attributed brackets, positions and the annotations that you may read
    #[arg(long)]
    annotated: bool,
}

impl Form {
    fn edition(&self) -> Edition {
        match self {
            Form { clean: true, .. } => Edition::Clean,
            Form { annotated: true, .. } => Edition::Annotated,
            Form { .. } => Edition::Plain,
        }
    }
}

impl Export {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let open = context.open(&self.plan)?;
        let form = self.form.edition();
        let format = if self.html { Format::Html } else { Format::Markdown };
        // A server may tell anything: what it tells is for a file, whatever is in it.
        let text: String = printable(&open.export(form, format)?).collect();
        context.tell_damage_of(&open);
        let document = match format {
            Format::Markdown => Document::Markdown(&text),
            Format::Html => Document::Html(&text),
        };
        let answer = Delivered { plan: &self.plan, form: Some(form.to_string()), document };
        deliver(context, answer, &text, self.output)
    }
}

/// Puts out a document: as it is, in the answer for a program, or into a file.
pub fn deliver(context: &Context, answer: Delivered, text: &str, output: Option<PathBuf>) -> Result<(), CliError> {
    let Some(path) = output else { return context.output.document(&answer, text) };
    fs::write(&path, text).map_err(|source| CliError::File { path: path.clone(), source })?;
    let written = Delivered { document: Document::File { output: &path, bytes: text.len() }, ..answer };
    context.output.result(&written, || format!("wrote {} bytes to {}", text.len(), path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(id: &str, label: &str, depth: usize, words: &str) -> Point {
        Point {
            id: id.parse().expect("an id"),
            label: label.into(),
            heading: if depth == 0 { "Head\x1b[2J".into() } else { String::new() },
            words: words.into(),
            parent: (depth > 0).then(|| "a".parse().expect("an id")),
            depth,
            order: "80".into(),
            struck: label == "6",
            schedule: Default::default(),
            adoptions: Default::default(),
        }
    }

    #[test]
    fn a_plan_is_shown_as_a_tree_and_a_point_with_all_below_it() {
        let points =
            vec![point("a", "5", 0, "one\ntwo"), point("b", "(a)", 1, "x\x1b[1m"), point("c", "", 2, ""), point("d", "6", 0, "")];
        let outline = Outline { points, ..Outline::default() };
        let whole = "5  Head\\u{1b}[2J\n    one\n    two\n    (a)\n        x\\u{1b}[1m\n        (c)\n6  Head\\u{1b}[2J  [struck]";
        let none = ExactWords::default();
        assert_eq!(tree(&outline.points, &none, |_| String::new()), whole);
        assert_eq!(tree(below(&outline, "(a)").expect("a point"), &none, |_| String::new()), "(a)\n    x\\u{1b}[1m\n    (c)");
        let exact = ExactWords::read(&outline);
        let fingerprint = short(&exact.get(&outline.points[0].id).expect("words").digest);
        let shown = tree(&outline.points, &exact, |_| String::new());
        assert!(shown.starts_with(&format!("5  Head\\u{{1b}}[2J  {fingerprint}\n    one\n")));
        assert_eq!(below(&outline, "7").expect_err("none").exit_code(), 1);
    }
}
