//! Moments: milliseconds since 1970 in UTC, RFC 3339 in JSON.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

/// Why a text is not a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time is RFC 3339 with a zone, such as 2026-11-23T10:00:00Z")]
pub struct BadTime;

impl Timestamp {
    /// The moment `ms` milliseconds later (earlier when negative), clamped at the ends of the scale.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// How many milliseconds this moment lies after `earlier`; negative if before.
    pub fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Milliseconds in a day.
const DAY_MS: i64 = 86_400_000;

/// The years a text can name; beyond them a moment is shown as its number.
const YEARS: std::ops::RangeInclusive<i64> = 0..=9999;

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar: eras of 400 years with
/// years that begin in March, so that the leap day is the last of its year.
fn civil(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year + era * 400 + i64::from(month <= 2), month, of_year - (153 * from_march + 2) / 5 + 1)
}

/// The day of a date, counted from 1970-01-01; the inverse of [`civil`].
fn day_of(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.0.div_euclid(DAY_MS));
        if !YEARS.contains(&year) {
            return write!(f, "{}ms", self.0);
        }
        let ms = self.0.rem_euclid(DAY_MS);
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        // The shortest fraction that says it, as most clocks write it.
        match ms % 1_000 {
            0 => {}
            ms if ms % 100 == 0 => write!(f, ".{}", ms / 100)?,
            ms if ms % 10 == 0 => write!(f, ".{:02}", ms / 10)?,
            ms => write!(f, ".{ms:03}")?,
        }
        f.write_str("Z")
    }
}

/// What is left of a text that is read from the front.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    /// A number of exactly so many digits.
    fn number(&mut self, digits: usize) -> Option<i64> {
        let (front, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        front.iter().try_fold(0, |number, sign| {
            sign.is_ascii_digit().then(|| number * 10 + i64::from(sign - b'0'))
        })
    }

    /// One of these signs.
    fn sign(&mut self, signs: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        signs.contains(first).then(|| self.0 = rest).map(|()| *first)
    }

    /// A fraction of a second, cut to milliseconds; none is zero.
    fn fraction_ms(&mut self) -> Option<i64> {
        if self.sign(b".,").is_none() {
            return Some(0);
        }
        let n_digits = self.0.iter().take_while(|sign| sign.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(n_digits);
        self.0 = rest;
        // Nine digits are a nanosecond: nobody's clock says more.
        (1..=9).contains(&n_digits).then(|| {
            let thousandths = digits.iter().chain(b"00").take(3);
            thousandths.fold(0, |ms, sign| ms * 10 + i64::from(sign - b'0'))
        })
    }

    /// `Z`, or hours and minutes east of UTC, in milliseconds.
    fn offset_ms(&mut self) -> Option<i64> {
        let east = match self.sign(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Some(0),
        };
        let hours = self.number(2)?;
        self.sign(b":");
        let minutes = if self.0.is_empty() { 0 } else { self.number(2)? };
        (hours <= 23 && minutes <= 59).then_some(east * (hours * 60 + minutes) * 60_000)
    }
}

/// RFC 3339: date, time and zone. A leap second is the last of its minute.
fn moment(text: &str) -> Option<i64> {
    let mut rest = Rest(text.as_bytes());
    let year = rest.number(4)?;
    rest.sign(b"-")?;
    let month = rest.number(2)?;
    rest.sign(b"-")?;
    let day = rest.number(2)?;
    rest.sign(b"Tt ")?;
    let hour = rest.number(2)?;
    rest.sign(b":")?;
    let minute = rest.number(2)?;
    let second = if rest.sign(b":").is_some() { rest.number(2)? } else { 0 };
    let ms = rest.fraction_ms()?;
    let offset = rest.offset_ms()?;
    let date = day_of(year, month, day);
    let real = (1..=12).contains(&month) && civil(date) == (year, month, day);
    let in_day = hour <= 23 && minute <= 59 && second <= 60;
    (real && in_day && rest.0.is_empty()).then(|| {
        let of_day = (hour * 60 + minute) * 60_000 + second.min(59) * 1_000 + ms;
        date * DAY_MS + of_day - offset
    })
}

impl FromStr for Timestamp {
    type Err = BadTime;

    fn from_str(text: &str) -> Result<Self, BadTime> {
        moment(text).map(Self).ok_or(BadTime)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.collect_str(self) } else { to.serialize_i64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            i64::deserialize(from).map(Self)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_survives_its_text() {
        let moment: Timestamp = "2026-11-23T10:00:00.250+01:00".parse().expect("valid");
        assert_eq!(moment.to_string(), "2026-11-23T09:00:00.25Z");
        assert_eq!(moment.to_string().parse(), Ok(moment));
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "2026-11-23",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-10T00:00:00Z",
            "2026-11-31T00:00:00Z",
            "2026-11-23T24:00:00Z",
            "2026-11-23T10:60:00Z",
            "2026-11-23T10:00:61Z",
            "2026-11-23T10:00:00+24:00",
            "2026-11-23T10:00:00.Z",
            "2026-11-23T10:00:00Z and more",
            "2026-11-23T1:00:00Z",
            "+2026-11-23T10:00:00Z",
            "２０２６-11-23T10:00:00Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(BadTime), "{text}");
        }
    }

    #[test]
    fn a_leap_day_and_a_leap_second_are_read() {
        let day: Timestamp = "2024-02-29t12:00:00z".parse().expect("a leap day");
        assert_eq!(day.to_string(), "2024-02-29T12:00:00Z");
        let second: Timestamp = "2016-12-31T23:59:60Z".parse().expect("a leap second");
        assert_eq!(second.to_string(), "2016-12-31T23:59:59Z");
    }

    proptest::proptest! {
        #[test]
        fn every_moment_is_written_as_a_calendar_library_writes_it(
            ms in -62_167_219_200_000_i64..253_402_300_800_000
        ) {
            let calendar = jiff::Timestamp::from_millisecond(ms).expect("in range").to_string();
            proptest::prop_assert_eq!(Timestamp(ms).to_string(), &*calendar);
            proptest::prop_assert_eq!(calendar.parse(), Ok(Timestamp(ms)));
        }

        #[test]
        fn every_offset_and_fraction_is_read_as_a_calendar_library_reads_it(
            ms in 0_i64..4_102_444_800_000,
            digits in "[0-9]{1,9}",
            (hours, minutes, sign) in (0_u8..=23, 0_u8..=59, proptest::sample::select(vec!['+', '-'])),
        ) {
            let whole = Timestamp(ms - ms % 1_000).to_string();
            let text = format!("{}.{digits}{sign}{hours:02}:{minutes:02}", whole.trim_end_matches('Z'));
            let calendar: jiff::Timestamp = text.parse().expect("RFC 3339");
            proptest::prop_assert_eq!(text.parse(), Ok(Timestamp(calendar.as_millisecond())));
        }
    }

    #[test]
    fn a_time_without_a_zone_is_refused() {
        assert_eq!("2026-11-23T10:00:00".parse::<Timestamp>(), Err(BadTime));
    }
}
