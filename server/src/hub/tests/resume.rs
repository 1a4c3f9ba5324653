//! Going away and coming back: nothing missing, nothing doubled, never a silent jump.

use std::sync::atomic::Ordering;
use std::time::Duration;

use proptest::prelude::*;
use wire::frame::ServerFrame;
use wire::geo::Bbox;
use wire::grade::Hazard;
use wire::view::{View, Window};

use super::client::{Client, Held};
use super::{EPOCH, Rig, view};
use crate::hub::{Encoding, LiveLimits, Session};

const CITY: (f64, f64) = (2.17, 41.4);

fn filled() -> Rig {
    let rig = Rig::new();
    for id in 0..400_u128 {
        let at = (2.05 + (id % 20) as f64 * 0.009, 41.32 + (id / 20) as f64 * 0.0075);
        rig.report(id, at, Hazard::Flood, 0);
    }
    rig
}

/// What a new report costs a client that was away, and what its snapshot cost.
fn absence(zoom: f64, encoding: Encoding) -> (usize, usize) {
    let rig = filled();
    let mut client = Client::look(&rig, &view(zoom, Window::All), encoding);
    rig.flush();
    client.drain(&rig);
    let snapshot = client.bytes;
    rig.report(1_000, CITY, Hazard::Fire, 0);
    rig.flush();
    let mut client = client.again(&rig);
    rig.flush();
    client.drain(&rig);
    assert_eq!(client.resets, Vec::<String>::new());
    assert_eq!(client.shown(), 401);
    (client.bytes, snapshot)
}

#[test]
fn an_absence_costs_a_tenth_of_the_snapshot_at_most() {
    for (zoom, encoding) in [(14.0, Encoding::Json), (14.0, Encoding::Bin), (12.0, Encoding::Bin)] {
        let (bytes, snapshot) = absence(zoom, encoding);
        assert!(bytes * 10 <= snapshot, "{bytes} of {snapshot} bytes at {zoom} as {encoding:?}");
    }
}

#[test]
fn a_change_in_a_tile_is_sent_to_a_compact_client_as_a_difference_and_to_others_whole() {
    for (encoding, n_whole) in [(Encoding::Bin, 0), (Encoding::Json, 1)] {
        let rig = filled();
        let mut client = Client::look(&rig, &view(12.0, Window::All), encoding);
        rig.flush();
        client.drain(&rig);
        client.n_tiles = 0;
        rig.report(1_000, CITY, Hazard::Fire, 0);
        rig.flush();
        client.drain(&rig);
        assert_eq!((client.n_tiles, client.shown()), (n_whole, 401), "{encoding:?}");
    }
}

#[test]
fn a_cursor_of_another_journal_ahead_or_too_old_is_told_so_and_gets_a_snapshot() {
    let rig = Rig::with(LiveLimits { records_max: 50, ..LiveLimits::default() });
    for id in 0..100 {
        rig.report(id, CITY, Hazard::Flood, 0);
    }
    rig.flush();
    for (epoch, seq, reason) in [
        ("another", 100, Some("epoch")),
        (EPOCH, 101, Some("ahead")),
        (EPOCH, 20, Some("too-old")),
        (EPOCH, 90, None),
    ] {
        let mut session = rig.session(Some((epoch, seq)));
        session.look(view(12.0, Window::All)).expect("a view");
        let mut client = Client::look(&rig, &view(12.0, Window::All), Encoding::Json);
        client.session = session;
        rig.flush();
        client.drain(&rig);
        assert_eq!(client.resets, reason.into_iter().collect::<Vec<_>>(), "{epoch} {seq}");
        if reason.is_some() {
            let n = client.view.cover().expect("a cover").len() as usize;
            assert_eq!((client.n_tiles, client.shown()), (n, 100));
        }
    }
}

#[test]
fn what_time_changed_during_an_absence_is_sent_although_no_entry_came() {
    let rig = filled();
    let mut client = Client::look(&rig, &view(12.0, Window::Minutes15), Encoding::Bin);
    rig.flush();
    client.drain(&rig);
    assert_eq!(client.shown(), 400);
    rig.pass(20 * 60_000);
    rig.flush();
    let mut client = client.again(&rig);
    rig.flush();
    client.drain(&rig);
    assert_eq!((client.shown(), client.resets.len()), (0, 0));
}

/// One step of a random life.
#[derive(Debug, Clone)]
enum Step {
    Report { id: u8, lng: f64, lat: f64, hazard: u8, age_min: u8 },
    Pass { seconds: u16 },
    Flush,
    Take { batches: usize },
    Drain,
    Lose,
    Pan { east: f64, zoom: f64, window: u8 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..60_u8, 2.05..2.23_f64, 41.32..41.47_f64, 0..3_u8, 0..40_u8)
            .prop_map(|(id, lng, lat, hazard, age_min)| Step::Report { id, lng, lat, hazard, age_min }),
        2 => (1..1_200_u16).prop_map(|seconds| Step::Pass { seconds }),
        3 => Just(Step::Flush),
        3 => (1..4_usize).prop_map(|batches| Step::Take { batches }),
        2 => Just(Step::Drain),
        2 => Just(Step::Lose),
        1 => (2.1..2.23_f64, 11.0..17.0_f64, 0..3_u8)
            .prop_map(|(east, zoom, window)| Step::Pan { east, zoom, window }),
    ];
    proptest::collection::vec(step, 1..80)
}

fn some_view(east: f64, zoom: f64, window: u8) -> View {
    let west = if zoom >= 14.0 { east - 0.02 } else { 2.05 };
    let south = if zoom >= 14.0 { 41.44 } else { 41.32 };
    let window = [Window::Minutes15, Window::Hour1, Window::All][usize::from(window)];
    View {
        bbox: Bbox::new(west, south, east, 41.47).expect("a box"),
        newest: if zoom >= 16.0 { 0 } else { 200 },
        ..view(zoom, window)
    }
}

/// Lives through the steps; then the client must hold what a fresh one is sent.
fn live_through(rig: &Rig, steps: &[Step]) -> Result<(), String> {
    [Encoding::Json, Encoding::Bin]
        .into_iter()
        .try_for_each(|encoding| live_through_as(rig, steps, encoding))
}

fn live_through_as(rig: &Rig, steps: &[Step], encoding: Encoding) -> Result<(), String> {
    let mut client = Client::look(rig, &some_view(2.23, 12.0, 0), encoding);
    for step in steps {
        match *step {
            Step::Report { id, lng, lat, hazard, age_min } => {
                let hazard = [Hazard::Flood, Hazard::Fire, Hazard::Power][usize::from(hazard)];
                rig.report(u128::from(id), (lng, lat), hazard, i64::from(age_min) * 60_000);
            }
            Step::Pass { seconds } => rig.pass(u64::from(seconds) * 1_000),
            Step::Flush => rig.flush(),
            Step::Take { batches } => drop(client.take(rig, batches)),
            Step::Drain => client.drain(rig),
            Step::Lose => client = client.again(rig),
            Step::Pan { east, zoom, window } => client.pan(&some_view(east, zoom, window)),
        }
    }
    rig.flush();
    client.drain(rig);
    let mut fresh = Client::look(rig, &client.view, encoding);
    rig.flush();
    fresh.drain(rig);
    let (held, expected) = (client.picture(), fresh.picture());
    if held.tiles != expected.tiles {
        return Err(format!("tiles differ: {:?} and {:?}", held.tiles, expected.tiles));
    }
    if held.totals != expected.totals {
        return Err(format!("totals differ: {:?} and {:?}", held.totals, expected.totals));
    }
    if held.reports != expected.reports {
        let ids = |held: &Held| held.reports.keys().map(|id| id.0).collect::<Vec<_>>();
        return Err(format!("reports differ: {:?} and {:?}", ids(&held), ids(&expected)));
    }
    let shown = expected.totals.map(|totals| totals.shown);
    if shown != Some(fresh.shown()) {
        return Err(format!("{shown:?} shown and {} in clusters", fresh.shown()));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whenever_a_client_is_lost_it_ends_with_what_a_fresh_one_is_sent(steps in steps()) {
        // proptest prints the seed and the shortest life that fails.
        let outcome = live_through(&Rig::new(), &steps);
        prop_assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    }

    #[test]
    fn so_does_a_client_of_a_hub_that_remembers_little(steps in steps()) {
        let rig = Rig::with(LiveLimits { records_max: 4, ..LiveLimits::default() });
        let outcome = live_through(&rig, &steps);
        prop_assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn so_does_a_client_of_a_hub_that_keeps_no_tile_for_nobody(steps in steps()) {
        let rig = Rig::with(LiveLimits { linger: Duration::ZERO, ..LiveLimits::default() });
        let outcome = live_through(&rig, &steps);
        prop_assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    }
}

#[test]
fn what_time_changed_before_the_tile_was_made_anew_is_not_left_out_of_a_difference() {
    let rig = Rig::with(LiveLimits { linger: Duration::ZERO, ..LiveLimits::default() });
    for (id, age_min) in [(1, 10), (2, 0), (3, 0), (4, 0)] {
        let at = (2.06 + id as f64 * 0.04, 41.4);
        rig.report(id, at, Hazard::Flood, age_min * 60_000);
    }
    let view = view(12.0, Window::Minutes15);
    let mut client = Client::look(&rig, &view, Encoding::Bin);
    rig.flush();
    client.drain(&rig);
    let (held, cursor) = (client.held.clone(), client.cursor);
    drop(client);
    rig.flush();
    // Under the number of the client's cursor time takes one report, and the tile is made anew for another client.
    rig.pass(6 * 60_000);
    let _other = Client::look(&rig, &view, Encoding::Bin);
    rig.flush();
    let mut client = Client::start(&rig, &view, cursor, held, Encoding::Bin);
    client.drain(&rig);
    assert_eq!(client.shown(), 3);
}

#[test]
fn a_heartbeat_before_the_view_names_no_more_than_the_client_holds() {
    let rig = filled();
    rig.flush();
    let mut session = rig.session(Some((EPOCH, 390)));
    let seq = |session: &Session| session.heartbeat(rig.now()).seq;
    // Its view is still on the way: would it take the head for its cursor and be lost again, ten reports were too.
    assert_eq!(seq(&session), 390);
    assert_eq!(seq(&rig.session(Some(("another", 390)))), 0, "of this journal it holds nothing");
    session.look(view(12.0, Window::All)).expect("a view");
    assert!(seq(&session) <= 390);
    rig.flush();
    while session.next_batch(&rig.worlds).is_some() {}
    assert_eq!(seq(&session), 400);
}

#[test]
fn a_difference_to_a_tile_made_anew_begins_at_a_number_the_client_has() {
    let rig = Rig::with(LiveLimits { linger: Duration::ZERO, ..LiveLimits::default() });
    for id in 1..=3_u128 {
        rig.report(id, (2.03 + id as f64 * 0.02, 41.4), Hazard::Flood, 0);
    }
    let view = view(12.0, Window::All);
    let mut client = Client::look(&rig, &view, Encoding::Bin);
    rig.flush();
    client.drain(&rig);
    let (held, cursor) = (client.held.clone(), client.cursor.expect("a cursor"));
    drop(client);
    // Far away, so that the tiles of the view are as they were.
    rig.report(9, (-70.0, -33.0), Hazard::Flood, 0);
    rig.flush();
    let mut client = Client::start(&rig, &view, Some(cursor), held, Encoding::Bin);
    // Made anew under the number of now, and changed before the slow client is told of anything.
    rig.flush();
    rig.report(1, (2.05, 41.4), Hazard::Fire, 0);
    rig.flush();
    let batch = client.session.next_batch(&rig.worlds).expect("the tile");
    let ServerFrame::Delta(delta) = batch[0].frame() else { panic!("{:?}", batch[0]) };
    assert!(delta.from <= cursor, "from {} where the client has {cursor}", delta.from);
}

#[test]
fn a_hub_that_forgets_what_time_does_is_found_out() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let found = (0..256).any(|_| {
        let steps = steps().new_tree(&mut runner).expect("a life").current();
        let rig = Rig { forgets_time: true, ..Rig::new() };
        live_through(&rig, &steps).is_err()
    });
    assert!(found, "the check above would not notice a hub that ignores time");
}

#[test]
fn a_report_that_moves_into_the_next_view_is_held_there() {
    let outside = Step::Report { id: 17, lng: 2.05, lat: 41.32, hazard: 0, age_min: 0 };
    let inside = Step::Report { id: 17, lng: 2.13, lat: 41.32, hazard: 0, age_min: 0 };
    let narrow = Step::Pan { east: 2.1, zoom: 11.0, window: 2 };
    let wide = Step::Pan { east: 2.22, zoom: 11.0, window: 2 };
    let life = [narrow, outside, inside, Step::Flush, Step::Take { batches: 1 }, wide];
    assert_eq!(live_through(&Rig::new(), &life), Ok(()));
}

#[test]
fn a_report_that_left_by_time_and_came_again_under_one_number_stays_with_whoever_holds_that_number()
{
    let rig = Rig::new();
    rig.report(1, (2.17, 41.4), Hazard::Flood, 14 * 60_000);
    let wide = View { newest: 50, ..view(12.0, Window::Minutes15) };
    let mut client = Client::look(&rig, &wide, Encoding::Json);
    rig.flush();
    client.drain(&rig);
    // Nobody looked at the clock meanwhile: the next entry finds the report too old, and brings it again.
    rig.now.fetch_add(2 * 60_000, Ordering::SeqCst);
    let seq = rig.report(1, (2.17, 41.4), Hazard::Flood, 0);
    rig.flush();
    client.drain(&rig);
    assert_eq!((client.cursor, client.held.reports.len()), (Some(seq), 1));
    let mut client = client.again(&rig);
    rig.flush();
    client.drain(&rig);
    assert_eq!(client.held.reports.len(), 1);
}
