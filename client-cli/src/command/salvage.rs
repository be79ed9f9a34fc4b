//! `salvage`: what refused edits wanted, as proposals and notes of one's own party.

use plenary_shared::{
    id::{self, LayerId},
    script::Edit,
};

use crate::{
    answer::Salvaged,
    context::Context,
    error::CliError,
    folder::Folder,
    open::replica::{Replica, Wanted},
    output::inline,
    render::{Look, Page, called},
};

/// Make proposals and notes of the edits that the server does not take
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What a refused edit wanted of a point's words becomes a proposal; notes and proposals become the same
again; all else (a new point, a move, a strike, a position) becomes a note that says it. They stand in
a layer that you may still write, and go with the next sync. An edit of which something cannot be kept
so stays refused, and is named.

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
        let replica = Replica::open(Folder::required()?)?;
        let wanted = replica.salvage(&self.layer)?;
        context.tell_damage(replica.folder());
        let Wanted { salvaged, left, .. } = &wanted;
        let answer = Salvaged { plan: &replica.folder().info.plan, layer: &self.layer, salvaged, left };
        context.output.page(&answer, || self.page(&wanted))
    }

    fn page(&self, Wanted { salvaged, left, edits }: &Wanted) -> Page {
        let mut page = Page::default();
        for item in salvaged {
            let became = if matches!(item.edit, Edit::Propose(_)) { "a proposal" } else { "a note" };
            let name = called(&item.label, &item.point);
            page.line(Look::Plain, &format!("{name}: {}: {became} in {}", item.wanted, self.layer));
        }
        if salvaged.is_empty() && !edits.is_empty() {
            page.line(Look::Plain, "what they wanted is there already");
        }
        if edits.is_empty() && left.is_empty() {
            page.line(Look::Plain, "nothing is to be salvaged");
        }
        if !left.is_empty() {
            page.line(Look::Plain, "these stay refused: they build on what is not here, or there is no point to write them on");
        }
        for what in left {
            page.line(Look::Plain, &format!("  {}", inline(&what.join("; "))));
        }
        page
    }
}
