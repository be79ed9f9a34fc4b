//! `schema`: the shape of what verbs answer.

use crate::{
    answer::{self, Verbs},
    context::Context,
    error::CliError,
};

/// Print the JSON Schema of what a verb answers under --json, or list what there is a schema of
#[derive(Debug, clap::Args)]
#[command(after_help = "\
'errors' and 'events' are what any verb may tell on standard error.

Examples:
  plenary schema
  plenary schema show > show.schema.json
  plenary schema plan list
  plenary schema errors")]
pub struct Schema {
    /// The verb, or 'errors' or 'events'
    #[arg(value_name = "VERB")]
    verb: Vec<String>,
}

impl Schema {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        if self.verb.is_empty() {
            let verbs = answer::names();
            return context.output.result(&Verbs { verbs: verbs.clone() }, || verbs.join("\n"));
        }
        let verb = self.verb.join(" ");
        let schema = answer::schema(&verb).ok_or_else(|| {
            CliError::NotFound(format!("there is no schema of {verb:?}: `plenary schema` lists those that there are"))
        })?;
        context.output.schema(&schema)
    }
}
