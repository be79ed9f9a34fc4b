//! `watch`: a line for each change and each act, with who made it, as it becomes durable. Each is told once and in its order, also
//! when the connection was lost in between, and a program that keeps the number of the last record can go on from there.

use plenary_shared::{
    id::PlanId,
    log::{
        act::Act,
        record::{Record, RecordKind},
    },
    people::Author,
    talk::dossier::{MergedPoint, MergedView},
    text::{
        history::{At, Follower},
        marks::{Parted, Side},
        plan::{Change, ChangeKind, Outline},
        redline::excerpt,
        token::head,
    },
};
use std::{thread::sleep, time::Duration};

use super::{
    change::{author, decided},
    merged,
};
use crate::{
    answer::{ActShown, ApartShown, Event, MergedLine, WatchLine},
    brief::kind as word,
    context::Context,
    error::CliError,
    open::log::{Followed, LogSource, Names},
    output::inline,
    paths::Paths,
    when,
};

const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// Characters of unchanged text shown on either side of a change.
const AROUND: usize = 24;
/// Characters of words in a line; --json has them all.
const SHOWN: usize = 160;

/// Print each change of a plan as it becomes durable: when, party, member, point, before, after; and what is decided about it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Ends with Ctrl-C, or after --count changes. A lost connection is taken up again where it was lost: each
change is told once, in order. A program that was stopped goes on with --since and the `seq` of the
last line that it worked on; `more` says how many changes of the same record follow.

Examples:
  plenary watch plan
  plenary watch plan --count 1 --json
  plenary watch plan --since 120 --json
  plenary watch plan --json | jq -r 'select(.party == \"arv\") | .label'")]
pub struct Watch {
    /// The plan
    plan: PlanId,
    /// Tell what came after this record first; 0 for all
    #[arg(long, value_name = "SEQ", value_parser = when::record)]
    since: Option<u64>,
    /// End after this many changes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
}

struct Watcher<'a> {
    context: &'a Context,
    source: LogSource,
    plan: PlanId,
    left: Option<u64>,
    /// None until it is known where to begin.
    at: Option<Follower>,
    /// The last record that was told to have merged points, or the one where this began.
    marked: u64,
    /// Who sent the last edit.
    last: Option<Author>,
    names: Names,
    pause: Duration,
}

impl Watch {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let source = context.open_log(&self.plan)?;
        let begin = self.since.map(|seq| source.state(At::Seq(seq))).transpose()?.map(Follower::new).transpose()?;
        let names = Names::default();
        let (marked, last) = (begin.as_ref().map_or(0, Follower::seq), None);
        let (plan, left, pause) = (self.plan, self.count, PAUSE_MIN);
        let mut watcher = Watcher { context, source, plan, left, at: begin, marked, last, names, pause };
        loop {
            match watcher.follow() {
                Ok(()) => return Ok(()),
                Err(error) if error.exit_code() == 3 && watcher.at.is_some() => watcher.wait(&error),
                Err(error) => return Err(error),
            }
        }
    }
}

impl Watcher<'_> {
    /// Follows one connection to its end; answers when enough was seen.
    fn follow(&mut self) -> Result<(), CliError> {
        let since = self.at.as_ref().map(Follower::seq);
        let mut next = self.source.follow(since)?;
        if let Some(seq) = since {
            self.watching(seq);
        }
        while self.left != Some(0) {
            match next()? {
                Followed::Begins(replay) => {
                    self.watching(replay.seq());
                    self.marked = replay.seq();
                    self.at = Some(Follower::new(*replay)?);
                }
                Followed::Record(seq, record) => self.take(seq, &record)?,
            }
        }
        Ok(())
    }

    fn watching(&mut self, seq: u64) {
        self.pause = PAUSE_MIN;
        self.context
            .output
            .event(&Event::Watching { plan: &self.plan, seq }, || format!("watching {} from record {seq}", self.plan));
    }

    /// Tells what a record changed, unless that was told already.
    fn take(&mut self, seq: u64, record: &Record) -> Result<(), CliError> {
        let Some(follower) = self.at.as_mut().filter(|follower| seq > follower.seq()) else { return Ok(()) };
        let source = &self.source;
        let made = follower.take((seq, record), &mut |of| merged::window(source, of))?;
        if let Some(act) = Act::of(record) {
            self.left = self.left.map(|n| n - 1);
            return self.print_act(seq, record, &act);
        }
        self.print_merged(seq, record)?;
        for (at, change) in made.iter().enumerate() {
            if self.left == Some(0) {
                break;
            }
            self.print(seq, record, change, made.len() - 1 - at)?;
            self.left = self.left.map(|n| n - 1);
        }
        self.print_marks(seq, record)
    }

    fn print_act(&mut self, seq: u64, Record { at_ms, author: by, .. }: &Record, act: &Act) -> Result<(), CliError> {
        self.learn(by);
        let (at, (name, seat_ended)) = (when::utc(*at_ms), self.names.of_member(&by.member));
        let line = ActShown { plan: &self.plan, seq, at, at_ms: *at_ms, by, name, seat_ended, what: act };
        self.context.output.result(&line, || {
            let who = author(&by.party, &by.member, &self.names);
            format!("{}  {who}  {}  {}", when::local(*at_ms), self.plan, decided(act))
        })
    }

    /// Tells which points an edit merged with others, where no record of its own will tell it. Somebody is asked only if its author had
    /// not seen all, or another was at work just before.
    fn print_marks(&mut self, seq: u64, record: &Record) -> Result<(), CliError> {
        let Record { at_ms, author: by, .. } = record;
        if record.kind != RecordKind::Edit {
            return Ok(());
        }
        let was_alone = self.last.replace(by.clone()).is_none_or(|last| last == *by);
        if (was_alone && record.seen + 1 >= seq) || self.left == Some(0) {
            return Ok(());
        }
        let mut merged = self.context.open(&self.plan)?.view::<MergedView>()?.merged;
        merged.retain(|point| point.merged.mark.seq > self.marked && point.merged.mark.bracketed != Some(point.merged.mark.seq));
        let Some(marked) = merged.iter().map(|point| point.merged.mark.seq).max() else { return Ok(()) };
        self.marked = marked;
        self.left = self.left.map(|n| n.saturating_sub(1));
        self.learn(by);
        let (at, name) = (when::utc(*at_ms), self.names.get(&by.member));
        let (apart, confirmed, points) = (&[], &[], &merged[..]);
        let line = MergedLine { plan: &self.plan, seq, at, at_ms: *at_ms, by, name, merged: apart, confirmed, points };
        self.context.output.result(&line, || {
            let paths = self.paths();
            let each = |point: &MergedPoint| {
                let said = merged::by(&point.merged.mark);
                format!("{}  merged  {}: {said}", when::local(*at_ms), merged::name(&self.plan, point, &paths))
            };
            merged.iter().map(each).collect::<Vec<_>>().join("\n")
        })
    }

    /// Tells what was merged, with what each side wrote, or confirmed.
    fn print_merged(&mut self, seq: u64, record: &Record) -> Result<(), CliError> {
        let (apart, confirmed) = match &record.kind {
            RecordKind::Bracketing(says) => {
                let sides = merged::sides_of(&self.source, &[Parted::from(says)])?.into_iter().next().unwrap_or_default();
                (merged::shown(sides), &[][..])
            }
            RecordKind::Confirmation { points } => (Vec::new(), &points[..]),
            RecordKind::Edit | RecordKind::Act => return Ok(()),
        };
        self.left = self.left.map(|n| n.saturating_sub(1));
        let Record { at_ms, author: by, .. } = record;
        self.learn(by);
        let (at, name) = (when::utc(*at_ms), self.names.get(&by.member));
        let line = MergedLine { plan: &self.plan, seq, at, at_ms: *at_ms, by, name, merged: &apart, confirmed, points: &[] };
        self.context.output.result(&line, || {
            let begin = format!("{}  {}", when::local(*at_ms), author(&by.party, &by.member, &self.names));
            let paths = self.paths();
            let each = |one: &ApartShown| {
                let what = one.point.as_ref().map_or_else(|| self.plan.to_string(), |point| paths.name(&one.label, point));
                let told = |side: &Side| {
                    let changes = side.changes.iter().map(|change| told(change.kind, &change.before, &change.after));
                    format!("{} {}", side.by.author.party.as_str().to_uppercase(), changes.collect::<Vec<_>>().join(", "))
                };
                format!("{begin}  {what}  {}", one.sides.iter().map(told).collect::<Vec<_>>().join("; "))
            };
            match confirmed.is_empty() {
                true => apart.iter().map(each).collect::<Vec<_>>().join("\n"),
                false => format!("{begin}  {}", merged::confirmed(confirmed, self.outline())),
            }
        })
    }

    /// The plan as it stands, as far as it was told.
    fn outline(&self) -> &Outline {
        static NONE: Outline = Outline { title: String::new(), points: Vec::new(), beside: String::new(), faults: Vec::new() };
        self.at.as_ref().map_or(&NONE, Follower::outline)
    }

    fn paths(&self) -> Paths {
        Paths::of(self.outline())
    }

    fn learn(&mut self, by: &Author) {
        if self.names.get(&by.member).is_none() {
            // Without a name the id must do.
            self.names.learn(self.source.names().unwrap_or_default(), &by.member);
        }
    }

    fn print(
        &mut self,
        seq: u64,
        Record { at_ms, author: by, .. }: &Record,
        change: &Change,
        more: usize,
    ) -> Result<(), CliError> {
        self.learn(by);
        let Change { point, label, kind, before, after } = change;
        let line = WatchLine {
            plan: &self.plan,
            seq,
            more,
            at: when::utc(*at_ms),
            at_ms: *at_ms,
            party: &by.party,
            member: &by.member,
            name: self.names.get(&by.member),
            seat_ended: self.names.has_ended(&by.member),
            change,
        };
        self.context.output.result(&line, || {
            let who = author(&by.party, &by.member, &self.names);
            let what = point.as_ref().map_or_else(|| self.plan.to_string(), |point| self.paths().name(label, point));
            format!("{}  {who}  {what}  {}", when::local(*at_ms), told(*kind, before, after)).trim_end().to_owned()
        })
    }

    fn wait(&mut self, error: &CliError) {
        let seconds = self.pause.as_secs();
        self.context.output.event(&Event::Lost { message: error.to_string(), again_in_s: seconds }, || {
            format!("{error}; trying again in {seconds} s")
        });
        sleep(self.pause);
        self.pause = (self.pause * 2).min(PAUSE_MAX);
    }
}

/// The kind of change, and what of it is worth a line.
fn told(kind: ChangeKind, before: &str, after: &str) -> String {
    let word = word(kind);
    let quoted = |text: &str| format!("\"{}\"", inline(text));
    match kind {
        ChangeKind::Struck | ChangeKind::Restored => word.into(),
        ChangeKind::Added if after.is_empty() => word.into(),
        ChangeKind::Added => format!("{word}  {}", quoted(&cut(after))),
        ChangeKind::Removed => format!("{word}  {}", quoted(&cut(before))),
        _ => {
            let [before, after] = excerpt(before, after, AROUND);
            format!("{word}  {} -> {}", quoted(&cut(&before)), quoted(&cut(&after)))
        }
    }
}

fn cut(text: &str) -> String {
    let kept = head(text, SHOWN);
    if kept.len() < text.len() { format!("{kept}…") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_what_differs_and_little_else() {
        let old = "The forces of both sides shall withdraw from the zone within [30][50] days of the entry into force of this plan, in full.";
        let new = old.replace("[50]", "[45]");
        let [before, after] = excerpt(old, &new, AROUND);
        assert_eq!(before, "…from the zone within [30][50] days of the entry into…");
        assert_eq!(after, "…from the zone within [30][45] days of the entry into…");
        for (a, b) in [("", ""), ("", "x"), ("x", ""), ("aaa", "aa"), ("слова", "слово"), ("🕊🕊", "🕊"), ("abc", "abc")]
        {
            assert_eq!(excerpt(a, b, AROUND), [a, b]);
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
