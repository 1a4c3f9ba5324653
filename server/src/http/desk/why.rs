//! `GET /api/v1/why`: eight ticks, and the first cross says why a sensor is not on the map.

use axum::Json;
use axum::extract::State;
use engine::entry::SourceKey;
use wire::desk::{Tick, TickName, TickState, Why};
use wire::time::Timestamp;
use wire::view::Mode;

use super::super::params::{Params, wrong};
use super::super::problem::Fault;
use crate::auth::DeskUser;
use crate::state::App;
use crate::store::SourceRow;
use crate::why::{Known, Story, alike, ticks};

/// Bytes of a device's name: those of a datastream of two hundred characters.
const DEVICE_BYTES_MAX: usize = 800;

/// `GET /api/v1/why?device=[&source=&mode=]`
pub(super) async fn why(
    State(app): State<App>,
    user: DeskUser,
    mut params: Params,
) -> Result<Json<Why>, Fault> {
    let device: String = params.need("device", "the name of a datastream, as you send it")?;
    let source = params.text("source");
    let asked = params.mode()?;
    params.end()?;
    let device = device.trim().to_owned();
    if device.len() > DEVICE_BYTES_MAX {
        return Err(wrong("device", "device must be at most 200 characters"));
    }
    let mode = user.mode(asked)?;
    let at = app.clock.now();
    let rows = app.store.sources().await?;
    let seen: Vec<&SourceRow> =
        rows.iter().filter(|row| row.mode == mode && user.sees(row.key)).collect();
    let one = match &source {
        Some(id) => {
            let row = super::named(&rows, &user, id)?;
            if row.mode != mode {
                return Err(super::no_source());
            }
            Some(row)
        }
        None => user.source.and_then(|own| seen.iter().find(|row| row.key == own).copied()),
    };
    // A number of SensorThings stands for the name under which its Datastream speaks.
    let number = app.registry.datastream(&device);
    let number = number.filter(|(key, of, _)| *of == mode && user.sees(*key));
    let heard = |key: SourceKey, name: &str| heard_at(&app, mode, key, name);
    let mut name = device.clone();
    let mut found: Vec<(&SourceRow, Timestamp)> = match one {
        Some(row) => vec![(row, heard(row.key, &device).unwrap_or_default())],
        None => seen.iter().filter_map(|row| Some((*row, heard(row.key, &device)?))).collect(),
    };
    let is_unheard = found.iter().all(|(_, at)| *at == Timestamp::default());
    if let Some((key, _, stream)) = number.filter(|_| is_unheard)
        && let Some(row) = seen.iter().find(|row| row.key == key)
        && one.is_none_or(|one| one.key == key)
    {
        name = stream;
        found = vec![(row, heard(key, &name).unwrap_or_default())];
    }
    found.sort_by_key(|(row, at)| (std::cmp::Reverse(*at), row.key));
    let also_in = found.iter().skip(1).map(|(row, _)| row.id.clone()).collect();
    let row = found.first().map(|(row, _)| *row);
    let story = story(&app, row, &name, at).await?;
    let is_known = story.known.is_some() || story.attempt.is_some();
    let told = match other_mode(&app, &user, &rows, (mode, &device)).filter(|_| !is_known) {
        Some(other) => in_other_mode(other, at, &device),
        None => ticks(&story),
    };
    let alike = if is_known { Vec::new() } else { names_like(&app, mode, &seen, row, &device) };
    Ok(Json(Why {
        mode,
        at,
        source: row.map(|row| row.id.clone()),
        name: story.known.map(|known| known.name),
        device,
        remembered_since: app.attempts.since(),
        ticks: told,
        also_in,
        alike,
    }))
}

/// When something of this name last came from a source.
fn heard_at(app: &App, mode: Mode, source: SourceKey, device: &str) -> Option<Timestamp> {
    let attempt = app.attempts.last(source, device).map(|attempt| attempt.at);
    let world = app.worlds.read(mode);
    let known = world.datastream(source, device, world.now());
    attempt.max(known.map(|known| known.latest.sensor.recorded_at))
}

/// All that is known of a device.
async fn story(
    app: &App,
    row: Option<&SourceRow>,
    device: &str,
    now: Timestamp,
) -> Result<Story, Fault> {
    let (proven, claimed, stranger) = app.attempts.door(|door| {
        let key = row.map(|row| row.key);
        let proven = key.and_then(|key| door.proven(key).cloned());
        let claimed = key.and_then(|key| door.claimed(key).cloned());
        (proven, claimed, door.stranger().cloned())
    });
    let mut story = Story {
        now,
        device: device.to_owned(),
        proven,
        claimed,
        stranger,
        since: app.attempts.since(),
        ..Story::default()
    };
    let Some(row) = row else { return Ok(story) };
    story.source.clone_from(&row.id);
    story.attempt = app.attempts.last(row.key, device);
    story.turned = app.attempts.turned_away(row.key);
    story.known = known(app, row, device, now);
    let keys = app.store.keys().await?;
    let theirs = keys.iter().filter(|key| key.source == row.key && key.revoked_at.is_none());
    story.key = theirs
        .max_by_key(|key| key.created_at)
        .map(|key| format!("{} ({}), {}", key.scopes.replace(' ', ", "), key.id, key.mode));
    Ok(story)
}

fn known(app: &App, row: &SourceRow, device: &str, now: Timestamp) -> Option<Known> {
    let world = app.worlds.read(row.mode);
    let view = world.datastream(row.key, device, now)?;
    let sensor = view.latest.sensor;
    let passport = world.passport(row.key, device);
    let said_ms = passport.and_then(|passport| passport.cadence).map(|cadence| cadence.by_day_ms);
    let works = world.works_at(row.key, device, now);
    let place = sensor.geometry;
    Some(Known {
        name: sensor.name,
        seq: sensor.seq,
        recorded_at: sensor.recorded_at,
        phenomenon_at: sensor.phenomenon_time,
        unit: sensor.unit,
        reads_unit: view.latest.unit_known.unwrap_or(true),
        swapped: place.and_then(|place| world.swapped(place)),
        place,
        since: view.places.first().map(|stood| stood.since),
        status: view.latest.status,
        cadence_ms: said_ms.and_then(|ms| u64::try_from(ms).ok()).or(sensor.cadence_ms),
        gone_at: sensor.gone_at,
        works: works.map(|works| (works.to, works.why.clone(), works.who.clone())),
    })
}

/// The other mode, where an operator asks for what speaks there.
fn other_mode(
    app: &App,
    user: &DeskUser,
    rows: &[SourceRow],
    (mode, device): (Mode, &str),
) -> Option<(Mode, String)> {
    let others = rows.iter().filter(|row| row.mode != mode && user.sees(row.key));
    let mut others = others.filter(|row| heard_at(app, row.mode, row.key, device).is_some());
    others.next().map(|row| (row.mode, row.id.clone()))
}

fn in_other_mode((mode, source): (Mode, String), at: Timestamp, device: &str) -> Vec<Tick> {
    let tick = |name: &TickName| match name {
        TickName::Arrived => Tick {
            name: *name,
            state: TickState::Ok,
            at: Some(at),
            detail: Some(format!("over {source}")),
            ..Tick::default()
        },
        TickName::Key => Tick {
            name: *name,
            state: TickState::Cross,
            at: Some(at),
            detail: Some(format!("{device} speaks with a key of the mode {mode}.")),
            reason: Some("wrong-mode".to_owned()),
            remedy: Some("Send with a key of the mode in which it should be seen.".to_owned()),
            ..Tick::default()
        },
        _ => Tick { name: *name, ..Tick::default() },
    };
    TickName::ALL.iter().map(tick).collect()
}

fn names_like(
    app: &App,
    mode: Mode,
    seen: &[&SourceRow],
    row: Option<&SourceRow>,
    device: &str,
) -> Vec<String> {
    let is_asked = |key: SourceKey| match row {
        Some(row) => row.key == key,
        None => seen.iter().any(|row| row.key == key),
    };
    let mut names: Vec<String> = app.worlds.read(mode).datastream_names(&is_asked);
    for row in seen.iter().filter(|row| is_asked(row.key)) {
        names.extend(app.attempts.names(row.key).iter().map(ToString::to_string));
    }
    alike(device, names)
}
