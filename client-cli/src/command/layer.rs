//! `layer open`, `layer list`, `layer audience` and `layer close`: which layers there are on a plan, and who reads them.

use clap::Subcommand;
use plenary_shared::{
    id::{IdError, LayerId, PartyId, PlanId},
    people::{Audience, Layer},
    wire::api::{AudienceList, NewLayer},
};
use std::{collections::BTreeSet, str::FromStr};

use crate::{answer::Layers, context::Context, error::CliError, output::in_words};

/// Open layers of your party to others, list those you may read, say who reads yours
#[derive(Debug, clap::Args)]
#[command(
    name = "layer",
    after_help = "\
Your party has three layers on every plan from the start: private (it alone reads), public (all read who
see the plan) and positions (the same, and only the chair, heads and delegates write).

Examples:
  plenary layer open plan fallback --with bel cas
  plenary layer list plan
  plenary layer audience plan fallback bel"
)]
pub struct LayerVerb {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Open(Open),
    List(List),
    Audience(AudienceVerb),
    Close(Close),
}

/// Open a layer of your party (only the chair and delegates may)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Your own party always reads it. Each party that does is told which others do.

Examples:
  plenary layer open plan fallback --with bel cas
  plenary layer open plan drafts")]
struct Open {
    /// The plan
    plan: PlanId,
    /// The layer's id: a-z, 0-9 and '-'
    layer: LayerId,
    /// The parties that read it besides yours; none if left out
    #[arg(long, value_name = "PARTY", num_args = 1.., value_delimiter = ',')]
    with: Vec<PartyId>,
}

/// List the layers that you may read on a plan
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  plenary layer list plan --json")]
struct List {
    /// The plan
    plan: PlanId,
}

/// Say anew which parties read a layer of yours (only the chair and delegates may); a party not named no longer does
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Whoever no longer reads it is out at once, and keeps what was read before.

Examples:
  plenary layer audience plan fallback bel cas
  plenary layer audience plan fallback none")]
struct AudienceVerb {
    /// The plan
    plan: PlanId,
    /// A layer that your party opened
    layer: LayerId,
    /// All the parties that read it besides yours; 'none' for your party alone
    #[arg(value_name = "PARTY", required = true)]
    parties: Vec<Reader>,
}

/// Close a layer that your party opened: nobody else reads it from now on, and nobody writes in it (only the chair and delegates may)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Whoever read it keeps what was read before. `plenary layer audience` opens it again.

Example:
  plenary layer close plan fallback")]
struct Close {
    /// The plan
    plan: PlanId,
    /// A layer that your party opened
    layer: LayerId,
}

/// A party, or `none`.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Reader(Option<PartyId>);

impl FromStr for Reader {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text == "none" { Ok(Reader(None)) } else { text.parse().map(|party| Reader(Some(party))) }
    }
}

impl LayerVerb {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        match self.verb {
            Verb::Open(verb) => verb.run(context),
            Verb::List(verb) => verb.run(context),
            Verb::Audience(verb) => verb.run(context),
            Verb::Close(verb) => verb.run(context),
        }
    }
}

impl Open {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let session = context.session()?;
        let new = NewLayer { layer: self.layer, audience: self.with.into_iter().collect() };
        let layer: Layer = session.api.post(&session.plan_path(&self.plan, "/layers")?, &new)?;
        context.output.result(&layer, || format!("opened {}", text(&layer)))
    }
}

impl List {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let layers = context.open(&self.plan)?.layers()?;
        context.output.result(&Layers { layers: &layers }, || {
            let lines = layers.iter().map(|layer| if layer.write { text(layer) + ", you write" } else { text(layer) });
            lines.collect::<Vec<_>>().join("\n")
        })
    }
}

impl AudienceVerb {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let audience = audience(self.parties)?;
        let session = context.session()?;
        let path = session.plan_path(&self.plan, &format!("/layers/{}/audience", self.layer))?;
        let layer: Layer = session.api.put(&path, &AudienceList { audience })?;
        context.output.result(&layer, || text(&layer))
    }
}

impl Close {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let session = context.session()?;
        let path = session.plan_path(&self.plan, &format!("/layers/{}/close", self.layer))?;
        let layer: Layer = session.api.post(&path, &())?;
        context.output.result(&layer, || format!("closed {}", text(&layer)))
    }
}

/// The parties named, or `none` by itself.
fn audience(readers: Vec<Reader>) -> Result<BTreeSet<PartyId>, CliError> {
    let alone = readers.len() == 1;
    if !alone && readers.contains(&Reader(None)) {
        return Err(CliError::Usage("name the parties that read the layer, or 'none' by itself".into()));
    }
    Ok(readers.into_iter().filter_map(|Reader(party)| party).collect())
}

fn text(Layer { party, layer, audience, .. }: &Layer) -> String {
    let readers = match audience {
        Audience::All => "all who see the plan".to_owned(),
        Audience::Party => format!("{party} alone"),
        Audience::Parties(others) if others.is_empty() => format!("{party} alone"),
        Audience::Parties(others) => in_words(&[party].into_iter().chain(others).collect::<Vec<_>>()),
    };
    format!("{party}/{layer}: read by {readers}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(audience: Audience) -> Layer {
        Layer { party: "med".parse().expect("a party"), layer: "talk".parse().expect("a layer"), audience, write: true }
    }

    #[test]
    fn who_reads_a_layer_is_said_in_words() {
        let parties = |ids: &[&str]| Audience::Parties(ids.iter().map(|id| id.parse().expect("a party")).collect());
        for (audience, words) in [
            (Audience::Party, "med alone"),
            (parties(&[]), "med alone"),
            (parties(&["arv"]), "med and arv"),
            (parties(&["arv", "bel"]), "med, arv and bel"),
            (Audience::All, "all who see the plan"),
        ] {
            assert_eq!(text(&layer(audience)), format!("med/talk: read by {words}"));
        }
    }

    #[test]
    fn none_stands_alone() {
        let readers = |words: &[&str]| audience(words.iter().map(|word| word.parse().expect("a reader")).collect());
        assert_eq!(readers(&["none"]).expect("nobody"), BTreeSet::new());
        assert_eq!(readers(&["bel", "arv"]).expect("two").len(), 2);
        assert_eq!(readers(&["bel", "none"]).expect_err("not both").exit_code(), 2);
    }
}
