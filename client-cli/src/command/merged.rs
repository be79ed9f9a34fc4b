//! `merged` and `confirm`: points that two sides changed apart, until somebody has looked at them.

use plenary_shared::{
    talk::merge::Side,
    text::{
        plan::{ChangeKind, said_in_a_line},
        redline::redline,
    },
};

use crate::{
    answer::{Confirmed, MergedShown},
    brief::kind,
    context::Context,
    error::CliError,
    folder::{Folder, merged, merged::Merged},
    output::{in_words, inline},
    render::{Look, Page, called},
    when,
};

/// List the merged points of this replica that wait to be confirmed, with what each side wrote and what came out
#[derive(Debug, clap::Args)]
#[command(
    name = "merged",
    after_help = "\
A point is merged when you and others changed it apart. What came out may be a sentence that nobody
wrote: look at it, mend it if need be, then confirm it. Until then it cannot be accepted here.

Examples:
  plenary merged
  plenary merged --json | jq -r '.merged[].result.words'"
)]
pub struct MergedVerb {}

/// Confirm that you have looked at merged points
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  plenary confirm '5 bis'
  plenary confirm 3 k3x9abcd")]
pub struct Confirm {
    /// The points: labels or ids, as `plenary merged` shows them
    #[arg(required = true, value_name = "POINT")]
    points: Vec<String>,
}

impl MergedVerb {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let folder = Folder::required()?;
        folder.unlock()?;
        let waiting = {
            let _lock = folder.lock_shared()?;
            folder.merged()?
        };
        context.tell_damage(&folder);
        context.output.page(&MergedShown { plan: &folder.info.plan, merged: &waiting }, || {
            let mut page = Page::default();
            match waiting.is_empty() {
                true => drop(page.line(Look::Plain, "no merged point waits to be confirmed")),
                false => list(&mut page, &waiting),
            }
            page
        })
    }
}

impl Confirm {
    /// Runs the verb. All points are found before any is confirmed.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let folder = Folder::required()?;
        folder.unlock()?;
        let _lock = folder.lock()?;
        let waiting = folder.merged()?;
        let mut confirmed = Vec::new();
        for what in &self.points {
            let found = find(&waiting, what)?;
            if !confirmed.contains(&found) {
                confirmed.push(found);
            }
        }
        let rest: Vec<Merged> = waiting.iter().filter(|one| !confirmed.contains(one)).cloned().collect();
        merged::write(folder.dir(), &folder.cipher, &rest)?;
        context.tell_damage(&folder);
        report(context, &folder, &confirmed, rest.len())
    }
}

fn report(context: &Context, folder: &Folder, confirmed: &[&Merged], left: usize) -> Result<(), CliError> {
    let points = confirmed.iter().map(|one| &one.merge.point).collect();
    context.output.result(&Confirmed { plan: &folder.info.plan, confirmed: points, left }, || {
        let names: Vec<String> = confirmed.iter().map(|one| called(&one.merge.label, &one.merge.point)).collect();
        let left = if left == 0 { "none is left".to_owned() } else { format!("{left} left") };
        format!("confirmed {}; {left}", in_words(&names))
    })
}

/// A merged point by its label or id.
fn find<'a>(waiting: &'a [Merged], what: &str) -> Result<&'a Merged, CliError> {
    let what = what.trim();
    let by_id = waiting.iter().find(|one| one.merge.point.as_str() == what);
    let mut by_label = waiting.iter().filter(|one| one.merge.label == what);
    match (by_id, by_label.next(), by_label.next()) {
        (Some(one), ..) | (None, Some(one), None) => Ok(one),
        (None, Some(_), Some(_)) => Err(CliError::Refused(format!(
            "several merged points have the label {what:?}: name one by its id, as `plenary merged --json` shows it"
        ))),
        (None, None, _) => {
            Err(CliError::NotFound(format!("no merged point {what:?} waits to be confirmed: see `plenary merged`")))
        }
    }
}

/// Adds merged points to a page.
pub fn list(page: &mut Page, waiting: &[Merged]) {
    for one in waiting {
        point(page, one);
    }
    let (count, them) = if waiting.len() == 1 {
        ("1 merged point".to_owned(), "it")
    } else {
        (format!("{} merged points", waiting.len()), "each")
    };
    page.line(Look::Plain, &format!("{count} to look at; then confirm {them} (plenary confirm POINT)"));
}

fn point(page: &mut Page, Merged { merge, others, lapsed, .. }: &Merged) {
    page.line(Look::Strong, &format!("{}: changed apart", called(&merge.label, &merge.point)));
    for why in &merge.why {
        page.line(Look::Faint, &format!("  {}", inline(&why.to_string())));
    }
    let who: Vec<String> =
        others.iter().map(|other| format!("{}, {}", other.party.as_str().to_uppercase(), when::local(other.at_ms))).collect();
    let who = if who.is_empty() { "others".to_owned() } else { who.join("; ") };
    side(page, "you", &merge.by_me, &merge.base, &merge.mine);
    side(page, &who, &merge.by_others, &merge.base, &merge.theirs);
    page.line(Look::Faint, "  now");
    shown(page, &merge.base, &merge.result);
    for lapsed in lapsed {
        let on = called(&lapsed.label, &lapsed.point);
        page.line(Look::Plain, &format!("  the acceptance of {on} by {} has lapsed by it", lapsed.party.as_str().to_uppercase()));
    }
}

fn side(page: &mut Page, who: &str, kinds: &[ChangeKind], base: &Side, side: &Side) {
    let kinds: Vec<&str> = kinds.iter().map(|one| kind(*one)).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(": {}", kinds.join(", ")) };
    page.line(Look::Faint, &format!("  {}{kinds}", inline(who)));
    shown(page, base, side);
}

/// What became of a point, against how it was.
fn shown(page: &mut Page, was: &Side, is: &Side) {
    if !is.there {
        page.line(Look::Plain, "    (not there)");
        return;
    }
    if was.heading != is.heading {
        page.redline("    heading: ", &redline(&was.heading, &is.heading));
    }
    page.redline("    ", &redline(&was.words, &is.words));
    for (said, before, now) in [("place", &was.place, &is.place), ("label", &was.label, &is.label)] {
        if before != now && was.there {
            page.line(Look::Plain, &format!("    {said}: {} -> {}", inline(before), inline(now)));
        }
    }
    if is.struck {
        page.line(Look::Plain, "    [struck]");
    } else if is.out {
        page.line(Look::Plain, "    [struck with a point above it]");
    }
    if was.schedule != is.schedule {
        let said = |side: &Side| said_in_a_line(&side.schedule, |_| None);
        page.redline("    schedule: ", &redline(&said(was), &said(is)));
    }
}
