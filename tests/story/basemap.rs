//! The map under the map: a city's extract, and a file by ranges.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use server::basemap::get::{Args, extract};
use support::pmtiles::{RangeServer, tile, world};
use support::town::Town;
use wire::view::Mode;

fn bytes_of(z: u8, x: u32, y: u32) -> Vec<u8> {
    format!("tile {z}/{x}/{y} ").repeat(20).into_bytes()
}

fn args(from: &str, out: PathBuf, zoom_max: u8) -> Args {
    Args { bbox: "2.05,41.32,2.23,41.47".to_owned(), from: Some(from.to_owned()), out, zoom_max }
}

#[tokio::test]
async fn an_extract_holds_the_tiles_of_its_box_byte_for_byte_and_no_others() {
    support::crypto();
    let planet = world(7, bytes_of);
    let remote = RangeServer::start(planet.clone()).await;
    let dir = tempfile::tempdir().expect("temp dir");
    let out = dir.path().join("city.pmtiles");
    let got = extract(&args(&remote.url, out.clone(), 7)).await.expect("extracted");
    let city = std::fs::read(&out).expect("written");
    assert_eq!(got.bytes, city.len() as u64);
    // Barcelona lies in one tile at each of these zooms.
    let column = |z: u8| ((2.14 + 180.0) / 360.0 * f64::from(1_u32 << z)) as u32;
    let mut held = 0;
    for z in 0..=7_u8 {
        for x in 0..(1_u32 << z) {
            for y in 0..(1_u32 << z) {
                if let Some(found) = tile(&city, z, x, y) {
                    held += 1;
                    assert_eq!(found, bytes_of(z, x, y));
                    assert_eq!(x, column(z), "{z}/{x}/{y} is not of the city");
                }
            }
        }
    }
    assert_eq!((held, got.n_tiles), (8, 8), "one tile a zoom");
    let served = remote.served.load(Ordering::Relaxed);
    assert!(served < planet.len() as u64 / 4, "{served} of {} bytes were asked for", planet.len());
    assert!(!dir.path().join("city.pmtiles.part").exists());
}

#[tokio::test]
async fn a_server_without_ranges_and_a_box_without_tiles_are_said_in_a_sentence() {
    support::crypto();
    let dir = tempfile::tempdir().expect("temp dir");
    let out = dir.path().join("city.pmtiles");
    let plain = wiremock::MockServer::start().await;
    wiremock::Mock::given(wiremock::matchers::any())
        .respond_with(wiremock::ResponseTemplate::new(200).set_body_bytes(world(1, bytes_of)))
        .mount(&plain)
        .await;
    let error = extract(&args(&plain.uri(), out.clone(), 5)).await.expect_err("no ranges");
    assert!(error.contains("byte ranges"), "{error}");
    let html = RangeServer::start(b"<html>not found</html>".repeat(20)).await;
    let error = extract(&args(&html.url, out.clone(), 5)).await.expect_err("no PMTiles");
    assert!(error.contains("PMTiles"), "{error}");
    assert!(!out.exists(), "nothing is left behind");
}

#[tokio::test]
async fn a_file_is_served_by_ranges_to_who_may_read_and_described_to_the_app() {
    let dir = tempfile::tempdir().expect("temp dir");
    let file = dir.path().join("city.pmtiles");
    let bytes = world(3, bytes_of);
    std::fs::write(&file, &bytes).expect("written");
    let town = Town::with(|config| config.basemap = Some(file.display().to_string())).await;
    let reader = town.partner("reader", "read", Mode::Exercise).await;

    let about = reader.ask("/api/v1/basemap").await.expect_status(200).json();
    assert_eq!(about["kind"], "pmtiles");
    assert_eq!(about["url"], "/basemap/tiles.pmtiles");
    assert_eq!(about["schema"], "protomaps-v4");
    assert_eq!(about["attribution"], "Nobody", "markup from a file never reaches the page");

    let http = support::http_client();
    let ask = |headers: Vec<(&'static str, String)>| {
        let mut request =
            http.get(format!("{}/basemap/tiles.pmtiles", town.base)).bearer_auth(&reader.key);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        async move { request.send().await.expect("an answer") }
    };
    let part = ask(vec![("range", "bytes=127-1126".to_owned())]).await;
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"], format!("bytes 127-1126/{}", bytes.len()).as_str());
    assert!(part.headers().get("content-encoding").is_none(), "a range is never packed");
    let tag = part.headers()["etag"].to_str().expect("text").to_owned();
    assert_eq!(part.bytes().await.expect("bytes"), &bytes[127..1127]);

    let same = ask(vec![("range", "bytes=0-9".to_owned()), ("if-range", tag.clone())]).await;
    assert_eq!(same.status(), 206);
    let other =
        ask(vec![("range", "bytes=0-9".to_owned()), ("if-range", "\"old\"".to_owned())]).await;
    assert_eq!(other.status(), 200, "a part of another version would be garbage");
    assert_eq!(other.bytes().await.expect("bytes").len(), bytes.len());
    assert_eq!(ask(vec![("if-none-match", tag)]).await.status(), 304);
    let outside = ask(vec![("range", format!("bytes={}-", bytes.len()))]).await;
    assert_eq!(outside.status(), 416);

    let stranger =
        http.get(format!("{}/basemap/tiles.pmtiles", town.base)).send().await.expect("an answer");
    assert_eq!(stranger.status(), 401);
}

#[tokio::test]
async fn without_a_basemap_the_app_is_told_of_the_outlines() {
    let town = Town::start().await;
    let reader = town.partner("reader", "read", Mode::Exercise).await;
    let about = reader.ask("/api/v1/basemap").await.expect_status(200).json();
    assert_eq!(about["kind"], "fallback");
    let roles: Vec<_> =
        about["files"].as_array().expect("files").iter().map(|file| file["role"].clone()).collect();
    assert_eq!(roles, ["land", "sea", "land", "districts", "water", "streets", "places"]);
    assert_eq!(reader.ask("/basemap/tiles.pmtiles").await.status, 404);
}
