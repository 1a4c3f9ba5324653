//! What every row of load reports beside its figures: the machine, the middle, the date.

use std::path::Path;

use serde_json::{Value, json};

/// What the machine is, and how quick its loopback is now.
pub(crate) fn machine() -> Value {
    let read = |path: &str| std::fs::read_to_string(Path::new(path)).unwrap_or_default();
    let cpu = read("/proc/cpuinfo")
        .lines()
        .find_map(|line| Some(line.strip_prefix("model name")?.split_once(": ")?.1.to_owned()));
    json!({
        "cpu": cpu,
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "load": read("/proc/loadavg").split(' ').next().unwrap_or_default(),
        "loopback_rtt_us": loopback_rtt_us().unwrap_or(f64::NAN),
    })
}

fn loopback_rtt_us() -> std::io::Result<f64> {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let mut near = std::net::TcpStream::connect(listener.local_addr()?)?;
    let (mut far, _) = listener.accept()?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let mut byte = [7];
    let mut times = Vec::new();
    for _ in 0..200 {
        let started = std::time::Instant::now();
        near.write_all(&byte)?;
        far.read_exact(&mut byte)?;
        far.write_all(&byte)?;
        near.read_exact(&mut byte)?;
        times.push(started.elapsed().as_secs_f64() * 1e6);
    }
    Ok(median(&mut times))
}

/// The middle value; sorts.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The time now in RFC 3339.
pub(crate) fn date() -> String {
    #[expect(clippy::disallowed_methods, reason = "a bench records when it ran")]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let text = serde_json::to_value(wire::time::Timestamp(since.as_millis() as i64)).unwrap();
    text.as_str().unwrap().to_owned()
}
