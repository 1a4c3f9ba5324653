//! One `GeoJSON` feature → one report entry.

use engine::entry::Body;
use engine::identity::{Said, content_hash, derived_id, report_id};
use engine::limits::STALE_MS;
use engine::report::{ReportEntry, Words};
use wire::geo::LngLat;
use wire::grade::{Basis, Hazard, Kind, Severity, Status};
use wire::time::Timestamp;
use wire::view::Mode;

use super::field::{Fields, placed};
use super::json::Json;
use super::{BadBody, Context, Refusal, Reject, geometry};

/// Longest id, reference, author or origin, in characters: the longest seen in real feeds is about 120.
const NAME_MAX: usize = 200;
/// Longest place in words, in characters (FACE).
const PLACE_MAX: usize = 200;
/// Longest language tag: BCP 47 asks readers to take 35.
const LANG_MAX: usize = 35;
/// Longest address: what browsers and proxies pass on.
const URL_MAX: usize = 2_048;
/// Longest foreign hazard word that is kept.
const HAZARD_MAX: usize = 100;
/// Half the Earth's circumference: no doubt is wider.
const RADIUS_MAX_M: f64 = 20_037_508.0;

/// Understands one feature.
pub(super) fn from_json(
    value: Json<'_>,
    index: u64,
    context: &Context<'_>,
) -> Result<Body, Refusal> {
    let mut feature = Fields::of(value, "")?;
    let id = feature.id("id", NAME_MAX)?;
    match understand(feature, id.clone(), index, context) {
        Err(Refusal::Item(_, reject)) => Err(Refusal::Item(id, reject)),
        other => other,
    }
}

fn understand(
    mut feature: Fields<'_>,
    source_id: Option<String>,
    index: u64,
    context: &Context<'_>,
) -> Result<Body, Refusal> {
    match feature.text("type")? {
        Some(word) if word == "Feature" => {}
        _ => return Err(feature.refuse("type", "not_a_feature", "must be \"Feature\"").into()),
    }
    let mut said = match feature.take("properties") {
        Some(value) => Fields::of(value, "/properties")?,
        None => Fields::none("/properties"),
    };
    same_mode(&mut said, index, context)?;
    if let Some(named) = taken_back(&said, source_id.as_deref())? {
        // What else it says is not looked at: whoever deletes a post may have nothing left of it.
        return Ok(Body::Erased(report_id(context.source_id, named)));
    }
    let at = match feature.take("geometry") {
        Some(value) => Some(geometry::place(value, context)?),
        None => None,
    };
    let (hazard, hazard_original) = hazard(&mut said)?;
    let words = Words {
        source_id,
        case_ref: said.short("ref", NAME_MAX)?,
        text: said.long("text", context.limits.text_bytes_max)?,
        lang: said.short("lang", LANG_MAX)?,
        place: said.short("place", PLACE_MAX)?,
        author: said.short("author", NAME_MAX)?,
        url: url(&mut said)?,
        origin: said.short("origin", NAME_MAX)?,
        hazard_original,
    };
    if at.is_none() && words.place.is_none() {
        let detail = "a report needs a geometry or a place in words: add one";
        return Err(feature.refuse("geometry", "no_place", detail).into());
    }
    if words.text.is_none() && hazard.is_none() {
        let detail = "a report needs a text or a hazard: add one";
        return Err(said.refuse("text", "nothing_said", detail).into());
    }
    grade(said, at, hazard.unwrap_or_default(), words, context)
}

/// The grades and times, and with them the entry.
fn grade(
    mut said: Fields<'_>,
    at: Option<(LngLat, u32)>,
    hazard: Hazard,
    words: Words,
    context: &Context<'_>,
) -> Result<Body, Refusal> {
    let kind = said.word("kind", "unknown_kind", Kind::ALL, Kind::word)?.unwrap_or_default();
    let basis = said.word("basis", "unknown_basis", Basis::ALL, Basis::word)?.unwrap_or_default();
    let status = said.word("status", "unknown_status", Status::ALL, Status::word)?;
    let severity = said
        .word("severity", "unknown_severity", Severity::ALL, Severity::word)?
        .unwrap_or_default();
    let stated_radius_m = radius(&mut said)?;
    let stated_at = said.moment("observed_at")?;
    let updated_at = said.moment("updated_at")?;
    let (place, reach_m) = at.map_or((None, 0), |(place, reach_m)| (Some(place), reach_m));
    let radius_m = stated_radius_m.max(reach_m);

    let said_hash = content_hash(&Said {
        observed_at: stated_at,
        kind,
        basis,
        status,
        hazard,
        severity,
        radius_m,
        place,
        words: &words,
    });
    let id = match &words.source_id {
        Some(named) => report_id(context.source_id, named),
        None => derived_id(context.id_key, context.source_id, said_hash),
    };
    let (observed_at, clock_ahead) = placed(stated_at.unwrap_or(context.now), context);
    let updated_at =
        updated_at.map_or(context.now, |stated| Timestamp(stated.0.min(context.now.0)));
    Ok(Body::Report(Box::new(ReportEntry {
        id,
        source: context.source,
        content: said_hash,
        observed_at,
        updated_at,
        kind,
        basis,
        status,
        hazard,
        severity,
        radius_m,
        clock_ahead,
        late: context.now.ms_since(observed_at) > STALE_MS,
        erased: false,
        place,
        private: words.into(),
    })))
}

/// The words of `status` by which a partner takes its report back.
const TAKEN_BACK: [&str; 2] = ["deleted", "withdrawn"];

/// The partner's own id of a report that it takes back, if this does.
fn taken_back<'a>(
    said: &Fields<'_>,
    source_id: Option<&'a str>,
) -> Result<Option<&'a str>, Reject> {
    let word = said.look("status").unwrap_or_default();
    if !TAKEN_BACK.iter().any(|one| word.eq_ignore_ascii_case(one)) {
        return Ok(None);
    }
    let detail = "a report is taken back by its id: add the one it was sent with";
    source_id.map(Some).ok_or_else(|| Reject::new("missing", "/id", detail.to_owned()))
}

/// A report that names the other mode fails its whole request: the sender holds the wrong key.
pub(super) fn same_mode(
    said: &mut Fields<'_>,
    index: u64,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    match said.word("mode", "unknown_mode", &Mode::ALL, Mode::word)? {
        Some(named) if named != context.mode => {
            Err(Refusal::Body(BadBody::WrongMode { index, named, own: context.mode }))
        }
        _ => Ok(()),
    }
}

/// The hazard, and the partner's word when it is not one of ours.
fn hazard(said: &mut Fields<'_>) -> Result<(Option<Hazard>, Option<String>), Reject> {
    let Some(word) = said.short("hazard", HAZARD_MAX)? else { return Ok((None, None)) };
    let known =
        Hazard::ALL.iter().copied().find(|hazard| hazard.word().eq_ignore_ascii_case(&word));
    Ok(known.map_or((Some(Hazard::Other), Some(word)), |hazard| (Some(hazard), None)))
}

fn url(said: &mut Fields<'_>) -> Result<Option<String>, Reject> {
    let Some(url) = said.short("url", URL_MAX)? else { return Ok(None) };
    // Shown as a link on the desk: nothing but the web's own schemes may stand there.
    let web = ["https://", "http://"].iter().any(|scheme| {
        url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if web {
        Ok(Some(url))
    } else {
        Err(said.refuse("url", "bad_url", "must begin with https:// or http://"))
    }
}

fn radius(said: &mut Fields<'_>) -> Result<u32, Reject> {
    match said.number("radius_m")? {
        None => Ok(0),
        Some(metres) if (0.0..=RADIUS_MAX_M).contains(&metres) => Ok(metres.ceil() as u32),
        Some(_) => {
            Err(said.refuse("radius_m", "bad_radius", "must be metres from 0 to 20,037,508"))
        }
    }
}
