//! One partner that floods, and the others who are served all the same. By counts: nothing here is timed.

use futures_util::future::join_all;
use serde_json::json;
use server::store::KeyTerms;
use support::partner::{GEOJSON, Partner, feature};
use support::town::Town;
use wire::view::Mode;

/// What the others send, each one after the other.
const SHARE: usize = 20;
/// How much more the one sends.
const TIMES: usize = 50;

fn fast() -> KeyTerms {
    KeyTerms {
        requests_per_s: Some(1_000_000),
        items_per_s: Some(10_000_000),
        ..KeyTerms::default()
    }
}

fn one(name: &str, n: usize) -> String {
    feature(&format!("{name}-{n}"), 2.17, 41.4, "flood", "Minor").to_string()
}

async fn accepted(partner: &Partner, id: &str) -> u64 {
    let sources = partner.ask("/api/v1/sources").await.expect_status(200).json();
    let all = sources["sources"].as_array().cloned().expect("sources");
    let own = all.into_iter().find(|source| source["id"] == id).expect("the source");
    own["ledger"]["accepted"].as_u64().expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_partner_at_fifty_times_its_share_and_the_others_are_all_served() {
    let town = Town::with(|config| {
        // A queue so short that the flood fills its part of it all the time.
        config.limits.submissions_queued_max = 16;
    })
    .await;
    let flood = town.partner_bound("flood", "reports read", Mode::Live, fast()).await;
    let mut others = Vec::new();
    for name in ["a", "b", "c"] {
        others.push(town.partner_bound(name, "reports read", Mode::Live, fast()).await);
    }
    let flooding = async {
        // A hundred at once, again and again.
        let mut statuses = Vec::new();
        for round in 0..SHARE * TIMES / 100 {
            let posts = (0..100).map(|n| {
                let body = one("flood", round * 100 + n);
                flood.post("/api/v1/reports", GEOJSON, body)
            });
            statuses.extend(join_all(posts).await);
        }
        statuses
    };
    let served = join_all(others.iter().enumerate().map(|(who, other)| async move {
        for n in 0..SHARE {
            let body = one(&format!("other{who}"), n);
            other.post("/api/v1/reports", GEOJSON, body).await.expect_status(201);
        }
    }));
    let (told, _served) = tokio::join!(flooding, served);
    let taken = told.iter().filter(|answer| answer.status == 201).count() as u64;
    for answer in told.iter().filter(|answer| answer.status != 201) {
        assert_eq!(answer.status, 503, "{}", answer.body);
        assert_eq!(answer.json()["type"], "busy");
        assert_eq!(answer.header("retry-after"), "1");
    }
    // Nothing that was refused is there, and nothing that was taken is not.
    assert_eq!(accepted(&flood, "partner:flood").await, taken);
    for (name, other) in ["a", "b", "c"].iter().zip(&others) {
        assert_eq!(accepted(other, &format!("partner:{name}")).await, SHARE as u64);
    }
}

#[tokio::test]
async fn one_partner_over_its_limit_never_touches_anothers() {
    let town = Town::start().await;
    let slow = KeyTerms { requests_per_s: Some(1), ..KeyTerms::default() };
    let flood = town.partner_bound("flood", "reports", Mode::Live, slow.clone()).await;
    let other = town.partner_bound("other", "reports", Mode::Live, slow).await;
    let answers =
        join_all((0..40).map(|n| flood.post("/api/v1/reports", GEOJSON, one("f", n)))).await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(!refused.is_empty());
    for answer in refused {
        let problem = answer.json();
        assert_eq!(problem["errors"][0]["reason"], "requests_per_second");
        assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|wait_s| wait_s >= 1));
        let detail = problem["errors"][0]["detail"].as_str().expect("a detail");
        assert!(detail.contains("1 requests a second"), "{detail}");
    }
    let body = json!({"type": "FeatureCollection", "features": [feature("o", 2.17, 41.4, "flood", "Minor")]});
    other.post("/api/v1/reports", GEOJSON, body.to_string()).await.expect_status(201);
}
