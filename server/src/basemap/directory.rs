//! Directories of PMTiles v3: lists of tiles and of leaves, as columns of varints.

/// One entry of a directory: a run of tiles with one content, or a leaf directory (`run` 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirEntry {
    /// The first tile's id on the Hilbert curve.
    pub tile: u64,
    /// Tiles with this content, in a row; 0 marks a leaf directory.
    pub run: u32,
    /// Where, from the start of the tile section (or the leaf section).
    pub offset: u64,
    /// How many bytes.
    pub length: u32,
}

/// Entries a directory may hold: the root of a planet has some ten thousand; a leaf about four thousand.
const ENTRIES_MAX: u64 = 1_000_000;

/// Reads a directory (already unpacked).
pub fn read(bytes: &[u8]) -> Result<Vec<DirEntry>, String> {
    let mut at = bytes;
    let mut next = || varint(&mut at);
    let n = next()?;
    if n > ENTRIES_MAX || n > bytes.len() as u64 {
        return Err(format!("a directory claims {n} entries"));
    }
    let n = n as usize;
    let mut entries = Vec::with_capacity(n);
    let mut tile = 0_u64;
    for _ in 0..n {
        tile = tile.checked_add(next()?).ok_or("a tile id overflows")?;
        entries.push(DirEntry { tile, run: 0, offset: 0, length: 0 });
    }
    let narrow = |value: u64| {
        u32::try_from(value).map_err(|_wide| "a directory number is too large".to_owned())
    };
    for entry in &mut entries {
        entry.run = narrow(next()?)?;
    }
    for entry in &mut entries {
        entry.length = narrow(next()?)?;
    }
    let mut after = 0_u64;
    for entry in &mut entries {
        // 0 means right after the one before; anything else is the offset plus one.
        entry.offset = next()?.checked_sub(1).unwrap_or(after);
        after = entry
            .offset
            .checked_add(u64::from(entry.length))
            .ok_or("a directory offset overflows")?;
    }
    Ok(entries)
}

/// Writes a directory, not packed.
pub fn write(entries: &[DirEntry]) -> Vec<u8> {
    let mut out = Vec::with_capacity(entries.len() * 6 + 4);
    put(&mut out, entries.len() as u64);
    let mut last = 0;
    for entry in entries {
        put(&mut out, entry.tile - last);
        last = entry.tile;
    }
    for entry in entries {
        put(&mut out, u64::from(entry.run));
    }
    for entry in entries {
        put(&mut out, u64::from(entry.length));
    }
    let mut after = None;
    for entry in entries {
        put(&mut out, if after == Some(entry.offset) { 0 } else { entry.offset + 1 });
        after = Some(entry.offset + u64::from(entry.length));
    }
    out
}

fn varint(at: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = at.split_first().ok_or("a directory ends early")?;
        *at = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err("a directory number never ends".to_owned())
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The id of a tile on the Hilbert curves of all zooms, one after the other.
pub fn tile_id(z: u8, x: u32, y: u32) -> u64 {
    let below = ((1_u64 << (2 * u32::from(z))) - 1) / 3;
    let (mut x, mut y) = (u64::from(x), u64::from(y));
    let mut along = 0;
    let mut side = (1_u64 << z) >> 1;
    while side > 0 {
        let right = u64::from(x & side > 0);
        let upper = u64::from(y & side > 0);
        along += side * side * ((3 * right) ^ upper);
        if upper == 0 {
            if right == 1 {
                x = (side.wrapping_sub(1)).wrapping_sub(x);
                y = (side.wrapping_sub(1)).wrapping_sub(y);
            }
            std::mem::swap(&mut x, &mut y);
        }
        side >>= 1;
    }
    below + along
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_are_those_of_the_specification() {
        for ((z, x, y), id) in [
            ((0, 0, 0), 0),
            ((1, 0, 0), 1),
            ((1, 0, 1), 2),
            ((1, 1, 1), 3),
            ((1, 1, 0), 4),
            ((2, 0, 0), 5),
            ((12, 3423, 1763), 19_078_479),
        ] {
            assert_eq!(tile_id(z, x, y), id, "{z}/{x}/{y}");
        }
    }

    #[test]
    fn every_tile_of_a_zoom_has_an_id_of_its_own_next_to_a_neighbour() {
        let mut places: Vec<_> =
            (0..32_u32).flat_map(|x| (0..32_u32).map(move |y| (tile_id(5, x, y), x, y))).collect();
        places.sort_unstable();
        assert_eq!(places.first().map(|place| place.0), Some(341));
        for pair in places.windows(2) {
            assert_eq!(pair[0].0 + 1, pair[1].0);
            assert_eq!(
                pair[0].1.abs_diff(pair[1].1) + pair[0].2.abs_diff(pair[1].2),
                1,
                "{pair:?}"
            );
        }
    }

    #[test]
    fn broken_directories_are_refused() {
        assert!(read(&[]).is_err());
        assert!(read(&[0xff; 12]).is_err());
        assert!(read(&[200, 1, 0]).is_err(), "more entries than bytes");
    }

    proptest! {
        #[test]
        fn a_directory_survives_its_bytes(parts in prop::collection::vec((1_u64..1_000, 0_u32..9, 0_u64..1 << 40, 1_u32..99_999), 0..200)) {
            let mut tile = 0;
            let entries: Vec<_> = parts
                .into_iter()
                .map(|(step, run, offset, length)| {
                    tile += step;
                    DirEntry { tile, run, offset, length }
                })
                .collect();
            prop_assert_eq!(read(&write(&entries)), Ok(entries));
        }
    }
}
