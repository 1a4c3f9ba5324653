//! Rules through their public face.

mod counted;
mod flaws;
mod measured;
mod moved;
mod property;

use wire::grade::Hazard;
use wire::id::ReportId;
use wire::time::Timestamp;

use super::*;
use crate::entry::SourceKey;
use crate::zone::{Stay, ZoneId};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// A moment so long after the start of a day.
fn at(ms: i64) -> Timestamp {
    Timestamp(1_795_392_000_000 + ms)
}

fn rule(when: When) -> Rule {
    Rule { name: "a rule".to_owned(), grade: Grade::Orange, when }
}

fn event(ms: i64, said: Said) -> Event {
    Event { recorded_at: at(ms), at: at(ms), late: false, zones: vec![ZoneId(1)], said }
}

/// A report of flood by its own source.
fn report(ms: i64, id: u128, source: u128) -> Event {
    let said = Said::Report { id: ReportId(id), source: ReportId(source), hazard: Hazard::Flood };
    event(ms, said)
}

fn stream(name: &str) -> Stream {
    Stream { source: SourceKey(1), name: name.to_owned() }
}

fn value(ms: i64, name: &str, value: f64) -> Event {
    event(ms, Said::Value { stream: stream(name), value, unit: Some("cm".to_owned()) })
}

/// A position in zone 1 since then, or outside of all zones.
fn seen(ms: i64, name: &str, since: Option<i64>) -> Event {
    let stays = since.map(|since| Stay { zone: ZoneId(1), since: at(since) }).into_iter().collect();
    event(ms, Said::Seen { thing: Thing::Stream(stream(name)), stays })
}

/// Rules with one rule, set at the start of the day.
fn armed(when: When) -> Rules {
    let mut rules = Rules::default();
    assert_eq!(rules.set(RuleId(1), rule(when), at(0)), Ok(Vec::new()));
    rules
}

/// What is told of these events, and up to `end_ms`: each turn with its moment.
fn play(
    rules: &mut Rules,
    events: impl IntoIterator<Item = Event>,
    end_ms: i64,
) -> Vec<Transition> {
    let mut told: Vec<Transition> =
        events.into_iter().flat_map(|event| rules.take(event)).collect();
    told.extend(rules.tick(at(end_ms)));
    told
}

/// Turns and their moments alone.
fn turns(told: &[Transition]) -> Vec<(Turn, i64)> {
    told.iter().map(|turn| (turn.turn, turn.at.ms_since(at(0)))).collect()
}
