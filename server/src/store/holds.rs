//! Legal holds, as rows.

use wire::geo::Bbox;
use wire::time::Timestamp;
use wire::view::Mode;

use super::rows::{mode_of, mode_word};
use super::{Store, StoreError, big, in_transaction, reading, unsigned, writing};

/// A legal hold.
#[derive(Debug, Clone, PartialEq)]
pub struct HoldRow {
    /// Its number; 0 before it is stored.
    pub id: u64,
    /// Live or exercise.
    pub mode: Mode,
    /// What was observed from here on,
    pub since: Timestamp,
    /// and before this; none while it goes on.
    pub until: Option<Timestamp>,
    /// Where; none is everywhere.
    pub area: Option<Bbox>,
    /// Why, in the words of who set it.
    pub reason: String,
    /// The situation that was confirmed, if that set it.
    pub situation: Option<u64>,
    /// The name of the login that set it.
    pub set_by: String,
    /// When.
    pub set_at: Timestamp,
    /// Who released it, and when.
    pub released: Option<(String, Timestamp)>,
}

#[derive(sqlx::FromRow)]
struct Line {
    hold_id: i64,
    mode: String,
    since_at: i64,
    until_at: Option<i64>,
    west: Option<f64>,
    south: Option<f64>,
    east: Option<f64>,
    north: Option<f64>,
    reason: String,
    situation: Option<i64>,
    set_by: String,
    set_at: i64,
    released_by: Option<String>,
    released_at: Option<i64>,
}

const NEXT: &str = "SELECT COALESCE(MAX(hold_id), 0) + 1 FROM legal_hold";
const INSERT: &str = "INSERT INTO legal_hold (hold_id, mode, since_at, until_at, west, south, east, north, reason, \
     situation, set_by, set_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const ALL: &str = "SELECT hold_id, mode, since_at, until_at, west, south, east, north, reason, situation, set_by, \
     set_at, released_by, released_at FROM legal_hold ORDER BY hold_id DESC LIMIT 1000";
const IN_FORCE: &str = "SELECT hold_id, mode, since_at, until_at, west, south, east, north, reason, situation, set_by, \
     set_at, released_by, released_at FROM legal_hold WHERE released_at IS NULL ORDER BY hold_id";
const RELEASE: &str = "UPDATE legal_hold SET released_by = $2, released_at = $3 \
     WHERE hold_id = $1 AND released_at IS NULL";
const END: &str = "UPDATE legal_hold SET until_at = $3 \
     WHERE mode = $1 AND situation = $2 AND until_at IS NULL AND released_at IS NULL";
const DROP: &str = "DELETE FROM legal_hold WHERE hold_id = $1";

fn row(line: Line) -> Result<HoldRow, StoreError> {
    let area = match (line.west, line.south, line.east, line.north) {
        (Some(west), Some(south), Some(east), Some(north)) => {
            let bbox = Bbox::new(west, south, east, north);
            Some(bbox.map_err(|bad| StoreError::Corrupt(format!("a hold's area: {bad}")))?)
        }
        _ => None,
    };
    Ok(HoldRow {
        id: unsigned(line.hold_id, "a hold's number")?,
        mode: mode_of(&line.mode)?,
        since: Timestamp(line.since_at),
        until: line.until_at.map(Timestamp),
        area,
        reason: line.reason,
        situation: line.situation.map(|id| unsigned(id, "a situation")).transpose()?,
        set_by: line.set_by,
        set_at: Timestamp(line.set_at),
        released: line.released_by.zip(line.released_at.map(Timestamp)),
    })
}

impl Store {
    /// Sets a hold; gives its number.
    pub async fn hold_set(&self, hold: &HoldRow) -> Result<u64, StoreError> {
        let area = hold.area.map(|area| [area.west(), area.south(), area.east(), area.north()]);
        let edge = |at: usize| area.map(|area| area[at]);
        let id: i64 = in_transaction!(self, tx, Db => {
            let id: i64 = sqlx::query_scalar::<Db, i64>(NEXT).fetch_one(&mut *tx).await?;
            sqlx::query::<Db>(INSERT)
                .bind(id)
                .bind(mode_word(hold.mode))
                .bind(hold.since.0)
                .bind(hold.until.map(|at| at.0))
                .bind(edge(0))
                .bind(edge(1))
                .bind(edge(2))
                .bind(edge(3))
                .bind(hold.reason.as_str())
                .bind(hold.situation.map(big))
                .bind(hold.set_by.as_str())
                .bind(hold.set_at.0)
                .execute(&mut *tx)
                .await?;
            id
        });
        unsigned(id, "a hold's number")
    }

    /// All holds, the newest first: the last thousand.
    pub async fn holds(&self) -> Result<Vec<HoldRow>, StoreError> {
        let lines: Vec<Line> = reading!(self, db => sqlx::query_as(ALL).fetch_all(db).await?);
        lines.into_iter().map(row).collect()
    }

    /// Those that were not released.
    pub async fn holds_in_force(&self) -> Result<Vec<HoldRow>, StoreError> {
        let lines: Vec<Line> = reading!(self, db => sqlx::query_as(IN_FORCE).fetch_all(db).await?);
        lines.into_iter().map(row).collect()
    }

    /// Releases one; false if there is none in force with this number.
    pub async fn hold_release(&self, id: u64, by: &str, at: Timestamp) -> Result<bool, StoreError> {
        let n = writing!(self, db => sqlx::query(RELEASE)
            .bind(big(id)).bind(by).bind(at.0).execute(db).await?.rows_affected());
        Ok(n > 0)
    }

    /// The hours of what a confirmed situation set end here: what comes later is another matter.
    pub async fn holds_end(
        &self,
        mode: Mode,
        situation: u64,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        writing!(self, db => sqlx::query(END)
            .bind(mode_word(mode)).bind(big(situation)).bind(until.0).execute(db).await
            .map(|_done| ())?);
        Ok(())
    }

    /// Takes away one whose reason did not come to be.
    pub async fn hold_drop(&self, id: u64) -> Result<(), StoreError> {
        writing!(self, db => sqlx::query(DROP).bind(big(id)).execute(db).await.map(|_done| ())?);
        Ok(())
    }
}
