//! Views that several stories look at.

use support::partner::feature;
use wire::geo::Bbox;
use wire::view::{Mode, View, Window};

/// Barcelona at a zoom.
pub(crate) fn city(zoom: f64) -> View {
    View {
        bbox: Bbox::new(2.05, 41.32, 2.23, 41.47).expect("a box"),
        zoom,
        mode: Mode::Live,
        window: Window::All,
        hazards: None,
        newest: 0,
    }
}

/// A few streets of it, where reports are shown one by one.
pub(crate) fn street() -> View {
    View { bbox: Bbox::new(2.168, 41.398, 2.172, 41.402).expect("a box"), ..city(16.0) }
}

/// `n` reports spread over the city, all different.
pub(crate) fn spread(prefix: &str, n: usize) -> Vec<serde_json::Value> {
    (0..n)
        .map(|i| {
            let lng = 2.06 + (i % 40) as f64 * 0.004;
            let lat = 41.33 + (i / 40 % 35) as f64 * 0.004;
            let hazard = ["flood", "fire", "power"][i % 3];
            let severity = ["Severe", "Moderate", "Minor", "Unknown"][i % 4];
            feature(&format!("{prefix}-{i}"), lng, lat, hazard, severity)
        })
        .collect()
}
