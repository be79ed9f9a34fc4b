//! A pager for what does not fit on the terminal: `$PLENARY_PAGER`, `$PAGER`, or `less` if it is there. An empty one means none.

use std::{
    env,
    ffi::OsString,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};
use terminal_size::{Height, Width, terminal_size};
use unicode_width::UnicodeWidthStr as _;

/// What `less` is to do if nobody says otherwise: leave at once what fits, colours as they are, the screen as it was.
const LESS: &str = "FRX";

/// What other programs are not to be given.
pub const SECRETS: [&str; 2] = ["PLENARY_PASSPHRASE", "PLENARY_TOKEN"];

/// Shows text in the pager and returns when it is left; `false` if there is none or the text fits on the terminal.
pub fn show(text: &str) -> bool {
    let size = terminal_size().map(|(Width(columns), Height(rows))| (usize::from(columns), usize::from(rows)));
    let dumb = env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    if dumb || size.is_none_or(|size| fits(text, size)) {
        return false;
    }
    let Some(command) = choose(env::var_os("PLENARY_PAGER"), env::var_os("PAGER"), found("less")) else { return false };
    // Through a shell, so that it may hold options: `less -S`.
    let mut pager = Command::new("sh");
    pager.arg("-c").arg("exec $PLENARY_PAGER").env("PLENARY_PAGER", &command).stdin(Stdio::piped());
    for name in SECRETS {
        pager.env_remove(name);
    }
    if env::var_os("LESS").is_none() {
        pager.env("LESS", LESS);
    }
    let Ok(mut child) = pager.spawn() else { return false };
    if let Some(mut to) = child.stdin.take() {
        // Whoever leaves the pager has read enough.
        let _ = to.write_all(text.as_bytes()).and_then(|()| to.write_all(b"\n"));
    }
    // The shell's words for a command that is not there, or not to be run.
    !matches!(child.wait().map(|status| status.code()), Ok(Some(126 | 127)) | Err(_))
}

/// What is set wins over what is found; set and empty means none.
fn choose(own: Option<OsString>, common: Option<OsString>, less: bool) -> Option<OsString> {
    match own.or(common) {
        Some(set) => (!set.is_empty()).then_some(set),
        None => less.then(|| format!("less -{LESS}").into()),
    }
}

fn found(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|dir| Path::new(&dir).join(program).is_file())
}

/// Whether text fits on a terminal of so many columns and rows, with a row left for what comes next.
fn fits(text: &str, (columns, rows): (usize, usize)) -> bool {
    let mut left = rows.saturating_sub(1);
    text.split('\n').all(|line| {
        let needs = line.width().div_ceil(columns.max(1)).max(1);
        let enough = needs <= left;
        left = left.saturating_sub(needs);
        enough
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_wins_over_what_is_found_and_nothing_means_none() {
        let set = |text: &str| Some(OsString::from(text));
        assert_eq!(choose(set("more"), set("most"), true), set("more"));
        assert_eq!(choose(None, set("most -s"), true), set("most -s"));
        assert_eq!(choose(None, None, true), set("less -FRX"));
        assert_eq!(choose(None, None, false), None);
        assert_eq!(choose(set(""), set("most"), true), None);
        assert_eq!(choose(None, set(""), true), None);
    }

    #[test]
    fn a_text_fits_if_its_lines_do_as_the_terminal_breaks_them() {
        assert!(fits("one\ntwo", (80, 3)));
        assert!(!fits("one\ntwo\nthree", (80, 3)));
        assert!(!fits(&"x".repeat(161), (80, 3)));
        assert!(fits(&"x".repeat(160), (80, 3)));
        assert!(!fits(&"停".repeat(81), (80, 3)), "wide characters take two columns");
        assert!(!fits("", (0, 0)));
    }
}
