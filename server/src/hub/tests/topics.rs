//! Tiles, reports and totals of one open session.

use std::sync::Arc;

use engine::entry::Body;
use wire::frame::ServerFrame;
use wire::geo::Bbox;
use wire::grade::Hazard;
use wire::source::{Ledger, SourceHealth, SourceStatus};
use wire::view::{Mode, View, Window};

use super::client::Client;
use super::{NOON, Rig, report, view};
use crate::hub::Encoding;
use crate::hub::limits::{BATCH_TILES, REPORTS_MAX};

const CITY: (f64, f64) = (2.17, 41.4);

#[test]
fn every_tile_of_the_view_is_sent_empty_ones_too_and_totals_come_last() {
    let rig = Rig::new();
    rig.report(1, CITY, Hazard::Flood, 0);
    let mut client = Client::look(&rig, &view(12.0, Window::All), Encoding::Json);
    assert!(!client.take(&rig, 1), "before the first flush there is nothing to send");
    rig.flush();
    client.drain(&rig);
    assert_eq!(client.held.tiles.len() as u64, client.view.cover().expect("a cover").len());
    assert_eq!(client.shown(), 1);
    let totals = client.held.totals.expect("totals");
    assert_eq!((totals.total, totals.shown), (1, 1));
}

#[test]
fn a_change_sends_its_tile_alone_and_only_once() {
    let rig = Rig::new();
    let mut client = Client::look(&rig, &view(12.0, Window::All), Encoding::Json);
    rig.flush();
    client.drain(&rig);
    client.n_tiles = 0;
    rig.report(1, CITY, Hazard::Flood, 0);
    rig.report(2, CITY, Hazard::Flood, 0);
    rig.flush();
    client.drain(&rig);
    assert_eq!((client.n_tiles, client.shown()), (1, 2));
    rig.flush();
    assert!(!client.take(&rig, 1), "nothing happened, nothing is sent");
}

#[test]
fn two_sessions_share_one_encoding() {
    let rig = Rig::new();
    rig.report(1, CITY, Hazard::Flood, 0);
    let mut one = rig.session(None);
    let mut two = rig.session(None);
    for session in [&mut one, &mut two] {
        session.look(view(12.0, Window::All)).expect("a view");
    }
    rig.flush();
    let (one, two) = (one.next_batch(&rig.worlds), two.next_batch(&rig.worlds));
    let (one, two) = (one.expect("a batch"), two.expect("a batch"));
    assert!(one.len() > 1);
    assert!(one.iter().zip(&two).all(|(one, two)| Arc::ptr_eq(one, two)));
}

#[test]
fn a_pan_sends_only_the_tiles_that_are_new() {
    let rig = Rig::new();
    let mut client = Client::look(&rig, &view(12.0, Window::All), Encoding::Json);
    rig.flush();
    client.drain(&rig);
    client.n_tiles = 0;
    let bbox = Bbox::new(2.05, 41.32, 2.30, 41.47).expect("a box");
    let wider = View { bbox, ..view(12.0, Window::All) };
    let n_new = wider.cover().expect("a cover").len() - client.view.cover().expect("a cover").len();
    client.pan(&wider);
    rig.flush();
    client.drain(&rig);
    assert!(n_new > 0);
    assert_eq!(client.n_tiles as u64, n_new);
}

#[test]
fn the_window_slides_and_what_leaves_it_is_gone() {
    let rig = Rig::new();
    rig.report(1, CITY, Hazard::Flood, 0);
    let street = View {
        bbox: Bbox::new(2.169, 41.399, 2.171, 41.401).expect("a box"),
        ..view(16.0, Window::Minutes15)
    };
    let mut client = Client::look(&rig, &street, Encoding::Json);
    rig.flush();
    client.drain(&rig);
    assert_eq!((client.shown(), client.held.reports.len()), (1, 1));
    rig.pass(16 * 60_000);
    rig.flush();
    client.drain(&rig);
    assert_eq!((client.shown(), client.held.reports.len()), (0, 0));
    assert_eq!(client.held.totals.expect("totals").filtered, 1);
}

#[test]
fn a_report_that_moves_out_of_the_view_is_gone_and_one_that_moves_in_arrives() {
    let rig = Rig::new();
    let street = View {
        bbox: Bbox::new(2.169, 41.399, 2.171, 41.401).expect("a box"),
        ..view(16.0, Window::All)
    };
    let mut client = Client::look(&rig, &street, Encoding::Json);
    rig.report(1, CITY, Hazard::Flood, 0);
    rig.flush();
    client.drain(&rig);
    assert_eq!(client.held.reports.len(), 1);
    rig.pass(1_000);
    rig.report(1, (2.0, 41.0), Hazard::Flood, 0);
    rig.report(2, CITY, Hazard::Fire, 0);
    rig.flush();
    client.drain(&rig);
    let ids: Vec<u128> = client.held.reports.keys().map(|id| id.0).collect();
    assert_eq!(ids, [2]);
}

#[test]
fn newest_gives_that_many_and_then_what_arrives() {
    let rig = Rig::new();
    for id in 0..50 {
        rig.report(id, CITY, Hazard::Flood, 0);
    }
    let mut client =
        Client::look(&rig, &View { newest: 10, ..view(12.0, Window::All) }, Encoding::Json);
    rig.flush();
    client.drain(&rig);
    let ids: Vec<u128> = client.held.reports.keys().map(|id| id.0).collect();
    assert_eq!(ids, (40..50).collect::<Vec<_>>());
    for id in 100..130 {
        rig.report(id, CITY, Hazard::Flood, 0);
    }
    rig.flush();
    client.drain(&rig);
    let new: Vec<u128> =
        client.held.reports.keys().map(|id| id.0).filter(|id| *id >= 100).collect();
    assert_eq!(new, (120..130).collect::<Vec<_>>(), "the newest of a burst");
}

#[test]
fn an_exercise_never_reaches_a_live_view() {
    let rig = Rig::new();
    let mut client =
        Client::look(&rig, &View { newest: 10, ..view(12.0, Window::All) }, Encoding::Json);
    rig.flush();
    client.drain(&rig);
    let (tiles, bytes) = (client.n_tiles, client.bytes);
    let drill = report(7, CITY, Hazard::Fire, NOON, 0);
    rig.enter(Mode::Exercise, Body::Report(Box::new(drill)));
    rig.flush();
    client.drain(&rig);
    assert_eq!((client.n_tiles, client.bytes), (tiles, bytes), "not one byte");
    assert_eq!(client.held.totals.expect("totals").total, 0);
}

#[test]
fn a_session_that_stops_taking_holds_ids_and_gets_each_tile_once_as_it_is() {
    let rig = Rig::new();
    let mut client = Client::look(&rig, &view(14.0, Window::All), Encoding::Json);
    rig.flush();
    for round in 0..200_u128 {
        rig.report(round % 7, (2.10 + (round as f64) * 0.0005, 41.4), Hazard::Flood, 0);
        rig.pass(1_000);
        rig.flush();
    }
    let n = client.view.cover().expect("a cover").len() as usize;
    client.drain(&rig);
    assert_eq!(client.n_tiles, n, "two hundred flushes later every tile is sent once");
    assert!(n > BATCH_TILES, "and in several batches");
    assert_eq!(client.shown(), 7);
}

#[test]
fn a_session_that_owes_too_much_starts_again() {
    let rig = Rig::new();
    let street = View {
        bbox: Bbox::new(2.169, 41.399, 2.171, 41.401).expect("a box"),
        ..view(16.0, Window::Minutes15)
    };
    let mut client = Client::look(&rig, &street, Encoding::Json);
    rig.flush();
    client.drain(&rig);
    for id in 0..20_500 {
        rig.report(id, CITY, Hazard::Flood, 0);
    }
    rig.flush();
    client.drain(&rig);
    assert_eq!(client.resets, ["too-old"]);
    assert_eq!(client.held.reports.len(), REPORTS_MAX);
    assert_eq!(client.shown(), 20_500);
}

#[test]
fn hazards_of_a_view_hide_the_others() {
    let rig = Rig::new();
    rig.report(1, CITY, Hazard::Flood, 0);
    rig.report(2, CITY, Hazard::Fire, 0);
    let hazards = Some(vec![Hazard::Fire]);
    let mut client =
        Client::look(&rig, &View { hazards, newest: 9, ..view(12.0, Window::All) }, Encoding::Json);
    rig.flush();
    client.drain(&rig);
    assert_eq!((client.shown(), client.held.totals.expect("totals").filtered), (1, 1));
    rig.pass(1_000);
    rig.report(2, CITY, Hazard::Power, 0);
    rig.flush();
    client.drain(&rig);
    assert_eq!((client.shown(), client.held.reports.len()), (0, 0), "changed its hazard and left");
}

#[test]
fn a_source_that_changes_is_told_and_costs_no_totals() {
    let rig = Rig::new();
    let mut client = Client::look(&rig, &view(12.0, Window::All), Encoding::Json);
    rig.flush();
    client.drain(&rig);
    let status = SourceStatus {
        id: "partner:112".to_owned(),
        name: "112".to_owned(),
        mode: Mode::Live,
        status: SourceHealth::Late,
        content_age_ms: Some(400_000),
        reason: None,
        ledger: Ledger::default(),
    };
    rig.hub.source_changed(SourceStatus { mode: Mode::Exercise, ..status.clone() });
    assert!(client.session.next_batch(&rig.worlds).is_none(), "not of this mode");
    rig.hub.source_changed(status);
    let batch = client.session.next_batch(&rig.worlds).expect("the source");
    assert!(matches!(batch[0].frame(), ServerFrame::Source(_)) && batch.len() == 1);
    assert!(client.session.next_batch(&rig.worlds).is_none());
}

#[test]
fn a_report_owed_to_a_wider_view_and_not_in_the_next_is_gone_from_it() {
    let rig = Rig::new();
    rig.report(1, CITY, Hazard::Flood, 0);
    let wide = View { newest: 50, ..view(12.0, Window::All) };
    let mut client = Client::look(&rig, &wide, Encoding::Json);
    rig.flush();
    client.drain(&rig);
    rig.pass(1_000);
    rig.report(1, (2.10, 41.36), Hazard::Flood, 0);
    rig.flush();
    // The tiles are sent, the report in its new place is still owed.
    assert!(client.take(&rig, 1));
    assert_eq!(client.held.reports.len(), 1);
    let bbox = Bbox::new(2.169, 41.399, 2.171, 41.401).expect("a box");
    client.pan(&View { bbox, newest: 50, ..view(16.0, Window::All) });
    assert_eq!(client.held.reports.len(), 1, "its old place is in the street too");
    rig.flush();
    client.drain(&rig);
    assert_eq!(client.held.reports.len(), 0);
}
