//! Heartbeats of all lines: made once for those that stand at the same place, and where it can be sent with what is being
//! written anyway. One of its own costs as much as a batch, and a thousand screens are owed one every other second.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use wire::frame::{Heartbeat, ServerFrame};
use wire::time::Timestamp;

use crate::hub::Encoded;

/// How often within the promised time it is looked who is due before the next look: a heartbeat comes by so much sooner,
/// never later.
const LOOKS: u32 = 4;

/// The time at which one round serves its lines, and what they are told of it.
#[derive(Debug)]
pub(super) struct Beats {
    every: Duration,
    now: Instant,
    server_time: Timestamp,
    last: Option<(Heartbeat, Arc<Encoded>)>,
}

impl Beats {
    /// Of lines that are promised one this often; a round begins.
    pub(super) fn new(every: Duration, now: Instant, server_time: Timestamp) -> Self {
        let every = every.max(Duration::from_millis(1));
        Self { every, now, server_time, last: None }
    }

    /// Another round begins.
    pub(super) fn turn(&mut self, now: Instant, server_time: Timestamp) {
        *self = Self::new(self.every, now, server_time);
    }

    /// The time between two looks for who is due.
    pub(super) fn look_every(&self) -> Duration {
        (self.every / LOOKS).max(Duration::from_millis(1))
    }

    /// When a line that is told now is due again.
    pub(super) fn next_due(&self) -> Instant {
        self.now + self.every
    }

    /// Whether a line is told now: along with a batch, or because it cannot wait for the next look.
    pub(super) fn is_due(&self, due: Instant) -> bool {
        due <= self.now + self.look_every()
    }

    /// The frame for a line that stands there; most stand where the one before stood.
    pub(super) fn frame(&mut self, of: impl FnOnce(Timestamp) -> Heartbeat) -> Arc<Encoded> {
        let beat = of(self.server_time);
        if let Some((last, frame)) = &self.last
            && *last == beat
        {
            return Arc::clone(frame);
        }
        let frame = Arc::new(Encoded::new(ServerFrame::Heartbeat(beat)));
        self.last = Some((beat, Arc::clone(&frame)));
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(2);

    fn beat(seq: u64) -> impl FnOnce(Timestamp) -> Heartbeat {
        move |server_time| Heartbeat { seq, server_time, newest: None, canary: None }
    }

    #[test]
    fn who_stands_alike_in_one_round_is_told_by_the_same_frame() {
        let mut beats = Beats::new(EVERY, Instant::now(), Timestamp(0));
        let first = beats.frame(beat(7));
        assert!(Arc::ptr_eq(&first, &beats.frame(beat(7))));
        let other = beats.frame(beat(8));
        assert!(matches!(other.frame(), ServerFrame::Heartbeat(beat) if beat.seq == 8));
        beats.turn(Instant::now(), Timestamp(2_000));
        let later = beats.frame(beat(8));
        let ServerFrame::Heartbeat(told) = later.frame() else { panic!("{later:?}") };
        assert_eq!(told.server_time, Timestamp(2_000), "a round tells its own time");
    }

    #[test]
    fn whoever_is_looked_at_as_often_as_it_should_be_is_never_told_late() {
        let mut now = Instant::now();
        let mut beats = Beats::new(EVERY, now, Timestamp(0));
        let (mut told, mut due) = (now, beats.next_due());
        let mut longest = Duration::ZERO;
        for _ in 0..100 {
            now += beats.look_every();
            beats.turn(now, Timestamp(0));
            if beats.is_due(due) {
                longest = longest.max(now - told);
                (told, due) = (now, beats.next_due());
            }
        }
        assert!(longest <= EVERY && longest >= EVERY / 2, "{longest:?}");
    }
}
