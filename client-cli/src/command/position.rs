//! `accept`, `reserve`, `oppose` and `withdraw`: where a party stands on exact words, or on a bracket.

use plenary_shared::{
    bracket, gate,
    id::{self, AnnotationId, LayerId, PlanId, PointId},
    layer::{self, Annotation, Kept, Layer, Position, Stance, What},
    plan::{Outline, Point},
    weave::Weaves,
    words::{ExactWords, WordsDigest},
};
use serde_json::json;
use yrs::{ReadTxn as _, StateVector};

use super::{
    annotate::on_stretch,
    edit::name,
    entries::{Layers, entry_json, new_entry, report, write},
    stretch::{Stretch, bracket_at, shown},
    words::given,
};
use crate::{
    context::{Context, Session},
    error::CliError,
    live::LiveDocument,
    output::{in_words, inline},
};

/// Accept a point's exact words, with all below it, or support a bracket
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The acceptance is bound to the words as they are now: it lapses when they change.
A new position on the same words or the same bracket takes the place of your party's earlier ones.

Examples:
  plenary accept plan '5 bis'
  plenary accept plan 5 --ad-referendum --because 'Subject to parliament.'
  plenary accept plan 5 --bracket 1
  plenary accept plan 5 --expect 82c353bc6de40ee34ab666fcc6b10425dafadc5d1a38f27360e2fa413c0d9e43")]
pub struct Accept {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    point: String,
    /// Subject to the capital
    #[arg(long)]
    ad_referendum: bool,
    /// What is to be said with it
    #[arg(long, value_name = "TEXT", default_value = "")]
    because: String,
    /// Accept only if the words have this digest, as `plenary standing --json` gives it
    #[arg(long, value_name = "DIGEST", conflicts_with = "Stretch")]
    expect: Option<WordsDigest>,
    #[command(flatten)]
    stretch: Stretch,
    /// The layer of your party to write in; only positions in the layer 'positions' count
    #[arg(long, default_value = id::POSITIONS)]
    layer: LayerId,
}

/// Record a reservation on a point's exact words, or on a bracket
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  plenary reserve plan 5 'The capital has not answered.'
  plenary reserve plan 5 'Too long.' --quote '[50]'")]
pub struct Reserve {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    point: String,
    /// The reason; '-' is standard input
    reason: String,
    #[command(flatten)]
    stretch: Stretch,
    /// The layer of your party to write in; only positions in the layer 'positions' count
    #[arg(long, default_value = id::POSITIONS)]
    layer: LayerId,
}

/// Oppose a point, or a bracket
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  plenary oppose plan 5
  plenary oppose plan 5 'Thirty days are too few.' --quote '[30]'")]
pub struct Oppose {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    point: String,
    /// The reason; '-' is standard input
    #[arg(default_value = "")]
    reason: String,
    #[command(flatten)]
    stretch: Stretch,
    /// The layer of your party to write in; only positions in the layer 'positions' count
    #[arg(long, default_value = id::POSITIONS)]
    layer: LayerId,
}

/// Take back an annotation, or your party's positions on a point or a bracket
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What is taken back stays to be read, marked as withdrawn.

Examples:
  plenary withdraw plan k3x9abcd
  plenary withdraw plan '5 bis'
  plenary withdraw plan 5 --bracket 1")]
pub struct Withdraw {
    /// The plan
    plan: PlanId,
    /// The annotation's id; or the point: a label, a path of labels, or an id
    #[arg(value_name = "ID|POINT")]
    what: String,
    #[command(flatten)]
    stretch: Stretch,
}

/// A position to be taken.
struct Stand {
    plan: PlanId,
    point: String,
    stance: Stance,
    ad_referendum: bool,
    body: String,
    expect: Option<WordsDigest>,
    stretch: Stretch,
    layer: LayerId,
}

impl Accept {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let Accept { plan, point, ad_referendum, because, expect, stretch, layer } = self;
        let body = given(because)?;
        Stand { plan, point, stance: Stance::Accept, ad_referendum, body, expect, stretch, layer }.take(context)
    }
}

impl Reserve {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let Reserve { plan, point, reason, stretch, layer } = self;
        let body = given(reason)?;
        if body.trim().is_empty() {
            return Err(CliError::Usage("a reservation needs a reason".into()));
        }
        Stand { plan, point, stance: Stance::Reserve, ad_referendum: false, body, expect: None, stretch, layer }.take(context)
    }
}

impl Oppose {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let Oppose { plan, point, reason, stretch, layer } = self;
        let body = given(reason)?;
        Stand { plan, point, stance: Stance::Oppose, ad_referendum: false, body, expect: None, stretch, layer }.take(context)
    }
}

impl Stand {
    fn take(self, context: &Context) -> Result<(), CliError> {
        let session = context.session()?;
        let layers = Layers::read(&session, &self.plan)?;
        let layer = layers.writable(&self.layer)?;
        let document = session.open(&self.plan)?;
        let outline = document.outline();
        let point = outline.find(&self.point)?;
        let bracket = self.stretch.find_bracket(point)?;
        let words = match bracket {
            Some(_) => None,
            None => Some(kept(&document, &outline, point, self.stance, self.expect)?),
        };
        let position = Position { stance: self.stance, ad_referendum: self.ad_referendum, words };
        let about = about(&position, bracket.clone().and_then(|range| point.words.get(range)));
        let mut entry = Annotation { body: self.body, ..new_entry(&session, &point.id, What::Position(position.clone()))? };
        on_stretch(&mut entry, &document, point, bracket)?;

        let mut opened = layers.open(layer)?;
        let earlier = live_on(&document, point, &entry, &opened.entries);
        write(&mut opened, std::slice::from_ref(&entry), &earlier)?;
        let mut value = entry_json(&self.plan, &outline, layer, &entry, true);
        value["stance"] = json!(position.stance);
        value["ad_referendum"] = json!(position.ad_referendum);
        value["digest"] = json!(position.words.map(|kept| kept.digest));
        value["quote"] = json!(entry.anchor.map(|_| &entry.quote));
        value["superseded"] = json!(earlier);
        let superseded = (!earlier.is_empty()).then(|| format!("takes the place of {}", in_words(&earlier)));
        let more: Vec<String> = [about].into_iter().chain(superseded).collect();
        report(context, &value, &outline, layer, &entry, "position", &more)
    }
}

/// The exact words of a point, to be kept with a position on them.
fn kept(
    plan: &LiveDocument,
    outline: &Outline,
    point: &Point,
    stance: Stance,
    expect: Option<WordsDigest>,
) -> Result<Kept, CliError> {
    let exact = ExactWords::read(outline);
    let exact = exact.get(&point.id).ok_or_else(|| CliError::NotFound(format!("the plan shows no point {}", point.id)))?;
    if let Some(expected) = expect.filter(|expected| *expected != exact.digest) {
        return Err(CliError::Refused(format!(
            "the words of {} are not those that you expect: their digest is {}, not {expected}; nothing was accepted",
            inline(name(point)),
            exact.digest
        )));
    }
    let weaves = plan.read(|txn| {
        let census = gate::census(&txn.encode_state_as_update_v1(&StateVector::default()))?;
        Ok(Weaves::read(txn, outline, &census))
    });
    let weaves = weaves.map_err(|error: gate::Refusal| CliError::Refused(format!("the plan cannot be read: {error}")))?;
    Ok(Kept::of(stance, exact, weaves.of(&point.id).unwrap_or_default()))
}

/// What a position says, in words.
fn about(position: &Position, bracket: Option<&str>) -> String {
    let does = match position.stance {
        Stance::Accept => "accepts",
        Stance::Reserve => "reserves on",
        Stance::Oppose => "opposes",
    };
    let what = match (&position.words, bracket) {
        (Some(kept), _) => format!("the words {}", kept.digest.to_string().chars().take(12).collect::<String>()),
        (None, bracket) => format!("the bracket {}", shown(bracket.unwrap_or_default())),
    };
    let ad_referendum = if position.ad_referendum { ", ad referendum" } else { "" };
    format!("{does} {what}{ad_referendum}")
}

/// The positions in a layer that are not withdrawn and are on what `like` is on: the words of the point, or the bracket that it is
/// on now.
pub fn live_on(plan: &LiveDocument, point: &Point, like: &Annotation, entries: &Layer) -> Vec<AnnotationId> {
    let brackets = bracket::parse(&point.words);
    let bracket = bracket_at(plan, point, &brackets, like);
    let same = |other: &Annotation| match (&like.anchor, &other.anchor) {
        (None, None) => true,
        (Some(anchor), Some(there)) => {
            anchor == there || (bracket.is_some() && bracket_at(plan, point, &brackets, other) == bracket)
        }
        _ => false,
    };
    entries.annotations.iter().filter(|entry| is_live_on(entry, &point.id) && same(entry)).map(|entry| entry.id.clone()).collect()
}

fn is_live_on(entry: &Annotation, point: &PointId) -> bool {
    matches!(entry.what, What::Position(_)) && !entry.withdrawn && entry.point == *point
}

impl Withdraw {
    /// Runs the verb. An id goes before a label: what others call their points must not stand in the way of taking back an entry.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let session = context.session()?;
        let layers = Layers::read(&session, &self.plan)?;
        let document = session.open(&self.plan)?;
        let outline = document.outline();
        let id = self.what.parse::<AnnotationId>().ok().filter(|_| !self.stretch.is_given());
        let found = id.map(|id| Ok::<_, CliError>((layers.open_own_with(&id)?, vec![id]))).transpose()?;
        let (found, ids) = match found.filter(|(found, _)| !found.is_empty()) {
            Some(found) => found,
            None => {
                let point = outline.find(&self.what)?;
                let bracket = self.stretch.find_bracket(point)?;
                let mut like = new_entry(&session, &point.id, What::Note)?;
                on_stretch(&mut like, &document, point, bracket)?;
                let opened = layers.open(layers.writable(&id::POSITIONS.parse()?)?)?;
                let ids = live_on(&document, point, &like, &opened.entries);
                if ids.is_empty() {
                    return Err(none_live(&session, point, like.anchor.is_some()));
                }
                (vec![opened], ids)
            }
        };
        layers.mark(context, &outline, found, &ids, "withdrawn", layer::withdraw)
    }
}

fn none_live(session: &Session, point: &Point, on_bracket: bool) -> CliError {
    let party = session.member().map(|member| member.party.to_string()).unwrap_or_default();
    let on = if on_bracket { "that bracket of " } else { "" };
    CliError::NotFound(format!("{party} has no position on {on}{} to withdraw", inline(name(point))))
}
