//! What is found, and that nothing is left of what went.

use proptest::prelude::*;
use wire::time::Timestamp;

use super::limits::PIECE_BYTES;
use super::{Index, Sought};
use crate::plain::Plain;
use crate::record::Record;
use crate::report::{Private, ReportEntry, Words};
use crate::tree::Slot;

const NONE: [Slot; 0] = [];

fn record(text: &str, place: Option<&str>, case_ref: Option<&str>) -> Record {
    let words = Words {
        text: Some(text.to_owned()),
        place: place.map(str::to_owned),
        case_ref: case_ref.map(str::to_owned),
        ..Words::default()
    };
    let at = Timestamp(0);
    let entry = ReportEntry {
        id: wire::id::ReportId(1),
        source: crate::entry::SourceKey(1),
        content: 0,
        observed_at: at,
        updated_at: at,
        kind: wire::grade::Kind::Post,
        basis: wire::grade::Basis::Unknown,
        status: None,
        hazard: wire::grade::Hazard::Other,
        severity: wire::grade::Severity::Unknown,
        radius_m: 0,
        clock_ahead: false,
        late: false,
        erased: false,
        place: None,
        private: Private::from(words),
    };
    Record::new(1, at, &entry)
}

fn put(index: &mut Index, slot: Slot, text: &str) {
    let record = record(text, None, None);
    index.put(slot, &record, Some(&Plain::of(text)));
}

fn found(index: &Index, typed: &str) -> Vec<Slot> {
    let mut slots = Vec::new();
    if let Some(sought) = Sought::of(typed) {
        index.find(&sought, |slot| slots.push(slot));
    }
    slots.sort_unstable();
    slots
}

#[test]
fn words_are_found_in_any_case_with_or_without_accents_and_in_any_order() {
    let mut index = Index::default();
    for (slot, text) in (0..).zip([
        "Inundació al carrer de Pujades, aigua fins al genoll",
        "INUNDACIÓN en la calle, coches flotando",
        "Flooding near the station; people on roofs",
        "L'école est inondée, des élèves sur le toit",
        "La col\u{b7}lisió talla la Diagonal",
    ]) {
        put(&mut index, slot, text);
    }
    assert_eq!(found(&index, "inundacio"), [0, 1], "the last word may go on");
    assert_eq!(found(&index, "inundacio carrer"), [0], "only the last");
    assert_eq!(found(&index, "GENOLL aigua"), [0]);
    assert_eq!(found(&index, "ecole élève"), [3]);
    assert_eq!(found(&index, "collisio"), [4]);
    assert_eq!(found(&index, "COL\u{b7}LISIÓ"), [4]);
    assert_eq!(found(&index, "\"fins al genoll\""), [0]);
    assert_eq!(found(&index, "\"al fins\""), NONE);
    assert_eq!(found(&index, "\"en la calle\" flota"), [1]);
    assert_eq!(found(&index, "\"la call\""), NONE, "a quote that is closed holds whole words");
    assert_eq!(found(&index, "\"la call"), [1], "one that is open is still being typed");
    assert_eq!(found(&index, "\"station people\""), [2], "signs between words are no words");
    assert!(Sought::of(" ?! \"\" @anna https://x.org").is_none());
}

#[test]
fn the_place_in_words_and_the_case_number_are_searched_and_no_phrase_reaches_over() {
    let mut index = Index::default();
    let one = record("foc al terrat", Some("Sants"), Some("CAD-2231"));
    index.put(7, &one, Some(&Plain::of("foc al terrat")));
    for typed in ["sants", "foc sants", "cad-2231", "2231"] {
        assert_eq!(found(&index, typed), [7], "{typed}");
    }
    assert_eq!(found(&index, "\"terrat sants\""), NONE);
}

#[test]
fn what_went_leaves_no_byte_behind() {
    let mut index = Index::default();
    for slot in 0..20 {
        put(&mut index, slot, &format!("canary{slot} here"));
    }
    put(&mut index, 3, "said otherwise");
    let holds = |index: &Index, word: &str| {
        let bytes = index.bytes();
        bytes.windows(word.len()).any(|window| window == word.as_bytes())
    };
    assert!(holds(&index, "canary4"), "and it would be seen if it were there");
    assert!(!holds(&index, "canary3"));
    index.remove(4);
    assert!(!holds(&index, "canary4"));
    assert_eq!(found(&index, "canary4"), NONE);
    assert_eq!(found(&index, "otherwise"), [3]);
    let mut erased = record("", None, None);
    erased.erase();
    index.put(5, &erased, None);
    assert!(!holds(&index, "canary5"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_found_is_what_looking_at_each_finds(
        acts in proptest::collection::vec((0..60u32, 0..8usize, 1..4_000usize), 1..400),
        typed in "[abc]{1,2}( [abc]{1,2})?",
    ) {
        const SAID: [&str; 8] = ["", "a", "b c", "ab a", "ca b c", "c", "aa bb", "abc"];
        let mut index = Index::default();
        let mut held: std::collections::BTreeMap<Slot, String> = std::collections::BTreeMap::new();
        for (slot, said, n) in acts {
            if said == 0 {
                index.remove(slot);
                held.remove(&slot);
                continue;
            }
            // Long enough that pieces fill, empty and are moved together.
            let text = format!("{}{}", SAID[said], " x".repeat(n));
            put(&mut index, slot, &text);
            held.insert(slot, text);
        }
        let sought = Sought::of(&typed).expect("words");
        let mut whole: Vec<&str> = typed.split(' ').collect();
        let last = whole.pop().unwrap_or_default();
        let says = |text: &String| {
            let words: Vec<&str> = text.split(' ').collect();
            whole.iter().all(|one| words.contains(one))
                && words.iter().any(|word| word.starts_with(last))
        };
        let by_hand: Vec<Slot> =
            held.iter().filter(|(_, text)| says(text)).map(|(slot, _)| *slot).collect();
        prop_assert_eq!(found(&index, &typed), by_hand.clone());
        for slot in held.keys() {
            prop_assert_eq!(index.says(*slot, &sought), by_hand.contains(slot));
        }
        let live: usize = held.values().map(|text| Plain::of(text).text().len() + 1).sum();
        prop_assert!(index.bytes().len() <= 2 * live + 2 * PIECE_BYTES, "most of it is in use");
    }
}
