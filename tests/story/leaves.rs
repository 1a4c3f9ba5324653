//! Every number opens the list behind it: the reports of a cluster, page by page.

use std::collections::BTreeSet;

use serde_json::Value;
use support::town::Town;

use crate::views::spread;

const VIEW: &str = "bbox=2.05,41.32,2.23,41.47&zoom=11";

fn ids(page: &Value) -> Vec<String> {
    let features = page["features"].as_array().expect("features");
    features.iter().map(|feature| feature["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn the_pages_of_all_clusters_are_the_reports_of_the_view_each_once() {
    let town = Town::with(|config| config.limits.requests_per_s = 10_000).await;
    let partner = town.dispatch().await;
    partner.report(&spread("a", 900)).await;
    for filter in ["window=all", "window=all&hazards=flood,fire"] {
        let picture = partner.ask(&format!("/api/v1/picture?{VIEW}&{filter}")).await;
        let picture = picture.expect_status(200).json();
        let mut seen = BTreeSet::new();
        for cluster in picture["features"].as_array().expect("clusters") {
            let (id, n) = (cluster["id"].as_str().expect("an id"), &cluster["properties"]["n"]);
            let (mut members, mut cursor) = (Vec::new(), String::new());
            loop {
                let address = format!("/api/v1/reports?cluster={id}&{filter}&limit=7{cursor}");
                let page = partner.ask(&address).await.expect_status(200).json();
                members.extend(ids(&page));
                let Some(next) = page["next"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(Some(members.len() as u64), n.as_u64(), "cluster {id}");
            seen.extend(members);
        }
        assert_eq!(Some(seen.len() as u64), picture["totals"]["shown"].as_u64(), "{filter}");
    }
}

#[tokio::test]
async fn a_cluster_that_is_not_there_or_no_cluster_at_all_is_told_so() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    partner.report(&spread("a", 3)).await;
    let gone = partner.ask("/api/v1/reports?cluster=0b00000000000001").await.expect_status(404);
    assert_eq!(gone.json()["type"].as_str().map(|kind| kind.contains("not-found")), Some(true));
    let bad = partner.ask("/api/v1/reports?cluster=everything").await.expect_status(422);
    assert_eq!(bad.json()["errors"][0]["pointer"], "/query/cluster");
    // A cluster is of one window and some hazards; other filters would promise what is not done.
    let other = "/api/v1/reports?cluster=0b00000000000001&q=aigua";
    let refused = partner.ask(other).await.expect_status(422);
    assert_eq!(refused.json()["errors"][0]["pointer"], "/query/q");
}
