//! Where a source goes on stands in the database with what it gave, or neither does.
//!
//! The fault is in the database itself: it refuses one of the two writes, and then it is asked what stands there. Were they two
//! transactions, one would stand without the other.

use serde_json::{Value, json};
use server::source::SourceConfig;
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use support::partner::Partner;
use support::town::Town;
use support::wait::until;
use wire::view::Mode;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// Refuses to keep a cursor, and names nothing else.
const NO_CURSOR: &str = "CREATE TRIGGER fault BEFORE INSERT ON meta WHEN new.name LIKE 'cursor:%' BEGIN SELECT RAISE(ABORT, 'fault'); END";
/// Refuses to keep an entry.
const NO_ENTRY: &str = "CREATE TRIGGER fault BEFORE INSERT ON journal WHEN new.report_id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'fault'); END";
/// The negative control: what a fault looks like that touches neither of the two.
const NO_FAULT: &str = "CREATE TRIGGER fault BEFORE INSERT ON meta WHEN new.name = 'nobody' BEGIN SELECT RAISE(ABORT, 'fault'); END";

async fn database(town: &Town) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(town.data_dir().join("talaia.db"));
    SqliteConnection::connect_with(&options).await.expect("the database opens")
}

/// Reports in the journal, and cursors.
async fn stands(database: &mut SqliteConnection) -> (i64, i64) {
    let count = "SELECT (SELECT COUNT(*) FROM journal WHERE report_id IS NOT NULL), \
        (SELECT COUNT(*) FROM meta WHERE name LIKE 'cursor:%')";
    sqlx::query_as(count).fetch_one(database).await.expect("counts")
}

async fn status(reader: &Partner) -> Value {
    let list = reader.ask("/api/v1/sources").await.expect_status(200).json();
    let sources = list["sources"].as_array().cloned().unwrap_or_default();
    sources.into_iter().find(|source| source["id"] == "feed:usgs").unwrap_or(Value::Null)
}

/// A room whose database has a fault before its upstream says the first word.
async fn room(upstream: &MockServer, fault: &'static str) -> (Town, Partner, SqliteConnection) {
    let source = SourceConfig {
        interval_s: 1,
        allow_private: true,
        ..SourceConfig::new("usgs", format!("{}/feed", upstream.uri()))
    };
    let town = Town::with(|config| {
        config.sources = vec![source];
        config.limits.requests_per_s = 10_000;
    })
    .await;
    let mut database = database(&town).await;
    sqlx::query(fault).execute(&mut database).await.expect("the fault is in place");
    let reader = town.partner("reader", "read", Mode::Live).await;
    let now = server::clock::Clock::System.now().0;
    let event = json!({"type": "Feature", "id": "a", "geometry": {"type": "Point", "coordinates": [2.1, 41.4, 10.0]},
        "properties": {"mag": 5.0, "time": now - 60_000, "updated": now - 60_000, "type": "earthquake", "title": "M 5"}});
    let feed =
        json!({"type": "FeatureCollection", "metadata": {"generated": now}, "features": [event]});
    let answer = ResponseTemplate::new(200).insert_header("etag", "\"one\"").set_body_json(feed);
    Mock::given(method("GET")).respond_with(answer).mount(upstream).await;
    (town, reader, database)
}

/// Whether each question so far told what is known, in order.
async fn known(upstream: &MockServer) -> Vec<bool> {
    let asked = upstream.received_requests().await.unwrap_or_default();
    asked.iter().map(|one| one.headers.contains_key("if-none-match")).collect()
}

#[tokio::test]
async fn a_cursor_and_its_entries_stand_together_or_not_at_all() {
    for fault in [NO_CURSOR, NO_ENTRY] {
        let upstream = MockServer::start().await;
        let (mut town, reader, mut database) = room(&upstream, fault).await;
        let why = until("broken by the fault", async || {
            let status = status(&reader).await;
            let why = status["reason"].as_str().unwrap_or_default().to_owned();
            // Before its upstream says anything it answers 404.
            (status["status"] == "broken" && !why.contains("404")).then_some(why)
        })
        .await;
        assert_eq!(stands(&mut database).await, (0, 0), "{fault}");
        let list = reader.ask("/api/v1/reports").await.json();
        assert_eq!(list["features"], json!([]), "what is not on disk is not shown");
        // Nothing of it is remembered across a kill either, so that what was refused is asked for whole again.
        town.kill().await;
        let before = known(&upstream).await.len();
        sqlx::query("DROP TRIGGER fault").execute(&mut database).await.expect("mended");
        town.run().await;
        reader.account("feed:usgs", "the event", |ledger| ledger.accepted == 1).await;
        let told = known(&upstream).await;
        assert_eq!(told.get(before), Some(&false), "after {fault}: {why}, {told:?} from {before}");
        assert_eq!(stands(&mut database).await, (1, 1));
        // The next upstream may get the address of this one, and must not be asked by this room.
        town.stop().await;
    }
}

#[tokio::test]
async fn without_a_fault_both_stand_and_the_next_question_tells_what_is_known() {
    let upstream = MockServer::start().await;
    let (mut town, reader, mut database) = room(&upstream, NO_FAULT).await;
    reader.account("feed:usgs", "the event", |ledger| ledger.accepted == 1).await;
    assert_eq!(stands(&mut database).await, (1, 1));
    town.kill().await;
    let before = known(&upstream).await.len();
    town.run().await;
    let told =
        until("a question after the kill", async || known(&upstream).await.get(before).copied());
    assert!(told.await, "what was known is told");
}
