//! `help`: what a verb does, or a chapter of the manual.

use plenary_shared::chapters::CHAPTERS;

use crate::{answer::ChapterShown, context::Context, error::CliError};

/// Print the help of a verb, or a chapter of the manual
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Chapters: delegations, secretariats, operators, programs, who-learns-what, hostile, architecture.

Examples:
  plenary help show
  plenary help plan create
  plenary help delegations
  plenary help programs | less")]
pub struct Help {
    /// A verb or a chapter; all verbs if left out
    #[arg(value_name = "VERB|CHAPTER")]
    what: Vec<String>,
}

impl Help {
    /// Runs the verb; `parse` reads a command line and answers what is wrong with it, or the help that it asks for.
    pub fn run(self, context: &Context, parse: impl FnOnce(Vec<String>) -> Result<(), clap::Error>) -> Result<(), CliError> {
        let chapter = CHAPTERS.into_iter().find(|(name, _)| self.what == [*name]);
        if let Some((chapter, markdown)) = chapter {
            return context.output.result(&ChapterShown { chapter, markdown }, || markdown.trim_end().to_owned());
        }
        if let Some(flag) = self.what.iter().find(|word| word.starts_with('-')) {
            return Err(CliError::Usage(format!("{flag:?} is no verb and no chapter")));
        }
        let words = ["plenary".to_owned()].into_iter().chain(self.what.clone()).chain(["--help".to_owned()]);
        match parse(words.collect()) {
            Err(help) if !help.use_stderr() => {
                let _ = help.print();
                Ok(())
            }
            _ => Err(CliError::Usage(format!(
                "there is no verb and no chapter {:?}: `plenary help` lists the verbs, `plenary help help` the chapters",
                self.what.join(" ")
            ))),
        }
    }
}
