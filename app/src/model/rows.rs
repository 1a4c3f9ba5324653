//! The rows of the list: newest first, and nothing moves under a pointer or a selection.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wire::id::ReportId;
use wire::report::ReportFeature;

/// Rows on screen at most: what one view asks for.
pub const ROWS_MAX: usize = 100;

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The report in its newest version.
    pub report: Arc<ReportFeature>,
    /// It left the view while the list was held; it is drawn dim until the list moves again.
    pub gone: bool,
}

/// The rows, and what waits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    rows: Vec<Row>,
    waiting: usize,
}

impl Rows {
    /// Brings the rows up to date. Held, they keep their order and places, and new reports wait to be taken in.
    pub fn sync<'a>(&mut self, reports: impl Iterator<Item = &'a ReportFeature>, held: bool) {
        let fresh: BTreeMap<ReportId, &ReportFeature> =
            reports.map(|report| (report.id, report)).collect();
        if held {
            for row in &mut self.rows {
                match fresh.get(&row.report.id) {
                    Some(report) => {
                        row.gone = false;
                        if row.report.properties.seq != report.properties.seq {
                            row.report = Arc::new((*report).clone());
                        }
                    }
                    None => row.gone = true,
                }
            }
            let shown: BTreeSet<ReportId> = self.rows.iter().map(|row| row.report.id).collect();
            let last = self.rows.last().map_or(0, |row| row.report.properties.seq);
            let enter = |report: &&&ReportFeature| {
                !shown.contains(&report.id)
                    && (shown.len() < ROWS_MAX || report.properties.seq > last)
            };
            self.waiting = fresh.values().filter(enter).count();
            return;
        }
        let known: BTreeMap<ReportId, Arc<ReportFeature>> =
            self.rows.drain(..).map(|row| (row.report.id, row.report)).collect();
        let newest: BTreeMap<(u64, ReportId), &ReportFeature> = fresh
            .into_values()
            .map(|report| ((report.properties.seq, report.id), report))
            .collect();
        let row = |report: &ReportFeature| {
            let same =
                known.get(&report.id).filter(|old| old.properties.seq == report.properties.seq);
            Row { report: same.map_or_else(|| Arc::new(report.clone()), Arc::clone), gone: false }
        };
        self.rows = newest.into_values().rev().take(ROWS_MAX).map(row).collect();
        self.waiting = 0;
    }

    /// The rows from the top.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many new reports wait behind a held list.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// The row `step` places below the given one (above when negative); from nowhere, the first.
    pub fn beside(&self, from: Option<ReportId>, step: isize) -> Option<ReportId> {
        let at = from.and_then(|id| self.rows.iter().position(|row| row.report.id == id));
        let last = self.rows.len().checked_sub(1)?;
        let to = at.map_or(0, |at| at.saturating_add_signed(step).min(last));
        self.rows.get(to).map(|row| row.report.id)
    }
}
