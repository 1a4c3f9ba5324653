//! The memory of this process, for rows that weigh something.

/// What of this process is in memory.
pub(crate) fn bytes() -> std::io::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kilobytes = line.split_whitespace().next().and_then(|number| number.parse().ok());
    Ok(kilobytes.unwrap_or(0u64) * 1024)
}
