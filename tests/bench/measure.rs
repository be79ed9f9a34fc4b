//! Figures: the server's CPU time and memory from /proc, and percentiles.

use anyhow::{Context, Result};
use std::time::Duration;

/// Ticks of /proc/PID/stat in a second: 100 on every Linux there is.
const TICKS: u64 = 100;

/// User and system time that the process has taken.
pub fn cpu(pid: Option<u32>) -> Result<Duration> {
    let Some(pid) = pid else {
        return Ok(Duration::ZERO);
    };
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("the server is gone")?;
    let fields: Vec<&str> = stat.rsplit_once(')').context("stat")?.1.split_whitespace().collect();
    let ticks = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}

/// Resident memory in KiB.
pub fn rss_kib(pid: Option<u32>) -> Result<u64> {
    let Some(pid) = pid else { return Ok(0) };
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("the server is gone")?;
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).context("VmRSS")?;
    Ok(line.split_whitespace().nth(1).context("VmRSS")?.parse()?)
}

/// Bytes that the process has had written to disk.
pub fn disk_bytes(pid: Option<u32>) -> Result<u64> {
    let Some(pid) = pid else { return Ok(0) };
    let io = std::fs::read_to_string(format!("/proc/{pid}/io")).context("the server is gone")?;
    let line = io.lines().find_map(|l| l.strip_prefix("write_bytes: ")).context("write_bytes")?;
    Ok(line.parse()?)
}

/// The p-th percentile of sorted microseconds, in milliseconds.
pub fn percentile_ms(sorted_us: &[u32], p: f64) -> f64 {
    if sorted_us.is_empty() {
        return f64::NAN;
    }
    let at = ((sorted_us.len() as f64 * p / 100.0).ceil() as usize).clamp(1, sorted_us.len());
    f64::from(sorted_us[at - 1]) / 1000.0
}

/// Three significant places are more than any of these figures has.
pub fn round(x: f64) -> f64 {
    (x * 1000.0).round() / 1000.0
}
