//! The limits of a city as zones: its districts and neighbourhoods are taken as they were drawn, and cover what their edges say.

use std::io::Read as _;

use engine::zone::{Part, Zone, ZoneId, Zones};
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;
use wire::geo::LngLat;

const SEED: u64 = 20_200_311;

fn places(ring: &Value) -> Vec<LngLat> {
    let places = ring.as_array().expect("a ring").iter();
    let place = |pair: &Value| LngLat::new(pair[0].as_f64()?, pair[1].as_f64()?).ok();
    places.map(|pair| place(pair).expect("a place")).collect()
}

fn zone(name: &str, geometry: &Value) -> Zone {
    let coordinates = geometry["coordinates"].as_array().expect("coordinates");
    let part = |rings: &Value| {
        let mut rings = rings.as_array().expect("rings").iter().map(places);
        Part { outer: rings.next().expect("a ring"), holes: rings.collect() }
    };
    let parts = if geometry["type"] == "Polygon" {
        vec![part(&geometry["coordinates"])]
    } else {
        coordinates.iter().map(part).collect()
    };
    Zone { name: name.to_owned(), parts }
}

fn features(file: &str) -> Option<Vec<Value>> {
    let path = crate::recording(&format!("barcelona-polygons/{file}"))?;
    let zipped = path.extension().is_some_and(|end| end == "gz");
    let mut bytes = std::fs::File::open(path).ok()?;
    let mut text = String::new();
    if zipped {
        flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).ok()?;
    } else {
        bytes.read_to_string(&mut text).ok()?;
    }
    let whole: Value = serde_json::from_str(&text).ok()?;
    whole["features"].as_array().cloned()
}

/// The city, its ten districts and 73 neighbourhoods.
fn city() -> Option<Vec<Zone>> {
    let mut zones = Vec::new();
    for file in ["terme-municipal.geojson", "districtes.geojson.gz", "barris.geojson.gz"] {
        zones.extend(features(file)?.iter().map(|one| {
            zone(one["properties"]["NOM"].as_str().unwrap_or("the city"), &one["geometry"])
        }));
    }
    Some(zones)
}

/// Whether a zone covers a place, by looking at every edge in whole numbers.
fn covers(zone: &Zone, place: LngLat) -> bool {
    let wide = |place: LngLat| (i128::from(place.e7().0), i128::from(place.e7().1));
    let (x, y) = wide(place);
    let mut inside = false;
    let rings = zone.parts.iter().flat_map(|part| std::iter::once(&part.outer).chain(&part.holes));
    for ends in rings.flat_map(|ring| ring.windows(2)) {
        let ((ax, ay), (bx, by)) = (wide(ends[0]), wide(ends[1]));
        let turn = (bx - ax) * (y - ay) - (by - ay) * (x - ax);
        let within = x >= ax.min(bx) && x <= ax.max(bx) && y >= ay.min(by) && y <= ay.max(by);
        if turn == 0 && within {
            return true;
        }
        if (ay > y) != (by > y) && (turn > 0) == (by > ay) {
            inside = !inside;
        }
    }
    inside
}

#[test]
fn the_zones_of_a_city_cover_what_their_edges_say() {
    let Some(drawn) = city() else { return };
    assert_eq!(drawn.len(), 84);
    let mut zones = Zones::default();
    for (id, zone) in (0..).zip(&drawn) {
        zones
            .set(ZoneId(id), zone.clone())
            .unwrap_or_else(|flaws| panic!("{}: {flaws:?}", zone.name));
    }
    println!("seed {SEED}");
    let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(SEED);
    let anywhere = (0..4_000).map(|_| {
        LngLat::new(dice.random_range(2.04..2.24), dice.random_range(41.30..41.48))
            .expect("a place")
    });
    let corners = drawn.iter().flat_map(|zone| zone.parts.iter().flat_map(|part| &part.outer));
    let mut n_hits = 0;
    for place in anywhere.chain(corners.step_by(29).copied()) {
        let mut hits = Vec::new();
        zones.at(place, &mut hits);
        let expected: Vec<ZoneId> = (0..)
            .map(ZoneId)
            .zip(&drawn)
            .filter(|(_, zone)| covers(zone, place))
            .map(|(id, _)| id)
            .collect();
        assert_eq!(hits, expected, "at {place:?}");
        n_hits += hits.len();
    }
    assert!(n_hits > 5_000, "{n_hits}");
}
