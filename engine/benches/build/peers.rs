//! The peers: npm supercluster in a node process of its own, and the Rust crate in this one.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use serde_json::Value;
use supercluster::Supercluster;

use super::{Outcome, Spent, probes};

/// Zooms at which markers and crowding are printed.
pub(crate) const SHOWN_ZOOMS: [u8; 5] = [2, 5, 8, 11, 14];

/// A node process that loads once for each line it is sent.
pub(crate) struct Node {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    pub(crate) version: String,
}

impl Node {
    /// Starts it on the points.
    pub(crate) fn start(points: &[(f64, f64)], dir: &Path) -> Outcome<Self> {
        let file = dir.join("build-points.f64");
        let mut bytes = Vec::with_capacity(points.len() * 16);
        for (lng, lat) in points {
            bytes.extend(lng.to_le_bytes());
            bytes.extend(lat.to_le_bytes());
        }
        std::fs::write(&file, bytes)?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/supercluster.mjs");
        let mut child = Command::new("node")
            .args(["--expose-gc", "--max-old-space-size=6144", script])
            .arg(&file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|cause| {
                format!("node does not start ({cause}): install Node 20, then npm ci")
            })?;
        let to = child.stdin.take().ok_or("no stdin")?;
        let from = BufReader::new(child.stdout.take().ok_or("no stdout")?);
        let mut node = Self { child, to, from, version: String::new() };
        let ready = node.answer()?;
        ready["version"].as_str().unwrap_or("unknown").clone_into(&mut node.version);
        Ok(node)
    }

    fn answer(&mut self) -> Outcome<Value> {
        let mut line = String::new();
        if self.from.read_line(&mut line)? == 0 {
            return Err("the npm peer stopped: is supercluster installed? npm ci".into());
        }
        Ok(serde_json::from_str(&line)?)
    }

    fn ask(&mut self, line: &str) -> Outcome<Value> {
        writeln!(self.to, "{line}")?;
        self.to.flush()?;
        self.answer()
    }

    /// One cold load, in milliseconds.
    pub(crate) fn load(&mut self) -> Outcome<Spent> {
        let answer = self.ask("load")?;
        let time = |name: &str| answer[name].as_f64().ok_or("no time");
        Ok(Spent { wall: time("ms")?, cpu: time("cpu_ms")? })
    }

    /// Σ count at every zoom = n.
    pub(crate) fn gate(&mut self, n: usize) -> Outcome<()> {
        let answer = self.ask("markers")?;
        let sums = answer["sums"].as_array().ok_or("no sums")?;
        if sums.len() != 17 || sums.iter().any(|sum| sum.as_u64() != Some(n as u64)) {
            return Err(
                format!("npm supercluster does not hold {n} at every zoom: {sums:?}").into()
            );
        }
        println!("npm: markers by zoom {}", answer["markers"]);
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Ours alone, by its own handle.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The crate, with the points as its own features.
pub(crate) struct Rust {
    points: Vec<Vec<f64>>,
}

impl Rust {
    /// Keeps the points.
    pub(crate) fn new(points: &[(f64, f64)]) -> Self {
        Self { points: points.iter().map(|(lng, lat)| vec![*lng, *lat]).collect() }
    }

    /// One cold load, in milliseconds, and the index.
    pub(crate) fn load(&self) -> Outcome<(Spent, Supercluster)> {
        let features = Supercluster::feature_builder().add_points(self.points.clone()).build();
        let options =
            Supercluster::builder().radius(40.0).extent(512.0).max_zoom(16).node_size(64).build();
        let (start, cpu) = (Instant::now(), probes::cpu_ms());
        let mut index = Supercluster::new(options);
        index.load(features)?;
        let wall = start.elapsed().as_secs_f64() * 1e3;
        Ok((Spent { wall, cpu: probes::cpu_ms() - cpu }, index))
    }

    /// Σ count at every zoom = n; markers and crowding beside ours.
    pub(crate) fn gate(index: &Supercluster, n: usize, ours: &[usize]) -> Outcome<()> {
        for z in 0..=16u8 {
            let clusters = index.get_clusters([-180.0, -90.0, 180.0, 90.0], z)?;
            let mut sum = 0;
            let mut markers = Vec::with_capacity(clusters.len());
            for cluster in &clusters {
                sum += cluster.property("point_count").and_then(Value::as_u64).unwrap_or(1);
                let geometry = serde_json::to_value(&cluster.geometry)?;
                let place = &geometry["coordinates"];
                markers.push((
                    place[0].as_f64().unwrap_or_default(),
                    place[1].as_f64().unwrap_or_default(),
                ));
            }
            if sum != n as u64 {
                return Err(format!("crate supercluster, zoom {z}: {sum} of {n}").into());
            }
            if SHOWN_ZOOMS.contains(&z) {
                let crowded = crowding(&markers, z);
                println!(
                    "crate: zoom {z}: {} markers ({} of ours), {crowded:.2} of them crowded",
                    markers.len(),
                    ours[usize::from(z)]
                );
            }
        }
        Ok(())
    }
}

/// The share of markers with another one nearer than 40 pixels.
pub(crate) fn crowding(markers: &[(f64, f64)], z: u8) -> f64 {
    let scale = 512.0 * f64::from(1u32 << z);
    let pixels: Vec<(f64, f64)> = markers
        .iter()
        .map(|(lng, lat)| {
            let sin = lat.clamp(-85.0, 85.0).to_radians().sin();
            let y = 0.5 - 0.25 * ((1.0 + sin) / (1.0 - sin)).ln() / std::f64::consts::PI;
            ((lng + 180.0) / 360.0 * scale, y * scale)
        })
        .collect();
    let square = |(x, y): (f64, f64)| ((x / 40.0) as i64, (y / 40.0) as i64);
    let mut squares: HashMap<(i64, i64), Vec<usize>> = HashMap::new();
    for (index, at) in pixels.iter().enumerate() {
        squares.entry(square(*at)).or_default().push(index);
    }
    let near = |index: &usize| {
        let at = pixels[*index];
        let (column, row) = square(at);
        (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (column + dx, row + dy))).any(|square| {
            squares.get(&square).is_some_and(|others| {
                others.iter().any(|other| {
                    let (x, y) = pixels[*other];
                    other != index && (x - at.0).hypot(y - at.1) < 40.0
                })
            })
        })
    };
    let crowded = (0..pixels.len()).filter(near).count();
    crowded as f64 / pixels.len().max(1) as f64
}
