//! `reserve`, `oppose` and `withdraw`: where a party stands on words, or on a bracket, that it does not accept.

use plenary_shared::{
    id::{self, LayerId, PlanId},
    script::{self, Edit},
};

use super::{entries::edit_layers, quote::Quote, words::given};
use crate::{context::Context, error::CliError};

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
    quote: Quote,
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
    quote: Quote,
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
    quote: Quote,
}

impl Reserve {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let Reserve { plan, point, reason, quote: Quote { quote, bracket }, layer } = self;
        let reason = given(reason)?;
        edit_layers(context, &plan, Edit::Reserve(script::Reserve { point, reason, quote, bracket, layer }))
    }
}

impl Oppose {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let Oppose { plan, point, reason, quote: Quote { quote, bracket }, layer } = self;
        let reason = given(reason)?;
        edit_layers(context, &plan, Edit::Oppose(script::Oppose { point, reason, quote, bracket, layer }))
    }
}

impl Withdraw {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let Withdraw { plan, what, quote: Quote { quote, bracket } } = self;
        edit_layers(context, &plan, Edit::Withdraw(script::Withdraw { what, quote, bracket }))
    }
}
