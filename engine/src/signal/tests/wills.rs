//! Last wills: gone at once, back with the first word, and the same however often it is said.

use super::*;
use crate::signal::Works;

impl Stream {
    fn gone(&mut self, ms: i64) -> Vec<Transition> {
        self.note(|watch, passport| watch.gone(passport, at(ms)))
    }

    fn back(&mut self, ms: i64) -> Vec<Transition> {
        self.note(|watch, passport| watch.back(passport, at(ms)))
    }

    fn note(
        &mut self,
        act: impl FnOnce(&mut Watch, &Passport) -> Vec<Transition>,
    ) -> Vec<Transition> {
        let told = act(&mut self.watch, &self.passport);
        self.told.extend(told.clone());
        told
    }
}

fn gone_at(transition: &Transition) -> Option<Timestamp> {
    match transition.signal.numbers {
        Numbers::Absence { gone_at, .. } => gone_at,
        _ => None,
    }
}

#[test]
fn who_is_said_to_be_gone_is_silent_at_once_whatever_its_cadence() {
    for passport in [meter(), Passport { cadence: None, ..meter() }] {
        let mut stream = Stream::of(passport);
        stream.value(0, 10.0);
        let told = stream.gone(MINUTE);
        assert_eq!(turns(&told), [(Turn::Begun, Test::Silent, Grade::Yellow)]);
        assert_eq!((told[0].at, told[0].signal.since), (at(MINUTE), at(MINUTE)));
        assert_eq!(gone_at(&told[0]), Some(at(MINUTE)), "its last will said so");
        assert_eq!(stream.tick(3 * HOUR), [], "told once, and not again when it would be due");
        let told = stream.back(4 * HOUR);
        // By its cadence it is silent still.
        assert_eq!(told.is_empty(), stream.passport.cadence.is_some(), "{told:?}");
    }
}

#[test]
fn a_value_or_the_word_for_back_ends_it() {
    let mut stream = Stream::of(meter());
    stream.value(0, 10.0);
    stream.gone(MINUTE);
    let told = stream.back(2 * MINUTE);
    assert_eq!(turns(&told), [(Turn::Ended, Test::Silent, Grade::Yellow)]);
    assert_eq!(stream.tick(15 * MINUTE), [], "its values count again");
    assert_eq!(turns(&stream.tick(16 * MINUTE)), [(Turn::Begun, Test::Silent, Grade::Yellow)]);
    stream.value(20 * MINUTE, 10.0);
    stream.gone(21 * MINUTE);
    let mut told = stream.note(|watch, passport| watch.overrule(passport, at(25 * MINUTE)));
    told.extend(stream.value(25 * MINUTE, 11.0));
    assert_eq!(turns(&told), [(Turn::Ended, Test::Silent, Grade::Yellow)]);
    let Numbers::Absence { away_ms, .. } = told[0].signal.numbers else { panic!("an absence") };
    assert_eq!(away_ms, Some(5 * MINUTE), "since its last value");
}

#[test]
fn who_was_beyond_a_level_is_lost_at_once() {
    let mut stream = Stream::of(gauge());
    stream.value(0, 28.7);
    stream.value(5 * MINUTE, 264.0);
    let told = stream.gone(6 * MINUTE);
    assert_eq!(turns(&told), [(Turn::Begun, Test::Lost, Grade::Red)]);
    assert_eq!(told[0].at, at(6 * MINUTE));
}

#[test]
fn during_works_a_will_says_nothing_and_after_them_there_is_time_to_start() {
    let works = Works {
        from: at(0),
        to: at(HOUR),
        why: "new battery".to_owned(),
        who: "J. Pons".to_owned(),
    };
    let mut stream = Stream::of(Passport { works: vec![works], ..meter() });
    stream.value(MINUTE, 10.0);
    assert_eq!(stream.gone(2 * MINUTE), []);
    assert_eq!(stream.tick(HOUR + 15 * MINUTE), [], "three periods to start");
    let told = stream.tick(2 * HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, Test::Silent, Grade::Yellow)]);
    assert_eq!(told[0].at, at(HOUR + 15 * MINUTE));
}

#[test]
fn what_is_late_does_not_bring_it_back() {
    let mut stream = Stream::of(meter());
    stream.value(10 * MINUTE, 10.0);
    stream.gone(11 * MINUTE);
    assert_eq!(stream.received(5 * MINUTE, 11 * MINUTE, 9.0), [], "in the same moment");
    assert_eq!(stream.received(6 * MINUTE, 12 * MINUTE, 9.0), []);
    assert_eq!(stream.watch.standing().len(), 1);
}
