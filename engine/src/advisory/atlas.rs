//! The atlas: which area a code stands for, as it was imported. The same for live and exercise, and no part of the journal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::advisory::Pair;
use wire::geo::LngLat;

/// A polygon of a code: its outer ring, then its holes.
pub type Rings = Vec<Vec<LngLat>>;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Atlas(BTreeMap<String, BTreeMap<String, Vec<Rings>>>);

/// Schemes are written in upper case by some and in lower case by others.
fn scheme_key(scheme: &str) -> String {
    scheme.trim().to_ascii_uppercase()
}

impl Atlas {
    /// Puts the codes of a scheme in place of those that were there.
    pub fn set(&mut self, scheme: &str, codes: BTreeMap<String, Vec<Rings>>) {
        self.0.insert(scheme_key(scheme), codes);
    }

    /// The area of a code.
    pub fn find(&self, code: &Pair) -> Option<&[Rings]> {
        let codes = self.0.get(&scheme_key(&code.name))?;
        codes.get(code.value.trim()).map(Vec::as_slice)
    }

    /// Whether anything is known of a scheme.
    pub fn knows(&self, scheme: &str) -> bool {
        self.0.contains_key(&scheme_key(scheme))
    }

    /// How many codes it holds of each scheme.
    pub fn schemes(&self) -> impl Iterator<Item = (&str, usize)> {
        self.0.iter().map(|(scheme, codes)| (scheme.as_str(), codes.len()))
    }
}
