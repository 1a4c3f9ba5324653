//! What a decision sets, from the words of the wire: a zone, a rule, a place. Whatever is wrong is named with its remedy.

use axum::http::StatusCode;
use engine::decision::Setting;
use engine::entry::SourceKey;
use engine::rule::{
    Beyond, Count, Direction, Flaw, Grade, Move, Of, Path, Rule, Stream, Thing, When,
};
use engine::zone::{Part, Zone, ZoneId};
use wire::alarm::AlarmLevel;
use wire::decision::{DecisionBody, DecisionKind};
use wire::geo::LngLat;
use wire::rule::{RuleBody, RuleDirection, RuleMove, RuleOf, RuleStream, RuleThing, RuleWhen};
use wire::view::Mode;
use wire::zone::{Ring, ZoneBody, ZoneShape};

use super::problem::Fault;
use crate::state::App;

/// What a decision sets, if anything.
pub(super) async fn setting(
    app: &App,
    body: &mut DecisionBody,
    mode: Mode,
) -> Result<Option<Setting>, Fault> {
    let (zone, rule) = (body.zone.take(), body.rule.take());
    let misplaced = (zone.is_some() && body.kind != DecisionKind::Zone)
        || (rule.is_some() && body.kind != DecisionKind::Rule)
        || (body.remove && !matches!(body.kind, DecisionKind::Zone | DecisionKind::Rule));
    if misplaced {
        return Err(Fault::field(
            "/kind",
            "wrong_kind",
            "A zone is set or removed by a decision of the kind zone, a rule by one of the kind rule.",
        ));
    }
    let sets = match body.kind {
        DecisionKind::Zone => match zone {
            Some(zone) => {
                // Long rings take long to check.
                let drawn = tokio::task::spawn_blocking(move || drawn(&zone));
                Some(Setting::Zone(drawn.await.map_err(Fault::internal)??))
            }
            None => None,
        },
        DecisionKind::Rule => match rule {
            Some(rule) => Some(Setting::Rule(armed(app, rule, mode, "/rule").await?)),
            None => None,
        },
        DecisionKind::Place => {
            let place = body.geometry.take();
            return Ok(place.map(|at| Setting::Place(at, body.radius_m.unwrap_or_default())));
        }
        _ => return Ok(None),
    };
    match (sets.is_some(), body.remove) {
        (true, true) => Err(Fault::field(
            "/remove",
            "set_and_removed",
            "It cannot be set and removed at once: leave one of the two out.",
        )),
        (false, false) => Err(Fault::field(
            &format!("/{}", body.kind),
            "missing",
            format!(
                "Say what the {kind} is from now on, or name it as the subject and say \"remove\": true.",
                kind = body.kind
            ),
        )),
        _ => Ok(sets),
    }
}

/// What does not hold together, each field with its remedy.
pub(super) fn faults(under: &str, flaws: impl IntoIterator<Item = (String, String)>) -> Fault {
    let fault = Fault::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid-request",
        "The request cannot be served as it stands",
        "Nothing was stored; `errors` names the fields to mend.",
    );
    flaws.into_iter().fold(fault, |fault, (pointer, remedy)| {
        fault.at(None, &format!("{under}{pointer}"), "invalid", &remedy)
    })
}

/// `when.sources.n_min` as an RFC 6901 pointer.
pub(super) fn pointer(field: &str) -> String {
    let mut pointer = String::from("/");
    pointer.extend(field.chars().filter(|c| *c != ']').map(|c| match c {
        '[' | '.' => '/',
        other => other,
    }));
    pointer
}

/// A zone from its `GeoJSON`.
fn drawn(body: &ZoneBody) -> Result<Zone, Fault> {
    let (is_one, polygons): (bool, Vec<&[Ring]>) = match &body.geometry {
        ZoneShape::Polygon(rings) => (true, vec![rings.as_slice()]),
        ZoneShape::MultiPolygon(parts) => (false, parts.iter().map(Vec::as_slice).collect()),
    };
    let at = |part: usize, ring: usize| {
        let part = if is_one { String::new() } else { format!("/{part}") };
        format!("/geometry/coordinates{part}/{ring}")
    };
    let mut parts = Vec::with_capacity(polygons.len());
    for (index, rings) in polygons.iter().enumerate() {
        let mut read = Vec::with_capacity(rings.len());
        for (ring, positions) in rings.iter().enumerate() {
            read.push(corners(positions).map_err(|(corner, remedy)| {
                faults("/zone", [(format!("{}/{corner}", at(index, ring)), remedy)])
            })?);
        }
        let mut read = read.into_iter();
        let outer = read.next().unwrap_or_default();
        parts.push(Part { outer, holes: read.collect() });
    }
    let zone = Zone { name: body.name.clone(), parts };
    match zone.check() {
        Ok(()) => Ok(zone),
        Err(flaws) => {
            let told = flaws
                .into_iter()
                .map(|Flaw { field, remedy }| (geojson_pointer(&field, is_one), remedy));
            Err(faults("/zone", told))
        }
    }
}

/// The places of a ring; otherwise which position is none, and why.
fn corners(positions: &[Vec<f64>]) -> Result<Vec<LngLat>, (usize, String)> {
    let place = |(index, position): (usize, &Vec<f64>)| {
        let [lng, lat, ..] = position.as_slice() else {
            return Err((index, "give longitude and latitude, in this order".to_owned()));
        };
        LngLat::new(*lng, *lat)
            .map_err(|cause| (index, format!("{cause}; longitude comes first, in degrees")))
    };
    positions.iter().enumerate().map(place).collect()
}

/// `parts[1].holes[0]` of a zone as the pointer of the ring in its `GeoJSON`.
fn geojson_pointer(field: &str, is_one: bool) -> String {
    let Some(rest) = field.strip_prefix("parts") else { return pointer(field) };
    let numbers: Vec<usize> = rest
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect();
    let part = numbers.first().filter(|_| !is_one).map(usize::to_string);
    let ring = match numbers.get(1) {
        Some(hole) => Some((hole + 1).to_string()),
        None => rest.ends_with("outer").then(|| "0".to_owned()),
    };
    let path = ["/geometry/coordinates".to_owned()].into_iter().chain(part).chain(ring);
    path.collect::<Vec<_>>().join("/")
}

/// A rule from its words; `under` is where it stands in the body.
pub(super) async fn armed(
    app: &App,
    body: RuleBody,
    mode: Mode,
    under: &str,
) -> Result<Rule, Fault> {
    let RuleBody { name, level, when } = body;
    let grade = match level {
        AlarmLevel::Red => Grade::Red,
        AlarmLevel::Orange => Grade::Orange,
        AlarmLevel::Yellow => Grade::Yellow,
    };
    let when = match when {
        RuleWhen::Sources { n_min, hazard, zone, within_ms } => {
            When::Sources(Count { n_min, hazard, zone: zone.map(ZoneId), within_ms })
        }
        RuleWhen::Value { of, direction, level, clear, hold_ms } => When::Value(Beyond {
            of: match of {
                RuleOf::Stream(stream) => {
                    let at = format!("{under}/when/value/of/stream/source");
                    Of::Stream(named(app, stream, mode, &at).await?)
                }
                RuleOf::Zone { zone, unit } => Of::Zone { zone: ZoneId(zone), unit },
            },
            direction: match direction {
                RuleDirection::Rising => Direction::Rising,
                RuleDirection::Falling => Direction::Falling,
            },
            level,
            clear,
            hold_ms,
        }),
        RuleWhen::Crossing { zone, thing, moves } => When::Crossing(Path {
            zone: ZoneId(zone),
            thing: match thing {
                Some(RuleThing::Stream(stream)) => {
                    let at = format!("{under}/when/crossing/thing/stream/source");
                    Some(Thing::Stream(named(app, stream, mode, &at).await?))
                }
                Some(RuleThing::Report(id)) => Some(Thing::Report(id)),
                None => None,
            },
            moves: match moves {
                RuleMove::Enters => Move::Enters,
                RuleMove::Leaves => Move::Leaves,
                RuleMove::Stays(longer_ms) => Move::Stays(longer_ms),
            },
        }),
    };
    let rule = Rule { name, grade, when };
    match rule.check() {
        Ok(()) => Ok(rule),
        Err(flaws) => {
            let told = flaws.into_iter().map(|Flaw { field, remedy }| (pointer(&field), remedy));
            Err(faults(under, told))
        }
    }
}

async fn named(app: &App, stream: RuleStream, mode: Mode, at: &str) -> Result<Stream, Fault> {
    let rows = app.store.sources().await?;
    let row = rows.into_iter().find(|row| row.id == stream.source && row.mode == mode);
    let source: SourceKey = row.map(|row| row.key).ok_or_else(|| {
        let detail = "There is no such source in this mode: GET /api/v1/sources names them.";
        Fault::field(at, "unknown_source", detail)
    })?;
    Ok(Stream { source, name: stream.name })
}
