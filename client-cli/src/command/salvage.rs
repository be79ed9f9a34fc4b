//! `salvage`: what refused edits wanted, as proposals and notes of one's own party.

use plenary_shared::{
    id::{self, LayerId},
    plan::{Change, ChangeKind, Outline, changes},
    script::{Edit, Note, Propose, Script},
};
use serde_json::json;
use yrs::Transact as _;

use super::sync::here;
use crate::{
    brief::kind,
    context::Context,
    error::CliError,
    folder::own::{EditId, Fate},
    guard::{self, decode},
    open::replica::Replica,
    render::{Look, Page, called},
};

/// Make proposals of the edits that the server does not take
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What a refused edit wanted of a point's words becomes a proposal; what it wanted else (a new point, a
move, a strike) a note. They stand in a layer that you may still write, and go with the next sync.

Examples:
  plenary salvage
  plenary salvage --layer public")]
pub struct Salvage {
    /// The layer of your party to write in
    #[arg(long, default_value = id::PRIVATE)]
    layer: LayerId,
}

impl Salvage {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let replica = Replica::open(here()?)?;
        let (wanted, salvaged) = wanted(&replica)?;
        let edits: Vec<Edit> = wanted.iter().filter_map(|change| self.edit(change)).collect();
        if salvaged.is_empty() {
            context.tell_damage(replica.folder());
            return context.output.result(&json!({ "salvaged": [] }), || "nothing is to be salvaged".into());
        }
        if !edits.is_empty() {
            replica.run_and_salvage(&Script { edits, ..Script::default() }, &salvaged)?;
        } else {
            // Others have done meanwhile what they wanted.
            let folder = replica.folder();
            let _lock = folder.lock()?;
            let fates: Vec<(EditId, Fate)> = salvaged.iter().map(|id| (*id, Fate::Salvaged)).collect();
            folder.own()?.settle(folder.dir(), &fates)?;
        }
        context.tell_damage(replica.folder());
        context
            .output
            .page(&json!({ "plan": replica.folder().info.plan, "layer": self.layer, "salvaged": wanted }), || self.page(&wanted))
    }

    fn edit(&self, change: &Change) -> Option<Edit> {
        let point = change.point.as_ref()?.to_string();
        let layer = self.layer.clone();
        let (quote, bracket) = (None, None);
        Some(match change.kind {
            ChangeKind::Words => {
                let (replacement, because) = (change.after.clone(), String::new());
                Edit::Propose(Propose { point, replacement, quote, bracket, because, layer })
            }
            _ => Edit::Note(Note { point, text: note(change), quote, bracket, layer }),
        })
    }

    fn page(&self, wanted: &[Change]) -> Page {
        let mut page = Page::default();
        for change in wanted {
            let name = change.point.as_ref().map_or("the title".to_owned(), |point| called(&change.label, point));
            let became = if change.kind == ChangeKind::Words { "a proposal" } else { "a note" };
            page.line(Look::Plain, &format!("{name}: {}: {became} in {}", kind(change.kind), self.layer));
        }
        if wanted.is_empty() {
            page.line(Look::Plain, "what they wanted is in the text already");
        }
        page
    }
}

fn note(Change { kind, before, after, .. }: &Change) -> String {
    match kind {
        ChangeKind::Struck => "To be struck.".into(),
        ChangeKind::Restored => "To be restored.".into(),
        ChangeKind::Moved => format!("To stand {after} instead of {before}."),
        ChangeKind::Added => format!("A new point after this one: {after}"),
        ChangeKind::Heading => format!("The heading to read: {after}"),
        ChangeKind::Label => format!("The label to be: {after}"),
        ChangeKind::Schedule => format!("The schedule to be: {after}"),
        ChangeKind::Removed | ChangeKind::Title | ChangeKind::Words => after.clone(),
    }
}

/// What the refused edits of the text would change of it as it stands, and those edits.
fn wanted(replica: &Replica) -> Result<(Vec<Change>, Vec<EditId>), CliError> {
    let text = replica.text()?;
    let before = Outline::read(&text.transact());
    let mut updates = vec![decode(&guard::state(&text))?];
    let mut refused = Vec::new();
    let folder = replica.folder();
    let own = {
        let _lock = folder.lock_shared()?;
        folder.own()?
    };
    for edit in own.edits.iter().filter(|edit| matches!(edit.fate, Fate::Refused { .. })) {
        let body = edit.body(&folder.cipher)?;
        let parts: Vec<_> = body.parts.iter().filter(|(layer, _)| layer.is_none()).collect();
        if parts.is_empty() {
            continue;
        }
        for (_, update) in parts {
            updates.push(decode(update)?);
        }
        refused.push(edit.id);
    }
    if refused.is_empty() {
        return Ok((Vec::new(), refused));
    }
    let after = Outline::read(&guard::document(updates)?.transact());
    let mut wanted = changes(&before, &after);
    for change in &mut wanted {
        if change.kind == ChangeKind::Added {
            // The plan does not have it: the note goes on the point that it was to follow.
            change.point = change.point.take().and_then(|id| standing_before(&after, &before, &id));
        }
    }
    // Words of a point are changed beside its being added; the title stands on no point.
    wanted.retain(|change| change.point.as_ref().is_some_and(|point| before.get(point).is_some()));
    Ok((wanted, refused))
}

/// The last point before this one, in document order, that the plan has.
fn standing_before(with: &Outline, plan: &Outline, id: &id::PointId) -> Option<id::PointId> {
    let at = with.points.iter().position(|point| point.id == *id)?;
    let before = with.points[..at].iter().rev().map(|point| &point.id).find(|id| plan.get(id).is_some());
    before.or_else(|| plan.points.first().map(|point| &point.id)).cloned()
}
