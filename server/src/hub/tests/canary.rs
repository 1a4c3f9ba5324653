//! Canaries on their way through the hub: told by a session only when everything before them was sent.

use engine::entry::Body;
use wire::frame::Heartbeat;
use wire::grade::Hazard;
use wire::time::Timestamp;
use wire::view::{Mode, View, Window};

use super::{Rig, view};
use crate::hub::Session;

const CITY: (f64, f64) = (2.17, 41.4);

impl Rig {
    fn canary(&self, mode: Mode) -> Timestamp {
        self.enter(mode, Body::Canary(self.now()));
        for each in Mode::ALL {
            self.hub.pass_on(each, self.worlds.read(each).canary());
        }
        self.now()
    }

    fn beat(&self, session: &Session) -> Heartbeat {
        session.heartbeat(self.now())
    }

    fn drain(&self, session: &mut Session) -> usize {
        std::iter::from_fn(|| session.next_batch(&self.worlds)).map(|batch| batch.len()).sum()
    }
}

#[test]
fn a_canary_is_told_once_everything_before_it_was_sent() {
    let rig = Rig::new();
    let mut session = rig.session(None);
    session.look(view(12.0, Window::All)).expect("a view");
    rig.report(1, CITY, Hazard::Flood, 0);
    let said_at = rig.canary(Mode::Live);
    assert_eq!(rig.beat(&session).canary, None, "not published yet");
    rig.flush();
    assert_eq!(rig.beat(&session).canary, None, "the tiles are still owed");
    session.next_batch(&rig.worlds).expect("tiles");
    assert_eq!(rig.beat(&session).canary, None, "the totals are still owed");
    rig.drain(&mut session);
    assert_eq!(rig.beat(&session).canary, Some(said_at));
}

#[test]
fn a_canary_alone_sends_no_frame_and_moves_no_cursor() {
    let rig = Rig::new();
    let mut session = rig.session(None);
    session.look(view(12.0, Window::All)).expect("a view");
    let head = rig.report(1, CITY, Hazard::Flood, 0);
    rig.flush();
    rig.drain(&mut session);
    for _ in 0..3 {
        rig.pass(1_000);
        let said_at = rig.canary(Mode::Live);
        rig.flush();
        assert_eq!(rig.drain(&mut session), 0);
        let beat = rig.beat(&session);
        assert_eq!((beat.seq, beat.canary), (head, Some(said_at)));
    }
    // Who resumes is sent none of them, and told of the newest.
    let mut again = rig.session(Some((super::EPOCH, head)));
    again.look(view(12.0, Window::All)).expect("a view");
    assert_eq!(rig.drain(&mut again), 1, "totals alone");
    assert_eq!(rig.beat(&again).canary, Some(rig.now()));
}

#[test]
fn each_mode_has_its_own() {
    let rig = Rig::new();
    let mut session = rig.session(None);
    session.look(view(12.0, Window::All)).expect("a view");
    rig.canary(Mode::Exercise);
    rig.flush();
    rig.drain(&mut session);
    assert_eq!(rig.beat(&session).canary, None);
    let drill = View { mode: Mode::Exercise, ..view(12.0, Window::All) };
    session.look(drill).expect("a view");
    rig.flush();
    rig.drain(&mut session);
    assert_eq!(rig.beat(&session).canary, Some(rig.now()));
}

#[test]
fn a_clock_set_back_does_not_silence_the_canaries_after_it() {
    let rig = Rig::new();
    let before = rig.canary(Mode::Live);
    rig.flush();
    rig.hub.pass_on(Mode::Live, Some(before.plus_ms(-60_000)));
    rig.flush();
    assert_eq!(rig.hub.canary(Mode::Live), Some(before.plus_ms(-60_000)));
}
