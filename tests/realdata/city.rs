//! The facts of the exercise against the city's own polygons.

use std::io::Read as _;

use serde_json::Value;
use server::exercise::places::{DISTRICTS, PLACES, Site};

type Ring = Vec<(f64, f64)>;

fn rings(geometry: &Value) -> Vec<Ring> {
    let ring = |points: &Value| -> Ring {
        let points = points.as_array().cloned().unwrap_or_default();
        points.iter().filter_map(|pair| Some((pair[0].as_f64()?, pair[1].as_f64()?))).collect()
    };
    let parts = geometry["coordinates"].as_array().cloned().unwrap_or_default();
    if geometry["type"] == "Polygon" {
        return parts.first().map(ring).into_iter().collect();
    }
    parts.iter().map(|polygon| ring(&polygon[0])).collect()
}

fn inside(ring: &Ring, (x, y): (f64, f64)) -> bool {
    let mut within = false;
    for (index, &(x1, y1)) in ring.iter().enumerate() {
        let (x2, y2) = ring[(index + 1) % ring.len()];
        if (y1 > y) != (y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1 {
            within = !within;
        }
    }
    within
}

fn plain(name: &str) -> String {
    name.to_lowercase().replace(['-', ' '], "")
}

fn districts() -> Option<Vec<(String, Vec<Ring>)>> {
    let file = crate::recording("barcelona-polygons/districtes.geojson.gz")?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(file).ok()?).read_to_string(&mut text).ok()?;
    let city: Value = serde_json::from_str(&text).ok()?;
    let all = city["features"].as_array()?;
    Some(
        all.iter()
            .map(|one| {
                (
                    plain(one["properties"]["NOM"].as_str().unwrap_or_default()),
                    rings(&one["geometry"]),
                )
            })
            .collect(),
    )
}

fn rings_of<'a>(city: &'a [(String, Vec<Ring>)], name: &str) -> &'a [Ring] {
    city.iter()
        .find(|(known, _)| *known == plain(name))
        .map(|(_, rings)| rings.as_slice())
        .expect("a district")
}

#[test]
fn every_place_of_the_exercise_stands_in_its_district() {
    let Some(city) = districts() else { return };
    // A place is known to about a hundred metres, and some stand on the border: three hundred metres are allowed, and
    // the harbour is no district's.
    let near = |rings: &[Ring], lng: f64, lat: f64| {
        (-3..=3).any(|dx| {
            (-3..=3).any(|dy| {
                let point = (lng + f64::from(dx) * 0.0012, lat + f64::from(dy) * 0.0009);
                rings.iter().any(|ring| inside(ring, point))
            })
        })
    };
    let wrong: Vec<_> = PLACES
        .iter()
        .filter(|place| place.site != Site::Shore)
        .filter(|place| !near(rings_of(&city, DISTRICTS[place.district]), place.lng, place.lat))
        .map(|place| place.name)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn the_drawn_districts_are_like_the_real_ones_and_not_them() {
    let Some(city) = districts() else { return };
    let drawn = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../public/fallback/barcelona-districts.geojson"
    ));
    let drawn: Value = serde_json::from_str(&drawn.expect("readable")).expect("JSON");
    for district in drawn["features"].as_array().expect("features") {
        let name = district["properties"]["name"].as_str().expect("a name");
        let ours = rings(&district["geometry"]);
        let theirs = rings_of(&city, name);
        assert!(ours[0].len() < 30, "{name} is coarse");
        let (mut both, mut either) = (0, 0);
        for i in 0..200 {
            for j in 0..190 {
                let point = (2.04 + f64::from(i) * 0.001, 41.29 + f64::from(j) * 0.001);
                let (a, b) = (
                    ours.iter().any(|ring| inside(ring, point)),
                    theirs.iter().any(|ring| inside(ring, point)),
                );
                both += u32::from(a && b);
                either += u32::from(a || b);
            }
        }
        let likeness = f64::from(both) / f64::from(either);
        assert!((0.6..0.95).contains(&likeness), "{name}: {likeness:.2}");
    }
}
