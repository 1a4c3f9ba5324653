//! 122,068 dispatch incidents: played once, played again, changed, and counted from every side.

use std::collections::BTreeMap;
use std::f64::consts::PI;
use std::path::PathBuf;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use server::replay::{Args, Speed, Tally, play};
use support::live::Dial;
use support::partner::Partner;
use support::town::Town;
use wire::geo::Bbox;
use wire::grade::Hazard;
use wire::view::{Mode, View, Window};

/// Rows of the file, counted in it.
const ROWS: u64 = 122_068;
const HAZARDS: &str = "car fire,fire,Moderate\nreport of fire,wildfire,Severe\ncollision,transport,Moderate\n\
    hit and run,transport,Minor\ntraffic hazard,transport,Minor\nflood,flood,Severe\nslide,landslide,Severe\n\
    wind,wind,Moderate\nhazmat,chemical,Extreme\nspill,chemical,Moderate\nfatality,transport,Extreme\n";

fn command(file: &std::path::Path, town: &Town, partner: &Partner) -> Args {
    Args {
        files: vec![file.to_owned()],
        to: town.base.clone(),
        key: partner.key.clone(),
        format: None,
        map: "id=incident_id,lng=lon,lat=lat,time=first_seen_utc,text=type".parse().expect("valid"),
        hazards: None,
        speed: Speed::Max,
        shift: false,
        mode: Mode::Exercise,
        into: None,
    }
}

async fn run(args: &Args, town: &Town) -> Tally {
    let (tally, ended) = play(args, &town.clock, false).await;
    ended.expect("played to the end");
    tally
}

/// A report as the brute force needs it.
struct Held {
    /// Its place on the unit square; `None` without one.
    at: Option<(f64, f64)>,
    observed_ms: i64,
    hazard: String,
}

/// Every report, page by page.
async fn all(reader: &Partner) -> BTreeMap<String, Held> {
    let mut reports = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page = reader
            .ask(&format!("/api/v1/reports?limit=1000{cursor}"))
            .await
            .expect_status(200)
            .json();
        for report in page["features"].as_array().expect("features") {
            let words = &report["properties"];
            let at = report["geometry"]["coordinates"].as_array().map(|pair| {
                let (lng, lat) =
                    (pair[0].as_f64().expect("a number"), pair[1].as_f64().expect("a number"));
                square(lng, lat)
            });
            let observed: wire::time::Timestamp =
                words["observed_at"].as_str().expect("a time").parse().expect("a time");
            let held = Held {
                at,
                observed_ms: observed.0,
                hazard: words["hazard"].as_str().expect("a word").to_owned(),
            };
            let twice = reports.insert(report["id"].as_str().expect("an id").to_owned(), held);
            assert!(twice.is_none(), "a report is listed twice");
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return reports,
        }
    }
}

/// Web Mercator by the textbook, apart from the product's own.
fn square(lng: f64, lat: f64) -> (f64, f64) {
    let lat = lat.clamp(-85.051_128_779_806_59, 85.051_128_779_806_59).to_radians();
    ((lng + 180.0) / 360.0, (1.0 - lat.tan().asinh() / PI) / 2.0)
}

/// The tile span of a box: first and last column and row.
fn span(bbox: [f64; 4], z: u8) -> (i64, i64, i64, i64) {
    let side = f64::from(1_u32 << z);
    let (left, bottom) = square(bbox[0], bbox[1]);
    let (right, top) = square(bbox[2], bbox[3]);
    let tile = |unit: f64| (unit * side).floor().clamp(0.0, side - 1.0) as i64;
    (tile(left), tile(right), tile(top), tile(bottom))
}

struct Question {
    bbox: [f64; 4],
    zoom: u8,
    window: Window,
    hazards: Option<Vec<Hazard>>,
}

fn ask(dice: &mut ChaCha8Rng, centres: &[(f64, f64)]) -> Question {
    let zoom = dice.random_range(0..=18_u8);
    // A box about a report, some tiles wide: at most 256 tiles at any zoom.
    let (lng, lat) = centres[dice.random_range(0..centres.len())];
    let tile = 360.0 / f64::from(1_u32 << zoom);
    let (wide, high) =
        (tile * dice.random_range(0.2..9.0), tile * dice.random_range(0.2..7.0) * 0.7);
    let (dx, dy) = (dice.random_range(0.1..0.9), dice.random_range(0.1..0.9));
    let bbox = [
        (lng - wide * dx).max(-179.9),
        (lat - high * dy).max(-84.0),
        (lng + wide * (1.0 - dx)).min(179.9),
        (lat + high * (1.0 - dy)).min(84.0),
    ];
    let window = [
        Window::All,
        Window::All,
        Window::Hours24,
        Window::Hours2,
        Window::Hour1,
        Window::Minutes15,
    ][dice.random_range(0..6)];
    let some = [Hazard::Transport, Hazard::Wildfire, Hazard::Fire, Hazard::Flood, Hazard::Other];
    let hazards = dice.random_bool(0.5).then(|| {
        (0..dice.random_range(1..=3)).map(|_| some[dice.random_range(0..some.len())]).collect()
    });
    Question { bbox, zoom, window, hazards }
}

/// The four counts, each by itself.
fn count(reports: &BTreeMap<String, Held>, question: &Question, now_ms: i64) -> [u64; 4] {
    let (left, right, top, bottom) = span(question.bbox, question.zoom);
    let side = f64::from(1_u32 << question.zoom);
    let (mut shown, mut elsewhere, mut unplaced, mut filtered) = (0, 0, 0, 0);
    for report in reports.values() {
        let young =
            question.window.length_ms().is_none_or(|length| now_ms - report.observed_ms < length);
        let wanted = question
            .hazards
            .as_ref()
            .is_none_or(|some| some.iter().any(|one| one.word() == report.hazard));
        match report.at {
            _ if !young || !wanted => filtered += 1,
            None => unplaced += 1,
            Some((x, y)) => {
                let (x, y) = ((x * side) as i64, (y * side) as i64);
                if (left..=right).contains(&x) && (top..=bottom).contains(&y) {
                    shown += 1;
                } else {
                    elsewhere += 1;
                }
            }
        }
    }
    [shown, elsewhere, unplaced, filtered]
}

fn path(question: &Question) -> String {
    let [west, south, east, north] = question.bbox;
    let hazards = question.hazards.as_ref().map_or(String::new(), |some| {
        let words: Vec<_> = some.iter().map(|hazard| hazard.word()).collect();
        format!("&hazards={}", words.join(","))
    });
    format!(
        "/api/v1/picture?bbox={west},{south},{east},{north}&zoom={}&window={}{hazards}",
        question.zoom,
        question.window.word()
    )
}

fn four(totals: &Value) -> [u64; 4] {
    ["shown", "elsewhere", "unplaced", "filtered"]
        .map(|name| totals[name].as_u64().expect("a count"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_incident_is_taken_once_folded_again_and_counted_alike_from_every_side() {
    let Some(file) = crate::recording("chp-incidents-2017/incidents.csv.gz") else { return };
    let town = Town::with(|config| config.limits.requests_per_s = 100_000).await;
    let partner = town.partner("chp", "reports,read", Mode::Exercise).await;

    let first = run(&command(&file, &town, &partner), &town).await;
    assert_eq!(
        (first.accepted, first.folded, first.n_rejected()),
        (ROWS, 0, 0),
        "{:?}",
        first.examples
    );
    let again = run(&command(&file, &town, &partner), &town).await;
    assert_eq!((again.accepted, again.folded, again.n_rejected()), (0, ROWS, 0));
    let picture =
        partner.ask("/api/v1/picture?bbox=-180,-85,180,85&zoom=0").await.expect_status(200).json();
    assert_eq!(four(&picture["totals"]), [ROWS, 0, 0, 0]);

    // The recording once more as if it ended now, with hazards: every report is replaced, none is added.
    let table = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(table.path(), HAZARDS).expect("written");
    town.clock.advance_ms(1_000);
    let table: PathBuf = table.path().to_owned();
    let third =
        run(&Args { shift: true, hazards: Some(table), ..command(&file, &town, &partner) }, &town)
            .await;
    assert_eq!(
        (third.accepted, third.folded, third.n_rejected()),
        (ROWS, 0, 0),
        "{:?}",
        third.examples
    );
    // Forty incidents more without a place, so that this count is not always nothing.
    let placeless: Vec<Value> = (0..40)
        .map(|n| serde_json::json!({"type": "Feature", "id": format!("nowhere-{n}"), "geometry": null,
            "properties": {"text": "somewhere", "place": "Sacramento", "hazard": if n % 2 == 0 { "flood" } else { "transport" }}}))
        .collect();
    partner.report(&placeless).await;

    let reports = all(&partner).await;
    assert_eq!(reports.len() as u64, ROWS + 40);
    let seed =
        std::env::var("TALAIA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_171_010);
    println!("seed {seed}");
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let centres: Vec<(f64, f64)> = (0..400)
        .map(|_| (dice.random_range(-124.0..-114.5), dice.random_range(32.6..41.9)))
        .collect();
    let now_ms = town.clock.now().0;
    let mut live = Dial::partner(&partner).connect().await;
    let (mut nonzero, mut asked) = ([0; 4], 0);
    while asked < 200 {
        let question = ask(&mut dice, &centres);
        let counted = count(&reports, &question, now_ms);
        let path = path(&question);
        let answer = partner.ask(&path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let answer = answer.json();
        assert_eq!(four(&answer["totals"]), counted, "{path}");
        let clusters: u64 = answer["features"]
            .as_array()
            .expect("clusters")
            .iter()
            .map(|cluster| cluster["properties"]["n"].as_u64().expect("a count"))
            .sum();
        assert_eq!(clusters, counted[0], "the sum of the clusters, {path}");

        let [west, south, east, north] = question.bbox;
        let view = View {
            bbox: Bbox::new(west, south, east, north).expect("a box"),
            zoom: f64::from(question.zoom),
            mode: Mode::Exercise,
            window: question.window,
            hazards: question.hazards.clone(),
            newest: 0,
        };
        // Beyond twenty frames a second a client is read more slowly; this one keeps to half of that.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        live.settle(&view).await;
        let totals = live.model.totals.expect("a counter line");
        assert_eq!(
            [totals.shown, totals.elsewhere, totals.unplaced, totals.filtered],
            counted,
            "live, {path}"
        );
        assert_eq!(live.model.shown(), counted[0], "the sum of the live clusters, {path}");
        for (seen, n) in nonzero.iter_mut().zip(counted) {
            *seen += u32::from(n > 0);
        }
        asked += 1;
    }
    println!(
        "of 200 views: shown > 0 in {}, elsewhere {}, unplaced {}, filtered {}",
        nonzero[0], nonzero[1], nonzero[2], nonzero[3]
    );
    assert!(
        nonzero.iter().all(|seen| *seen >= 40),
        "the questions must ask for every count: {nonzero:?}"
    );
}
