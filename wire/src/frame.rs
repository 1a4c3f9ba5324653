//! Frames: the unit of live delivery. JSON frames are tagged by `"type"`; see [`crate::codec`] for the binary form.
//!
//! WHEN CHANGING A FRAME: the snapshot in `wire/src/snapshots` changes with it and CHANGELOG.md gets a line.

use serde::{Deserialize, Serialize};

use crate::alarm::AlarmView;
use crate::cluster::Cluster;
use crate::decision::LogLine;
use crate::id::{ClusterId, ReportId};
use crate::report::ReportFeature;
use crate::sensor::SensorView;
use crate::situation::SituationView;
use crate::source::SourceStatus;
use crate::tile::TileId;
use crate::time::Timestamp;
use crate::view::{Mode, Totals, View};

/// The websocket subprotocol with JSON frames.
pub const SUBPROTOCOL_JSON: &str = "talaia.v1.json";
/// The websocket subprotocol with binary frames.
pub const SUBPROTOCOL_BIN: &str = "talaia.v1.bin";

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ClientFrame {
    /// Look at this from now on.
    View(ViewFrame),
    /// An application-level ping; answered by a heartbeat.
    Ping,
}

/// A view to look at from now on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ViewFrame {
    /// What to look at.
    #[serde(flatten)]
    pub view: View,
    /// The client's own number for it: a [`ViewBegin`] tells where on the line its frames begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
}

impl From<View> for ViewFrame {
    fn from(view: View) -> Self {
        Self { view, number: None }
    }
}

/// What the server sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ServerFrame {
    /// The first frame.
    Hello(Hello),
    /// From here on everything belongs to this view; only where the client gave it a number.
    View(ViewBegin),
    /// The whole content of one tile.
    Tile(Tile),
    /// What changed in one tile; in the compact subprotocol only.
    Delta(TileDelta),
    /// A new report or a new version of one.
    Report(Report),
    /// Reports that left the view's window, expired or were erased.
    Gone(Gone),
    /// A datastream with its newest value.
    Sensor(Sensor),
    /// A situation that began, changed or ended.
    Situation(Situation),
    /// An alarm that began or changed.
    Alarm(Alarm),
    /// A line of the log.
    Log(Log),
    /// A source's status.
    Source(Source),
    /// The counter line.
    Totals(TotalsFrame),
    /// Proof of life.
    Heartbeat(Heartbeat),
    /// The cursor cannot be served: forget everything, a snapshot follows.
    Reset(Reset),
}

/// Sent at once on connecting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`crate::PROTOCOL_VERSION`].
    pub protocol: u32,
    /// The journal's identity.
    pub epoch: String,
    /// The head of the journal; for a client that resumes, the cursor it resumes from.
    pub seq: u64,
    /// The server's clock.
    pub server_time: Timestamp,
    /// The modes this reader may see.
    pub modes: Vec<Mode>,
    /// How often a heartbeat comes.
    pub heartbeat_ms: u32,
    /// How often a canary is said; 0: never. A picture that lacks one for twice as long must not pass for live.
    #[serde(default)]
    pub canary_ms: u32,
}

/// Where the frames of a view begin: what comes before still belongs to the view before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewBegin {
    /// The number that the client gave to the view.
    pub number: u32,
}

/// The whole content of one tile; applying it twice changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tile {
    /// The journal number this content includes.
    pub seq: u64,
    /// Zoom.
    pub z: u8,
    /// Column.
    pub x: u32,
    /// Row.
    pub y: u32,
    /// Its clusters, ordered by id; empty when the tile is.
    pub clusters: Vec<Cluster>,
}

impl Tile {
    /// Which tile.
    pub fn id(&self) -> TileId {
        TileId { z: self.z, x: self.x, y: self.y }
    }
}

/// The clusters of a tile that changed, each as it is now: applying it twice changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TileDelta {
    /// The client's tile must include this journal number, or the difference says nothing about it.
    pub from: u64,
    /// The journal number the tile includes afterwards.
    pub seq: u64,
    /// Zoom.
    pub z: u8,
    /// Column.
    pub x: u32,
    /// Row.
    pub y: u32,
    /// Clusters that are no more, ordered.
    pub gone: Vec<ClusterId>,
    /// Clusters that are new or other than before, ordered by id.
    pub put: Vec<Cluster>,
}

impl TileDelta {
    /// Which tile.
    pub fn id(&self) -> TileId {
        TileId { z: self.z, x: self.x, y: self.y }
    }

    /// Makes `clusters`, ordered by id, what the tile holds now.
    pub fn apply_to(&self, clusters: &mut Vec<Cluster>) {
        let touched = |id: &ClusterId| {
            self.gone.binary_search(id).is_ok()
                || self.put.binary_search_by_key(id, |cluster| cluster.id).is_ok()
        };
        clusters.retain(|cluster| !touched(&cluster.id));
        clusters.extend(self.put.iter().cloned());
        clusters.sort_unstable_by_key(|cluster| cluster.id);
    }
}

/// One report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The journal number of this version.
    pub seq: u64,
    /// The report, redacted for this reader.
    pub feature: ReportFeature,
}

/// Reports to remove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// The head of the journal.
    pub seq: u64,
    /// Which.
    pub ids: Vec<ReportId>,
}

/// One datastream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sensor {
    /// The journal number of its newest value.
    pub seq: u64,
    /// The datastream.
    pub sensor: SensorView,
}

/// One situation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Situation {
    /// The head of the journal as of which it holds.
    pub seq: u64,
    /// The situation.
    pub situation: SituationView,
}

/// One alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// The head of the journal as of which it holds.
    pub seq: u64,
    /// The alarm.
    pub alarm: AlarmView,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// The head of the journal as of which it holds.
    pub seq: u64,
    /// The line.
    pub line: LogLine,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// The head of the journal.
    pub seq: u64,
    /// The source.
    pub source: SourceStatus,
}

/// The counter line of the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotalsFrame {
    /// The journal number these counts include. Everything the view holds up to it was sent before.
    pub seq: u64,
    /// Reports held.
    pub total: u64,
    /// In the view.
    pub shown: u64,
    /// Placed, outside the view.
    pub elsewhere: u64,
    /// Without a place.
    pub unplaced: u64,
    /// Hidden by the filter.
    pub filtered: u64,
}

impl TotalsFrame {
    /// The counts as of `seq`.
    pub fn new(seq: u64, totals: Totals) -> Self {
        let Totals { total, shown, elsewhere, unplaced, filtered } = totals;
        Self { seq, total, shown, elsewhere, unplaced, filtered }
    }

    /// The counts alone.
    pub fn totals(&self) -> Totals {
        let Self { seq: _, total, shown, elsewhere, unplaced, filtered } = *self;
        Totals { total, shown, elsewhere, unplaced, filtered }
    }
}

/// Proof of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The head of the journal, as far as everything up to it was sent to this client.
    pub seq: u64,
    /// The server's clock.
    pub server_time: Timestamp,
    /// When the newest datum of the view's mode was observed; null before the first.
    pub newest: Option<Timestamp>,
    /// When the newest canary was said that came through intake, journal, World and hub to this client: everything of its
    /// view before that was sent. By the server's clock; null before the first.
    #[serde(default)]
    pub canary: Option<Timestamp>,
}

/// Start again from the snapshot that follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reset {
    /// The journal's identity from now on.
    pub epoch: String,
    /// Why: `epoch`, `too-old`, `ahead`.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{HazardCounts, SeverityCounts};
    use crate::codec::{decode_client, decode_server, encode_client, encode_server};
    use crate::geo::{Bbox, LngLat};
    use crate::grade::{Basis, Hazard, Kind, Severity, Status, Verification};
    use crate::report::{FeatureTag, ReportProperties};
    use crate::source::{Ledger, SourceHealth};
    use crate::view::Window;

    const TEN: Timestamp = Timestamp(1_795_428_000_000);

    fn cluster() -> Cluster {
        Cluster {
            id: ClusterId::new(12, 0x0a_11ce),
            lng: 2.17,
            lat: 41.4,
            n: 42,
            worst: Severity::Severe,
            n_worst: 3,
            severity: SeverityCounts { extreme: 0, severe: 3, moderate: 9, minor: 20, unknown: 10 },
            hazard: HazardCounts::from_iter([(Hazard::Flood, 40), (Hazard::Power, 2)]),
            newest: TEN,
            expansion_zoom: 13,
            report: None,
        }
    }

    fn feature() -> ReportFeature {
        let text = |word: &str| Some(word.to_owned());
        ReportFeature {
            tag: FeatureTag::Feature,
            id: ReportId(0xfeed),
            geometry: LngLat::new(2.1744, 41.4036).ok(),
            properties: ReportProperties {
                seq: 813,
                mode: Mode::Live,
                source: "partner:112".to_owned(),
                observed_at: TEN,
                updated_at: TEN.plus_ms(120_000),
                recorded_at: TEN.plus_ms(121_000),
                kind: Kind::Call,
                basis: Basis::Seen,
                status: Some(Status::Open),
                hazard: Hazard::Flood,
                severity: Severity::Severe,
                verification: Verification::Unverified,
                radius_m: 50,
                clock_ahead: false,
                late: false,
                source_id: text("bcn-112-000123"),
                case_ref: text("CAD-2231"),
                text: text("Aigua fins al genoll al carrer"),
                lang: text("ca"),
                place: text("Carrer de Pujades, Poblenou"),
                author: None,
                url: None,
                origin: None,
                hazard_original: None,
            },
        }
    }

    fn sensor() -> SensorView {
        SensorView {
            datastream: "rain-17".to_owned(),
            source: "partner:met".to_owned(),
            mode: Mode::Live,
            name: "Pluja Poblenou".to_owned(),
            unit: Some("mm/h".to_owned()),
            geometry: LngLat::new(2.2, 41.4).ok(),
            result: Some(31.5),
            result_text: None,
            phenomenon_time: TEN,
            recorded_at: TEN.plus_ms(900),
            cadence_ms: Some(60_000),
            seq: 812,
        }
    }

    fn source() -> SourceStatus {
        SourceStatus {
            id: "partner:112".to_owned(),
            name: "112".to_owned(),
            mode: Mode::Live,
            status: SourceHealth::Late,
            content_age_ms: Some(400_000),
            reason: None,
            ledger: Ledger {
                received: 10,
                accepted: 7,
                folded: 2,
                rejected: [("outside_area".to_owned(), 1)].into(),
            },
        }
    }

    /// One of each.
    fn frames() -> Vec<ServerFrame> {
        let epoch = "01JDEXAMPLE".to_owned();
        let totals = Totals { total: 100, shown: 42, elsewhere: 50, unplaced: 3, filtered: 5 };
        vec![
            ServerFrame::Hello(Hello {
                protocol: crate::PROTOCOL_VERSION,
                epoch: epoch.clone(),
                seq: 812,
                server_time: TEN,
                modes: vec![Mode::Live, Mode::Exercise],
                heartbeat_ms: 2_000,
                canary_ms: 10_000,
            }),
            ServerFrame::Tile(Tile {
                seq: 813,
                z: 12,
                x: 2072,
                y: 1530,
                clusters: vec![cluster()],
            }),
            ServerFrame::Report(Report { seq: 813, feature: feature() }),
            ServerFrame::Gone(Gone { seq: 814, ids: vec![ReportId(0xfeed)] }),
            ServerFrame::Sensor(Sensor { seq: 812, sensor: sensor() }),
            ServerFrame::Source(Source { seq: 814, source: source() }),
            ServerFrame::Totals(TotalsFrame::new(814, totals)),
            ServerFrame::Heartbeat(Heartbeat {
                seq: 814,
                server_time: TEN,
                newest: Some(TEN),
                canary: Some(TEN.plus_ms(-4_000)),
            }),
            ServerFrame::Reset(Reset { epoch, reason: "too-old".to_owned() }),
            ServerFrame::Delta(TileDelta {
                from: 813,
                seq: 815,
                z: 12,
                x: 2072,
                y: 1530,
                gone: vec![ClusterId::new(12, 0x0a_11cd)],
                put: vec![cluster()],
            }),
            ServerFrame::View(ViewBegin { number: 7 }),
        ]
    }

    fn view() -> View {
        View {
            bbox: Bbox::new(2.05, 41.32, 2.23, 41.47).expect("a box"),
            zoom: 12.5,
            mode: Mode::Live,
            window: Window::Hours2,
            hazards: Some(vec![Hazard::Flood]),
            newest: 50,
        }
    }

    /// One of each.
    fn client_frames() -> [ClientFrame; 3] {
        let numbered = ViewFrame { view: view(), number: Some(7) };
        [ClientFrame::View(view().into()), ClientFrame::View(numbered), ClientFrame::Ping]
    }

    #[test]
    fn each_server_frame_reads_as_it_always_did() {
        for frame in frames() {
            let json = serde_json::to_value(&frame).expect("JSON");
            let name = match json["type"].as_str().expect("a type") {
                // A client's frame has the same name.
                "view" => "view_begin".to_owned(),
                name => name.to_owned(),
            };
            insta::assert_json_snapshot!(name, json);
        }
    }

    #[test]
    fn each_client_frame_reads_as_it_always_did() {
        for (name, frame) in ["view", "view_numbered", "ping"].iter().zip(client_frames()) {
            insta::assert_json_snapshot!(*name, frame);
        }
    }

    #[test]
    fn the_compact_bytes_are_what_they_always_were() {
        let bytes: Vec<String> = frames()
            .iter()
            .map(|frame| {
                encode_server(frame)
                    .iter()
                    .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
            })
            .collect();
        insta::assert_json_snapshot!("compact", bytes);
    }

    #[test]
    fn json_and_compact_carry_the_same() {
        for frame in frames() {
            let text = serde_json::to_string(&frame).expect("JSON");
            assert_eq!(serde_json::from_str::<ServerFrame>(&text).expect("a frame"), frame);
            assert_eq!(decode_server(&encode_server(&frame)), Ok(frame));
        }
        for frame in client_frames() {
            let text = serde_json::to_string(&frame).expect("JSON");
            assert_eq!(serde_json::from_str::<ClientFrame>(&text).expect("a frame"), frame);
            assert_eq!(decode_client(&encode_client(&frame)), Ok(frame));
        }
    }

    #[test]
    fn a_delta_replaces_adds_and_removes_and_twice_is_once() {
        let some = |key: u64, n: u32| Cluster { id: ClusterId::new(12, key), n, ..cluster() };
        let delta = TileDelta {
            from: 1,
            seq: 2,
            z: 12,
            x: 2072,
            y: 1530,
            gone: vec![ClusterId::new(12, 2), ClusterId::new(12, 9)],
            put: vec![some(1, 7), some(4, 1)],
        };
        let mut clusters = vec![some(1, 6), some(2, 3), some(5, 2)];
        delta.apply_to(&mut clusters);
        let expected = vec![some(1, 7), some(4, 1), some(5, 2)];
        assert_eq!(clusters, expected);
        delta.apply_to(&mut clusters);
        assert_eq!(clusters, expected);
    }

    #[test]
    fn a_view_may_leave_out_what_has_a_default() {
        let text = r#"{"type":"view","bbox":[2.05,41.32,2.23,41.47],"zoom":12,"mode":"live"}"#;
        let ClientFrame::View(ViewFrame { view, number }) =
            serde_json::from_str(text).expect("a view")
        else {
            panic!("a view")
        };
        assert_eq!(number, None);
        assert_eq!((view.window, view.hazards, view.newest), (Window::All, None, 0));
    }
}
