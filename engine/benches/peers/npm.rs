//! A peer from npm: a Node process of its own.

use std::path::Path;
use std::process::Command;

use super::Outcome;
pub(crate) use super::child::Peer as Node;

impl Node {
    /// Starts a script of this folder on the points.
    pub(crate) fn start(script: &str, points: &[(f64, f64)], dir: &Path) -> Outcome<Self> {
        let file = dir.join("points.f64");
        let mut bytes = Vec::with_capacity(points.len() * 16);
        for (lng, lat) in points {
            bytes.extend(lng.to_le_bytes());
            bytes.extend(lat.to_le_bytes());
        }
        std::fs::write(&file, bytes)?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(script);
        let mut command = Command::new("node");
        command.args(["--expose-gc", "--max-old-space-size=6144"]).arg(script).arg(&file);
        Self::run(&mut command, "install Node 20, then npm ci")
    }
}
