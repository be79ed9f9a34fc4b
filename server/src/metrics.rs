//! Figures of the whole server as Prometheus text. None is kept by plan or by party: a figure must not tell who is at work.

use std::{
    fmt::Write,
    sync::atomic::{AtomicU64, Ordering},
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
    /// Documents built again from their log because they misbehaved.
    pub rebuilds: Counter,
    /// Documents that could not be opened.
    pub open_failures: Counter,
    /// Sockets opened.
    pub sessions: Counter,
}

impl Metrics {
    /// The text that Prometheus reads.
    pub fn render(&self, sessions_open: usize, rooms_open: usize) -> String {
        let mut text = String::new();
        let counters = [
            ("edits_total", "Edits made durable", &self.records),
            ("batches_total", "Batches that edits were written in", &self.batches),
            ("frames_total", "Update frames handed to sockets", &self.frames),
            ("refused_total", "Messages refused", &self.refused),
            ("rebuilds_total", "Documents built again from their log", &self.rebuilds),
            ("open_failures_total", "Documents that could not be opened", &self.open_failures),
            ("sessions_total", "Sockets opened", &self.sessions),
        ];
        for (name, help, counter) in counters {
            let _ =
                write!(text, "# HELP plenary_{name} {help}.\n# TYPE plenary_{name} counter\nplenary_{name} {}\n", counter.get());
        }
        let gauges = [("sessions", "Sockets open", sessions_open), ("rooms", "Documents in memory", rooms_open)];
        for (name, help, value) in gauges {
            let _ = write!(text, "# HELP plenary_{name} {help}.\n# TYPE plenary_{name} gauge\nplenary_{name} {value}\n");
        }
        text
    }
}
