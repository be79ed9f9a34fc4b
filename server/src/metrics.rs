//! Figures of the whole server as Prometheus text. None is kept by plan or by party: a figure must not tell who is at work.
//!
//! **Architecture invariant:** nothing that moves with layers is in a figure that a chair may read: a layer that is at work is nobody's
//! business. What is counted about layers, and what memory they take, is for the operator alone, who listens on an address of its own.

use plenary_shared::id::DocAddress;
use std::{
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// A number that grows.
#[derive(Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to it.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The figures of plans, and those of everything else, which are for the operator alone.
#[derive(Default)]
pub struct Figures {
    plans: Arc<Metrics>,
    layers: Arc<Metrics>,
}

/// What is there now.
pub struct Now {
    /// Plans in memory.
    pub plans_open: usize,
    /// Layers in memory.
    pub layers_open: usize,
    /// Bytes of answers that wait to be read.
    pub answers_bytes: usize,
}

impl Figures {
    /// Where what happens to a document is counted.
    pub fn of(&self, address: &DocAddress) -> &Arc<Metrics> {
        match address {
            DocAddress::Plan(..) => &self.plans,
            DocAddress::Layer(..) | DocAddress::Registry | DocAddress::Seats(..) => &self.layers,
        }
    }

    /// The text that Prometheus reads with a chair's credential.
    pub fn render(&self, plans_open: usize) -> String {
        self.plans.render("plenary", "Plans", plans_open)
    }

    /// The text that Prometheus reads on the operator's own listener: the same, and what moves with layers.
    pub fn render_all(&self, now: &Now) -> String {
        let mut text = self.render(now.plans_open) + &self.layers.render("plenary_layers", "Layers", now.layers_open);
        tell(&mut text, "plenary_answers_bytes", "gauge", "Bytes of answers that wait to be read", now.answers_bytes as u64);
        if let Some(resident) = resident_bytes() {
            tell(&mut text, "process_resident_memory_bytes", "gauge", "Resident memory", resident);
        }
        text
    }
}

/// Resident memory of the process, where the system tells.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? << 10)
}

fn tell(text: &mut String, name: &str, kind: &str, help: &str, value: u64) {
    let _ = write!(text, "# HELP {name} {help}.\n# TYPE {name} {kind}\n{name} {value}\n");
}

/// Something that is counted as long as it is there.
pub struct Present(Arc<Metrics>);

impl Present {
    /// Counts a socket, or what else takes a session's place.
    pub fn session(metrics: &Arc<Metrics>) -> Self {
        metrics.sessions_open.0.fetch_add(1, Ordering::Relaxed);
        Self(metrics.clone())
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.0.sessions_open.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What the server counts.
#[derive(Default)]
pub struct Metrics {
    /// Edits made durable.
    pub records: Counter,
    /// Batches that they were written in.
    pub batches: Counter,
    /// Update frames handed to sockets.
    pub frames: Counter,
    /// Messages refused.
    pub refused: Counter,
    /// Presence messages of which something was left out.
    pub presence_left_out: Counter,
    /// Documents built again from their log because they misbehaved.
    pub rebuilds: Counter,
    /// Documents that could not be opened.
    pub open_failures: Counter,
    sessions_open: Counter,
}

impl Metrics {
    fn render(&self, prefix: &str, what: &str, open: usize) -> String {
        let mut text = String::new();
        let counters = [
            ("edits_total", "Edits made durable".to_owned(), &self.records),
            ("batches_total", "Batches that edits were written in".to_owned(), &self.batches),
            ("frames_total", "Update frames handed to sockets".to_owned(), &self.frames),
            ("refused_total", "Messages refused".to_owned(), &self.refused),
            ("presence_left_out_total", "Presence messages of which something was left out".to_owned(), &self.presence_left_out),
            ("rebuilds_total", format!("{what} built again from their log"), &self.rebuilds),
            ("open_failures_total", format!("{what} that could not be opened"), &self.open_failures),
        ];
        for (name, help, counter) in counters {
            tell(&mut text, &format!("{prefix}_{name}"), "counter", &help, counter.get());
        }
        tell(&mut text, &format!("{prefix}_sessions"), "gauge", "Sockets open", self.sessions_open.get());
        tell(&mut text, &format!("{prefix}_rooms"), "gauge", &format!("{what} in memory"), open as u64);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_with_layers_is_told_to_the_operator_alone() {
        let figures = Figures::default();
        let chairs = || figures.render(1);
        let before = chairs();
        for address in ["talks/plan/arv/private", "talks/plan/arv/public"] {
            let metrics = figures.of(&address.parse().unwrap());
            metrics.records.add(3);
            metrics.refused.add(2);
            std::mem::forget(Present::session(metrics));
        }
        assert_eq!(chairs(), before);
        let all = figures.render_all(&Now { plans_open: 1, layers_open: 2, answers_bytes: 5 });
        assert!(all.starts_with(&before));
        for line in ["plenary_layers_edits_total 6", "plenary_layers_rooms 2", "plenary_answers_bytes 5"] {
            assert!(all.lines().any(|told| told == line), "{line}: {all}");
        }
        assert!(!all.contains('{'), "no label");
    }
}
