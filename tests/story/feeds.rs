//! Feeds of five kinds, from their bytes to what stands on the map, and asked politely from then on.

use serde_json::{Value, json};
use server::source::SourceConfig;
use support::partner::Partner;
use support::town::Town;
use support::wait::until;
use wire::grade::Kind;
use wire::time::Timestamp;
use wire::view::Mode;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// The names of every feed here, and whether it is asked by an `ETag` or by a date.
const FEEDS: [(&str, bool); 5] =
    [("gdacs", true), ("georss", false), ("atom", true), ("emsc", false), ("datex", true)];

/// Puts a document at a path, which from its second question on is not sent again.
async fn stands(upstream: &MockServer, at: &str, by_etag: bool, document: &str) {
    let (tag, asked, validator) = if by_etag {
        ("etag", "if-none-match", "\"one\"")
    } else {
        ("last-modified", "if-modified-since", "Mon, 23 Nov 2026 10:00:00 GMT")
    };
    let at = format!("/{at}");
    let whole = ResponseTemplate::new(200)
        .insert_header(tag, validator)
        .set_body_raw(document, "application/octet-stream");
    let known = Mock::given(method("GET")).and(path(at.clone())).and(header(asked, validator));
    known.respond_with(ResponseTemplate::new(304)).mount(upstream).await;
    Mock::given(method("GET")).and(path(at)).respond_with(whole).mount(upstream).await;
}

fn gdacs(at: Timestamp) -> String {
    format!(
        "\u{feff}<?xml version='1.0' encoding='utf-8'?><rss version='2.0' xmlns:gdacs='http://www.gdacs.org' xmlns:georss='http://www.georss.org/georss'>\
         <channel><title>GDACS</title><item><title>Orange flood alert</title><description>River Turia</description><guid>FL1</guid>\
         <link>https://www.gdacs.org/report.aspx?eventid=1</link><pubDate>{at}</pubDate><gdacs:eventtype>FL</gdacs:eventtype>\
         <gdacs:eventid>1</gdacs:eventid><gdacs:episodeid>2</gdacs:episodeid><gdacs:version>1</gdacs:version>\
         <gdacs:alertlevel>Orange</gdacs:alertlevel><gdacs:country>Spain</gdacs:country><georss:point>39.42 -0.41</georss:point></item>\
         <item><title>A box alone</title><guid>TC9</guid><pubDate>{at}</pubDate><gdacs:bbox>50 80 -40 -20</gdacs:bbox></item></channel></rss>"
    )
}

/// Of an office: a shape, a point in GML, one without a place, and what somebody hostile got into it.
fn georss(at: Timestamp) -> String {
    format!(
        "<rss version='2.0' xmlns:georss='http://www.georss.org/georss' xmlns:gml='http://www.opengis.net/gml'><channel><language>ca</language>\
         <item><guid>shape</guid><title>Carrers tallats</title><pubDate>{at}</pubDate><georss:polygon>41.40 2.10 41.40 2.12 41.42 2.12 41.42 2.10 41.40 2.10</georss:polygon></item>\
         <item><guid>gml</guid><title>Foc</title><pubDate>{at}</pubDate><georss:where><gml:Point><gml:pos>41.5 2.2</gml:pos></gml:Point></georss:where></item>\
         <item><guid>nowhere</guid><title>Avís</title><pubDate>{at}</pubDate></item>\
         <item><guid>hostile</guid><title>Fire&lt;script&gt;alert(1)&lt;/script&gt; &amp;lt;img src=x onerror=alert(2)&amp;gt;</title>\
         <link>javascript:alert(3)</link><pubDate>{at}</pubDate><description>\u{202e}p&#x430;ypal\u{2066} &lt;a href=\"javascript:alert(4)\"&gt;here&lt;/a&gt;&lt;iframe src=//x&gt;</description>\
         <georss:point>41.6 2.3</georss:point></item></channel></rss>"
    )
}

fn atom(at: Timestamp) -> String {
    format!(
        "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:geo='http://www.w3.org/2003/01/geo/wgs84_pos#'><title>Press</title><updated>{at}</updated>\
         <entry><id>tag:press.example,2026:1</id><title type='html'>&lt;b&gt;Smoke&lt;/b&gt; over the port</title><published>{at}</published><updated>{at}</updated>\
         <link href='https://press.example/1'/><author><name>Desk</name></author><geo:lat>41.35</geo:lat><geo:long>2.16</geo:long></entry></feed>"
    )
}

fn emsc(at: Timestamp) -> String {
    let event = json!({"type": "Feature", "id": "20261123_1", "geometry": {"type": "Point", "coordinates": [2.9, 42.1, -10.0]},
        "properties": {"unid": "20261123_1", "time": at, "lastupdate": at, "lat": 42.1, "lon": 2.9, "depth": 10.0, "mag": 6.2,
            "magtype": "mw", "flynn_region": "PYRENEES", "evtype": "ke", "auth": "IGN"}});
    json!({"type": "FeatureCollection", "features": [event]}).to_string()
}

/// Of a road office: an accident, and one whose place is no place.
fn datex(at: Timestamp) -> String {
    let record = |id: &str, lat: &str| {
        format!(
            "<s:situation id='S{id}'><s:situationRecord x:type='s:Accident' id='{id}' version='1'><s:situationRecordVersionTime>{at}</s:situationRecordVersionTime>\
             <s:severity>high</s:severity><l:pointCoordinates><l:latitude>{lat}</l:latitude><l:longitude>1.9</l:longitude></l:pointCoordinates></s:situationRecord></s:situation>"
        )
    };
    let (one, wrong) = (record("R1", "41.7"), record("R2", "141.7"));
    format!(
        "<p xmlns:s='http://datex2.eu/schema/3/situation' xmlns:l='http://datex2.eu/schema/3/locationReferencing' xmlns:x='http://www.w3.org/2001/XMLSchema-instance'>\
         <publicationTime>{at}</publicationTime>{one}{wrong}</p>"
    )
}

async fn report(reader: &Partner, name: &str, id: &str) -> Value {
    let source = format!("feed:{name}");
    let is_it = |report: &Value| {
        report["properties"]["source"] == source && report["properties"]["source_id"] == id
    };
    until(id, async || {
        let list = reader.ask("/api/v1/reports?limit=100").await.expect_status(200).json();
        let features = list["features"].as_array().cloned().unwrap_or_default();
        features.into_iter().find(is_it)
    })
    .await
}

fn at(report: &Value) -> (f64, f64) {
    let coordinate = |n: usize| report["geometry"]["coordinates"][n].as_f64().unwrap_or(f64::NAN);
    (coordinate(0), coordinate(1))
}

#[tokio::test]
async fn feeds_of_five_kinds_stand_on_the_map_where_they_say_and_are_asked_only_for_news() {
    let upstream = MockServer::start().await;
    let now = server::clock::Clock::System.now().plus_ms(-60_000);
    let documents = [gdacs(now), georss(now), atom(now), emsc(now), datex(now)];
    for ((name, by_etag), document) in FEEDS.into_iter().zip(&documents) {
        stands(&upstream, name, by_etag, document).await;
    }
    let town = Town::with(|config| {
        config.sources = FEEDS
            .map(|(name, _)| {
                let kind = if ["gdacs", "emsc", "datex"].contains(&name) { name } else { "rss" };
                SourceConfig {
                    name: Some(name.to_owned()),
                    interval_s: 1,
                    allow_private: true,
                    speaks_as: (name == "georss").then_some(Kind::Official),
                    ..SourceConfig::new(kind, format!("{}/{name}", upstream.uri()))
                }
            })
            .to_vec();
        config.limits.requests_per_s = 10_000;
    })
    .await;
    let reader = town.partner("reader", "read", Mode::Live).await;

    let flood = report(&reader, "gdacs", "FL1").await;
    let properties = &flood["properties"];
    assert_eq!(at(&flood), (-0.41, 39.42));
    let seen = (&properties["hazard"], &properties["severity"], &properties["kind"]);
    assert_eq!(seen, (&json!("flood"), &json!("Severe"), &json!("official")));
    assert_eq!(properties["place"], "Spain");

    let shape = report(&reader, "georss", "shape").await;
    let (lng, lat) = at(&shape);
    assert!((lng - 2.11).abs() < 1e-6 && (lat - 41.41).abs() < 1e-6, "{shape}");
    assert!(shape["properties"]["radius_m"].as_u64().is_some_and(|m| (1_300..1_500).contains(&m)));
    assert_eq!(
        (&shape["properties"]["kind"], &shape["properties"]["lang"]),
        (&json!("official"), &json!("ca"))
    );
    assert_eq!(at(&report(&reader, "georss", "gml").await), (2.2, 41.5));
    let nowhere = report(&reader, "georss", "nowhere").await;
    assert_eq!(nowhere["geometry"], Value::Null, "what says no place gets none");

    let smoke = report(&reader, "atom", "tag:press.example,2026:1").await;
    assert_eq!(at(&smoke), (2.16, 41.35));
    let said = (&smoke["properties"]["text"], &smoke["properties"]["kind"]);
    assert_eq!(said, (&json!("Smoke over the port"), &json!("press")));

    let quake = report(&reader, "emsc", "20261123_1").await;
    assert_eq!(at(&quake), (2.9, 42.1));
    assert_eq!(quake["properties"]["severity"], "Severe");

    let crash = report(&reader, "datex", "R1").await;
    assert_eq!((at(&crash), &crash["properties"]["hazard"]), ((1.9, 41.7), &json!("transport")));

    // What is hostile in it is text or nothing: no markup of the sender, no mark that turns what follows, no address that runs.
    let hostile = report(&reader, "georss", "hostile").await;
    let text = hostile["properties"]["text"].as_str().unwrap_or_default();
    assert_eq!(text, "Fire <img src=x onerror=alert(2)>\n\np\u{430}ypal here");
    assert_eq!(hostile["properties"]["url"], Value::Null);

    // The map has them all: eight, of which one waits for a place.
    let picture = reader.ask("/api/v1/picture?bbox=-10,35,10,45&zoom=5").await.expect_status(200);
    let totals = picture.json()["totals"].clone();
    assert_eq!((&totals["total"], &totals["unplaced"]), (&json!(8), &json!(1)), "{totals}");

    for (name, by_etag) in FEEDS {
        let validator = if by_etag { "if-none-match" } else { "if-modified-since" };
        let questions = until("three questions", async || {
            let asked = upstream.received_requests().await.unwrap_or_default();
            let of_it = asked.into_iter().filter(|one| one.url.path() == format!("/{name}"));
            let of_it: Vec<_> = of_it.map(|one| one.headers.contains_key(validator)).collect();
            (of_it.len() >= 3).then_some(of_it)
        });
        let questions = questions.await;
        assert!(!questions[0] && questions[1..].iter().all(|known| *known), "{name} {questions:?}");
        let ledger = reader.ledger(&format!("feed:{name}")).await.expect("an account");
        let sent = match name {
            "gdacs" | "datex" => 2,
            "georss" => 4,
            _ => 1,
        };
        assert_eq!(ledger.received, sent, "{name}: what is not new is not received again");
        assert_eq!(
            ledger.rejected.values().sum::<u64>(),
            u64::from(["gdacs", "datex"].contains(&name)),
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_same_bytes_again_are_no_news_where_an_upstream_knows_no_validators() {
    let upstream = MockServer::start().await;
    let now = server::clock::Clock::System.now().plus_ms(-60_000);
    let first = Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_string(atom(now)))
        .mount_as_scoped(&upstream)
        .await;
    let source = SourceConfig {
        interval_s: 1,
        allow_private: true,
        ..SourceConfig::new("rss", format!("{}/feed", upstream.uri()))
    };
    let town = Town::with(|config| {
        config.sources = vec![source];
        // A story asks more often than a partner may.
        config.limits.requests_per_s = 10_000;
    })
    .await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    report(&reader, "rss", "tag:press.example,2026:1").await;
    until("three questions", async || (first.received_requests().await.len() >= 3).then_some(()))
        .await;
    let ledger = reader.ledger("feed:rss").await.expect("an account");
    assert_eq!((ledger.received, ledger.folded), (1, 0));
    drop(first);
    let changed = atom(now).replace("Smoke", "Fire");
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_string(changed))
        .mount(&upstream)
        .await;
    reader.account("feed:rss", "what changed", |ledger| ledger.received == 2).await;
}
