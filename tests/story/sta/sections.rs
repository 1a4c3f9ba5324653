//! What the standard says, section by section of 18-088, as requests and what comes back.

use serde_json::{Value, json};
use support::town::Town;

use super::{Sta, datastream, location, noise};

/// A request that is read, with what must be true of the answer.
struct Case {
    section: &'static str,
    ask: &'static str,
    status: u16,
    /// A JSON pointer into the answer, and what stands there; `"#n"` is the length of an array.
    holds: &'static [(&'static str, &'static str)],
}

const fn case(
    section: &'static str,
    ask: &'static str,
    status: u16,
    holds: &'static [(&'static str, &'static str)],
) -> Case {
    Case { section, ask, status, holds }
}

const ADDRESSES: &str = "9.2 Resource path";
const EXPAND: &str = "9.3.2.1 $expand";
const SELECT: &str = "9.3.2.2 $select";
const ORDERBY: &str = "9.3.3.1 $orderby";
const TOP: &str = "9.3.3.2 $top";
const SKIP: &str = "9.3.3.3 $skip";
const COUNT: &str = "9.3.3.4 $count";
const FILTER: &str = "9.3.3.5 $filter";
const FUNCTIONS: &str = "9.3.3.5.2 Built-in query functions";
const PAGING: &str = "9.3.3.6 Server-driven pagination";
const ARRAY: &str = "12.2 Retrieving data as data arrays";

/// `T` is the first Thing, `D` its Datastream, `S` its Sensor.
const CASES: [Case; 99] = [
    case("9.2.1 Service root", "", 200, &[("/value", "#8"), ("/value/0/name", "\"Things\"")]),
    case(ADDRESSES, "/Things", 200, &[("/value", "#3")]),
    case(ADDRESSES, "/Things(T)", 200, &[("/name", "\"one\""), ("/properties/owner", "\"bcn\"")]),
    case(ADDRESSES, "/Things(T)/name", 200, &[("/name", "\"one\"")]),
    case(ADDRESSES, "/Things(T)/properties", 200, &[("/properties/owner", "\"bcn\"")]),
    case(ADDRESSES, "/Things(T)/properties/owner", 200, &[("/owner", "\"bcn\"")]),
    case(ADDRESSES, "/Things(T)/Locations", 200, &[("/value", "#1")]),
    case(ADDRESSES, "/Things(T)/HistoricalLocations", 200, &[("/value", "#1")]),
    case(ADDRESSES, "/Things(T)/Datastreams", 200, &[("/value", "#1")]),
    case(ADDRESSES, "/Things(T)/Datastreams(D)", 200, &[("/name", "\"LAeq\"")]),
    case(ADDRESSES, "/Things(T)/Datastreams(D)/Observations", 200, &[("/value", "#6")]),
    case(ADDRESSES, "/Datastreams(D)/Thing", 200, &[("/name", "\"one\"")]),
    case(ADDRESSES, "/Datastreams(D)/Thing/Locations", 200, &[("/value/0/name", "\"one\"")]),
    case(ADDRESSES, "/Datastreams(D)/Sensor", 200, &[("/name", "\"TA120\"")]),
    case(ADDRESSES, "/Datastreams(D)/ObservedProperty", 200, &[("/definition", "\"urn:x:laeq\"")]),
    case(ADDRESSES, "/Sensors(S)/Datastreams", 200, &[("/value", "#1")]),
    case(ADDRESSES, "/Things(T)/Datastreams/$ref", 200, &[("/value", "#1")]),
    case(ADDRESSES, "/Things('one')", 200, &[("/name", "\"one\"")]),
    case(
        ADDRESSES,
        "/HistoricalLocations?$expand=Thing,Locations",
        200,
        &[("/value/0/Thing/name", "\"one\""), ("/value/0/Locations/0/name", "\"one\"")],
    ),
    case(
        ADDRESSES,
        "/FeaturesOfInterest",
        200,
        &[("/value", "#1"), ("/value/0/feature/type", "\"Point\"")],
    ),
    case(ADDRESSES, "/Things(999999)", 404, &[("/code", "404")]),
    case(ADDRESSES, "/Nothing", 404, &[("/type", "\"error\"")]),
    case(ADDRESSES, "/Things(T)/nothing", 404, &[("/code", "404")]),
    case(ADDRESSES, "/Things(T)/Datastreams(S)", 404, &[]),
    case(ADDRESSES, "/Things/name", 404, &[]),
    case(EXPAND, "/Things?$expand=Datastreams", 200, &[("/value/0/Datastreams", "#1")]),
    case(
        EXPAND,
        "/Things(T)?$expand=Datastreams/Observations",
        200,
        &[("/Datastreams/0/Observations", "#6")],
    ),
    case(
        EXPAND,
        "/Things(T)?$expand=Datastreams($expand=Observations($top=1;$orderby=phenomenonTime desc))",
        200,
        &[("/Datastreams/0/Observations", "#1"), ("/Datastreams/0/Observations/0/result", "60")],
    ),
    case(
        EXPAND,
        "/Things(T)?$expand=Datastreams($select=name;$expand=Sensor),Locations",
        200,
        &[
            ("/Datastreams/0/Sensor/name", "\"TA120\""),
            ("/Datastreams/0/description", ""),
            ("/Locations", "#1"),
        ],
    ),
    case(
        EXPAND,
        "/Things(T)?$expand=Datastreams($filter=name eq 'no')",
        200,
        &[("/Datastreams", "#0")],
    ),
    case(
        EXPAND,
        "/Datastreams(D)?$expand=Observations($count=true;$top=2)",
        200,
        &[("/Observations@iot.count", "6"), ("/Observations", "#2")],
    ),
    case(
        EXPAND,
        "/Observations?$top=1&$expand=Datastream($select=name),FeatureOfInterest",
        200,
        &[("/value/0/Datastream/name", "\"LAeq\""), ("/value/0/FeatureOfInterest/name", "\"one\"")],
    ),
    case(EXPAND, "/Things?$expand=Nothing", 400, &[("/reason", "\"unknown-property\"")]),
    case(EXPAND, "/Things?$expand=Datastreams($nothing=1)", 400, &[]),
    case(
        SELECT,
        "/Things(T)?$select=name",
        200,
        &[("/name", "\"one\""), ("/description", ""), ("/@iot.id", "")],
    ),
    case(SELECT, "/Things(T)?$select=id,name", 200, &[("/name", "\"one\""), ("/@iot.id", "T")]),
    case(
        SELECT,
        "/Observations?$select=result&$top=1",
        200,
        &[("/value/0/result", "10"), ("/value/0/phenomenonTime", "")],
    ),
    case(SELECT, "/Things?$select=nothing", 400, &[("/reason", "\"unknown-property\"")]),
    case(ORDERBY, "/Things?$orderby=name desc", 200, &[("/value/0/name", "\"two\"")]),
    case(ORDERBY, "/Things?$orderby=name asc,id desc", 200, &[("/value/0/name", "\"one\"")]),
    case(ORDERBY, "/Things?$orderby=properties/owner", 200, &[("/value", "#3")]),
    case(
        ORDERBY,
        "/Datastreams(D)/Observations?$orderby=result desc",
        200,
        &[("/value/0/result", "60")],
    ),
    case(
        ORDERBY,
        "/Observations?$orderby=phenomenonTime desc,id",
        200,
        &[("/value/0/result", "60")],
    ),
    case(ORDERBY, "/Things?$orderby=nothing", 400, &[]),
    case(
        ORDERBY,
        "/Observations?$orderby=Datastream/name",
        400,
        &[("/reason", "\"unsupported-order\"")],
    ),
    case(TOP, "/Things?$top=1", 200, &[("/value", "#1")]),
    case(TOP, "/Things?$top=0", 200, &[("/value", "#0")]),
    case(TOP, "/Observations?$top=2", 200, &[("/value", "#2")]),
    case(TOP, "/Things?$top=-1", 400, &[]),
    case(TOP, "/Things?$top=many", 400, &[]),
    case(SKIP, "/Things?$skip=2", 200, &[("/value", "#1")]),
    case(SKIP, "/Datastreams(D)/Observations?$skip=5", 200, &[("/value/0/result", "60")]),
    case(SKIP, "/Things?$skip=99999999", 400, &[("/reason", "\"beyond-limit\"")]),
    case(COUNT, "/Things?$count=true", 200, &[("/@iot.count", "3")]),
    case(COUNT, "/Things?$count=false", 200, &[("/@iot.count", "")]),
    case(
        COUNT,
        "/Observations?$count=true&$filter=result gt 30&$top=1",
        200,
        &[("/@iot.count", "3")],
    ),
    case(COUNT, "/Things?$count=perhaps", 400, &[]),
    case(FILTER, "/Things?$filter=name eq 'one'", 200, &[("/value", "#1")]),
    case(FILTER, "/Things?$filter=name ne 'one'", 200, &[("/value", "#2")]),
    case(FILTER, "/Things?$filter=id eq T", 200, &[("/value", "#1")]),
    case(FILTER, "/Things?$filter=properties/externalId eq 'two'", 200, &[("/value", "#1")]),
    case(FILTER, "/Things?$filter=Datastreams/Sensor/name eq 'TA120'", 200, &[("/value", "#2")]),
    case(FILTER, "/Things?$filter=name eq 'one' or name eq 'two'", 200, &[("/value", "#2")]),
    case(FILTER, "/Things?$filter=not (name eq 'one') and name lt 'u'", 200, &[("/value", "#2")]),
    case(
        FILTER,
        "/Datastreams?$filter=unitOfMeasurement/symbol eq 'dB(A)'",
        200,
        &[("/value", "#2")],
    ),
    case(FILTER, "/Observations?$filter=result gt 20 and result le 40", 200, &[("/value", "#2")]),
    case(FILTER, "/Observations?$filter=result add 5 ge 60", 200, &[("/value", "#1")]),
    case(FILTER, "/Observations?$filter=result mul 2 sub 10 div 2 eq 15", 200, &[("/value", "#1")]),
    case(FILTER, "/Observations?$filter=result mod 20 eq 0", 200, &[("/value", "#3")]),
    case(
        FILTER,
        "/Observations?$filter=phenomenonTime gt 2026-11-23T10:03:00Z",
        200,
        &[("/value", "#2")],
    ),
    case(
        FILTER,
        "/Observations?$filter=2026-11-23T10:03:00Z gt phenomenonTime",
        200,
        &[("/value", "#3")],
    ),
    case(FILTER, "/Observations?$filter=Datastream/id eq D", 200, &[("/value", "#6")]),
    case(FILTER, "/Observations?$filter=Datastream/Thing/name eq 'one'", 200, &[("/value", "#6")]),
    case(
        FILTER,
        "/Observations?$filter=parameters/n eq 3",
        200,
        &[("/value", "#1"), ("/value/0/result", "30")],
    ),
    case(FILTER, "/Things?$filter=name eq", 400, &[("/reason", "\"unreadable-query\"")]),
    case(FILTER, "/Things?$filter=nothing eq 1", 400, &[("/reason", "\"unknown-property\"")]),
    case(
        FILTER,
        "/Things?$filter=Datastreams/Observations/result gt 1",
        400,
        &[("/reason", "\"unsupported-filter\"")],
    ),
    case(FILTER, "/Things?$fliter=1", 400, &[("/reason", "\"unknown-option\"")]),
    case(FUNCTIONS, "/Things?$filter=substringof('n',name)", 200, &[("/value", "#1")]),
    case(FUNCTIONS, "/Things?$filter=startswith(name,'t')", 200, &[("/value", "#2")]),
    case(FUNCTIONS, "/Things?$filter=endswith(tolower(name),'e')", 200, &[("/value", "#2")]),
    case(
        FUNCTIONS,
        "/Things?$filter=length(name) eq 3 and contains(name,'w')",
        200,
        &[("/value", "#1")],
    ),
    case(
        FUNCTIONS,
        "/Things?$filter=indexof(name,'ne') eq 1 and concat(name,'!') eq 'one!'",
        200,
        &[("/value", "#1")],
    ),
    case(
        FUNCTIONS,
        "/Observations?$filter=minute(phenomenonTime) eq 4 and year(phenomenonTime) eq 2026",
        200,
        &[("/value", "#1")],
    ),
    case(
        FUNCTIONS,
        "/Locations?$filter=st_relate(location,geography'POINT(2.1569 41.4036)','T*F**FFF*') and st_length(location) eq 0",
        200,
        &[("/value", "#1")],
    ),
    case(
        FUNCTIONS,
        "/Locations?$filter=st_relate(location,geography'POINT(2.1569 41.4036)','no')",
        200,
        &[("/value", "#0")],
    ),
    case(ADDRESSES, "/Datastreams(S)/Observations", 404, &[]),
    case(ADDRESSES, "/Datastreams(D)/Observations(999999)", 404, &[]),
    case(
        FUNCTIONS,
        "/Observations?$filter=phenomenonTime gt now() sub duration'P36500D'",
        200,
        &[("/value", "#6")],
    ),
    case(
        FUNCTIONS,
        "/Observations?$filter=phenomenonTime add duration'PT1H30M' gt mindatetime() and time(phenomenonTime) eq '10:02:00'",
        200,
        &[("/value", "#1")],
    ),
    case(FUNCTIONS, "/Observations?$filter=phenomenonTime gt duration'P1Y'", 400, &[]),
    case(FUNCTIONS, "/Observations?$filter=phenomenonTime lt now()", 200, &[("/value", "#6")]),
    case(FUNCTIONS, "/Observations?$filter=round(result div 40) eq 1", 200, &[("/value", "#4")]),
    case(
        FUNCTIONS,
        "/Locations?$filter=st_within(location,geography'POLYGON((2.1 41.4,2.2 41.4,2.2 41.5,2.1 41.5,2.1 41.4))')",
        200,
        &[("/value", "#1")],
    ),
    case(
        FUNCTIONS,
        "/Things?$filter=st_intersects(Locations/location,geography'POINT(2.1569 41.4036)')",
        200,
        &[("/value", "#1")],
    ),
    case(
        FUNCTIONS,
        "/Locations?$filter=geo.distance(location,geography'POINT(2.1569 41.4036)') lt 0.01",
        200,
        &[("/value", "#1")],
    ),
    case(
        FUNCTIONS,
        "/Locations?$filter=st_within(location,geography'POLYGON((2 41,3 42))')",
        400,
        &[],
    ),
    case(PAGING, "/Things?$top=2", 200, &[("/value", "#2"), ("/@iot.nextLink", "?")]),
    case(
        ARRAY,
        "/Datastreams(D)/Observations?$resultFormat=dataArray&$select=phenomenonTime,result",
        200,
        &[
            ("/value/0/dataArray", "#6"),
            ("/value/0/components", "#2"),
            ("/value/0/dataArray@iot.count", "6"),
        ],
    ),
];

/// A town with three Things; the first two measure, the first six times.
async fn furnished(sta: &Sta) -> (i64, i64, i64) {
    let thing = sta.made("/Things", &noise("one")).await;
    let mut other = noise("two");
    other["Locations"] = json!([location("elsewhere", 2.3, 41.6)]);
    sta.made("/Things", &other).await;
    sta.made("/Things", &json!({"name": "three", "description": "bare"})).await;
    let streams = sta.get(&format!("/Things({thing})/Datastreams?$expand=Sensor")).await.json();
    let stream = streams["value"][0]["@iot.id"].as_i64().expect("an id");
    let sensor = streams["value"][0]["Sensor"]["@iot.id"].as_i64().expect("an id");
    for n in 1..=6 {
        let sent = json!({"phenomenonTime": format!("2026-11-23T10:0{}:00Z", n - 1), "result": n * 10,
            "parameters": {"n": n}});
        sta.made(&format!("/Datastreams({stream})/Observations"), &sent).await;
    }
    (thing, stream, sensor)
}

fn stands(value: Option<&Value>, wanted: &str) -> bool {
    match (wanted, value) {
        ("", value) => value.is_none(),
        ("?", value) => value.is_some(),
        (wanted, Some(value)) => match wanted.strip_prefix('#') {
            Some(n) => value.as_array().map(Vec::len) == n.parse().ok(),
            None => serde_json::from_str::<Value>(wanted).is_ok_and(|wanted| *value == wanted),
        },
        (_, None) => false,
    }
}

#[tokio::test]
async fn what_is_read_is_as_each_section_of_the_standard_says() {
    let town = Town::with(|config| config.limits.requests_per_s = 1_000).await;
    let partner = town.dispatch().await;
    let sta = Sta::of(&partner);
    let (thing, stream, sensor) = furnished(&sta).await;
    let filled = |text: &str| {
        text.replace("(T)", &format!("({thing})"))
            .replace("(D)", &format!("({stream})"))
            .replace("(S)", &format!("({sensor})"))
            .replace("eq T", &format!("eq {thing}"))
            .replace("eq D", &format!("eq {stream}"))
    };
    let mut wrong = Vec::new();
    for Case { section, ask, status, holds } in CASES {
        let answer = sta.get(&filled(ask)).await;
        if answer.status != status {
            wrong.push(format!("{section}: {ask}: {} {}", answer.status, answer.body));
            continue;
        }
        for (pointer, wanted) in holds {
            let wanted = if *wanted == "T" { thing.to_string() } else { (*wanted).to_owned() };
            if !stands(answer.json().pointer(pointer), &wanted) {
                wrong.push(format!("{section}: {ask}: {pointer} is not {wanted}: {}", answer.body));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

#[tokio::test]
async fn a_page_goes_on_by_its_link_until_all_was_seen_once() {
    let town = Town::with(|config| config.limits.requests_per_s = 1_000).await;
    let sta = Sta::of(&town.dispatch().await);
    let (_, stream, _) = furnished(&sta).await;
    for ask in [
        "/Things?$top=1&$filter=name ne 'x y+z'&$select=id".to_owned(),
        "/Observations?$top=4&$filter=result gt 0&$select=id".to_owned(),
        "/Observations?$top=1&$filter=parameters/n gt 0&$select=id&$orderby=result desc".to_owned(),
        format!("/Datastreams({stream})/Observations?$top=5&$select=id"),
    ] {
        let mut page = sta.get(&ask.replace('+', "%2B")).await.expect_status(200).json();
        let mut seen = Vec::new();
        loop {
            seen.extend(
                page["value"].as_array().expect("a page").iter().map(|one| one["@iot.id"].as_i64()),
            );
            if page["@iot.nextLink"].is_null() {
                break;
            }
            page = sta.follow(&page["@iot.nextLink"]).await;
        }
        let all = if ask.starts_with("/Things") { 3 } else { 6 };
        let mut once = seen.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!((seen.len(), once.len()), (all, all), "{ask}: {seen:?}");
    }
    let expanded = sta
        .get(&format!("/Datastreams({stream})?$expand=Observations($top=4;$orderby=result desc)"))
        .await;
    let rest = sta.follow(&expanded.json()["Observations@iot.nextLink"]).await;
    let results: Vec<_> = rest["value"]
        .as_array()
        .expect("the rest")
        .iter()
        .map(|one| one["result"].clone())
        .collect();
    assert_eq!(results, [json!(20), json!(10)]);
}

#[tokio::test]
async fn a_datastream_without_unit_or_sensor_is_refused_with_the_missing_name() {
    let town = Town::with(|config| config.limits.requests_per_s = 1_000).await;
    let sta = Sta::of(&town.dispatch().await);
    for (set, body, missing) in [
        ("Things", json!({"description": ""}), "/name"),
        ("Things", json!({"name": "a"}), "/description"),
        ("Things", json!({"name": " ", "description": ""}), "/name"),
        ("Things", json!({"name": "a", "description": "", "colour": "red"}), "/colour"),
        ("Things", json!({"name": "a", "description": "", "properties": 3}), "/properties"),
        (
            "Locations",
            json!({"name": "a", "description": "", "encodingType": "application/geo+json"}),
            "/location",
        ),
        ("Locations", location("a", 2.1, 141.4), "/location/coordinates"),
        (
            "Sensors",
            json!({"name": "a", "description": "", "encodingType": "application/pdf"}),
            "/metadata",
        ),
        ("ObservedProperties", json!({"name": "a", "description": ""}), "/definition"),
        (
            "FeaturesOfInterest",
            json!({"name": "a", "description": "", "encodingType": "x"}),
            "/feature",
        ),
        ("HistoricalLocations", json!({"time": "2026-11-23T10:00:00Z"}), "/Thing"),
        ("HistoricalLocations", json!({"time": "yesterday"}), "/time"),
        ("Datastreams", datastream("a"), "/Thing"),
        ("Observations", json!({"result": 1}), "/Datastream"),
    ] {
        let told = sta.post(&format!("/{set}"), &body).await.expect_status(400).json();
        assert_eq!(told["errors"][0]["pointer"], missing, "{set}: {told}");
        assert_eq!((&told["code"], &told["type"]), (&json!(400), &json!("error")));
        assert!(told["message"].as_str().is_some_and(|text| text.contains(missing)), "{told}");
    }
    for set in [
        "Things",
        "Locations",
        "Sensors",
        "ObservedProperties",
        "FeaturesOfInterest",
        "Datastreams",
    ] {
        assert_eq!(sta.count(set).await, 0, "{set}");
    }
}
