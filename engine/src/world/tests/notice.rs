//! Official notices that ring until somebody has read them.

use wire::alarm::{AlarmCause, AlarmLevel, AlarmState, AlarmView};

use super::*;
use crate::view::Clearance;

fn notice(number: u128, level: AlarmLevel, at: Timestamp) -> ReportEntry {
    let words = Words { place: Some("Barranc del Poio".to_owned()), ..Words::default() };
    let mut one = ReportEntry {
        kind: Kind::Official,
        observed_at: at,
        updated_at: at,
        private: words.into(),
        ..report(number)
    };
    one.ring(level);
    one
}

fn alarms(world: &World) -> Vec<AlarmView> {
    world.alarms(Clearance::Desk)
}

#[test]
fn a_notice_rings_and_climbs_each_five_minutes_until_somebody_has_read_it() {
    let mut world = World::new(Mode::Live);
    let mut out = Vec::new();
    world.apply(&entry(1, MORNING, notice(1, AlarmLevel::Orange, MORNING)), &mut out);
    let one = alarms(&world).remove(0);
    assert_eq!(
        (one.cause, one.level, one.state),
        (AlarmCause::Notice, AlarmLevel::Orange, AlarmState::Unanswered)
    );
    assert_eq!((one.name.as_str(), one.hazard), ("Barranc del Poio", Some(Hazard::Flood)));
    assert_eq!(one.geometry, Some(place(2.1744, 41.4036)));
    // The budget of sounds is spent by it; a second one climbs all the same.
    world.apply(&entry(2, MORNING, notice(2, AlarmLevel::Orange, MORNING)), &mut out);
    assert_eq!(alarms(&world).iter().filter(|one| one.sounds).count(), 1);
    world.tick(MORNING.plus_ms(5 * MINUTE - 1), &mut out);
    assert!(alarms(&world).iter().all(|one| one.state == AlarmState::Unanswered));
    world.tick(MORNING.plus_ms(5 * MINUTE), &mut out);
    assert!(alarms(&world).iter().all(|one| (one.state, one.climbed) == (AlarmState::Climbing, 1)));
    world.tick(MORNING.plus_ms(HOUR), &mut out);
    assert!(alarms(&world).iter().all(|one| one.climbed == 2));
    let restored = World::restore(&world.checkpoint()).expect("the same World");
    assert_eq!(restored.checkpoint(), world.checkpoint());
}

#[test]
fn what_came_late_is_shown_without_a_sound_and_never_climbs() {
    let mut world = World::new(Mode::Live);
    let mut out = Vec::new();
    let late = ReportEntry { late: true, ..notice(1, AlarmLevel::Red, MORNING.plus_ms(-DAY)) };
    world.apply(&entry(1, MORNING, late), &mut out);
    world.tick(MORNING.plus_ms(HOUR), &mut out);
    let one = alarms(&world).remove(0);
    assert_eq!((one.level, one.sounds, one.climbed), (AlarmLevel::Yellow, false, 0));
}

#[test]
fn a_flood_of_notices_rings_so_often_and_no_more() {
    let mut world = World::new(Mode::Live);
    let mut out = Vec::new();
    let most = crate::limits::NOTICES_RINGING_MAX as u128;
    for n in 1..=most + 5 {
        world.apply(&entry(n as u64, MORNING, notice(n, AlarmLevel::Red, MORNING)), &mut out);
    }
    assert_eq!(alarms(&world).len() as u128, most);
    assert_eq!(u128::from(world.n_reports()), most + 5, "and the reports are all there");
}

#[test]
fn a_notice_is_written_down_and_read_back_and_rings_once_its_words_are_gone() {
    let told = notice(1, AlarmLevel::Red, MORNING);
    let body = Body::Report(Box::new(told));
    let halves = body.split();
    let back = Body::join(1, &halves.row, halves.payload.as_deref());
    assert_eq!(back.as_ref(), Ok(&body));
    let Ok(Body::Report(bare)) = Body::join(1, &halves.row, None) else { panic!("a report") };
    assert_eq!((bare.private.rings, bare.private.text), (Some(AlarmLevel::Red), None));
    // Nothing else is written than before where nothing rings.
    let plain = Body::Report(Box::new(report(2)));
    assert_eq!(plain.split().row.first(), Some(&0));
}
