//! `apply`: many edits from a script, all or none.

use plenary_shared::{
    id::PlanId,
    limits,
    script::{self, Applied, BracketedEdit, Done, Expect, Script, ScriptError},
    text::{redline::redline, words::WordsDigest},
};
use std::{fs, io, io::Read as _, path::PathBuf, str::FromStr};

use super::{adopt, edit, entries, lapses, schedule};
use crate::{
    answer::AppliedShown,
    brief::kind,
    context::Context,
    error::CliError,
    open::OpenPlan,
    output::inline,
    render::{Look, Page, called},
};

/// Apply a script of edits: all of them or none, as others see it too
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The script is JSON Lines: one edit a line, an object with one field that names what is done. Points
are named by label, path of labels or id; quoted words must stand in the point exactly once.

  {\"replace\": {\"point\": \"3\", \"quote\": \"[30][50]\", \"with\": \"[40]\"}}
  {\"add\": {\"after\": \"5\", \"heading\": \"Access\", \"words\": \"The Mission has access.\"}}
  {\"note\": {\"point\": \"3\", \"text\": \"Agreed by phone.\"}}

--schema prints the whole format. --once makes a repeat, from any of your party's machines, do
nothing. --expect refuses if the words are no longer those you saw: `plenary show --json` has the
digest of the plan and of each point. --seen makes the edits on the plan as a record of its log
left it: what others changed since stays, and where they changed the same both stand side by side,
with exit code 4. With --expect nothing is changed then.

Examples:
  plenary apply plan minutes.jsonl --once minutes-2026-03-01
  plenary apply plan minutes.jsonl --dry-run
  plenary apply plan - --expect 3=82c353bc6de40ee34ab666fcc6b10425dafadc5d1a38f27360e2fa413c0d9e43
  plenary apply --schema > edits.schema.json")]
pub struct Apply {
    /// The plan
    #[arg(required_unless_present = "schema")]
    plan: Option<PlanId>,
    /// The script; '-' or nothing is standard input
    file: Option<PathBuf>,
    /// Only if the words have this digest: of the plan, or of a point with all below it. May be given several times
    #[arg(long, value_name = "[POINT=]DIGEST")]
    expect: Vec<Expected>,
    /// The last record of the plan's log that the script's author had seen, as `plenary log` numbers them
    #[arg(long, value_name = "RECORD")]
    seen: Option<u64>,
    /// Do nothing if a script was applied under this key before
    #[arg(long, value_name = "KEY")]
    once: Option<String>,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print the JSON Schema of a line
    #[arg(long, exclusive = true)]
    schema: bool,
}

/// `DIGEST` or `POINT=DIGEST`.
#[derive(Clone, Debug)]
struct Expected(Expect);

impl FromStr for Expected {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (point, digest) = match text.rsplit_once('=') {
            Some((point, digest)) => (Some(point.to_owned()), digest),
            None => (None, text),
        };
        let digest: WordsDigest =
            digest.parse().map_err(|error: plenary_shared::text::words::NoWordsDigest| error.to_string())?;
        Ok(Expected(Expect { point, digest }))
    }
}

impl Apply {
    /// Runs the verb. The script is read whole before anything is done.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let Some(plan) = self.plan else {
            return context.output.schema(&script::schema());
        };
        let text = read(self.file.unwrap_or_else(|| "-".into()))?;
        let edits = Script::parse_lines(&text).map_err(CliError::InScript)?;
        let expect = self.expect.into_iter().map(|Expected(expect)| expect).collect();
        let script = Script { edits, expect, seen: self.seen, once: self.once, dry_run: self.dry_run };
        let open = context.open(&plan)?;
        if script.seen.is_some() && matches!(open, OpenPlan::Replica(_)) {
            return Err(CliError::Usage("edits in a replica rest on what it holds: leave --seen out".into()));
        }
        let mut applied = lapses::made(context, &open, &script).map_err(|error| match error {
            CliError::Script(error) => CliError::InScript(ScriptError { line: line_of(&text, error.line), ..error }),
            other => other,
        })?;
        context.tell_damage_of(&open);
        applied.bracketed.iter_mut().for_each(|edit| edit.line = line_of(&text, edit.line));
        let answer = AppliedShown { applied: &applied, plan: &plan, durable: !applied.dry_run };
        context.output.page(&answer, || page(&plan, &applied))?;
        if applied.bracketed.is_empty() || applied.dry_run { Ok(()) } else { Err(CliError::NeedsALook) }
    }
}

/// The line on which an edit stands: blank ones are no edits.
fn line_of(text: &str, edit: usize) -> usize {
    let written = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    edit.checked_sub(1).and_then(|edit| written.map(|(at, _)| at + 1).nth(edit)).unwrap_or(edit)
}

/// What an edit did, as its verb says it.
fn said(plan: &PlanId, done: &Done) -> String {
    match done {
        Done::Point(done) => edit::said(done),
        Done::Renumbered(done) => edit::renumbered(plan, done.points),
        Done::Titled(done) => format!("{plan}: {}", edit::titled(done)),
        Done::Scheduled(done) => format!("{}: {}", inline(&called(&done.label, &done.point)), schedule::said(done.changed)),
        Done::PutIn(done) => adopt::said(done),
        entries => entries::said(entries).unwrap_or_default(),
    }
}

fn page(plan: &PlanId, applied: &Applied) -> Page {
    let mut page = Page::default();
    if applied.repeated {
        page.line(Look::Plain, &format!("{plan}: applied before under this key; nothing was changed"));
        return page;
    }
    if !applied.dry_run {
        for one in &applied.done {
            page.line(Look::Plain, &said(plan, one));
        }
        bracketed(&mut page, applied);
        return page;
    }
    for change in &applied.changes {
        let name = change.point.as_ref().map_or(plan.to_string(), |point| called(&change.label, point));
        page.line(Look::Strong, &format!("{name}: {}", kind(change.kind)));
        page.redline("    ", &redline(&change.before, &change.after));
    }
    let edits = if applied.done.len() == 1 { "1 edit".to_owned() } else { format!("{} edits", applied.done.len()) };
    bracketed(&mut page, applied);
    page.line(Look::Plain, &inline(&format!("{plan}: {edits} would be made; nothing was changed")));
    page
}

/// Which points somebody should look at.
fn bracketed(page: &mut Page, applied: &Applied) {
    for BracketedEdit { line, point, label } in &applied.bracketed {
        let name = called(label, point);
        page.line(Look::Strong, &format!("line {line}: {name}: others had changed the same; both stand side by side now"));
    }
}

fn read(path: PathBuf) -> Result<String, CliError> {
    let most = limits::SCRIPT_BYTES_MAX as u64;
    let mut bytes = Vec::new();
    let (name, read) = if path.as_os_str() == "-" {
        (PathBuf::from("standard input"), io::stdin().lock().take(most + 1).read_to_end(&mut bytes))
    } else {
        let read = fs::File::open(&path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
        (path, read)
    };
    read.map_err(|source| CliError::File { path: name.clone(), source })?;
    if bytes.len() as u64 > most {
        return Err(CliError::Refused(format!(
            "{} is larger than {} MiB: make several scripts of it",
            name.display(),
            most >> 20
        )));
    }
    let text = String::from_utf8(bytes).map_err(|_| CliError::Refused(format!("{} is not UTF-8 text", name.display())))?;
    // A byte order mark is no part of a text.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_on_lines_and_blank_lines_are_none() {
        let text = "\n{}\n  \n\t\n{}\r\n{}";
        assert_eq!([0, 1, 2, 3, 4].map(|edit| line_of(text, edit)), [0, 2, 5, 6, 4]);
    }

    #[test]
    fn a_digest_is_expected_of_the_plan_or_of_a_point_whose_label_may_hold_anything() {
        let digest = "82c353bc6de40ee34ab666fcc6b10425dafadc5d1a38f27360e2fa413c0d9e43";
        let point = |text: &str| text.parse::<Expected>().map(|Expected(expect)| expect.point);
        assert_eq!(point(digest), Ok(None));
        assert_eq!(point(&format!("5 bis={digest}")), Ok(Some("5 bis".into())));
        assert_eq!(point(&format!("a=b={digest}")), Ok(Some("a=b".into())));
        assert!(point("5=82c3").is_err() && point("").is_err());
    }
}
