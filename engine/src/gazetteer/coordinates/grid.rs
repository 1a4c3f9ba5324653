//! UTM and MGRS on the ellipsoid of WGS 84, by the series of Krüger to the third order: good to millimetres in a zone.

use wire::geo::LngLat;

/// The bands of latitude, eight degrees each from 80° south; the last has twelve.
const BANDS: &str = "CDEFGHJKLMNPQRSTUVWX";
/// Columns of squares repeat in three sets, rows in one of twenty letters.
const COLUMNS: [&str; 3] = ["ABCDEFGH", "JKLMNPQR", "STUVWXYZ"];
const ROWS: &str = "ABCDEFGHJKLMNPQRSTUV";
/// Where easting is counted from, and northing south of the equator, in metres.
const EAST_M: f64 = 500_000.0;
const SOUTH_M: f64 = 10_000_000.0;

/// `31T 430964 4583836`: zone, letter, easting, northing. A letter is a band of latitude: `30S` lies in Spain.
pub(super) fn utm(text: &str) -> Option<LngLat> {
    let text = text.strip_prefix("UTM").unwrap_or(text).replace([',', ';', ':'], " ");
    let mut words = text.split_whitespace().peekable();
    let head = words.next()?;
    let digits = head.trim_end_matches(|sign: char| sign.is_ascii_alphabetic());
    let zone = zone(digits)?;
    let mut letter = head[digits.len()..].to_owned();
    if letter.is_empty()
        && words.peek().is_some_and(|word| {
            word.len() == 1 && word.bytes().all(|sign| sign.is_ascii_alphabetic())
        })
    {
        words.next()?.clone_into(&mut letter);
    }
    let is_south = match letter.as_str() {
        "" => false,
        letter if letter.len() == 1 => BANDS.find(letter)? < 10,
        _ => return None,
    };
    let metres = |word: &str| word.trim_end_matches(['M', 'E', 'N']).parse::<f64>().ok();
    let (east, north) = (metres(words.next()?)?, metres(words.next()?)?);
    if words.next().is_some()
        || !(100_000.0..=900_000.0).contains(&east)
        || !(0.0..=SOUTH_M).contains(&north)
    {
        return None;
    }
    place(zone, is_south, east, north)
}

/// `31T DF 30964 83836`, with one to five digits each; the middle of the square, and the way to its corner.
pub(super) fn mgrs(text: &str) -> Option<(LngLat, u32)> {
    let text: String = text.chars().filter(|sign| !sign.is_whitespace()).collect();
    let n_zone = text.bytes().take_while(u8::is_ascii_digit).count();
    let zone = zone(text.get(..n_zone)?)?;
    let letters = text.get(n_zone..n_zone + 3)?;
    let digits = text.get(n_zone + 3..)?;
    if digits.len() % 2 == 1
        || digits.len() > 10
        || digits.is_empty()
        || !digits.bytes().all(|digit| digit.is_ascii_digit())
    {
        return None;
    }
    let band = BANDS.find(&letters[..1])?;
    let column = COLUMNS[(zone as usize - 1) % 3].find(&letters[1..2])?;
    // In zones of even number rows begin five letters on.
    let row = (ROWS.find(&letters[2..])? + if zone % 2 == 0 { 15 } else { 0 }) % 20;
    let half = digits.len() / 2;
    let step = 10f64.powi(5 - half as i32);
    let metres = |digits: &str| digits.parse::<f64>().ok().map(|number| (number + 0.5) * step);
    let east = (column as f64 + 1.0) * 100_000.0 + metres(&digits[..half])?;
    let north = row as f64 * 100_000.0 + metres(&digits[half..])?;
    let is_south = band < 10;
    let south_edge = -80.0 + 8.0 * band as f64;
    // Rows repeat each two thousand kilometres; the one that lies in the band is meant.
    (0..5).find_map(|turn| {
        let at = place(zone, is_south, east, north + 2_000_000.0 * f64::from(turn))?;
        let height = if band == 19 { 12.0 } else { 8.0 };
        (south_edge - 0.5..=south_edge + height + 0.5)
            .contains(&at.lat())
            .then_some((at, (step * 0.5f64.sqrt()).ceil() as u32))
    })
}

fn zone(digits: &str) -> Option<u32> {
    digits.parse().ok().filter(|zone| (1..=60).contains(zone) && digits.len() <= 2)
}

/// The place of an easting and a northing.
fn place(zone: u32, is_south: bool, east: f64, north: f64) -> Option<LngLat> {
    let flat = 1.0 / 298.257_223_563;
    let n: f64 = flat / (2.0 - flat);
    let (n2, n3) = (n * n, n * n * n);
    let mean = 6_378_137.0 / (1.0 + n) * (1.0 + n2 / 4.0 + n2 * n2 / 64.0);
    let north = if is_south { north - SOUTH_M } else { north };
    let (xi, eta) = (north / (0.9996 * mean), (east - EAST_M) / (0.9996 * mean));
    let beta =
        [n / 2.0 - 2.0 * n2 / 3.0 + 37.0 * n3 / 96.0, n2 / 48.0 + n3 / 15.0, 17.0 * n3 / 480.0];
    let delta =
        [2.0 * n - 2.0 * n2 / 3.0 - 2.0 * n3, 7.0 * n2 / 3.0 - 8.0 * n3 / 5.0, 56.0 * n3 / 15.0];
    let (mut xi_, mut eta_) = (xi, eta);
    for (step, beta) in (1..).zip(beta) {
        let twice = 2.0 * f64::from(step);
        xi_ -= beta * (twice * xi).sin() * (twice * eta).cosh();
        eta_ -= beta * (twice * xi).cos() * (twice * eta).sinh();
    }
    let chi = (xi_.sin() / eta_.cosh()).asin();
    let mut lat = chi;
    for (step, delta) in (1..).zip(delta) {
        lat += delta * (2.0 * f64::from(step) * chi).sin();
    }
    let lng = (f64::from(zone) * 6.0 - 183.0) + eta_.sinh().atan2(xi_.cos()).to_degrees();
    LngLat::new(lng, lat.to_degrees()).ok()
}
