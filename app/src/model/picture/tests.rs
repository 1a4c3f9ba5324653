//! Cursors, and frames of a view before on their way.

use wire::cluster::{HazardCounts, SeverityCounts};
use wire::frame::{Gone, Heartbeat, Hello, Report, TotalsFrame, ViewBegin};
use wire::geo::LngLat;
use wire::grade::{Basis, Kind, Severity, Verification};
use wire::report::{FeatureTag, ReportProperties};
use wire::view::Mode;

use super::*;

fn hello() -> ServerFrame {
    ServerFrame::Hello(Hello {
        protocol: wire::PROTOCOL_VERSION,
        epoch: "e".to_owned(),
        seq: 900,
        server_time: Timestamp(0),
        modes: vec![Mode::Live],
        heartbeat_ms: 2_000,
        canary_ms: 10_000,
    })
}

fn view(east: f64) -> View {
    View {
        bbox: Bbox::new(2.05, 41.32, east, 41.47).expect("a box"),
        zoom: 12.0,
        mode: Mode::Live,
        window: Window::All,
        hazards: None,
        newest: 0,
    }
}

fn begin(asked: &ViewFrame) -> ServerFrame {
    ServerFrame::View(ViewBegin { number: asked.number.expect("a number") })
}

fn totals(seq: u64) -> ServerFrame {
    ServerFrame::Totals(TotalsFrame::new(seq, Totals { total: seq, ..Totals::default() }))
}

/// A tile of the view with one cluster of `n` reports.
fn tile(picture: &Picture, seq: u64, n: u32) -> ServerFrame {
    let TileId { z, x, y } = picture.cover.expect("a view").tiles().next().expect("a tile");
    let cluster = Cluster {
        id: ClusterId::new(z, 7),
        lng: 2.17,
        lat: 41.4,
        n,
        worst: Severity::Severe,
        n_worst: n,
        severity: SeverityCounts { severe: n, ..SeverityCounts::default() },
        hazard: HazardCounts::from_iter([(Hazard::Flood, n)]),
        newest: Timestamp(0),
        expansion_zoom: 13,
        report: None,
    };
    ServerFrame::Tile(Tile { seq, z, x, y, clusters: vec![cluster] })
}

fn report(id: u64) -> ServerFrame {
    let properties = ReportProperties {
        seq: 900 + id,
        mode: Mode::Live,
        source: "partner:112".to_owned(),
        observed_at: Timestamp(0),
        updated_at: Timestamp(0),
        recorded_at: Timestamp(0),
        kind: Kind::Call,
        basis: Basis::Seen,
        status: None,
        hazard: Hazard::Flood,
        severity: Severity::Severe,
        verification: Verification::Unverified,
        radius_m: 50,
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
    let (tag, geometry) = (FeatureTag::Feature, LngLat::new(2.17, 41.4).ok());
    let feature = ReportFeature { tag, id: ReportId(u128::from(id)), geometry, properties };
    ServerFrame::Report(Report { seq: 900 + id, feature })
}

fn shown(picture: &Picture) -> u32 {
    picture.clusters().map(|cluster| cluster.n).sum()
}

fn send_snapshot(picture: &mut Picture, seq: u64) {
    let cover = picture.cover.expect("a view");
    for TileId { z, x, y } in cover.tiles() {
        picture.apply(ServerFrame::Tile(Tile { seq, z, x, y, clusters: Vec::new() }));
    }
    picture.apply(totals(seq));
}

fn beat(seq: u64) -> ServerFrame {
    ServerFrame::Heartbeat(Heartbeat { seq, server_time: Timestamp(0), newest: None, canary: None })
}

#[test]
fn there_is_no_cursor_before_the_totals_of_the_view() {
    let mut picture = Picture::default();
    let asked = picture.look(view(2.23));
    picture.apply(hello());
    picture.apply(begin(&asked));
    picture.apply(beat(900));
    assert_eq!(picture.cursor(), None);
    send_snapshot(&mut picture, 900);
    picture.apply(beat(901));
    assert_eq!(picture.cursor().map(|cursor| cursor.seq), Some(901));
}

#[test]
fn a_pan_voids_the_cursor_and_late_totals_of_the_old_view_do_not_bring_it_back() {
    let mut picture = settled();
    let asked = picture.look(view(2.60));
    picture.apply(totals(905));
    assert_eq!(picture.cursor(), None);
    picture.apply(begin(&asked));
    send_snapshot(&mut picture, 906);
    assert_eq!(picture.cursor().map(|cursor| cursor.seq), Some(906));
}

/// Holds all of a view.
fn settled() -> Picture {
    let mut picture = Picture::default();
    let asked = picture.look(view(2.23));
    picture.apply(hello());
    picture.apply(begin(&asked));
    send_snapshot(&mut picture, 900);
    picture
}

#[test]
fn nothing_of_another_window_is_taken_for_this_one_even_when_the_line_breaks_just_then() {
    let mut picture = settled();
    let asked = picture.look(View { window: Window::Minutes15, ..view(2.23) });
    // What the server sent before it heard of the new window: all of the view before.
    let late = tile(&picture, 905, 3);
    picture.apply(late);
    for TileId { z, x, y } in picture.cover.expect("a view").tiles() {
        picture.apply(ServerFrame::Tile(Tile { seq: 905, z, x, y, clusters: Vec::new() }));
    }
    picture.apply(totals(905));
    picture.apply(beat(906));
    assert_eq!((shown(&picture), picture.settled(), picture.cursor()), (0, false, None));
    assert_eq!(picture.totals().map(|totals| totals.total), Some(900));
    picture.apply(begin(&asked));
    send_snapshot(&mut picture, 907);
    assert_eq!(picture.cursor().map(|cursor| cursor.seq), Some(907));
}

#[test]
fn a_pan_takes_the_tiles_that_were_on_their_way_and_a_choice_undone_does_not() {
    let mut picture = settled();
    picture.look(view(2.24));
    let on_its_way = tile(&picture, 905, 3);
    picture.apply(on_its_way.clone());
    assert_eq!(shown(&picture), 3);
    picture.look(View { window: Window::Minutes15, ..view(2.24) });
    let undone = picture.look(view(2.24));
    picture.apply(on_its_way.clone());
    assert_eq!(shown(&picture), 0);
    picture.apply(begin(&undone));
    picture.apply(on_its_way);
    assert_eq!(shown(&picture), 3);
}

#[test]
fn reports_of_another_window_are_shown_until_those_of_this_one_have_come_and_no_longer() {
    let mut picture = settled();
    picture.apply(report(1));
    picture.apply(report(2));
    let asked = picture.look(View { window: Window::Hour1, ..view(2.23) });
    assert_eq!(picture.reports().count(), 2);
    // Somebody of the view before says that it is gone, or came: not to this one.
    picture.apply(ServerFrame::Gone(Gone { seq: 906, ids: vec![ReportId(2)] }));
    picture.apply(report(3));
    assert_eq!(picture.reports().count(), 2);
    picture.apply(begin(&asked));
    picture.apply(report(2));
    assert!(picture.apply(totals(907)).reports);
    let held: Vec<ReportId> = picture.reports().map(|report| report.id).collect();
    assert_eq!(held, [ReportId(2)]);
}

#[test]
fn a_line_opened_anew_knows_only_the_newest_view() {
    let mut picture = settled();
    let old = picture.look(View { window: Window::Minutes15, ..view(2.23) });
    let new = picture.look(view(2.23));
    picture.apply(hello());
    picture.apply(begin(&old));
    picture.apply(totals(905));
    assert_eq!(picture.totals(), None);
    picture.apply(begin(&new));
    send_snapshot(&mut picture, 906);
    assert_eq!(picture.cursor().map(|cursor| cursor.seq), Some(906));
    // And again, when nothing was asked for meanwhile.
    picture.apply(hello());
    picture.apply(begin(&new));
    picture.apply(totals(908));
    assert_eq!(picture.cursor().map(|cursor| cursor.seq), Some(908));
}

#[test]
fn a_report_on_its_way_is_taken_only_where_every_view_since_shows_it() {
    let mut picture = settled();
    picture.apply(report(1));
    picture.look(view(2.24));
    picture.apply(report(2));
    assert_eq!(picture.reports().count(), 2);
    // Away from the place and back again: what went from it meanwhile was told to nobody.
    picture.look(View { bbox: Bbox::new(2.30, 41.32, 2.40, 41.47).expect("a box"), ..view(2.4) });
    picture.look(view(2.23));
    picture.apply(report(3));
    assert_eq!(picture.reports().count(), 0);
}

#[test]
fn a_look_while_a_line_with_a_cursor_is_opened_asks_for_a_line_without() {
    let mut picture = settled();
    assert!(picture.open_line().is_some());
    picture.look(view(2.60));
    assert!(picture.apply(hello()).lost, "the server would leave out tiles that were never here");
    assert_eq!(picture.open_line(), None);
    assert!(!picture.apply(hello()).lost);
    assert_eq!(picture.clusters().count(), 0, "a snapshot follows");
}
