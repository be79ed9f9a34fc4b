//! Times and durations as people write them.

use jiff::{Timestamp, civil, tz::TimeZone};
use plenary_shared::text::history::At;

/// Seconds of `30m`, `12h`, `7d`, `2w`, `90s`.
pub fn seconds(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is not a duration: write 30m, 12h, 7d or 2w");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let each = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return Err(wrong()),
    };
    let digits = &text[..text.len() - 1];
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    digits.parse::<u64>().ok().filter(|n| *n > 0).and_then(|n| n.checked_mul(each)).ok_or_else(wrong)
}

/// A moment: `2026-03-01` or `2026-03-01T09:30`, both here; `2026-03-01T09:30Z`; `2h` or `3d` ago; the record `120` or `#120`.
pub fn moment(text: &str) -> Result<At, String> {
    let wrong = || {
        format!(
            "{text:?} is no moment: write 2026-03-01, 2026-03-01T09:30, 2026-03-01T09:30Z, 2h or 3d (ago), or the number of a record"
        )
    };
    if let Ok(seq) = record(text) {
        return Ok(At::Seq(seq));
    }
    if let Ok(ago) = seconds(text) {
        return Ok(At::Ms(now_ms().saturating_sub(ago.saturating_mul(1_000))));
    }
    let here = |time: civil::DateTime| time.to_zoned(TimeZone::system()).ok().map(|time| time.timestamp());
    let date = || text.parse::<civil::Date>().ok().filter(|_| !text.contains(['T', 't', ' ']));
    let at = text.parse::<Timestamp>().ok();
    let at = at.or_else(|| here(date()?.to_datetime(civil::Time::midnight())));
    let at = at.or_else(|| here(text.parse::<civil::DateTime>().ok()?)).ok_or_else(wrong)?;
    u64::try_from(at.as_millisecond()).map(At::Ms).map_err(|_| wrong())
}

/// The number of a record: `120` or `#120`.
pub fn record(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
    number.ok_or_else(|| format!("{text:?} is not the number of a record: write 120 or '#120'"))
}

/// `2026-03-01 09:30:00`, here.
pub fn local(at_ms: u64) -> String {
    match timestamp(at_ms) {
        Some(at) => at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        None => "????-??-?? ??:??:??".to_owned(),
    }
}

/// `2026-03-01T09:30:00.123Z`, if it is a time at all.
pub fn utc(at_ms: u64) -> Option<String> {
    timestamp(at_ms).map(|at| at.to_string())
}

/// Milliseconds since 1970-01-01 UTC, now.
pub fn now_ms() -> u64 {
    u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default()
}

fn timestamp(at_ms: u64) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(at_ms).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_nonsense_is_not() {
        for (text, value) in [("90s", 90), ("30m", 1_800), ("12h", 43_200), ("7d", 604_800), ("2w", 1_209_600)] {
            assert_eq!(seconds(text), Ok(value), "{text}");
        }
        for bad in ["", "7", "d", "0d", "-1d", "+1d", "1.5h", "7 d", "7é", "99999999999999999999d", "18446744073709551615w"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn moments_are_read_and_nonsense_is_not() {
        let ms =
            |text: &str| At::Ms(u64::try_from(text.parse::<Timestamp>().expect("a time").as_millisecond()).expect("past 1970"));
        assert_eq!(moment("#120"), Ok(At::Seq(120)));
        assert_eq!(moment("0"), Ok(At::Seq(0)));
        assert_eq!(moment("2026-03-01T09:30Z"), Ok(ms("2026-03-01T09:30:00Z")));
        assert_eq!(moment("2026-03-01T09:30:05+02:00"), Ok(ms("2026-03-01T07:30:05Z")));
        assert_eq!(moment("2026-03-01"), moment("2026-03-01T00:00"), "midnight here");
        let Ok(At::Ms(ago)) = moment("2h") else { panic!("a time") };
        assert!(now_ms() - ago >= 7_200_000);
        for bad in ["", "#", "yesterday", "2026-13-01", "2026-03-01T25:00", "-5", "#-5", "3 d", "1900-01-01T00:00Z"] {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn any_number_of_milliseconds_is_shown() {
        assert_eq!(utc(1_700_000_000_123).as_deref(), Some("2023-11-14T22:13:20.123Z"));
        assert_eq!(utc(u64::MAX), None);
        assert_eq!(local(u64::MAX).len(), local(0).len());
    }
}
