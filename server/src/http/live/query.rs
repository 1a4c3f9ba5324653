//! What the addresses of `/live` and `/api/v1/live` may carry: a cursor, and for the event stream the view.

use serde::Deserialize;
use wire::frame::ViewFrame;
use wire::geo::Bbox;
use wire::grade::Hazard;
use wire::view::{Mode, View, Window};

use crate::http::problem::Fault;
use crate::hub::{Encoding, Resume};

/// `?epoch=E&seq=S`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct CursorQuery {
    epoch: Option<String>,
    seq: Option<String>,
}

impl CursorQuery {
    /// The cursor, if there is one; both parts or neither.
    pub(super) fn resume(&self) -> Result<Option<Resume>, Fault> {
        match (&self.epoch, &self.seq) {
            (None, None) => Ok(None),
            (Some(epoch), Some(seq)) => {
                let seq = seq.parse().map_err(|_not_a_number| {
                    Fault::field("/seq", "not-a-number", "seq is the number of the last totals or heartbeat frame you got, such as 812.")
                })?;
                Ok(Some(Resume { epoch: epoch.clone(), seq }))
            }
            (Some(_), None) => {
                Err(Fault::field("/seq", "missing", "epoch goes with seq: send both or neither."))
            }
            (None, Some(_)) => {
                Err(Fault::field("/epoch", "missing", "seq goes with epoch: send both or neither."))
            }
        }
    }
}

/// `?form=bin`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct FormQuery {
    form: Option<String>,
}

impl FormQuery {
    /// How the frames are written.
    pub(super) fn encoding(&self) -> Result<Encoding, Fault> {
        match self.form.as_deref() {
            None | Some("" | "json") => Ok(Encoding::Json),
            Some("bin") => Ok(Encoding::Bin),
            Some(_) => Err(Fault::field("/form", "unknown-word", "form is json or bin.")),
        }
    }
}

/// `?bbox=&zoom=&mode=&window=&hazards=&newest=&number=`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ViewQuery {
    bbox: Option<String>,
    zoom: Option<String>,
    mode: Option<String>,
    window: Option<String>,
    hazards: Option<String>,
    newest: Option<String>,
    number: Option<String>,
}

impl ViewQuery {
    /// The view; `mode` is what an absent mode means for this reader.
    pub(super) fn view(&self, mode: Mode) -> Result<ViewFrame, Fault> {
        let missing = |pointer: &str, what: &str| Fault::field(pointer, "missing", what);
        let bbox = self
            .bbox
            .as_deref()
            .ok_or_else(|| missing("/bbox", "bbox is needed: west,south,east,north in degrees."))?;
        let bbox = parse_bbox(bbox)?;
        let zoom = self
            .zoom
            .as_deref()
            .ok_or_else(|| missing("/zoom", "zoom is needed: a number from 0 to 24."))?;
        let zoom = zoom.parse().map_err(|_not_a_number| {
            Fault::field("/zoom", "not-a-number", "zoom is a number from 0 to 24.")
        })?;
        let mode = match self.mode.as_deref().filter(|word| !word.is_empty()) {
            None => mode,
            Some(word) => word.parse().map_err(|_unknown| {
                Fault::field("/mode", "unknown-word", "mode is live or exercise.")
            })?,
        };
        let window = match self.window.as_deref().filter(|word| !word.is_empty()) {
            None => Window::All,
            Some(word) => word.parse().map_err(|_unknown| {
                Fault::field("/window", "unknown-word", "window is 15m, 1h, 2h, 24h, all or open.")
            })?,
        };
        let hazards = match self.hazards.as_deref().filter(|words| !words.is_empty()) {
            None => None,
            Some(words) => Some(parse_hazards(words)?),
        };
        let newest = match self.newest.as_deref().filter(|word| !word.is_empty()) {
            None => 0,
            Some(word) => word.parse().map_err(|_not_a_number| {
                Fault::field("/newest", "not-a-number", "newest is a number from 0 to 200.")
            })?,
        };
        let number = match self.number.as_deref().filter(|word| !word.is_empty()) {
            None => None,
            Some(word) => Some(word.parse().map_err(|_not_a_number| {
                Fault::field(
                    "/number",
                    "not-a-number",
                    "number is yours to choose, from 0 to 4294967295.",
                )
            })?),
        };
        Ok(ViewFrame { view: View { bbox, zoom, mode, window, hazards, newest }, number })
    }
}

fn parse_bbox(text: &str) -> Result<Bbox, Fault> {
    let numbers: Vec<f64> =
        text.split(',').filter_map(|number| number.trim().parse().ok()).collect();
    let bbox = match (numbers.as_slice(), text.split(',').count()) {
        ([west, south, east, north], 4) => Bbox::new(*west, *south, *east, *north),
        _ => Err(wire::geo::BadBbox::Count),
    };
    bbox.map_err(|bad| Fault::field("/bbox", "not-a-box", format!("{bad}.")))
}

fn parse_hazards(words: &str) -> Result<Vec<Hazard>, Fault> {
    words
        .split(',')
        .map(|word| {
            word.trim().parse().map_err(|_unknown| {
                let known: Vec<&str> = Hazard::ALL.iter().map(|hazard| hazard.word()).collect();
                let detail = format!("hazards is a list with commas of: {}.", known.join(", "));
                Fault::field("/hazards", "unknown-word", detail)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(bbox: &str) -> ViewQuery {
        ViewQuery {
            bbox: Some(bbox.to_owned()),
            zoom: Some("12".to_owned()),
            ..ViewQuery::default()
        }
    }

    fn pointer(fault: &Fault) -> &str {
        fault.problem.errors.first().map_or("", |error| error.pointer.as_str())
    }

    #[test]
    fn a_view_with_only_a_box_and_a_zoom_looks_at_everything() {
        let asked = query("2.05,41.32,2.23,41.47").view(Mode::Exercise).expect("a view");
        let ViewFrame { view, number } = asked;
        assert_eq!(number, None);
        assert_eq!(
            (view.mode, view.window, view.hazards, view.newest),
            (Mode::Exercise, Window::All, None, 0)
        );
    }

    #[test]
    fn each_wrong_part_is_named() {
        for bad in ["", "1,2,3", "1,2,3,4,5", "1,2,3,x", "NaN,0,1,1", "0,0,0,91", "0,2,1,1"] {
            let fault = query(bad).view(Mode::Live).expect_err(bad);
            assert_eq!((fault.problem.status, pointer(&fault)), (422, "/bbox"), "{bad}");
        }
        let hazards = ViewQuery { hazards: Some("flood,lava".to_owned()), ..query("0,0,1,1") };
        assert_eq!(pointer(&hazards.view(Mode::Live).expect_err("lava")), "/hazards");
        let window = ViewQuery { window: Some("3h".to_owned()), ..query("0,0,1,1") };
        assert_eq!(pointer(&window.view(Mode::Live).expect_err("3h")), "/window");
        let number = ViewQuery { number: Some("-1".to_owned()), ..query("0,0,1,1") };
        assert_eq!(pointer(&number.view(Mode::Live).expect_err("-1")), "/number");
    }

    #[test]
    fn a_form_is_one_of_two_and_json_where_none_is_asked_for() {
        let form = |word: &str| FormQuery { form: Some(word.to_owned()) };
        assert_eq!(FormQuery::default().encoding().expect("none asked for"), Encoding::Json);
        assert_eq!(form("bin").encoding().expect("packed"), Encoding::Bin);
        assert_eq!(pointer(&form("xml").encoding().expect_err("xml")), "/form");
    }

    #[test]
    fn half_a_cursor_is_refused() {
        let half = CursorQuery { epoch: None, seq: Some("8".to_owned()) };
        assert_eq!(pointer(&half.resume().expect_err("no epoch")), "/epoch");
        let odd = CursorQuery { epoch: Some("e".to_owned()), seq: Some("-1".to_owned()) };
        assert_eq!(pointer(&odd.resume().expect_err("negative")), "/seq");
    }
}
