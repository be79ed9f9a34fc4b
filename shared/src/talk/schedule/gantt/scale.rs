//! Days to pixels, for spans of one day or of 2^64.

/// Pixels kept free on either side, for half a diamond or half a label.
const PADDING: f64 = 24.0;
/// Ticks of an axis at most.
const TICKS_MAX: i128 = 10;
/// Days between ticks that people think in; beyond them 1, 2 and 5 times a power of ten.
const STEPS: [i128; 10] = [1, 2, 5, 10, 15, 30, 60, 90, 180, 360];

/// Where days stand on the chart. Day 0, the trigger, is always among them.
pub(super) struct Scale {
    first: i128,
    last: i128,
    left: f64,
    width: f64,
}

impl Scale {
    /// A scale for these spans, in `width` pixels from `left` on.
    pub fn new(spans: impl Iterator<Item = (i64, i64)>, left: f64, width: f64) -> Scale {
        let (mut first, mut last) = (0, 0);
        for (start, end) in spans {
            first = first.min(i128::from(start));
            last = last.max(i128::from(end)).max(i128::from(start));
        }
        // At least a day, so that there is something to divide by.
        Scale { first, last: last.max(first + 1), left: left + PADDING, width: width - 2.0 * PADDING }
    }

    /// The pixel of a day.
    pub fn x(&self, day: i64) -> f64 {
        let part = (i128::from(day) - self.first) as f64 / (self.last - self.first) as f64;
        self.left + part.clamp(0.0, 1.0) * self.width
    }

    /// The days that get a line and a label.
    pub fn ticks(&self) -> impl Iterator<Item = i64> {
        let span = self.last - self.first;
        let powers = (3..).map(|power| 10_i128.pow(power)).flat_map(|power| [power, 2 * power, 5 * power]);
        let step = STEPS.into_iter().chain(powers).find(|step| span / step < TICKS_MAX).unwrap_or(span);
        // Integer division rounds towards 0, which for a first day before the trigger is up.
        (self.first / step..=self.last / step).filter_map(move |tick| i64::try_from(tick * step).ok())
    }
}

/// `+30`, `0`, `−2`; from a million on `+1.2e6`.
pub(super) fn signed(day: i64) -> String {
    let size = day.unsigned_abs();
    let digits = match size {
        0 => return "0".to_owned(),
        1..1_000_000 => size.to_string(),
        _ => format!("{:.1e}", size as f64).replace(".0e", "e"),
    };
    format!("{}{digits}", if day < 0 { '−' } else { '+' })
}
