//! Searching the words of reports, with what else narrows a list, and what each reader is told.

use reqwest::Method;
use serde_json::{Value, json};
use support::operator::Operator;
use support::partner::{Answer, GEOJSON, Partner};
use support::town::Town;
use wire::view::Mode;

fn said(id: &str, text: &str, more: &Value) -> Value {
    let mut one = json!({"type": "Feature", "id": id,
        "geometry": {"type": "Point", "coordinates": [2.17, 41.39]},
        "properties": {"text": text, "hazard": "flood"}});
    for (name, value) in more.as_object().into_iter().flatten() {
        if name == "geometry" {
            one["geometry"] = value.clone();
        } else {
            one["properties"][name] = value.clone();
        }
    }
    one
}

/// The partner's ids of what was found, the newest first, and how many it says there are.
fn found(answer: &Answer) -> (Vec<String>, u64) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let page = answer.json();
    let ids = page["features"].as_array().expect("features").iter();
    let ids = ids.map(|one| one["properties"]["source_id"].as_str().expect("an id").to_owned());
    (ids.collect(), page["matched"].as_u64().expect("a count"))
}

async fn search(asker: &Partner, query: &str) -> (Vec<String>, u64) {
    found(&asker.ask(&format!("/api/v1/reports?{query}")).await)
}

async fn street(town: &Town) -> Partner {
    let partner = town.dispatch().await;
    let collection = [
        said("ca", "Inundació: l'aigua arriba al genoll", &json!({"kind": "call"})),
        said("es", "INUNDACION en la calle, coches arrastrados", &json!({"hazard": "other"})),
        said("en", "Flooding at the station", &json!({"place": "Estació de França"})),
        said("fr", "L'école est inondée", &json!({"geometry": null, "place": "Perpinyà"})),
        said(
            "ref",
            "col·lisió múltiple",
            &json!({"ref": "CAD-2231", "hazard": "transport",
            "geometry": {"type": "Point", "coordinates": [-0.37, 39.47]}}),
        ),
    ];
    let body = json!({"type": "FeatureCollection", "features": collection}).to_string();
    partner.post("/api/v1/reports", GEOJSON, body).await.expect_status(201);
    partner
}

#[tokio::test]
async fn words_are_found_in_four_languages_with_and_without_accents_and_counted() {
    let mut town = Town::start().await;
    let partner = street(&town).await;
    let one = |id: &str| (vec![id.to_owned()], 1);
    assert_eq!(search(&partner, "q=genoll%20AIGUA").await, one("ca"));
    assert_eq!(search(&partner, "q=inunda").await.1, 2, "the last word may go on");
    assert_eq!(search(&partner, "q=inonde").await, one("fr"));
    assert_eq!(search(&partner, "q=ecole").await, one("fr"));
    assert_eq!(search(&partner, "q=estacio").await, one("en"), "the place in words");
    assert_eq!(search(&partner, "q=2231").await, one("ref"), "the case number");
    assert_eq!(search(&partner, "q=collisio").await, one("ref"));
    assert_eq!(search(&partner, "q=%22en%20la%20calle%22").await, one("es"));
    assert_eq!(search(&partner, "q=%22calle%20la%22").await, (vec![], 0));
    // With what else narrows it.
    assert_eq!(search(&partner, "q=inunda&kind=call").await, one("ca"));
    assert_eq!(search(&partner, "q=inunda&hazard=other").await, one("es"));
    assert_eq!(search(&partner, "q=inunda&hazards=flood,fire").await, one("ca"));
    assert_eq!(search(&partner, "q=inond&place=none").await, one("fr"));
    assert_eq!(search(&partner, "q=inond&place=some").await, (vec![], 0));
    assert_eq!(search(&partner, "q=m&bbox=-1,39,0,40").await, one("ref"));
    assert_eq!(search(&partner, "q=flood&source_id=en").await, one("en"));
    assert_eq!(search(&partner, "q=flood&until=2020-01-01T00:00:00Z").await, (vec![], 0));
    // Page by page, each with the whole count.
    let first = partner.ask("/api/v1/reports?q=inunda&limit=1").await;
    assert_eq!(found(&first), (vec!["es".to_owned()], 2));
    let next = first.json()["next"].as_str().expect("a cursor").to_owned();
    let second = partner.ask(&format!("/api/v1/reports?q=inunda&limit=1&cursor={next}")).await;
    assert_eq!(found(&second), (vec!["ca".to_owned()], 2));
    assert_eq!(second.json()["next"], Value::Null);
    // A new version is found by what it says now, and a restart changes nothing.
    town.pass(std::time::Duration::from_secs(1));
    let again = said("en", "All clear", &json!({"updated_at": town.clock.now()}));
    partner.report(&[again]).await;
    assert_eq!(search(&partner, "q=flooding").await, (vec![], 0));
    town.restart().await;
    assert_eq!(search(&partner, "q=flooding").await, (vec![], 0));
    assert_eq!(search(&partner, "q=clear").await, one("en"));
    for wordless in ["q=%3F!", "q=@anna", "q=https://a.org/x", "q=%22%22"] {
        let refused = partner.ask(&format!("/api/v1/reports?{wordless}")).await.expect_status(422);
        assert_eq!(refused.json()["errors"][0]["pointer"], "/query/q");
    }
}

#[tokio::test]
async fn a_search_tells_no_reader_more_than_its_list_does() {
    let town = Town::start().await;
    let partner = street(&town).await;
    let drill = town.partner("drill", "reports read", Mode::Exercise).await;
    let drilled = said("ex", "Inundació d'exercici", &json!({}));
    drill.report(&[drilled]).await;
    assert_eq!(search(&drill, "q=inundacio").await, (vec!["ex".to_owned()], 1));
    assert_eq!(search(&partner, "q=exercici").await, (vec![], 0));
    town.viewer().await.ask("/api/v1/reports?q=genoll").await.expect_status(403);
    let secret = json!({"author": "@anna", "url": "https://example.org/anna"});
    partner.report(&[said("by", "fum negre", &secret)]).await;
    assert_eq!(search(&partner, "q=anna").await, (vec![], 0), "who wrote it is not searched");
    let contributor = town.signed_in("pep", "contributor").await;
    let officer = town.duty_officer().await;
    let author = async |who: &Operator| {
        let page = who.ask("/api/v1/reports?q=fum").await.expect_status(200).json();
        page["features"][0]["properties"]["author"].clone()
    };
    assert_eq!(author(&contributor).await, Value::Null);
    assert_eq!(author(&officer).await, "@anna");
    // What a person decided about it is found by it.
    let page = officer.ask("/api/v1/reports?q=fum").await.json();
    let subject = json!({"report": page["features"][0]["id"]});
    let decision = json!({"kind": "verify", "subject": subject, "basis": "camera"}).to_string();
    officer.send(Method::POST, "/api/v1/decisions", Some(decision)).await.expect_status(201);
    let confirmed = search(&partner, "q=fum&verification=confirmed").await;
    assert_eq!(confirmed, (vec!["by".to_owned()], 1));
    assert_eq!(search(&partner, "q=fum&verification=unverified").await, (vec![], 0));
    let all = partner.ask("/api/v1/reports?verification=confirmed").await.expect_status(200).json();
    assert_eq!(all["features"][0]["properties"]["verification"], "confirmed");
    assert_eq!(all["features"].as_array().map(Vec::len), Some(1));
}
