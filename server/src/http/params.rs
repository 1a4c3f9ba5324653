//! Query parameters: known by name, stated once, every refusal with its name. Values are never logged.

use std::collections::BTreeMap;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use wire::grade::Hazard;
use wire::view::Mode;

use super::problem::Fault;

/// Longest value: a bbox has under a hundred characters, a search at most a sentence.
const VALUE_BYTES_MAX: usize = 1_024;

/// The parameters of a request, each taken once; [`Params::end`] refuses what nobody took.
#[derive(Debug)]
pub(super) struct Params(BTreeMap<String, String>);

impl Params {
    /// All that was asked for, as it goes into the log of the room.
    pub(super) fn said(&self) -> String {
        let said = self.0.iter().filter(|(_, value)| !value.trim().is_empty());
        said.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
    }

    /// A parameter as text; blank is absent.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|value| !value.trim().is_empty())
    }

    /// A parameter of a type, with what it must be.
    pub(super) fn read<T: FromStr>(
        &mut self,
        name: &str,
        must_be: &str,
    ) -> Result<Option<T>, Fault> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.trim().parse() {
            Ok(value) => Ok(Some(value)),
            Err(_bad) => Err(wrong(name, &format!("{name} must be {must_be}"))),
        }
    }

    /// A parameter that must be there.
    pub(super) fn need<T: FromStr>(&mut self, name: &str, must_be: &str) -> Result<T, Fault> {
        self.read(name, must_be)?.ok_or_else(|| wrong(name, &format!("give {name}: {must_be}")))
    }

    /// The mode, if it is named.
    pub(super) fn mode(&mut self) -> Result<Option<Mode>, Fault> {
        self.read("mode", "live or exercise")
    }

    /// `hazards=flood,fire`; `None` is all.
    pub(super) fn hazards(&mut self) -> Result<Option<Vec<Hazard>>, Fault> {
        let Some(text) = self.text("hazards") else { return Ok(None) };
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        words
            .map(|word| word.parse().map_err(|_unknown| wrong("hazards", HAZARDS)))
            .collect::<Result<Vec<_>, _>>()
            .map(Some)
    }

    /// Refuses parameters nobody took: a mistyped filter must not give a wrong picture.
    pub(super) fn end(self) -> Result<(), Fault> {
        match self.0.into_keys().next() {
            None => Ok(()),
            Some(name) => {
                let name: String = name.chars().take(40).collect();
                Err(wrong(
                    &name,
                    &format!("{name:?} is no parameter of this address: leave it out"),
                ))
            }
        }
    }
}

const HAZARDS: &str =
    "hazards must be words of the list in docs/api.md between commas, such as flood,fire";

/// 422 for a parameter.
pub(super) fn wrong(name: &str, detail: &str) -> Fault {
    let name = name.replace('~', "~0").replace('/', "~1");
    Fault::field(&format!("/query/{name}"), "bad_parameter", detail)
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Fault> {
        let Query(pairs) =
            Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map_err(|_bad| {
                Fault::field("/query", "bad_parameter", "the query cannot be decoded")
            })?;
        let mut known = BTreeMap::new();
        for (name, value) in pairs {
            if value.len() > VALUE_BYTES_MAX {
                return Err(wrong(&name, "the value is longer than 1,024 bytes"));
            }
            if value.contains('\0') {
                return Err(wrong(&name, "the value must not contain U+0000"));
            }
            if known.contains_key(&name) {
                return Err(wrong(&name, "stands twice: state it once"));
            }
            known.insert(name, value);
        }
        Ok(Self(known))
    }
}
