//! The only place that prints: text for people on a terminal that the text must not be able to steer, JSON for scripts.

use plenary_shared::text::say::harmless;
use serde::Serialize;
use std::{
    borrow::Cow,
    env,
    io::{self, IsTerminal as _, Write as _},
};

pub use plenary_shared::text::say::{in_words, inline, lines};

use crate::{
    answer::{Answer, ErrorShown, Event},
    error::CliError,
    pager,
    render::Page,
};

/// Columns of a terminal of which nothing is known, and of a pipe.
const WIDTH: usize = 80;

/// Where and how results are written.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    json: bool,
}

impl Output {
    /// JSON or text.
    pub fn new(json: bool) -> Self {
        Output { json }
    }

    /// Whether results are written as JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// A result: one line of JSON, or the text. The text may hold several lines; everything else that steers a terminal is
    /// shown, not done.
    pub fn result(&self, answer: &impl Answer, text: impl FnOnce() -> String) -> Result<(), CliError> {
        if self.json {
            return write_out(json_line(answer)?.as_bytes(), true);
        }
        paged(&lines(&text()))
    }

    /// A result: one line of JSON, or the page, with colours on a terminal unless NO_COLOR asks for none.
    pub fn page(&self, answer: &impl Answer, page: impl FnOnce() -> Page) -> Result<(), CliError> {
        if self.json {
            return self.result(answer, String::new);
        }
        paged(&coloured(page()))
    }

    /// What people are to read before a result.
    pub fn before(&self, text: impl FnOnce() -> String) -> Result<(), CliError> {
        if self.json { Ok(()) } else { write_out(lines(&text()).as_bytes(), true) }
    }

    /// A page for one of many that come as time goes: nothing waits for somebody who reads.
    pub fn passing(&self, answer: &impl Answer, page: impl FnOnce() -> Page) -> Result<(), CliError> {
        if self.json {
            return self.result(answer, String::new);
        }
        write_out(coloured(page()).as_bytes(), true)
    }

    /// How many columns a page should keep to: COLUMNS, where that is exported and sensible.
    pub fn width(&self) -> usize {
        let columns = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        columns.filter(|columns| (40..=1_000).contains(columns)).unwrap_or(WIDTH)
    }

    /// A document as it is, into a file or a pipe; neutralised on a terminal. JSON gets the answer.
    pub fn document(&self, answer: &impl Answer, text: &str) -> Result<(), CliError> {
        if self.json {
            return self.result(answer, String::new);
        }
        let shown = if io::stdout().is_terminal() { lines(text) } else { Cow::Borrowed(text) };
        write_out(shown.as_bytes(), false)
    }

    /// A JSON Schema: over several lines, or in one for a program.
    pub fn schema(&self, schema: &impl Serialize) -> Result<(), CliError> {
        if self.json {
            return write_out(json_line(schema)?.as_bytes(), true);
        }
        let text = serde_json::to_string_pretty(schema).map_err(|e| CliError::Output(e.into()))?;
        write_out(lines(&text).as_bytes(), true)
    }

    /// Something worth knowing that is no result.
    pub fn event(&self, event: &Event, text: impl FnOnce() -> String) {
        self.aside(event, text);
    }

    /// Something for people alone.
    pub fn remark(&self, text: impl FnOnce() -> String) {
        if !self.json {
            say(&text());
        }
    }

    /// What the server wants one to know beside a result, which holds it too.
    pub fn notice(&self, notice: Option<&str>) {
        if let Some(notice) = notice {
            self.remark(|| notice.to_owned());
        }
    }

    /// Why the command failed.
    pub fn error(&self, error: &CliError) {
        // What needs a look was printed.
        if error.exit_code() != 0 && !matches!(error, CliError::NeedsALook) {
            let script = if let CliError::InScript(error) = error { Some(error) } else { None };
            let ahead = if let CliError::Ahead(ahead) = error { Some(&**ahead) } else { None };
            let shown = ErrorShown { error: error.word(), message: error.to_string(), script, ahead };
            self.aside(&shown, || error.to_string());
        }
    }

    /// Beside the results, on standard error.
    fn aside(&self, told: &impl Answer, text: impl FnOnce() -> String) {
        match json_line(told) {
            // Nobody can be told that standard error is gone.
            Ok(json) if self.json => drop(writeln!(io::stderr(), "{json}")),
            _ => say(&text()),
        }
    }

    /// Help, the version, or what is wrong with the command line.
    pub fn usage(&self, error: &clap::Error) {
        if self.json && error.use_stderr() {
            let message = error.to_string();
            let message = message.lines().next().unwrap_or_default().trim_start_matches("error: ");
            self.aside(&ErrorShown { error: "usage", message: message.to_owned(), script: None, ahead: None }, String::new);
        } else {
            let _ = error.print();
        }
    }
}

/// A page as text, with colours on a terminal unless NO_COLOR asks for none.
fn coloured(page: Page) -> String {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    let dumb = set("TERM").is_none_or(|term| term == "dumb");
    page.show(io::stdout().is_terminal() && !dumb && set("NO_COLOR").is_none())
}

/// A line for a person on standard error.
fn say(text: &str) {
    // Nobody can be told that standard error is gone.
    let _ = writeln!(io::stderr(), "plenary: {}", lines(text));
}

/// Puts out text for a person: through a pager on a terminal that it does not fit on.
fn paged(text: &str) -> Result<(), CliError> {
    if io::stdout().is_terminal() && pager::show(text) {
        return Ok(());
    }
    write_out(text.as_bytes(), true)
}

fn write_out(bytes: &[u8], newline: bool) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    let mut write = || -> io::Result<()> {
        out.write_all(bytes)?;
        if newline {
            out.write_all(b"\n")?;
        }
        out.flush()
    };
    write().map_err(CliError::Output)
}

/// One line of JSON. What could steer a terminal is escaped, which means the same to whoever parses it.
fn json_line(value: &impl Serialize) -> Result<String, CliError> {
    let json = serde_json::to_string(value).map_err(|e| CliError::Output(e.into()))?;
    if json.chars().all(harmless) {
        return Ok(json);
    }
    let mut line = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        // Every character that is not harmless is in the basic plane, and within a string.
        if harmless(c) { line.push(c) } else { line.push_str(&format!("\\u{:04x}", u32::from(c))) }
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_holds_the_text_as_it_is_in_escapes() {
        let text = "a\n\x1b[2J\u{7f}\u{9b}1m \u{202e}\u{2028} слова 🕊 \"\\";
        let line = json_line(&text).expect("a line");
        assert!(line.chars().all(harmless));
        assert_eq!(serde_json::from_str::<String>(&line).expect("JSON"), text);
        assert!(line.contains("\\u202e") && line.contains("слова 🕊"), "{line}");
    }
}
