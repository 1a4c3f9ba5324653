//! Last wills: who they silence, what is no news, and that a replay and a checkpoint know the same.

use wire::source::SourceHealth;

use super::*;
use crate::change::Change;
use crate::observation::{
    ObservationEntry, ObservationResult, PassportEntry, PlannedWorks, Quality, WorksEntry,
};
use crate::signal::{Cadence, Passport, Works};
use crate::will::{Whom, WillEntry};

/// What a room is told, one after the other.
#[derive(Default)]
struct Room(Vec<Entry>);

impl Room {
    fn say(&mut self, minute: i64, body: Body) {
        let seq = self.0.len() as u64 + 1;
        let recorded_at = MORNING.plus_ms(minute * MINUTE);
        self.0.push(Entry { seq, recorded_at, mode: Mode::Live, body });
    }

    fn value(&mut self, minute: i64, datastream: &str, of_minute: i64) {
        let observation = ObservationEntry {
            source: SourceKey(1),
            datastream: datastream.to_owned(),
            phenomenon_time: MORNING.plus_ms(of_minute * MINUTE),
            result: ObservationResult::Number(minute as f64),
            name: None,
            unit: Some("cm".to_owned()),
            place: Some(place(2.2, 41.4)),
            clock_ahead: false,
            stated_time: None,
            phenomenon_end: None,
            result_at: None,
            quality: Quality::Unstated,
            raw: None,
            late: false,
        };
        self.say(minute, Body::Observation(Box::new(observation)));
    }

    fn passport(&mut self, minute: i64, datastream: &str, gateway: Option<&str>) {
        let cadence = Some(Cadence { by_day_ms: 10 * MINUTE, in_alarm_ms: None });
        let gateway = gateway.map(str::to_owned);
        let passport = Passport { cadence, gateway, ..Passport::default() };
        let (source, datastream) = (SourceKey(1), datastream.to_owned());
        let entry = PassportEntry { source, datastream, passport };
        self.say(minute, Body::Passport(Box::new(entry)));
    }

    fn will(&mut self, minute: i64, whom: &Whom, is_gone: bool) {
        self.say(minute, Body::Will(Box::new(will(whom, is_gone, false))));
    }

    /// The World after all of it; the same with a restart at every number.
    fn world(&self) -> World {
        let mut whole = World::new(Mode::Live);
        let mut resumed = World::new(Mode::Live);
        for entry in &self.0 {
            whole.apply(entry, &mut Vec::new());
            resumed = World::restore(&resumed.checkpoint()).expect("a checkpoint");
            resumed.apply(entry, &mut Vec::new());
            assert!(whole.checkpoint() == resumed.checkpoint(), "after {}", entry.seq);
        }
        whole
    }

    /// Those that are silent by their will, as of the last word.
    fn gone(&self) -> Vec<String> {
        let world = self.world();
        let eyes = world.eyes(world.now()).datastreams;
        let gone = eyes.into_iter().filter(|eye| eye.gone_at.is_some());
        let mut names: Vec<String> = gone
            .inspect(|eye| assert_eq!(eye.status, SourceHealth::Silent))
            .map(|eye| eye.datastream)
            .collect();
        names.sort();
        names
    }
}

fn will(whom: &Whom, is_gone: bool, is_kept: bool) -> WillEntry {
    WillEntry { source: SourceKey(1), whom: whom.clone(), is_gone, is_kept }
}

fn prefix(words: &str) -> Whom {
    Whom::Prefix(words.to_owned())
}

fn of(room: &Room) -> Room {
    Room(room.0.clone())
}

/// Three meters of two gateways, ten minutes apart, the last values at minute 20.
fn meters() -> Room {
    let mut room = Room::default();
    for (name, gateway) in [("g1-a", "north"), ("g1-b", "south"), ("g2-a", "south")] {
        room.passport(0, name, Some(gateway));
    }
    for minute in [0, 10, 20] {
        for name in ["g1-a", "g1-b", "g2-a"] {
            room.value(minute, name, minute);
        }
    }
    room
}

#[test]
fn a_will_silences_those_for_whom_it_speaks_and_no_others() {
    for (whom, expected) in [
        (Whom::Datastream("g1-a".to_owned()), vec!["g1-a"]),
        (prefix("g1-"), vec!["g1-a", "g1-b"]),
        (Whom::Gateway("south".to_owned()), vec!["g1-b", "g2-a"]),
        (prefix("g3-"), vec![]),
    ] {
        let mut room = meters();
        assert!(room.gone().is_empty());
        room.will(21, &whom, true);
        assert_eq!(room.gone(), expected, "{whom:?}");
        let mut again = of(&room);
        again.will(22, &whom, true);
        assert_eq!(again.gone(), expected, "said twice");
        room.will(22, &whom, false);
        assert!(room.gone().is_empty(), "back");
    }
    let mut room = meters();
    let other = WillEntry { source: SourceKey(2), ..will(&prefix("g"), true, false) };
    room.say(21, Body::Will(Box::new(other)));
    assert!(room.gone().is_empty(), "the will of another source");
}

#[test]
fn a_new_value_ends_it_and_an_old_one_does_not() {
    let mut room = meters();
    room.will(21, &prefix("g1-"), true);
    room.value(22, "g1-a", 15);
    assert_eq!(room.gone(), ["g1-a", "g1-b"], "a value from before the newest");
    room.value(23, "g1-a", 22);
    assert_eq!(room.gone(), ["g1-b"]);
}

#[test]
fn a_will_that_the_broker_kept_rings_once_and_less_than_a_newer_value() {
    let whom = prefix("g1-");
    let kept = will(&whom, true, true);
    let minute = |n| MORNING.plus_ms(n * MINUTE);
    // Nobody knows how old it is: a value that is not even overdue counts more.
    let room = meters();
    assert!(!room.world().would_heed(&kept, minute(29)));
    assert!(room.world().would_heed(&kept, minute(31)), "overdue: the will is believed");
    // It is what was known: no news, whatever ended it.
    let mut known = meters();
    known.will(21, &whom, true);
    assert!(!known.world().would_heed(&kept, minute(50)));
    for name in ["g1-a", "g1-b"] {
        known.value(22, name, 22);
    }
    assert!(!known.world().would_heed(&kept, minute(90)));
    assert!(known.world().would_heed(&will(&whom, true, false), minute(90)), "said anew");
    // And applied all the same it changes nothing.
    let before = known.gone();
    known.say(90, Body::Will(Box::new(kept)));
    assert_eq!(known.gone(), before);
}

#[test]
fn screens_are_told_where_a_will_speaks_and_planned_works_mute_it() {
    let mut room = meters();
    room.will(21, &prefix("g1-"), true);
    let (last, earlier) = room.0.split_last().expect("a will");
    let mut world = World::new(Mode::Live);
    for entry in earlier {
        world.apply(entry, &mut Vec::new());
    }
    let mut changes = Vec::new();
    world.apply(last, &mut changes);
    let told = changes.iter().filter(|change| matches!(change, Change::Sensor { .. })).count();
    assert_eq!(told, 2);
    let sensor = world.sensor(0).expect("a sensor");
    assert_eq!(sensor.gone_at, Some(MORNING.plus_ms(21 * MINUTE)));

    let mut muted = meters();
    let works = Works {
        from: MORNING.plus_ms(20 * MINUTE),
        to: MORNING.plus_ms(60 * MINUTE),
        why: "new battery".to_owned(),
        who: "J. Pons".to_owned(),
    };
    let (source, datastreams) = (SourceKey(1), Vec::new());
    let planned = PlannedWorks { source, datastreams, announced_at: MORNING, works };
    muted.say(20, Body::Works(Box::new(WorksEntry::Announced(planned))));
    muted.will(21, &prefix("g1-"), true);
    let world = muted.world();
    let counts = world.eyes(world.now()).counts;
    assert_eq!((counts.in_works, counts.silent), (2, 0), "{counts:?}");
}
