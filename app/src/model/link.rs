//! The line to the server and what it proves: whether what is on screen is now, or a picture that stopped (law 10 of the
//! room). Two proofs are watched. Frames: where none come, the line is dead, whatever its socket says. Canaries: where they
//! stay away, what is reported does not reach this screen, however alive the line is.
//!
//! Once frozen a picture stays so until it has caught up: totals of this stream, and a canary that was not there before.

use wire::frame::ServerFrame;

/// Silence after which the line counts as behind: two heartbeats and a half.
pub const BEHIND_AFTER_MS: i64 = 5_000;
/// Silence after which the picture is frozen: four heartbeats. With a second for the clock that looks it is said within
/// nine, and the promise is ten.
pub const SILENT_AFTER_MS: i64 = 8_000;

/// The connection and its proofs. Times are milliseconds of this machine's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Link {
    /// Whether a stream is open.
    pub open: bool,
    /// When the last frame came.
    pub heard_at: Option<i64>,
    /// When the stream was lost, if it is.
    pub lost_at: Option<i64>,
    /// A canary may stay away this long; `None` where none are said.
    late_after_ms: Option<i64>,
    /// When the newest canary was said, by the server's clock.
    canary: Option<i64>,
    /// The newest moment of which it is proven that reports came through.
    proven_at: Option<i64>,
    /// Totals came on this stream, so that nothing of before is missing.
    caught_up: bool,
    frozen: Option<Frozen>,
}

/// A picture that stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Frozen {
    since: i64,
    /// The newest canary of before.
    canary: Option<i64>,
}

/// What a frame says of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulse {
    /// A stream begins.
    Hello {
        /// A canary may stay away this long; `None` where none are said.
        late_after_ms: Option<i64>,
    },
    /// A heartbeat.
    Beat {
        /// The server's clock.
        server_time: i64,
        /// When the newest canary was said, by the same clock.
        canary: Option<i64>,
    },
    /// Totals: everything of before was sent.
    Totals,
    /// A piece of the picture.
    Piece,
}

impl Pulse {
    /// Of a frame.
    pub fn of(frame: &ServerFrame) -> Self {
        match frame {
            ServerFrame::Hello(hello) => {
                // A canary is a period late, and the heartbeat that tells it too: less would be a false alarm.
                let both = i64::from(hello.canary_ms) + i64::from(hello.heartbeat_ms);
                Self::Hello { late_after_ms: (hello.canary_ms > 0).then_some(2 * both) }
            }
            ServerFrame::Heartbeat(beat) => Self::Beat {
                server_time: beat.server_time.0,
                canary: beat.canary.map(|said_at| said_at.0),
            },
            ServerFrame::Totals(_) => Self::Totals,
            _ => Self::Piece,
        }
    }
}

impl Link {
    /// A frame came. `is_whole`: every tile of the view is there; asked of totals only.
    pub fn hear(&mut self, pulse: Pulse, is_whole: bool, now: i64) {
        // The silence before this frame is not undone by it.
        self.watch(now);
        self.open = true;
        self.lost_at = None;
        self.heard_at = Some(now);
        match pulse {
            Pulse::Hello { late_after_ms } => {
                self.late_after_ms = late_after_ms;
                self.caught_up = false;
                self.proven_at.get_or_insert(now);
            }
            Pulse::Totals => {
                self.caught_up |= is_whole;
                self.moved(now);
            }
            Pulse::Piece => self.moved(now),
            Pulse::Beat { server_time, canary } => {
                if let Some(said_at) = canary {
                    self.canary = canary;
                    // A clock that was set back must not prove the future.
                    self.proven_at = Some(now - (server_time - said_at).max(0));
                }
            }
        }
        if matches!(pulse, Pulse::Beat { .. } | Pulse::Totals) && self.is_past(now) {
            self.frozen = None;
        }
        self.watch(now);
    }

    /// A slow line brings piece after piece and heartbeats only in between: it moves, so it is not frozen. The heartbeat
    /// that follows tells the truth.
    fn moved(&mut self, now: i64) {
        if self.frozen.is_none() {
            self.proven_at = self.proven_at.max(Some(now));
        }
    }

    /// Whether what froze the picture is over.
    fn is_past(&self, now: i64) -> bool {
        let Some(frozen) = self.frozen else { return true };
        let new_canary = self.canary.is_some() && self.canary != frozen.canary;
        self.caught_up && (self.late_after_ms.is_none() || (new_canary && !self.is_late(now)))
    }

    fn is_late(&self, now: i64) -> bool {
        let past = |(proven_at, after)| now - proven_at > after;
        self.proven_at.zip(self.late_after_ms).is_some_and(past)
    }

    /// The stream ended.
    pub fn lose(&mut self, now: i64) {
        self.open = false;
        self.caught_up = false;
        self.lost_at = self.lost_at.or(Some(now));
    }

    /// Looks whether the picture is frozen by now. Called once a second.
    pub fn watch(&mut self, now: i64) {
        if self.frozen.is_some() {
            return;
        }
        let silent = self.heard_at.filter(|heard| now - heard > SILENT_AFTER_MS);
        let late = self.proven_at.filter(|_| self.is_late(now));
        if let Some(since) = silent.or(late) {
            self.frozen = Some(Frozen { since, canary: self.canary });
        }
    }

    /// Since when the picture is frozen, if it is.
    pub fn frozen_since(&self) -> Option<i64> {
        self.frozen.map(|frozen| frozen.since)
    }
}

/// What the status bar says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing has come yet.
    Connecting,
    /// Heartbeats come in time.
    Live,
    /// Open, but quiet for too long or not caught up.
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
        (true, Some(heard)) if now - heard < BEHIND_AFTER_MS && link.frozen.is_none() => {
            Standing::Live
        }
        (true, Some(_)) => Standing::Behind,
        (_, None) => link.lost_at.map_or(Standing::Connecting, |since| Standing::Offline { since }),
        (false, Some(heard)) => Standing::Offline { since: link.lost_at.unwrap_or(heard) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: Pulse = Pulse::Hello { late_after_ms: Some(24_000) };
    /// The server's clock is another one.
    const AHEAD: i64 = 1_000_000;

    fn beat(now: i64, canary_at: i64) -> Pulse {
        Pulse::Beat { server_time: now + AHEAD, canary: Some(canary_at + AHEAD) }
    }

    /// A line that has caught up at 1 s, with a canary of that moment.
    fn whole() -> Link {
        let mut link = Link::default();
        link.hear(HELLO, false, 1_000);
        link.hear(Pulse::Totals, true, 1_000);
        link.hear(beat(1_000, 1_000), true, 1_000);
        link
    }

    #[test]
    fn a_line_goes_from_live_over_behind_to_frozen_as_silence_grows() {
        let mut link = whole();
        assert_eq!(standing(&link, 3_000), Standing::Live);
        assert_eq!(standing(&link, 6_000), Standing::Behind);
        link.watch(9_000);
        assert_eq!(link.frozen_since(), None);
        link.watch(9_001);
        assert_eq!(link.frozen_since(), Some(1_000));
    }

    #[test]
    fn a_lost_line_says_since_when_and_freezes_too() {
        let mut link = whole();
        link.lose(1_500);
        assert_eq!(standing(&link, 2_000), Standing::Offline { since: 1_500 });
        link.watch(12_000);
        assert_eq!(link.frozen_since(), Some(1_000));
    }

    #[test]
    fn a_screen_that_never_heard_anything_is_connecting_and_not_frozen() {
        let mut link = Link::default();
        link.watch(99_000);
        assert_eq!(standing(&link, 99_000), Standing::Connecting);
        assert_eq!(link.frozen_since(), None);
    }

    #[test]
    fn canaries_in_their_time_never_freeze_whatever_the_heartbeat_they_come_with() {
        let mut link = whole();
        // A canary each 10 s from 1 s on; a heartbeat each 2 s, and one that is late.
        for now in (3_000..200_000).step_by(2_000) {
            let now = now + i64::from(now % 3 == 0) * 1_900;
            link.watch(now - 1);
            link.hear(beat(now, now - (now - 1_000) % 10_000), true, now);
            assert_eq!(standing(&link, now), Standing::Live, "at {now}");
        }
    }

    #[test]
    fn a_canary_that_stays_away_freezes_a_line_that_is_alive() {
        let mut link = whole();
        for now in (3_000..=25_000).step_by(2_000) {
            link.hear(beat(now, 1_000), true, now);
            assert_eq!(link.frozen_since(), None, "at {now}");
        }
        link.watch(25_001);
        assert_eq!(link.frozen_since(), Some(1_000));
        assert_eq!(standing(&link, 25_001), Standing::Behind);
        // Time goes on and moves the picture; heartbeats go on. Neither is a canary.
        link.hear(Pulse::Piece, true, 26_000);
        link.hear(Pulse::Totals, true, 26_000);
        link.hear(beat(27_000, 1_000), true, 27_000);
        assert_eq!(link.frozen_since(), Some(1_000));
        link.hear(beat(29_000, 28_500), true, 29_000);
        assert_eq!(link.frozen_since(), None);
        assert_eq!(standing(&link, 29_000), Standing::Live);
    }

    #[test]
    fn a_canary_that_is_old_when_it_comes_is_late() {
        let mut link = whole();
        link.hear(beat(3_000, -30_000), true, 3_000);
        assert_eq!(link.frozen_since(), Some(-30_000));
    }

    #[test]
    fn a_server_that_never_says_one_is_late_too_and_one_that_says_none_is_not_waited_for() {
        let silent = Pulse::Beat { server_time: AHEAD, canary: None };
        for (hello, frozen) in [(HELLO, Some(1_000)), (Pulse::Hello { late_after_ms: None }, None)]
        {
            let mut link = Link::default();
            link.hear(hello, false, 1_000);
            for now in (3_000..30_000).step_by(2_000) {
                link.hear(silent, true, now);
            }
            assert_eq!(link.frozen_since(), frozen);
        }
    }

    #[test]
    fn a_slow_line_is_not_frozen_while_pieces_come() {
        let mut link = whole();
        for now in (2_000..60_000).step_by(4_000) {
            link.watch(now - 1);
            link.hear(Pulse::Piece, false, now);
            assert_eq!(link.frozen_since(), None, "at {now}");
        }
        // The heartbeat after them says how it really stands.
        link.hear(beat(60_000, 1_000), true, 60_000);
        assert_eq!(link.frozen_since(), Some(1_000));
    }

    #[test]
    fn frozen_is_cleared_only_by_totals_of_this_stream_and_a_canary_of_after() {
        let mut link = whole();
        link.lose(2_000);
        // Found by the next frame, even where no clock looked meanwhile.
        link.hear(HELLO, true, 20_000);
        assert_eq!(link.frozen_since(), Some(1_000), "the socket is back, the picture is not");
        link.hear(beat(20_500, 19_000), true, 20_500);
        assert_eq!(link.frozen_since(), Some(1_000), "no totals yet");
        link.hear(Pulse::Piece, true, 21_000);
        link.hear(Pulse::Totals, false, 21_000);
        assert_eq!(link.frozen_since(), Some(1_000), "totals of a view that is not whole");
        link.hear(Pulse::Totals, true, 21_000);
        assert_eq!(link.frozen_since(), None);
    }

    #[test]
    fn what_was_held_back_on_the_way_is_no_proof() {
        let mut link = whole();
        link.watch(15_000);
        // A heartbeat of before, with the canary of before.
        link.hear(beat(3_000, 1_000), true, 15_100);
        assert_eq!(link.frozen_since(), Some(1_000));
        link.hear(beat(13_000, 11_000), true, 15_200);
        assert_eq!(link.frozen_since(), None);
    }

    #[test]
    fn without_canaries_totals_of_this_stream_are_enough() {
        let mut link = Link::default();
        link.hear(Pulse::Hello { late_after_ms: None }, false, 1_000);
        link.hear(Pulse::Totals, true, 1_000);
        link.lose(2_000);
        link.watch(12_000);
        assert!(link.frozen_since().is_some());
        link.hear(Pulse::Hello { late_after_ms: None }, true, 13_000);
        assert!(link.frozen_since().is_some());
        link.hear(Pulse::Totals, true, 13_500);
        assert_eq!(link.frozen_since(), None);
    }
}
