//! `resolve`, `reopen` and `table`: what becomes of annotations once they are written.

use plenary_shared::{
    id::{AnnotationId, LayerId, PlanId},
    script::{self, Edit, OfAnnotation},
};

use super::entries::edit_layers;
use crate::{context::Context, error::CliError};

/// Mark an annotation of your party as settled
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  plenary resolve plan k3x9abcd")]
pub struct Resolve {
    /// The plan
    plan: PlanId,
    /// The annotation
    id: AnnotationId,
}

/// Take back that an annotation is settled
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  plenary reopen plan k3x9abcd")]
pub struct Reopen {
    /// The plan
    plan: PlanId,
    /// The annotation
    id: AnnotationId,
}

/// Move annotations of your party from their layer to one that more parties read, all at once
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Others see all of them or none. Repeated, it does no harm.

Examples:
  plenary table plan k3x9abcd
  plenary table plan k3x9abcd m4y8bcde p5z7cdef
  plenary table plan k3x9abcd --to fallback")]
pub struct Table {
    /// The plan
    plan: PlanId,
    /// The annotations
    #[arg(required = true, value_name = "ID")]
    ids: Vec<AnnotationId>,
    /// The layer of your party to move them to; 'public' if left out, 'positions' for positions
    #[arg(long, value_name = "LAYER")]
    to: Option<LayerId>,
}

impl Resolve {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        edit_layers(context, &self.plan, Edit::Resolve(OfAnnotation { id: self.id }))
    }
}

impl Reopen {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        edit_layers(context, &self.plan, Edit::Reopen(OfAnnotation { id: self.id }))
    }
}

impl Table {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        edit_layers(context, &self.plan, Edit::Table(script::Table { ids: self.ids, to: self.to }))
    }
}
