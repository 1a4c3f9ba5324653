//! Recorded public data, played through the public face. The data are not part of the project: without them each test
//! says so in one line and ends.
#![forbid(unsafe_code)]

mod archive;
mod basemap;
mod cap;
mod chp;
mod city;
mod fires;
mod gdacs;
mod jetstream;
mod nws;
mod placing;
mod sensorthings;
mod traffic;
mod unusual;
mod usgs;
mod zones;

use std::path::PathBuf;

use serde_json::Value;
use support::partner::Partner;

/// A file of the data folder beside the project; `None`, with a line, where there is none.
pub(crate) fn recording(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    #[expect(clippy::print_stdout, reason = "a test that did nothing must say so")]
    {
        println!("skipped: {} is not here", path.display());
    }
    None
}

/// Everything a list holds, page after page; its address names the limit.
pub(crate) async fn pages(reader: &Partner, address: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = reader.ask(&format!("{address}{cursor}")).await.expect_status(200).json();
        all.extend(page["features"].as_array().cloned().unwrap_or_default());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}
