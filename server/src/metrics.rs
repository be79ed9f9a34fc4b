//! Figures of the whole server as Prometheus text. None is kept by plan or by party: a figure must not tell who is at work.
//!
//! **Architecture invariant:** nothing about layers is in any figure. The chair of any conference reads them all, and a layer
//! that is at work is nobody's business: what is counted about layers goes where no text is made of it.

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

/// The figures of plans, and those of everything else, which nobody is shown.
#[derive(Default)]
pub struct Figures {
    plans: Arc<Metrics>,
    unread: Arc<Metrics>,
}

impl Figures {
    /// Where what happens to a document is counted.
    pub fn of(&self, address: &DocAddress) -> &Arc<Metrics> {
        match address {
            DocAddress::Plan(..) => &self.plans,
            DocAddress::Layer(..) | DocAddress::Registry | DocAddress::Seats(..) => &self.unread,
        }
    }

    /// The text that Prometheus reads.
    pub fn render(&self, rooms_open: usize) -> String {
        self.plans.render(rooms_open)
    }
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
    /// Documents built again from their log because they misbehaved.
    pub rebuilds: Counter,
    /// Documents that could not be opened.
    pub open_failures: Counter,
    sessions_open: Counter,
}

impl Metrics {
    fn render(&self, rooms_open: usize) -> String {
        let mut text = String::new();
        let counters = [
            ("edits_total", "Edits made durable", &self.records),
            ("batches_total", "Batches that edits were written in", &self.batches),
            ("frames_total", "Update frames handed to sockets", &self.frames),
            ("refused_total", "Messages refused", &self.refused),
            ("rebuilds_total", "Plans built again from their log", &self.rebuilds),
            ("open_failures_total", "Plans that could not be opened", &self.open_failures),
        ];
        for (name, help, counter) in counters {
            let _ =
                write!(text, "# HELP plenary_{name} {help}.\n# TYPE plenary_{name} counter\nplenary_{name} {}\n", counter.get());
        }
        let gauges = [("sessions", "Sockets open", self.sessions_open.get()), ("rooms", "Plans in memory", rooms_open as u64)];
        for (name, help, value) in gauges {
            let _ = write!(text, "# HELP plenary_{name} {help}.\n# TYPE plenary_{name} gauge\nplenary_{name} {value}\n");
        }
        text
    }
}
