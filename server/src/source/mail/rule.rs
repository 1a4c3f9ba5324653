//! Rules of a mailbox: whose mail is an official notice, of what, where, and how it rings.

use serde::{Deserialize, Serialize};
use wire::alarm::AlarmLevel;
use wire::geo::LngLat;
use wire::grade::{Hazard, Severity};

/// Longest pattern: an address or a subject.
const PATTERN_BYTES_MAX: usize = 320;
/// A rule speaks of a place, not of a country.
const RADIUS_MAX_M: u32 = 100_000;

/// A `[[source.notices]]` table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeRule {
    /// Whose address: `*` stands for anything, upper and lower case are one.
    pub from: String,
    /// What its subject is; any where nothing is said.
    #[serde(default = "any")]
    pub subject: String,
    /// What happens.
    pub hazard: Hazard,
    /// How bad.
    pub severity: Severity,
    /// How gravely it rings; by its severity where nothing is said.
    #[serde(default)]
    pub rings: Option<AlarmLevel>,
    /// The place in words; that of the text where nothing is said.
    #[serde(default)]
    pub place: Option<String>,
    /// Where that is; where the words of the mail say, if nothing is said.
    #[serde(default)]
    pub lng: Option<f64>,
    /// The same.
    #[serde(default)]
    pub lat: Option<f64>,
    /// The doubt about it in metres.
    #[serde(default)]
    pub radius_m: u32,
}

// Degrees are numbers of a settings file, never NaN.
impl Eq for NoticeRule {}

fn any() -> String {
    "*".to_owned()
}

impl NoticeRule {
    /// What is wrong with it, in one sentence.
    pub(in crate::source) fn check(&self) -> Result<(), String> {
        let is_open = |pattern: &str| pattern.bytes().all(|byte| byte == b'*');
        if is_open(&self.from) || self.from.len() > PATTERN_BYTES_MAX {
            return Err(format!(
                "notices.from: `{}` must name an address, or `*@authority.example`: whoever writes would ring the room",
                self.from
            ));
        }
        if self.subject.is_empty() || self.subject.len() > PATTERN_BYTES_MAX {
            return Err("notices.subject must be 1 to 320 bytes; `*` is any".to_owned());
        }
        if self.lng.is_some() != self.lat.is_some() {
            return Err("notices.lng and notices.lat belong together".to_owned());
        }
        if let (Some(lng), Some(lat)) = (self.lng, self.lat) {
            LngLat::new(lng, lat)
                .map_err(|_off| format!("notices.lng {lng} and lat {lat} are not on Earth"))?;
        }
        if self.radius_m > RADIUS_MAX_M {
            return Err(format!("notices.radius_m must be at most {RADIUS_MAX_M}"));
        }
        Ok(())
    }

    pub(super) fn takes(&self, from: &str, subject: &str) -> bool {
        fits(&self.from, from) && fits(&self.subject, subject)
    }

    pub(super) fn spot(&self) -> Option<LngLat> {
        LngLat::new(self.lng?, self.lat?).ok()
    }

    pub(super) fn level(&self) -> AlarmLevel {
        self.rings.unwrap_or(match self.severity {
            Severity::Extreme | Severity::Severe => AlarmLevel::Red,
            Severity::Moderate => AlarmLevel::Orange,
            Severity::Minor | Severity::Unknown => AlarmLevel::Yellow,
        })
    }
}

/// Whether a text fits a pattern in which `*` is anything, upper and lower case being one.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_anything_and_case_is_nothing() {
        for (pattern, text) in [
            ("*", ""),
            ("*@CHJ.example", "saih@chj.example"),
            ("aviso*caudal*", "Aviso de CAUDAL: Poio"),
            ("*poio*", "flow at Poio, rising"),
            ("a*a", "aa"),
            ("exact", "Exact"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("*@chj.example", "saih@chj.example.evil"),
            ("saih@chj.example", "xsaih@chj.example"),
            ("a*a", "a"),
            ("exact", "exactly"),
            ("*a*b*", "ba"),
        ] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }
}
