//! `note`, `propose` and `reply`: what a party has to say about a plan.

use plenary_shared::{
    id::{self, AnnotationId, LayerId, PlanId},
    layer::{Annotation, What},
    plan::{Outline, Point},
};
use serde_json::json;
use std::ops::Range;

use super::{
    entries::{Layers, entry_json, new_entry, reaches, read_by, report, write},
    stretch::{Stretch, anchored},
    words::given,
};
use crate::{
    context::{Context, Session},
    error::CliError,
    live::LiveDocument,
};

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
    stretch: Stretch,
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
    stretch: Stretch,
    /// What speaks for it
    #[arg(long, value_name = "TEXT", default_value = "")]
    because: String,
    /// The layer of your party to write in
    #[arg(long, default_value = id::PRIVATE)]
    layer: LayerId,
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
        let text = said(given(self.text)?)?;
        let session = context.session()?;
        let draft = |point: &Point| Ok((What::Note, self.stretch.find(point)?));
        annotate(context, &session, &self.plan, &self.point, &self.layer, text, draft)
    }
}

impl Propose {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        if self.replacement == "-" && self.because == "-" {
            return Err(CliError::Usage("standard input can be the words or the reason, not both".into()));
        }
        let replacement = given(self.replacement)?;
        let because = given(self.because)?;
        let session = context.session()?;
        let draft = |point: &Point| {
            let all = (!point.words.is_empty()).then_some(0..point.words.len());
            Ok((What::Proposal { replacement }, self.stretch.find(point)?.or(all)))
        };
        annotate(context, &session, &self.plan, &self.point, &self.layer, because, draft)
    }
}

impl Reply {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let text = said(given(self.text)?)?;
        let session = context.session()?;
        let layers = Layers::read(&session, &self.plan)?;
        let (stands_in, parent) = layers.find(&self.id)?;
        let layer = match self.layer {
            Some(layer) => layer,
            None if stands_in.write => stands_in.layer.clone(),
            None => id::PRIVATE.parse()?,
        };
        let layer = layers.writable(&layer)?;
        if !reaches(&stands_in, layer) {
            let to = &layer.layer;
            return Err(CliError::Refused(format!(
                "a reply in {to} would tell others that {} is there: {}, but {}",
                parent.id,
                read_by(&stands_in, "it"),
                read_by(layer, to.as_str()),
            )));
        }
        let outline = session.open(&self.plan)?.outline();
        let reply = Annotation {
            anchor: parent.anchor,
            quote: parent.quote,
            body: text,
            reply_to: Some(parent.id),
            ..new_entry(&session, &parent.point, What::Note)?
        };
        let mut opened = layers.open(layer)?;
        write(&mut opened, std::slice::from_ref(&reply), &[])?;
        let mut value = entry_json(&self.plan, &outline, layer, &reply, true);
        value["reply_to"] = json!(reply.reply_to);
        report(context, &value, &outline, layer, &reply, "reply", &[format!("to {}", self.id)])
    }
}

/// Writes a note or a proposal. `draft` says what it is and on which stretch of the point.
fn annotate(
    context: &Context,
    session: &Session,
    plan: &PlanId,
    point: &str,
    layer: &LayerId,
    body: String,
    draft: impl FnOnce(&Point) -> Result<(What, Option<Range<usize>>), CliError>,
) -> Result<(), CliError> {
    let layers = Layers::read(session, plan)?;
    let layer = layers.writable(layer)?;
    let document = session.open(plan)?;
    let outline: Outline = document.outline();
    let point = outline.find(point)?;
    let (what, stretch) = draft(point)?;
    let mut entry = Annotation { body, ..new_entry(session, &point.id, what)? };
    on_stretch(&mut entry, &document, point, stretch)?;
    let mut opened = layers.open(layer)?;
    write(&mut opened, std::slice::from_ref(&entry), &[])?;
    let value = entry_json(plan, &outline, layer, &entry, true);
    report(context, &value, &outline, layer, &entry, entry.kind(), &[])
}

/// Anchors an entry to a stretch of its point.
pub fn on_stretch(
    entry: &mut Annotation,
    plan: &LiveDocument,
    point: &Point,
    stretch: Option<Range<usize>>,
) -> Result<(), CliError> {
    if let Some(stretch) = stretch {
        entry.quote = point.words.get(stretch.clone()).unwrap_or_default().to_owned();
        entry.anchor = Some(anchored(plan, point, stretch)?);
    }
    Ok(())
}

fn said(text: String) -> Result<String, CliError> {
    if text.trim().is_empty() {
        return Err(CliError::Usage("there is nothing to write: give the text, or '-' and standard input".into()));
    }
    Ok(text)
}
