//! What a rule is refused for, each with its field and remedy.

use super::*;
use crate::rule::limits::RULES_MAX;

fn wrong(when: When) -> Vec<String> {
    let flaws = rule(when).check().expect_err("a flaw");
    assert!(flaws.iter().all(|flaw| flaw.remedy.len() > 10), "{flaws:?}");
    flaws.into_iter().map(|flaw| flaw.field).collect()
}

fn sources(n_min: u32, within_ms: i64) -> When {
    When::Sources(Count { n_min, hazard: None, zone: None, within_ms })
}

fn value_of(of: Of, level: f64, clear: f64, hold_ms: i64) -> When {
    When::Value(Beyond { of, direction: Direction::Rising, level, clear, hold_ms })
}

#[test]
fn each_wrong_field_is_named() {
    assert_eq!(wrong(sources(0, MINUTE)), ["when.sources.n_min"]);
    assert_eq!(wrong(sources(1_001, MINUTE)), ["when.sources.n_min"]);
    assert_eq!(wrong(sources(3, MINUTE - 1)), ["when.sources.within_ms"]);
    assert_eq!(wrong(sources(3, 8 * 24 * HOUR)), ["when.sources.within_ms"]);
    let gauge = || Of::Stream(stream("gauge"));
    assert_eq!(wrong(value_of(gauge(), 5.0, 5.0, 0)), ["when.value.clear"]);
    assert_eq!(wrong(value_of(gauge(), 5.0, f64::NAN, 0)), ["when.value.clear"]);
    assert_eq!(
        wrong(value_of(gauge(), f64::INFINITY, 4.0, -1)),
        ["when.value.level", "when.value.hold_ms"]
    );
    assert_eq!(wrong(value_of(Of::Stream(stream("")), 5.0, 4.0, 0)), ["when.value.of.stream.name"]);
    let unitless = Of::Zone { zone: ZoneId(1), unit: String::new() };
    assert_eq!(wrong(value_of(unitless, 5.0, 4.0, 0)), ["when.value.of.zone.unit"]);
    let falling = When::Value(Beyond {
        of: gauge(),
        direction: Direction::Falling,
        level: 5.0,
        clear: 4.0,
        hold_ms: 0,
    });
    assert_eq!(wrong(falling), ["when.value.clear"]);
    let stays = When::Crossing(Path { zone: ZoneId(1), thing: None, moves: Move::Stays(0) });
    assert_eq!(wrong(stays), ["when.crossing.moves.stays"]);
    let nameless = Rule { name: " ".to_owned(), ..rule(sources(3, MINUTE)) };
    assert_eq!(nameless.check().expect_err("a flaw")[0].field, "name");
}

#[test]
fn there_are_no_more_rules_than_a_room_can_know() {
    let mut rules = Rules::default();
    for id in 0..RULES_MAX as u32 {
        rules.set(RuleId(id), rule(sources(3, MINUTE)), at(0)).expect("a rule");
    }
    let more = rules.set(RuleId(9_999), rule(sources(3, MINUTE)), at(0));
    assert_eq!(more.expect_err("a flaw")[0].field, "id");
    rules.set(RuleId(5), rule(sources(4, MINUTE)), at(0)).expect("in place of another");
}

#[test]
fn a_rule_knows_its_zone() {
    assert_eq!(sources(3, MINUTE).zone(), None);
    assert_eq!(value_of(Of::Stream(stream("a")), 5.0, 4.0, 0).zone(), None);
    let of = Of::Zone { zone: ZoneId(4), unit: "cm".to_owned() };
    assert_eq!(value_of(of, 5.0, 4.0, 0).zone(), Some(ZoneId(4)));
}
