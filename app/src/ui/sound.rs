//! The three sounds there are: the picture stopped, an alarm asks, an alarm was not answered in time. Everything else is for the eyes.
//!
//! Browsers let a page sound only after somebody touched it. Until then the sound waits, and the screen says so.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::{AudioContext, AudioContextState};
use wire::view::Mode;

use crate::model::alarms::Tune;
use crate::ui::lasting::Lasting;
use crate::ui::storage::{recall, remember};

/// What this machine remembers.
const MUTED: &str = "talaia.sound";
/// The tones of the two modes, in hertz: nobody takes a drill for the world by ear.
const LIVE_HZ: [f32; 6] = [880.0, 622.0, 880.0, 622.0, 880.0, 622.0];
const EXERCISE_HZ: [f32; 3] = [440.0, 330.0, 262.0];
/// Of an alarm: rising, and in a drill lower by an octave. One that climbs says it three times.
const ASKS_LIVE_HZ: [f32; 6] = [659.0, 988.0, 659.0, 988.0, 659.0, 988.0];
const ASKS_EXERCISE_HZ: [f32; 6] = [330.0, 494.0, 330.0, 494.0, 330.0, 494.0];
/// How many of these tones are heard before an alarm climbs.
const ASKS_TONES: usize = 2;
/// How long a tone takes, in seconds.
const TONE_S: f64 = 0.28;
/// How loud: heard across a room at the volume of speech, without a fright.
const GAIN: f32 = 0.25;
/// A sound that has not begun by then is held back by the browser.
const BEGUN_AFTER: Duration = Duration::from_millis(500);
/// A sound is over by then.
const OVER_AFTER: Duration = Duration::from_millis(2_500);

/// The sound of one desk. Copies are handles to the same one.
#[derive(Clone, Copy)]
pub struct Sound {
    mode: Mode,
    muted: Lasting<RwSignal<bool>>,
    blocked: Lasting<RwSignal<bool>>,
    context: StoredValue<Option<AudioContext>, LocalStorage>,
    last: StoredValue<Heard>,
}

/// What there is to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The picture stopped.
    Frozen,
    /// An alarm.
    Alarm(Tune),
}

impl Sound {
    /// Of a desk of this mode, as loud as this machine was left.
    pub fn remembered(mode: Mode) -> Self {
        Self {
            mode,
            muted: Lasting::signal(recall(MUTED).as_deref() == Some("off")),
            blocked: Lasting::signal(!was_touched()),
            context: StoredValue::new_local(None),
            last: StoredValue::new(Heard::Frozen),
        }
    }

    /// Whether somebody turned it off.
    pub fn is_muted(self) -> bool {
        self.muted.get()
    }

    /// Whether it waits for somebody to touch the page.
    pub fn is_blocked(self) -> bool {
        self.blocked.get() && !self.muted.get()
    }

    /// Turns it off or on again, and remembers it.
    pub fn toggle(self) {
        self.muted.update(|muted| *muted = !*muted);
        let muted = self.muted.get_untracked();
        remember(MUTED, if muted { "off" } else { "on" });
        if muted {
            self.stop();
        }
    }

    /// Sounds once, if it may.
    pub fn play(self, heard: Heard) {
        if self.muted.get_untracked() {
            return;
        }
        self.stop();
        // A machine without a sound card is as good as a muted one: the band is there all the same.
        let Ok(context) = AudioContext::new() else { return };
        let tones: &[f32] = match (heard, self.mode) {
            (Heard::Frozen, Mode::Live) => &LIVE_HZ,
            (Heard::Frozen, Mode::Exercise) => &EXERCISE_HZ,
            (Heard::Alarm(_), Mode::Live) => &ASKS_LIVE_HZ,
            (Heard::Alarm(_), Mode::Exercise) => &ASKS_EXERCISE_HZ,
        };
        let n = if heard == Heard::Alarm(Tune::Asks) { ASKS_TONES } else { tones.len() };
        self.last.set_value(heard);
        if write(&context, &tones[..n]).is_err() {
            return;
        }
        self.context.set_value(Some(context));
        set_timeout(move || self.look_whether_it_began(), BEGUN_AFTER);
    }

    fn look_whether_it_began(self) {
        // The desk may be closed by then.
        let state = self
            .context
            .try_with_value(|context| context.as_ref().map(AudioContext::state))
            .flatten();
        let Some(state) = state else { return };
        let is_held_back = state == AudioContextState::Suspended;
        self.blocked.set(is_held_back);
        if !is_held_back {
            set_timeout(move || self.stop(), OVER_AFTER);
        }
    }

    /// Somebody touched the page: what waited sounds now.
    pub fn touched(self) {
        if !self.blocked.get_untracked() {
            return;
        }
        self.blocked.set(false);
        let waits = self.context.with_value(Option::is_some);
        if waits {
            self.play(self.last.get_value());
        }
    }

    /// Silence.
    pub fn stop(self) {
        if let Some(context) = self.context.try_update_value(Option::take).flatten() {
            // One that is closed already is silent.
            let _ = context.close();
        }
    }
}

/// Writes the tones down, one after another from now on.
fn write(context: &AudioContext, tones: &[f32]) -> Result<(), JsValue> {
    let gain = context.create_gain()?;
    gain.gain().set_value(GAIN);
    gain.connect_with_audio_node(&context.destination())?;
    let mut at = context.current_time();
    for hz in tones {
        let tone = context.create_oscillator()?;
        tone.frequency().set_value(*hz);
        tone.connect_with_audio_node(&gain)?;
        tone.start_with_when(at)?;
        at += TONE_S;
        tone.stop_with_when(at)?;
    }
    Ok(())
}

/// Whether somebody touched this page since it came. A browser that does not say is believed when the first sound waits.
fn was_touched() -> bool {
    let get = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &name.into()).ok();
    let activation = get(&window().navigator(), "userActivation");
    activation
        .filter(|activation| !activation.is_undefined())
        .and_then(|activation| get(&activation, "hasBeenActive"))
        .and_then(|touched| touched.as_bool())
        .unwrap_or(true)
}
