//! Reports that came without a place get the one that their words tell, with the radius of doubt, and what told it.

use serde_json::{Value, json};
use support::binary::{Binary, run};
use support::partner::Partner;

/// Two cities with a street of one name, a quarter, a square.
const TABLE: &str = "\
id,name,alternates,kind,lng,lat,radius_m,population,parent
bcn,Barcelona,,city,2.159,41.389,10000,1620343,
gra,Gràcia,Vila de Gràcia,district,2.157,41.403,1800,120000,bcn
mar,Carrer Major,,street,2.155,41.404,500,0,gra
cat,Plaça de Catalunya,,poi,2.170,41.387,150,0,bcn
vlc,València,Valencia,city,-0.376,39.470,9000,792000,
mjr,Carrer Major,Calle Mayor,street,-0.380,39.474,500,0,vlc
aju,Plaça de l'Ajuntament,Plaza del Ayuntamiento,poi,-0.3763,39.4697,150,0,vlc
";

/// A server that knows the table, or nothing.
fn start(dir: &std::path::Path, knows: bool) -> Binary {
    let server = Binary::start(dir, &[]);
    if knows {
        let file = dir.join("places.csv");
        std::fs::write(&file, TABLE).expect("written");
        let (file, data_dir) = (file.display().to_string(), dir.display().to_string());
        let told = run(&["gazetteer", "import", &file, "--data-dir", &data_dir]);
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    }
    server
}

fn partner(server: &Binary, more: &[&str]) -> Partner {
    let add = ["partner", "add", "112", "--scope", "reports,read"];
    Partner::new(&server.base, &server.command(&[&add, more].concat()))
}

/// A report without coordinates.
fn said(id: &str, text: &str) -> Value {
    json!({"type": "Feature", "id": id, "geometry": null,
        "properties": {"kind": "post", "text": text, "place": "?"}})
}

/// What is held of it.
async fn held(partner: &Partner, id: &str) -> Value {
    let told = partner.ask(&format!("/api/v1/reports?source_id={id}")).await.expect_status(200);
    told.json()["features"][0].clone()
}

#[tokio::test]
async fn words_place_a_report_and_say_how_sure_they_are() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = start(dir.path(), true);
    let partner = partner(&server, &[]);
    let at_sender = json!({"type": "Feature", "id": "there", "geometry":
        {"type": "Point", "coordinates": [2.1, 41.4]},
        "properties": {"kind": "post", "text": "Fum a la plaça de Catalunya de Barcelona"}});
    let receipt = partner
        .report(&[
            said("point", "Fum a la plaça de Catalunya de Barcelona"),
            said("label", "Quina tempesta a Barcelona!"),
            said("either", "Foc al Carrer Major"),
            said("from", "Des de Gràcia es veu fum a la plaça de Catalunya"),
            said("typed", "Arbre caigut, som a 41.40212, 2.15677"),
            said("nothing", "Tot en ordre, gràcies"),
            at_sender,
        ])
        .await;
    assert_eq!((receipt.accepted, receipt.rejected.len()), (7, 0));

    let point = held(&partner, "point").await;
    assert_eq!(point["geometry"]["coordinates"], json!([2.17, 41.387]));
    let told = &point["properties"];
    assert_eq!((&told["radius_m"], &told["placed_by"]), (&json!(150), &json!("text")));
    let placing = &told["placing"];
    assert_eq!((&placing["about"]["id"], &placing["method"]), (&json!("cat"), &json!("text")));
    assert_eq!(placing["gazetteer"].as_str().map(str::len), Some(16));
    // The words that decided are of its text.
    let text = told["text"].as_str().expect("a text");
    let words = &placing["words"][0];
    let byte = |at: usize| words[at].as_u64().expect("a byte") as usize;
    assert_eq!(&text[byte(0)..byte(1)], "plaça de Catalunya");

    // A city is a label: no pin.
    let label = held(&partner, "label").await;
    assert_eq!(
        (&label["geometry"], &label["properties"]["placed_by"]),
        (&Value::Null, &Value::Null)
    );
    let about = &label["properties"]["placing"]["about"];
    assert_eq!((&about["id"], &about["is_label"]), (&json!("bcn"), &json!(true)));

    // What may be two places is neither, and both are kept.
    let either = held(&partner, "either").await;
    assert_eq!(
        (&either["geometry"], &either["properties"]["placing"]["about"]),
        (&Value::Null, &Value::Null)
    );
    let candidates = either["properties"]["placing"]["candidates"].as_array().expect("a list");
    let mut ids: Vec<&str> = candidates.iter().filter_map(|one| one["id"].as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["mar", "mjr"]);

    let from = held(&partner, "from").await;
    assert_eq!(from["geometry"]["coordinates"], json!([2.17, 41.387]));
    // Where somebody is who wrote is for analysts and above, as who wrote it is.
    assert_eq!(from["properties"]["placing"]["from"], Value::Null);

    let typed = held(&partner, "typed").await;
    assert_eq!(typed["geometry"]["coordinates"], json!([2.15677, 41.40212]));
    assert_eq!(typed["properties"]["placed_by"], "coordinates");

    let nothing = held(&partner, "nothing").await;
    assert_eq!(
        (&nothing["geometry"], &nothing["properties"]["placing"]),
        (&Value::Null, &Value::Null)
    );

    // What its sender says stands.
    let there = held(&partner, "there").await;
    assert_eq!(there["geometry"]["coordinates"], json!([2.1, 41.4]));
    assert_eq!(
        (&there["properties"]["placed_by"], &there["properties"]["placing"]),
        (&json!("sender"), &Value::Null)
    );

    // Counts know no label: the picture has four on the map and three without a place.
    let totals = partner.ask("/api/v1/picture?bbox=-180,-85,180,85&zoom=0").await.json();
    let totals = &totals["totals"];
    assert_eq!(
        (&totals["total"], &totals["shown"], &totals["unplaced"]),
        (&json!(7), &json!(4), &json!(3))
    );

    // A journal that is read again tells the same, whatever the gazetteer says by then.
    let before = [point, label, either, from, typed];
    server.kill();
    let file = dir.path().join("none.csv");
    std::fs::write(&file, "name,lng,lat\nNowhere,0,0\n").expect("written");
    let (file, data_dir) = (file.display().to_string(), dir.path().display().to_string());
    assert!(run(&["gazetteer", "import", &file, "--data-dir", &data_dir]).status.success());
    let server = Binary::start(dir.path(), &[]);
    let partner = Partner::new(&server.base, &partner.key);
    for (id, before) in ["point", "label", "either", "from", "typed"].into_iter().zip(before) {
        assert_eq!(held(&partner, id).await, before);
    }
    // And erased, nothing stays of it but about where it was.
    let id = held(&partner, "point").await["id"].as_str().expect("an id").to_owned();
    assert!(run(&["erase", &id, "--data-dir", &data_dir]).status.success());
    let erased = partner.ask(&format!("/api/v1/reports/{id}")).await.expect_status(200).json();
    assert_eq!(erased["geometry"]["coordinates"], json!([2.17, 41.39]));
    assert_eq!(erased["properties"]["placing"], Value::Null);
}

#[tokio::test]
async fn words_reach_no_farther_than_a_key_may_and_need_a_gazetteer() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = start(dir.path(), true);
    let partner = partner(&server, &["--area", "2.0,41.3,2.3,41.5"]);
    // The one street of that name inside the area is meant, and a square outside it is told and no pin.
    let texts = [
        said("inside", "Foc al Carrer Major"),
        said("outside", "Fum a la Plaça de l'Ajuntament de València"),
    ];
    assert_eq!(partner.report(&texts).await.accepted, 2);
    let inside = held(&partner, "inside").await;
    assert_eq!(inside["properties"]["placing"]["about"]["id"], "mar");
    assert_eq!(inside["geometry"]["coordinates"], json!([2.155, 41.404]));
    let outside = held(&partner, "outside").await;
    assert_eq!(outside["properties"]["placing"]["about"]["id"], "aju");
    assert_eq!(outside["geometry"], Value::Null);

    let bare = tempfile::tempdir().expect("a directory");
    let server = start(bare.path(), false);
    let partner = self::partner(&server, &[]);
    partner.report(&[said("point", "Fum a la plaça de Catalunya de Barcelona")]).await;
    let told = held(&partner, "point").await;
    assert_eq!((&told["geometry"], &told["properties"]["placing"]), (&Value::Null, &Value::Null));
}
