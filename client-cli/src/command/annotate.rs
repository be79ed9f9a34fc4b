//! `note`, `propose` and `reply`: what a party has to say about a plan.

use plenary_shared::{
    id::{self, AnnotationId, LayerId, PartyId, PlanId},
    people::{Audience, Layer},
    script::{self, Done, Edit, Wrote, reaches, read_by},
    talk::dossier::AnnotationsView,
};

use super::{
    entries::{edit_layers, tell},
    quote::Quote,
    words::given,
};
use crate::{ask, context::Context, error::CliError};

/// Write a note on a point, or on a stretch of its words
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Text that begins with '-' stands behind '--'.

Examples:
  plenary note plan 5 'The capital wants a date here.'
  plenary note plan '5 bis' 'At most 45.' --quote '[50]'
  plenary note plan 5 - --layer public < note.txt")]
pub struct Note {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    point: String,
    /// The note; '-' is standard input
    text: String,
    #[command(flatten)]
    quote: Quote,
    /// The layer of your party to write in
    #[arg(long, default_value = id::PRIVATE)]
    layer: LayerId,
}

/// Propose other words for a stretch of a point's words, or for all of them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Words that begin with '-' stand behind '--'.

Examples:
  plenary propose plan 5 '[45]' --quote '[30][50]'
  plenary propose plan 5 '' --bracket 2 --because 'Article 3 says it already.'
  plenary propose plan '5 bis' - --layer public < new-words.txt")]
pub struct Propose {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    point: String,
    /// The other words; '' to leave the stretch out, '-' is standard input
    replacement: String,
    #[command(flatten)]
    quote: Quote,
    /// What speaks for it
    #[arg(long, value_name = "TEXT", default_value = "")]
    because: String,
    /// The layer of your party to write in
    #[arg(long, default_value = id::PRIVATE)]
    layer: LayerId,
    /// The party that proposes it: you enter it for them in your public layer, and they confirm it (`plenary own`)
    #[arg(long = "for", value_name = "PARTY", conflicts_with = "layer")]
    entered_for: Option<PartyId>,
}

/// Confirm words that another party entered for yours
#[derive(Debug, clap::Args)]
#[command(after_help = "\
All are told. What was entered for you otherwise than you said it, change, or say so in a reply.

Example:
  plenary own plan k3x9abcd")]
pub struct OwnVerb {
    /// The plan
    plan: PlanId,
    /// The annotation that tells of it (`plenary annotations`)
    id: AnnotationId,
}

/// Reply to an annotation, your own party's or one that others show you
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A reply in a layer of your own stands beside what it replies to; a reply to others is private unless --layer says otherwise.
No reply goes where somebody reads it who does not read what it replies to.

Examples:
  plenary reply plan k3x9abcd 'We can live with 45.'
  plenary reply plan k3x9abcd 'Agreed.' --layer public")]
pub struct Reply {
    /// The plan
    plan: PlanId,
    /// The annotation to reply to
    id: AnnotationId,
    /// The reply; '-' is standard input
    text: String,
    /// The layer of your party to write in
    #[arg(long)]
    layer: Option<LayerId>,
}

impl Note {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let Note { plan, point, text, quote: Quote { quote, bracket }, layer } = self;
        let text = said(given(text)?)?;
        edit_layers(context, &plan, Edit::Note(script::Note { point, text, quote, bracket, layer }))
    }
}

impl Propose {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let Propose { plan, point, replacement, quote: Quote { quote, bracket }, because, layer, entered_for } = self;
        if replacement == "-" && because == "-" {
            return Err(CliError::Usage("standard input can be the words or the reason, not both".into()));
        }
        let (replacement, because) = (given(replacement)?, given(because)?);
        let edit = script::Propose { point, replacement, quote, bracket, because, layer, entered_for };
        edit_layers(context, &plan, Edit::Propose(edit))
    }
}

impl OwnVerb {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        edit_layers(context, &self.plan, Edit::Own(script::Own { id: self.id }))
    }
}

impl Reply {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let Reply { plan, id, text, layer } = self;
        let text = said(given(text)?)?;
        let open = context.open(&plan)?;
        let said_where = layer.is_some();
        let done = open.edit(Edit::Reply(script::Reply { id: id.clone(), text, layer }))?;
        tell(context, &open, &plan, &done)?;
        let Done::Wrote(Wrote { entry, stands, .. }) = &done else { return Ok(()) };
        if said_where || stands.audience != Audience::Party {
            return Ok(());
        }
        let AnnotationsView { annotations, .. } = open.view()?;
        let Some(original) = annotations.into_iter().find(|view| view.annotation.id == id) else { return Ok(()) };
        let original = Layer { party: original.party, layer: original.layer, audience: original.audience, write: false };
        let layers = open.layers()?;
        let Some(to) = layer_for(&layers, &stands.party, &original) else { return Ok(()) };
        let to_others = format!("in {} {}", to.layer, read_by(to, "it"));
        if ask::is_there(&context.output) && ask::agrees(&format!("{to_others}, as what it replies to. Send it there?")) {
            let edit = script::Table { ids: vec![entry.id.clone()], to: Some(to.layer.clone()) };
            return edit_layers(context, &plan, Edit::Table(edit));
        }
        let id = &entry.id;
        context.output.remark(|| {
            format!("{to_others}, as what it replies to; to send it there: plenary table {plan} {id} --to {}", to.layer)
        });
        Ok(())
    }
}

/// A layer of one's own party that goes to all who read `original`, and to nobody else.
fn layer_for<'a>(layers: &'a [Layer], party: &PartyId, original: &Layer) -> Option<&'a Layer> {
    let is_of_same = |layer: &&Layer| reaches(layer, original) && reaches(original, layer);
    // What goes to all stands where all look for it.
    let positions = |layer: &&Layer| layer.layer.as_str() == id::POSITIONS;
    layers.iter().filter(|layer| layer.party == *party && layer.write && !positions(layer)).find(is_of_same)
}

fn said(text: String) -> Result<String, CliError> {
    if text.trim().is_empty() {
        return Err(CliError::Usage("there is nothing to write: give the text, or '-' and standard input".into()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn layer(party: &str, layer: &str, audience: serde_json::Value, write: bool) -> Layer {
        serde_json::from_value(json!({ "party": party, "layer": layer, "audience": audience, "write": write })).expect("a layer")
    }

    #[test]
    fn a_reply_can_go_to_exactly_those_who_read_the_original() {
        let own = [
            layer("arv", "positions", json!("all"), true),
            layer("arv", "private", json!("party"), true),
            layer("arv", "public", json!("all"), true),
            layer("bor", "shared", json!(["arv"]), false),
            layer("arv", "wide", json!(["bor", "cel"]), true),
            layer("arv", "talk", json!(["bor"]), true),
        ];
        let party = "arv".parse().expect("a party");
        let found = |original: &Layer| layer_for(&own, &party, original).map(|layer| layer.layer.as_str());
        assert_eq!(found(&layer("bor", "public", json!("all"), false)), Some("public"));
        assert_eq!(found(&layer("bor", "shared", json!(["arv"]), false)), Some("talk"));
        assert_eq!(found(&layer("bor", "three", json!(["arv", "cel"]), false)), Some("wide"));
        assert_eq!(found(&layer("bor", "other", json!(["arv", "dan"]), false)), None);
    }
}
