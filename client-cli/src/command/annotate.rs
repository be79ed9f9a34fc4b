//! `note`, `propose` and `reply`: what a party has to say about a plan.

use plenary_shared::{
    id::{self, AnnotationId, LayerId, PartyId, PlanId},
    script::{self, Edit},
};

use super::{entries::edit_layers, quote::Quote, words::given};
use crate::{context::Context, error::CliError};

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
        edit_layers(context, &plan, Edit::Reply(script::Reply { id, text, layer }))
    }
}

fn said(text: String) -> Result<String, CliError> {
    if text.trim().is_empty() {
        return Err(CliError::Usage("there is nothing to write: give the text, or '-' and standard input".into()));
    }
    Ok(text)
}
