//! Which tiles a box needs, as runs of ids on the Hilbert curve.

use std::f64::consts::PI;

use super::directory::tile_id;

/// West, south, east and north in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) west: f64,
    pub(super) south: f64,
    pub(super) east: f64,
    pub(super) north: f64,
}

/// Tiles an extract may have: a large city with its surroundings to zoom 15 has some ten thousand.
const TILES_MAX: u64 = 4_000_000;

impl std::str::FromStr for Area {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Vec<f64> =
            text.split(',').map_while(|part| part.trim().parse().ok()).collect();
        let [west, south, east, north] = numbers[..] else {
            return Err(format!(
                "--bbox {text}: give west,south,east,north in degrees, such as 2.05,41.32,2.23,41.47"
            ));
        };
        let sound = numbers.iter().all(|number| number.is_finite())
            && (-180.0..=180.0).contains(&west)
            && (-180.0..=180.0).contains(&east)
            && (-90.0..=90.0).contains(&south)
            && (-90.0..=90.0).contains(&north);
        if !sound || west >= east || south >= north {
            return Err(format!(
                "--bbox {text}: west must be less than east and south less than north, longitude first"
            ));
        }
        Ok(Self { west, south, east, north })
    }
}

impl Area {
    /// The columns and rows of a zoom it touches: first and last of each.
    fn span(&self, z: u8) -> (u32, u32, u32, u32) {
        let side = f64::from(1_u32 << z);
        let column =
            |lng: f64| ((lng + 180.0) / 360.0 * side).floor().clamp(0.0, side - 1.0) as u32;
        let row = |lat: f64| {
            let lat = lat.clamp(-85.051_128, 85.051_128).to_radians();
            ((1.0 - lat.tan().asinh() / PI) / 2.0 * side).floor().clamp(0.0, side - 1.0) as u32
        };
        (column(self.west), column(self.east), row(self.north), row(self.south))
    }

    /// The ids of all its tiles from one zoom to another, as half-open runs in order.
    pub(super) fn runs(&self, zoom_min: u8, zoom_max: u8) -> Result<Vec<(u64, u64)>, String> {
        let mut ids = Vec::new();
        for z in zoom_min..=zoom_max {
            let (left, right, top, bottom) = self.span(z);
            let n = u64::from(right - left + 1) * u64::from(bottom - top + 1);
            if ids.len() as u64 + n > TILES_MAX {
                return Err(format!(
                    "this box has more than {TILES_MAX} tiles; choose a smaller --bbox or --zoom-max"
                ));
            }
            for x in left..=right {
                ids.extend((top..=bottom).map(|y| tile_id(z, x, y)));
            }
        }
        ids.sort_unstable();
        let mut runs: Vec<(u64, u64)> = Vec::new();
        for id in ids {
            match runs.last_mut() {
                Some((_, end)) if *end == id => *end += 1,
                _ => runs.push((id, id + 1)),
            }
        }
        Ok(runs)
    }
}

/// The parts of `from..to` that lie in the runs.
pub(super) fn overlap(runs: &[(u64, u64)], from: u64, to: u64) -> impl Iterator<Item = (u64, u64)> {
    let first = runs.partition_point(|(_, end)| *end <= from);
    runs[first..]
        .iter()
        .take_while(move |(start, _)| *start < to)
        .map(move |(start, end)| ((*start).max(from), (*end).min(to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_read_and_nonsense_is_refused() {
        assert!("2.05,41.32,2.23,41.47".parse::<Area>().is_ok());
        for wrong in [
            "",
            "1,2,3",
            "2.23,41.32,2.05,41.47",
            "41.32,2.05,41.47,2.05",
            "a,b,c,d",
            "0,0,NaN,1",
            "-200,0,1,1",
        ] {
            assert!(wrong.parse::<Area>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_whole_world_is_all_ids_and_a_city_is_one_tile_far_out() {
        let world: Area = "-180,-90,180,90".parse().expect("valid");
        assert_eq!(world.runs(0, 3), Ok(vec![(0, 85)]));
        let city: Area = "2.05,41.32,2.23,41.47".parse().expect("valid");
        assert_eq!(city.runs(0, 0), Ok(vec![(0, 1)]));
        let n: u64 = city.runs(12, 12).expect("few").iter().map(|(from, to)| to - from).sum();
        assert!((4..=12).contains(&n), "{n}");
    }

    #[test]
    fn overlaps_are_cut_to_both() {
        let runs = [(2, 5), (8, 9), (20, 30)];
        assert_eq!(overlap(&runs, 4, 22).collect::<Vec<_>>(), [(4, 5), (8, 9), (20, 22)]);
        assert_eq!(overlap(&runs, 5, 8).count(), 0);
    }
}
