//! One cluster of a packed tile.
//!
//! After the id a head byte: the levels to the expansion zoom (bits 0 to 4), whether all have one hazard (bit 5), and whether
//! it is one report (bit 6). Then the place: of a report exactly, of several on the grid of the tile; the counts; the age of
//! the newest.

use super::BadPacking;
use super::bytes::{Reader, put_varint};
use crate::cluster::{Cluster, HazardCounts, SeverityCounts};
use crate::geo::{LngLat, Mercator};
use crate::grade::{Hazard, Severity};
use crate::id::{ClusterId, ReportId};
use crate::tile::{TileId, ZOOM_MAX};
use crate::time::Timestamp;

const LEVELS: u8 = 0x1f;
const ONE_HAZARD: u8 = 0x20;
const ONE_REPORT: u8 = 0x40;

/// From when ages are counted, and in which unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    newest: i64,
    unit_ms: i64,
}

/// What most sources give: whole minutes, whole seconds; else milliseconds.
const UNITS_MS: [i64; 3] = [60_000, 1_000, 1];

impl Clock {
    /// The clock of these clusters; `None` if there are none.
    pub(super) fn of(clusters: &[Cluster]) -> Option<Self> {
        let newest = clusters.iter().map(|cluster| cluster.newest.0).max()?;
        let fits = |unit: &i64| {
            clusters.iter().all(|each| newest.wrapping_sub(each.newest.0) % *unit == 0)
        };
        let unit_ms = UNITS_MS.into_iter().find(fits)?;
        Some(Self { newest, unit_ms })
    }

    pub(super) fn put(self, out: &mut Vec<u8>) {
        let code = UNITS_MS.iter().position(|unit| *unit == self.unit_ms).unwrap_or_default();
        out.push(code as u8);
        // Zigzag: times before 1970 are small numbers too.
        put_varint(out, ((self.newest << 1) ^ (self.newest >> 63)) as u64);
    }

    pub(super) fn take(from: &mut Reader<'_>) -> Result<Self, BadPacking> {
        let code = usize::from(from.byte()?);
        let unit_ms = *UNITS_MS.get(code).ok_or(BadPacking::Range("unit"))?;
        let zigzag = from.varint()?;
        Ok(Self { newest: (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64), unit_ms })
    }

    fn age(self, time: Timestamp) -> Option<u64> {
        let age = self.newest.checked_sub(time.0)?;
        u64::try_from(age).ok().map(|age| age / self.unit_ms as u64)
    }

    fn time(self, age: u64) -> Option<Timestamp> {
        let age = i64::try_from(age).ok()?.checked_mul(self.unit_ms)?;
        self.newest.checked_sub(age).map(Timestamp)
    }
}

/// The place on the grid of the tile; `None` if it is not on it.
fn steps(tile: TileId, cluster: &Cluster) -> Option<(u16, u16)> {
    let at = Mercator::of_degrees(cluster.lng, cluster.lat);
    let (x, y) = (Mercator::step_of(at.x, tile.z), Mercator::step_of(at.y, tile.z));
    (place(tile, x, y)? == (cluster.lng, cluster.lat)).then_some((x, y))
}

fn place(tile: TileId, x: u16, y: u16) -> Option<(f64, f64)> {
    Mercator::on_grid(tile, x, y).map(Mercator::lng_lat)
}

/// Appends all but the id; `None` if the cluster does not keep the rules.
pub(super) fn put(out: &mut Vec<u8>, tile: TileId, clock: Clock, cluster: &Cluster) -> Option<()> {
    let levels = cluster.expansion_zoom.checked_sub(tile.z).filter(|levels| *levels <= LEVELS)?;
    let counts = cluster.severity.as_array();
    let n = u64::from(cluster.n);
    let sums = cluster.severity.sum() == n
        && cluster.hazard.sum() == n
        && cluster.severity.worst() == (cluster.worst, cluster.n_worst);
    if n == 0 || !sums {
        return None;
    }
    // Those that occur, gone through once.
    let mut hazards = [(Hazard::Other, 0); Hazard::ALL.len()];
    let mut n_hazards = 0;
    for (place, count) in hazards.iter_mut().zip(cluster.hazard.iter()) {
        *place = count;
        n_hazards += 1;
    }
    let hazards = &hazards[..n_hazards];
    let one_hazard = if n_hazards == 1 { ONE_HAZARD } else { 0 };
    match cluster.report {
        Some(report) if n == 1 => {
            out.push(levels | ONE_HAZARD | ONE_REPORT);
            let at = LngLat::new(cluster.lng, cluster.lat).ok()?;
            let (lng, lat) = at.e7();
            if (at.lng(), at.lat()) != (cluster.lng, cluster.lat) {
                return None;
            }
            out.extend(lng.to_le_bytes());
            out.extend(lat.to_le_bytes());
            let [(hazard, _)] = hazards else { return None };
            out.push((hazard.index() * Severity::ALL.len() + cluster.worst.index()) as u8);
            out.extend(report.0.to_le_bytes());
        }
        Some(_) => return None,
        None => {
            out.push(levels | one_hazard);
            let (x, y) = steps(tile, cluster)?;
            out.extend(x.to_le_bytes());
            out.extend(y.to_le_bytes());
            let mask = mask(counts.iter().enumerate().filter(|(_, n)| **n > 0).map(|(i, _)| i));
            out.push(mask as u8);
            for n in counts.into_iter().filter(|n| *n > 0) {
                put_varint(out, u64::from(n));
            }
            put_hazards(out, hazards)?;
        }
    }
    put_varint(out, clock.age(cluster.newest)?);
    Some(())
}

fn mask(indices: impl Iterator<Item = usize>) -> u64 {
    indices.fold(0, |mask, index| mask | 1 << index)
}

/// One hazard alone is its number. Of several all counts but the last are told: together they are `n`.
fn put_hazards(out: &mut Vec<u8>, hazards: &[(Hazard, u32)]) -> Option<()> {
    let (_, but_last) = hazards.split_last()?;
    if let [(hazard, _)] = hazards {
        out.push(hazard.index() as u8);
    } else {
        put_varint(out, mask(hazards.iter().map(|(hazard, _)| hazard.index())));
        for (_, n) in but_last {
            put_varint(out, u64::from(*n));
        }
    }
    Some(())
}

/// The cluster behind its id.
pub(super) fn take(
    from: &mut Reader<'_>,
    tile: TileId,
    clock: Clock,
    id: ClusterId,
) -> Result<Cluster, BadPacking> {
    let head = from.byte()?;
    let expansion_zoom = tile.z + (head & LEVELS);
    if head & !(LEVELS | ONE_HAZARD | ONE_REPORT) != 0 || expansion_zoom > ZOOM_MAX + 1 {
        return Err(BadPacking::Range("head"));
    }
    let out_of_place = BadPacking::Range("place");
    let ((lng, lat), (severity, hazard, report)) = if head & ONE_REPORT == 0 {
        let (x, y) = (u16::from_le_bytes(from.array()?), u16::from_le_bytes(from.array()?));
        (place(tile, x, y).ok_or(out_of_place)?, take_counts(from, head)?)
    } else {
        let (lng, lat) = (i32::from_le_bytes(from.array()?), i32::from_le_bytes(from.array()?));
        let at = LngLat::from_e7(lng, lat).map_err(|_beyond| out_of_place)?;
        ((at.lng(), at.lat()), take_report(from)?)
    };
    let (worst, n_worst) = severity.worst();
    let n = u32::try_from(severity.sum()).map_err(|_large| BadPacking::Range("count"))?;
    let newest = clock.time(from.varint()?).ok_or(BadPacking::Range("age"))?;
    Ok(Cluster {
        id,
        lng,
        lat,
        n,
        worst,
        n_worst,
        severity,
        hazard,
        newest,
        expansion_zoom,
        report,
    })
}

type Counts = (SeverityCounts, HazardCounts, Option<ReportId>);

fn take_report(from: &mut Reader<'_>) -> Result<Counts, BadPacking> {
    let both = usize::from(from.byte()?);
    let (hazard, worst) = (both / Severity::ALL.len(), both % Severity::ALL.len());
    let mut counts = [0; 5];
    counts[worst] = 1;
    let hazards = HazardCounts::from_iter([(hazard_of(hazard)?, 1)]);
    let id = ReportId(u128::from_le_bytes(from.array()?));
    Ok((SeverityCounts::from_array(counts), hazards, Some(id)))
}

fn take_counts(from: &mut Reader<'_>, head: u8) -> Result<Counts, BadPacking> {
    let present = from.byte()?;
    let mut counts = [0; 5];
    if present == 0 || present >> counts.len() != 0 {
        return Err(BadPacking::Range("severities"));
    }
    for (index, count) in counts.iter_mut().enumerate() {
        if present >> index & 1 == 1 {
            *count = from.count()?;
            if *count == 0 {
                return Err(BadPacking::Range("count"));
            }
        }
    }
    let severity = SeverityCounts::from_array(counts);
    let n = u32::try_from(severity.sum()).map_err(|_large| BadPacking::Range("count"))?;
    if head & ONE_HAZARD != 0 {
        let hazard = hazard_of(usize::from(from.byte()?))?;
        return Ok((severity, HazardCounts::from_iter([(hazard, n)]), None));
    }
    let present = from.varint()?;
    let n_hazards = present.count_ones() as usize;
    if n_hazards < 2 || present >> Hazard::ALL.len() != 0 {
        return Err(BadPacking::Range("hazards"));
    }
    let mut left = n;
    let mut hazards = [0; Hazard::ALL.len()];
    let mut untold = n_hazards;
    for (_, count) in hazards.iter_mut().enumerate().filter(|(i, _)| present >> i & 1 == 1) {
        untold -= 1;
        *count = if untold == 0 { left } else { from.count()? };
        left = left.checked_sub(*count).filter(|_| *count > 0).ok_or(BadPacking::Range("count"))?;
    }
    Ok((severity, HazardCounts::from_array(hazards), None))
}

fn hazard_of(index: usize) -> Result<Hazard, BadPacking> {
    Hazard::ALL.get(index).copied().ok_or(BadPacking::Range("hazard"))
}
