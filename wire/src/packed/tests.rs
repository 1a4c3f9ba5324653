//! Packing gives back what it was given, and strange bytes are refused.

use proptest::prelude::*;

use super::*;
use crate::cluster::{HazardCounts, SeverityCounts};
use crate::codec::{decode_server, encode_server};
use crate::frame::ServerFrame;
use crate::geo::{LngLat, Mercator};
use crate::grade::{Hazard, Severity};
use crate::id::ReportId;
use crate::time::Timestamp;

fn tile_id() -> impl Strategy<Value = TileId> {
    (0..=ZOOM_MAX, any::<u32>(), any::<u32>())
        .prop_map(|(z, x, y)| TileId::of(Mercator { x, y }, z))
}

fn cluster(tile: TileId) -> impl Strategy<Value = Cluster> {
    let counts = prop::array::uniform5(prop_oneof![Just(0_u32), 1..5_u32, 0..100_000_u32]);
    let shares = prop::collection::vec((0..Hazard::ALL.len(), 1..50_u32), 0..5);
    let newest = prop_oneof![
        (0..2_000_000_i64).prop_map(|minutes| minutes * 60_000),
        (0..120_000_000_i64).prop_map(|seconds| seconds * 1_000),
        -9_000_000_000..9_000_000_000_000_i64,
    ];
    (any::<(u64, u16, u16, u128)>(), counts, shares, newest, tile.z..=ZOOM_MAX + 1).prop_map(
        move |((key, x, y, report), mut counts, shares, newest, expansion_zoom)| {
            if counts.iter().all(|n| *n == 0) {
                counts[2] = 1;
            }
            let severity = SeverityCounts::from_array(counts);
            let n = severity.sum() as u32;
            let mut hazards = std::collections::BTreeMap::new();
            let mut left = n;
            for (hazard, share) in shares {
                if left > share {
                    *hazards.entry(Hazard::ALL[hazard]).or_insert(0) += share;
                    left -= share;
                }
            }
            *hazards.entry(Hazard::Other).or_insert(0) += left;
            let (worst, n_worst) = severity.worst();
            let inside = |step: u16| step >> tile.z.saturating_sub(16);
            let at = Mercator::on_grid(tile, inside(x), inside(y)).expect("inside the tile");
            let (lng, lat) = at.lng_lat();
            let exact = LngLat::new(lng, lat).expect("a place");
            let (lng, lat) = if n == 1 { (exact.lng(), exact.lat()) } else { (lng, lat) };
            Cluster {
                id: ClusterId::new(tile.z, key),
                lng,
                lat,
                n,
                worst,
                n_worst,
                severity,
                hazard: hazards.into_iter().collect(),
                newest: Timestamp(newest),
                expansion_zoom,
                report: (n == 1).then_some(ReportId(report)),
            }
        },
    )
}

fn tile() -> impl Strategy<Value = Tile> {
    tile_id().prop_flat_map(|id| {
        (any::<u64>(), prop::collection::vec(cluster(id), 0..40)).prop_map(
            move |(seq, mut clusters)| {
                clusters.sort_by_key(|cluster| cluster.id);
                clusters.dedup_by_key(|cluster| cluster.id);
                Tile { seq, z: id.z, x: id.x, y: id.y, clusters }
            },
        )
    })
}

fn delta() -> impl Strategy<Value = TileDelta> {
    (tile(), prop::collection::btree_set(any::<u64>(), 0..9), 0..1_000_u64).prop_map(
        |(Tile { seq, z, x, y, clusters }, gone, back)| TileDelta {
            from: seq.saturating_sub(back),
            seq,
            z,
            x,
            y,
            gone: gone.into_iter().map(ClusterId).collect(),
            put: clusters,
        },
    )
}

proptest! {
    #[test]
    fn a_tile_that_keeps_the_rules_is_packed_and_comes_back_equal(tile in tile()) {
        let bytes = pack_tile(11, &tile);
        prop_assert!(bytes.is_some(), "not packed: {tile:?}");
        prop_assert_eq!(unpack_tile(&bytes.unwrap_or_default()[1..]), Ok(tile));
    }

    #[test]
    fn so_is_a_difference(delta in delta()) {
        let bytes = pack_delta(12, &delta);
        prop_assert!(bytes.is_some(), "not packed: {delta:?}");
        prop_assert_eq!(unpack_delta(&bytes.unwrap_or_default()[1..]), Ok(delta));
    }

    #[test]
    fn a_tile_that_breaks_a_rule_travels_all_the_same(tile in tile(), which in 0..8_usize) {
        let mut tile = tile;
        if let Some(cluster) = tile.clusters.first_mut() {
            match which {
                0 => cluster.lng = 2.123_456_789_1,
                1 => cluster.n += 1,
                2 => cluster.n_worst += 1,
                3 => cluster.hazard = HazardCounts::default(),
                4 => cluster.expansion_zoom = 200,
                5 => cluster.report = Some(ReportId(7)),
                6 => cluster.worst = Severity::Extreme,
                _ => tile.clusters.reverse(),
            }
        }
        let frame = ServerFrame::Tile(tile);
        prop_assert_eq!(decode_server(&encode_server(&frame)), Ok(frame));
    }

    #[test]
    fn strange_bytes_are_refused_and_never_trusted(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for tag in [11, 12] {
            let frame: Vec<u8> = std::iter::once(tag).chain(bytes.iter().copied()).collect();
            if let Ok(frame) = decode_server(&frame) {
                // What is taken in is a frame that travels on.
                prop_assert_eq!(decode_server(&encode_server(&frame)), Ok(frame));
            }
        }
    }

    #[test]
    fn a_changed_or_cut_tile_is_refused_or_still_a_tile(tile in tile(), at in any::<prop::sample::Index>(), byte: u8, cut: bool) {
        let mut bytes = encode_server(&ServerFrame::Tile(tile));
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
        } else {
            bytes[at] = byte;
        }
        if let Ok(frame) = decode_server(&bytes) {
            prop_assert_eq!(decode_server(&encode_server(&frame)), Ok(frame));
        }
    }
}

#[test]
fn the_packed_bytes_are_what_they_always_were() {
    let id = TileId { z: 12, x: 2072, y: 1529 };
    let at = Mercator::on_grid(id, 0x1234, 0xabcd).expect("inside");
    let several = Cluster {
        id: ClusterId::new(12, 0x0a_11ce),
        lng: at.lng_lat().0,
        lat: at.lng_lat().1,
        n: 42,
        worst: Severity::Severe,
        n_worst: 3,
        severity: SeverityCounts { extreme: 0, severe: 3, moderate: 9, minor: 20, unknown: 10 },
        hazard: HazardCounts::from_iter([(Hazard::Flood, 40), (Hazard::Power, 2)]),
        newest: Timestamp(1_795_428_000_000),
        expansion_zoom: 13,
        report: None,
    };
    let one = Cluster {
        id: ClusterId::new(12, 0x0a_11d0),
        lng: 2.17,
        lat: 41.4,
        n: 1,
        worst: Severity::Minor,
        n_worst: 1,
        severity: SeverityCounts { minor: 1, ..SeverityCounts::default() },
        hazard: HazardCounts::from_iter([(Hazard::Storm, 1)]),
        newest: Timestamp(1_795_427_880_000),
        expansion_zoom: 19,
        report: Some(ReportId(0xfeed)),
    };
    let tile = Tile { seq: 813, z: 12, x: 2072, y: 1529, clusters: vec![several, one] };
    let bytes = encode_server(&ServerFrame::Tile(tile));
    let hex = bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    insta::assert_snapshot!(hex);
}

#[test]
fn a_count_larger_than_the_bytes_takes_no_memory() {
    let mut bytes = vec![11, 1, 0, 0, 0];
    put_varint(&mut bytes, u64::MAX);
    bytes.extend([0; 20]);
    assert!(decode_server(&bytes).is_err());
}
