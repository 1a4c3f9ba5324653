//! Asking for reports and sensors: pages, single ones, searches. Everything leaves through [`crate::view`].

use wire::geo::Bbox;
use wire::id::ReportId;
use wire::report::{PlacedBy, ReportFeature, Withdrawn};
use wire::sensor::SensorView;

use super::{ReportFilter, World};
use crate::entry::SourceKey;
use crate::limits::{PAGE_MAX, SCAN_MAX};
use crate::observation::ObservationResult;
use crate::record::Record;
use crate::view::{self, Clearance};

impl World {
    /// One report as the reader may see it.
    pub fn report(&self, id: ReportId, clearance: Clearance) -> Option<ReportFeature> {
        let slot = self.ids.find(id, &self.records)?;
        Some(self.feature(&self.records[slot as usize], clearance))
    }

    /// A page of reports, newest first, and the cursor (`before_seq`) of the next page.
    ///
    /// A page may hold fewer than `limit`, even none, and still have a next one: one question looks at no more than
    /// [`SCAN_MAX`] reports. Only a page without a cursor is the last. A filter by an id the reader may not see
    /// (`source_id` below [`Clearance::Room`]) finds nothing: a match would tell.
    pub fn reports(
        &self,
        filter: &ReportFilter,
        clearance: Clearance,
    ) -> (Vec<ReportFeature>, Option<u64>) {
        let limit = filter.limit.min(PAGE_MAX);
        if limit == 0 || filter.source_id.is_some() && clearance < Clearance::Room {
            return (Vec::new(), None);
        }
        let mut page = Vec::new();
        let below = filter.before_seq.unwrap_or(u64::MAX);
        let mut last = below;
        for (looked_at, (seq, slot)) in self.by_seq.range(..below).rev().enumerate() {
            if page.len() == limit || looked_at == SCAN_MAX {
                return (page, Some(last));
            }
            last = *seq;
            if self.passes(filter, *slot) {
                page.push(self.feature(&self.records[*slot as usize], clearance));
            }
        }
        (page, None)
    }

    /// A datastream by its number.
    pub fn sensor(&self, index: u32) -> Option<SensorView> {
        let stream = self.sensors.streams().get(index as usize)?;
        let (result, result_text) = match &stream.result {
            ObservationResult::Number(number) => (Some(*number), None),
            ObservationResult::Text(text) => (None, Some(text.clone())),
        };
        Some(SensorView {
            datastream: stream.id.clone(),
            source: self.source_name(stream.source),
            mode: self.mode,
            name: stream.name.clone().unwrap_or_else(|| stream.id.clone()),
            unit: stream.unit.clone(),
            geometry: stream.place,
            result,
            result_text,
            phenomenon_time: stream.phenomenon_time,
            recorded_at: stream.recorded_at,
            cadence_ms: stream.cadence_ms(),
            seq: stream.seq,
            gone_at: stream.gone_at(),
        })
    }

    /// How many datastreams there are; their numbers run from 0.
    pub fn n_sensors(&self) -> u32 {
        self.sensors.streams().len() as u32
    }

    /// The numbers of the datastreams in a box.
    pub fn sensors_in(&self, bbox: &Bbox) -> Vec<u32> {
        self.sensors.in_box(bbox)
    }

    pub(super) fn feature(&self, record: &Record, clearance: Clearance) -> ReportFeature {
        let source = self.source_name(record.source);
        let report = record.report();
        let mut feature =
            view::report(&report, record.seq, record.recorded_at, self.mode, &source, clearance);
        if record.erased && self.is_withheld(record.id) {
            feature.properties.withdrawn = Some(Withdrawn::Held);
        }
        feature.properties.verification = self.verification(record.id);
        if self.placed.holds(record.id) {
            feature.properties.placed_by = record.place.map(|_| PlacedBy::Operator);
        }
        feature
    }

    /// The public name of a source; a plain stand-in before it is named.
    pub(super) fn source_name(&self, key: SourceKey) -> String {
        self.sources.get(&key).cloned().unwrap_or_else(|| format!("source-{}", key.0))
    }
}
