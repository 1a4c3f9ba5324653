//! Exercises: seeded scenarios the server plays into the mode `exercise`, through the same door as every source.

pub(crate) mod dice;
pub mod places;
mod player;
mod run;
pub mod scenario;
pub mod sensors;
pub mod storm;
pub mod voice;
mod words;

use tokio_util::sync::CancellationToken;

use crate::state::App;

/// The exercises there are.
pub const NAMES: &[&str] = &["barcelona-storm"];

/// Faster than this a whole exercise passes within a few beats of the player.
const SPEED_MAX: f64 = 1_000.0;

/// Plays the configured exercise until it ends or `stop`. Does nothing when none is configured.
pub async fn run(app: App, stop: CancellationToken) {
    let Some(name) = app.config.exercise.clone().filter(|name| name != "off") else { return };
    if let Err(why) = check(&name, app.config.exercise_speed) {
        tracing::error!(why, "no exercise is played");
        return;
    }
    if let Err(cause) = player::play(app, &name, &stop).await
        && !stop.is_cancelled()
    {
        tracing::error!(%cause, exercise = name, "the exercise stopped before its end");
    }
}

/// What is wrong with the settings of an exercise, in one sentence.
pub fn check(name: &str, speed: f64) -> Result<(), String> {
    if name != "off" && !NAMES.contains(&name) {
        return Err(format!("exercise: `{name}` is not known; use {} or off", NAMES.join(", ")));
    }
    if !(speed.is_finite() && (0.01..=SPEED_MAX).contains(&speed)) {
        return Err(format!("exercise_speed: {speed} is outside 0.01 to {SPEED_MAX}"));
    }
    Ok(())
}
