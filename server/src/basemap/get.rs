//! `talaia basemap get`: a city's extract from a remote PMTiles by HTTP ranges.
//!
//! Walks the remote directories for the tiles of the box, joins neighbouring byte ranges into few requests, and writes
//! a file of its own: clustered, directories before tiles, put in place only when whole.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::io::AsyncWriteExt as _;

use super::area::{Area, overlap};
use super::directory::{self, DirEntry};
use super::header::{HEADER_BYTES, Header, Packing, Section};
use super::remote::Remote;

/// Ranges closer than this are fetched in one request: cheaper than another round trip.
const GAP_BYTES: u64 = 64 << 10;
/// One request asks for at most this.
const REQUEST_BYTES_MAX: u64 = 8 << 20;
/// An extract may have this many bytes: far above any city.
const EXTRACT_BYTES_MAX: u64 = 16 << 30;
/// Leaf directories on one path; the format knows one level, writers may use more.
const DEPTH_MAX: u32 = 4;
/// Entries of a root directory that surely fit the first 16 kB, as the format wants.
const ROOT_ENTRIES_MAX: usize = 2_000;
/// Entries of a leaf directory.
const LEAF_ENTRIES: usize = 4_096;
/// Where the newest daily build of Protomaps is listed by date.
const BUILDS: &str = "https://build.protomaps.com";
/// Builds are kept for about a week; the newest may be a day or two late.
const BUILD_DAYS_BACK: i64 = 7;

/// Downloads a city's extract from a remote PMTiles file by ranges.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// West, south, east and north in degrees, such as 2.05,41.32,2.23,41.47
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true)]
    pub bbox: String,
    /// The remote file; by default the newest daily build of Protomaps
    #[arg(long, value_name = "URL")]
    pub from: Option<String>,
    /// Where to write
    #[arg(long, default_value = "basemap.pmtiles", value_name = "F")]
    pub out: PathBuf,
    /// The deepest zoom to take
    #[arg(long, default_value_t = 15, value_name = "Z")]
    pub zoom_max: u8,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extract {
    /// Tiles addressed.
    pub n_tiles: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes asked of the remote.
    pub asked_bytes: u64,
    /// Requests made.
    pub requests: u64,
}

/// Downloads, with progress on stderr. `Err` is a sentence for stderr and exit code 1.
#[expect(clippy::print_stdout, reason = "the account is what the command is for")]
pub async fn run(args: &Args) -> Result<(), String> {
    let extract = extract(args).await?;
    println!(
        "{}: {} tiles, {} bytes ({} bytes in {} requests). Start with --basemap {}",
        args.out.display(),
        extract.n_tiles,
        extract.bytes,
        extract.asked_bytes,
        extract.requests,
        args.out.display(),
    );
    Ok(())
}

/// Downloads and says what was written.
pub async fn extract(args: &Args) -> Result<Extract, String> {
    let area: Area = args.bbox.parse()?;
    let mut remote = match &args.from {
        Some(from) => {
            Remote::open(
                from.parse().map_err(|cause| format!("--from {from} is no address: {cause}"))?,
            )
            .await?
        }
        None => newest_build().await?,
    };
    let header = remote.header;
    let zoom_max = args.zoom_max.min(header.zoom_max);
    let runs = area.runs(header.zoom_min.min(zoom_max), zoom_max)?;
    let wanted = walk(&mut remote, &runs).await?;
    if wanted.is_empty() {
        return Err(
            "the remote file has no tile in this box; its bounds are in its header".to_owned()
        );
    }
    let metadata = remote.unpacked(header.metadata).await?;
    write(&mut remote, &area, zoom_max, &wanted, &metadata, &args.out).await
}

async fn newest_build() -> Result<Remote, String> {
    let now = jiff::Timestamp::from_millisecond(crate::clock::Clock::System.now().0)
        .map_err(|cause| cause.to_string())?;
    let today = jiff::tz::Offset::UTC.to_datetime(now).date();
    let mut why = String::new();
    for days in 0..BUILD_DAYS_BACK {
        let date = today.saturating_sub(jiff::Span::new().days(days));
        let url = format!("{BUILDS}/{}.pmtiles", date.strftime("%Y%m%d"));
        match Remote::open(url.parse().map_err(|cause| format!("{url}: {cause}"))?).await {
            Ok(remote) => return Ok(remote),
            Err(cause) => why = cause,
        }
    }
    Err(format!("no daily build could be opened ({why}); give one with --from URL"))
}

/// Every entry of the remote that holds a tile of the runs, cut to them, in order of ids.
async fn walk(remote: &mut Remote, runs: &[(u64, u64)]) -> Result<Vec<DirEntry>, String> {
    let header = remote.header;
    let mut wanted = Vec::new();
    let mut pending = vec![(header.root, 0)];
    while let Some((section, depth)) = pending.pop() {
        if depth > DEPTH_MAX {
            return Err("the remote file's directories are nested too deep".to_owned());
        }
        let entries = remote.directory(section).await?;
        for (index, entry) in entries.iter().enumerate() {
            if entry.run > 0 {
                let end = entry.tile.saturating_add(u64::from(entry.run));
                wanted.extend(overlap(runs, entry.tile, end).map(|(from, to)| DirEntry {
                    tile: from,
                    run: (to - from) as u32,
                    ..*entry
                }));
            } else {
                // A leaf holds all ids up to the next entry.
                let end = entries.get(index + 1).map_or(u64::MAX, |next| next.tile);
                if overlap(runs, entry.tile, end).next().is_some() {
                    let offset = header.leaves.offset.saturating_add(entry.offset);
                    pending.push((Section { offset, length: u64::from(entry.length) }, depth + 1));
                }
            }
        }
    }
    wanted.sort_unstable_by_key(|entry| entry.tile);
    Ok(wanted)
}

/// One content: where it is in the remote's tiles, how long, and where it goes in ours.
type Content = (u64, u32, u64);

/// Contents in the order of their first tile, each once, with where they go.
fn lay_out(wanted: &[DirEntry]) -> (Vec<DirEntry>, Vec<Content>, u64) {
    let mut places: BTreeMap<u64, u64> = BTreeMap::new();
    let mut contents = Vec::new();
    let mut length = 0;
    let mut entries: Vec<DirEntry> = Vec::with_capacity(wanted.len());
    for entry in wanted {
        let offset = *places.entry(entry.offset).or_insert_with(|| {
            contents.push((entry.offset, entry.length, length));
            length += u64::from(entry.length);
            length - u64::from(entry.length)
        });
        let tile = entry.tile;
        match entries.last_mut() {
            Some(last) if last.offset == offset && last.tile + u64::from(last.run) == tile => {
                last.run += entry.run;
            }
            _ => entries.push(DirEntry { offset, ..*entry }),
        }
    }
    (entries, contents, length)
}

/// Byte ranges of the remote to ask for, each with the contents it brings: in order, joined where they are near.
fn requests(contents: &[Content]) -> Vec<(Section, Vec<Content>)> {
    let mut sorted = contents.to_vec();
    sorted.sort_unstable();
    let mut requests: Vec<(Section, Vec<Content>)> = Vec::new();
    for content in sorted {
        let (offset, length, _) = content;
        let end = offset.saturating_add(u64::from(length));
        match requests.last_mut() {
            Some((section, parts))
                if offset <= section.end().saturating_add(GAP_BYTES)
                    && end.saturating_sub(section.offset) <= REQUEST_BYTES_MAX =>
            {
                section.length = section.length.max(end - section.offset);
                parts.push(content);
            }
            _ => requests.push((Section { offset, length: u64::from(length) }, vec![content])),
        }
    }
    requests
}

fn pack(plain: &[u8]) -> Result<Vec<u8>, String> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(plain)
        .and_then(|()| gzip.finish())
        .map_err(|cause| format!("cannot pack a directory: {cause}"))
}

/// The root directory and the leaves, packed.
fn directories(entries: &[DirEntry]) -> Result<(Vec<u8>, Vec<u8>), String> {
    if entries.len() <= ROOT_ENTRIES_MAX {
        return Ok((pack(&directory::write(entries))?, Vec::new()));
    }
    let mut leaves = Vec::new();
    let mut root = Vec::new();
    for part in entries.chunks(LEAF_ENTRIES.max(entries.len().div_ceil(ROOT_ENTRIES_MAX))) {
        let packed = pack(&directory::write(part))?;
        let length =
            u32::try_from(packed.len()).map_err(|_wide| "a directory is too large".to_owned())?;
        root.push(DirEntry { tile: part[0].tile, run: 0, offset: leaves.len() as u64, length });
        leaves.extend_from_slice(&packed);
    }
    Ok((pack(&directory::write(&root))?, leaves))
}

async fn write(
    remote: &mut Remote,
    area: &Area,
    zoom_max: u8,
    wanted: &[DirEntry],
    metadata: &[u8],
    out: &Path,
) -> Result<Extract, String> {
    let (entries, contents, tile_bytes) = lay_out(wanted);
    if tile_bytes > EXTRACT_BYTES_MAX {
        return Err(format!(
            "the extract would have {tile_bytes} bytes; choose a smaller --bbox or --zoom-max"
        ));
    }
    let (root, leaves) = directories(&entries)?;
    let metadata = pack(metadata)?;
    let section = |offset: u64, bytes: &[u8]| Section { offset, length: bytes.len() as u64 };
    let root_at = section(HEADER_BYTES as u64, &root);
    let metadata_at = section(root_at.end(), &metadata);
    let leaves_at = section(metadata_at.end(), &leaves);
    let e7 = |degrees: f64| (degrees * 1e7).round() as i32;
    let n_tiles = entries.iter().map(|entry| u64::from(entry.run)).sum();
    let header = Header {
        root: root_at,
        metadata: metadata_at,
        leaves: leaves_at,
        tiles: Section { offset: leaves_at.end(), length: tile_bytes },
        counts: [n_tiles, entries.len() as u64, contents.len() as u64],
        clustered: true,
        packing: Packing::Gzip,
        zoom_min: remote.header.zoom_min.min(zoom_max),
        zoom_max,
        bounds_e7: [e7(area.west), e7(area.south), e7(area.east), e7(area.north)],
        centre: (
            zoom_max.min(12),
            [e7(f64::midpoint(area.west, area.east)), e7(f64::midpoint(area.south, area.north))],
        ),
        ..remote.header
    };

    // Beside the place it goes to, so that the last step is a rename within one file system.
    let part = out.with_extension("pmtiles.part");
    let say = |cause: std::io::Error| format!("cannot write {}: {cause}", part.display());
    let mut file = tokio::fs::File::create(&part).await.map_err(say)?;
    for bytes in [&header.write()[..], &root, &metadata, &leaves] {
        file.write_all(bytes).await.map_err(say)?;
    }
    let asks = requests(&contents);
    let bar = ProgressBar::new(asks.iter().map(|(ask, _)| ask.length).sum());
    if let Ok(style) =
        ProgressStyle::with_template("{bar:32} {percent:>3} %  {bytes} of {total_bytes}  {elapsed}")
    {
        bar.set_style(style);
    }
    for (ask, parts) in asks {
        let from = Section {
            offset: remote.header.tiles.offset.saturating_add(ask.offset),
            length: ask.length,
        };
        let bytes = remote.bytes(from).await?;
        for (offset, length, place) in parts {
            let start = (offset - ask.offset) as usize;
            let content = bytes.get(start..start + length as usize).ok_or("the answer was cut")?;
            tokio::io::AsyncSeekExt::seek(
                &mut file,
                std::io::SeekFrom::Start(header.tiles.offset + place),
            )
            .await
            .map_err(say)?;
            file.write_all(content).await.map_err(say)?;
        }
        bar.inc(ask.length);
    }
    bar.finish_and_clear();
    file.sync_all().await.map_err(say)?;
    drop(file);
    tokio::fs::rename(&part, out)
        .await
        .map_err(|cause| format!("cannot write {}: {cause}", out.display()))?;
    Ok(Extract {
        n_tiles,
        bytes: header.tiles.end(),
        asked_bytes: remote.asked_bytes,
        requests: remote.requests,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(tile: u64, run: u32, offset: u64, length: u32) -> DirEntry {
        DirEntry { tile, run, offset, length }
    }

    #[test]
    fn a_content_many_tiles_share_is_laid_down_once() {
        let wanted = [
            entry(5, 1, 900, 10),
            entry(6, 2, 900, 10),
            entry(9, 1, 100, 7),
            entry(12, 1, 900, 10),
        ];
        let (entries, contents, length) = lay_out(&wanted);
        assert_eq!(entries, [entry(5, 3, 0, 10), entry(9, 1, 10, 7), entry(12, 1, 0, 10)]);
        assert_eq!(contents, [(900, 10, 0), (100, 7, 10)]);
        assert_eq!(length, 17);
    }

    #[test]
    fn near_ranges_travel_together_and_far_ones_do_not() {
        let far = 10 * GAP_BYTES;
        let asks = requests(&[(far, 5, 0), (0, 10, 5), (1_000, 10, 15)]);
        assert_eq!(asks.len(), 2);
        assert_eq!(asks[0].0, Section { offset: 0, length: 1_010 });
        assert_eq!(asks[0].1.len(), 2);
        assert_eq!(asks[1].0, Section { offset: far, length: 5 });
    }

    #[test]
    fn many_entries_go_to_leaves_and_the_root_stays_small() {
        let entries: Vec<_> = (0..50_000_u64).map(|n| entry(n * 3, 1, n * 100, 99)).collect();
        let (root, leaves) = directories(&entries).expect("packed");
        assert!(root.len() + HEADER_BYTES < 16_384 && !leaves.is_empty());
        let plain = super::super::header::unpack(Packing::Gzip, &root).expect("unpacks");
        let mut read = Vec::new();
        for leaf in directory::read(&plain).expect("a directory") {
            let part = &leaves[leaf.offset as usize..leaf.offset as usize + leaf.length as usize];
            let plain = super::super::header::unpack(Packing::Gzip, part).expect("unpacks");
            read.extend(directory::read(&plain).expect("a directory"));
        }
        assert_eq!(read, entries);
    }
}
