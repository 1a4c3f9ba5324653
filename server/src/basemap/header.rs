//! The header and metadata of a PMTiles v3 file: what it holds, where, and by which schema.

use std::io::Read;

use flate2::bufread::GzDecoder;
use serde_json::Value;

/// The header's length.
pub const HEADER_BYTES: usize = 127;
/// Metadata and directories unpacked may be this large: a planet's root has under a megabyte.
pub const UNPACKED_MAX: u64 = 64 << 20;

/// A compression PMTiles knows and we can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Packing {
    /// As it is.
    #[default]
    Plain,
    /// Gzip.
    Gzip,
}

/// A section of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Section {
    /// From the start of the file.
    pub offset: u64,
    /// In bytes.
    pub length: u64,
}

impl Section {
    /// The byte after its last.
    pub fn end(self) -> u64 {
        self.offset.saturating_add(self.length)
    }
}

/// The parsed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Header {
    /// The root directory.
    pub root: Section,
    /// The JSON metadata.
    pub metadata: Section,
    /// All leaf directories.
    pub leaves: Section,
    /// All tiles.
    pub tiles: Section,
    /// Tiles addressed, directory entries for tiles, distinct contents.
    pub counts: [u64; 3],
    /// Whether tiles stand in the order of their ids.
    pub clustered: bool,
    /// How directories and metadata are packed.
    pub packing: Packing,
    /// How tiles are packed: the format's number, passed through.
    pub tile_packing: u8,
    /// What tiles are: 1 is vector (MVT).
    pub tile_kind: u8,
    /// The least zoom.
    pub zoom_min: u8,
    /// The greatest zoom.
    pub zoom_max: u8,
    /// West, south, east, north in units of 1e-7 degree.
    pub bounds_e7: [i32; 4],
    /// Zoom, longitude and latitude to begin with.
    pub centre: (u8, [i32; 2]),
}

impl Header {
    /// Reads a header.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let bytes: &[u8; HEADER_BYTES] = bytes
            .get(..HEADER_BYTES)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or("it is shorter than a PMTiles header")?;
        if &bytes[..7] != b"PMTiles" {
            return Err("it does not begin with PMTiles".to_owned());
        }
        if bytes[7] != 3 {
            return Err(format!("it is PMTiles version {}; only version 3 can be read", bytes[7]));
        }
        let long = |at: usize| {
            let mut number = [0; 8];
            number.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(number)
        };
        let int = |at: usize| {
            let mut number = [0; 4];
            number.copy_from_slice(&bytes[at..at + 4]);
            i32::from_le_bytes(number)
        };
        let section = |at: usize| Section { offset: long(at), length: long(at + 8) };
        let packing = match bytes[97] {
            1 => Packing::Plain,
            2 => Packing::Gzip,
            3 => {
                return Err(
                    "its directories are packed with brotli; only gzip can be read".to_owned()
                );
            }
            4 => {
                return Err(
                    "its directories are packed with zstd; only gzip can be read".to_owned()
                );
            }
            other => return Err(format!("its directories are packed in an unknown way ({other})")),
        };
        let (zoom_min, zoom_max) = (bytes[100], bytes[101]);
        if zoom_min > zoom_max || zoom_max > 26 {
            return Err(format!("its zooms {zoom_min} to {zoom_max} make no sense"));
        }
        Ok(Self {
            root: section(8),
            metadata: section(24),
            leaves: section(40),
            tiles: section(56),
            counts: [long(72), long(80), long(88)],
            clustered: bytes[96] == 1,
            packing,
            tile_packing: bytes[98],
            tile_kind: bytes[99],
            zoom_min,
            zoom_max,
            bounds_e7: [int(102), int(106), int(110), int(114)],
            centre: (bytes[118], [int(119), int(123)]),
        })
    }

    /// Writes the header.
    pub fn write(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..7].copy_from_slice(b"PMTiles");
        bytes[7] = 3;
        for (index, section) in
            [self.root, self.metadata, self.leaves, self.tiles].iter().enumerate()
        {
            let at = 8 + 16 * index;
            bytes[at..at + 8].copy_from_slice(&section.offset.to_le_bytes());
            bytes[at + 8..at + 16].copy_from_slice(&section.length.to_le_bytes());
        }
        for (index, count) in self.counts.iter().enumerate() {
            bytes[72 + 8 * index..80 + 8 * index].copy_from_slice(&count.to_le_bytes());
        }
        bytes[96] = u8::from(self.clustered);
        bytes[97] = match self.packing {
            Packing::Plain => 1,
            Packing::Gzip => 2,
        };
        bytes[98] = self.tile_packing;
        bytes[99] = self.tile_kind;
        bytes[100] = self.zoom_min;
        bytes[101] = self.zoom_max;
        for (index, degree) in self.bounds_e7.iter().enumerate() {
            bytes[102 + 4 * index..106 + 4 * index].copy_from_slice(&degree.to_le_bytes());
        }
        bytes[118] = self.centre.0;
        bytes[119..123].copy_from_slice(&self.centre.1[0].to_le_bytes());
        bytes[123..127].copy_from_slice(&self.centre.1[1].to_le_bytes());
        bytes
    }
}

/// Unpacks a directory or the metadata, bounded.
pub fn unpack(packing: Packing, bytes: &[u8]) -> Result<Vec<u8>, String> {
    match packing {
        Packing::Plain => Ok(bytes.to_vec()),
        Packing::Gzip => {
            let mut plain = Vec::new();
            GzDecoder::new(bytes)
                .take(UNPACKED_MAX + 1)
                .read_to_end(&mut plain)
                .map_err(|cause| format!("a packed part does not unpack: {cause}"))?;
            if plain.len() as u64 > UNPACKED_MAX {
                return Err(format!("a packed part is larger than {UNPACKED_MAX} bytes"));
            }
            Ok(plain)
        }
    }
}

/// Which names a vector basemap uses: the app's style must match.
pub fn schema(metadata: &Value) -> &'static str {
    let layers = |value: &Value, name: &str| -> Vec<String> {
        let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(|layer| layer.get(name)?.as_str().map(str::to_owned)).collect()
    };
    let mut names = layers(&metadata["vector_layers"], "id");
    if names.is_empty() {
        names = layers(&metadata["tilestats"]["layers"], "layer");
    }
    let has = |name: &str| names.iter().any(|known| known == name);
    if has("transportation") && has("water") {
        "openmaptiles"
    } else if has("streets") && has("land") {
        "shortbread"
    } else if has("physical_line") || has("natural") {
        // The first Protomaps schema named its kinds `pmap:kind`.
        "protomaps-old"
    } else if has("earth") && has("roads") {
        // Version 4 merged transit into roads and dropped the layer.
        if has("transit") { "protomaps-v3" } else { "protomaps-v4" }
    } else {
        "unknown"
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_header_survives_its_bytes() {
        let header = Header {
            root: Section { offset: 127, length: 403 },
            metadata: Section { offset: 530, length: 266 },
            leaves: Section { offset: 796, length: 0 },
            tiles: Section { offset: 796, length: 3_938_905 },
            counts: [108, 108, 106],
            clustered: true,
            packing: Packing::Gzip,
            tile_packing: 2,
            tile_kind: 1,
            zoom_min: 0,
            zoom_max: 14,
            bounds_e7: [111_540_260, 437_270_125, 113_289_395, 438_325_455],
            centre: (0, [112_414_827, 437_797_790]),
        };
        assert_eq!(Header::read(&header.write()), Ok(header));
    }

    #[test]
    fn what_is_no_pmtiles_is_said_in_a_sentence() {
        assert!(Header::read(b"PMTiles").is_err());
        assert!(Header::read(&[b'x'; 200]).expect_err("no magic").contains("PMTiles"));
        let mut two = [0; HEADER_BYTES];
        two[..7].copy_from_slice(b"PMTiles");
        two[7] = 2;
        assert!(Header::read(&two).expect_err("version").contains("version 2"));
    }

    #[test]
    fn schemas_are_told_by_their_layers() {
        let by = |names: &[&str]| {
            let list: Vec<Value> = names.iter().map(|name| json!({"id": name})).collect();
            schema(&json!({"vector_layers": list}))
        };
        assert_eq!(by(&["earth", "roads", "water", "landuse"]), "protomaps-v4");
        assert_eq!(by(&["earth", "roads", "transit", "physical_point"]), "protomaps-v3");
        assert_eq!(by(&["earth", "natural", "physical_line", "roads"]), "protomaps-old");
        assert_eq!(by(&["water", "transportation"]), "openmaptiles");
        assert_eq!(schema(&json!({})), "unknown");
        assert_eq!(
            schema(
                &json!({"tilestats": {"layers": [{"layer": "earth"}, {"layer": "physical_line"}]}})
            ),
            "protomaps-old"
        );
    }
}
