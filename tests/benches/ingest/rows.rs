//! The rows that ours wrote, read back as they stand, for the peers to write again.

use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Column as _, Row as _, TypeInfo as _, ValueRef as _};

/// The tables that an append writes, as they depend on each other.
pub(crate) const TABLES: [&str; 4] = ["journal", "payload", "payload_key", "observation"];

/// A folder on the file system of the target directory, where a database would really be; not one in memory.
pub(crate) fn place() -> tempfile::TempDir {
    let own = std::env::current_exe().unwrap();
    let target = own.ancestors().nth(3).unwrap();
    tempfile::Builder::new().prefix("ingest-").tempdir_in(target).unwrap()
}

/// One value.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
}

/// The rows of one table.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// What one round wrote.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) tables: Vec<Table>,
}

impl Written {
    /// Rows of the journal.
    pub(crate) fn n(&self) -> usize {
        self.tables[0].rows.len()
    }

    /// The rows of one batch, table by table.
    pub(crate) fn batch(
        &self,
        size: usize,
        at: usize,
    ) -> impl Iterator<Item = (&Table, &[Vec<Cell>])> {
        self.tables.iter().map(move |table| {
            let from = (size * at).min(table.rows.len());
            let to = (from + size).min(table.rows.len());
            (table, &table.rows[from..to])
        })
    }
}

/// The newest `n` entries and what belongs to them.
pub(crate) async fn newest(pool: &SqlitePool, n: usize) -> Written {
    let head: i64 = sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM journal")
        .fetch_one(pool)
        .await
        .unwrap();
    let after = head - i64::try_from(n).unwrap();
    let mut tables = Vec::new();
    for name in TABLES {
        // Up to where the count began: the server itself may have said something since.
        let sql = format!("SELECT * FROM {name} WHERE seq > $1 AND seq <= $2 ORDER BY seq");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(after).bind(head);
        let rows: Vec<SqliteRow> = query.fetch_all(pool).await.unwrap();
        let columns = rows.first().map_or_else(Vec::new, |row| {
            row.columns().iter().map(|column| column.name().to_owned()).collect()
        });
        tables.push(Table { name, columns, rows: rows.iter().map(cells).collect() });
    }
    Written { tables }
}

fn cells(row: &SqliteRow) -> Vec<Cell> {
    (0..row.len())
        .map(|at| {
            let value = row.try_get_raw(at).unwrap();
            if value.is_null() {
                return Cell::Null;
            }
            match value.type_info().name() {
                "INTEGER" => Cell::Integer(row.get(at)),
                "REAL" => Cell::Real(row.get(at)),
                "TEXT" => Cell::Text(row.get(at)),
                "BLOB" => Cell::Bytes(row.get(at)),
                other => panic!("a column of type {other}: teach the bench about it"),
            }
        })
        .collect()
}
