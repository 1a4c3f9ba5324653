//! Probes of the machine, in every run: figures of different runs compare only through them.

use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

use serde_json::{Value, json};

/// All three, as the `machine` of a bench file.
pub(crate) fn machine(work_dir: &std::path::Path) -> Value {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo").lines().find_map(|line| {
        line.strip_prefix("model name").map(|rest| rest.trim_matches([' ', ':', '\t']).to_owned())
    });
    json!({
        "cpu": cpu,
        "cores": std::thread::available_parallelism().map(usize::from).ok(),
        "load": read("/proc/loadavg").split(' ').next().unwrap_or_default(),
        "memcpy_gb_s": memcpy_gb_s(),
        "fdatasync_p50_ms": fdatasync_p50_ms(work_dir).ok(),
        "loopback_rtt_us": loopback_rtt_us().ok(),
    })
}

fn memcpy_gb_s() -> f64 {
    let from = vec![1u8; 64 << 20];
    let mut to = vec![0u8; 64 << 20];
    let rounds = (0..8).map(|_| {
        let start = Instant::now();
        to.copy_from_slice(black_box(&from));
        black_box(&mut to);
        from.len() as f64 / start.elapsed().as_secs_f64() / 1e9
    });
    rounds.fold(0.0, f64::max)
}

fn fdatasync_p50_ms(dir: &std::path::Path) -> std::io::Result<f64> {
    let path = dir.join("fdatasync.probe");
    let mut file = std::fs::File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..50 {
        file.write_all(&[0; 512])?;
        let start = Instant::now();
        file.sync_data()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    std::fs::remove_file(path)?;
    Ok(super::row::median(&mut times))
}

fn loopback_rtt_us() -> std::io::Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let echo = std::thread::spawn(move || -> std::io::Result<()> {
        let (mut peer, _) = listener.accept()?;
        peer.set_nodelay(true)?;
        let mut byte = [0];
        while peer.read(&mut byte)? == 1 {
            peer.write_all(&byte)?;
        }
        Ok(())
    });
    let mut times = Vec::new();
    {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let mut byte = [7];
        for _ in 0..200 {
            let start = Instant::now();
            stream.write_all(&byte)?;
            stream.read_exact(&mut byte)?;
            times.push(start.elapsed().as_secs_f64() * 1e6);
        }
    }
    let _ = echo.join();
    Ok(super::row::median(&mut times))
}

/// CPU time of this process so far, in milliseconds.
pub(crate) fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    // Fields 14 and 15 of the line, in ticks of 10 ms.
    (ticks(11) + ticks(12)) * 10.0
}
