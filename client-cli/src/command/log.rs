//! `log`: what was done to a plan, or decided about it, by whom and when.

use plenary_shared::{
    id::{IdError, LayerId, PartyId, PlanId, PointId},
    log::{act::Act, record::RecordKind},
    people::Author,
    talk::{
        dossier::{AnnotationView, AnnotationsView, EnteredWords, MergedPoint, MergedView},
        layer::What,
    },
    text::{
        history::{At, Entries, LogEntry, Replay, as_seen},
        marks::{Parted, sides},
        plan::{Change, ChangeKind, Outline},
    },
};
use std::collections::{BTreeSet, VecDeque};

use super::{
    change::{Redlines, author, decided},
    merged,
};
use crate::{
    answer::{ActShown, ActsShown, ApartShown, LogShown, TurnShown},
    context::Context,
    error::CliError,
    open::log::{LogSource, Names, Recorded, acts_of_layer},
    paths::Paths,
    render::{Look, Page},
    when,
};

/// Entries that are shown if nobody says how many.
const SHOWN: usize = 50;

/// Show what was done to a plan or to one point, the newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What one member did without a pause of five minutes is one entry, unless it was written over: then what was
there and is gone is an entry of its own. What was changed apart is told as each side wrote it. --acts shows what was decided about the plan
instead: what each party may do with it, and which must consent. With --layer it shows who was to read that
layer, to those who read it now; the server is asked.
WHEN is 2026-03-01, 2026-03-01T09:30, 2026-03-01T09:30Z, 2h or 3d (ago), or the number of a record.

Examples:
  plenary log plan
  plenary log plan '5 bis' -n 3
  plenary log plan --since 2d
  plenary log plan --acts
  plenary log plan --acts --layer arv/fallback
  plenary log plan --since 120 --json | jq -r '.entries[].party'")]
pub struct Log {
    /// The plan
    plan: PlanId,
    /// Only what was done to this point: a label, a path of labels, or an id
    point: Option<String>,
    /// How many entries at most; 0 for all
    #[arg(short = 'n', value_name = "N", default_value_t = SHOWN)]
    count: usize,
    /// Only what was done after this
    #[arg(long, value_name = "WHEN", value_parser = when::moment, allow_hyphen_values = true)]
    since: Option<At>,
    /// What was decided about the plan, instead of what was done to its words
    #[arg(long, conflicts_with = "point")]
    acts: bool,
    /// What was decided about this layer, instead of about the plan
    #[arg(long, value_name = "PARTY/LAYER", value_parser = layer, requires = "acts")]
    layer: Option<(PartyId, LayerId)>,
}

fn layer(given: &str) -> Result<(PartyId, LayerId), String> {
    let (party, layer) = given.split_once('/').ok_or("name the party and its layer: PARTY/LAYER")?;
    let party = party.parse().map_err(|error: IdError| error.to_string())?;
    Ok((party, layer.parse().map_err(|error: IdError| error.to_string())?))
}

/// The newest first, and how many before them are left out.
struct Newest<T> {
    shown: VecDeque<T>,
    most: usize,
    earlier: usize,
}

impl<T> Newest<T> {
    fn add(&mut self, next: T) {
        self.shown.push_front(next);
        if self.most > 0 && self.shown.len() > self.most {
            self.shown.pop_back();
            self.earlier += 1;
        }
    }
}

/// What is told beside what was done.
struct Told {
    /// Of each entry what each side wrote of what was put side by side.
    apart: Vec<Vec<ApartShown>>,
    /// The points that were merged and not confirmed since.
    merged: Vec<MergedPoint>,
    /// Of each entry the words that its author entered for other parties.
    entered: Vec<Vec<EnteredWords>>,
}

impl Told {
    /// Those that were merged by an entry, which no record of its own tells.
    fn merged_in<'t>(&'t self, entry: &LogEntry, of: &Option<PointId>) -> impl Iterator<Item = &'t MergedPoint> {
        let (first, last) = (entry.first_seq, entry.last_seq);
        let merged = self.merged.iter().filter(move |point| (first..=last).contains(&point.merged.mark.seq));
        let of = of.clone();
        let merged = merged.filter(move |point| of.is_none() || point.merged.mark.point == of);
        merged.filter(|point| point.merged.mark.bracketed != Some(point.merged.mark.seq))
    }
}

/// An act and its record.
struct Decided {
    seq: u64,
    at_ms: u64,
    by: Author,
    act: Act,
}

impl Log {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let source = context.open_log(&self.plan)?;
        if let Some((party, layer)) = &self.layer {
            return self.show_layer(context, &source, party, layer);
        }
        let begin = self.since.map(|at| source.state(at)).transpose()?;
        let since = begin.as_ref().map_or(0, Replay::seq);
        let past = source.past(since)?;
        let names = Names::of(&past.context.conference);
        if self.acts {
            context.tell_damage_in(&source);
            return self.show_acts(context, past.records, &names);
        }
        let point = match &self.point {
            Some(what) => Some(source.state(At::Seq(past.context.end))?.outline()?.find(what)?.id.clone()),
            None => None,
        };
        let begin = begin.unwrap_or_else(|| Replay::new(past.context.created_by.clone()));
        let mut entries = Entries::new(begin, point.clone())?;
        let mut newest = Newest { shown: VecDeque::new(), most: self.count, earlier: 0 };
        for record in past.records {
            let (seq, record) = record?;
            entries.take(seq, &record)?.into_iter().for_each(|entry| newest.add(entry));
        }
        let (last, mut end) = entries.end()?;
        last.into_iter().for_each(|entry| newest.add(entry));
        let Newest { mut shown, earlier, .. } = newest;
        let apart = read_apart(&source, &mut shown, &point)?;
        let open = context.open(&self.plan)?;
        let entered = entered_by(&open.view::<AnnotationsView>()?, &shown);
        let told = Told { apart, merged: open.view::<MergedView>()?.merged, entered };
        let outline = end.outline()?;
        let entries = shown.iter().zip(told.apart.iter().zip(&told.entered)).map(|(entry, (apart, entered))| {
            let merged = told.merged_in(entry, &point).collect();
            TurnShown::of(entry, (apart, merged, entered), names.of_member(&entry.author.member), when::utc)
        });
        let answer = LogShown { plan: &self.plan, entries: entries.collect(), earlier };
        context.tell_damage_in(&source);
        context.output.page(&answer, || self.page((&shown, &told, earlier), (&outline, &point), &names))?;
        let unsent = source.replica().map(|local| local.replica().unsent()).transpose()?.map_or(0, |unsent| unsent.len());
        if unsent > 0 {
            context.output.remark(|| format!("{unsent} edits of yours are not in the log yet (plenary status, plenary diff)"));
        }
        Ok(())
    }

    fn show_layer(&self, context: &Context, source: &LogSource, party: &PartyId, layer: &LayerId) -> Result<(), CliError> {
        let session = match source.replica() {
            Some(local) => context.session_of(&local.replica().folder().info)?,
            None => context.session()?,
        };
        let acts = acts_of_layer(&session, &self.plan, party, layer)?;
        let names = Names::of(&session.api.get(&session.path("")?)?);
        let is_shown = |(seq, record): &Recorded| self.since.is_none_or(|since| !since.includes(*seq, record));
        self.show_acts(context, acts.filter(|act| act.as_ref().map_or(true, is_shown)), &names)
    }

    fn show_acts(
        &self,
        context: &Context,
        records: impl Iterator<Item = Result<Recorded, CliError>>,
        names: &Names,
    ) -> Result<(), CliError> {
        let mut newest = Newest { shown: VecDeque::new(), most: self.count, earlier: 0 };
        for record in records {
            let (seq, record) = record?;
            if let Some(act) = Act::of(&record) {
                newest.add(Decided { seq, at_ms: record.at_ms, by: record.author, act });
            }
        }
        let told = newest.shown.iter().map(|Decided { seq, at_ms, by, act }| {
            let (name, seat_ended) = names.of_member(&by.member);
            ActShown { plan: &self.plan, seq: *seq, at: when::utc(*at_ms), at_ms: *at_ms, by, name, seat_ended, what: act }
        });
        let layer = self.layer.as_ref().map(|(party, layer)| format!("{party}/{layer}"));
        context.output.page(&ActsShown { plan: &self.plan, layer, acts: told.collect(), earlier: newest.earlier }, || {
            let mut page = Page::default();
            for (at, Decided { seq, at_ms, by, act }) in newest.shown.iter().enumerate() {
                if at > 0 {
                    page.line(Look::Plain, "");
                }
                let who = author(&by.party, &by.member, names);
                page.line(Look::Strong, &format!("{}  {who}  #{seq}", when::local(*at_ms)));
                page.line(Look::Plain, &format!("    {}", decided(act)));
            }
            end_of_page(&mut page, newest.shown.is_empty(), newest.earlier, "nothing was decided");
            page
        })
    }

    fn page(
        &self,
        (shown, told, earlier): (&VecDeque<LogEntry>, &Told, usize),
        (outline, of): (&Outline, &Option<PointId>),
        names: &Names,
    ) -> Page {
        let paths = Paths::of(outline);
        let mut page = Page::default();
        let mut redlines = Redlines::new(false, paths.clone());
        for (at, (entry, (apart, entered))) in shown.iter().zip(told.apart.iter().zip(&told.entered)).enumerate() {
            if at > 0 {
                page.line(Look::Plain, "");
            }
            let records = match entry.first_seq == entry.last_seq {
                true => format!("#{}", entry.first_seq),
                false => format!("#{}-{}", entry.first_seq, entry.last_seq),
            };
            let who = author(&entry.author.party, &entry.author.member, names);
            let first = if entry.first_text { "  the first text" } else { "" };
            let clock = if entry.clock_corrected { " (clock corrected)" } else { "" };
            page.line(Look::Strong, &format!("{}{clock}  {who}  {records}{first}", when::local(entry.to_ms)));
            for ApartShown { sides, .. } in apart {
                merged::wrote(&mut page, &mut redlines, &self.plan, "    ", sides, names);
            }
            if !apart.is_empty() {
                page.line(Look::Faint, "    what came of it");
            }
            let indent = if apart.is_empty() { "    " } else { "      " };
            for change in &entry.changes {
                redlines.show(&mut page, indent, &self.plan, change);
            }
            for words in entered {
                page.line(Look::Plain, &format!("    {}", words.said()));
            }
            if let RecordKind::Confirmation { points } = &entry.does {
                page.line(Look::Plain, &format!("    {}", merged::confirmed(points, outline)));
            } else if entry.changes.is_empty() && apart.is_empty() {
                page.line(Look::Faint, "    nothing that is left to see");
            }
            for point in told.merged_in(entry, of) {
                let name = merged::name(&self.plan, point, &paths);
                page.line(Look::Plain, &format!("    {name}: merged, {}", merged::by(&point.merged.mark)));
            }
        }
        end_of_page(&mut page, shown.is_empty(), earlier, "nothing was done");
        page
    }
}

/// Reads of each entry that was made apart what it came to, and of what was put side by side what each side wrote, of one point if there
/// is one.
fn read_apart(
    source: &LogSource,
    shown: &mut VecDeque<LogEntry>,
    point: &Option<PointId>,
) -> Result<Vec<Vec<ApartShown>>, CliError> {
    let says = |entry: &LogEntry| match &entry.does {
        RecordKind::Bracketing(says) => Some(Parted::from(says)),
        RecordKind::Edit | RecordKind::Confirmation { .. } | RecordKind::Act => None,
    };
    let aparts: Vec<Parted> = shown.iter().filter_map(says).collect();
    let of = aparts.iter().flat_map(|apart| apart.of.iter().copied());
    let own = shown.iter().filter(|entry| entry.apart).flat_map(|entry| [entry.first_seq, entry.last_seq]);
    let of: BTreeSet<u64> = of.chain(own).collect();
    if of.is_empty() {
        return Ok(shown.iter().map(|_| Vec::new()).collect());
    }
    let ((base, state), records) = merged::window(source, &of)?;
    as_seen(shown.iter_mut().rev(), (base, &state), &records, point)?;
    let mut sides = sides((base, &state), &records, &aparts)?.into_iter();
    let of_point = |apart: &ApartShown| point.is_none() || apart.point == *point;
    let of = |entry: &LogEntry| match entry.does {
        RecordKind::Bracketing(_) => sides.next().map(merged::shown).unwrap_or_default().into_iter().filter(of_point).collect(),
        RecordKind::Edit | RecordKind::Confirmation { .. } | RecordKind::Act => Vec::new(),
    };
    Ok(shown.iter().map(of).collect())
}

/// The words that each entry's author entered for others by it: those that it put there, the newest entry that did.
fn entered_by(view: &AnnotationsView, shown: &VecDeque<LogEntry>) -> Vec<Vec<EnteredWords>> {
    let mut entered: Vec<Vec<EnteredWords>> = vec![Vec::new(); shown.len()];
    let notes = view.annotations.iter().filter(|note| note.annotation.what == What::Note && !note.annotation.withdrawn);
    for note in notes {
        let AnnotationView { annotation, entered: Some(by), .. } = note else { continue };
        let words = annotation.entered_words();
        let put = |change: &Change| {
            let times = |text: &str| text.matches(words).count();
            let is_of = change.kind == ChangeKind::Words && change.point.as_ref() == Some(&annotation.point);
            is_of && !words.is_empty() && times(&change.after) > times(&change.before)
        };
        let is_its = |entry: &LogEntry| entry.author.party == by.by && entry.changes.iter().any(put);
        if let Some(at) = shown.iter().position(is_its) {
            let (id, point) = (annotation.id.clone(), annotation.point.clone());
            entered[at].push(EnteredWords { id, point, words: words.to_owned(), entered: by.clone() });
        }
    }
    entered
}

fn end_of_page(page: &mut Page, is_empty: bool, earlier: usize, nothing: &str) {
    match (is_empty, earlier) {
        (true, _) => drop(page.line(Look::Plain, nothing)),
        (_, 0) => {}
        (_, earlier) => {
            page.line(Look::Plain, "");
            page.line(Look::Faint, &format!("{earlier} earlier (-n 0 shows all)"));
        }
    }
}
