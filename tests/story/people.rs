//! Operators and partners: signing in, rights that end at once, pages of other sites.

use std::time::{Duration, Instant};

use server::auth::LOGIN_MS;
use server::control::Request;
use server::store::KeyKind;
use support::operator::Operator;
use support::partner::{Answer, feature};
use support::town::Town;
use wire::view::Mode;

#[tokio::test]
async fn an_operator_signs_in_is_named_and_signs_out() {
    let town = Town::start().await;
    let password = town.operator("anna", "analyst").await;
    let mut anna = Operator::visitor(&town.base);
    let answer = anna.try_sign_in("anna", &password).await.expect_status(204);
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.starts_with("talaia="), "{cookie}");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let who = anna.ask("/api/v1/session").await.expect_status(200).json();
    assert_eq!((who["name"].as_str(), who["role"].as_str()), (Some("anna"), Some("analyst")));
    anna.ask("/api/v1/reports").await.expect_status(200);
    anna.ask("/api/v1/reports?mode=exercise").await.expect_status(200);
    anna.sign_out().await.expect_status(204);
    anna.ask("/api/v1/session").await.expect_status(401);
    anna.ask("/api/v1/reports").await.expect_status(401);
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_its_host() {
    let town =
        Town::with(|config| config.public_url = Some("https://room.example".to_owned())).await;
    let password = town.operator("anna", "analyst").await;
    let body = serde_json::json!({"name": "anna", "password": password}).to_string();
    let client = support::http_client();
    let sign_in = |origin: &'static str| {
        let request = client.post(format!("{}/api/v1/session", town.base)).header("origin", origin);
        request.header("content-type", "application/json").body(body.clone()).send()
    };
    let answer = Answer::of(sign_in("https://room.example").await.expect("an answer"))
        .await
        .expect_status(204);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-talaia="), "{cookie}");
    assert!(cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    let foreign = Answer::of(sign_in("https://evil.example").await.expect("an answer")).await;
    assert_eq!((foreign.status, foreign.json()["type"].as_str()), (403, Some("foreign-origin")));
}

#[tokio::test]
async fn a_page_of_another_site_cannot_act_in_an_operators_name() {
    let town = Town::start().await;
    let anna = town.signed_in("anna", "administrator").await;
    let client = support::http_client();
    for origin in [Some("https://evil.example"), Some("null"), None] {
        let mut request = client.delete(format!("{}/api/v1/session", town.base));
        request = request.header("cookie", anna.cookie.clone().expect("a cookie"));
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        assert_eq!(answer.status, 403, "{origin:?}: {}", answer.body);
        assert_eq!(answer.json()["type"], "foreign-origin");
    }
    anna.ask("/api/v1/session").await.expect_status(200);
    anna.sign_out().await.expect_status(204);
}

#[tokio::test]
async fn a_wrong_password_an_unknown_name_and_a_disabled_operator_look_alike_and_wait() {
    let town = Town::start().await;
    let password = town.operator("anna", "analyst").await;
    let disabled = town.operator("bernat", "analyst").await;
    town.act(Request::OperatorDisable { name: "bernat".to_owned(), disabled: true }).await;
    let mut visitor = Operator::visitor(&town.base);
    let wrong = visitor.try_sign_in("anna", "wrong").await.expect_status(401);
    let unknown = visitor.try_sign_in("nobody", "wrong").await.expect_status(401);
    let off = visitor.try_sign_in("bernat", &disabled).await.expect_status(401);
    assert_eq!(wrong.body, unknown.body);
    assert_eq!(wrong.body, off.body);
    let mut refused = None;
    for _ in 0..12 {
        let answer = visitor.try_sign_in("anna", "wrong").await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        assert_eq!(answer.status, 401);
    }
    let refused = refused.expect("after some failures the next has to wait");
    assert!(
        refused.header("retry-after").parse::<u32>().is_ok_and(|wait_s| (1..=60).contains(&wait_s))
    );
    visitor.try_sign_in("anna", &password).await.expect_status(429);
}

#[tokio::test]
async fn a_login_ends_after_thirteen_hours_and_with_every_change_of_its_operator() {
    let town = Town::start().await;
    let anna = town.signed_in("anna", "analyst").await;
    town.clock.advance_ms(LOGIN_MS - 1_000);
    anna.ask("/api/v1/session").await.expect_status(200);
    town.clock.advance_ms(1_000);
    anna.ask("/api/v1/session").await.expect_status(401);

    for request in [
        Request::OperatorRole { name: "berta".to_owned(), role: "viewer".to_owned() },
        Request::OperatorPassword { name: "berta".to_owned() },
        Request::OperatorDisable { name: "berta".to_owned(), disabled: true },
    ] {
        let password = match town.app().store.operator("berta").await.expect("a store") {
            None => town.operator("berta", "analyst").await,
            Some(_) => town
                .act(Request::OperatorPassword { name: "berta".to_owned() })
                .await
                .expect("a password"),
        };
        let berta = Operator::sign_in(&town.base, "berta", &password).await;
        berta.ask("/api/v1/session").await.expect_status(200);
        town.act(request).await;
        berta.ask("/api/v1/session").await.expect_status(401);
    }
}

#[tokio::test]
async fn a_login_outlives_a_restart() {
    let mut town = Town::start().await;
    let anna = town.signed_in("anna", "duty-officer").await;
    town.restart().await;
    anna.ask("/api/v1/session").await.expect_status(200);
}

#[tokio::test]
async fn a_revoked_key_ends_within_a_second_even_if_only_the_database_says_so() {
    let town = Town::start().await;
    let partner = town.partner("112", "reports,read", Mode::Live).await;
    partner.report(&[feature("a", 2.17, 41.4, "flood", "Minor")]).await;
    let id = town.app().store.keys().await.expect("keys")[0].id.clone();
    // As another process would: without the hub and the socket.
    town.app().store.key_revoke(&id, town.clock.now()).await.expect("revoked");
    let since = Instant::now();
    // What a key opens is remembered for less than half a second.
    while partner.ask("/api/v1/reports").await.status != 401 {
        assert!(since.elapsed() < Duration::from_secs(1), "it still opens");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_rotated_key_works_and_the_old_one_does_not() {
    let town = Town::start().await;
    let old = town.partner("112", "reports,read", Mode::Live).await;
    let key = town
        .act(Request::PartnerRotate { name: "112".to_owned(), kind: KeyKind::Full, keep_old_ms: 0 })
        .await
        .expect("a key");
    let new = support::partner::Partner::new(&town.base, &key);
    old.ask("/api/v1/reports").await.expect_status(401);
    new.ask("/api/v1/reports").await.expect_status(200);
    new.report(&[feature("a", 2.17, 41.4, "flood", "Minor")]).await;
}

#[tokio::test]
async fn a_key_sees_its_own_mode_and_nothing_of_the_other() {
    let town = Town::start().await;
    let live = town.partner("live", "reports,read", Mode::Live).await;
    let drill = town.partner("drill", "reports,read", Mode::Exercise).await;
    live.report(&[feature("a", 2.17, 41.4, "flood", "Severe")]).await;
    drill.report(&[feature("b", 2.17, 41.4, "fire", "Severe")]).await;
    let hazards = |answer: Answer| -> Vec<String> {
        let list = answer.expect_status(200).json();
        let features = list["features"].as_array().cloned().unwrap_or_default();
        features
            .iter()
            .filter_map(|f| f["properties"]["hazard"].as_str().map(str::to_owned))
            .collect()
    };
    assert_eq!(hazards(live.ask("/api/v1/reports").await), ["flood"]);
    assert_eq!(hazards(drill.ask("/api/v1/reports").await), ["fire"]);
    let drilled = drill.ask("/api/v1/reports").await.json();
    let id = drilled["features"][0]["id"].as_str().expect("an id");
    live.ask(&format!("/api/v1/reports/{id}")).await.expect_status(404);
    let sources = live.ask("/api/v1/sources").await.json();
    assert_eq!(sources["sources"].as_array().map(Vec::len), Some(1));
    let anna = town.signed_in("anna", "analyst").await;
    assert_eq!(hazards(anna.ask("/api/v1/reports").await), ["flood"]);
    assert_eq!(hazards(anna.ask("/api/v1/reports?mode=exercise").await), ["fire"]);
}
