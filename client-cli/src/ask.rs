//! Asking whoever sits at the terminal.

use std::io::{self, IsTerminal as _, Write as _};

use crate::output::Output;

/// Whether somebody is there to be asked and to read what it is about.
pub fn is_there(output: &Output) -> bool {
    !output.is_json() && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks; only yes is yes.
pub fn agrees(question: &str) -> bool {
    // Nobody can be asked without standard error; then nothing that is read means yes.
    let _ = write!(io::stderr(), "plenary: {question} [y/N] ");
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).is_ok() && is_yes(&answer)
}

fn is_yes(answer: &str) -> bool {
    ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        assert!(is_yes("y\n") && is_yes(" YES \n"));
        assert!(!["", "\n", "n\n", "yesterday\n"].into_iter().any(is_yes));
    }
}
