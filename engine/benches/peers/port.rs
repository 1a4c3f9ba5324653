//! The peer from crates.io: supercluster's port to Rust, in this process.

use std::time::Instant;

use supercluster::Supercluster;

use super::row::Spent;
use super::{Outcome, probes};

pub(crate) const VERSION: &str = "3.0.8";

/// The crate, with the points as its own features.
pub(crate) struct Port {
    pub(crate) points: Vec<Vec<f64>>,
}

impl Port {
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
}
