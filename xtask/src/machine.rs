//! What a figure was measured on: date, commit, processor, and three quick probes.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};

use crate::{paths, step};

/// Today, as the system says it.
pub(crate) fn date() -> String {
    step::ask(Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"])).unwrap_or_default()
}

/// Processor, system, and the probes that tell a quiet machine from a busy one.
pub(crate) fn probes() -> Value {
    let cpu = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let kernel = step::ask(Command::new("uname").arg("-sr"));
    let load = fs::read_to_string("/proc/loadavg").ok();
    json!({
        "cpu": cpu,
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "kernel": kernel,
        "load": load.as_deref().and_then(|text| text.split_whitespace().next()),
        "memcpy_gb_per_s": memcpy(),
        "fdatasync_us": fdatasync(),
        "loopback_us": loopback(),
    })
}

/// Copying 64 MB eight times.
fn memcpy() -> f64 {
    let from = vec![1_u8; 64 << 20];
    let mut to = vec![0_u8; 64 << 20];
    let started = Instant::now();
    for _ in 0..8 {
        to.copy_from_slice(std::hint::black_box(&from));
        std::hint::black_box(&mut to);
    }
    round((8 * from.len()) as f64 / started.elapsed().as_secs_f64() / 1e9)
}

/// Median and 99th percentile of 200 synced 4 kB appends on the disk of the target directory.
fn fdatasync() -> Value {
    let file = paths::memory().join("fdatasync.probe");
    let _ = fs::create_dir_all(paths::memory());
    let Ok(mut out) = fs::File::create(&file) else { return Value::Null };
    let times = micros(200, || out.write_all(&[7; 4096]).and_then(|()| out.sync_data()));
    let _ = fs::remove_file(&file);
    times
}

/// Median and 99th percentile of 500 one-byte round trips over loopback.
fn loopback() -> Value {
    let Ok(listener) = TcpListener::bind("127.0.0.1:0") else { return Value::Null };
    let Ok(address) = listener.local_addr() else { return Value::Null };
    let echo = std::thread::spawn(move || {
        let Ok((mut stream, _)) = listener.accept() else { return };
        let _ = stream.set_nodelay(true);
        let mut byte = [0];
        while stream.read_exact(&mut byte).is_ok() && stream.write_all(&byte).is_ok() {}
    });
    let Ok(mut stream) = TcpStream::connect(address) else { return Value::Null };
    let _ = stream.set_nodelay(true);
    let mut byte = [1];
    let times = micros(500, || stream.write_all(&byte).and_then(|()| stream.read_exact(&mut byte)));
    drop(stream);
    let _ = echo.join();
    times
}

fn micros(n: usize, mut work: impl FnMut() -> std::io::Result<()>) -> Value {
    let mut times = Vec::with_capacity(n);
    for _ in 0..n {
        let started = Instant::now();
        if work().is_err() {
            return Value::Null;
        }
        times.push(started.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    json!({"p50": round(times[n / 2]), "p99": round(times[n * 99 / 100])})
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
