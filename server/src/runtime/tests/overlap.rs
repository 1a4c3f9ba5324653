//! What comes while a group is on its way to disk is judged as if that group were there already.

use sqlx::Connection as _;

use super::*;

/// A town whose groups hold one submission each, so that each is judged while the one before it is being written.
async fn narrow_town(dir: &std::path::Path, clock: &Clock) -> Running {
    let mut config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        data_dir: dir.to_path_buf(),
        ..Config::default()
    };
    config.limits.group_rows_max = 1;
    start(config, clock.clone()).await.expect("starts")
}

fn in_degrees(source: &SourceRow, n: i64) -> Body {
    let Body::Observation(mut one) = value(source, n) else { unreachable!("an observation") };
    one.unit = Some("Cel".to_owned());
    Body::Observation(one)
}

/// Reports that are new, the same and newer versions, values that are new and come again, and a unit that cannot be.
fn batches(source: &SourceRow) -> Vec<Vec<Body>> {
    let mut batches = Vec::new();
    for n in 0..12_u128 {
        let at = i64::try_from(n).expect("small");
        batches.push(vec![report(source, n % 4, &format!("aigua {}", n % 6), at)]);
        batches.push(vec![value(source, at % 5), value(source, at % 7)]);
        batches.push(vec![in_degrees(source, 100 + at)]);
    }
    batches
}

fn of(source: &SourceRow, bodies: Vec<Body>) -> Submission {
    Submission {
        source: source.key,
        mode: source.mode,
        bodies,
        rejected: BTreeMap::new(),
        bytes: 0,
        area: None,
        sent: Arc::default(),
        tied: Tied::default(),
    }
}

#[tokio::test]
async fn batches_that_come_all_at_once_end_as_those_that_wait_for_each_other() {
    let clock = Clock::manual(NOW);
    let (in_turn, at_once) = (tempfile::tempdir(), tempfile::tempdir());
    let (in_turn, at_once) = (in_turn.expect("a directory"), at_once.expect("a directory"));

    let patient = town(in_turn.path(), &clock).await;
    let sender = source(&patient).await;
    let mut wanted = Vec::new();
    for bodies in batches(&sender) {
        let outcome = patient.app.intake.submit(of(&sender, bodies)).await.expect("taken");
        wanted.push((outcome.accepted, outcome.folded, outcome.numbers, outcome.refused));
    }
    assert!(wanted.iter().any(|one| one.1 > 0), "something folds");
    assert!(wanted.iter().any(|one| !one.3.is_empty()), "something is refused");

    let hasty = narrow_town(at_once.path(), &clock).await;
    let sender = source(&hasty).await;
    let all =
        batches(&sender).into_iter().map(|bodies| hasty.app.intake.submit(of(&sender, bodies)));
    let outcomes = futures_util::future::join_all(all).await;
    let told: Vec<_> = outcomes
        .into_iter()
        .map(|outcome| outcome.expect("taken"))
        .map(|outcome| (outcome.accepted, outcome.folded, outcome.numbers, outcome.refused))
        .collect();
    assert_eq!(told, wanted);
    assert_eq!(picture(&hasty), picture(&patient));
    let account = |running: &Running| {
        let store = running.app.store.clone();
        async move { store.source(sender.key).await.expect("reads").expect("a source").ledger }
    };
    assert_eq!(account(&hasty).await, account(&patient).await);

    // And so it is after a start from the disk.
    hasty.kill().await;
    let again = town(at_once.path(), &clock).await;
    assert_eq!(picture(&again), picture(&patient));
    again.stop().await.expect("an orderly end");
    patient.stop().await.expect("an orderly end");
}

#[tokio::test]
async fn what_gathered_behind_a_group_that_could_not_be_written_is_not_there_either() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Clock::manual(NOW);
    let running = narrow_town(dir.path(), &clock).await;
    let sender = source(&running).await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("talaia.db"));
    let mut other =
        sqlx::SqliteConnection::connect_with(&options).await.expect("the database opens");
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("the lock is free");
    let all = (0..2).map(|n| {
        let bodies = vec![report(&sender, n, &format!("aigua {n}"), 0)];
        running.app.intake.submit(of(&sender, bodies))
    });
    let outcomes = futures_util::future::join_all(all).await;
    assert!(outcomes.iter().all(|one| *one == Err(IntakeError::Unavailable)), "{outcomes:?}");
    other.close().await.expect("lets go");
    assert_eq!(running.app.store.head().await.expect("a head").0, 0);
    for n in 0..2 {
        let bodies = vec![report(&sender, n, &format!("aigua {n}"), 0)];
        let (accepted, folded, _head) = submit(&running, &sender, bodies).await;
        assert_eq!((accepted, folded), (1, 0), "nothing of what was refused had been stored");
    }
    running.stop().await.expect("an orderly end");
}
