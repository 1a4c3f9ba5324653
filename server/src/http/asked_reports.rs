//! Which reports are asked for: the parameters that the list and the exports share.

use engine::search::Sought;
use engine::view::Clearance;
use engine::world::ReportFilter;
use wire::view::Mode;

use super::params::{Params, wrong};
use super::problem::Fault;
use crate::auth::Reader;

/// Longest search, in characters: a sentence.
const SEARCH_MAX: usize = 200;

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// All but the words; without a cursor, and with no limit.
    pub(super) filter: ReportFilter,
    /// The words.
    pub(super) sought: Option<Sought>,
    /// Whose reports.
    pub(super) mode: Mode,
}

impl Asked {
    /// Takes what it knows from the parameters. Who may not read the words may not ask for them one by one either.
    pub(super) fn of(params: &mut Params, reader: &Reader) -> Result<Self, Fault> {
        let is_placed = match params.text("place").as_deref() {
            None => None,
            Some("none") => Some(false),
            Some("some") => Some(true),
            Some(_) => {
                let detail = "place must be none or some: reports without a place, or with one";
                return Err(wrong("place", detail));
            }
        };
        let filter = ReportFilter {
            bbox: params.read("bbox", "west,south,east,north in degrees")?,
            since: params.read("since", "a time as RFC 3339")?,
            until: params.read("until", "a time as RFC 3339")?,
            hazard: params.read("hazard", "a word of the list in docs/api.md")?,
            hazards: params.hazards()?.map(|hazards| hazards.into_iter().collect()),
            kind: params.read("kind", "a word of the list in docs/api.md")?,
            source_id: params.text("source_id"),
            window: params.read("window", "15m, 1h, 2h, 24h, all or open")?,
            verification: params.read(
                "verification",
                "unverified, unverifiable, supported, confirmed or refuted",
            )?,
            is_placed,
            before_seq: None,
            limit: usize::MAX,
        };
        let q = params.text("q");
        let mode = params.mode()?;
        if q.as_ref().is_some_and(|q| q.chars().count() > SEARCH_MAX) {
            return Err(wrong("q", "q may have 200 characters"));
        }
        if reader.clearance < Clearance::Room && (q.is_some() || filter.source_id.is_some()) {
            return Err(Fault::forbidden(
                "not-entitled",
                "The role may not read this",
                "The role viewer sees no words of reports, so it cannot search them: leave out q and source_id.",
            ));
        }
        let no_word = || wrong("q", "q must hold a word: links and names with @ are not searched");
        let sought = q.map(|q| Sought::of(&q).ok_or_else(no_word)).transpose()?;
        Ok(Self { filter, sought, mode: reader.mode(mode)? })
    }
}
