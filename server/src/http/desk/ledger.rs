//! `GET /api/v1/ledger`: a month's account by day and source, as CSV.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::entry::SourceKey;
use wire::time::Timestamp;

use super::super::params::{Params, wrong};
use super::super::problem::Fault;
use crate::auth::DeskUser;
use crate::export::harmless;
use crate::state::App;

/// The columns: `received = accepted + joined + rejected` in each row.
const HEADER: [&str; 10] = [
    "day", "source", "name", "mode", "received", "accepted", "joined", "rejected", "bytes",
    "reasons",
];
/// Reasons of one row at most: the rest is a sum.
const REASONS_MAX: usize = 20;

/// `GET /api/v1/ledger?month=2026-11[&mode=]`
pub(super) async fn month(
    State(app): State<App>,
    user: DeskUser,
    mut params: Params,
) -> Result<Response, Fault> {
    let month: String = params.need("month", MUST_BE)?;
    let mode = params.mode()?;
    params.end()?;
    let mode = user.mode(mode)?;
    let (from, to) =
        span(&month).ok_or_else(|| wrong("month", &format!("month must be {MUST_BE}")))?;
    let rows = app.store.sources().await?;
    let mut reasons: BTreeMap<(i64, SourceKey), Vec<(String, u64)>> = BTreeMap::new();
    for row in app.store.refusals(from, to, true).await? {
        let place = (row.day, row.source()?);
        reasons.entry(place).or_default().push((row.reason.clone(), row.n()?));
    }
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(HEADER).map_err(Fault::internal)?;
    for day in app.store.days(from, to).await? {
        let (key, account) = day.total.told()?;
        let row = rows.iter().find(|row| row.key == key && row.mode == mode && user.sees(key));
        let Some(row) = row else { continue };
        let told = reasons.get(&(day.day, key)).map(Vec::as_slice).unwrap_or_default();
        let date = Timestamp(day.day).to_string();
        let counts =
            [account.received, account.accepted, account.folded, account.rejected, account.bytes];
        let mut record = vec![date[..10.min(date.len())].to_owned()];
        record.extend([&row.id, &row.name].map(|text| harmless(text)));
        record.push(row.mode.word().to_owned());
        record.extend(counts.map(|n| n.to_string()));
        record.push(harmless(&in_words(told)));
        table.write_record(&record).map_err(Fault::internal)?;
    }
    let bytes = table.into_inner().map_err(|cause| Fault::internal(cause.error()))?;
    let disposition = format!("attachment; filename=\"talaia-ledger-{month}.csv\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((StatusCode::OK, headers, bytes).into_response())
}

const MUST_BE: &str = "a month such as 2026-11";

/// The months of a year and a day of each, and where they end.
fn span(month: &str) -> Option<(Timestamp, Timestamp)> {
    let (year, number) = month.split_once('-')?;
    let is_written = month.len() == 7 && month.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let (year, number): (i64, i64) = (year.parse().ok()?, number.parse().ok()?);
    if !is_written || !(1..=12).contains(&number) || year < 1970 {
        return None;
    }
    let (next_year, next) = if number == 12 { (year + 1, 1) } else { (year, number + 1) };
    let first = |year: i64, month: i64| format!("{year:04}-{month:02}-01T00:00:00Z").parse().ok();
    Some((first(year, number)?, first(next_year, next)?))
}

fn in_words(reasons: &[(String, u64)]) -> String {
    let told = reasons.iter().take(REASONS_MAX).map(|(reason, n)| format!("{reason} {n}"));
    let mut told: Vec<String> = told.collect();
    let rest: u64 = reasons.iter().skip(REASONS_MAX).map(|(_, n)| n).sum();
    if rest > 0 {
        told.push(format!("others {rest}"));
    }
    told.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_from_its_first_to_the_next_ones_first() {
        let told = |month: &str| span(month).map(|(from, to)| (from.to_string(), to.to_string()));
        let (from, to) = told("2026-12").expect("a month");
        assert!(from.starts_with("2026-12-01T00:00:00") && to.starts_with("2027-01-01T00:00:00"));
        for wrong in
            ["2026", "2026-13", "2026-00", "26-11", "2026-1", "-026-11", "2026-11-01", "é026-1"]
        {
            assert_eq!(told(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn reasons_are_told_in_words() {
        assert_eq!(
            in_words(&[("bad_time".to_owned(), 3), ("nul".to_owned(), 1)]),
            "bad_time 3; nul 1"
        );
    }
}
