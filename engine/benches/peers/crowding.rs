//! Crowding: how many markers a picture has, and which share of them stands nearer than 40 pixels to another.

use std::collections::{BTreeSet, HashMap};

use engine::world::World;
use serde_json::Value;
use supercluster::Supercluster;
use wire::geo::LngLat;
use wire::grade::HazardSet;
use wire::tile::{TileId, ZOOM_MAX};
use wire::view::Window;

use super::peers::Outcome;
use super::peers::npm::Node;

/// Zooms at which markers and crowding are compared.
const SHOWN_ZOOMS: [usize; 5] = [2, 5, 8, 11, 14];

/// A share may be this much above the peer's: within it the two pictures look alike.
const TOLERANCE: f64 = 0.03;

/// Markers and the crowded share of them, by zoom.
type Picture = Vec<(usize, f64)>;

/// Σ count at every zoom = n for all three, and our markers no more crowded than the peers': else a coarse or a crowded
/// picture could win by answering less.
pub(crate) fn gate(
    world: &World,
    points: &[(f64, f64)],
    port: &Supercluster,
    npm: &mut Node,
) -> Outcome<()> {
    let ours = ours(world, points)?;
    let pictures = [("crate", of_port(port, points.len())?), ("npm", of_npm(npm, points.len())?)];
    for z in SHOWN_ZOOMS {
        let (markers, crowded) = ours[z];
        println!("zoom {z}: ours {markers} markers, {crowded:.3} crowded");
        for (name, picture) in &pictures {
            let (their_markers, their_crowded) = picture[z];
            println!("zoom {z}: {name} {their_markers} markers, {their_crowded:.3} crowded");
            if crowded > their_crowded + TOLERANCE {
                return Err(format!("zoom {z}: more crowded than {name}").into());
            }
        }
    }
    Ok(())
}

fn ours(world: &World, points: &[(f64, f64)]) -> Outcome<Picture> {
    let places: Vec<_> = points
        .iter()
        .filter_map(|(lng, lat)| LngLat::new(*lng, *lat).ok())
        .map(LngLat::mercator)
        .collect();
    let mut picture = Vec::new();
    for z in 0..=ZOOM_MAX {
        let tiles: BTreeSet<TileId> = places.iter().map(|at| TileId::of(*at, z)).collect();
        let (mut sum, mut markers) = (0u64, Vec::new());
        for tile in tiles {
            for cluster in world.tile(Window::All, HazardSet::ALL, tile) {
                sum += u64::from(cluster.n);
                markers.push((cluster.lng, cluster.lat));
            }
        }
        if sum != points.len() as u64 {
            return Err(format!("zoom {z}: the clusters hold {sum} of {}", points.len()).into());
        }
        picture.push((markers.len(), crowding(&markers, z)));
    }
    Ok(picture)
}

fn of_port(index: &Supercluster, n: usize) -> Outcome<Picture> {
    let mut picture = Vec::new();
    for z in 0..=16u8 {
        let clusters = index.get_clusters([-180.0, -90.0, 180.0, 90.0], z)?;
        let mut sum = 0;
        let mut markers = Vec::with_capacity(clusters.len());
        for cluster in &clusters {
            sum += cluster.property("point_count").and_then(Value::as_u64).unwrap_or(1);
            let geometry = serde_json::to_value(&cluster.geometry)?;
            let degrees = |axis: usize| geometry["coordinates"][axis].as_f64().unwrap_or_default();
            markers.push((degrees(0), degrees(1)));
        }
        if sum != n as u64 {
            return Err(format!("crate supercluster, zoom {z}: {sum} of {n}").into());
        }
        picture.push((markers.len(), crowding(&markers, z)));
    }
    Ok(picture)
}

fn of_npm(node: &mut Node, n: usize) -> Outcome<Picture> {
    let mut picture = Vec::new();
    for z in 0..=16u8 {
        let answer = node.ask(&format!("markers {z}"))?;
        let sum = answer["sum"].as_u64();
        if sum != Some(n as u64) {
            return Err(format!("npm supercluster, zoom {z}: {sum:?} of {n}").into());
        }
        let degrees: Vec<f64> = answer["places"]
            .as_array()
            .ok_or("no places")?
            .iter()
            .filter_map(Value::as_f64)
            .collect();
        let markers: Vec<(f64, f64)> = degrees.chunks(2).map(|pair| (pair[0], pair[1])).collect();
        picture.push((markers.len(), crowding(&markers, z)));
    }
    Ok(picture)
}

/// The share of markers with another one nearer than 40 pixels.
fn crowding(markers: &[(f64, f64)], z: u8) -> f64 {
    let scale = 512.0 * f64::from(1u32 << z);
    let pixels: Vec<(f64, f64)> = markers
        .iter()
        .map(|(lng, lat)| {
            let sin = lat.clamp(-85.0, 85.0).to_radians().sin();
            let y = 0.5 - 0.25 * ((1.0 + sin) / (1.0 - sin)).ln() / std::f64::consts::PI;
            ((lng + 180.0) / 360.0 * scale, y * scale)
        })
        .collect();
    let square = |(x, y): (f64, f64)| ((x / 40.0) as i64, (y / 40.0) as i64);
    let mut squares: HashMap<(i64, i64), Vec<usize>> = HashMap::new();
    for (index, at) in pixels.iter().enumerate() {
        squares.entry(square(*at)).or_default().push(index);
    }
    let near = |index: &usize| {
        let at = pixels[*index];
        let (column, row) = square(at);
        (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (column + dx, row + dy))).any(|square| {
            squares.get(&square).is_some_and(|others| {
                others.iter().any(|other| {
                    let (x, y) = pixels[*other];
                    other != index && (x - at.0).hypot(y - at.1) < 40.0
                })
            })
        })
    };
    let crowded = (0..pixels.len()).filter(near).count();
    crowded as f64 / pixels.len().max(1) as f64
}
