//! The player: hands each event in when it is due, through the same door as every source.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use engine::entry::Body;
use engine::identity::report_id;
use engine::observation::PassportEntry;
use engine::report::Words;
use engine::view::Clearance;
use tokio_util::sync::CancellationToken;
use wire::grade::{Basis, Hazard, Severity, Status};
use wire::report::ReportFeature;
use wire::time::Timestamp;
use wire::view::Mode;

use super::run::Run;
use super::scenario::{self, BEGIN_MS, END_MS, FIRST_MS, SEED};
use super::sensors;
use super::voice::Voice;
use crate::pipeline::{IntakeError, Submission, Tied};
use crate::source::Draft;
use crate::state::App;
use crate::store::{SourceRow, StoreError};

/// How often the player looks at the clock: what an eye takes for at once.
const BEAT: Duration = Duration::from_millis(200);
/// A pause when the intake is full.
const FULL: Duration = Duration::from_millis(500);
/// Entries handed in at once.
const SUBMIT_MAX: usize = 2_000;
/// Sensors are read at most this often on the wall, however fast the exercise plays.
const SENSOR_BEAT_MS: i64 = 2_000;
/// All sensors stand in this box.
const CITY: [f64; 4] = [2.0, 41.3, 2.3, 41.5];

/// Why an exercise stopped before its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlayError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Intake(#[from] IntakeError),
    #[error("a source of the exercise is missing")]
    Source,
}

/// The sources of an exercise, ready to hand in.
struct Stage {
    app: App,
    voices: BTreeMap<Voice, SourceRow>,
    sensors: SourceRow,
}

/// Plays until the end or `stop`.
pub(super) async fn play(app: App, name: &str, stop: &CancellationToken) -> Result<(), PlayError> {
    let stage = Stage::set(app).await?;
    let app = &stage.app;
    let now = app.clock.now();
    let speed = app.config.exercise_speed;
    let before = Run::load(app, name).await?;
    let run = match before {
        // Equal bits: the same setting, written by the same program.
        Some(run) if !run.ended(now) && run.speed.to_bits() == speed.to_bits() => run,
        before => {
            if let Some(before) = before {
                stage.close_left_open(&before).await?;
            }
            let run =
                Run { number: before.map_or(1, |before| before.number + 1), began_at: now, speed };
            run.save(app, name).await?;
            run
        }
    };
    tracing::info!(exercise = name, run = run.number, speed, "the exercise plays");
    let events = scenario::write(SEED);
    let mut next = 0;
    let mut sensed = stage.newest_sensed();
    stage.history_of_sensors(&run, &mut sensed).await?;
    // After their history: values of an hour ago would pass for a silence of now.
    stage.admit_sensors().await?;
    loop {
        let now = app.clock.now();
        let at_ms = run.scenario_ms(now);
        let mut due: BTreeMap<Voice, Vec<Body>> = BTreeMap::new();
        while let Some(event) = events.get(next).filter(|event| event.at_ms <= at_ms) {
            if let Some(row) = stage.voices.get(&event.voice) {
                due.entry(event.voice).or_default().push(run.draft(event).body(
                    row,
                    &app.id_key,
                    now,
                ));
            }
            next += 1;
        }
        for (voice, bodies) in due {
            let row = stage.voices.get(&voice).ok_or(PlayError::Source)?;
            stage.submit(row, bodies).await?;
        }
        if at_ms >= END_MS {
            stage.say_the_end(&run).await?;
            tracing::info!(exercise = name, run = run.number, "the exercise ended");
            return Ok(());
        }
        let every_ms = ((sensors::EVERY_MS as f64 / run.speed) as i64).max(SENSOR_BEAT_MS);
        if now.ms_since(sensed) >= every_ms {
            stage.sense(at_ms, now).await?;
            sensed = now;
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(BEAT) => {}
        }
    }
}

impl Stage {
    async fn set(app: App) -> Result<Self, PlayError> {
        let mut voices = BTreeMap::new();
        for voice in Voice::ALL {
            voices.insert(
                voice,
                app.store.source_ensure(voice.source(), voice.name(), Mode::Exercise).await?,
            );
        }
        let sensors =
            app.store.source_ensure(sensors::SOURCE, sensors::NAME, Mode::Exercise).await?;
        app.sources.note(sensors::SOURCE, |note| note.cadence_ms = Some(sensors::EVERY_MS));
        Ok(Self { app, voices, sensors })
    }

    /// Hands bodies in, waiting while the intake is full.
    async fn submit(&self, row: &SourceRow, bodies: Vec<Body>) -> Result<(), PlayError> {
        let mut bodies = bodies;
        while !bodies.is_empty() {
            let rest = bodies.split_off(bodies.len().min(SUBMIT_MAX));
            let batch = std::mem::replace(&mut bodies, rest);
            loop {
                let submission = Submission {
                    source: row.key,
                    mode: row.mode,
                    bodies: batch.clone(),
                    rejected: BTreeMap::new(),
                    bytes: 0,
                    area: None,
                    sent: Arc::default(),
                    tied: Tied::default(),
                };
                match self.app.intake.submit(submission).await {
                    Ok(_outcome) => break,
                    Err(
                        IntakeError::Busy { .. } | IntakeError::DiskFull | IntakeError::Unavailable,
                    ) => {
                        tokio::time::sleep(FULL).await;
                    }
                    Err(stopped) => return Err(stopped.into()),
                }
            }
        }
        Ok(())
    }

    /// Tells what is known about the sensors, where it is not known yet.
    async fn admit_sensors(&self) -> Result<(), PlayError> {
        let source = self.sensors.key;
        let entries: Vec<Body> = {
            let world = self.app.worlds.read(Mode::Exercise);
            let unknown = sensors::passports()
                .into_iter()
                .filter(|(id, passport)| world.passport(source, id) != Some(passport));
            let entry = |(datastream, passport)| {
                Body::Passport(Box::new(PassportEntry { source, datastream, passport }))
            };
            unknown.map(entry).collect()
        };
        let outcome = self.app.intake.submit(Submission::own(Mode::Exercise, entries)).await;
        Ok(outcome.map(|_| ())?)
    }

    /// When the newest value of the exercise's sensors was true; values are not folded, so none is handed in twice.
    fn newest_sensed(&self) -> Timestamp {
        let Ok(city) = wire::geo::Bbox::new(CITY[0], CITY[1], CITY[2], CITY[3]) else {
            return Timestamp(0);
        };
        let world = self.app.worlds.read(Mode::Exercise);
        let sensors = world.sensors_in(&city).into_iter().filter_map(|index| world.sensor(index));
        let ours = sensors.filter(|sensor| sensor.source == sensors::SOURCE);
        ours.map(|sensor| sensor.phenomenon_time).max().unwrap_or_default()
    }

    async fn sense(&self, at_ms: i64, wall: Timestamp) -> Result<(), PlayError> {
        let now = self.app.clock.now();
        let values = sensors::values(SEED, at_ms, wall);
        self.submit(
            &self.sensors,
            values.into_iter().map(|gauge| gauge.body(&self.sensors, now)).collect(),
        )
        .await
    }

    /// The values before the beginning, unless they are there.
    async fn history_of_sensors(&self, run: &Run, sensed: &mut Timestamp) -> Result<(), PlayError> {
        let mut at_ms = FIRST_MS;
        while at_ms < BEGIN_MS {
            let wall = run.wall(at_ms);
            if wall > *sensed {
                self.sense(at_ms, wall).await?;
                *sensed = wall;
            }
            at_ms += sensors::HISTORY_EVERY_MS;
        }
        Ok(())
    }

    fn held(&self, row: &SourceRow, id: &str) -> Option<ReportFeature> {
        self.app.worlds.read(Mode::Exercise).report(report_id(&row.id, id), Clearance::Desk)
    }

    /// Closes what a run that was cut off left open, so that nothing of it stays on the map for ever.
    async fn close_left_open(&self, before: &Run) -> Result<(), PlayError> {
        let now = self.app.clock.now();
        for event in
            scenario::write(SEED).iter().filter(|event| event.draft.status == Some(Status::Closed))
        {
            let row = self.voices.get(&event.voice).ok_or(PlayError::Source)?;
            let mut draft = before.draft(event);
            let held = draft.words.source_id.as_deref().and_then(|id| self.held(row, id));
            if held.is_some_and(|report| report.properties.status == Some(Status::Open)) {
                draft.updated_at = Some(now);
                self.submit(row, vec![draft.body(row, &self.app.id_key, now)]).await?;
            }
        }
        Ok(())
    }

    /// Says that it is over, on the list where everyone looks.
    async fn say_the_end(&self, run: &Run) -> Result<(), PlayError> {
        let row = self.voices.get(&Voice::Officials).ok_or(PlayError::Source)?;
        let at = run.wall(END_MS);
        let clock = at.to_string();
        let clock = clock.get(11..16).unwrap_or_default();
        let end = Draft {
            observed_at: at,
            updated_at: Some(at),
            kind: Voice::Officials.kind(),
            basis: Basis::Seen,
            status: Some(Status::Closed),
            hazard: Hazard::Other,
            severity: Severity::Unknown,
            radius_m: 0,
            place: None,
            words: Words {
                source_id: Some(format!("r{}-end", run.number)),
                text: Some(format!(
                    "L'exercici s'ha acabat a les {clock} UTC. Nothing more comes: the exercise ended at {clock} UTC."
                )),
                lang: Some("ca".to_owned()),
                place: Some("Barcelona".to_owned()),
                ..Words::default()
            },
        };
        let now = self.app.clock.now();
        self.submit(row, vec![end.body(row, &self.app.id_key, now)]).await
    }
}
