//! Stories of one server: start, submit, end in every way, start again.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::entry::Body;
use engine::observation::{ObservationEntry, ObservationResult, Quality};
use engine::report::{Private, ReportEntry, Words};
use engine::view::Clearance;
use wire::frame::ServerFrame;
use wire::geo::LngLat;
use wire::grade::{Basis, Hazard, Kind, Severity};
use wire::id::ReportId;
use wire::time::Timestamp;
use wire::view::{Mode, View, Window};

use super::*;
use crate::hub::{Resume, Session};
use crate::pipeline::{Fate, IntakeError, Submission, Tied};
use crate::store::{ObservationRow, SourceRow, Span};

mod overlap;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

async fn town(dir: &std::path::Path, clock: &Clock) -> Running {
    let config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        data_dir: dir.to_path_buf(),
        ..Config::default()
    };
    start(config, clock.clone()).await.expect("starts")
}

async fn source(running: &Running) -> SourceRow {
    running.app.store.source_ensure("partner:a", "A", Mode::Live).await.expect("a source")
}

fn report(source: &SourceRow, id: u128, text: &str, updated_at: i64) -> Body {
    let words = Words { text: Some(text.to_owned()), ..Words::default() };
    Body::Report(Box::new(ReportEntry {
        id: ReportId(id),
        source: source.key,
        content: blake3::hash(text.as_bytes()).as_bytes()[..16]
            .iter()
            .fold(0, |sum, byte| (sum << 8) | u128::from(*byte)),
        observed_at: NOW.plus_ms(-60_000),
        updated_at: NOW.plus_ms(updated_at),
        kind: Kind::Call,
        basis: Basis::Seen,
        status: None,
        hazard: Hazard::Flood,
        severity: Severity::Severe,
        radius_m: 10,
        clock_ahead: false,
        late: false,
        erased: false,
        place: LngLat::new(2.1744, 41.4036).ok(),
        private: Private::from(words),
    }))
}

async fn submit(running: &Running, source: &SourceRow, bodies: Vec<Body>) -> (u64, u64, u64) {
    let submission = Submission {
        source: source.key,
        mode: source.mode,
        bodies,
        rejected: BTreeMap::new(),
        bytes: 0,
        area: None,
        sent: Arc::default(),
        tied: Tied::default(),
    };
    let outcome = running.app.intake.submit(submission).await.expect("taken");
    (outcome.accepted, outcome.folded, outcome.seq)
}

/// Both Worlds' canonical bytes at the clock's moment.
fn worlds(running: &Running) -> [Vec<u8>; 2] {
    Mode::ALL.map(|mode| {
        let mut world = running.app.worlds.write(mode);
        world.tick(running.app.clock.now(), &mut Vec::new());
        world.checkpoint()
    })
}

/// Short names of [`worlds`], so that a failure can be read.
fn picture(running: &Running) -> [String; 2] {
    worlds(running).map(|bytes| blake3::hash(&bytes).to_hex().to_string())
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_kill() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Clock::manual(NOW);
    let running = town(dir.path(), &clock).await;
    let source = source(&running).await;
    let bodies = (0..2_500).map(|n| report(&source, n, &format!("aigua {n}"), 0)).collect();
    assert_eq!(submit(&running, &source, bodies).await, (2_500, 0, 2_500));
    let before = picture(&running);
    let epoch = Arc::clone(&running.app.epoch);
    running.kill().await;

    let again = town(dir.path(), &clock).await;
    assert_eq!(again.app.epoch, epoch);
    assert_eq!(picture(&again), before);
    let bodies = (0..2_500).map(|n| report(&source, n, &format!("aigua {n}"), 0)).collect();
    assert_eq!(submit(&again, &source, bodies).await, (0, 2_500, 2_500));
    again.stop().await.expect("an orderly end");
}

#[tokio::test]
async fn a_cursor_is_served_from_the_moment_the_address_answers() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Clock::manual(NOW);
    let running = town(dir.path(), &clock).await;
    let source = source(&running).await;
    let (_, _, seq) = submit(&running, &source, vec![report(&source, 1, "aigua", 0)]).await;
    running.kill().await;
    let again = town(dir.path(), &clock).await;
    // Nothing was awaited since: no task of the new server has had a turn.
    let App { hub, epoch, worlds, .. } = again.app.clone();
    let resume = Some(Resume { epoch: epoch.as_ref().to_owned(), seq });
    let mut session = Session::new(hub, epoch, Clearance::Desk, vec![Mode::Live], resume);
    let bbox = wire::geo::Bbox::WORLD;
    let (mode, window) = (Mode::Live, Window::All);
    let view = View { bbox, zoom: 0.0, mode, window, hazards: None, newest: 0 };
    session.look(view).expect("a view");
    let first = session.next_batch(&worlds);
    let is_reset = |frame: &Arc<hub::Encoded>| matches!(frame.frame(), ServerFrame::Reset(_));
    assert!(!first.iter().flatten().any(is_reset), "{first:?}");
    again.stop().await.expect("an orderly end");
}

#[tokio::test]
async fn a_group_folds_what_it_holds_itself_and_the_ledger_adds_up() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Clock::manual(NOW);
    let running = town(dir.path(), &clock).await;
    let source = source(&running).await;
    let bodies = vec![
        report(&source, 1, "first", 0),
        report(&source, 1, "first", 0),
        report(&source, 1, "second", 5),
        report(&source, 1, "older", 3),
        report(&source, 2, "other", 0),
    ];
    let submission = Submission {
        source: source.key,
        mode: source.mode,
        bodies,
        rejected: BTreeMap::from([("latitude".to_owned(), 2)]),
        bytes: 0,
        area: None,
        sent: Arc::default(),
        tied: Tied::default(),
    };
    let outcome = running.app.intake.submit(submission).await.expect("taken");
    assert_eq!((outcome.accepted, outcome.folded, outcome.seq), (3, 2, 3));
    let stored = running.app.store.sources().await.expect("sources").remove(0);
    let ledger = &stored.ledger;
    assert_eq!((ledger.received, ledger.accepted, ledger.folded), (7, 2, 3));
    assert_eq!(ledger.rejected, BTreeMap::from([("latitude".to_owned(), 2)]));
    running.stop().await.expect("an orderly end");
}

#[tokio::test]
async fn an_erased_report_is_gone_from_every_file_and_stays_gone() {
    const CANARY: &str = "CANARY-Pujades-12-3r-2a";
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Clock::manual(NOW);
    let running = town(dir.path(), &clock).await;
    let source = source(&running).await;
    let bodies = vec![report(&source, 1, CANARY, 0), report(&source, 2, "stays", 0)];
    submit(&running, &source, bodies).await;
    submit(&running, &source, vec![report(&source, 1, &format!("{CANARY} again"), 9)]).await;
    let erased = running.app.intake.withdraw(None, vec![ReportId(1)]).await.expect("taken");
    assert_eq!((erased.seq, erased.fates), (4, vec![Fate::Gone]));
    let again = running.app.intake.withdraw(None, vec![ReportId(1)]).await.expect("taken");
    assert_eq!(again.fates, [Fate::Unknown]);
    let before = picture(&running);
    for bytes in worlds(&running) {
        assert!(!contains(&bytes, CANARY), "the World remembers");
    }
    running.stop().await.expect("an orderly end");
    for file in std::fs::read_dir(dir.path()).expect("files") {
        let file = file.expect("a file");
        if !file.file_type().expect("a type").is_file() {
            continue;
        }
        let path = file.path();
        let bytes = std::fs::read(&path).expect("reads");
        assert!(!contains(&bytes, "CANARY"), "{} holds it in clear", path.display());
    }
    let again = town(dir.path(), &clock).await;
    assert_eq!(picture(&again), before);
    // The partner sends it again, newer: it stays erased.
    assert_eq!(submit(&again, &source, vec![report(&source, 1, CANARY, 99)]).await, (0, 1, 4));
    again.stop().await.expect("an orderly end");
}

fn contains(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

#[tokio::test]
async fn a_changed_journal_row_stops_the_start_with_its_number() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Clock::manual(NOW);
    let running = town(dir.path(), &clock).await;
    let source = source(&running).await;
    submit(&running, &source, vec![report(&source, 1, "a", 0), report(&source, 2, "b", 0)]).await;
    let damage = "UPDATE journal SET recorded_at = recorded_at + 1 WHERE seq = 2";
    running.app.store.execute_for_test(damage).await;
    running.stop().await.expect("an orderly end");
    let config = Config { data_dir: dir.path().to_path_buf(), ..Config::default() };
    let error = start(config, clock).await.expect_err("damage").to_string();
    assert!(error.contains("journal entry 2: its row does not match its hash"), "{error}");
}

#[tokio::test]
async fn a_key_that_vanished_without_an_erasure_stops_the_start() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Clock::manual(NOW);
    let running = town(dir.path(), &clock).await;
    let source = source(&running).await;
    submit(&running, &source, vec![report(&source, 1, "a", 0)]).await;
    running.app.store.execute_for_test("DELETE FROM payload_key").await;
    running.stop().await.expect("an orderly end");
    let config = Config { data_dir: dir.path().to_path_buf(), ..Config::default() };
    let error = start(config, clock).await.expect_err("damage").to_string();
    assert!(error.contains("nobody erased it"), "{error}");
}

#[tokio::test]
async fn another_master_key_is_noticed_at_the_start() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Clock::manual(NOW);
    town(dir.path(), &clock).await.stop().await.expect("an orderly end");
    std::fs::remove_file(dir.path().join("master.key")).expect("removes");
    let config = Config { data_dir: dir.path().to_path_buf(), ..Config::default() };
    assert!(matches!(start(config, clock).await, Err(StartError::OtherKey)));
}

#[tokio::test]
async fn a_schema_from_the_future_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Clock::manual(NOW);
    let running = town(dir.path(), &clock).await;
    let future = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'future', 1, x'00', 0)";
    running.app.store.execute_for_test(future).await;
    running.stop().await.expect("an orderly end");
    let config = Config { data_dir: dir.path().to_path_buf(), ..Config::default() };
    let error = start(config, clock).await.expect_err("the future").to_string();
    assert!(error.contains("schema 9999, newer than this program knows"), "{error}");
}

#[tokio::test]
async fn a_start_from_a_checkpoint_and_its_tail_is_a_start_from_the_beginning() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Clock::manual(NOW);
    let running = town(dir.path(), &clock).await;
    let source = source(&running).await;
    for round in 0..6_u128 {
        let bodies = (0..20).map(|n| report(&source, round * 10 + n, &format!("{round}"), 0));
        submit(&running, &source, bodies.collect()).await;
        clock.advance_ms(5 * 60_000);
        // A tick sees the time, takes the checkpoint, and another one sees that it is written.
        wait_for_checkpoint(&running, round as usize + 1).await;
    }
    let before = picture(&running);
    // Four newest and the first, which is kept for ever; of two modes. Deleting follows saving.
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    let kept = loop {
        let kept = running.app.store.checkpoints().await.expect("checkpoints");
        if kept.len() == 10 {
            break kept;
        }
        assert!(std::time::Instant::now() < deadline, "{} checkpoints stay", kept.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(kept.iter().filter(|row| row.keep).all(|row| row.seq == kept[0].seq));
    running.kill().await;
    let again = town(dir.path(), &clock).await;
    assert_eq!(picture(&again), before);
    again.app.store.execute_for_test("DELETE FROM checkpoint").await;
    again.kill().await;
    let from_nothing = town(dir.path(), &clock).await;
    assert_eq!(picture(&from_nothing), before);
    from_nothing.stop().await.expect("an orderly end");
}

async fn wait_for_checkpoint(running: &Running, n: usize) {
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    let head = running.app.worlds.read(Mode::Live).head();
    loop {
        let all = running.app.store.checkpoints().await.expect("checkpoints");
        if all.iter().any(|row| row.seq == head) {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "no checkpoint {n} in 20 s");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_full_queue_says_when_to_come_again_and_stores_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        data_dir: dir.path().to_path_buf(),
        ..Config::default()
    };
    config.limits.submissions_queued_max = 1;
    let running = start(config, Clock::manual(NOW)).await.expect("starts");
    let source = source(&running).await;
    let one = |id| Submission {
        source: source.key,
        mode: source.mode,
        bodies: vec![report(&source, id, "x", 0)],
        rejected: BTreeMap::new(),
        bytes: 0,
        area: None,
        sent: Arc::default(),
        tied: Tied::default(),
    };
    let many: Vec<_> = (0..50).map(|id| running.app.intake.submit(one(id))).collect();
    let answers = futures_util::future::join_all(many).await;
    let taken = answers.iter().filter(|answer| answer.is_ok()).count() as u64;
    let busy = Err(IntakeError::Busy { retry_after_s: 1 });
    assert!(answers.iter().all(|answer| answer.is_ok() || *answer == busy));
    assert!(answers.contains(&busy), "fifty at once do not fit");
    assert_eq!(running.app.store.head().await.expect("a head").0, taken);
    running.stop().await.expect("an orderly end");
}

fn value(source: &SourceRow, n: i64) -> Body {
    Body::Observation(Box::new(ObservationEntry {
        source: source.key,
        datastream: "besos-level".to_owned(),
        phenomenon_time: NOW.plus_ms(-60_000 + n),
        result: ObservationResult::Number(n as f64),
        name: None,
        unit: Some("m".to_owned()),
        place: LngLat::new(2.1744, 41.4036).ok(),
        clock_ahead: false,
        stated_time: None,
        phenomenon_end: Some(NOW.plus_ms(n)),
        result_at: Some(NOW),
        quality: Quality::Good,
        raw: Some(format!("{{\"result\":{n}}}")),
        late: false,
    }))
}

async fn rows_of(running: &Running, source: &SourceRow) -> Vec<ObservationRow> {
    let span = Span { source: source.key, datastream: "besos-level", from: Timestamp(0), to: NOW };
    running.app.store.history(span, None, 1_000).await.expect("rows")
}

#[tokio::test]
async fn observations_that_are_missing_as_rows_are_filled_in_from_the_journal() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Clock::manual(NOW);
    let running = town(dir.path(), &clock).await;
    let source = source(&running).await;
    let mut bodies: Vec<Body> = (0..700).map(|n| value(&source, n)).collect();
    bodies.insert(3, report(&source, 1, "aigua", 0));
    submit(&running, &source, bodies).await;
    let written = rows_of(&running, &source).await;
    assert_eq!(written.len(), 700);
    running.stop().await.expect("an orderly end");

    // A start that finds all leaves it alone; the report at the end is looked at once.
    let mut running = town(dir.path(), &clock).await;
    submit(&running, &source, vec![report(&source, 2, "aigua", 0)]).await;
    assert_eq!(rows_of(&running, &source).await, written);
    // As if an older program had written all of it, the newest of it, or none.
    for damage in [
        "DELETE FROM observation",
        "DELETE FROM observation WHERE seq > 300",
        "DELETE FROM meta WHERE name = 'observations_looked_to'",
    ] {
        running.app.store.execute_for_test(damage).await;
        running.stop().await.expect("an orderly end");
        running = town(dir.path(), &clock).await;
        assert_eq!(rows_of(&running, &source).await, written, "{damage}");
    }
    running.stop().await.expect("an orderly end");
}
