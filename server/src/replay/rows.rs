//! Rows: a recorded file, gzip or not, read as a stream of reports; a file is never held whole.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use serde_json::{Map, Value};
use wire::time::Timestamp;

use super::columns::{Columns, Drawn, moment};

/// One line of a recording may be this long: the server's own limit of a report, with room for a collection on one line.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// How a recording is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One `GeoJSON` feature (or collection) a line.
    Geojsonl,
    /// Comma-separated values with a header line.
    Csv,
}

impl Format {
    /// From the file's name, `.gz` aside.
    pub fn guess(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        match name.rsplit_once('.')?.1 {
            "csv" => Some(Self::Csv),
            "geojsonl" | "ndjson" | "jsonl" | "geojson" | "json" | "geojsons" => {
                Some(Self::Geojsonl)
            }
            _ => None,
        }
    }
}

/// A row read, or why it could not be.
pub(super) type RowResult = Result<Drawn, String>;

/// Counts the bytes taken from a file, for the progress bar.
struct Counted<R> {
    inner: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.bytes.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Opens a recording; gzip is told by its first bytes, not its name.
fn open(path: &Path, bytes: &Arc<AtomicU64>) -> Result<Box<dyn BufRead + Send>, String> {
    let file =
        File::open(path).map_err(|cause| format!("cannot read {}: {cause}", path.display()))?;
    let mut plain =
        BufReader::with_capacity(256 << 10, Counted { inner: file, bytes: Arc::clone(bytes) });
    let start =
        plain.fill_buf().map_err(|cause| format!("cannot read {}: {cause}", path.display()))?;
    if start.starts_with(&[0x1f, 0x8b]) {
        Ok(Box::new(BufReader::with_capacity(256 << 10, MultiGzDecoder::new(plain))))
    } else {
        Ok(Box::new(plain))
    }
}

/// What to read and how.
#[derive(Debug, Clone)]
pub(super) struct Recording {
    /// The files, played one after the other.
    pub files: Vec<PathBuf>,
    /// Their format; `None` decides by each name.
    pub format: Option<Format>,
    /// Which column is what.
    pub columns: Columns,
}

impl Recording {
    /// The size of the files on disk.
    pub(super) fn bytes(&self) -> u64 {
        self.files
            .iter()
            .filter_map(|path| std::fs::metadata(path).ok())
            .map(|meta| meta.len())
            .sum()
    }

    /// Gives every row to `take` in file order, until it says stop. Errors are of the files, not of rows.
    pub(super) fn each(
        &self,
        bytes: &Arc<AtomicU64>,
        mut take: impl FnMut(RowResult) -> bool,
    ) -> Result<(), String> {
        for path in &self.files {
            let format = self.format.or_else(|| Format::guess(path)).ok_or_else(|| {
                format!("cannot tell the format of {} by its name: add --format geojsonl or --format csv", path.display())
            })?;
            let input = open(path, bytes)?;
            let go_on = match format {
                Format::Csv => self.csv(path, input, &mut take)?,
                Format::Geojsonl => self.lines(path, input, &mut take)?,
            };
            if !go_on {
                return Ok(());
            }
        }
        Ok(())
    }

    fn csv(
        &self,
        path: &Path,
        input: impl Read,
        take: &mut impl FnMut(RowResult) -> bool,
    ) -> Result<bool, String> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
        let broken = |cause: csv::Error| format!("{}: {cause}", path.display());
        let headers = reader.headers().map_err(broken)?.clone();
        let names: Vec<&str> =
            headers.iter().map(|name| name.trim_start_matches('\u{feff}')).collect();
        let columns =
            if self.columns.is_empty() { Columns::by_name(&names) } else { self.columns.clone() };
        if columns.is_empty() {
            return Err(format!(
                "{}: no column is called like a field of a report; add --map lng=…,lat=…,text=…",
                path.display()
            ));
        }
        let missing = columns.missing(&names);
        if !missing.is_empty() {
            return Err(format!(
                "{} has no column {}; its columns are {}",
                path.display(),
                missing.join(", "),
                names.join(", ")
            ));
        }
        let mut record = csv::StringRecord::new();
        loop {
            let row = match reader.read_record(&mut record) {
                Ok(false) => return Ok(true),
                Ok(true) => columns.report(|column| {
                    names
                        .iter()
                        .position(|name| *name == column)
                        .and_then(|index| record.get(index))
                }),
                // A row of wrong bytes is one bad row; a file that ends badly is the file's error.
                Err(cause) if !cause.is_io_error() => Err(cause.to_string()),
                Err(cause) => return Err(broken(cause)),
            };
            if !take(row) {
                return Ok(false);
            }
        }
    }

    fn lines(
        &self,
        path: &Path,
        mut input: impl BufRead,
        take: &mut impl FnMut(RowResult) -> bool,
    ) -> Result<bool, String> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let n = (&mut input)
                .take(LINE_BYTES_MAX)
                .read_until(b'\n', &mut line)
                .map_err(|cause| format!("{}: {cause}", path.display()))?;
            if n == 0 {
                return Ok(true);
            }
            if n as u64 == LINE_BYTES_MAX && !line.ends_with(b"\n") {
                return Err(format!(
                    "{}: a line is longer than {LINE_BYTES_MAX} bytes; write one feature a line",
                    path.display()
                ));
            }
            let text = line.strip_prefix(b"\x1e").unwrap_or(&line).trim_ascii();
            if text.is_empty() {
                continue;
            }
            let go_on = match serde_json::from_slice::<Value>(text) {
                Err(cause) => take(Err(format!("a line is not JSON: {cause}"))),
                Ok(Value::Object(mut object))
                    if object.get("type").is_some_and(|tag| tag == "FeatureCollection") =>
                {
                    match object.remove("features") {
                        Some(Value::Array(features)) => {
                            features.into_iter().all(|feature| take(self.feature(feature)))
                        }
                        _ => take(Err("a collection without features".to_owned())),
                    }
                }
                Ok(feature) => take(self.feature(feature)),
            };
            if !go_on {
                return Ok(false);
            }
        }
    }

    /// A recorded feature: as it is, or its properties by the map.
    fn feature(&self, feature: Value) -> RowResult {
        let Value::Object(mut feature) = feature else {
            return Err("a line is no GeoJSON feature".to_owned());
        };
        let mut properties = match feature.remove("properties") {
            Some(Value::Object(properties)) => properties,
            _ => Map::new(),
        };
        let mut drawn = if self.columns.is_empty() {
            let time = properties.remove("observed_at");
            let updated = properties.remove("updated_at");
            Drawn {
                time: text_moment("observed_at", time.as_ref())?,
                updated: text_moment("updated_at", updated.as_ref())?,
                properties,
                ..Drawn::default()
            }
        } else {
            let texts: Map<String, Value> = properties
                .into_iter()
                .filter_map(|(name, value)| match value {
                    Value::String(_) => Some((name, value)),
                    Value::Number(number) => Some((name, Value::String(number.to_string()))),
                    Value::Bool(flag) => Some((name, Value::String(flag.to_string()))),
                    _ => None,
                })
                .collect();
            self.columns.report(|column| texts.get(column).and_then(Value::as_str))?
        };
        if drawn.id.is_none() {
            drawn.id = match feature.remove("id") {
                Some(Value::String(id)) => Some(id),
                Some(Value::Number(id)) => Some(id.to_string()),
                _ => None,
            };
        }
        if drawn.point.is_none()
            && let Some(geometry) =
                feature.remove("geometry").filter(|geometry| !geometry.is_null())
        {
            // Other geometry than a point goes through: the server finds its interior point.
            drawn.properties.insert(GEOMETRY.to_owned(), geometry);
        }
        Ok(drawn)
    }
}

/// Where a recorded geometry travels until the report is written. No property of a report has this name.
pub(super) const GEOMETRY: &str = "\u{0}geometry";

fn text_moment(name: &str, value: Option<&Value>) -> Result<Option<Timestamp>, String> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => moment(name, text).map(Some),
        Some(Value::Number(number)) => moment(name, &number.to_string()).map(Some),
        Some(_) => Err(format!("{name} is no time")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn recording(name: &str, bytes: &[u8], map: &str) -> (tempfile::TempDir, Recording) {
        let dir = tempfile::tempdir().expect("temp dir");
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        (dir, Recording { files: vec![path], format: None, columns: map.parse().expect("valid") })
    }

    fn rows(recording: &Recording) -> Vec<RowResult> {
        let mut rows = Vec::new();
        recording
            .each(&Arc::default(), |row| {
                rows.push(row);
                true
            })
            .expect("readable");
        rows
    }

    #[test]
    fn gzip_is_read_whatever_the_name() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"lng,lat,text\n2.1,41.4,rain\n").expect("written");
        let (_dir, recording) = recording("a.csv", &gzip.finish().expect("gzip"), "");
        let rows = rows(&recording);
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].as_ref().expect("good").point, Some([2.1, 41.4]));
    }

    #[test]
    fn one_bad_line_is_one_bad_row() {
        let text = b"{\"type\":\"Feature\",\"id\":1,\"geometry\":null,\"properties\":{\"text\":\"a\",\"place\":\"b\"}}\nnot json\n{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"properties\":{}}]}\n";
        let (_dir, recording) = recording("a.geojsonl", text, "");
        let rows = rows(&recording);
        assert_eq!(rows.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(rows[0].as_ref().expect("good").id.as_deref(), Some("1"));
    }

    #[test]
    fn a_column_that_is_not_there_is_named() {
        let (_dir, recording) = recording("a.csv", b"x,y\n1,2\n", "lng=x,lat=z");
        let error = recording.each(&Arc::default(), |_| true).expect_err("missing");
        assert!(error.contains("no column z") && error.contains("x, y"), "{error}");
    }

    #[test]
    fn a_cut_gzip_file_is_an_error_of_the_file() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        for n in 0..10_000 {
            writeln!(gzip, "{{\"id\":{n}}}").expect("written");
        }
        let bytes = gzip.finish().expect("gzip");
        let (_dir, recording) = recording("a.geojsonl.gz", &bytes[..bytes.len() / 2], "");
        assert!(recording.each(&Arc::default(), |_| true).is_err());
    }
}
