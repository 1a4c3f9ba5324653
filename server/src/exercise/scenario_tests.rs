//! What the scenario promises.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn fingerprint(events: &[Event]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for event in events {
        let words = &event.draft.words;
        let line = format!(
            "{} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}\n",
            event.at_ms,
            event.voice,
            event.draft.observed_at,
            event.draft.place.map(LngLat::e7),
            event.draft.hazard,
            event.draft.severity,
            event.draft.status,
            words.source_id,
            words.text
        );
        hasher.update(line.as_bytes());
    }
    hasher.finalize()
}

#[test]
fn the_same_seed_writes_the_same_scenario_and_another_seed_another() {
    assert_eq!(fingerprint(&write(SEED)), fingerprint(&write(SEED)));
    assert_ne!(fingerprint(&write(SEED)), fingerprint(&write(SEED + 1)));
}

#[test]
fn it_has_every_voice_every_language_and_the_hazards_of_a_storm() {
    let events = write(SEED);
    assert!((1_500..=3_000).contains(&events.len()), "{} events", events.len());
    let reports: BTreeSet<_> =
        events.iter().filter_map(|event| event.draft.words.source_id.clone()).collect();
    assert!((1_000..=2_500).contains(&reports.len()), "{} reports", reports.len());
    for voice in Voice::ALL {
        assert!(events.iter().any(|event| event.voice == voice), "{voice:?} is silent");
    }
    let count = |pick: fn(&Event) -> String| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for event in &events {
            *counts.entry(pick(event)).or_default() += 1;
        }
        counts
    };
    let langs = count(|event| event.draft.words.lang.clone().unwrap_or_default());
    assert!(
        langs["ca"] > langs["es"] && langs["es"] > langs["en"] && langs["en"] > 50,
        "{langs:?}"
    );
    let hazards = count(|event| event.draft.hazard.word().to_owned());
    for hazard in [
        "flood",
        "storm",
        "wind",
        "power",
        "transport",
        "building",
        "health",
        "fire",
        "crowd",
        "other",
    ] {
        assert!(hazards.get(hazard).copied().unwrap_or_default() >= 8, "{hazard}: {hazards:?}");
    }
    let severities = count(|event| event.draft.severity.word().to_owned());
    assert_eq!(severities.len(), 5, "{severities:?}");
    let unplaced = events.iter().filter(|event| event.draft.place.is_none()).count();
    assert!((20..=250).contains(&unplaced), "{unplaced} unplaced");
}

#[test]
fn it_is_told_in_order_and_what_was_opened_is_closed_by_the_end() {
    let events = write(SEED);
    assert!(events.windows(2).all(|pair| pair[0].at_ms <= pair[1].at_ms));
    assert!(events.iter().all(|event| event.at_ms < END_MS && event.at_ms >= FIRST_MS));
    let mut newest: BTreeMap<&str, &Event> = BTreeMap::new();
    for event in &events {
        let id = event.draft.words.source_id.as_deref().expect("an id");
        let known = newest
            .get(id)
            .map_or(i64::MIN, |known| known.draft.updated_at.map_or(i64::MIN, |at| at.0));
        if event.draft.updated_at.is_some_and(|at| at.0 > known) {
            newest.insert(id, event);
        }
    }
    let open: Vec<_> =
        newest.values().filter(|event| event.draft.status == Some(Status::Open)).collect();
    assert!(open.is_empty(), "{} stay open: {:?}", open.len(), open.first());
}

#[test]
fn the_map_is_alive_at_the_beginning_and_the_most_is_still_to_come() {
    let events = write(SEED);
    let before = events.iter().filter(|event| event.at_ms <= BEGIN_MS).count();
    assert!(before >= 250, "{before} before the beginning");
    assert!(events.len() - before > 2 * before, "{before} of {}", events.len());
}

#[test]
fn no_words_are_left_out() {
    for event in write(SEED) {
        let text = event.draft.words.text.expect("a text");
        assert!(!text.contains("{p}") && text.len() > 5, "{text}");
    }
}
