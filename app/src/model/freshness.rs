//! How far what is on screen can be trusted to be now: the standing of the line, and ages in words.

/// Silence after which the line counts as behind: two heartbeats and a half.
pub const BEHIND_AFTER_MS: i64 = 5_000;
/// Silence after which the picture is called frozen over the whole width (law 10 of the room).
pub const FROZEN_AFTER_MS: i64 = 10_000;

/// The connection, as the socket sees it. Times are milliseconds of this machine's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Link {
    /// Whether a stream is open.
    pub open: bool,
    /// When the last frame came.
    pub heard_at: Option<i64>,
    /// When the stream was lost, if it is.
    pub lost_at: Option<i64>,
}

/// What the status bar says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing has come yet.
    Connecting,
    /// Heartbeats come in time.
    Live,
    /// Open, but quiet for too long.
    Behind,
    /// No stream since then.
    Offline {
        /// When it was lost.
        since: i64,
    },
}

/// The standing of a link now.
pub fn standing(link: &Link, now: i64) -> Standing {
    match (link.open, link.heard_at) {
        (true, Some(heard)) if now - heard < BEHIND_AFTER_MS => Standing::Live,
        (true, Some(_)) => Standing::Behind,
        (_, None) => link.lost_at.map_or(Standing::Connecting, |since| Standing::Offline { since }),
        (false, Some(heard)) => Standing::Offline { since: link.lost_at.unwrap_or(heard) },
    }
}

/// Since when the picture is frozen, if it is: heartbeats stopped, whatever the socket says.
pub fn frozen_since(link: &Link, now: i64) -> Option<i64> {
    link.heard_at.filter(|heard| now - heard > FROZEN_AFTER_MS)
}

/// An age in the largest unit that fits: one number is read faster than two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Under a second.
    Now,
    /// Seconds, up to 89.
    Seconds(i64),
    /// Minutes, up to 89.
    Minutes(i64),
    /// Hours, up to 35.
    Hours(i64),
    /// Days.
    Days(i64),
}

/// An age from milliseconds; what lies ahead is now.
pub fn age_of(ms: i64) -> Age {
    let s = ms / 1_000;
    match s {
        ..=0 => Age::Now,
        1..90 => Age::Seconds(s),
        90..5_400 => Age::Minutes((s + 30) / 60),
        5_400..129_600 => Age::Hours((s + 1_800) / 3_600),
        _ => Age::Days((s + 43_200) / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_from_live_over_behind_to_frozen_as_silence_grows() {
        let link = Link { open: true, heard_at: Some(1_000), lost_at: None };
        assert_eq!(standing(&link, 3_000), Standing::Live);
        assert_eq!(standing(&link, 6_000), Standing::Behind);
        assert_eq!(frozen_since(&link, 11_000), None);
        assert_eq!(frozen_since(&link, 11_001), Some(1_000));
    }

    #[test]
    fn a_lost_line_says_since_when_and_freezes_too() {
        let link = Link { open: false, heard_at: Some(1_000), lost_at: Some(1_500) };
        assert_eq!(standing(&link, 2_000), Standing::Offline { since: 1_500 });
        assert_eq!(frozen_since(&link, 12_000), Some(1_000));
    }

    #[test]
    fn a_screen_that_never_heard_anything_is_connecting_and_not_frozen() {
        let link = Link::default();
        assert_eq!(standing(&link, 99_000), Standing::Connecting);
        assert_eq!(frozen_since(&link, 99_000), None);
    }

    #[test]
    fn an_age_is_one_number_in_the_largest_unit_that_fits() {
        assert_eq!(age_of(-5), Age::Now);
        assert_eq!(age_of(20_000), Age::Seconds(20));
        assert_eq!(age_of(119_000), Age::Minutes(2));
        assert_eq!(age_of(3_600_000), Age::Minutes(60));
        assert_eq!(age_of(5_400_000), Age::Hours(2));
        assert_eq!(age_of(200_000_000), Age::Days(2));
    }
}
