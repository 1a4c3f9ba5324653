//! Road traffic situations (DATEX II, versions 2 and 3): a publication whose records are accidents, obstructions, closures and works.
//!
//! Elements are known by their names alone: each version has its own namespaces, and each country its own extensions of them.

use std::collections::BTreeMap;

use engine::report::Words;
use serde::{Deserialize, Serialize};
use wire::geo::LngLat;
use wire::grade::{Basis, Hazard, Kind, Severity, Status};
use wire::time::Timestamp;

use super::draft::closed;
use super::feed::{Feed, Format};
use super::moment::moment;
use super::refusals::Refusals;
use super::spot::{Spot, around, lat_lng_pairs};
use super::xml::{self, Element};
use super::{Draft, FetchError, Fetched, Held, SourceConfig, words};

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Records of one publication: a country has some thousands.
const RECORDS_MAX: usize = 20_000;
/// A point on a road is where a driver or a camera said it was.
const POINT_RADIUS_M: u32 = 50;

/// The feed.
pub type Datex = Feed<Situations>;

/// See the module.
#[derive(Debug)]
pub struct Situations;

/// What is remembered between fetches.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Open {
    /// The records that stood in the last publication, with their versions.
    #[serde(default)]
    records: BTreeMap<String, String>,
}

impl Format for Situations {
    type Memory = Open;

    const DIALECT: &'static str = "datex";
    const NAME: &'static str = "Road traffic";
    // A country's publication has some megabytes.
    const BYTES_MAX: usize = 32 << 20;

    fn new(_config: &SourceConfig) -> Result<Self, String> {
        Ok(Self)
    }

    fn read(
        &self,
        bytes: &[u8],
        memory: &mut Open,
        held: &dyn Held,
        now: Timestamp,
    ) -> Result<Fetched, FetchError> {
        let root = xml::read(bytes).map_err(|why| FetchError::Garbled(why.to_string()))?;
        let is_known = root.all().any(|one| {
            one.name == "publicationTime"
                || one.name == "situation"
                || one.name == "situationRecord"
        });
        if !is_known {
            return Err(FetchError::Garbled("it sends no publication of DATEX II".to_owned()));
        }
        let content_at = named(&root, "publicationTime").and_then(moment);
        let mut fetched = Fetched { content_at, ..Fetched::default() };
        let (mut refusals, mut is_whole) = (Refusals::default(), true);
        let before = std::mem::take(&mut memory.records);
        for (n, record) in root.all().filter(|one| one.name == "situationRecord").enumerate() {
            let own = record.attribute("id");
            let read = if n >= RECORDS_MAX {
                Err(("too_many", "the publication has more records than are taken"))
            } else {
                draft(record, now)
            };
            match read {
                Ok((id, draft)) => {
                    let version = record.attribute("version").unwrap_or_default().to_owned();
                    if memory.records.insert(id.clone(), version).is_some() {
                        refusals.add("twice", own, "the publication has this record once more");
                        continue;
                    }
                    fetched.drafts.push(draft);
                }
                Err((reason, why)) => {
                    is_whole = false;
                    refusals.add(reason, own, why);
                }
            }
        }
        refusals.settle(&mut fetched);
        for (id, version) in before {
            if memory.records.contains_key(&id) {
                continue;
            }
            // Where a record could not be read, nothing is concluded from absence.
            if !is_whole {
                memory.records.insert(id, version);
                continue;
            }
            let known = held.report(&id);
            let open = known.filter(|one| one.properties.status != Some(Status::Closed));
            fetched.drafts.extend(open.map(|report| closed(&id, report, "No longer published")));
        }
        Ok(fetched)
    }
}

/// The words of the first element of a name, however deep.
fn named<'a>(of: &'a Element, name: &str) -> Option<&'a str> {
    of.all().find(|one| one.name == name).and_then(Element::own_words)
}

fn draft(
    record: &Element,
    now: Timestamp,
) -> Result<(String, Draft), (&'static str, &'static str)> {
    let id = record.attribute("id").and_then(words::id);
    let id = id.ok_or(("bad_id", "the record has no id"))?;
    let kind = record.attribute_in(XSI, "type").unwrap_or_default();
    let kind = kind.rsplit(':').next().unwrap_or_default();
    let at = |name| named(record, name).and_then(moment);
    let version_at = at("situationRecordVersionTime");
    let began = at("overallStartTime").filter(|start| *start <= now);
    // What is announced counts from when it was announced.
    let observed_at = began.or_else(|| at("situationRecordObservationTime"));
    let observed_at = observed_at.or(version_at).or_else(|| at("situationRecordCreationTime"));
    let observed_at = observed_at.ok_or(("no_time", "the record has no time with a zone"))?;
    let place = spot(record).transpose();
    let place = place.map_err(|()| ("bad_coordinates", "its place is not on Earth"))?;
    let is_over = at("overallEndTime").is_some_and(|end| end <= now)
        || named(record, "validityStatus") == Some("suspended");
    let (hazard, original) = hazard(kind, record);
    let comment = record.all().find(|one| one.name.ends_with("Comment"));
    let value = comment.and_then(|one| one.all().find(|inner| inner.name == "value"));
    let said = value.and_then(Element::own_words).and_then(words::text);
    let road = named(record, "roadNumber").or_else(|| named(record, "roadName"));
    let road = road.and_then(words::line);
    let plain = spaced(kind);
    let what = Some(plain).filter(|what| !what.is_empty());
    let parts: Vec<String> = what.into_iter().chain(road.clone()).chain(said).collect();
    let text = words::text(&parts.join("\n"));
    let text =
        text.ok_or(("nothing_said", "the record says neither what it is nor anything else"))?;
    let draft = Draft {
        observed_at,
        updated_at: version_at,
        kind: Kind::Official,
        basis: Basis::Unknown,
        status: Some(if is_over { Status::Closed } else { Status::Open }),
        hazard,
        severity: severity(named(record, "severity").or_else(|| named(record, "overallSeverity"))),
        radius_m: place.map_or(0, |spot| spot.radius_m.max(POINT_RADIUS_M)),
        place: place.map(|spot| spot.place),
        words: Words {
            source_id: Some(id.clone()),
            text: Some(text),
            lang: value.and_then(|one| one.attribute("lang")).and_then(words::id),
            place: road,
            hazard_original: original,
            ..Words::default()
        },
    };
    Ok((id, draft))
}

/// `VehicleObstruction` → `vehicle obstruction`.
fn spaced(kind: &str) -> String {
    let mut said = String::with_capacity(kind.len() + 8);
    for (n, one) in kind.chars().enumerate() {
        if n > 0 && one.is_uppercase() {
            said.push(' ');
        }
        said.extend(one.to_lowercase());
    }
    words::line(&said).unwrap_or_default()
}

/// Where it is: what is drawn or named by coordinates. Codes of tables (ALERT-C) and of another's map (`OpenLR`) are no place here.
fn spot(record: &Element) -> Option<Result<Spot, ()>> {
    let lines = record.all().filter(|one| one.name == "posList").filter_map(Element::own_words);
    let mut points: Vec<LngLat> = Vec::new();
    for line in lines {
        let Some(pairs) = lat_lng_pairs(line) else { return Some(Err(())) };
        points.extend(pairs);
    }
    if points.is_empty() {
        for one in record.all() {
            let Some((lat, lng)) = pair(one) else { continue };
            let Some(pairs) = lat_lng_pairs(&format!("{lat} {lng}")) else { return Some(Err(())) };
            points.extend(pairs);
        }
    }
    (!points.is_empty()).then(|| around(&points).ok_or(()))
}

/// A latitude and a longitude that stand within one element.
fn pair(of: &Element) -> Option<(&str, &str)> {
    let child = |name| of.children.iter().find(|one| one.name == name).and_then(Element::own_words);
    child("latitude").zip(child("longitude"))
}

/// What it is on a road, and in the words of the standard what it is beside that.
fn hazard(kind: &str, record: &Element) -> (Hazard, Option<String>) {
    let detail = [
        "accidentType",
        "environmentalObstructionType",
        "obstructionType",
        "weatherRelatedRoadConditionType",
        "poorEnvironmentType",
        "disturbanceActivityType",
        "roadOrCarriagewayOrLaneManagementType",
    ];
    let detail = detail.into_iter().find_map(|name| named(record, name));
    let hazard = match (kind, detail) {
        (_, Some("flooding" | "flashFloods" | "surfaceWaterHazard")) => Hazard::Flood,
        (_, Some("landslips" | "rockfalls" | "mudSlide" | "avalanches")) => Hazard::Landslide,
        (_, Some("forestFire" | "grassFire")) => Hazard::Wildfire,
        (_, Some("strongWinds" | "galeForceWinds" | "hurricaneForceWinds" | "stormDamage")) => {
            Hazard::Wind
        }
        (_, Some("thunderstorms" | "hail" | "heavyRain")) => Hazard::Storm,
        (_, Some("snowOnTheRoad" | "ice" | "blackIce" | "heavySnowfall" | "blizzard")) => {
            Hazard::Snow
        }
        (_, Some("earthquakeDamage")) => Hazard::Earthquake,
        (_, Some("vehicleOnFire" | "accidentInvolvingFire")) => Hazard::Fire,
        _ => Hazard::Transport,
    };
    (hazard, detail.map(spaced).filter(|said| !said.is_empty()))
}

fn severity(word: Option<&str>) -> Severity {
    match word {
        Some("highest") => Severity::Extreme,
        Some("high") => Severity::Severe,
        Some("medium") => Severity::Moderate,
        Some("low" | "lowest") => Severity::Minor,
        _ => Severity::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::super::held_tests::{NOBODY, NOW};
    use super::*;

    fn record(id: &str, kind: &str, inside: &str) -> String {
        format!(
            "<sit:situation id='S'><sit:situationRecord xsi:type='sit:{kind}' id='{id}' version='2'>\
             <sit:situationRecordCreationTime>2026-11-23T09:00:00+01:00</sit:situationRecordCreationTime>\
             <sit:situationRecordVersionTime>2026-11-23T10:30:00+01:00</sit:situationRecordVersionTime><sit:severity>high</sit:severity>{inside}\
             </sit:situationRecord></sit:situation>"
        )
    }

    fn read(memory: &mut Open, records: &[String]) -> Fetched {
        let text = format!(
            "<d2:payload xmlns:d2='http://datex2.eu/schema/3/d2Payload' xmlns:sit='http://datex2.eu/schema/3/situation' \
             xmlns:com='http://datex2.eu/schema/3/common' xmlns:loc='http://datex2.eu/schema/3/locationReferencing' xmlns:xsi='{XSI}' \
             xsi:type='sit:SituationPublication'><com:publicationTime>2026-11-23T10:59:00+01:00</com:publicationTime>{}</d2:payload>",
            records.concat()
        );
        Situations.read(text.as_bytes(), memory, &NOBODY, NOW).expect("a publication")
    }

    const POINT: &str = "<sit:locationReference><loc:pointByCoordinates><loc:pointCoordinates><loc:latitude>41.4</loc:latitude>\
        <loc:longitude>2.1</loc:longitude></loc:pointCoordinates></loc:pointByCoordinates></sit:locationReference>";

    #[test]
    fn a_record_is_read_with_its_place_its_words_and_its_times() {
        let inside = format!(
            "<sit:validity><com:validityStatus>active</com:validityStatus><com:validityTimeSpecification>\
             <com:overallStartTime>2026-11-23T08:00:00Z</com:overallStartTime></com:validityTimeSpecification></sit:validity>\
             <sit:generalPublicComment><sit:comment><com:values><com:value lang='ca'>Aigua a la calçada</com:value></com:values></sit:comment></sit:generalPublicComment>\
             {POINT}<sit:environmentalObstructionType>flooding</sit:environmentalObstructionType>"
        );
        let fetched =
            read(&mut Open::default(), &[record("R1", "EnvironmentalObstruction", &inside)]);
        assert_eq!(fetched.content_at, moment("2026-11-23T09:59:00Z"));
        let draft = &fetched.drafts[0];
        assert_eq!(draft.place.map(|at| (at.lng(), at.lat())), Some((2.1, 41.4)));
        assert_eq!(draft.observed_at, moment("2026-11-23T08:00:00Z").expect("a moment"));
        assert_eq!(draft.updated_at, moment("2026-11-23T09:30:00Z"));
        assert_eq!((draft.hazard, draft.severity), (Hazard::Flood, Severity::Severe));
        let text = "environmental obstruction\nAigua a la calçada";
        assert_eq!(
            (draft.words.text.as_deref(), draft.words.lang.as_deref()),
            (Some(text), Some("ca"))
        );
        assert_eq!((draft.status, draft.radius_m), (Some(Status::Open), POINT_RADIUS_M));
    }

    #[test]
    fn a_line_is_its_middle_a_code_is_no_place_and_what_ended_is_closed() {
        let line =
            "<loc:gmlLineString><loc:posList>41.0 2.0 41.0 2.2</loc:posList></loc:gmlLineString>";
        let code = "<loc:alertCLinear><loc:alertCLocation><loc:specificLocation>4711</loc:specificLocation></loc:alertCLocation></loc:alertCLinear>";
        let over = "<com:overallEndTime>2026-11-23T09:59:00Z</com:overallEndTime>";
        let wrong = POINT.replace("41.4", "141.4");
        let records = [
            record("line", "MaintenanceWorks", line),
            record("code", "Accident", code),
            record("over", "Accident", over),
            record("wrong", "Accident", &wrong),
        ];
        let fetched = read(&mut Open::default(), &records);
        let told: Vec<_> =
            fetched.drafts.iter().map(|one| (one.place.map(LngLat::lng), one.status)).collect();
        let (open, closed) = (Some(Status::Open), Some(Status::Closed));
        assert_eq!(told.len(), 3);
        assert!(told[0].0.is_some_and(|lng| (lng - 2.1).abs() < 1e-9) && told[0].1 == open);
        assert_eq!(told[1..], [(None, open), (None, closed)]);
        assert_eq!(fetched.rejected["bad_coordinates"], 1);
    }

    #[test]
    fn what_is_no_publication_is_garbled() {
        for text in ["<html/>", "", "<rss><channel/></rss>"] {
            let read = Situations.read(text.as_bytes(), &mut Open::default(), &NOBODY, NOW);
            assert!(matches!(read, Err(FetchError::Garbled(_))), "{text}");
        }
    }
}
