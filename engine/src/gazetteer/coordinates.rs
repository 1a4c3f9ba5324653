//! Coordinates as people write them: decimal degrees, degrees with minutes and seconds, UTM, MGRS.

use wire::geo::LngLat;

mod grid;

/// How coordinates were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// Degrees with decimals, or with minutes and seconds.
    Degrees,
    /// Zone, easting, northing.
    Utm,
    /// Zone, square, digits.
    Mgrs,
}

impl Notation {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Degrees => "degrees",
            Self::Utm => "utm",
            Self::Mgrs => "mgrs",
        }
    }
}

/// Longest text that is looked at, in bytes.
const BYTES_MAX: usize = 80;

/// The place that a text is, if it is nothing but coordinates; latitude first, unless letters say otherwise. The doubt in metres
/// follows from the digits given.
pub fn parse(text: &str) -> Option<(LngLat, Notation, u32)> {
    if text.len() > BYTES_MAX {
        return None;
    }
    let text = text.trim().to_uppercase();
    let mgrs = grid::mgrs(&text).map(|(at, radius_m)| (at, Notation::Mgrs, radius_m));
    let utm = || grid::utm(&text).map(|at| (at, Notation::Utm, 1));
    mgrs.or_else(utm)
        .or_else(|| degrees(&text).map(|(at, radius_m)| (at, Notation::Degrees, radius_m)))
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    /// With the number of its decimals, and whether a minus stood before it.
    Number(f64, usize, bool),
    Degree,
    Minute,
    Second,
    /// North, south, east or west.
    Side(char),
}

fn degrees(text: &str) -> Option<(LngLat, u32)> {
    let text = text.strip_prefix("GEO:").unwrap_or(text);
    // What follows a `;` of such an address is no coordinate.
    let text = text.split(";U=").next()?;
    let parts = parts(&with_points(text))?;
    let has_mark = parts.iter().any(|part| !matches!(part, Part::Number(..)));
    let numbers = parts.iter().filter(|part| matches!(part, Part::Number(..))).count();
    let is_decimal = parts.iter().any(|part| matches!(part, Part::Number(_, 1.., _)));
    if !(has_mark || is_decimal) {
        return None;
    }
    let (first, second) = halves(&parts, numbers)?;
    let (one, other) = (angle(first)?, angle(second)?);
    let (lat, lng) = match (one.side, other.side) {
        (Some('E' | 'W'), Some('N' | 'S')) => (other, one),
        (Some('N' | 'S'), Some('E' | 'W')) | (None, None) => (one, other),
        _ => return None,
    };
    let at = LngLat::new(lng.degrees, lat.degrees).ok()?;
    // Half of the last digit given, a degree of latitude being 111 km.
    Some((at, (lat.step.max(lng.step) * 111_000.0 / 2.0).ceil().max(1.0) as u32))
}

/// A comma within a number as a point.
fn with_points(text: &str) -> String {
    let signs: Vec<char> = text.chars().collect();
    let is_digit =
        |at: Option<usize>| at.and_then(|at| signs.get(at)).is_some_and(char::is_ascii_digit);
    let between =
        |at: usize| signs[at] == ',' && is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
    let n_between = (0..signs.len()).filter(|at| between(*at)).count();
    let is_apart = text.contains([';', ' ', '°', 'º', 'N', 'E', 'S', 'W', 'O']);
    let are_decimal = !text.contains('.') && is_apart && n_between > 0;
    let point = |(at, sign): (usize, &char)| if are_decimal && between(at) { '.' } else { *sign };
    signs.iter().enumerate().map(point).collect()
}

fn parts(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let signs: Vec<char> = text.chars().collect();
    let mut at = 0;
    let mut is_minus = false;
    while let Some(sign) = signs.get(at) {
        at += 1;
        match sign {
            '0'..='9' => {
                let start = at - 1;
                while signs.get(at).is_some_and(|sign| sign.is_ascii_digit() || *sign == '.') {
                    at += 1;
                }
                let number: String = signs[start..at].iter().collect();
                let number = number.trim_end_matches('.');
                let n_decimals = number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
                parts.push(Part::Number(number.parse().ok()?, n_decimals, is_minus));
                is_minus = false;
            }
            '-' | '−' | '–' => is_minus = true,
            '°' | 'º' | '˚' | 'D' => parts.push(Part::Degree),
            '\'' | '’' | '′' | '´' if signs.get(at) == Some(sign) => {
                at += 1;
                parts.push(Part::Second);
            }
            '\'' | '’' | '′' | '´' => parts.push(Part::Minute),
            '"' | '”' | '″' | '“' => parts.push(Part::Second),
            letter if letter.is_alphabetic() => {
                let start = at - 1;
                while signs.get(at).is_some_and(|sign| sign.is_alphabetic()) {
                    at += 1;
                }
                let word: String = signs[start..at].iter().collect();
                match word.as_str() {
                    "N" | "NORD" | "NORTH" | "NORTE" => parts.push(Part::Side('N')),
                    "S" | "SUD" | "SOUTH" | "SUR" => parts.push(Part::Side('S')),
                    "E" | "EST" | "EAST" | "ESTE" => parts.push(Part::Side('E')),
                    // Oest, oeste, ouest.
                    "W" | "O" | "WEST" | "OEST" | "OESTE" | "OUEST" => parts.push(Part::Side('W')),
                    "LAT" | "LATITUD" | "LATITUDE" | "LON" | "LONG" | "LNG" | "LONGITUD"
                    | "LONGITUDE" => {}
                    _ => return None,
                }
            }
            ' ' | ',' | ';' | ':' | '=' | '(' | ')' | '+' | '/' | '[' | ']' | '\u{a0}' | '.' => {}
            _ => return None,
        }
    }
    Some(parts)
}

/// The parts of the first angle, and of the second.
fn halves(parts: &[Part], n_numbers: usize) -> Option<(&[Part], &[Part])> {
    let is_number = |part: &Part| matches!(part, Part::Number(..));
    let is_second_degree = || {
        let mut signs = (0..parts.len()).filter(|at| parts[*at] == Part::Degree);
        signs.next()?;
        // The number before the second sign for degrees begins the second angle.
        signs.next()?.checked_sub(1)
    };
    let nth_number = |nth: usize| (0..parts.len()).filter(|at| is_number(&parts[*at])).nth(nth);
    let mut split = match is_second_degree() {
        Some(at) => at,
        None if matches!(n_numbers, 2 | 4 | 6) => nth_number(n_numbers / 2)?,
        None => return None,
    };
    // Where sides stand before their numbers, the second one goes along.
    if matches!(parts.first(), Some(Part::Side(_)))
        && matches!(parts.get(split.wrapping_sub(1)), Some(Part::Side(_)))
    {
        split -= 1;
    }
    Some(parts.split_at(split))
}

struct Angle {
    degrees: f64,
    side: Option<char>,
    /// What one more of its last digit would be, in degrees.
    step: f64,
}

fn angle(parts: &[Part]) -> Option<Angle> {
    let mut side = None;
    let mut numbers = Vec::new();
    for part in parts {
        match part {
            Part::Number(number, n_decimals, is_minus) => {
                numbers.push((*number, *n_decimals, *is_minus));
            }
            Part::Side(letter) if side.is_none() => side = Some(*letter),
            Part::Side(_) => return None,
            _ => {}
        }
    }
    if numbers.is_empty()
        || numbers.len() > 3
        || numbers[1..].iter().any(|(number, _, minus)| *number >= 60.0 || *minus)
    {
        return None;
    }
    // Only the last may have decimals.
    if numbers[..numbers.len() - 1].iter().any(|(_, n_decimals, _)| *n_decimals > 0) {
        return None;
    }
    let units = [1.0, 60.0, 3_600.0];
    let degrees: f64 = numbers.iter().zip(units).map(|((number, ..), unit)| number / unit).sum();
    let is_minus = numbers[0].2 || matches!(side, Some('S' | 'W'));
    let step = 10f64.powi(-(numbers[numbers.len() - 1].1.min(9) as i32)) / units[numbers.len() - 1];
    Some(Angle { degrees: if is_minus { -degrees } else { degrees }, side, step })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(text: &str, lat: f64, lng: f64) {
        let (at, ..) = parse(text).unwrap_or_else(|| panic!("{text} is read"));
        let off = crate::place::distance_m(at, LngLat::new(lng, lat).unwrap());
        assert!(off < 20.0, "{text}: {at:?} is {off} m off");
    }

    #[test]
    fn degrees_are_read_in_every_notation() {
        for text in [
            "41.40338, 2.17403",
            "41.40338 2.17403",
            "41,40338 2,17403",
            "41,40338, 2,17403",
            "41,40338; 2,17403",
            "41.40338,2.17403",
            "N41.40338 E2.17403",
            "41.40338N, 2.17403E",
            "2.17403 E 41.40338 N",
            "(41.40338, 2.17403)",
            "lat: 41.40338 lon: 2.17403",
            "geo:41.40338,2.17403;u=20",
            "41°24'12.2\"N 2°10'26.5\"E",
            "41º 24’ 12,2” N, 2º 10’ 26,5” E",
            "41 24 12.2 N 2 10 26.5 E",
            "41° 24.203' N 2° 10.442' E",
            "41°24′12.2″ 2°10′26.5″",
            "N 41° 24.203 E 2° 10.442",
            "41° 24' 12.2'' N 2° 10' 26.5'' E",
        ] {
            near(text, 41.40338, 2.17403);
        }
        near("39,4699 N 0,3763 O", 39.4699, -0.3763);
        near("39.4699, -0.3763", 39.4699, -0.3763);
        near("51°27'18\"N 2°35'16\"W", 51.455, -2.58778);
        near("33.8688 S 151.2093 E", -33.8688, 151.2093);
    }

    #[test]
    fn utm_and_mgrs_are_read() {
        near("31T 430960 4583867", 41.40338, 2.17403);
        near("31T 430960E 4583867N", 41.40338, 2.17403);
        near("UTM 31 N 430960 4583867", 41.40338, 2.17403);
        near("31N 430960.0 4583867.0", 41.40338, 2.17403);
        near("31TDF3096083867", 41.40338, 2.17403);
        near("31T DF 30960 83867", 41.40338, 2.17403);
        // The band S lies north of the equator.
        near("30S 725652 4372220", 39.47, -0.3768);
        let (_, notation, radius_m) = parse("31T DF 309 838").unwrap();
        assert_eq!((notation, radius_m), (Notation::Mgrs, 71));
    }

    #[test]
    fn what_is_no_coordinate_is_none() {
        for text in [
            "",
            "41",
            "41,2",
            "41, 2",
            "Aragó 255",
            "carrer 41.4 2.1",
            "91.5, 2.1",
            "41.4 N 42.1 N",
            "C-31 km 12,5",
            "41.4 61 2.1 5",
            "61T 430960 4583867",
            "31I DF 309 838",
            "31T ZZ 309 838",
            "31T DF 309 8381",
            "41° 61' N 2° 10' E",
            "1.2.3 4.5",
            "N S E W",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn doubt_follows_from_the_digits() {
        let radius = |text| parse(text).unwrap().2;
        assert_eq!(radius("41.4, 2.1"), 5_550);
        assert_eq!(radius("41.40338, 2.17403"), 1);
        assert_eq!(radius("41°24'N 2°10'E"), 925);
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_it(text in "[0-9NSEWO°'\",. ;:T-]{0,40}|\\PC{0,40}") {
            let _ = parse(&text);
        }

        #[test]
        fn a_place_written_as_degrees_comes_back(lng in -179.9f64..179.9, lat in -89.9f64..89.9) {
            let (at, ..) = parse(&format!("{lat:.6}, {lng:.6}")).expect("read");
            proptest::prop_assert!((at.lng() - lng).abs() < 1e-5 && (at.lat() - lat).abs() < 1e-5);
        }
    }
}
