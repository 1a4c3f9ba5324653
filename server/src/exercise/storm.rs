//! The storm: a core that crosses the city from south-west to north-east, and what falls and blows where it is.

/// How long the core takes from the harbour to the Besòs.
pub const CROSSING_MS: i64 = 40 * 60_000;
/// Where the core enters, in degrees.
const FROM: (f64, f64) = (2.085, 41.325);
/// Where it leaves.
const TO: (f64, f64) = (2.225, 41.460);
/// How far from its core the storm is half itself, along the track and across it, in metres.
const REACH_M: f64 = 1_900.0;
/// Metres of a degree of latitude, and of longitude at Barcelona.
const DEGREE_M: (f64, f64) = (83_300.0, 111_100.0);

/// How strong the storm is at a place and moment, 0 to 1.
pub fn strength(at_ms: i64, lng: f64, lat: f64) -> f64 {
    let along = at_ms as f64 / CROSSING_MS as f64;
    let core = (FROM.0 + (TO.0 - FROM.0) * along, FROM.1 + (TO.1 - FROM.1) * along);
    let (dx, dy) = ((lng - core.0) * DEGREE_M.0, (lat - core.1) * DEGREE_M.1);
    let fade = (along * 12.0 + 1.0).clamp(0.0, 1.0) * ((1.12 - along) * 8.0).clamp(0.0, 1.0);
    fade * (-(dx * dx + dy * dy) / (2.0 * REACH_M * REACH_M)).exp()
}

/// When the storm is strongest at a place, and how strong.
pub fn passing(lng: f64, lat: f64) -> (i64, f64) {
    let mut best = (0, 0.0);
    for minute in 0..=44 {
        let at_ms = minute * 60_000;
        let now = strength(at_ms, lng, lat);
        if now > best.1 {
            best = (at_ms, now);
        }
    }
    best
}

/// Rain in millimetres an hour.
pub fn rain(at_ms: i64, lng: f64, lat: f64) -> f64 {
    92.0 * strength(at_ms, lng, lat)
}

/// Gusts in kilometres an hour: the front runs ahead of the rain.
pub fn wind(at_ms: i64, lng: f64, lat: f64) -> f64 {
    14.0 + 78.0 * strength(at_ms + 180_000, lng, lat)
}

/// Water that gathers and drains slowly, 0 to about 1: what stands in an underpass or runs in a collector.
pub fn water(at_ms: i64, lng: f64, lat: f64, drain_min: f64) -> f64 {
    let mut level = 0.0;
    let mut minute = at_ms - 60 * 60_000;
    while minute <= at_ms {
        level += strength(minute, lng, lat) / 9.0;
        level *= 1.0 - 1.0 / drain_min;
        minute += 60_000;
    }
    level
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_storm_comes_from_the_harbour_and_leaves_over_the_besos() {
        let (first, _) = passing(2.1405, 41.3650);
        let (middle, strong) = passing(2.1600, 41.3953);
        let (last, _) = passing(2.2045, 41.4362);
        assert!(first < middle && middle < last, "{first} {middle} {last}");
        assert!(strong > 0.6 && last <= CROSSING_MS);
        assert!(strength(-30 * 60_000, 2.15, 41.38) < 0.01, "before it, it is calm");
        assert!(strength(60 * 60_000, 2.2, 41.43) < 0.01, "and after it");
    }

    #[test]
    fn water_stands_longer_than_rain_falls() {
        let (lng, lat) = (2.1405, 41.3650);
        let (peak, _) = passing(lng, lat);
        let later = peak + 20 * 60_000;
        assert!(rain(later, lng, lat) < 5.0);
        assert!(water(later, lng, lat, 25.0) > 0.2);
    }
}
