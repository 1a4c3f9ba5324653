//! The button that mutes, and the ear of the desk: when the picture stops it sounds, and again while it stays stopped; and alarms sound
//! until somebody answers.

use leptos::leptos_dom::helpers::window_event_listener;
use leptos::prelude::*;

use crate::desk::Desk;
use crate::model::alarms::Ear;
use crate::ui::dynamic::{live, part};
use crate::ui::sound::{Heard, Sound};
use crate::words::{lang, t_string};

/// A stopped picture sounds again after this long: once is missed, a siren is switched off.
const AGAIN_MS: i64 = 30_000;

/// Sounds when the picture of the desk stops.
pub fn listen(desk: Desk, sound: Sound) {
    let frozen = Memo::new(move |_| desk.frozen_since().is_some());
    Effect::new(move |sounded_at: Option<Option<i64>>| {
        if !frozen.get() {
            sound.stop();
            return None;
        }
        let now = desk.now.get();
        let before = sounded_at.flatten();
        if before.is_none_or(|before| now - before >= AGAIN_MS) {
            sound.play(Heard::Frozen);
            return Some(now);
        }
        before
    });
    let ear = StoredValue::new(Ear::default());
    Effect::new(move |_| {
        desk.alarms_moved.track();
        let now = desk.now.get();
        let tune = desk.picture.with_value(|picture| {
            ear.try_update_value(|ear| ear.hear(picture.alarms(), now)).flatten()
        });
        // A picture that stopped is worse than any alarm in it.
        if let Some(tune) = tune.filter(|_| !frozen.get_untracked()) {
            sound.play(Heard::Alarm(tune));
        }
    });
    let pressed = window_event_listener(leptos::ev::pointerdown, move |_| sound.touched());
    let typed = window_event_listener(leptos::ev::keydown, move |_| sound.touched());
    on_cleanup(move || {
        pressed.remove();
        typed.remove();
        sound.stop();
    });
}

/// Mutes, and says what there is to hear.
#[component]
pub fn SoundButton() -> impl IntoView {
    let (sound, words): (Sound, _) = (expect_context(), lang());
    let name = move || {
        if sound.is_muted() {
            t_string!(words, status.sound_off)
        } else if sound.is_blocked() {
            t_string!(words, status.sound_blocked)
        } else {
            t_string!(words, status.sound_on)
        }
    };
    let state = move || match (sound.is_muted(), sound.is_blocked()) {
        (true, _) => "off",
        (false, true) => "blocked",
        (false, false) => "on",
    };
    view! {
        <button type="button" class="plain sound" data-sound=live(state) aria-pressed=live(move || sound.is_muted().to_string()) on:click=move |_| sound.toggle() aria-label=name title=name>
            <svg viewBox="0 0 16 16" aria-hidden="true" class="sign">
                <path d="M2.500 6h2.500l3.500-3v10l-3.500-3H2.500z"/>
                {part(move || Some(if state() == "on" {
                    view! { <path d="M10.800 5.500a3.500 3.500 0 0 1 0 5M12.800 3.500a6.300 6.300 0 0 1 0 9"/> }.into_any()
                } else {
                    view! { <path d="m11 6 4 4m0-4-4 4"/> }.into_any()
                }))}
            </svg>
        </button>
    }
}
