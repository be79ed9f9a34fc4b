//! `watch`: a line for each change, with who made it, as it becomes durable. Lost connections are taken up again, and what changed
//! meanwhile is told without an author, for the log's state does not name any.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use plenary_shared::{
    api::{Conference, LogLine},
    id::{MemberId, PlanId},
    limits,
    plan::{Change, ChangeKind, Outline, changes},
    record::Author,
};
use serde_json::json;
use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Read as _},
    thread::sleep,
    time::Duration,
};
use yrs::{Doc, Transact as _};

use crate::{
    context::{Context, Session},
    error::CliError,
    guard::{self, decode},
    output::inline,
    when,
};

/// A state in base64, and what stands around it.
const LINE_BYTES_MAX: u64 = (limits::DOCUMENT_BYTES_MAX as u64 / 3 + 1) * 4 + 4_096;
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// Characters of unchanged text shown on either side of a change.
const AROUND: usize = 24;
/// Characters of words in a line; --json has them all.
const SHOWN: usize = 160;

/// Print each change of a plan as it becomes durable: when, party, member, point, before, after
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Ends with Ctrl-C, or after --count changes. A lost connection is taken up again.

Examples:
  plenary watch plan
  plenary watch plan --count 1 --json
  plenary watch plan --json | jq -r 'select(.party == \"arv\") | .label'")]
pub struct Watch {
    /// The plan
    plan: PlanId,
    /// End after this many changes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
}

struct Watcher<'a> {
    context: &'a Context,
    session: Session,
    plan: PlanId,
    left: Option<u64>,
    doc: Doc,
    /// None until the first state came.
    outline: Option<Outline>,
    names: HashMap<MemberId, String>,
    pause: Duration,
}

impl Watch {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let session = context.session()?;
        let mut watcher = Watcher {
            context,
            session,
            plan: self.plan,
            left: self.count,
            doc: guard::document([])?,
            outline: None,
            names: HashMap::new(),
            pause: PAUSE_MIN,
        };
        loop {
            match watcher.follow() {
                Ok(()) => return Ok(()),
                Err(error) if error.exit_code() == 3 && watcher.outline.is_some() => watcher.wait(&error),
                Err(error) => return Err(error),
            }
        }
    }
}

impl Watcher<'_> {
    /// Follows one connection to its end; answers when enough was seen.
    fn follow(&mut self) -> Result<(), CliError> {
        let server = self.session.server.to_string();
        let lost = |reason: String| CliError::NoConnection { server: server.clone(), reason };
        let stream = self.session.api.stream(&self.session.plan_path(&self.plan, "/log")?)?;
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        loop {
            line.clear();
            reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line).map_err(|e| lost(e.to_string()))?;
            if line.last() != Some(&b'\n') {
                return Err(lost("the log ended".into()));
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            let line = serde_json::from_slice(&line).map_err(|e| lost(format!("its log cannot be read: {e}")))?;
            self.take(line)?;
            if self.left == Some(0) {
                return Ok(());
            }
        }
    }

    fn take(&mut self, line: LogLine) -> Result<(), CliError> {
        let (update, seq, record) = match line {
            LogLine::State { update, seq, .. } => (update, seq, None),
            LogLine::Record { update, seq, at_ms, author, .. } => (update, seq, Some((at_ms, author))),
        };
        let bytes = BASE64.decode(update).map_err(|_| CliError::Refused("the log holds an update that is not base64".into()))?;
        guard::apply(&self.doc, [decode(&bytes)?])?;
        let after = Outline::read(&self.doc.transact());
        let known = self.outline.is_some();
        let before = self.outline.take().unwrap_or_default();
        let made = if known { changes(&before, &after) } else { Vec::new() };
        self.outline = Some(after);
        if record.is_none() {
            self.pause = PAUSE_MIN;
            self.context.output.note(&json!({ "event": "watching", "plan": self.plan, "seq": seq }), || {
                format!("watching {} from record {seq}", self.plan)
            });
        }
        for change in made {
            if self.left == Some(0) {
                break;
            }
            self.print(seq, record.as_ref(), &change)?;
            self.left = self.left.map(|n| n - 1);
        }
        Ok(())
    }

    fn print(&mut self, seq: u64, record: Option<&(u64, Author)>, change: &Change) -> Result<(), CliError> {
        let at_ms = record.map(|(at_ms, _)| *at_ms);
        let author = record.map(|(_, author)| author);
        let name = author.map(|author| self.name(&author.member));
        let Change { point, label, kind, before, after } = change;
        let value = json!({
            "plan": self.plan, "seq": seq, "at": at_ms.and_then(when::utc), "at_ms": at_ms, "party": author.map(|a| &a.party),
            "member": author.map(|a| &a.member), "name": name, "point": point, "label": label, "kind": kind, "before": before, "after": after,
        });
        self.context.output.result(&value, || {
            let when = when::local(at_ms.unwrap_or_else(when::now_ms));
            let who = match (author, &name) {
                (Some(author), Some(name)) if !name.is_empty() => {
                    format!("{}  {} ({})", author.party, inline(name), author.member)
                }
                (Some(author), _) => format!("{}  {}", author.party, author.member),
                (None, _) => "while away".to_owned(),
            };
            let what = match (label.is_empty(), point) {
                (false, _) => inline(label).into_owned(),
                (true, Some(point)) => format!("({point})"),
                (true, None) => self.plan.to_string(),
            };
            format!("{when}  {who}  {what}  {}", told(*kind, before, after)).trim_end().to_owned()
        })
    }

    /// A member's name; the list is fetched again for one who is not on it. Without it the id must do.
    fn name(&mut self, member: &MemberId) -> String {
        if !self.names.contains_key(member) {
            let conference = self.session.path("").and_then(|path| self.session.api.get::<Conference>(&path));
            if let Ok(conference) = conference {
                self.names.extend(conference.members.into_iter().map(|m| (m.member, m.name)));
            }
            self.names.entry(member.clone()).or_default();
        }
        self.names.get(member).cloned().unwrap_or_default()
    }

    fn wait(&mut self, error: &CliError) {
        let seconds = self.pause.as_secs();
        self.context.output.note(&json!({ "event": "lost", "message": error.to_string(), "again_in_s": seconds }), || {
            format!("{error}; trying again in {seconds} s")
        });
        sleep(self.pause);
        self.pause = (self.pause * 2).min(PAUSE_MAX);
    }
}

/// The kind of change, and what of it is worth a line.
fn told(kind: ChangeKind, before: &str, after: &str) -> String {
    let word = match kind {
        ChangeKind::Added => "added",
        ChangeKind::Words => "words",
        ChangeKind::Heading => "heading",
        ChangeKind::Label => "label",
        ChangeKind::Moved => "moved",
        ChangeKind::Struck => return "struck".into(),
        ChangeKind::Restored => return "restored".into(),
        ChangeKind::Removed => "removed",
        ChangeKind::Title => "title",
        ChangeKind::Schedule => "schedule",
    };
    let quoted = |text: &str| format!("\"{}\"", inline(text));
    match kind {
        ChangeKind::Added if after.is_empty() => word.into(),
        ChangeKind::Added => format!("{word}  {}", quoted(&cut(after))),
        ChangeKind::Removed => format!("{word}  {}", quoted(&cut(before))),
        _ => {
            let (before, after) = excerpt(before, after);
            format!("{word}  {} -> {}", quoted(&before), quoted(&after))
        }
    }
}

/// What differs, with a little of what stands around it.
fn excerpt(before: &str, after: &str) -> (String, String) {
    let (old, new): (Vec<char>, Vec<char>) = (before.chars().collect(), after.chars().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same;
    let same_end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let mut from = same.saturating_sub(AROUND);
    // Begin with a whole word where one begins nearby.
    if let Some(space) = (from > 0).then(|| old[from..same].iter().position(|c| c.is_whitespace())).flatten() {
        from += space + 1;
    }
    let tail = AROUND.min(same_end);
    let part = |text: &[char]| {
        let to = text.len() - same_end + tail;
        let head = if from > 0 { "…" } else { "" };
        let end = if to < text.len() { "…" } else { "" };
        format!("{head}{}{end}", cut(&text[from..to].iter().collect::<String>()))
    };
    (part(&old), part(&new))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_what_differs_and_little_else() {
        let old = "The forces of both sides shall withdraw from the zone within [30][50] days of the entry into force of this plan, in full.";
        let new = old.replace("[50]", "[45]");
        let (before, after) = excerpt(old, &new);
        assert_eq!(before, "…the zone within [30][50] days of the entry into…");
        assert_eq!(after, "…the zone within [30][45] days of the entry into…");
        for (a, b) in [("", ""), ("", "x"), ("x", ""), ("aaa", "aa"), ("слова", "слово"), ("🕊🕊", "🕊"), ("abc", "abc")]
        {
            assert_eq!(excerpt(a, b), (a.to_owned(), b.to_owned()));
        }
    }

    #[test]
    fn words_from_outside_stay_in_their_line() {
        assert_eq!(told(ChangeKind::Words, "a", "b\n\x1b[2J"), "words  \"a\" -> \"b\\n\\u{1b}[2J\"");
        assert_eq!(told(ChangeKind::Added, "", ""), "added");
        assert_eq!(told(ChangeKind::Struck, "x", ""), "struck");
        assert!(told(ChangeKind::Added, "", &"x".repeat(10_000)).chars().count() < 200);
    }
}
