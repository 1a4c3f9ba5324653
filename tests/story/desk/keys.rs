//! Keys from the desk: made once, changed over, ended, by an administrator and nobody else.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use support::live::Encoding;
use support::operator::Operator;
use support::partner::Partner;
use support::town::Town;
use wire::key::{KeyList, KeyState, MadeKey};
use wire::view::Mode;

use super::{read, send, value};
use crate::views::city;

const KEYS: &str = "/api/v1/keys";

async fn make(admin: &Operator, body: &Value) -> MadeKey {
    let answer = admin.send(Method::POST, KEYS, Some(body.to_string())).await.expect_status(201);
    assert_eq!(answer.header("cache-control"), "no-store", "no cache keeps a secret");
    serde_json::from_value(answer.json()).expect("a key")
}

async fn keys(admin: &Operator, query: &str) -> KeyList {
    let answer = admin.ask(&format!("{KEYS}{query}")).await;
    let made = answer.body.matches("tal_").count();
    assert_eq!(made, 0, "a list has no secrets: {}", answer.body);
    read(answer)
}

#[tokio::test]
async fn a_key_is_made_from_the_desk_sends_and_is_told_without_its_secret() {
    let town = Town::start().await;
    let admin = town.signed_in("root", "administrator").await;
    let at = town.clock.now();
    let ends = at.plus_ms(30 * 86_400_000);
    let body = json!({"partner": "lora", "mode": "live", "scopes": ["read", "observations"],
        "area": [2.1, 41.3, 2.3, 41.5], "items_per_day": 500, "expires_at": ends});
    let made = make(&admin, &body).await;
    assert!(made.key.starts_with("tal_live_") && made.key.contains(&made.id));
    let lora = Partner::new(&town.base, &made.key);
    lora.observe(&[value("besos", at, 1.0, "m")]).await;
    let list = keys(&admin, "?mode=live&partner=lora").await;
    let one = &list.keys[0];
    assert_eq!((one.id.as_str(), one.source.as_str()), (made.id.as_str(), "partner:lora"));
    assert_eq!((one.scopes.join(" ").as_str(), one.test), ("observations read", false));
    assert_eq!((one.bounds.items_per_day, one.bounds.expires_at), (Some(500), Some(ends)));
    assert!(one.bounds.area.is_some());
    assert_eq!((one.state, one.days_left), (KeyState::InForce, Some(30)));
    // The bounds are the key's, and not words alone.
    let mut far = value("far", at, 1.0, "m");
    far["geometry"]["coordinates"] = json!([2.5, 41.4]);
    let refused = send(&lora, &[far]).await.expect_status(422);
    assert_eq!(refused.json()["rejected"][0]["reason"], "outside_key_area");
    // A second first key is a mistake: the one that opens is changed over.
    let again = admin.send(Method::POST, KEYS, Some(body.to_string())).await.expect_status(409);
    assert_eq!(again.json()["type"], "key-conflict");
    // One to try with stands beside it.
    let test = json!({"partner": "lora", "mode": "live", "scopes": ["observations", "read"], "test": true});
    let made = make(&admin, &test).await;
    assert!(made.key.starts_with("tal_test_"));
    assert_eq!(keys(&admin, "?partner=lora").await.keys.len(), 2);
    assert_eq!(keys(&admin, "?mode=exercise").await.keys, []);
}

#[tokio::test]
async fn two_open_while_a_partner_changes_over_and_each_can_be_ended_alone() {
    let town = Town::start().await;
    let admin = town.signed_in("root", "administrator").await;
    let scopes = ["observations", "read"];
    let body = json!({"partner": "lora", "mode": "live", "scopes": scopes});
    let old = make(&admin, &body).await;
    town.pass(Duration::from_secs(1));
    let path = format!("{KEYS}/{}/rotate", old.id);
    let week = json!({"keep_old_ms": 7 * 86_400_000_i64}).to_string();
    let answer = admin.send(Method::POST, &path, Some(week)).await.expect_status(201);
    let new: MadeKey = serde_json::from_value(answer.json()).expect("a key");
    let of = |made: &MadeKey| Partner::new(&town.base, &made.key);
    let at = town.clock.now();
    of(&old).observe(&[value("besos", at, 1.0, "m")]).await;
    of(&new).observe(&[value("besos", at.plus_ms(1), 2.0, "m")]).await;
    let list = keys(&admin, "").await.keys;
    let told: Vec<_> = list.iter().map(|key| (key.id.as_str(), key.days_left)).collect();
    assert_eq!(told, [(new.id.as_str(), None), (old.id.as_str(), Some(7))], "the newest first");
    assert!(list.iter().all(|key| key.scopes == scopes));
    // Ended, it closes what it had open, and the other goes on.
    let mut open = town.live(&of(&old), Encoding::Json).await;
    open.settle(&city(12.0)).await;
    admin.send(Method::DELETE, &format!("{KEYS}/{}", old.id), None).await.expect_status(204);
    assert_eq!(open.until_closed().await.0, 4401);
    send(&of(&old), &[value("besos", at, 3.0, "m")]).await.expect_status(401);
    of(&new).observe(&[value("besos", at.plus_ms(2), 3.0, "m")]).await;
    let state = |list: &KeyList, id: &str| {
        list.keys.iter().find(|key| key.id == id).map(|key| (key.state, key.revoked_at.is_some()))
    };
    let list = keys(&admin, "").await;
    assert_eq!(state(&list, &old.id), Some((KeyState::Revoked, true)));
    assert_eq!(state(&list, &new.id), Some((KeyState::InForce, false)));
    admin.send(Method::DELETE, &format!("{KEYS}/{}", old.id), None).await.expect_status(404);
    admin.send(Method::POST, &path, Some("{}".to_owned())).await.expect_status(404);
    // What was ended long ago is no longer told.
    town.pass(Duration::from_hours(24 * 93));
    // The login ended meanwhile too.
    let admin = town.signed_in("boss", "administrator").await;
    assert_eq!(state(&keys(&admin, "").await, &old.id), None);
}

#[tokio::test]
async fn keys_are_kept_by_administrators_and_a_key_sees_its_own_partners() {
    let town = Town::start().await;
    let lora = town.partner("lora", "observations read", Mode::Live).await;
    town.partner("other", "observations", Mode::Live).await;
    let own: KeyList = read(lora.ask(KEYS).await);
    let names: Vec<_> = own.keys.iter().map(|key| key.partner.as_str()).collect();
    assert_eq!(names, ["lora"]);
    let body = json!({"partner": "mine", "mode": "live", "scopes": ["authority"]}).to_string();
    let refused = lora.post(KEYS, "application/json", body.clone()).await.expect_status(403);
    assert_eq!(refused.json()["type"], "not-entitled");
    let id = &own.keys[0].id;
    for role in ["contributor", "analyst", "duty-officer"] {
        let person = town.signed_in(role, role).await;
        person.ask(KEYS).await.expect_status(403);
        person.send(Method::POST, KEYS, Some(body.clone())).await.expect_status(403);
        let path = format!("{KEYS}/{id}");
        person.send(Method::DELETE, &path, None).await.expect_status(403);
        let rotate = format!("{path}/rotate");
        person.send(Method::POST, &rotate, Some("{}".to_owned())).await.expect_status(403);
    }
    Operator::visitor(&town.base).ask(KEYS).await.expect_status(401);
    lora.observe(&[value("besos", town.clock.now(), 1.0, "m")]).await;
}

#[tokio::test]
async fn a_key_that_cannot_be_is_refused_with_what_to_mend() {
    let town = Town::start().await;
    let admin = town.signed_in("root", "administrator").await;
    let good = json!({"partner": "lora", "mode": "live", "scopes": ["read"]});
    let wrong = [
        ("partner", json!(" lora"), 422),
        ("scopes", json!([]), 422),
        ("scopes", json!(["write"]), 422),
        ("expires_at", json!("2020-01-01T00:00:00Z"), 422),
        ("requests_per_s", json!(0), 422),
        ("area", json!([2.0, 95.0, 3.0, 96.0]), 400),
        ("mode", json!("drill"), 400),
    ];
    for (field, value, status) in wrong {
        let mut body = good.clone();
        body[field] = value;
        let answer = admin.send(Method::POST, KEYS, Some(body.to_string())).await;
        let answer = answer.expect_status(status).json();
        assert!(answer["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{answer}");
    }
    let made = make(&admin, &good).await;
    let path = format!("{KEYS}/{}/rotate", made.id);
    let year = json!({"keep_old_ms": 365 * 86_400_000_i64}).to_string();
    let answer = admin.send(Method::POST, &path, Some(year)).await.expect_status(422);
    assert_eq!(answer.json()["errors"][0]["pointer"], "/keep_old_ms");
    assert_eq!(keys(&admin, "").await.keys.len(), 1, "nothing was made of what was refused");
}
