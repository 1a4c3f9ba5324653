//! Which areas codes stand for: imported as GeoJSON, a scheme at a time, kept in the database, read when the server starts. An
//! advisory that names codes and draws nothing is placed by them whenever it is asked for; no replay depends on them.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::{Arc, PoisonError, RwLock};

use engine::advisory::atlas::{Atlas, Rings};
use serde::Deserialize;
use wire::geo::LngLat;
use wire::time::Timestamp;

use crate::store::{Store, StoreError};

/// Bytes of an import, unpacked: the warning areas of a continent with their coasts, several times over.
pub const IMPORT_BYTES_MAX: usize = 128 << 20;
/// Corners of a closed ring.
const CORNERS_MIN: usize = 4;
/// Bytes of a scheme's name and of a code.
const NAME_BYTES_MAX: usize = 64;
/// How gzip begins.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// Why an import was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Too large, or of another form.
    #[error("{0}")]
    Form(String),
    /// A feature.
    #[error("feature {n}: {what}")]
    Feature {
        /// Which, from 1.
        n: usize,
        /// What is wrong, and the remedy.
        what: &'static str,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Codes = BTreeMap<String, Vec<Rings>>;

/// See the module.
#[derive(Debug, Default)]
pub struct Geocodes(RwLock<Arc<Atlas>>);

impl Geocodes {
    /// What is known now.
    pub fn now(&self) -> Arc<Atlas> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads what the database has; how many codes of how many schemes. A server runs without them all the same.
    pub async fn load(&self, store: &Store) -> Result<(usize, usize), ImportError> {
        let rows = store.geocodes().await?;
        let read = tokio::task::spawn_blocking(move || {
            let mut atlas = Atlas::default();
            for (scheme, codes) in rows {
                let codes: Codes = postcard::from_bytes(&codes).map_err(|_bad| {
                    ImportError::Form(format!(
                        "the codes of {scheme} in the database cannot be read: import them again"
                    ))
                })?;
                atlas.set(&scheme, codes);
            }
            Ok(atlas)
        });
        let lost = |_lost| ImportError::Form("the codes could not be read".to_owned());
        let atlas = read.await.map_err(lost).flatten()?;
        let (n_schemes, n_codes) =
            atlas.schemes().fold((0, 0), |(schemes, codes), (_, n)| (schemes + 1, codes + n));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(atlas);
        Ok((n_codes, n_schemes))
    }
}

#[derive(Deserialize)]
struct Table {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    properties: Named,
    geometry: Option<Drawn>,
}

/// `type` is what EUMETNET calls the scheme.
#[derive(Deserialize)]
struct Named {
    #[serde(alias = "type")]
    scheme: Option<String>,
    code: Option<String>,
}

type Ring = Vec<Vec<f64>>;

#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Drawn {
    Polygon(Vec<Ring>),
    MultiPolygon(Vec<Vec<Ring>>),
}

/// What a file says, by scheme.
fn table(file: &[u8]) -> Result<BTreeMap<String, Codes>, ImportError> {
    let form = |what: &str| ImportError::Form(what.to_owned());
    let mut plain = Vec::new();
    let file = if file.starts_with(GZIP) {
        let mut reader = flate2::read::MultiGzDecoder::new(file).take(IMPORT_BYTES_MAX as u64 + 1);
        reader
            .read_to_end(&mut plain)
            .map_err(|_bad| form("the file is no whole gzip: pack it again"))?;
        &plain
    } else {
        file
    };
    if file.len() > IMPORT_BYTES_MAX {
        return Err(form("an import has at most 128 MiB unpacked: leave out what is far away"));
    }
    let table: Table = serde_json::from_slice(file).map_err(|cause| {
        ImportError::Form(format!(
            "the file is no GeoJSON FeatureCollection of Polygons and MultiPolygons with the properties scheme and code: {cause}"
        ))
    })?;
    let mut schemes: BTreeMap<String, Codes> = BTreeMap::new();
    for (feature, n) in table.features.into_iter().zip(1..) {
        let wrong = |what| ImportError::Feature { n, what };
        let named = |text: Option<String>| {
            let text = text?.trim().to_owned();
            (!text.is_empty() && text.len() <= NAME_BYTES_MAX).then_some(text)
        };
        let scheme = named(feature.properties.scheme)
            .ok_or_else(|| wrong("name the scheme of the code in scheme or type, in 64 bytes"))?;
        let code = named(feature.properties.code)
            .ok_or_else(|| wrong("give the code in code, in 64 bytes"))?;
        let parts = match feature.geometry {
            Some(Drawn::Polygon(rings)) => vec![rings],
            Some(Drawn::MultiPolygon(parts)) => parts,
            None => return Err(wrong("it has no geometry: leave it out, or draw it")),
        };
        for part in parts {
            let rings = part.into_iter().map(ring).collect::<Option<Rings>>();
            let rings = rings.filter(|rings| !rings.is_empty()).ok_or_else(|| {
                wrong("a ring needs four corners at least, [longitude, latitude] in degrees")
            })?;
            let codes = schemes.entry(scheme.to_ascii_uppercase()).or_default();
            codes.entry(code.clone()).or_default().push(rings);
        }
    }
    if schemes.is_empty() {
        return Err(form("the file has no feature: nothing was changed"));
    }
    Ok(schemes)
}

fn ring(corners: Ring) -> Option<Vec<LngLat>> {
    let place = |corner: Vec<f64>| match corner.as_slice() {
        [lng, lat, ..] => LngLat::new(*lng, *lat).ok(),
        _ => None,
    };
    let mut ring = corners.into_iter().map(place).collect::<Option<Vec<LngLat>>>()?;
    if ring.first() != ring.last() {
        ring.extend(ring.first().copied());
    }
    (ring.len() >= CORNERS_MIN).then_some(ring)
}

/// Keeps an import in the database: each of its schemes in place of what was known of that scheme. Each with its number of codes.
pub async fn import(
    store: &Store,
    now: Timestamp,
    file: &[u8],
) -> Result<Vec<(String, usize)>, ImportError> {
    let mut kept = Vec::new();
    for (scheme, codes) in table(file)? {
        let bytes = postcard::to_stdvec(&codes)
            .map_err(|cause| ImportError::Form(format!("the codes cannot be kept: {cause}")))?;
        store.geocodes_set(&scheme, now, &bytes).await?;
        kept.push((scheme, codes.len()));
    }
    Ok(kept)
}
