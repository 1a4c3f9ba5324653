//! The processor time of a process, and on which core it is spent.

/// User and system time of a process, by the kernel's 100 ticks a second.
pub(crate) fn cpu_s(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks =
        |at: usize| after.split_whitespace().nth(at).and_then(|text| text.parse::<f64>().ok());
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0
}

/// Keeps a process on one core, where `taskset` is there to ask; whether it was.
pub(crate) fn pin(pid: u32, core: usize) -> bool {
    let asked = std::process::Command::new("taskset")
        .args(["-a", "-p", "-c", &core.to_string(), &pid.to_string()])
        .output();
    asked.is_ok_and(|output| output.status.success())
}
