//! Eyes: what the room sees with, and where it sees nothing.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use support::operator::Operator;
use support::partner::{GEOJSON, Partner};
use support::town::Town;
use support::wait::until;
use wire::eyes::{CellEye, EyeCounts, EyesView};
use wire::source::SourceHealth;
use wire::unusual::UnusualList;

/// One value of a gauge, true now.
async fn speaks(town: &Town, partner: &Partner, datastream: &str, lng: f64, value: f64) {
    let at = town.clock.now();
    let observation = json!({"datastream": datastream, "phenomenon_time": at, "result": value,
        "geometry": {"type": "Point", "coordinates": [lng, 41.4]}});
    partner.observe(&[observation]).await;
}

async fn eyes(officer: &Operator) -> EyesView {
    let answer = officer.ask("/api/v1/eyes").await.expect_status(200);
    serde_json::from_value(answer.json()).expect("eyes")
}

fn cell(eyes: &EyesView, lng: f64) -> CellEye {
    let at = wire::geo::LngLat::new(lng, 41.4).expect("a place");
    *eyes.cells.iter().find(|cell| cell.bbox.contains(at)).expect("a cell of the gauge")
}

fn health(eyes: &EyesView, datastream: &str) -> SourceHealth {
    let of = eyes.datastreams.iter().find(|one| one.datastream == datastream);
    of.expect("the datastream").status
}

#[tokio::test]
async fn a_gauge_that_falls_silent_leaves_no_eyes_until_somebody_reports_from_there() {
    let town = Town::start().await;
    let (partner, officer) = (town.dispatch().await, town.duty_officer().await);
    // Twenty kilometres apart; each speaks once a minute and cannot be above a thousand.
    let (west, east) = (2.0, 2.24);
    for datastream in ["west", "east"] {
        let lng = if datastream == "west" { west } else { east };
        speaks(&town, &partner, datastream, lng, 1.0).await;
        let passport = json!({"cadence": {"by_day_ms": 60_000, "in_alarm_ms": null},
            "plausible": {"min": 0.0, "max": 1_000.0}});
        let path = format!("/api/v1/datastreams/partner:dispatch/{datastream}/passport");
        officer.send(Method::PUT, &path, Some(passport.to_string())).await.expect_status(204);
        speaks(&town, &partner, datastream, lng, 1.5).await;
    }
    let all = eyes(&officer).await;
    assert_eq!(all.counts, EyeCounts { live: 2, ..EyeCounts::default() });
    assert_eq!((cell(&all, west).no_eyes, cell(&all, east).no_eyes), (false, false));
    assert_eq!(all.sources.len(), 1, "{:?}", all.sources);
    assert_eq!(all.sources[0].status, SourceHealth::Live);

    for minute in 0..10 {
        town.pass(Duration::from_mins(1));
        speaks(&town, &partner, "east", east, 2.0 + f64::from(minute)).await;
    }
    let all = eyes(&officer).await;
    assert_eq!(
        (health(&all, "west"), health(&all, "east")),
        (SourceHealth::Silent, SourceHealth::Live)
    );
    assert_eq!(all.datastreams[0].datastream, "west", "the worst first");
    assert_eq!((cell(&all, west).no_eyes, cell(&all, east).no_eyes), (true, false));

    // A person is an eye too.
    let report = json!({"type": "Feature", "id": "a",
        "geometry": {"type": "Point", "coordinates": [west, 41.4]},
        "properties": {"kind": "citizen", "text": "the gauge hangs in a tree"}});
    partner.post("/api/v1/reports", GEOJSON, report.to_string()).await.expect_status(201);
    let all = eyes(&officer).await;
    assert_eq!((cell(&all, west).n_reports, cell(&all, west).no_eyes), (1, false));

    // What it sends now cannot be: it speaks again and says nothing.
    speaks(&town, &partner, "west", west, 9_999.0).await;
    assert_eq!(health(&eyes(&officer).await, "west"), SourceHealth::Broken);
    town.pass(Duration::from_hours(3));
    let all = until("three hours passed", || async {
        let all = eyes(&officer).await;
        cell(&all, west).no_eyes.then_some(all)
    })
    .await;
    assert_eq!(all.counts, EyeCounts { silent: 2, ..EyeCounts::default() });
    assert!(cell(&all, east).no_eyes, "{:?}", all.cells);
}

#[tokio::test]
async fn before_two_weeks_nothing_is_unusual_and_the_answer_says_so() {
    let town = Town::start().await;
    let answer = town.viewer().await.ask("/api/v1/unusual").await.expect_status(200);
    let told: UnusualList = serde_json::from_value(answer.json()).expect("a list");
    assert!(!told.is_earned);
    assert_eq!((told.unusual.len(), told.dark.len(), told.blind.len()), (0, 0, 0));
}
