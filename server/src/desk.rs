//! The desk: what ledgers, Worlds, settings and memory know of each connection, put together.

use std::collections::BTreeMap;

use engine::entry::SourceKey;
use engine::world::{Desk, DeskQuery, SourceSensors};
use wire::desk::{Connection, Connections, DayAccount, Direction, ReasonCount};
use wire::source::SourceHealth;
use wire::time::Timestamp;
use wire::view::Mode;

use crate::http::problem::Fault;
use crate::source::config::KINDS;
use crate::state::App;
use crate::store::{ContactRow, HOUR_MS, KeyRow, SourceRow, ToldRow, hour_of};

/// A day, as the desk counts it: the current hour and the 23 before it.
const DAY_MS: i64 = 23 * HOUR_MS;

/// All connections of a mode, or one.
pub(crate) async fn connections(
    app: &App,
    mode: Mode,
    only: Option<SourceKey>,
) -> Result<Connections, Fault> {
    let at = app.clock.now();
    let from = hour_of(at).plus_ms(-DAY_MS);
    let rows = app.store.sources().await?;
    let rows: Vec<SourceRow> = rows
        .into_iter()
        .filter(|row| row.mode == mode && only.is_none_or(|only| only == row.key))
        .collect();
    let days = days(app, from).await?;
    let reasons = top_reasons(app, from, at).await?;
    let contacts = contacts(app).await?;
    let told = app.store.told().await?;
    let waiting = app.intake.waiting();
    let days_left = key_days_left(&app.store.keys().await?, at);
    let Desk { mut sentence, sources } = world(app, mode, only, at).await?;
    let connections = rows.iter().map(|row| {
        let sensors = sources.get(&row.key).cloned().unwrap_or_default();
        let offset_ms = app.worlds.read(mode).clock_offset_ms(row.key);
        Connection {
            day: days.get(&row.key).copied().unwrap_or_default(),
            top_reason: reasons.get(&row.key).cloned(),
            clock_offset_ms: offset_ms,
            backlog: waiting.get(&row.key).copied().unwrap_or_default(),
            key_days_left: days_left.get(&row.key).copied().flatten(),
            ..connection(app, row, sensors, at, (&contacts, &told))
        }
    });
    let mut connections: Vec<Connection> = connections.collect();
    connections.sort_by(|a, b| (b.status, &a.name, &a.id).cmp(&(a.status, &b.name, &b.id)));
    for cause in &mut sentence.causes {
        let own = connections.iter().find(|one| one.id == cause.source);
        cause.told_at = own.and_then(|own| own.told_at);
    }
    Ok(Connections { mode, at, sentence, connections })
}

/// Whole days until the last key of each source ends by itself; none where one goes on until somebody revokes it. While two
/// are live to change over, the one that ends later is the one that counts.
fn key_days_left(keys: &[KeyRow], at: Timestamp) -> BTreeMap<SourceKey, Option<i64>> {
    let mut left: BTreeMap<SourceKey, Option<i64>> = BTreeMap::new();
    for key in keys.iter().filter(|key| key.is_in_force(at)) {
        let own = key.days_left(at);
        left.entry(key.source)
            .and_modify(|left| *left = left.zip(own).map(|(a, b)| a.max(b)))
            .or_insert(own);
    }
    left
}

fn connection(
    app: &App,
    row: &SourceRow,
    sensors: SourceSensors,
    at: Timestamp,
    (contacts, told): (&BTreeMap<String, ContactRow>, &BTreeMap<SourceKey, ToldRow>),
) -> Connection {
    let note = app.sources.of(&row.id);
    let by_content = app.sources.status(row, at);
    let status = status(by_content.status, &sensors);
    let newest_at = row.newest.max(note.content_at).max(sensors.newest_at);
    let age = |newest| u64::try_from(at.ms_since(newest)).unwrap_or_default();
    let contact = contacts.get(&row.id).cloned().unwrap_or_default();
    let told_at = told.get(&row.key).and_then(|told| told.told_at);
    let dialect = dialect(app, row);
    let is_listened_to = dialect == Some("mqtt");
    let is_feed = row.id.starts_with("feed:");
    Connection {
        id: row.id.clone(),
        name: row.name.clone(),
        mode: row.mode,
        dialect: dialect.map(str::to_owned),
        direction: if is_feed && !is_listened_to { Direction::Pull } else { Direction::Push },
        status,
        reason: by_content.reason,
        n_sensors: sensors.n,
        n_in_works: sensors.n_in_works,
        newest_at,
        newest_age_ms: newest_at.map(age),
        cadence_ms: sensors
            .cadence_ms
            .or(note.cadence_ms)
            .and_then(|cadence| u64::try_from(cadence).ok()),
        day: DayAccount::default(),
        top_reason: None,
        clock_offset_ms: None,
        backlog: 0,
        key_days_left: None,
        duty_phone: contact.phone.or(sensors.phone),
        told_at,
        room_told_at: sensors.room_told_at,
        is_told: contact.webhook.is_some(),
    }
}

/// How a connection is: paused where somebody stopped it, broken where it cannot be reached, else by its sensors, else by the age of
/// what it sent.
pub(crate) fn status(by_content: SourceHealth, sensors: &SourceSensors) -> SourceHealth {
    match (by_content, sensors.status()) {
        (ours @ (SourceHealth::Paused | SourceHealth::Broken), _) => ours,
        (_, Some(by_sensors)) => by_sensors,
        (other, None) => other,
    }
}

/// What a source speaks: a configured one what its settings say, a partner what it spoke last, or left behind.
fn dialect(app: &App, row: &SourceRow) -> Option<&'static str> {
    if let Some(name) = row.id.strip_prefix("feed:") {
        let all = app.roster.all();
        let config = all.iter().find(|config| config.short_name() == name)?;
        return KINDS.into_iter().find(|kind| *kind == config.kind);
    }
    let left = || app.registry.has(row.key, row.mode).then_some("sensorthings");
    let spoke = || (row.ledger.received > 0).then_some("rest");
    app.attempts.dialect(row.key).or_else(left).or_else(spoke)
}

/// What the World knows of sensors: a walk through all of them, away from the runtime.
pub(crate) async fn world(
    app: &App,
    mode: Mode,
    source: Option<SourceKey>,
    at: Timestamp,
) -> Result<Desk, Fault> {
    let app = app.clone();
    let walk = move || {
        let gateway =
            |source: SourceKey, datastream: &str| app.registry.gateway(source, mode, datastream);
        app.worlds.read(mode).desk(&DeskQuery { source, gateway: &gateway }, at)
    };
    tokio::task::spawn_blocking(walk).await.map_err(Fault::internal)
}

/// How partners are reached: by what was set for each, or by the settings of a source of ours.
pub(crate) async fn contacts(app: &App) -> Result<BTreeMap<String, ContactRow>, Fault> {
    let mut contacts = app.store.contacts().await?;
    for config in app.roster.all().iter() {
        let contact = contacts.entry(format!("feed:{}", config.short_name())).or_default();
        contact.webhook = contact.webhook.take().or_else(|| config.webhook.clone());
        contact.phone = contact.phone.take().or_else(|| config.duty_phone.clone());
    }
    Ok(contacts)
}

async fn days(app: &App, from: Timestamp) -> Result<BTreeMap<SourceKey, DayAccount>, Fault> {
    let totals = app.store.hours_since(from).await?;
    Ok(totals.iter().map(crate::store::HourTotal::told).collect::<Result<_, _>>()?)
}

async fn top_reasons(
    app: &App,
    from: Timestamp,
    at: Timestamp,
) -> Result<BTreeMap<SourceKey, ReasonCount>, Fault> {
    let mut top = BTreeMap::new();
    // The most frequent first.
    for row in app.store.refusals(from, at.plus_ms(HOUR_MS), false).await? {
        let count = ReasonCount { reason: row.reason.clone(), n: row.n()? };
        top.entry(row.source()?).or_insert(count);
    }
    Ok(top)
}

/// The hourly ledger is kept for thirteen months, so that a month can be held against the same of last year.
const KEPT_MS: i64 = 400 * 24 * HOUR_MS;

/// Looks this often whether there are hours to drop.
const DROP_EVERY: std::time::Duration = std::time::Duration::from_hours(6);

/// Drops hours that are older than they are kept. Has no end of its own.
pub(crate) async fn forget(app: App) {
    loop {
        let before = hour_of(app.clock.now()).plus_ms(-KEPT_MS);
        if let Err(error) = app.store.hours_drop(before).await {
            tracing::warn!(%error, "old hours of the ledger could not be dropped");
        }
        tokio::time::sleep(DROP_EVERY).await;
    }
}
