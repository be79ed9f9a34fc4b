//! `status`: what of a replica is not sent yet, and what waits for somebody to look at it. The plan is read only where edits were
//! refused, to tell what they wanted.

use plenary_shared::{
    id::{self, LayerId, PointId},
    talk::dossier::OutlineView,
};

use crate::{
    answer,
    context::Context,
    error::CliError,
    folder::{
        Folder,
        own::{self, Fate, OwnEdit},
    },
    open::replica::Replica,
    output::inline,
    paths::Paths,
    render::{Look, Page},
    when,
};

/// Edits listed one by one; --json has them all.
const SHOWN: usize = 20;

/// Say what this replica has not sent yet, since when, and what waits for a look
#[derive(Debug, clap::Args)]
#[command(after_help = "\
With --json, `wanted` holds what `plenary salvage` would write of the edits that the server does not take.

Examples:
  plenary status
  plenary status --json | jq '.waiting | length'
  plenary status --json | jq '.wanted[].edit'")]
pub struct Status {}

/// An edit with what it does.
struct Listed<'a> {
    edit: &'a OwnEdit,
    what: Vec<String>,
    /// Why the server does not take it.
    why: Option<String>,
}

impl<'a> Listed<'a> {
    fn read(folder: &Folder, edit: &'a OwnEdit) -> Result<Self, CliError> {
        let what = edit.body(&folder.cipher)?.what;
        let why = match &edit.fate {
            Fate::Refused { message, .. } => {
                let message = folder.cipher.open(own::FILE, message.clone())?;
                Some(String::from_utf8_lossy(&message).into_owned())
            }
            _ => None,
        };
        Ok(Listed { edit, what, why })
    }
}

impl Status {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let folder = Folder::required()?;
        folder.unlock()?;
        let (own, synced) = {
            let _lock = folder.lock_shared()?;
            (folder.own()?, folder.context().ok())
        };
        let listed = |wanted: fn(&Fate) -> bool| -> Result<Vec<Listed>, CliError> {
            let edits = own.edits.iter().filter(|edit| wanted(&edit.fate));
            edits.map(|edit| Listed::read(&folder, edit)).collect()
        };
        let waiting = listed(|fate| *fate == Fate::Waiting)?;
        let held = listed(|fate| *fate == Fate::Held)?;
        let refused = listed(|fate| matches!(fate, Fate::Refused { .. }))?;
        context.tell_damage(&folder);
        // A replica that is not synced to the end, or whose copies are damaged, has a status all the same.
        let merged = Replica::open(folder.again()).and_then(|replica| replica.text()).map(merged).unwrap_or_default();
        let wanted = (!refused.is_empty()).then(|| Replica::open(folder.again())?.wanted(&LayerId::built_in(id::PRIVATE)));
        let wanted = wanted.and_then(Result::ok);
        let synced = synced.map(|context| (context.synced_ms, context.plan.end));
        let info = &folder.info;
        let answer = answer::Status {
            plan: &info.plan,
            conference: &info.conference,
            server: &info.server,
            member: &info.member,
            synced_ms: synced.map(|(at, _)| at),
            seq: synced.map(|(_, seq)| seq),
            since_ms: waiting.first().map(|first| first.edit.at_ms),
            waiting: waiting.iter().map(Listed::answer).collect(),
            held: held.iter().map(Listed::answer).collect(),
            refused: refused.iter().map(Listed::answer).collect(),
            wanted: wanted.map(|wanted| wanted.salvaged),
            merged: merged.iter().map(|(point, _)| point).collect(),
        };
        context.output.page(&answer, || page(&folder, synced, [&waiting, &held, &refused], &merged))
    }
}

impl Listed<'_> {
    fn answer(&self) -> answer::Listed<'_> {
        let error = if let Fate::Refused { error, .. } = &self.edit.fate { Some(error.as_str()) } else { None };
        answer::Listed { at_ms: self.edit.at_ms, what: &self.what, error, message: self.why.as_deref() }
    }
}

fn page(
    folder: &Folder,
    synced: Option<(u64, u64)>,
    [waiting, held, refused]: [&[Listed]; 3],
    merged: &[(Option<PointId>, String)],
) -> Page {
    let mut page = Page::default();
    let info = &folder.info;
    page.line(Look::Strong, &format!("{} of {} on {}, for {}", info.plan, info.conference, info.server, info.member));
    match synced {
        Some((at, seq)) => page.line(Look::Plain, &format!("synced {}, at record {seq}", when::local(at))),
        None => page.line(Look::Plain, "not synced to the end yet: `plenary sync` goes on"),
    };
    match (waiting.len(), waiting.first()) {
        (0, _) | (_, None) => drop(page.line(Look::Plain, "nothing waits to be sent")),
        (count, Some(first)) => {
            let edits = if count == 1 { "1 edit waits" } else { &format!("{count} edits wait") };
            page.line(Look::Plain, &format!("{edits} to be sent, since {}:", when::local(first.edit.at_ms)));
            list(&mut page, waiting);
        }
    }
    if !held.is_empty() {
        page.line(Look::Plain, &format!("{} held until others have sent again what a restored server lost:", held.len()));
        list(&mut page, held);
    }
    if !refused.is_empty() {
        page.line(Look::Plain, &format!("{} not taken by the server and kept here (plenary salvage):", refused.len()));
        list(&mut page, refused);
    }
    if !merged.is_empty() {
        let names: Vec<&str> = merged.iter().map(|(_, name)| name.as_str()).collect();
        let plan = &info.plan;
        page.line(Look::Plain, &format!("merged and not confirmed: {} (plenary merged {plan})", names.join(", ")));
    }
    page
}

/// The points that were merged, and how they are called.
fn merged(OutlineView { outline, merged }: OutlineView) -> Vec<(Option<PointId>, String)> {
    let paths = Paths::of(&outline);
    let label = |id: &PointId| outline.get(id).map_or("", |point| point.label.as_str());
    let name = |point: &Option<PointId>| point.as_ref().map_or_else(|| "the title".to_owned(), |id| paths.name(label(id), id));
    merged.into_iter().map(|mark| (mark.point.clone(), name(&mark.point))).collect()
}

fn list(page: &mut Page, edits: &[Listed]) {
    for Listed { edit, what, why } in edits.iter().take(SHOWN) {
        page.line(Look::Plain, &format!("  {}  {}", when::local(edit.at_ms), inline(&what.join("; "))));
        if let Some(why) = why {
            page.line(Look::Faint, &format!("    {}", inline(why)));
        }
    }
    if edits.len() > SHOWN {
        page.line(Look::Faint, &format!("  and {} more (--json lists all)", edits.len() - SHOWN));
    }
}
