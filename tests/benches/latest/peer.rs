//! The peer: PostgreSQL with the rows of observations as ours keeps them beside its journal, and an index for the question.

use std::path::Path;
use std::sync::Arc;

use sqlx::migrate::Migrator;
use sqlx::postgres::PgPoolOptions;
use sqlx::{PgPool, Postgres as Pg, QueryBuilder};
use support::postgres::Postgres;

use crate::{BATCH, DATASTREAMS, Keeper};

/// The usual way to ask.
pub(crate) const DISTINCT: &str = "SELECT DISTINCT ON (source_key, datastream) datastream, phenomenon_at, number, unit \
     FROM observation ORDER BY source_key, datastream, phenomenon_at DESC, seq DESC";
/// With a list of the datastreams beside, which spares reading what is old.
pub(crate) const LATERAL: &str = "SELECT stream.datastream, newest.phenomenon_at, newest.number, newest.unit FROM stream \
     CROSS JOIN LATERAL (SELECT phenomenon_at, number, unit FROM observation \
     WHERE observation.source_key = 1 AND observation.datastream = stream.datastream \
     ORDER BY phenomenon_at DESC, seq DESC LIMIT 1) newest";

/// A cluster with the rows in it.
pub(crate) struct Database {
    pool: PgPool,
    cluster: Arc<Postgres>,
}

impl Database {
    pub(crate) async fn start(filled: usize) -> Result<Self, String> {
        let cluster = Arc::new(Postgres::start()?);
        let url = cluster.fresh_database()?;
        let pool = PgPoolOptions::new()
            .max_connections(2)
            .connect(&url)
            .await
            .map_err(|cause| cause.to_string())?;
        let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/postgres");
        Migrator::new(migrations).await.unwrap().run(&pool).await.unwrap();
        sqlx::query("CREATE TABLE stream (datastream TEXT PRIMARY KEY)")
            .execute(&pool)
            .await
            .unwrap();
        let names = format!(
            "INSERT INTO stream SELECT 'gauge-' || n FROM generate_series(0, {}) n",
            DATASTREAMS - 1
        );
        sqlx::query(sqlx::AssertSqlSafe(names)).execute(&pool).await.unwrap();
        for from in (0..filled).step_by(ROWS_PER_STATEMENT) {
            insert(&pool, from, ROWS_PER_STATEMENT).await;
        }
        sqlx::query("VACUUM ANALYZE").execute(&pool).await.unwrap();
        Ok(Self { pool, cluster })
    }

    /// `PostgreSQL 15.18`.
    pub(crate) fn version(&self) -> String {
        self.cluster.version()
    }

    /// The database, asked in this way.
    pub(crate) fn ask_by(&self, way: &'static str, question: &'static str) -> Peer {
        Peer { pool: self.pool.clone(), way, question, _cluster: Arc::clone(&self.cluster) }
    }
}

/// Below the limit of bound values at seven columns.
const ROWS_PER_STATEMENT: usize = 5_000;

/// The database and a way to ask it.
#[derive(Clone)]
pub(crate) struct Peer {
    pool: PgPool,
    way: &'static str,
    question: &'static str,
    _cluster: Arc<Postgres>,
}

impl Peer {
    pub(crate) fn name(&self) -> &'static str {
        self.way
    }
}

type Row = (String, i64, Option<f64>, Option<String>);

impl Keeper for Peer {
    async fn take(&self, from: usize) {
        insert(&self.pool, from, BATCH).await;
    }

    async fn sum(&self) -> (f64, usize) {
        let rows: Vec<Row> = sqlx::query_as(self.question).fetch_all(&self.pool).await.unwrap();
        (rows.iter().filter_map(|row| row.2).sum(), rows.len())
    }

    async fn ask(&self) {
        let _rows: Vec<Row> = sqlx::query_as(self.question).fetch_all(&self.pool).await.unwrap();
    }
}

/// One transaction.
async fn insert(pool: &PgPool, from: usize, n: usize) {
    let mut insert = QueryBuilder::<Pg>::new(
        "INSERT INTO observation (seq, source_key, mode, datastream, phenomenon_at, recorded_at, number, unit) ",
    );
    insert.push_values(from..from + n, |mut tuple, n| {
        let at = 1_000 * i64::try_from(n / DATASTREAMS).unwrap();
        tuple
            .push_bind(i64::try_from(n).unwrap())
            .push_bind(1_i64)
            .push_bind("live")
            .push_bind(format!("gauge-{}", n % DATASTREAMS))
            .push_bind(at)
            .push_bind(at)
            .push_bind(n as f64)
            .push_bind("cm");
    });
    insert.build().execute(pool).await.unwrap();
}
