//! Unusual numbers and dark areas in the World: what it heard it judges, what it did not hear says nothing.

use wire::alarm::{AlarmCause, AlarmLevel};
use wire::geo::LngLat;
use wire::grade::{Hazard, Kind};
use wire::time::Timestamp;
use wire::view::Mode;

use super::super::World;
use super::{DAY, HOUR, MINUTE, MORNING, entry, place, report};
use crate::change::{Change, Matter};
use crate::entry::{Body, Entry, SourceKey};
use crate::observation::{ObservationEntry, ObservationResult, Quality};
use crate::report::{Private, ReportEntry, Words};
use crate::view::Clearance;

/// Two districts twenty kilometres apart, each with calls and messages of sensors every few minutes.
const DISTRICTS: [f64; 2] = [2.0, 2.24];

/// A room and what it was told; a canary each minute while the server runs.
struct Room {
    world: World,
    seq: u64,
    now: Timestamp,
    alarms: Vec<Change>,
}

impl Room {
    fn new() -> Self {
        let world = World::new(Mode::Live);
        Self { world, seq: 0, now: MORNING, alarms: Vec::new() }
    }

    fn say(&mut self, body: Body) {
        self.seq += 1;
        let mut changes = Vec::new();
        let entry = Entry { seq: self.seq, recorded_at: self.now, mode: Mode::Live, body };
        self.world.apply(&entry, &mut changes);
        let is_alarm =
            |one: &Change| matches!(one, Change::Matter { matter: Matter::Alarm(_), .. });
        self.alarms.extend(changes.into_iter().filter(is_alarm));
    }

    fn tell(&mut self, at: LngLat, hazard: Hazard, kind: Kind, text: Option<&str>) {
        let number = u128::from(self.seq);
        let words = Words { text: text.map(str::to_owned), ..Words::default() };
        let report = ReportEntry {
            place: Some(at),
            hazard,
            kind,
            observed_at: self.now,
            private: Private::from(words),
            ..report(number)
        };
        self.say(entry(0, self.now, report).body);
    }

    fn measure(&mut self, at: LngLat, east: f64) {
        self.say(Body::Observation(Box::new(ObservationEntry {
            source: SourceKey(9),
            datastream: format!("gauge-{east}"),
            phenomenon_time: self.now,
            result: ObservationResult::Number(1.0),
            name: None,
            unit: None,
            place: Some(at),
            clock_ahead: false,
            stated_time: None,
            phenomenon_end: None,
            result_at: None,
            quality: Quality::Unstated,
            raw: None,
            late: false,
        })));
    }

    /// Minutes of an ordinary day, with silence in some districts.
    fn live(&mut self, minutes: i64, silent: &[f64]) {
        for _ in 0..minutes {
            self.now = self.now.plus_ms(MINUTE);
            self.say(Body::Canary(self.now));
            let minute = self.now.ms_since(MORNING) / MINUTE;
            let speaking = DISTRICTS.iter().filter(|east| !silent.contains(east));
            for east in speaking {
                if minute % 3 == 0 {
                    self.tell(place(*east, 41.4), Hazard::Other, Kind::Call, None);
                }
                if minute % 60 == 0 {
                    let words = format!("nothing new at {minute} in district {east}");
                    self.tell(place(*east, 41.4), Hazard::Other, Kind::Post, Some(&words));
                }
                if minute % 2 == 0 {
                    self.measure(place(*east, 41.4), *east);
                }
            }
        }
    }

    fn learned() -> Self {
        let mut room = Self::new();
        room.live(15 * DAY / MINUTE, &[]);
        assert!(room.world.unusual().is_earned);
        assert_eq!((room.world.unusual().dark.len(), room.alarms.len()), (0, 0));
        room
    }
}

#[test]
fn a_district_that_falls_silent_by_every_channel_is_an_orange_alarm_until_it_speaks() {
    let mut room = Room::learned();
    room.live(90, &DISTRICTS[..1]);
    let told = room.world.unusual();
    let [dark] = told.dark.as_slice() else { panic!("{told:?}") };
    assert!(dark.bbox.contains(place(DISTRICTS[0], 41.4)), "{dark:?}");
    assert!(dark.channels.iter().all(|one| one.n as f64 <= one.expected / 4.0), "{dark:?}");
    let alarms = room.world.alarms(Clearance::Desk);
    let [alarm] = alarms.as_slice() else { panic!("{alarms:?}") };
    assert_eq!((alarm.cause, alarm.level), (AlarmCause::Dark, AlarmLevel::Orange));
    assert!(alarm.geometry.is_some_and(|at| dark.bbox.contains(at)), "{alarm:?}");
    assert_eq!((alarm.eased_at, room.alarms.is_empty()), (None, false));
    let eyes = room.world.eyes(room.now).cells;
    let cell = eyes.iter().find(|cell| cell.bbox == dark.bbox).expect("a cell");
    assert!(cell.no_eyes && cell.is_dark && cell.n_reports > 0, "{cell:?}");
    assert_eq!(eyes.iter().filter(|cell| cell.no_eyes).count(), 1, "{eyes:?}");
    // It goes on from a checkpoint as if nothing had been.
    let restored = World::restore(&room.world.checkpoint()).expect("restores");
    assert_eq!((restored.unusual(), restored.alarms(Clearance::Desk)), (told, alarms));
    room.live(90, &[]);
    assert_eq!(room.world.unusual().dark, []);
    let eased = room.world.alarms(Clearance::Desk)[0].eased_at;
    assert!(eased.is_some(), "what raised it is over, and it still asks for an answer");
}

/// What is usual in the first district, the same hour tomorrow whenever it is asked.
fn usual_an_hour(room: &Room) -> f64 {
    let tomorrow = MORNING.plus_ms(16 * DAY);
    room.world.hearing.usual_an_hour(place(DISTRICTS[0], 41.4), Hazard::Other, tomorrow)
}

#[test]
fn what_the_server_did_not_hear_is_no_silence() {
    let mut room = Room::learned();
    let usual = usual_an_hour(&room);
    // It stands still for a night, and nobody tries again what was not taken.
    room.now = room.now.plus_ms(9 * HOUR + 20_000);
    let mut ticked = World::restore(&room.world.checkpoint()).expect("restores");
    for minute in 0..9 * 60 {
        ticked.tick(room.now.plus_ms((minute - 9 * 60) * MINUTE), &mut Vec::new());
    }
    assert_eq!(ticked.unusual(), room.world.unusual(), "time alone judges nothing");
    room.live(3 * 60, &[]);
    let told = room.world.unusual();
    assert_eq!((&told.dark, &told.blind, room.alarms.len()), (&vec![], &vec![], 0));
    let after = usual_an_hour(&room);
    assert!((after / usual - 1.0).abs() < 0.05, "{usual} an hour before, {after} after");
}

#[test]
fn a_night_in_which_it_listened_and_nobody_spoke_is_blind() {
    let mut room = Room::learned();
    room.live(9 * 60, &DISTRICTS);
    assert_eq!(room.world.unusual().blind.len(), 2, "calls and sensors");
}

#[test]
fn a_crowd_of_witnesses_is_unusual_and_a_crowd_of_copies_is_not() {
    let learned = Room::learned();
    let bridge = place(2.1, 41.45);
    let after = |words: &dyn Fn(i64) -> String| {
        let world = World::restore(&learned.world.checkpoint()).expect("restores");
        let mut room = Room { world, alarms: Vec::new(), ..learned };
        for number in 0..8 {
            room.live(1, &[]);
            room.tell(bridge, Hazard::Other, Kind::Post, Some(&words(number)));
        }
        room.live(1, &[]);
        room.world.unusual().unusual
    };
    let copies = after(&|_| "the bridge at the old mill is under water now".to_owned());
    assert_eq!(copies, [], "one source");
    let words = ["mill", "school", "church", "market", "harbour", "station", "tower", "garden"];
    let found = after(&|number| {
        let seen = words[number as usize];
        format!(
            "{number} people of the {seen} beside the {seen} bridge by {seen} see {seen} flooded"
        )
    });
    let [found] = found.as_slice() else { panic!("{found:?}") };
    let near = found.now.bbox.expect("a place");
    assert!(near.contains(bridge) && found.hazard == Hazard::Other, "{found:?}");
    assert!(found.now.n as f64 > 3.0 * found.now.expected, "{found:?}");
    assert_eq!(found.kinds.get(&Kind::Post), Some(&found.now.n), "{found:?}");
}
