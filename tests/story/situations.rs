//! Situations as partners and screens see them: from reports that come in to the list, the single one and the frame.

use std::time::Duration;

use serde_json::{Value, json};
use support::live::Encoding;
use support::partner::{GEOJSON, Partner};
use support::town::Town;
use wire::grade::Hazard;
use wire::situation::{SituationView, Trend, Unknown, Weight};
use wire::view::Mode;

use crate::views::city;

/// A citizen's word about water in a street.
fn citizen(id: &str, text: &str, lng: f64) -> Value {
    json!({"type": "Feature", "id": id,
        "properties": {"kind": "citizen", "basis": "seen", "hazard": "flood", "severity": "Moderate",
            "text": text, "place": "Carrer de la Rutlla", "radius_m": 30},
        "geometry": {"type": "Point", "coordinates": [lng, 41.4]}})
}

async fn send(partner: &Partner, reports: &[Value]) {
    let body = json!({"type": "FeatureCollection", "features": reports}).to_string();
    partner.post("/api/v1/reports", GEOJSON, body).await.expect_status(201);
}

/// The clock goes on over the next moment of settling.
fn settle(town: &Town) {
    town.pass(Duration::from_secs(2));
}

async fn listed(partner: &Partner) -> Vec<SituationView> {
    let answer = partner.ask("/api/v1/situations").await.expect_status(200);
    serde_json::from_value(answer.json()["situations"].clone()).expect("situations")
}

async fn until_listed(
    partner: &Partner,
    is_so: impl Fn(&[SituationView]) -> bool,
) -> Vec<SituationView> {
    loop {
        let situations = listed(partner).await;
        if is_so(&situations) {
            return situations;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn three_who_saw_it_are_a_situation_that_is_listed_told_and_explained() {
    let town = Town::start().await;
    let partner = town.partner("town", "reports,read", Mode::Live).await;
    let mut screen = town.live(&partner, Encoding::Bin).await;
    screen.settle(&city(12.0)).await;
    send(&partner, &[citizen("a", "water", 2.17), citizen("b", "water", 2.1705)]).await;
    settle(&town);
    send(&partner, &[citizen("c", "it comes through the door", 2.171)]).await;
    assert_eq!(listed(&partner).await, [], "two may be chance");
    settle(&town);
    let situations = until_listed(&partner, |situations| !situations.is_empty()).await;
    let [one] = situations.as_slice() else { panic!("{situations:?}") };
    assert_eq!((one.trend, one.n_reports, one.n_sources, one.n_first_hand), (Trend::New, 3, 3, 3));
    assert_eq!(one.sources.get(&Weight::Seen), Some(&3));
    assert_eq!(one.unknown, [Unknown::NobodyOnScene, Unknown::NoCamera, Unknown::NoCalls]);
    assert_eq!(one.place.as_deref(), Some("Carrer de la Rutlla"));
    assert!(one.extent.len() > 4 && one.extent.first() == one.extent.last());
    screen.until("the situation is told", |model| model.situations.get(&one.id) == Some(one)).await;
    let mut late = town.live(&partner, Encoding::Json).await;
    late.settle(&city(9.0)).await;
    assert_eq!(late.model.situations, screen.model.situations, "who comes later is told too");
    let whole = partner.ask(&format!("/api/v1/situations/{}", one.id)).await.expect_status(200);
    assert_eq!(whole.json()["reports"].as_array().map(Vec::len), Some(3));
    partner.ask("/api/v1/situations/99").await.expect_status(404);
    partner.ask("/api/v1/situations/none").await.expect_status(404);
    partner.ask("/api/v1/situations?mode=exercise").await.expect_status(403);
}

#[tokio::test]
async fn words_say_what_happens_where_nobody_else_does_unless_the_room_turns_that_off() {
    for (words, hazard) in [(true, Hazard::Flood), (false, Hazard::Other)] {
        let mut town = Town::with(|config| config.words = words).await;
        let partner = town.partner("town", "reports,read", Mode::Live).await;
        let said = |id: &str, text: &str, lng: f64| {
            let mut report = citizen(id, text, lng);
            report["properties"]["hazard"] = json!("other");
            report
        };
        send(
            &partner,
            &[
                said("a", "El barranc s'ha desbordat, carrer inundat", 2.17),
                said("b", "Inundación en la calle, agua por todas partes", 2.1703),
                said("c", "Flooding here, the whole street is flooded", 2.1706),
            ],
        )
        .await;
        settle(&town);
        let is_there = |situations: &[SituationView]| !situations.is_empty();
        let before = until_listed(&partner, is_there).await;
        assert_eq!(before[0].hazard, hazard, "words: {words}");
        town.restart().await;
        let after = until_listed(&partner, is_there).await;
        assert_eq!(after[0].hazard, hazard, "after a restart");
    }
}
