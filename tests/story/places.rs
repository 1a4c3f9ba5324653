//! Find a place: names from an import, coordinates in any notation, and what a point is called.

use serde_json::{Value, json};
use support::binary::{Binary, run};
use support::partner::Partner;
use support::town::Town;
use wire::view::Mode;

/// Two cities with a street of one name, a square, a crossing, a number and two posts of a road.
const TABLE: &str = "\
id,name,alternates,kind,lng,lat,radius_m,population,parent,line
bcn,Barcelona,,city,2.159,41.389,10000,1620343,,
gra,Gràcia,Vila de Gràcia,district,2.157,41.403,1800,120000,bcn,
mar,Carrer Major,,street,2.155,41.404,500,0,gra,2.150 41.404|2.160 41.404
nap,Carrer de Nàpols,,street,2.158,41.402,500,0,gra,2.158 41.398|2.158 41.406
cat,Plaça de Catalunya,,poi,2.170,41.387,150,0,bcn,
vlc,València,Valencia,city,-0.376,39.470,9000,792000,,
mjr,Carrer Major,Calle Mayor,street,-0.380,39.474,500,0,vlc,
p12,C-31 km 190,,road_km,2.100,41.300,200,0,,
p13,C-31 km 192,,road_km,2.120,41.310,200,0,,
";

async fn found(partner: &Partner, asked: &str) -> Value {
    partner.ask(&format!("/api/v1/places?{asked}")).await.expect_status(200).json()
}

/// Names of what was found, in order.
fn names(found: &Value) -> Vec<&str> {
    let places = found["places"].as_array().map(Vec::as_slice).unwrap_or_default();
    places.iter().filter_map(|place| place["name"].as_str()).collect()
}

/// A running server with the table, and who asks it.
fn imported(dir: &std::path::Path) -> (Binary, Partner) {
    let server = Binary::start(dir, &[]);
    let key = server.command(&["partner", "add", "112", "--scope", "reports,read"]);
    let partner = Partner::new(&server.base, &key);
    let told = import(dir, TABLE);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    (server, partner)
}

fn import(dir: &std::path::Path, table: &str) -> std::process::Output {
    let file = dir.join("places.csv");
    std::fs::write(&file, table).expect("written");
    let (file, data_dir) = (file.display().to_string(), dir.display().to_string());
    run(&["gazetteer", "import", &file, "--data-dir", &data_dir])
}

#[tokio::test]
async fn an_import_is_found_by_the_running_server_and_by_the_next() {
    let dir = tempfile::tempdir().expect("a directory");
    let (server, partner) = imported(dir.path());
    let square = found(&partner, "q=placa%20catalunya").await;
    assert_eq!(names(&square), ["Plaça de Catalunya"]);
    let place = &square["places"][0];
    assert_eq!(
        (&place["kind"], &place["within"], &place["id"], &place["radius_m"]),
        (&json!("poi"), &json!("Barcelona"), &json!("cat"), &json!(150))
    );
    assert_eq!(place["geometry"], json!({"type": "Point", "coordinates": [2.17, 41.387]}));
    let version = square["version"].as_str().expect("a version").to_owned();
    server.kill();
    let server = Binary::start(dir.path(), &[]);
    let partner = Partner::new(&server.base, &partner.key);
    let again = found(&partner, "q=placa%20catalunya").await;
    assert_eq!((again["version"].as_str(), &again["places"]), (Some(&*version), &square["places"]));
}

#[tokio::test]
async fn streets_crossings_kilometres_and_points_are_found() {
    let dir = tempfile::tempdir().expect("a directory");
    let (_server, partner) = imported(dir.path());
    // Of one name the nearer comes first, and what lies in a place that was typed.
    let near = found(&partner, "q=Carrer%20Major&near=-0.4,39.5").await;
    assert_eq!(near["places"][0]["id"], "mjr");
    let near = found(&partner, "q=Carrer%20Major&near=2.1,41.4").await;
    assert_eq!(near["places"][0]["id"], "mar");
    let inner = found(&partner, "q=calle%20mayor,%20valencia").await;
    assert_eq!(inner["places"][0]["id"], "mjr", "{inner}");
    let crossing = found(&partner, "q=Major%20/%20Napols").await;
    assert_eq!(crossing["places"][0]["kind"], "crossing", "{crossing}");
    assert_eq!(crossing["places"][0]["geometry"]["coordinates"], json!([2.158, 41.404]));
    // Between two posts it is worked out, and has no id.
    let road = found(&partner, "q=c-31%20km%20191").await;
    assert_eq!(
        (&road["places"][0]["kind"], &road["places"][0]["id"]),
        (&json!("road_km"), &Value::Null)
    );
    assert_eq!(road["places"][0]["geometry"]["coordinates"], json!([2.11, 41.305]));
    assert_eq!(names(&found(&partner, "q=gr%C3%A0").await), ["Gràcia"], "a beginning");
    let point = found(&partner, "at=2.1581,41.4041").await;
    assert!(names(&point).contains(&"Gràcia") && names(&point).contains(&"Barcelona"), "{point}");
    assert!(point["places"][0]["distance_m"].as_u64() < Some(50), "{point}");
    assert_eq!(names(&found(&partner, "q=Bellvitge").await), <[&str; 0]>::default());
}

#[tokio::test]
async fn coordinates_need_no_import_and_what_is_asked_wrongly_is_named() {
    let town = Town::start().await;
    let partner = town.partner("p", "read", Mode::Live).await;
    for typed in ["41.387,%202.17", "41%C2%B023%2713.2%22N%202%C2%B010%2712%22E", "geo:41.387,2.17"]
    {
        let told = found(&partner, &format!("q={typed}")).await;
        assert_eq!(
            (&told["version"], &told["places"][0]["kind"]),
            (&Value::Null, &json!("coordinates"))
        );
        let at = &told["places"][0]["geometry"]["coordinates"];
        let off = |at: &Value, is: f64| (at.as_f64().expect("degrees") - is).abs();
        assert!(off(&at[0], 2.17) < 0.0001 && off(&at[1], 41.387) < 0.0001, "{typed}: {at}");
    }
    for (asked, field) in [
        ("", "/query/q"),
        ("q=x&at=2,41", "/query/q"),
        ("at=2", "/query/at"),
        ("at=2,91", "/query/at"),
        ("q=x&near=NaN,2", "/query/near"),
        ("q=x&limit=0", "/query/limit"),
        ("q=x&limit=21", "/query/limit"),
        ("q=x&mode=live", "/query/mode"),
    ] {
        let told = partner.ask(&format!("/api/v1/places?{asked}")).await.expect_status(422).json();
        assert_eq!(told["errors"][0]["pointer"], field, "{asked}: {told}");
    }
    let long = "x".repeat(201);
    partner.ask(&format!("/api/v1/places?q={long}")).await.expect_status(422);
}

#[tokio::test]
async fn an_import_that_is_wrong_names_the_line_and_leaves_what_was() {
    let dir = tempfile::tempdir().expect("a directory");
    let (_server, partner) = imported(dir.path());
    let before = found(&partner, "q=gracia").await;
    for (table, why) in [
        ("name,lng,lat\nA,2,141\n", "line 2"),
        ("name,lat\nA,2\n", "no column lng"),
        ("id,name,lng,lat,parent\na,A,2,41,b\n", "no row has the id b"),
        ("id,name,lng,lat,parent\na,A,2,41,a\n", "in itself"),
    ] {
        let told = import(dir.path(), table);
        let error = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(!told.status.success() && error.contains(why), "{error}");
    }
    assert_eq!(found(&partner, "q=gracia").await, before);
}

#[tokio::test]
async fn geojson_is_an_import_too_and_what_is_wrong_in_it_changes_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let (_server, partner) = imported(dir.path());
    let feature = |name: &str, kind: Value, shape: &str, at: Value| json!({"type": "Feature", "geometry": {"type": shape, "coordinates": at}, "properties": {"name": name, "kind": kind}});
    let import = |features: &[Value]| {
        let file = dir.path().join("places.geojson");
        let collection = json!({"type": "FeatureCollection", "features": features});
        std::fs::write(&file, collection.to_string()).expect("written");
        let (file, data_dir) = (file.display().to_string(), dir.path().display().to_string());
        run(&["gazetteer", "import", &file, "--data-dir", &data_dir])
    };
    let park = json!([[[2.0, 41.0], [2.02, 41.0], [2.02, 41.02], [2.0, 41.02], [2.0, 41.0]]]);
    let features = [
        feature("Parc Gran", json!("poi"), "Polygon", park),
        feature("Carrer Llarg", Value::Null, "LineString", json!([[2.0, 41.1], [2.02, 41.1]])),
        feature("Carrer Curt", Value::Null, "LineString", json!([[2.01, 41.09], [2.01, 41.11]])),
    ];
    // One that is wrong is named, and the table stays.
    let bad = feature("Bar Mal", json!("bar"), "Point", json!([2.0, 41.0]));
    let told = import(&[&features[..], &[bad]].concat());
    let said = String::from_utf8_lossy(&told.stderr);
    assert!(!told.status.success() && said.contains("feature 4 (Bar Mal): kind is bar"), "{said}");
    assert_eq!(names(&found(&partner, "q=placa%20catalunya").await), ["Plaça de Catalunya"]);

    let told = import(&features);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let park = found(&partner, "q=parc%20gran").await;
    let place = &park["places"][0];
    let at = |n: usize| place["geometry"]["coordinates"][n].as_f64().expect("degrees");
    assert!((at(0) - 2.01).abs() < 1e-6 && (at(1) - 41.01).abs() < 1e-6, "{park}");
    let radius_m = place["radius_m"].as_u64().expect("metres");
    assert!((1_380..1_400).contains(&radius_m), "to its corners: {radius_m}");
    let crossing = found(&partner, "q=llarg%20/%20curt").await;
    assert_eq!(crossing["places"][0]["kind"], "crossing", "{crossing}");
    assert_eq!(crossing["places"][0]["geometry"]["coordinates"], json!([2.01, 41.1]));
    assert!(names(&found(&partner, "q=placa%20catalunya").await).is_empty(), "in place of it");
}
