//! `talaia basemap get`: a city's extract from a remote PMTiles by HTTP ranges.

use std::path::PathBuf;

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

/// Downloads. `Err` is a sentence for stderr and exit code 1.
#[expect(clippy::unused_async, reason = "its body comes with the extract")]
pub async fn run(args: &Args) -> Result<(), String> {
    Err(format!("this build cannot extract {} yet", args.bbox))
}
