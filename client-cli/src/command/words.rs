//! `words`: the words of a point, from an argument, standard input or an editor.
//!
//! The smallest difference between the words as they were last shown to this profile and as they are wanted becomes the edit. What others
//! wrote meanwhile, also while the editor was open, survives; where they changed the same words, both stand in brackets.

mod rests;

use plenary_shared::{
    id::{PartyId, PlanId, PointId},
    limits,
    script::{self, Done, Edit, Expect, Script},
    text::{
        plan::{Outline, Point},
        words::{ExactWords, WordsDigest},
    },
};
use std::{
    env, fs,
    io::{self, IsTerminal as _, Read as _, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use super::{edit::report, lapses};
use crate::{
    answer::Event,
    context::Context,
    error::CliError,
    expect::{Fingerprint, short},
    open::{OpenPlan, only},
    pager::SECRETS,
    shown::LastShown,
};

/// Change the words of a point; the smallest difference becomes the edit
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The change is that from the words as they were last shown to you; what others have changed since
survives, and where they changed the same words both stand in brackets. With --expect nothing is
changed if others changed anything.
Without words and on a terminal, $VISUAL or $EDITOR opens.
One line ending at the end of standard input or of the edited file is dropped.
Words that begin with '-' stand behind '--'.

Examples:
  plenary words plan 5 'Both sides shall withdraw within [30][50] days.'
  plenary words plan '5 bis' - < new-words.txt
  plenary words plan 5 'Both sides shall withdraw within [30][40] days.' --for arv
  plenary words plan 5/(a)")]
pub struct Words {
    /// The plan
    plan: PlanId,
    /// The point: a label, a path of labels, or an id
    point: String,
    /// The new words; '-' is standard input
    words: Option<String>,
    /// Only if these are the point's words: at least 12 characters of their digest, as `plenary show` prints them
    #[arg(long, value_name = "FINGERPRINT")]
    expect: Option<Fingerprint>,
    /// The party that said so: you enter it for them, which all are told, and they confirm it (`plenary own`)
    #[arg(long = "for", value_name = "PARTY")]
    entered_for: Option<PartyId>,
}

impl Words {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let words = match &self.words {
            Some(words) => given(words.clone())?,
            None if io::stdin().is_terminal() => return self.in_editor(context),
            None => given("-".to_owned())?,
        };
        let open = context.open(&self.plan)?;
        let outline = open.outline()?;
        let point = outline.find(&self.point)?;
        let read = LastShown::read(&open.whose()?, &self.plan).get(&point.id);
        self.set(context, &open, &outline, point, Written { words, read, from: None })
    }

    fn in_editor(self, context: &Context) -> Result<(), CliError> {
        let open = context.open(&self.plan)?;
        let outline = open.outline()?;
        let point = outline.find(&self.point)?;
        let words = edited(&point.words)?;
        let read = ExactWords::read(&outline).get(&point.id).map(|exact| exact.digest);
        let now = open.outline()?;
        let there = now.get(&point.id).ok_or_else(|| CliError::NotFound(format!("the point {} is gone", point.id)))?;
        self.set(context, &open, &now, there, Written { words, read, from: Some(point.words.clone()) })
    }

    fn set(
        &self,
        context: &Context,
        open: &OpenPlan,
        outline: &Outline,
        point: &Point,
        written: Written,
    ) -> Result<(), CliError> {
        let Written { words, read, from } = written;
        let mut from = from.filter(|_| matches!(open, OpenPlan::Replica(_)) && self.expect.is_none());
        let now = ExactWords::read(outline).get(&point.id).map(|exact| exact.digest);
        let mut script = Script::default();
        match (&self.expect, now, open) {
            (Some(expected), Some(now), _) if expected.is_of(&now) => {
                script.expect = vec![Expect { point: Some(point.id.to_string()), digest: now }];
            }
            (Some(expected), Some(now), _) => {
                let message = "the words are not those that you expect: their fingerprint is";
                return Err(CliError::Refused(format!(
                    "{message} {}, not {}; nothing was changed",
                    short(&now),
                    expected.as_str()
                )));
            }
            (None, Some(now), OpenPlan::Server(_)) => {
                let behind = read.filter(|read| *read != now).map(|read| rests::on(context, &self.plan, &point.id, read));
                match (behind.transpose()?.flatten(), &self.entered_for) {
                    (Some(known), None) => script.seen = Some(known.seen),
                    // What tells for whom they are entered stands in a layer, which rests on no record of the text.
                    (Some(known), Some(_)) => from = Some(known.words),
                    (None, _) => {}
                }
            }
            _ => {}
        }
        let is_behind = script.seen.is_some() || from.is_some();
        let entered_for = self.entered_for.clone();
        script.edits = vec![Edit::Words(script::Words { point: point.id.to_string(), words: words.clone(), from, entered_for })];
        let applied = lapses::made(context, open, &script)?;
        context.tell_damage_of(open);
        if is_behind {
            self.tell_of_others(context, open, &point.id, &words)?;
        }
        match only(applied)? {
            Done::Point(done) => report(context, &self.plan, &done),
            other => Err(CliError::unexpected(&other)),
        }
    }

    /// Shows what the words read now that others changed them too.
    fn tell_of_others(&self, context: &Context, open: &OpenPlan, point: &PointId, words: &str) -> Result<(), CliError> {
        let outline = open.outline()?;
        let Some(now) = outline.get(point).filter(|now| now.words != words) else { return Ok(()) };
        let exact = ExactWords::read(&outline);
        let digest = exact.get(point).map(|exact| exact.digest);
        LastShown::read(&open.whose()?, &self.plan).keep(digest.map(|digest| (point.clone(), digest)));
        let event = Event::Joined { point, words: &now.words };
        let text = || format!("others had changed the words meanwhile; they read now:\n{}", now.words);
        context.output.event(&event, text);
        Ok(())
    }
}

/// What somebody wrote, and what they had read before.
struct Written {
    words: String,
    read: Option<WordsDigest>,
    /// The words themselves, where it is known.
    from: Option<String>,
}

/// Words from the command line, or from standard input for `-`.
///
/// # Errors
/// [`CliError::Usage`] for an empty standard input: more likely a script without one than the wish to write nothing.
pub fn given(words: String) -> Result<String, CliError> {
    if words != "-" {
        return Ok(words);
    }
    let text = standard_input()?;
    if text.is_empty() {
        Err(CliError::Usage("there is nothing on standard input: for no words, give ''".into()))
    } else {
        Ok(text)
    }
}

fn standard_input() -> Result<String, CliError> {
    let most = limits::UPDATE_BYTES_MAX as u64;
    let mut bytes = Vec::new();
    let path = || PathBuf::from("standard input");
    io::stdin().lock().take(most + 1).read_to_end(&mut bytes).map_err(|source| CliError::File { path: path(), source })?;
    if bytes.len() as u64 > most {
        return Err(CliError::Refused(format!("standard input is larger than {} MiB", most >> 20)));
    }
    let text = String::from_utf8(bytes).map_err(|_| CliError::Refused("standard input is not UTF-8 text".into()))?;
    Ok(without_last_line_ending(plain(text)))
}

/// What programs put around a text is none of it: a byte order mark at its beginning, and CR before the ends of its lines.
fn plain(text: String) -> String {
    text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n")
}

fn without_last_line_ending(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
    }
    text
}

fn edited(words: &str) -> Result<String, CliError> {
    let set = |name| env::var_os(name).filter(|v| !v.is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR")).ok_or_else(|| {
        CliError::Usage("there is no editor: set EDITOR, or give the words as an argument or on standard input".into())
    })?;
    let failed = |path: &Path, source| CliError::File { path: path.to_owned(), source };
    let mut file =
        tempfile::Builder::new().prefix("plenary-").suffix(".md").tempfile().map_err(|e| failed(&env::temp_dir(), e))?;
    let path = file.path().to_owned();
    writeln!(file, "{words}").and_then(|()| file.flush()).map_err(|e| failed(&path, e))?;
    // Through a shell, so that EDITOR may hold options: `code --wait`.
    let mut command = Command::new("sh");
    command.arg("-c").arg("$PLENARY_EDITOR \"$1\"").arg("sh").arg(&path).env("PLENARY_EDITOR", &editor);
    for name in SECRETS {
        command.env_remove(name);
    }
    match command.status() {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(CliError::Refused(format!("the editor ended with {status}; nothing was changed"))),
        Err(e) => return Err(failed(Path::new(&editor), e)),
    }
    // Read by name: many editors write a new file in the place of the old.
    let text = fs::read_to_string(&path).map_err(|e| failed(&path, e))?;
    Ok(without_last_line_ending(plain(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_put_around_a_text_is_none_of_it() {
        for (given, kept) in [
            ("\u{feff}a\r\nb\r\n", "a\nb"),
            ("a\rb\u{feff}\n", "a\rb\u{feff}"),
            ("\u{feff}", ""),
            ("\r\n", ""),
            ("\u{feff}\u{feff}a", "\u{feff}a"),
        ] {
            assert_eq!(without_last_line_ending(plain(given.into())), kept, "{given:?}");
        }
    }

    #[test]
    fn one_line_ending_at_the_end_is_dropped_and_no_more() {
        for (given, kept) in [("a\n", "a"), ("a\n\n", "a\n"), ("a", "a"), ("\n", ""), ("", ""), (" a \n", " a ")] {
            assert_eq!(without_last_line_ending(given.into()), kept, "{given:?}");
        }
    }
}
