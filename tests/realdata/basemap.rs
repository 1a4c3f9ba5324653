//! A real PMTiles file: its schema, and an extract of it.

use server::basemap::file::about;
use server::basemap::get::{Args, extract};
use support::pmtiles::{RangeServer, tile};

#[tokio::test]
async fn florence_is_known_by_its_older_schema_and_its_centre_can_be_cut_out() {
    let Some(path) = crate::recording("pmtiles-firenze/firenze.pmtiles") else { return };
    support::crypto();
    let known = about(&path).expect("a basemap");
    assert_eq!((known.schema, known.header.zoom_max), ("protomaps-old", 14));
    assert_eq!(known.attribution, "Protomaps © OpenStreetMap");

    let whole = std::fs::read(&path).expect("readable");
    let remote = RangeServer::start(whole.clone()).await;
    let dir = tempfile::tempdir().expect("temp dir");
    let out = dir.path().join("centre.pmtiles");
    let args = Args {
        bbox: "11.24,43.765,11.265,43.78".to_owned(),
        from: Some(remote.url.clone()),
        out: out.clone(),
        zoom_max: 15,
    };
    let got = extract(&args).await.expect("extracted");
    let part = std::fs::read(&out).expect("written");
    assert!(part.len() < whole.len() / 2, "{} of {} bytes", part.len(), whole.len());
    let centre = about(&out).expect("a basemap of its own");
    assert_eq!((centre.schema, centre.header.zoom_max), ("protomaps-old", 14));
    let mut n_tiles = 0;
    for z in 0..=14_u8 {
        let side = f64::from(1_u32 << z);
        let column = |lng: f64| ((lng + 180.0) / 360.0 * side) as u32;
        let row = |lat: f64| {
            ((1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * side) as u32
        };
        for x in column(11.24)..=column(11.265) {
            for y in row(43.78)..=row(43.765) {
                let expected = tile(&whole, z, x, y);
                assert_eq!(tile(&part, z, x, y), expected, "{z}/{x}/{y}");
                n_tiles += u64::from(expected.is_some());
            }
        }
    }
    assert_eq!(got.n_tiles, n_tiles);
}
