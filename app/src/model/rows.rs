//! The rows of the list: newest first, and nothing moves under a pointer or a selection.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use wire::id::ReportId;
use wire::report::ReportFeature;

use super::order::set_of;

/// Rows on screen at most: what one view asks for.
pub const ROWS_MAX: usize = 100;

/// One row.
#[derive(Debug, Clone)]
pub struct Row {
    /// The report in its newest version.
    pub report: Arc<ReportFeature>,
    /// It left the view while the list was held; it is drawn dim until the list moves again.
    pub gone: bool,
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        // Most are the same one; to compare a hundred reports word by word several times a second is dear.
        self.gone == other.gone
            && (Arc::ptr_eq(&self.report, &other.report) || self.report == other.report)
    }
}

/// The rows, and what waits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    rows: Vec<Row>,
    waiting: usize,
}

impl Rows {
    /// Brings the rows up to date. Held, they keep their order and places, and new reports wait to be taken in.
    pub fn sync<'a>(&mut self, reports: impl Iterator<Item = &'a Arc<ReportFeature>>, held: bool) {
        if held {
            let mut fresh: BTreeMap<ReportId, &Arc<ReportFeature>> = BTreeMap::new();
            fresh.extend(reports.map(|report| (report.id, report)));
            for row in &mut self.rows {
                row.gone = match fresh.get(&row.report.id) {
                    Some(report) => {
                        row.report = Arc::clone(report);
                        false
                    }
                    None => true,
                };
            }
            let shown = set_of(self.rows.iter().map(|row| row.report.id));
            let last = self.rows.last().map_or(0, |row| row.report.properties.seq);
            let enter = |report: &&&Arc<ReportFeature>| {
                !shown.contains(&report.id)
                    && (shown.len() < ROWS_MAX || report.properties.seq > last)
            };
            self.waiting = fresh.values().filter(enter).count();
            return;
        }
        let mut newest: Vec<_> =
            reports.map(|report| (report.properties.seq, report.id, report)).collect();
        newest.sort_unstable_by_key(|(seq, id, _)| Reverse((*seq, *id)));
        let row = |(_, _, report): (_, _, &Arc<_>)| Row { report: Arc::clone(report), gone: false };
        self.rows.clear();
        self.rows.extend(newest.into_iter().take(ROWS_MAX).map(row));
        self.waiting = 0;
    }

    /// Empties the rows that were taken away while the list was held: they may have been taken back where they came from, and no word of
    /// that stays on a screen because somebody points at the list.
    pub fn empty(&mut self, is_taken: impl Fn(ReportId) -> bool) {
        for row in self.rows.iter_mut().filter(|row| row.gone && is_taken(row.report.id)) {
            let said = &mut Arc::make_mut(&mut row.report).properties;
            (said.text, said.place, said.author) = (None, None, None);
            (said.url, said.origin, said.case_ref, said.placing) = (None, None, None, None);
        }
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
