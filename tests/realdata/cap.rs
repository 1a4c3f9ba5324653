//! Official messages of others: each has the outcome that it must have, and areas meet as an independent library says.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use engine::advisory::atlas::Atlas;
use engine::advisory::shape::{Shape, Wanted};
use serde_json::Value;
use support::partner::Partner;
use support::town::Town;
use wire::geo::LngLat;
use wire::view::Mode;

use crate::archive;

const DOOR: &str = "/api/v1/advisories/cap";
const AREAS: &str = "cap-filter-testset/capAlertTestAreas.zip";
const FILTERS: &str = "cap-filter-testset/capAlertTestFilters.zip";
const SUBSCRIPTIONS: &str = "cap-filter-testset/all-subscriptions.json.gz";

async fn town(mode: Mode) -> (Town, Partner) {
    let town = Town::with(|config| {
        config.limits.requests_per_s = 100_000;
    })
    .await;
    let partner = town.partner("met", "advisories read", mode).await;
    (town, partner)
}

/// What became of a message: `taken`, `known`, or the reason and the element.
async fn outcome(partner: &Partner, message: Vec<u8>) -> String {
    let answer = partner.post(DOOR, "application/cap+xml", message).await;
    let told = answer.json();
    match answer.status {
        201 if told["accepted"] == 1 => "taken".to_owned(),
        201 => "known".to_owned(),
        status => {
            assert_eq!(status, 422, "{}", answer.body);
            let (error, text) =
                (&told["errors"][0], |value: &Value| value.as_str().map(str::to_owned));
            let reason = text(&error["reason"]).expect("a reason");
            format!("{reason} {}", text(&error["pointer"]).expect("a pointer")).trim().to_owned()
        }
    }
}

/// How many had each outcome.
async fn outcomes(partner: &Partner, messages: Vec<(String, Vec<u8>)>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (_, message) in messages {
        *counts.entry(outcome(partner, message).await).or_default() += 1;
    }
    counts
}

async fn n_listed(partner: &Partner, query: &str) -> BTreeMap<String, usize> {
    let (mut states, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let path = format!("/api/v1/advisories?limit=1000{query}{cursor}");
        let page = partner.ask(&path).await.expect_status(200).json();
        for one in page["features"].as_array().expect("features") {
            let state = one["properties"]["state"].as_str().expect("a state").to_owned();
            *states.entry(state).or_default() += 1;
        }
        match page["next"].as_str() {
            None => return states,
            Some(next) => cursor = format!("&cursor={next}"),
        }
    }
}

fn expected(counts: &[(&str, usize)]) -> BTreeMap<String, usize> {
    counts.iter().map(|(what, n)| ((*what).to_owned(), *n)).collect()
}

#[tokio::test]
async fn each_of_the_samples_of_others_has_the_outcome_that_it_must_have() {
    let Some(folder) = crate::recording("cap-alerts") else { return };
    let (town, _partner) = town(Mode::Live).await;
    let mut told = BTreeMap::new();
    let mut n_files = 0;
    for part in ["dwd", "google", "oasiscap"] {
        for file in std::fs::read_dir(folder.join(part)).expect("a folder") {
            let path = file.expect("a file").path();
            let mut bytes = std::fs::read(&path).expect("readable");
            if path.extension().is_some_and(|end| end == "gz") {
                let packed = std::mem::take(&mut bytes);
                let mut reader = flate2::read::GzDecoder::new(packed.as_slice());
                reader.read_to_end(&mut bytes).expect("gzip");
            }
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            // Each from a source of its own: samples of one message that differ stand in several places.
            n_files += 1;
            let partner = town.partner(&format!("met-{n_files}"), "advisories", Mode::Live).await;
            let outcome = outcome(&partner, bytes).await;
            if outcome != "taken" {
                told.insert(name, outcome);
            }
        }
    }
    let refused: Vec<(&str, &str)> =
        told.iter().map(|(name, what)| (name.as_str(), what.as_str())).collect();
    // What the rest of them leaves out or breaks (a Signature out of its place, fractions of a second, no zone) is no reason to refuse.
    assert_eq!(
        refused,
        [
            ("testdata_invalid.cap", "missing /alert/scope"),
            ("testdata_noaa_errors.cap", "empty /alert/info[1]/urgency"),
            ("testdata_xee.cap", "doctype /"),
        ]
    );
    assert_eq!(n_files, 38);
}

#[tokio::test]
async fn eight_languages_of_the_german_weather_service_are_one_advisory() {
    let Some(folder) = crate::recording("cap-alerts/dwd") else { return };
    let (_town, partner) = town(Mode::Live).await;
    let (mut n_languages, mut n_codes) = (Vec::new(), Vec::new());
    for file in std::fs::read_dir(folder).expect("a folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("readable");
        let answer = partner.post(DOOR, "application/cap+xml", bytes).await.expect_status(201);
        let seq = answer.json()["seq"].as_u64().expect("a number");
        let path = format!("/api/v1/advisories/{seq}");
        let one = partner.ask(&path).await.expect_status(200).json();
        let said = &one["properties"];
        let languages = said["languages"].as_array().expect("languages").clone();
        n_languages.push(languages.len());
        n_codes.push(said["geocodes"].as_array().map_or(0, Vec::len));
        for language in languages {
            let language = language.as_str().expect("a tag");
            let one = partner.ask(&format!("{path}?lang={language}")).await.json();
            assert_eq!(one["properties"]["language"], language);
            assert_eq!(one["properties"]["geocodes"], said["geocodes"], "the same areas");
        }
    }
    n_codes.sort_unstable();
    assert_eq!((n_languages, n_codes), (vec![8, 8, 8], vec![3, 47, 168]));
}

#[tokio::test]
async fn each_message_of_the_filter_test_set_stands_in_its_lane() {
    let (Some(areas), Some(filters)) = (crate::recording(AREAS), crate::recording(FILTERS)) else {
        return;
    };
    let (town, partner) = town(Mode::Live).await;
    let told = outcomes(&partner, archive::files(&areas)).await;
    assert_eq!(told, expected(&[("taken", 1_870)]));
    let told = outcomes(&partner, archive::files(&filters)).await;
    assert_eq!(told, expected(&[("taken", 1_944), ("wrong_mode", 972)]));
    assert!(n_listed(&partner, "").await.is_empty(), "what ended in 2016 is not in force");
    // Each of the 324 Alerts of a lane is named by an Update and by a Cancel; the Cancel counts.
    let of_each = [("cancelled", 324), ("expired", 324), ("message", 324)];
    let mut actual = expected(&of_each);
    *actual.entry("expired".to_owned()).or_default() += 1_870;
    assert_eq!(n_listed(&partner, "&all=true").await, actual);
    assert_eq!(n_listed(&partner, "&all=true&status=Test").await, expected(&of_each));
    assert!(n_listed(&partner, "&all=true&status=Exercise").await.is_empty());
    let school = town.partner("school", "advisories read", Mode::Exercise).await;
    let told = outcomes(&school, archive::files(&filters)).await;
    assert_eq!(told, expected(&[("taken", 2_916)]));
    assert_eq!(n_listed(&school, "&all=true&status=Exercise").await, expected(&of_each));
}

#[tokio::test]
async fn each_code_of_the_table_of_europe_has_its_areas() {
    let Some(file) = crate::recording("meteoalarm-emma-geocodes/geocodes.json.gz") else { return };
    let (town, partner) = town(Mode::Live).await;
    let app = town.app();
    let bytes = std::fs::read(&file).expect("readable");
    let kept = server::geocodes::import(&app.store, app.clock.now(), &bytes).await.expect("kept");
    assert_eq!(kept, [("EMMA_ID".to_owned(), 2_003)]);
    assert_eq!(app.geocodes.load(&app.store).await.expect("read"), (2_003, 1));

    let table: Value =
        serde_json::from_reader(flate2::read::GzDecoder::new(bytes.as_slice())).expect("GeoJSON");
    let (mut codes, mut n_parts) = (String::new(), 0);
    for feature in table["features"].as_array().expect("features") {
        let code = feature["properties"]["code"].as_str().expect("a code");
        codes.extend([
            "<geocode><valueName>EMMA_ID</valueName><value>",
            code,
            "</value></geocode>",
        ]);
        n_parts += match feature["geometry"]["type"].as_str() {
            Some("Polygon") => 1,
            _ => feature["geometry"]["coordinates"].as_array().map_or(0, Vec::len),
        };
    }
    let now = app.clock.now();
    let message = format!(
        "<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><identifier>all</identifier><sender>met@example.org</sender><sent>{now}</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info><category>Met</category><event>Wind</event><urgency>Expected</urgency><severity>Minor</severity><certainty>Likely</certainty><area><areaDesc>Europe</areaDesc>{codes}</area></info></alert>"
    );
    partner.post(DOOR, "application/cap+xml", message).await.expect_status(201);
    // Andorra is in it, the Atlantic is not.
    let placed = partner.ask("/api/v1/advisories?bbox=1.5,42.5,1.6,42.6").await.json();
    assert_eq!(placed["features"][0]["properties"]["unplaced"], Value::Array(Vec::new()));
    let parts = placed["features"][0]["geometry"]["coordinates"].as_array().map(Vec::len);
    assert_eq!(parts, Some(n_parts));
    let away = partner.ask("/api/v1/advisories?bbox=-40,30,-39,31").await.json();
    assert_eq!(away["features"], Value::Array(Vec::new()));
}

/// Python with the library, in an environment of its own beside the build's other files. Its last file is written when all is installed.
fn python() -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cap-areas");
    let wanted = include_str!("areas/requirements.txt");
    let (program, done) = (place.join("bin/python"), place.join("installed"));
    if std::fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
        return program;
    }
    let run = |command: &mut Command| {
        let ended = command.stdin(Stdio::null()).output();
        let is_well = ended.as_ref().is_ok_and(|output| output.status.success());
        assert!(
            is_well,
            "the independent geometry library needs Python 3.11 with its venv module (Debian: apt-get install python3-venv), and pip that reaches PyPI the first time. {command:?}: {ended:?}"
        );
    };
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place));
    let file = place.join("requirements.txt");
    std::fs::write(&file, wanted).expect("a file");
    run(Command::new(&program)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .arg("-r")
        .arg(&file));
    std::fs::write(done, wanted).expect("a file");
    program
}

/// The rings of the area filters; the one that draws nothing is none.
fn wanted(file: &Path) -> Vec<Option<Wanted>> {
    let file = std::fs::File::open(file).expect("readable");
    let all: Value =
        serde_json::from_reader(flate2::read::GzDecoder::new(file)).expect("the subscriptions");
    let ring = |one: &Value| {
        let pairs = &one["subscription"]["areaFilter"]["polygonCoordinates"];
        // One of them stands there as text.
        let pairs = match pairs.as_str() {
            Some(text) => serde_json::from_str(text).expect("pairs"),
            None => pairs.clone(),
        };
        let pairs: Vec<[f64; 2]> = serde_json::from_value(pairs).expect("pairs");
        let ring = pairs.iter().map(|[lng, lat]| LngLat::new(*lng, *lat).expect("a place"));
        Wanted::of_ring(&ring.collect::<Vec<_>>())
    };
    all["subscriptions"].as_array().expect("a list").iter().map(ring).collect()
}

#[test]
fn areas_meet_filters_as_an_independent_library_says_pair_by_pair() {
    let (Some(areas), Some(subscriptions)) =
        (crate::recording(AREAS), crate::recording(SUBSCRIPTIONS))
    else {
        return;
    };
    let theirs = Command::new(python())
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("realdata/areas/pairs.py"))
        .args([&areas, &subscriptions])
        .stdin(Stdio::null())
        .output()
        .expect("python runs");
    assert!(theirs.status.success(), "{}", String::from_utf8_lossy(&theirs.stderr));
    let theirs: Vec<Vec<String>> = serde_json::from_slice(&theirs.stdout).expect("pairs");
    let atlas = Atlas::default();
    let shapes: Vec<(String, Shape)> = archive::files(&areas)
        .into_iter()
        .map(|(name, bytes)| {
            let received = server::cap::read(&bytes).expect("a message");
            (name, Shape::of(&received.advisory, &atlas).0)
        })
        .collect();
    let wanted = wanted(&subscriptions);
    assert_eq!((shapes.len(), wanted.len(), theirs.len()), (1_870, 2_126, 2_126));
    let mut n_met = 0;
    for ((n, one), theirs) in (0..).zip(&wanted).zip(&theirs) {
        let meets = |shape: &Shape| one.as_ref().is_some_and(|one| shape.meets(one));
        let met = shapes.iter().filter(|(_, shape)| meets(shape));
        let ours: Vec<&str> = met.map(|(name, _)| name.as_str()).collect();
        assert_eq!(ours, *theirs, "filter {n}");
        n_met += ours.len();
    }
    assert_eq!(n_met, 7_895, "of 3,975,620 pairs");
}
