//! After an import of the gazetteer, reports that stand without a place are read again; who gave a place is not overruled.

use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use server::store::KeyTerms;
use support::binary::{Binary, run};
use support::live::Encoding;
use support::partner::{Partner, feature};
use support::town::Town;
use support::wait::until;
use wire::view::{Mode, View, Window};

/// A city, and in a second import its streets and squares.
const CITY: &str = "id,name,kind,lng,lat,radius_m,population,parent\nbcn,Barcelona,city,2.159,41.389,10000,1620343,\n";
const STREETS: &str = "\
bcn2,Rubí,city,2.03,41.49,4000,80000,
cat,Plaça de Catalunya,poi,2.170,41.387,150,0,bcn
sol,Plaça del Sol,poi,2.157,41.401,80,0,bcn
mar,Carrer Major,street,2.155,41.404,500,0,bcn
mjr,Carrer Major,street,2.03,41.49,500,0,bcn2
";

fn said(id: &str, text: &str) -> Value {
    json!({"type": "Feature", "id": id, "geometry": null, "properties": {"kind": "post", "text": text, "place": "?"}})
}

async fn held(partner: &Partner, id: &str) -> Value {
    let told = partner.ask(&format!("/api/v1/reports?source_id={id}")).await.expect_status(200);
    told.json()["features"][0].clone()
}

/// What `talaia gazetteer …` says.
async fn gazetteer(dir: &Path, arguments: &[&str]) -> Result<String, String> {
    let dir = dir.display().to_string();
    let line: Vec<String> =
        ["gazetteer"].iter().chain(arguments).map(|&word| word.to_owned()).collect();
    let done = tokio::task::spawn_blocking(move || {
        let mut line: Vec<&str> = line.iter().map(String::as_str).collect();
        line.extend(["--data-dir", &dir]);
        run(&line)
    });
    let done = done.await.expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if done.status.success() { Ok(text(&done.stdout)) } else { Err(text(&done.stderr)) }
}

async fn import(dir: &Path, table: &str) -> String {
    let file = dir.join("places.csv");
    std::fs::write(&file, table).expect("written");
    gazetteer(dir, &["import", &file.display().to_string()]).await.expect("imported")
}

fn city() -> View {
    let bbox = "2.0,41.3,2.3,41.5".parse().expect("a box");
    View { bbox, zoom: 12.0, mode: Mode::Live, window: Window::All, hazards: None, newest: 0 }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_places_what_stood_without_a_place_and_leaves_alone_whom_somebody_placed() {
    let mut town = Town::with(|config| config.limits.checkpoint_entries = 1).await;
    let dir = town.data_dir().to_path_buf();
    let partner = town.dispatch().await;
    let exercise = town.partner("school", "reports read", Mode::Exercise).await;
    let officer = town.duty_officer().await;
    assert!(import(&dir, CITY).await.contains("0 reports without a place were read again"));

    let mut at_sender = feature("sender", 2.1, 41.4, "other", "Minor");
    at_sender["properties"]["text"] = json!("Fum a la plaça de Catalunya");
    let texts = [
        said("square", "Fum a la plaça de Catalunya de Barcelona"),
        said("either", "Foc al Carrer Major"),
        said("nothing", "Tot en ordre"),
        said("hand", "Fum a la Plaça del Sol de Barcelona"),
        said("gone", "Fum a la Plaça del Sol de Barcelona"),
        at_sender,
    ];
    assert_eq!(partner.report(&texts).await.accepted, 6);
    exercise.report(&[said("played", "Fum a la Plaça del Sol de Barcelona")]).await;
    let square = held(&partner, "square").await;
    assert_eq!(square["geometry"], Value::Null);
    assert_eq!(square["properties"]["placing"]["about"]["id"], "bcn", "a city is a label");
    let hand = held(&partner, "hand").await["id"].clone();
    let placed = json!({"kind": "place", "subject": {"report": hand}, "geometry": {"type": "Point", "coordinates": [2.2, 41.45]}, "radius_m": 30});
    officer
        .send(Method::POST, "/api/v1/decisions", Some(placed.to_string()))
        .await
        .expect_status(201);
    partner.delete("/api/v1/reports?source_id=gone").await.expect_status(200);
    let (hand, sender) = (held(&partner, "hand").await, held(&partner, "sender").await);

    let mut screen = town.live(&partner, Encoding::Json).await;
    screen.settle(&city()).await;
    let told = import(&dir, &[CITY, STREETS].concat()).await;
    // The square, the either and the nothing, and that of the exercise.
    assert!(told.contains("4 reports without a place were read again: 2 have one now."), "{told}");
    screen
        .until("the report on the map", |model| {
            model.totals.is_some_and(|totals| totals.shown == 3)
        })
        .await;

    let square = held(&partner, "square").await;
    assert_eq!(square["geometry"]["coordinates"], json!([2.17, 41.387]));
    let of_square = &square["properties"];
    assert_eq!((&of_square["placed_by"], &of_square["radius_m"]), (&json!("text"), &json!(150)));
    let either = held(&partner, "either").await;
    assert_eq!(either["geometry"], Value::Null);
    let n = either["properties"]["placing"]["candidates"].as_array().map(Vec::len);
    assert_eq!(n, Some(2), "what it may be is told");
    assert_eq!(held(&exercise, "played").await["geometry"]["coordinates"], json!([2.157, 41.401]));
    // Who gave a place is right, and of what was taken back no word is read.
    assert_eq!(held(&partner, "hand").await, hand);
    assert_eq!(held(&partner, "sender").await, sender);
    let gone = officer.ask("/api/v1/reports?place=none").await.json();
    let gone = gone["features"].as_array().into_iter().flatten();
    assert_eq!(gone.filter(|one| one["properties"]["withdrawn"] == "gone").count(), 1);

    // Again: nothing new, and nothing more in the journal.
    let head = town.app().store.head().await.expect("a head").0;
    let told = gazetteer(&dir, &["rerun"]).await.expect("told");
    assert!(told.contains("2 reports without a place were read again: 0 have one now."), "{told}");
    assert_eq!(town.app().store.head().await.expect("a head").0, head);

    // It stands in the journal: over a kill, over an import that knows nothing of it, and in a checkpoint.
    let all = async |town: &Town| {
        let (partner, exercise) =
            (Partner::new(&town.base, &partner.key), Partner::new(&town.base, &exercise.key));
        let mut all = vec![held(&exercise, "played").await];
        for id in ["square", "either", "nothing", "hand", "sender"] {
            all.push(held(&partner, id).await);
        }
        all
    };
    let before = all(&town).await;
    town.kill().await;
    import(&dir, "name,lng,lat\nNowhere,0,0\n").await;
    town.run().await;
    assert_eq!(all(&town).await, before);
    town.pass(Duration::from_mins(2));
    let head = town.app().worlds.read(Mode::Live).head();
    until("a saved World", async || {
        let saved = town.app().store.checkpoints().await.expect("rows");
        saved.iter().any(|row| row.seq >= head).then_some(())
    })
    .await;
    town.pass(Duration::from_mins(2));
    town.restart().await;
    assert_eq!(all(&town).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_while_nobody_ran_is_read_by_at_the_next_start_and_no_key_reaches_farther() {
    let mut town = Town::start().await;
    let dir = town.data_dir().to_path_buf();
    let rerun = gazetteer(&dir, &["rerun"]).await.expect_err("nothing to read by");
    assert!(rerun.contains("talaia gazetteer import"), "{rerun}");
    let partner = town.dispatch().await;
    let area = Some("2.16,41.3,2.3,41.5".parse().expect("a box"));
    let terms = KeyTerms { area, ..KeyTerms::default() };
    let bound = town.partner_bound("school", "reports read", Mode::Live, terms).await;
    let sol = "Fum a la Plaça del Sol de Barcelona";
    partner.report(&[said("free", sol)]).await;
    bound
        .report(&[said("bound", sol), said("within", "Foc a la plaça de Catalunya de Barcelona")])
        .await;
    town.stop().await;
    import(&dir, &[CITY, STREETS].concat()).await;
    let rerun = gazetteer(&dir, &["rerun"]).await.expect_err("nobody runs");
    assert!(rerun.contains("only a running server"), "{rerun}");
    town.run().await;
    until("it has a place", async || {
        (held(&partner, "free").await["geometry"] != Value::Null).then_some(())
    })
    .await;
    until("the one inside, too", async || {
        (held(&bound, "within").await["geometry"] != Value::Null).then_some(())
    })
    .await;
    let outside = held(&bound, "bound").await;
    assert_eq!(outside["geometry"], Value::Null, "words reach no farther than the key");
    assert_eq!(outside["properties"]["placing"]["about"]["id"], "sol");
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_come_in_while_many_are_read_again_and_each_is_read_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Binary::start(dir.path(), &[]);
    let add = ["partner", "add", "112", "--scope", "reports,read"];
    let partner = Partner::new(&server.base, &server.command(&add));
    // Many squares, so that the room has no crowd of copies to think about.
    let (n, n_squares) = (1_000_usize, 200);
    let square = |n: usize| format!("Plaça Nomenada{}", n % n_squares);
    for page in 0..n / 500 {
        let texts: Vec<Value> = (page * 500..(page + 1) * 500)
            .map(|n| said(&format!("r{n}"), &format!("Fum a la {}, ja van {n}", square(n))))
            .collect();
        assert_eq!(partner.report(&texts).await.accepted, 500);
    }
    let rows = (0..n_squares).map(|n| {
        let lng = 2.0 + 0.002 * n as f64;
        format!("s{n},{},poi,{lng},41.4,80,0,bcn\n", square(n))
    });
    let table = [vec![CITY.to_owned()], rows.collect()].concat().concat();
    let (told, receipts) = tokio::join!(import(dir.path(), &table), async {
        let mut receipts = 0;
        for n in 0..20 {
            receipts += partner.report(&[said(&format!("new{n}"), "Tot en ordre")]).await.accepted;
        }
        receipts
    });
    assert_eq!(receipts, 20);
    let placed = "1000 have one now";
    assert!(told.contains(placed) || told.contains("being read again"), "{told}");
    until("all have a place", async || {
        let picture = partner.ask("/api/v1/picture?bbox=-180,-85,180,85&zoom=0").await.json();
        (picture["totals"]["shown"] == n).then_some(())
    })
    .await;
    server.kill();
    let server = Binary::start(dir.path(), &[]);
    let partner = Partner::new(&server.base, &partner.key);
    let picture = partner.ask("/api/v1/picture?bbox=-180,-85,180,85&zoom=0").await.json();
    assert_eq!(
        (&picture["totals"]["shown"], &picture["totals"]["unplaced"]),
        (&json!(n), &json!(20))
    );
}
