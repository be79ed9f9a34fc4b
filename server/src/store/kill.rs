//! Where a test may stop whoever works on a data directory, as a kill would: between two changes that they make of it.

/// A change is about to be made, or has just been.
pub(super) fn step() {
    #[cfg(test)]
    STEPS.with(|left| match left.get() {
        Some(0) => {
            left.set(None);
            panic!("killed by the test");
        }
        steps => left.set(steps.map(|steps| steps - 1)),
    });
}

#[cfg(test)]
thread_local! {
    /// Steps that the thread still makes; `None`: as many as it likes.
    static STEPS: std::cell::Cell<Option<u64>> = const { std::cell::Cell::new(None) };
}

/// Has this thread be killed after so many steps, or not at all any more.
#[cfg(test)]
pub(crate) fn after(steps: Option<u64>) {
    STEPS.set(steps);
}
