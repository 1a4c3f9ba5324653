//! Independent sources within a time.

use super::*;

/// Three sources of flood in zone 1 within ten minutes.
fn three() -> When {
    When::Sources(Count {
        n_min: 3,
        hazard: Some(Hazard::Flood),
        zone: Some(ZoneId(1)),
        within_ms: 10 * MINUTE,
    })
}

#[test]
fn it_fires_once_with_the_third_source_and_ends_when_one_is_left() {
    let mut rules = armed(three());
    let reports = (1..=6u8).map(|i| report(i64::from(i) * MINUTE, i.into(), i.into()));
    let told = play(&mut rules, reports, HOUR);
    // The fifth source leaves ten minutes after it spoke.
    assert_eq!(turns(&told), [(Turn::Begun, 3 * MINUTE), (Turn::Ended, 15 * MINUTE)]);
    let firing = &told[0].firing;
    assert_eq!(firing.reports, [ReportId(1), ReportId(2), ReportId(3)]);
    let numbers = Numbers::Sources { n: 3, n_min: 3, n_clear: 1, within_ms: 10 * MINUTE };
    assert_eq!(
        (&firing.numbers, firing.since, firing.grade),
        (&numbers, at(3 * MINUTE), Grade::Orange)
    );
}

#[test]
fn a_copy_never_counts() {
    let mut rules = armed(three());
    let copies = (1..=20u8).map(|i| report(i64::from(i) * 1_000, i.into(), u128::from(i % 2)));
    assert_eq!(play(&mut rules, copies, HOUR), []);
}

#[test]
fn a_report_that_turns_out_to_be_a_copy_speaks_for_one_source() {
    let mut rules = armed(three());
    let told = play(
        &mut rules,
        [report(0, 1, 1), report(1, 2, 2), report(2, 2, 1), report(3, 4, 4), report(4, 5, 5)],
        MINUTE,
    );
    assert_eq!(turns(&told), [(Turn::Begun, 4)]);
    assert_eq!(told[0].firing.reports, [ReportId(2), ReportId(4), ReportId(5)]);
}

#[test]
fn that_a_report_is_a_copy_is_heard_however_late_it_turns_out() {
    let day = When::Sources(Count { n_min: 3, hazard: None, zone: None, within_ms: 24 * HOUR });
    let turned_out = |ms| Event { recorded_at: at(ms), ..report(1, 2, 1) };
    let mut rules = armed(day);
    let told = play(
        &mut rules,
        [report(0, 1, 1), report(1, 2, 2), turned_out(4 * HOUR), report(4 * HOUR + 2, 4, 4)],
        5 * HOUR,
    );
    assert_eq!(told, [], "two sources");
}

#[test]
fn a_source_that_speaks_again_counts_from_then_on() {
    let mut rules = armed(three());
    let told = play(
        &mut rules,
        [
            report(0, 1, 1),
            report(5 * MINUTE, 2, 2),
            report(9 * MINUTE, 3, 1),
            report(12 * MINUTE, 4, 4),
        ],
        HOUR,
    );
    assert_eq!(turns(&told), [(Turn::Begun, 12 * MINUTE), (Turn::Ended, 19 * MINUTE)]);
    assert_eq!(told[0].firing.reports, [ReportId(2), ReportId(3), ReportId(4)]);
}

#[test]
fn another_hazard_and_another_zone_do_not_count_unless_any_does() {
    let fire = |ms, id| {
        let said = Said::Report { id: ReportId(id), source: ReportId(id), hazard: Hazard::Fire };
        Event { zones: vec![], ..event(ms, said) }
    };
    let elsewhere = |ms, id| Event { zones: vec![ZoneId(2)], ..report(ms, id, id) };
    let events = || [report(0, 1, 1), report(1, 2, 2), fire(2, 3), elsewhere(3, 4)];
    assert_eq!(play(&mut armed(three()), events(), HOUR), []);
    let any = When::Sources(Count { n_min: 4, hazard: None, zone: None, within_ms: 10 * MINUTE });
    assert_eq!(turns(&play(&mut armed(any), events(), MINUTE)), [(Turn::Begun, 3)]);
}

#[test]
fn what_is_late_never_fires() {
    let late = Event { late: true, ..report(3, 3, 3) };
    let old = Event { at: at(-2 * HOUR - 1), ..report(4, 4, 4) };
    let out_of_time = Event { at: at(5 - 10 * MINUTE), ..report(5, 5, 5) };
    let events = [report(0, 1, 1), report(1, 2, 2), late, old, out_of_time];
    assert_eq!(play(&mut armed(three()), events, HOUR), []);
    let week =
        When::Sources(Count { n_min: 1, hazard: None, zone: None, within_ms: 7 * 24 * HOUR });
    let old = Event { at: at(-2 * HOUR - 1), ..report(4, 4, 4) };
    assert_eq!(play(&mut armed(week), [old], HOUR), []);
}

#[test]
fn a_refuted_report_flags_the_firing_that_used_it_and_counts_no_more() {
    let mut rules = armed(three());
    let refuted = |ms, id| event(ms, Said::Refuted { report: ReportId(id) });
    let told = play(
        &mut rules,
        [
            report(0, 1, 1),
            report(1, 2, 2),
            report(2, 3, 3),
            refuted(5_000, 2),
            report(6_000, 2, 2),
            refuted(7_000, 2),
            refuted(8_000, 99),
            refuted(9_000, 3),
        ],
        MINUTE,
    );
    let expected =
        [(Turn::Begun, 2), (Turn::Doubted, 5_000), (Turn::Doubted, 9_000), (Turn::Ended, 9_000)];
    assert_eq!(turns(&told), expected);
    assert_eq!(told[1].firing.refuted, [ReportId(2)]);
    assert_eq!(told[3].firing.refuted, [ReportId(2), ReportId(3)]);
    assert_eq!(rules.standing(), Vec::<&Firing>::new());
}

#[test]
fn a_single_source_ends_when_it_is_out_of_time() {
    let one = When::Sources(Count { n_min: 1, hazard: None, zone: None, within_ms: MINUTE });
    let mut rules = armed(one);
    assert_eq!(turns(&play(&mut rules, [report(500, 1, 1)], 1_000)), [(Turn::Begun, 500)]);
    assert_eq!(rules.standing().len(), 1);
    assert_eq!(rules.due(), Some(at(61_000)));
    assert_eq!(rules.tick(at(60_999)), []);
    assert_eq!(turns(&rules.tick(at(61_000))), [(Turn::Ended, 60_500)]);
    assert_eq!(rules.due(), None);
}

#[test]
fn a_rule_counts_from_when_it_is_set_and_its_firings_end_when_it_goes() {
    let mut rules = Rules::default();
    assert_eq!(play(&mut rules, [report(0, 1, 1), report(1, 2, 2)], 2_500), []);
    rules.set(RuleId(1), rule(three()), at(2_600)).expect("a rule");
    let told = play(&mut rules, [report(2_700, 3, 3), report(2_800, 4, 4)], 2_900);
    assert_eq!(told, [], "two since it was set");
    rules.take(report(2_950, 5, 5));
    // Judged up to the moment it goes, within the second.
    let told = rules.remove(RuleId(1), at(2_960));
    assert_eq!(turns(&told), [(Turn::Begun, 2_950), (Turn::Ended, 2_960)]);
    assert_eq!(rules.iter().count(), 0);
}

#[test]
fn a_rule_is_tried_against_the_past_before_it_is_armed() {
    let past: Vec<Event> =
        (1..=6u8).map(|i| report(i64::from(i) * MINUTE, i.into(), i.into())).collect();
    let told = try_rule(&rule(three()), at(0), at(HOUR), past.clone()).expect("a rule");
    assert_eq!(turns(&told), [(Turn::Begun, 3 * MINUTE), (Turn::Ended, 15 * MINUTE)]);
    let shorter = try_rule(&rule(three()), at(2 * MINUTE), at(10 * MINUTE), past).expect("a rule");
    assert_eq!(turns(&shorter), [(Turn::Begun, 4 * MINUTE)]);
    let nameless = Rule { name: String::new(), ..rule(three()) };
    assert!(try_rule(&nameless, at(0), at(HOUR), []).is_err());
}
