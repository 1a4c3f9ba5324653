//! Texts that hold more names than anybody says: bounded work, and an answer.

use std::time::{Duration, Instant};

use super::{Context, Placing, Said};
use crate::gazetteer::{Gazetteer, table};
use crate::limits::{CANDIDATES_MAX, PLACED_NAMES_MAX};

/// Sixty names, each of sixty places all over the world: the dearest of texts, where each may be kin of each.
fn crowd() -> Gazetteer {
    let mut rows = vec!["name,kind,lng,lat".to_owned()];
    for name in 0..60 {
        for place in 0..60 {
            let lng = f64::from(place) * 5.9 - 177.0 + f64::from(name) * 0.01;
            let lat = f64::from(place % 17) * 8.0 - 60.0;
            rows.push(format!("Plaça Nomenada{name},poi,{lng},{lat}"));
        }
    }
    rows.push("Plaça Última,poi,2.1,41.4".to_owned());
    let rows = rows.join("\n");
    Gazetteer::new("crowd", table::read(&rows).unwrap()).unwrap()
}

fn about(places: &Gazetteer, text: &str) -> Option<Placing> {
    places.locate(Said { text, ..Said::default() }, &Context::default())
}

/// So many names, one after the other.
fn listed(n: usize) -> String {
    let names: Vec<String> =
        (0..n).map(|name| format!("Foc a la Plaça Nomenada{}. ", name % 60)).collect();
    names.concat()
}

#[test]
fn names_beyond_what_anybody_says_of_one_place_are_not_weighed() {
    let places = crowd();
    let last = "Fum a la Plaça Última.";
    let id = |text: &str| about(&places, text).and_then(|told| told.about).map(|spot| spot.name);
    assert_eq!(id(last).as_deref(), Some("Plaça Última"));
    let some = format!("{}{last}", listed(PLACED_NAMES_MAX - 1));
    assert_eq!(id(&some).as_deref(), Some("Plaça Última"), "it is among those that count");
    let many = format!("{}{last}", listed(PLACED_NAMES_MAX));
    assert_eq!(id(&many), None, "it is not among those that count");
}

#[test]
fn a_text_of_thousands_of_names_is_read_in_bounded_work_and_answers() {
    let places = crowd();
    let fastest = |text: &str| {
        let once = || {
            let begun = Instant::now();
            let told = about(&places, text).expect("names are there");
            assert!(told.candidates.len() <= CANDIDATES_MAX);
            begun.elapsed()
        };
        (0..3).map(|_| once()).min().unwrap_or(Duration::MAX)
    };
    // A hundred times the text may take a hundred times the time, to be passed over once. Weighed each with each it would be ten thousand.
    let (few, thousands) = (listed(PLACED_NAMES_MAX), listed(PLACED_NAMES_MAX * 100));
    let (short, long) = (fastest(&few), fastest(&thousands));
    assert!(long < short * 200, "{long:?} for a hundred times what took {short:?}");
}
