//! The list of situations, the alarms and the log of a desk: what comes first, what waits, what sounds, and what can be taken back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use app::model::alarms::{AGAIN_MS, Ear, Tune, answered_last, gravest};
use app::model::incidents::{REFUTED_STAYS_MS, Reader, initials};
use app::model::log::newest_to_go_back;
use app::model::{Band, Incidents};
use wire::alarm::{AlarmCause, AlarmLevel, AlarmState, AlarmView};
use wire::decision::{DecisionBasis, DecisionKind, DecisionSubject, LogLine};
use wire::grade::{Hazard, Severity, Verification};
use wire::situation::{Checked, SituationView, Trend};
use wire::time::Timestamp;
use wire::view::Mode;

const NOW: i64 = 100 * 60_000;

fn situation(id: u64, severity: Severity, trend: Trend) -> SituationView {
    SituationView {
        id,
        mode: Mode::Live,
        seq: 1,
        at: Timestamp(NOW),
        hazard: Hazard::Flood,
        severity,
        trend,
        verification: Verification::Unverified,
        checked: None,
        owner: None,
        taken_at: None,
        pinned: false,
        look_at: None,
        alarms: Vec::new(),
        n_refuted: 0,
        held_open: false,
        begun_at: Timestamp(0),
        oldest_at: None,
        newest_at: Some(Timestamp(NOW)),
        ended_at: None,
        geometry: None,
        radius_m: 0,
        extent: Vec::new(),
        place: None,
        n_reports: 3,
        n_sources: 3,
        n_first_hand: 0,
        n_last: 0,
        n_before: 0,
        sources: BTreeMap::new(),
        unknown: Vec::new(),
        sensors: Vec::new(),
        split_from: None,
        merged_into: None,
    }
}

fn shown(
    incidents: &mut Incidents,
    situations: &[SituationView],
    asking: &[u64],
    held: bool,
) -> Vec<u64> {
    let situations: Vec<_> = situations.iter().cloned().map(Arc::new).collect();
    let asking: BTreeSet<u64> = asking.iter().copied().collect();
    incidents.sync(situations.iter(), &asking, Reader { name: "marta", now: NOW }, held);
    incidents.rows().iter().map(|row| row.situation.id).collect()
}

#[test]
fn what_asks_comes_first_then_how_bad_then_what_gets_worse_and_never_what_most_speak_of() {
    let many = SituationView { n_reports: 9_000, ..situation(1, Severity::Minor, Trend::Same) };
    let severe = situation(2, Severity::Severe, Trend::Same);
    let worse = situation(3, Severity::Severe, Trend::Worse);
    let asks = SituationView {
        owner: Some("joan".to_owned()),
        ..situation(4, Severity::Minor, Trend::Same)
    };
    let all = [many, severe, worse, asks];
    assert_eq!(shown(&mut Incidents::default(), &all, &[4], false), [4, 3, 2, 1]);
    assert_eq!(shown(&mut Incidents::default(), &all, &[], false), [3, 2, 4, 1]);
}

#[test]
fn bands_say_who_has_it_and_how_it_goes() {
    let own = |id, owner: &str| SituationView {
        owner: Some(owner.to_owned()),
        ..situation(id, Severity::Minor, Trend::New)
    };
    let watched = SituationView { look_at: Some(Timestamp(NOW)), ..own(4, "marta") };
    let easing = situation(5, Severity::Extreme, Trend::Easing);
    let all = [
        easing,
        watched,
        own(3, "joan"),
        own(2, "marta"),
        situation(1, Severity::Minor, Trend::New),
    ];
    let mut incidents = Incidents::default();
    assert_eq!(shown(&mut incidents, &all, &[], false), [1, 2, 3, 4, 5]);
    let bands: Vec<Band> = incidents.rows().iter().map(|row| row.band).collect();
    assert_eq!(bands, [Band::New, Band::Mine, Band::Open, Band::Watched, Band::Easing]);
    // An alarm is never among what eases or is only watched.
    assert_eq!(shown(&mut incidents, &all, &[4, 5], false), [5, 1, 4, 2, 3]);
}

#[test]
fn a_held_list_keeps_its_order_and_only_the_top_level_enters() {
    let mut incidents = Incidents::default();
    let minor = situation(1, Severity::Minor, Trend::Same);
    let severe = situation(2, Severity::Severe, Trend::Same);
    assert_eq!(shown(&mut incidents, &[minor.clone(), severe.clone()], &[], false), [2, 1]);
    let grown = SituationView { severity: Severity::Extreme, ..minor };
    let waits = situation(3, Severity::Severe, Trend::Worse);
    let extreme = situation(4, Severity::Extreme, Trend::Worse);
    let all = [grown, severe, waits, extreme];
    assert_eq!(shown(&mut incidents, &all, &[], true), [4, 2, 1], "the one grew where it stood");
    assert_eq!(incidents.waiting(), 1);
    assert_eq!(shown(&mut incidents, &all, &[3], true), [3, 4, 2, 1], "and an alarm cannot wait");
    assert_eq!(shown(&mut incidents, &all, &[], false), [4, 1, 3, 2]);
    assert_eq!(incidents.waiting(), 0);
}

#[test]
fn what_ended_goes_dim_in_a_held_list_and_goes_when_it_moves() {
    let mut incidents = Incidents::default();
    let one = situation(1, Severity::Minor, Trend::Same);
    shown(&mut incidents, std::slice::from_ref(&one), &[], false);
    let ended = SituationView { ended_at: Some(Timestamp(NOW)), ..one };
    assert_eq!(shown(&mut incidents, std::slice::from_ref(&ended), &[], true), [1]);
    assert!(incidents.rows().iter().all(|row| row.gone));
    assert!(shown(&mut incidents, &[ended], &[], false).is_empty());
}

#[test]
fn what_is_not_true_stays_for_half_an_hour() {
    let refuted = |ago: i64| SituationView {
        verification: Verification::Refuted,
        checked: Some(Checked {
            seq: 1,
            basis: DecisionBasis::Camera,
            by: None,
            at: Timestamp(NOW - ago),
        }),
        ..situation(1, Severity::Severe, Trend::Worse)
    };
    let mut incidents = Incidents::default();
    assert_eq!(shown(&mut incidents, &[refuted(REFUTED_STAYS_MS - 1)], &[], false), [1]);
    assert!(incidents.rows().iter().all(|row| row.band == Band::Easing));
    assert!(shown(&mut incidents, &[refuted(REFUTED_STAYS_MS)], &[], false).is_empty());
}

#[test]
fn two_that_are_spoken_of_by_turns_do_not_change_places_within_a_minute() {
    let at = |id, ms| SituationView {
        newest_at: Some(Timestamp(NOW + ms)),
        ..situation(id, Severity::Severe, Trend::Same)
    };
    let mut incidents = Incidents::default();
    let before = shown(&mut incidents, &[at(1, 1_000), at(2, 2_000)], &[], false);
    assert_eq!(shown(&mut incidents, &[at(1, 3_000), at(2, 2_000)], &[], false), before);
}

#[test]
fn the_keys_step_through_the_rows_and_stop_at_the_ends() {
    let mut incidents = Incidents::default();
    assert_eq!(incidents.beside(None, 1), None);
    let all =
        [situation(1, Severity::Minor, Trend::Same), situation(2, Severity::Severe, Trend::Same)];
    shown(&mut incidents, &all, &[], false);
    assert_eq!(incidents.beside(None, 1), Some(2));
    assert_eq!(incidents.beside(Some(2), 1), Some(1));
    assert_eq!(incidents.beside(Some(1), 1), Some(1));
    assert_eq!(incidents.beside(Some(9), 1), Some(2), "one that is not listed is nowhere");
}

#[test]
fn a_name_has_two_letters_on_a_row() {
    assert_eq!(
        ["marta.soler", "Marta Soler Puig", "admin", ""].map(initials),
        ["ms", "MS", "ad", ""]
    );
}

fn alarm(id: u64, level: AlarmLevel) -> AlarmView {
    AlarmView {
        id,
        mode: Mode::Live,
        seq: 1,
        level,
        state: AlarmState::Unanswered,
        cause: AlarmCause::Level,
        hazard: None,
        situation: None,
        datastream: None,
        source: None,
        name: "gauge".to_owned(),
        geometry: None,
        value: None,
        value_at: None,
        limit: None,
        unit: None,
        since: Timestamp(id as i64),
        eased_at: None,
        answered_at: None,
        answered_by: None,
        shelved_until: None,
        sounds: true,
        climbed: 0,
        rule: None,
    }
}

#[test]
fn the_gravest_alarm_is_told_and_the_others_are_counted() {
    let lost = AlarmView { cause: AlarmCause::Lost, ..alarm(4, AlarmLevel::Red) };
    let answered = AlarmView {
        state: AlarmState::Answered,
        answered_at: Some(Timestamp(77)),
        ..alarm(1, AlarmLevel::Red)
    };
    let all = [answered, alarm(2, AlarmLevel::Orange), alarm(3, AlarmLevel::Red), lost];
    let told = |n: usize| gravest(all[..n].iter()).map(|(alarm, others)| (alarm.id, others));
    assert_eq!(
        [told(1), told(2), told(3), told(4)],
        [None, Some((2, 0)), Some((3, 1)), Some((4, 2))]
    );
    assert_eq!(answered_last(all.iter()), Some(77));
}

#[test]
fn an_alarm_sounds_once_again_after_half_a_minute_and_otherwise_when_it_climbs() {
    let mut ear = Ear::default();
    let asks = [alarm(1, AlarmLevel::Red)];
    assert_eq!(ear.hear(asks.iter(), 0), Some(Tune::Asks));
    assert_eq!(ear.hear(asks.iter(), AGAIN_MS - 1), None);
    assert_eq!(ear.hear(asks.iter(), AGAIN_MS), Some(Tune::Asks));
    assert_eq!(ear.hear(asks.iter(), 9 * AGAIN_MS), None, "a siren is switched off");
    let climbs =
        [AlarmView { state: AlarmState::Climbing, climbed: 1, ..alarm(1, AlarmLevel::Red) }];
    assert_eq!(ear.hear(climbs.iter(), 9 * AGAIN_MS), Some(Tune::Climbs));
    assert_eq!(ear.hear(climbs.iter(), 19 * AGAIN_MS), None);
}

#[test]
fn what_is_answered_or_has_no_sound_is_not_heard_and_what_asks_anew_is() {
    let mut ear = Ear::default();
    let quiet = AlarmView { sounds: false, ..alarm(1, AlarmLevel::Yellow) };
    assert_eq!(ear.hear([quiet].iter(), 0), None);
    let asks = alarm(2, AlarmLevel::Red);
    assert_eq!(ear.hear([asks.clone()].iter(), 0), Some(Tune::Asks));
    let answered = AlarmView { state: AlarmState::Answered, ..asks.clone() };
    assert_eq!(ear.hear([answered].iter(), AGAIN_MS), None);
    assert_eq!(ear.hear([asks].iter(), 2 * AGAIN_MS), Some(Tune::Asks));
}

#[test]
fn the_newest_line_of_mine_goes_back_but_what_takes_back_and_nothing_twice() {
    let line = |seq, kind, zone: u32, by: &str, taken_back| LogLine {
        seq,
        mode: Mode::Live,
        entered_at: Timestamp(NOW),
        occurred_at: Timestamp(NOW),
        known_seq: 6,
        kind,
        subject: (zone > 0).then_some(DecisionSubject::Zone(zone)),
        basis: None,
        text: None,
        by: Some(by.to_owned()),
        taken_back,
        refuted: Vec::new(),
    };
    let (zone, log, undo) = (DecisionKind::Zone, DecisionKind::Log, DecisionKind::Undo);
    let newest = |lines: &[LogLine]| newest_to_go_back(lines.iter().rev(), "admin");
    let drawn = line(1, zone, 1, "admin", None);
    assert_eq!(newest(&[drawn.clone(), line(2, undo, 0, "admin", None)]), Some(1));
    let said = line(2, log, 0, "admin", Some(3));
    assert_eq!(newest(&[drawn.clone(), said, line(4, log, 0, "anna", None)]), Some(1));
    // Drawn again by somebody else: the server refuses, until that is taken back.
    let again = |taken_back| line(5, zone, 1, "anna", taken_back);
    let other = line(6, zone, 2, "anna", None);
    assert_eq!(newest(&[drawn.clone(), again(None), other.clone()]), None);
    assert_eq!(newest(&[drawn, again(Some(7)), other]), Some(1));
}
