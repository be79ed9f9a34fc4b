//! How far something is, on a terminal; nothing in a pipe and nothing beside JSON.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

/// Where progress is shown, or not.
pub struct Progress {
    shown: bool,
}

/// A line that grows, and goes when it is dropped.
pub struct Bar(ProgressBar);

impl Progress {
    /// On standard error, if that is a terminal and no program reads the output.
    pub fn new(json: bool) -> Self {
        Progress { shown: !json && io::stderr().is_terminal() }
    }

    /// A bar for so many things.
    pub fn bar(&self, doing: &'static str, length: u64, what: &'static str) -> Bar {
        let target = if self.shown && length > 0 { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(length), target).with_message(what).with_prefix(doing);
        let style = ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len} {msg}, {elapsed}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        if self.shown {
            bar.enable_steady_tick(Duration::from_millis(250));
        }
        Bar(bar)
    }
}

impl Bar {
    /// So many more are done.
    pub fn inc(&self, count: u64) {
        self.0.inc(count);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
