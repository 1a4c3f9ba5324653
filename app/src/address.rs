//! The address of a desk: mode, camera, window, filter and selection, so that a picture can be sent as a link,
//! survives a reload, and goes back and forward.

use std::fmt::Write as _;
use std::str::FromStr as _;

use wire::grade::{Hazard, HazardSet};
use wire::id::{ClusterId, ReportId};
use wire::latitude::{latitude, northing};
use wire::view::{Mode, Window};

/// Where the map looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// Longitude of the centre.
    pub lng: f64,
    /// Latitude of the centre.
    pub lat: f64,
    /// Zoom in the 512-pixel scheme.
    pub zoom: f64,
}

/// What is picked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selection {
    /// A situation, by its number.
    Situation(u64),
    /// A report.
    Report(ReportId),
    /// A cluster of the map.
    Cluster(ClusterId),
    /// A sensor: its source, then its datastream.
    Sensor(String, String),
    /// The reports without a place.
    Nowhere,
    /// A search through the reports.
    Search,
}

/// Everything the address says. What is absent or not understood takes its default; an address never breaks the desk.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Address {
    /// Live or exercise, once chosen.
    pub mode: Option<Mode>,
    /// The camera; without one the desk looks at its own area.
    pub camera: Option<Camera>,
    /// How far back.
    pub window: Option<Window>,
    /// Only these hazards; without it, all.
    pub hazards: Option<HazardSet>,
    /// The list shows reports, and not incidents.
    pub reports: bool,
    /// What is picked.
    pub selection: Option<Selection>,
    /// What is searched for, as the query of a list of reports; empty where nothing is.
    pub search: String,
}

impl Camera {
    /// The box that a canvas of this size would show: what to ask the server for before (or without) a map.
    pub fn visible(&self, width_px: f64, height_px: f64) -> wire::geo::Bbox {
        let world_px = 512.0 * self.zoom.exp2();
        let half_lng = width_px / world_px * 180.0;
        let y = northing(self.lat.clamp(-85.0, 85.0));
        let half_y = height_px / world_px * std::f64::consts::PI;
        crate::map::marks::visible_box(
            self.lng - half_lng,
            latitude(y - half_y),
            self.lng + half_lng,
            latitude(y + half_y),
        )
    }

    fn parse(text: &str) -> Option<Self> {
        let mut numbers =
            text.split(',').map(|part| part.parse::<f64>().ok().filter(|n| n.is_finite()));
        let (lng, lat, zoom) = (numbers.next()??, numbers.next()??, numbers.next()??);
        let inside = (-180.0..=180.0).contains(&lng) && (-90.0..=90.0).contains(&lat);
        (inside && (0.0..=22.0).contains(&zoom)).then_some(Self { lng, lat, zoom })
    }
}

impl Selection {
    fn parse(text: &str) -> Option<Self> {
        let (what, which) = text.split_once(':')?;
        match what {
            "incident" => which.parse().ok().map(Self::Situation),
            "report" => which.parse().ok().map(Self::Report),
            "cluster" => which.parse().ok().map(Self::Cluster),
            "sensor" => {
                let (source, datastream) = which.split_once('/')?;
                Some(Self::Sensor(source.to_owned(), datastream.to_owned()))
            }
            "place" if which == "none" => Some(Self::Nowhere),
            "search" => Some(Self::Search),
            _ => None,
        }
    }
}

impl std::fmt::Display for Selection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Situation(id) => write!(f, "incident:{id}"),
            Self::Report(id) => write!(f, "report:{id}"),
            Self::Cluster(id) => write!(f, "cluster:{id}"),
            Self::Sensor(source, datastream) => write!(f, "sensor:{source}/{datastream}"),
            Self::Nowhere => f.write_str("place:none"),
            Self::Search => f.write_str("search:"),
        }
    }
}

impl Address {
    /// Reads the query of an address, with or without its question mark.
    pub fn parse(query: &str) -> Self {
        let mut address = Self::default();
        for pair in query.trim_start_matches('?').split('&') {
            let Some((name, value)) = pair.split_once('=') else { continue };
            let value = decode(value);
            match name {
                "mode" => address.mode = Mode::from_str(&value).ok(),
                "view" => address.camera = Camera::parse(&value),
                "window" => address.window = Window::from_str(&value).ok(),
                "hazards" => {
                    let set: HazardSet =
                        value.split(',').filter_map(|word| Hazard::from_str(word).ok()).collect();
                    address.hazards = (set.0 != 0 && set != HazardSet::ALL).then_some(set);
                }
                "list" => address.reports = value == "reports",
                "open" => address.selection = Selection::parse(&value),
                "search" => address.search = value,
                _ => {}
            }
        }
        address
    }

    /// The query of this address, with its question mark.
    pub fn query(&self) -> String {
        let mut out = String::new();
        let mut add = |name: &str, value: &str| {
            let join = if out.is_empty() { '?' } else { '&' };
            // Writing into a String cannot fail.
            let _ = write!(out, "{join}{name}={}", encode(value));
        };
        if let Some(mode) = self.mode {
            add("mode", mode.word());
        }
        if let Some(Camera { lng, lat, zoom }) = self.camera {
            add("view", &format!("{lng:.5},{lat:.5},{zoom:.2}"));
        }
        if let Some(window) = self.window {
            add("window", window.word());
        }
        if let Some(hazards) = self.hazards {
            let words: Vec<&str> = hazards.iter().map(Hazard::word).collect();
            add("hazards", &words.join(","));
        }
        if self.reports {
            add("list", "reports");
        }
        if let Some(selection) = &self.selection {
            add("open", &selection.to_string());
        }
        if self.selection == Some(Selection::Search) && !self.search.is_empty() {
            add("search", &self.search);
        }
        out
    }
}

/// Percent-encodes what a query value may not hold as it is.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'.'
            | b'~'
            | b','
            | b':'
            | b'/' => {
                out.push(char::from(byte));
            }
            // Writing into a String cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

/// The text of a query value.
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%')
            .then(|| text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok()))
            .flatten();
        out.push(escaped.unwrap_or(if byte == b'+' { b' ' } else { byte }));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_its_text() {
        let address = Address {
            mode: Some(Mode::Exercise),
            camera: Some(Camera { lng: 2.1744, lat: 41.4036, zoom: 12.5 }),
            window: Some(Window::Hour1),
            hazards: Some([Hazard::Flood, Hazard::Power].into_iter().collect()),
            reports: true,
            selection: Some(Selection::Sensor("rain gauges".to_owned(), "poio/1&2=é".to_owned())),
            search: String::new(),
        };
        assert_eq!(Address::parse(&address.query()), address);
    }

    #[test]
    fn an_incident_is_found_again_by_its_address() {
        let open = Some(Selection::Situation(17));
        let address = Address { selection: open, ..Address::default() };
        assert_eq!(address.query(), "?open=incident:17");
        assert_eq!(Address::parse(&address.query()), address);
    }

    #[test]
    fn a_search_is_found_again_and_only_while_it_is_open() {
        let search = "q=aigua%20%22fins%20al%20genoll%22&kind=call".to_owned();
        let address = Address { selection: Some(Selection::Search), search, ..Address::default() };
        assert_eq!(Address::parse(&address.query()), address);
        let closed = Address { selection: None, ..address };
        assert_eq!(closed.query(), "");
    }

    #[test]
    fn what_an_address_gets_wrong_takes_its_default() {
        let address = Address::parse(
            "?mode=drill&view=NaN,91,2&window=3h&hazards=rain&open=report:xyz&%=1&x",
        );
        assert_eq!(address, Address::default());
        assert_eq!(
            Address::parse("?view=2,41,%31%32").camera.map(|camera| camera.zoom),
            Some(12.0)
        );
    }

    #[test]
    fn a_camera_at_zoom_0_sees_the_whole_width_of_the_world_in_512_pixels() {
        let world = Camera { lng: 0.0, lat: 0.0, zoom: 0.0 }.visible(512.0, 512.0);
        assert!((world.west() + 180.0).abs() < 1e-6 && (world.north() - 85.051_129).abs() < 1e-4);
        let city = Camera { lng: 2.17, lat: 41.39, zoom: 12.0 }.visible(1_040.0, 660.0);
        assert!(city.west() < 2.17 && city.east() > 2.17 && city.east() - city.west() < 0.2);
    }

    #[test]
    fn all_hazards_is_no_filter() {
        let all: Vec<&str> = Hazard::ALL.iter().map(|hazard| hazard.word()).collect();
        assert_eq!(Address::parse(&format!("hazards={}", all.join(","))).hazards, None);
    }
}
