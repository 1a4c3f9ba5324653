//! PMTiles for stories: a small generated file, a reader, and a server of byte ranges.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use server::basemap::directory::{self, DirEntry, tile_id};
use server::basemap::header::{HEADER_BYTES, Header, Packing, Section, unpack};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// A file with every tile of zooms 0 to `zoom_max`; `content` makes each. Always with leaf directories.
pub fn world(zoom_max: u8, content: impl Fn(u8, u32, u32) -> Vec<u8>) -> Vec<u8> {
    let mut places: Vec<(u64, u8, u32, u32)> = Vec::new();
    for z in 0..=zoom_max {
        let side = 1_u32 << z;
        places.extend((0..side).flat_map(|x| (0..side).map(move |y| (tile_id(z, x, y), z, x, y))));
    }
    places.sort_unstable();
    let mut tiles = Vec::new();
    let mut entries: Vec<DirEntry> = Vec::new();
    for (tile, z, x, y) in &places {
        let bytes = content(*z, *x, *y);
        entries.push(DirEntry {
            tile: *tile,
            run: 1,
            offset: tiles.len() as u64,
            length: bytes.len() as u32,
        });
        tiles.extend(bytes);
    }
    let (mut root, mut leaves) = (Vec::new(), Vec::new());
    for part in entries.chunks(500) {
        let bytes = directory::write(part);
        root.push(DirEntry {
            tile: part[0].tile,
            run: 0,
            offset: leaves.len() as u64,
            length: bytes.len() as u32,
        });
        leaves.extend(bytes);
    }
    let root = directory::write(&root);
    let metadata =
        br#"{"attribution":"<b>Nobody</b>","vector_layers":[{"id":"earth"},{"id":"roads"}]}"#;
    let at = |offset: u64, bytes: &[u8]| Section { offset, length: bytes.len() as u64 };
    let root_at = at(HEADER_BYTES as u64, &root);
    let metadata_at = at(root_at.end(), metadata);
    let leaves_at = at(metadata_at.end(), &leaves);
    let header = Header {
        root: root_at,
        metadata: metadata_at,
        leaves: leaves_at,
        tiles: at(leaves_at.end(), &tiles),
        counts: [entries.len() as u64; 3],
        clustered: true,
        packing: Packing::Plain,
        tile_packing: 1,
        tile_kind: 1,
        zoom_min: 0,
        zoom_max,
        bounds_e7: [-1_800_000_000, -850_000_000, 1_800_000_000, 850_000_000],
        centre: (0, [0, 0]),
    };
    [&header.write()[..], &root, metadata, &leaves, &tiles].concat()
}

/// One tile of a file; `None` where it has none.
pub fn tile(file: &[u8], z: u8, x: u32, y: u32) -> Option<Vec<u8>> {
    let header = Header::read(file).expect("a header");
    let id = tile_id(z, x, y);
    let part = |section: Section| &file[section.offset as usize..section.end() as usize];
    let mut section = header.root;
    for _ in 0..4 {
        let entries = directory::read(&unpack(header.packing, part(section)).expect("unpacks"))
            .expect("a directory");
        let index = entries.partition_point(|entry| entry.tile <= id).checked_sub(1)?;
        let entry = entries[index];
        if entry.run == 0 {
            section = Section {
                offset: header.leaves.offset + entry.offset,
                length: u64::from(entry.length),
            };
            continue;
        }
        if id >= entry.tile + u64::from(entry.run) {
            return None;
        }
        let at =
            Section { offset: header.tiles.offset + entry.offset, length: u64::from(entry.length) };
        return Some(part(at).to_vec());
    }
    None
}

/// Serves one file by byte ranges, as a plain file server does.
#[derive(Debug)]
pub struct RangeServer {
    /// Its address, the file included.
    pub url: String,
    /// Bytes it has given out.
    pub served: Arc<AtomicU64>,
    _server: MockServer,
}

struct Ranges {
    file: Arc<Vec<u8>>,
    served: Arc<AtomicU64>,
}

impl Respond for Ranges {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let range =
            request.headers.get("range").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let Some((first, last)) =
            range.strip_prefix("bytes=").and_then(|range| range.split_once('-'))
        else {
            return ResponseTemplate::new(200).set_body_bytes(self.file.to_vec());
        };
        let first: usize = first.parse().expect("a first byte");
        let last = last.parse::<usize>().expect("a last byte").min(self.file.len() - 1);
        let bytes = self.file[first..=last].to_vec();
        self.served.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        ResponseTemplate::new(206)
            .insert_header("content-range", format!("bytes {first}-{last}/{}", self.file.len()))
            .insert_header("etag", "\"one\"")
            .set_body_bytes(bytes)
    }
}

impl RangeServer {
    /// Serves `file`.
    pub async fn start(file: Vec<u8>) -> Self {
        let server = MockServer::start().await;
        let bytes = Arc::new(AtomicU64::new(0));
        let ranges = Ranges { file: Arc::new(file), served: Arc::clone(&bytes) };
        Mock::given(method("GET"))
            .and(path("/planet.pmtiles"))
            .respond_with(ranges)
            .mount(&server)
            .await;
        Self { url: format!("{}/planet.pmtiles", server.uri()), served: bytes, _server: server }
    }
}
