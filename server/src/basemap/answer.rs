//! `GET /api/v1/basemap`: what the app should draw under the reports.

use std::path::Path;

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, HeaderName};
use serde::Serialize;

use super::file::about;
use crate::auth::Reader;
use crate::http::problem::Fault;
use crate::state::App;

/// Where the file is served.
pub(super) const TILES: &str = "/basemap/tiles.pmtiles";

/// The answer: one of three kinds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Basemap {
    /// A PMTiles file, ours or elsewhere.
    Pmtiles {
        url: String,
        /// `protomaps-v4`, `protomaps-v3`, `protomaps-old`, `openmaptiles`, `shortbread` or `unknown`.
        schema: String,
        attribution: String,
        /// West, south, east, north.
        bounds: Option<[f64; 4]>,
        minzoom: Option<u8>,
        maxzoom: Option<u8>,
    },
    /// A style elsewhere, and the outlines for when its host is out of reach.
    Style { url: String, attribution: String, files: Vec<Outline> },
    /// The outlines that come with the app.
    Fallback {
        files: Vec<Outline>,
        attribution: String,
        /// Why the configured basemap is not used, if it is not.
        reason: Option<String>,
    },
}

/// One file of outlines and what it shows, bottom first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Outline {
    id: &'static str,
    url: &'static str,
    role: &'static str,
}

/// The outlines that come with the app: the world, and the exercise city in more detail.
const OUTLINES: [Outline; 7] = [
    Outline { id: "world", url: "/fallback/world.geojson", role: "land" },
    Outline { id: "bcn-sea", url: "/fallback/barcelona-sea.geojson", role: "sea" },
    Outline { id: "bcn-land", url: "/fallback/barcelona-land.geojson", role: "land" },
    Outline {
        id: "bcn-districts",
        url: "/fallback/barcelona-districts.geojson",
        role: "districts",
    },
    Outline { id: "bcn-water", url: "/fallback/barcelona-water.geojson", role: "water" },
    Outline { id: "bcn-streets", url: "/fallback/barcelona-streets.geojson", role: "streets" },
    Outline { id: "bcn-places", url: "/fallback/barcelona-places.geojson", role: "places" },
];

/// The answer for a setting. Reads the file's first bytes, so a file put in place later is seen without a restart.
pub(super) fn describe(setting: Option<&str>) -> Basemap {
    let fallback = |reason| Basemap::Fallback {
        files: OUTLINES.to_vec(),
        attribution: "Natural Earth".to_owned(),
        reason,
    };
    let Some(setting) = setting else { return fallback(None) };
    if super::is_address(setting) {
        let attribution = "© OpenStreetMap contributors".to_owned();
        let path = setting.split(['?', '#']).next().unwrap_or(setting);
        return if path.ends_with(".pmtiles") {
            Basemap::Pmtiles {
                url: setting.to_owned(),
                schema: "unknown".to_owned(),
                attribution,
                bounds: None,
                minzoom: None,
                maxzoom: None,
            }
        } else {
            Basemap::Style { url: setting.to_owned(), attribution, files: OUTLINES.to_vec() }
        };
    }
    match about(Path::new(setting)) {
        Ok(about) => {
            let degrees = about.header.bounds_e7.map(|e7| f64::from(e7) / 1e7);
            Basemap::Pmtiles {
                url: TILES.to_owned(),
                schema: about.schema.to_owned(),
                attribution: about.attribution,
                bounds: Some(degrees),
                minzoom: Some(about.header.zoom_min),
                maxzoom: Some(about.header.zoom_max),
            }
        }
        Err(why) => fallback(Some(why)),
    }
}

/// `GET /api/v1/basemap`
pub(super) async fn basemap(
    State(app): State<App>,
    _reader: Reader,
) -> Result<([(HeaderName, &'static str); 1], Json<Basemap>), Fault> {
    let answer = tokio::task::spawn_blocking(move || describe(app.config.basemap.as_deref()))
        .await
        .unwrap_or_else(|_cancelled| describe(None));
    if let Basemap::Fallback { reason: Some(reason), .. } = &answer {
        tracing::warn!(reason, "the configured basemap is not used");
    }
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_elsewhere_passes_through_and_a_missing_file_is_said() {
        let style = "https://tiles.openfreemap.org/styles/positron";
        assert!(matches!(describe(Some(style)), Basemap::Style { url, .. } if url == style));
        let Basemap::Fallback { reason, files, .. } = describe(Some("/nowhere/city.pmtiles"))
        else {
            panic!("a missing file falls back");
        };
        assert!(reason.expect("a reason").contains("/nowhere/city.pmtiles"));
        assert_eq!(files.len(), OUTLINES.len());
        assert!(matches!(describe(None), Basemap::Fallback { reason: None, .. }));
    }
}
