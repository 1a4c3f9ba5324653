//! The hourly ledger: what each source sent in each hour, written in the transaction of what it counts.

use std::collections::BTreeMap;

use engine::entry::SourceKey;
use wire::time::Timestamp;

use super::rows::source_key;
use super::{Store, StoreError, in_transaction, reading, unsigned};

/// An hour.
pub const HOUR_MS: i64 = 3_600_000;
/// A day.
const DAY_MS: i64 = 24 * HOUR_MS;

/// Bytes of one sample of what was wrong: a sentence or two.
const DETAIL_BYTES_MAX: usize = 500;

/// What a group adds to an hour of a source. `received = accepted + folded + rejected` by construction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HourRow {
    /// Whose.
    pub source: SourceKey,
    /// The start of the hour.
    pub hour: Timestamp,
    /// Items stored as the newest version.
    pub accepted: u64,
    /// Items known already, and versions replaced.
    pub folded: u64,
    /// Bytes on the wire.
    pub bytes: u64,
    /// Items refused, by reason.
    pub rejected: BTreeMap<String, Refusals>,
}

/// Refusals for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusals {
    /// How many.
    pub n: u64,
    /// The first.
    pub first_at: Timestamp,
    /// The last.
    pub last_at: Timestamp,
    /// One of them in words.
    pub detail: Option<String>,
}

/// The start of the hour of a moment.
pub fn hour_of(at: Timestamp) -> Timestamp {
    Timestamp(at.0 - at.0.rem_euclid(HOUR_MS))
}

impl HourRow {
    /// Nothing yet, in the hour of this moment.
    pub fn new(source: SourceKey, at: Timestamp) -> Self {
        let rejected = BTreeMap::new();
        Self { source, hour: hour_of(at), accepted: 0, folded: 0, bytes: 0, rejected }
    }

    /// Counts refusals; the first detail stays.
    pub fn reject(&mut self, reason: &str, n: u64, at: Timestamp, detail: Option<&str>) {
        let cut = |text: &str| {
            let end = text.floor_char_boundary(DETAIL_BYTES_MAX);
            text[..end].replace('\0', " ")
        };
        let of = self.rejected.entry(reason.to_owned()).or_insert_with(|| Refusals {
            n: 0,
            first_at: at,
            last_at: at,
            detail: detail.filter(|text| !text.is_empty()).map(cut),
        });
        of.n += n;
        of.last_at = of.last_at.max(at);
    }

    /// Items refused.
    pub fn n_rejected(&self) -> u64 {
        self.rejected.values().map(|of| of.n).sum()
    }

    /// Items in all.
    pub fn received(&self) -> u64 {
        self.accepted + self.folded + self.n_rejected()
    }
}

/// The sums of some hours of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct HourTotal {
    source_key: i64,
    received: i64,
    accepted: i64,
    folded: i64,
    rejected: i64,
    bytes: i64,
}

impl HourTotal {
    /// Whose, and the sums.
    pub fn told(&self) -> Result<(SourceKey, wire::desk::DayAccount), StoreError> {
        let count = |n: i64| unsigned(n, "an hourly ledger");
        let account = wire::desk::DayAccount {
            received: count(self.received)?,
            accepted: count(self.accepted)?,
            folded: count(self.folded)?,
            rejected: count(self.rejected)?,
            bytes: count(self.bytes)?,
        };
        Ok((source_key(self.source_key)?, account))
    }
}

/// The sums of one day of one source.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DayRow {
    /// The start of the day, in UTC.
    pub day: i64,
    /// The sums.
    #[sqlx(flatten)]
    pub total: HourTotal,
}

/// Refusals of one source for one reason, in some hours.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ReasonRow {
    source_key: i64,
    /// The start of the day, where days were asked for.
    pub day: i64,
    /// Why.
    pub reason: String,
    n: i64,
    first_at: i64,
    last_at: i64,
    /// One of them in words.
    pub detail: Option<String>,
}

impl ReasonRow {
    /// Whose.
    pub fn source(&self) -> Result<SourceKey, StoreError> {
        source_key(self.source_key)
    }

    /// How many.
    pub fn n(&self) -> Result<u64, StoreError> {
        unsigned(self.n, "an hourly ledger")
    }

    /// The first and the last.
    pub fn span(&self) -> (Timestamp, Timestamp) {
        (Timestamp(self.first_at), Timestamp(self.last_at))
    }
}

pub(super) const HOUR: &str = "INSERT INTO ledger_hour \
     (source_key, hour, received, accepted, folded, rejected, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7) \
     ON CONFLICT (source_key, hour) DO UPDATE SET \
     received = ledger_hour.received + excluded.received, \
     accepted = ledger_hour.accepted + excluded.accepted, \
     folded = ledger_hour.folded + excluded.folded, \
     rejected = ledger_hour.rejected + excluded.rejected, \
     bytes = ledger_hour.bytes + excluded.bytes";
pub(super) const HOUR_REJECTED: &str = "INSERT INTO ledger_hour_rejected \
     (source_key, hour, reason, n, first_at, last_at, detail) VALUES ($1, $2, $3, $4, $5, $6, $7) \
     ON CONFLICT (source_key, hour, reason) DO UPDATE SET \
     n = ledger_hour_rejected.n + excluded.n, \
     last_at = excluded.last_at, \
     detail = COALESCE(excluded.detail, ledger_hour_rejected.detail)";

const SINCE: &str = "SELECT source_key, CAST(SUM(received) AS BIGINT) AS received, \
     CAST(SUM(accepted) AS BIGINT) AS accepted, CAST(SUM(folded) AS BIGINT) AS folded, \
     CAST(SUM(rejected) AS BIGINT) AS rejected, CAST(SUM(bytes) AS BIGINT) AS bytes \
     FROM ledger_hour WHERE hour >= $1 GROUP BY source_key ORDER BY source_key";
const DAYS: &str = "SELECT source_key, hour - hour % $3 AS day, CAST(SUM(received) AS BIGINT) AS received, \
     CAST(SUM(accepted) AS BIGINT) AS accepted, CAST(SUM(folded) AS BIGINT) AS folded, \
     CAST(SUM(rejected) AS BIGINT) AS rejected, CAST(SUM(bytes) AS BIGINT) AS bytes \
     FROM ledger_hour WHERE hour >= $1 AND hour < $2 GROUP BY source_key, day ORDER BY day, source_key";
const REASONS: &str = "SELECT source_key, hour - hour % $3 AS day, reason, CAST(SUM(n) AS BIGINT) AS n, \
     MIN(first_at) AS first_at, MAX(last_at) AS last_at, MAX(detail) AS detail \
     FROM ledger_hour_rejected WHERE hour >= $1 AND hour < $2 \
     GROUP BY source_key, day, reason ORDER BY day, source_key, n DESC, reason";
const DROP: [&str; 2] =
    ["DELETE FROM ledger_hour WHERE hour < $1", "DELETE FROM ledger_hour_rejected WHERE hour < $1"];

/// The statements of some hours, for either database.
macro_rules! write_hours {
    ($tx:ident, $db:ty, $hours:expr) => {{
        for hour in $hours {
            let key = i64::from(hour.source.0);
            sqlx::query($crate::store::hours::HOUR)
                .bind(key)
                .bind(hour.hour.0)
                .bind($crate::store::big(hour.received()))
                .bind($crate::store::big(hour.accepted))
                .bind($crate::store::big(hour.folded))
                .bind($crate::store::big(hour.n_rejected()))
                .bind($crate::store::big(hour.bytes))
                .execute(&mut *$tx)
                .await?;
            for (reason, of) in &hour.rejected {
                sqlx::query($crate::store::hours::HOUR_REJECTED)
                    .bind(key)
                    .bind(hour.hour.0)
                    .bind(reason)
                    .bind($crate::store::big(of.n))
                    .bind(of.first_at.0)
                    .bind(of.last_at.0)
                    .bind(of.detail.as_deref())
                    .execute(&mut *$tx)
                    .await?;
            }
        }
    }};
}
pub(super) use write_hours;

impl Store {
    /// What each source sent from this hour on.
    pub async fn hours_since(&self, from: Timestamp) -> Result<Vec<HourTotal>, StoreError> {
        Ok(reading!(self, db => sqlx::query_as(SINCE).bind(from.0).fetch_all(db).await?))
    }

    /// What each source sent on each day (UTC) of a span.
    pub async fn days(&self, from: Timestamp, to: Timestamp) -> Result<Vec<DayRow>, StoreError> {
        Ok(reading!(self, db => sqlx::query_as(DAYS)
            .bind(from.0).bind(to.0).bind(DAY_MS).fetch_all(db).await?))
    }

    /// What was refused in a span, by source and reason; of each day apart with `by_day`.
    pub async fn refusals(
        &self,
        from: Timestamp,
        to: Timestamp,
        by_day: bool,
    ) -> Result<Vec<ReasonRow>, StoreError> {
        // No day is as long as all time.
        let stretch = if by_day { DAY_MS } else { i64::MAX };
        Ok(reading!(self, db => sqlx::query_as(REASONS)
            .bind(from.0).bind(to.0).bind(stretch).fetch_all(db).await?))
    }

    /// Drops the hours before a moment.
    pub async fn hours_drop(&self, before: Timestamp) -> Result<(), StoreError> {
        in_transaction!(self, tx, Db => {
            for sql in DROP {
                sqlx::query::<Db>(sql).bind(before.0).execute(&mut *tx).await?;
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_balances_whatever_is_counted() {
        let mut hour = HourRow::new(SourceKey(1), Timestamp(2 * HOUR_MS + 5));
        assert_eq!((hour.hour, hour.received()), (Timestamp(2 * HOUR_MS), 0));
        hour.accepted += 3;
        hour.folded += 2;
        hour.reject("bad_time", 2, Timestamp(10), Some("first"));
        hour.reject("bad_time", 1, Timestamp(20), Some("second"));
        hour.reject("nul", 1, Timestamp(20), Some(&"é".repeat(1_000)));
        assert_eq!((hour.received(), hour.n_rejected()), (9, 4));
        let of = &hour.rejected["bad_time"];
        assert_eq!((of.first_at, of.last_at), (Timestamp(10), Timestamp(20)));
        assert_eq!(of.detail.as_deref(), Some("first"));
        assert_eq!(hour.rejected["nul"].detail.as_ref().map(String::len), Some(DETAIL_BYTES_MAX));
        assert_eq!(hour_of(Timestamp(-1)), Timestamp(-HOUR_MS));
    }
}
