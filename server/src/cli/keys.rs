//! What `talaia partner add` and `rotate` say about a key: area, rates, its end, its lane.

use clap::Args;
use wire::geo::Bbox;
use wire::time::Timestamp;

use crate::store::{KeyKind, KeyTerms};

/// What a key is bound to.
#[derive(Debug, Clone, Args)]
pub(super) struct Terms {
    /// Places outside this box are rejected: west,south,east,north
    #[arg(long, value_name = "BOX", allow_hyphen_values = true)]
    area: Option<Bbox>,
    /// Requests a second, in place of the server's limit
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Reports and observations a second, in place of the server's limit
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    items: Option<u32>,
    /// Reports and observations a day, in place of the server's limit
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    daily: Option<u64>,
    /// The key ends then: a day such as 2027-01-01, or a time with its zone
    #[arg(long, value_name = "DAY", value_parser = moment)]
    expires: Option<Timestamp>,
    /// A key to try with: checked and answered as any, and nothing it sends is kept or shown to the room
    #[arg(long)]
    test: bool,
}

impl Terms {
    pub(super) fn terms(self) -> KeyTerms {
        KeyTerms {
            kind: if self.test { KeyKind::Test } else { KeyKind::Full },
            area: self.area,
            requests_per_s: self.rate,
            items_per_s: self.items,
            items_per_day: self.daily,
            expires_at: self.expires,
        }
    }
}

/// A day, which begins in UTC, or a moment.
fn moment(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .or_else(|_not_a_moment| format!("{text}T00:00:00Z").parse())
        .map_err(|_bad: wire::time::BadTime| "a day such as 2027-01-01".to_owned())
}

/// A length of time in milliseconds: `30m`, `12h`, `7d`.
pub(super) fn span(text: &str) -> Result<i64, String> {
    let wrong = || "a length of time such as 30m, 12h or 7d".to_owned();
    let unit_ms = match text.chars().last() {
        Some('d') => 86_400_000,
        Some('h') => 3_600_000,
        Some('m') => 60_000,
        _ => return Err(wrong()),
    };
    let n: u32 = text[..text.len() - 1].parse().map_err(|_bad| wrong())?;
    Ok(i64::from(n) * unit_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_in_utc_and_a_span_has_a_unit() {
        assert_eq!(
            moment("2027-01-01").map(|at| at.to_string()).as_deref(),
            Ok("2027-01-01T00:00:00Z")
        );
        assert_eq!(moment("2027-01-01T01:00:00+01:00"), moment("2027-01-01"));
        assert!(moment("soon").is_err());
        assert_eq!(span("7d"), Ok(604_800_000));
        assert_eq!(span("12h"), Ok(43_200_000));
        for wrong in ["", "d", "7", "7w", "-1d", "é"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }
}
