//! Bench row `frame-bytes`: bytes a cluster of a busy view takes on the wire, beside the same fields as `GeoJSON` and in
//! postcard, plain and deflated.
//!
//! The views are what a desk asks of the product's own World: a screen of tiles over a city, at zooms from continent to
//! street. Bytes do not vary between runs: the rounds are the views, and the ratio is the median of theirs. The
//! correctness gate comes first: what the packed bytes unpack to is what was packed.
//!
//! `cargo bench -p talaia-engine --bench frame-bytes -- [--n 200000] [--json F]`

#![expect(clippy::print_stdout, reason = "a bench talks to whoever started it")]

#[path = "../peers/points.rs"]
#[expect(dead_code, reason = "shared with the row build")]
mod points;

use std::io::Write as _;
use std::path::PathBuf;

use engine::world::World;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::{Value, json};
use wire::cluster::Cluster;
use wire::codec::{PACKED_TILE, decode_server, encode_server};
use wire::frame::{ServerFrame, Tile};
use wire::geo::LngLat;
use wire::grade::HazardSet;
use wire::tile::TileId;
use wire::view::{Mode, Window};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// The gate and the goal under `GeoJSON`, and the goal under postcard.
const GATE: f64 = 5.0;
const GOAL: f64 = 15.0;
const GOAL_POSTCARD: f64 = 2.0;

const SEED: u64 = 7;

fn main() -> Outcome<()> {
    let small = std::env::var("TALAIA_BENCH").is_ok_and(|size| size == "small");
    let mut n = if small { 20_000 } else { 200_000 };
    let target = std::env::var("CARGO_TARGET_DIR")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../target").to_owned());
    let mut path = PathBuf::from(target).join("bench/frame-bytes.json");
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--n" => n = value()?.parse()?,
            "--json" => path = PathBuf::from(value()?),
            "--bench" => {}
            other => return Err(format!("unknown option {other}").into()),
        }
    }
    let points = points::cities(n, SEED);
    let world = World::from_records(Mode::Live, points::NOW, points::records(&points, SEED));
    let views: Vec<View> = points[..9]
        .iter()
        .zip(0..)
        .map(|(at, i)| view(&world, *at, 2 + i % 9))
        .collect::<Outcome<_>>()?;
    let work =
        format!("tiles of {} views at zooms 2 to 10 over city_{n} with seed {SEED}", views.len());
    let rows = [
        row(
            "frame-bytes (GeoJSON)",
            &work,
            &views,
            |v| v.geojson,
            |v| v.packed,
            Some(GATE),
            Some(GOAL),
        ),
        row(
            "frame-bytes (postcard)",
            &work,
            &views,
            |v| v.postcard,
            |v| v.packed,
            None,
            Some(GOAL_POSTCARD),
        ),
        row(
            "frame-bytes (GeoJSON, both deflated)",
            &work,
            &views,
            |v| v.geojson_deflated,
            |v| v.packed_deflated,
            None,
            None,
        ),
        row(
            "frame-bytes (postcard, both deflated)",
            &work,
            &views,
            |v| v.postcard_deflated,
            |v| v.packed_deflated,
            None,
            None,
        ),
    ];
    let held = rows.iter().all(|row| row["holds"] == json!(true));
    let file = json!({ "date": today(), "machine": {}, "rows": rows });
    std::fs::create_dir_all(path.parent().ok_or("--json needs a folder")?)?;
    std::fs::write(&path, serde_json::to_string_pretty(&file)?)?;
    println!("{}", path.display());
    if held || small { Ok(()) } else { Err("below the gate".into()) }
}

/// Bytes a cluster of one view.
struct View {
    n_clusters: usize,
    geojson: f64,
    geojson_deflated: f64,
    postcard: f64,
    postcard_deflated: f64,
    packed: f64,
    packed_deflated: f64,
}

/// A screen of 4 × 2 tiles around a point.
fn view(world: &World, (lng, lat): (f64, f64), z: u8) -> Outcome<View> {
    let centre = TileId::of(LngLat::new(lng, lat)?.mercator(), z);
    let edge = (1_u32 << z) - 1;
    let (mut features, mut postcard, mut packed, mut n_clusters) =
        (Vec::new(), Vec::new(), Vec::new(), 0);
    for x in centre.x.saturating_sub(2)..=(centre.x + 1).min(edge) {
        for y in centre.y.saturating_sub(1)..=centre.y.min(edge) {
            let clusters = world.tile(Window::All, HazardSet::ALL, TileId { z, x, y });
            n_clusters += clusters.len();
            features.extend(clusters.iter().map(feature));
            let tile = Tile { seq: 1_000_000, z, x, y, clusters };
            postcard.extend(postcard::to_allocvec(&tile)?);
            let frame = ServerFrame::Tile(tile);
            let bytes = encode_server(&frame);
            if bytes.first() != Some(&PACKED_TILE) || decode_server(&bytes)? != frame {
                return Err(format!("tile {z}/{x}/{y} is not what was packed").into());
            }
            packed.extend(bytes);
        }
    }
    if n_clusters == 0 {
        return Err("an empty view".into());
    }
    let geojson =
        serde_json::to_vec(&json!({ "type": "FeatureCollection", "features": features }))?;
    let each = |bytes: usize| bytes as f64 / n_clusters as f64;
    let view = View {
        n_clusters,
        geojson: each(geojson.len()),
        geojson_deflated: each(deflated(&geojson)?),
        postcard: each(postcard.len()),
        postcard_deflated: each(deflated(&postcard)?),
        packed: each(packed.len()),
        packed_deflated: each(deflated(&packed)?),
    };
    println!(
        "zoom {z}: {n_clusters} clusters; bytes each: GeoJSON {:.0}, postcard {:.1}, packed {:.1}; deflated {:.0}, {:.1}, {:.1}",
        view.geojson,
        view.postcard,
        view.packed,
        view.geojson_deflated,
        view.postcard_deflated,
        view.packed_deflated
    );
    Ok(view)
}

/// The same fields, none twice.
fn feature(cluster: &Cluster) -> Value {
    let mut properties = json!(cluster);
    if let Some(fields) = properties.as_object_mut() {
        for told in ["id", "lng", "lat"] {
            fields.remove(told);
        }
        if cluster.report.is_none() {
            fields.remove("report");
        }
    }
    json!({
        "type": "Feature",
        "id": cluster.id,
        "geometry": { "type": "Point", "coordinates": [cluster.lng, cluster.lat] },
        "properties": properties,
    })
}

fn deflated(bytes: &[u8]) -> std::io::Result<usize> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish().map(|bytes| bytes.len())
}

fn row(
    name: &str,
    work: &str,
    views: &[View],
    peer: fn(&View) -> f64,
    ours: fn(&View) -> f64,
    gate: Option<f64>,
    goal: Option<f64>,
) -> Value {
    let column = |pick: &dyn Fn(&View) -> f64| {
        let mut values: Vec<f64> = views.iter().map(pick).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let ratios = column(&|view| peer(view) / ours(view));
    let middle = |values: &[f64]| values.get(values.len() / 2).copied().unwrap_or(f64::NAN);
    let n_clusters: usize = views.iter().map(|view| view.n_clusters).sum();
    println!("{name}: {:.1}×", middle(&ratios));
    json!({
        "row": name,
        "work": work,
        "ours": middle(&column(&ours)),
        "peer": middle(&column(&peer)),
        "peer_version": "",
        "unit": "bytes a cluster",
        "ratio": { "median": middle(&ratios), "min": ratios.first(), "max": ratios.last(), "rounds": views.len() },
        "gate": gate,
        "goal": goal,
        "holds": gate.is_none_or(|gate| middle(&ratios) >= gate),
        "note": format!("{n_clusters} clusters, single reports with their id included; the rounds are the views"),
    })
}

/// The moment of the run in RFC 3339.
#[expect(clippy::disallowed_methods, reason = "a bench records when it ran")]
fn today() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    wire::time::Timestamp(since.map_or(0, |d| d.as_millis() as i64)).to_string()
}
