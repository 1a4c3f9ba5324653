//! The picture under delivery as it really is: at least once, in order, with stretches coming again.

use app::model::Picture;
use proptest::prelude::*;
use wire::cluster::{Cluster, HazardCounts, SeverityCounts};
use wire::frame::{
    Gone, Heartbeat, Hello, Report, Reset, ServerFrame, Tile, TileDelta, TotalsFrame, ViewBegin,
};
use wire::geo::{Bbox, LngLat};
use wire::grade::{Basis, Hazard, Kind, Severity, Verification};
use wire::id::{ClusterId, ReportId};
use wire::report::{FeatureTag, ReportFeature, ReportProperties};
use wire::tile::TileId;
use wire::time::Timestamp;
use wire::view::{Mode, Totals, View, Window};

const EPOCH: &str = "01J";

fn view() -> View {
    View {
        bbox: Bbox::new(2.05, 41.32, 2.23, 41.47).expect("a box"),
        zoom: 12.3,
        mode: Mode::Exercise,
        window: Window::All,
        hazards: None,
        newest: 100,
    }
}

/// A tile of the view (`at` 0 to 3), or one far outside it.
fn tile_id(at: u8) -> TileId {
    let tiles: Vec<_> = view().cover().expect("few tiles").tiles().collect();
    let outside = TileId { z: 12, x: 1, y: 1 };
    tiles.get(usize::from(at)).copied().filter(|_| at < 4).unwrap_or(outside)
}

fn cluster(key: u64, n: u32) -> Cluster {
    Cluster {
        id: ClusterId::new(12, key),
        lng: 2.1,
        lat: 41.4,
        n,
        worst: Severity::Minor,
        n_worst: n,
        severity: SeverityCounts { minor: n, ..SeverityCounts::default() },
        hazard: HazardCounts::from_iter([(Hazard::Flood, n)]),
        newest: Timestamp(0),
        expansion_zoom: 13,
        report: None,
    }
}

fn report(id: u8, seq: u64, inside: bool) -> ServerFrame {
    let place = if inside { LngLat::new(2.1, 41.4) } else { LngLat::new(-70.0, -33.0) };
    let at = Timestamp(1_000);
    let properties = ReportProperties {
        seq,
        mode: Mode::Exercise,
        source: "city".to_owned(),
        observed_at: at,
        updated_at: at,
        recorded_at: at,
        kind: Kind::Call,
        basis: Basis::Seen,
        status: None,
        hazard: Hazard::Flood,
        severity: Severity::Minor,
        verification: Verification::Unverified,
        radius_m: 0,
        clock_ahead: false,
        late: false,
        source_id: None,
        case_ref: None,
        text: None,
        lang: None,
        place: None,
        author: None,
        url: None,
        origin: None,
        hazard_original: None,
        withdrawn: None,
        placed_by: None,
        placing: None,
    };
    let feature = ReportFeature {
        tag: FeatureTag::Feature,
        id: ReportId(u128::from(id)),
        geometry: Some(place.expect("a place")),
        properties,
    };
    ServerFrame::Report(Report { seq, feature })
}

/// The number of the only view.
const NUMBER: u32 = 1;

fn begin() -> ServerFrame {
    ServerFrame::View(ViewBegin { number: NUMBER })
}

fn hello(epoch: &str) -> ServerFrame {
    ServerFrame::Hello(Hello {
        protocol: 1,
        epoch: epoch.to_owned(),
        seq: 0,
        server_time: Timestamp(2_000),
        modes: vec![Mode::Exercise],
        heartbeat_ms: 2_000,
        canary_ms: 10_000,
    })
}

/// What can happen at one number of the journal.
fn happening() -> impl Strategy<Value = (u8, u8, bool)> {
    (0u8..6, 0u8..6, any::<bool>())
}

fn frames(happenings: &[(u8, u8, bool)]) -> Vec<ServerFrame> {
    let mut frames = vec![hello(EPOCH), begin()];
    for (i, &(what, which, flag)) in happenings.iter().enumerate() {
        let seq = i as u64 + 1;
        frames.push(match what {
            0 | 1 => report(which, seq, flag),
            2 => {
                let TileId { z, x, y } = tile_id(which);
                let clusters =
                    if flag { vec![cluster(u64::from(which), seq as u32)] } else { Vec::new() };
                ServerFrame::Tile(Tile { seq, z, x, y, clusters })
            }
            3 => ServerFrame::Gone(Gone { seq, ids: vec![ReportId(u128::from(which))] }),
            4 => {
                let TileId { z, x, y } = tile_id(which);
                let (id, n) = (ClusterId::new(12, u64::from(which)), seq as u32);
                let (gone, put) = if flag {
                    (Vec::new(), vec![cluster(id.key(), n)])
                } else {
                    (vec![id], Vec::new())
                };
                // What is missing before it is another test's.
                ServerFrame::Delta(TileDelta { from: 0, seq, z, x, y, gone, put })
            }
            _ => ServerFrame::Totals(TotalsFrame::new(
                seq,
                Totals { total: seq, ..Totals::default() },
            )),
        });
    }
    // A resumed stretch always ends in the newest proof of life.
    frames.push(ServerFrame::Heartbeat(Heartbeat {
        seq: happenings.len() as u64,
        server_time: Timestamp(3_000),
        newest: Some(Timestamp(1_000)),
        canary: Some(Timestamp(2_900)),
    }));
    frames
}

fn looking() -> Picture {
    let mut picture = Picture::default();
    assert_eq!(picture.look(view()).number, Some(NUMBER));
    picture
}

fn after(frames: impl IntoIterator<Item = ServerFrame>) -> Picture {
    let mut picture = looking();
    for frame in frames {
        picture.apply(frame);
    }
    picture
}

proptest! {
    #[test]
    fn a_stretch_that_comes_again_changes_nothing(
        happenings in prop::collection::vec(happening(), 1..40),
        losses in prop::collection::vec((0usize..40, 0usize..40), 0..4),
    ) {
        let frames = frames(&happenings);
        let once = after(frames.iter().cloned());
        // At each loss the stream goes on from an earlier place: what follows it comes again, in order.
        let mut delivered = Vec::new();
        let mut next = 0;
        for (until, back) in losses {
            let until = next.max(until.min(frames.len()));
            delivered.extend(frames[next..until].iter().cloned());
            next = until.saturating_sub(back);
        }
        delivered.extend(frames[next..].iter().cloned());
        prop_assert_eq!(after(delivered), once);
    }

    #[test]
    fn only_the_view_is_held(happenings in prop::collection::vec(happening(), 1..40)) {
        let picture = after(frames(&happenings));
        prop_assert!(picture.clusters().all(|held| held.id.key() < 4));
        prop_assert!(picture.reports().all(|held| held.geometry.is_none_or(|place| place.lng() > 0.0)));
    }

    #[test]
    fn a_reset_forgets_all_that_was_held(happenings in prop::collection::vec(happening(), 1..40)) {
        let mut picture = after(frames(&happenings));
        picture.apply(ServerFrame::Reset(Reset { epoch: "02K".to_owned(), reason: "epoch".to_owned() }));
        prop_assert_eq!(picture.clusters().count() + picture.reports().count(), 0);
        prop_assert_eq!(picture.totals(), None);
        prop_assert_eq!(picture.cursor(), None);
    }
}

#[test]
fn a_report_that_left_and_came_back_newer_stays() {
    let gone = ServerFrame::Gone(Gone { seq: 2, ids: vec![ReportId(1)] });
    let picture = after([begin(), report(1, 1, true), gone.clone(), report(1, 3, true), gone]);
    assert_eq!(picture.reports().count(), 1);
}

#[test]
fn another_journal_is_not_mixed_with_this_one() {
    let mut picture = after([hello(EPOCH), begin(), report(1, 1, true)]);
    assert_eq!(picture.reports().count(), 1);
    picture.apply(hello("02K"));
    assert_eq!(picture.reports().count(), 0);
}

#[test]
fn a_difference_to_a_version_that_never_came_is_not_taken_and_voids_the_cursor() {
    let TileId { z, x, y } = tile_id(0);
    let delta = |from, seq| {
        ServerFrame::Delta(TileDelta { from, seq, z, x, y, gone: vec![], put: vec![cluster(0, 9)] })
    };
    let mut picture = looking();
    picture.apply(hello(EPOCH));
    picture.apply(begin());
    assert!(!picture.apply(delta(0, 1)).lost, "a tile of another view is nobody's loss");
    assert_eq!(picture.clusters().count(), 0);
    for TileId { z, x, y } in view().cover().expect("few tiles").tiles() {
        picture.apply(ServerFrame::Tile(Tile { seq: 3, z, x, y, clusters: Vec::new() }));
    }
    picture.apply(ServerFrame::Totals(TotalsFrame::new(5, Totals::default())));
    assert!(!picture.apply(delta(5, 6)).lost, "the cursor says that 5 is in every tile");
    assert_eq!(picture.clusters().count(), 1);
    assert!(picture.apply(delta(8, 9)).lost);
    assert_eq!((picture.cursor(), picture.settled()), (None, false));
}

#[test]
fn a_view_is_settled_only_when_each_of_its_tiles_has_come() {
    let mut picture = after([begin()]);
    let tiles: Vec<TileId> = view().cover().expect("few tiles").tiles().collect();
    for TileId { z, x, y } in tiles {
        assert!(!picture.settled());
        picture.apply(ServerFrame::Tile(Tile { seq: 1, z, x, y, clusters: Vec::new() }));
    }
    assert!(picture.settled());
}
