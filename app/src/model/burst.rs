//! How far down a burst is drawn: as far as it is in sight, until it has passed or somebody turns to the list.

use wire::id::ReportId;

use crate::model::Row;
use crate::model::order::set_of;

/// When more than this come in on top at once, nobody reads them one by one: several screenfuls.
const BURST: usize = 48;
/// How many of these rows to draw now, after those that are drawn; so many are in sight.
pub fn depth(drawn: &[Row], rows: &[Row], in_sight: usize) -> usize {
    let known = set_of(drawn.iter().map(version));
    let on_top = rows.iter().take_while(|row| !known.contains(&version(row))).count();
    if on_top > BURST { in_sight.min(rows.len()) } else { rows.len() }
}

/// Whether so much came in that what was on top is out of reach, or gone.
pub fn is_burst(top_before: Option<ReportId>, rows: &[Row]) -> bool {
    top_before.is_some_and(|top| !rows.iter().take(BURST + 1).any(|row| row.report.id == top))
}

fn version(row: &Row) -> (ReportId, u64) {
    (row.report.id, row.report.properties.seq)
}
