//! Observations as rows on both databases: written with their entries, paged, and added up by stretches of time.

use engine::entry::SourceKey;
use engine::observation::Quality;
use server::store::{Appended, BucketRow, HistoryCursor, ObservationRow, Span, Store, StoreError};
use support::postgres::Postgres;
use wire::time::Timestamp;
use wire::view::Mode;

const MINUTE: i64 = 60_000;
const START: i64 = 1_795_000_020_000;
const US: SourceKey = SourceKey(1);

#[tokio::test]
async fn observations_are_rows_on_sqlite() {
    let dir = tempfile::tempdir().expect("a directory");
    story(&Store::open("sqlite:", dir.path()).await.expect("opens")).await;
}

#[tokio::test]
async fn observations_are_rows_on_postgres() {
    let postgres = Postgres::start().expect("a PostgreSQL");
    let url = postgres.fresh_database().expect("a database");
    let dir = tempfile::tempdir().expect("a directory");
    story(&Store::open(&url, dir.path()).await.expect("opens")).await;
}

fn row(seq: u64, at: i64, number: Option<f64>) -> ObservationRow {
    ObservationRow {
        seq,
        source: US,
        mode: Mode::Live,
        datastream: "besos-level".to_owned(),
        phenomenon_at: Timestamp(at),
        phenomenon_end: None,
        result_at: None,
        recorded_at: Timestamp(at + 500),
        number,
        text: number.is_none().then(|| "open".to_owned()),
        unit: None,
        quality: Quality::Unstated,
        raw: None,
    }
}

fn entry(row: &ObservationRow) -> Appended {
    Appended {
        seq: row.seq,
        recorded_at: row.recorded_at,
        mode: row.mode,
        source: row.source,
        kind: "observation".to_owned(),
        report: None,
        row: vec![row.seq as u8; 20],
        row_sha256: [3; 32],
        sealed: None,
    }
}

fn span(datastream: &str) -> Span<'_> {
    Span { source: US, datastream, from: Timestamp(START), to: Timestamp(START + 1_000 * MINUTE) }
}

async fn story(store: &Store) {
    store.source_ensure("partner:a", "A", Mode::Live).await.expect("a source");
    assert_eq!(store.last_observation().await.expect("asked"), 0);
    // More than one statement takes; ten values a minute, so that buckets have something to add up.
    let mut rows: Vec<ObservationRow> = (1..=4_500_u32)
        .map(|n| row(u64::from(n), START + i64::from(n - 1) * 6_000, Some(f64::from(n % 10))))
        .collect();
    rows[0].unit = Some("m".to_owned());
    rows[1].quality = Quality::Bad;
    rows[2] = ObservationRow { seq: 3, ..row(3, START + 2 * 6_000, None) };
    rows[3].phenomenon_end = Some(Timestamp(START + 40_000));
    rows[3].result_at = Some(Timestamp(START + 41_000));
    rows[3].raw = Some("{\"result\":4}".to_owned());
    rows[4].quality = Quality::Suspect;
    rows[5].quality = Quality::Good;
    let entries: Vec<Appended> = rows.iter().map(entry).collect();
    store.append(&entries, &rows, &[], &[]).await.expect("appended");
    assert_eq!(store.last_observation().await.expect("asked"), 4_500);

    paged(store, &rows).await;
    added_up(store).await;

    // A number that is taken fails the whole group: no entry of it stays, and no observation.
    let group = [row(4_501, START, Some(1.0)), row(4_500, START, Some(1.0))];
    let new = [entry(&group[0])];
    store.append(&new, &group, &[], &[]).await.expect_err("a number twice");
    assert_eq!(store.head().await.expect("a head").0, 4_500);
    assert_eq!(store.last_observation().await.expect("asked"), 4_500);

    // What the journal holds can be written again.
    let page = store.observations_after(4_498, 10).await.expect("a page");
    let seqs: Vec<u64> = page.iter().map(|entry| entry.row().seq).collect();
    assert_eq!(seqs, [4_499, 4_500]);
    let other = ObservationRow { datastream: "late".to_owned(), ..row(4_501, START, Some(1.0)) };
    store.observations_fill(std::slice::from_ref(&other)).await.expect("filled");
    assert_eq!(store.history(span("late"), None, 10).await.expect("a page"), [other]);

    // What is said again of the same moment stands for what was said before.
    let again = ObservationRow { quality: Quality::Good, ..row(4_502, START, Some(7.0)) };
    store.observations_fill(std::slice::from_ref(&again)).await.expect("filled");
    let page = store.history(span("besos-level"), None, 2).await.expect("a page");
    assert_eq!((page[0].clone(), page[1].seq), (again, 2));
    let page = store.buckets(span("besos-level"), MINUTE as u64, 10).await.expect("buckets");
    let first = page.rows.first().expect("a bucket");
    assert_eq!((first.unit.as_deref(), first.n, first.n_all), (None, 8, 10), "{page:?}");
    store.close().await;
    let gone = store.history(span("late"), None, 10).await;
    assert!(matches!(gone, Err(StoreError::Unavailable(_))), "{gone:?}");
}

async fn paged(store: &Store, rows: &[ObservationRow]) {
    let page = store.history(span("besos-level"), None, 7).await.expect("a page");
    assert_eq!(page, rows[..7], "every column comes back as it was written");
    let mut read = 0;
    let mut after = None;
    loop {
        let page = store.history(span("besos-level"), after, u32::MAX).await.expect("a page");
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 1_000, "a page is bounded, whatever is asked");
        assert_eq!(page, rows[read..read + page.len()]);
        read += page.len();
        after = Some(HistoryCursor { phenomenon_at: last.phenomenon_at, seq: last.seq });
    }
    assert_eq!(read, 4_500);
    let narrow = Span {
        from: Timestamp(START + 6_000),
        to: Timestamp(START + 18_000),
        ..span("besos-level")
    };
    let seqs: Vec<u64> =
        store.history(narrow, None, 9).await.expect("a page").iter().map(|row| row.seq).collect();
    assert_eq!(seqs, [2, 3], "the end is not part of it");
    assert_eq!(store.history(span("other"), None, 9).await.expect("a page"), []);
    let theirs = Span { source: SourceKey(2), ..span("besos-level") };
    assert_eq!(store.history(theirs, None, 9).await.expect("a page"), []);
}

async fn added_up(store: &Store) {
    let minute = MINUTE as u64;
    let page = store.buckets(span("besos-level"), minute, 30).await.expect("buckets");
    assert_eq!(page.next, Some(Timestamp(START + 3 * MINUTE)), "what was cut short comes again");
    let plain = |at: i64, n: u64, n_all: u64, min, mean, max| BucketRow {
        at: Timestamp(at),
        unit: None,
        n,
        n_all,
        min: Some(min),
        mean: Some(mean),
        max: Some(max),
    };
    // Of the first minute: 1 m apart, 2 is bad and 3 is words; 4 to 9 and 0 are left.
    let first: Vec<BucketRow> =
        page.rows.iter().filter(|row| row.at == Timestamp(START)).cloned().collect();
    let metres = BucketRow { unit: Some("m".to_owned()), ..plain(START, 1, 1, 1.0, 1.0, 1.0) };
    assert_eq!(first, [plain(START, 7, 9, 0.0, 39.0 / 7.0, 9.0), metres]);
    let second = plain(START + MINUTE, 10, 10, 0.0, 4.5, 9.0);
    assert!(page.rows.contains(&second), "{page:?}");
    let rest = Span { from: Timestamp(START + 3 * MINUTE), ..span("besos-level") };
    let rest = store.buckets(rest, minute, u32::MAX).await.expect("buckets");
    assert_eq!((rest.rows.len(), rest.next), (447, None));
    // One stretch alone that is too much for a page: nothing, and the way on is the same place.
    let hour = 100 * 60 * MINUTE as u64;
    let page = store.buckets(span("besos-level"), hour, 5).await.expect("buckets");
    assert_eq!(page.rows, []);
    assert!(page.next.is_some());
}
