//! One of the things that are tried, by the program's name: `tests/fuzz/run` says how.

#![no_main]

use libfuzzer_sys::fuzz_target;
use plenary_shared::fuzz::Trial;
use std::sync::LazyLock;

static TRIAL: LazyLock<Trial> = LazyLock::new(|| {
    let mut all = plenary_shared::fuzz::TRIALS.iter().chain(&plenary_server::fuzz::TRIALS);
    all.find(|(name, _)| *name == env!("CARGO_BIN_NAME")).expect("a trial of this name").1
});

// A panic that the program catches is no fault: only one that leaves the trial ends the process.
fuzz_target!(init: drop(std::panic::take_hook()), |data: &[u8]| TRIAL(data));
