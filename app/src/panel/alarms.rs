//! The alarm strip, always there; and over the whole width, the one thing worse than an alarm: a picture that stopped.

use leptos::prelude::*;
use wire::view::Window;

use crate::desk::{desk, now_ms};
use crate::ui::dynamic::{live, part};
use crate::ui::sound::Sound;
use crate::words::{self, lang, t_string};

/// The strip under the status bar.
#[component]
pub fn AlarmStrip(
    /// Goes back to the door.
    leave: Callback<()>,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let sound: Sound = expect_context();
    let frozen = Memo::new(move |_| desk.frozen_since());
    // No rule of the room raises an alarm yet; what the strip can honestly say is since when this desk has looked.
    let opened = now_ms();
    view! {
        <section class="alarms" aria-label=live(move || t_string!(words, alarms.label))>
            <div role="alert" class="frozen-slot">
                {part(move || frozen.get().map(|since| view! {
                    <p class="frozen">
                        <b>{t_string!(words, alarms.frozen, time = words::clock(since, false)).to_string()}</b>
                        <span>{live(move || t_string!(words, alarms.frozen_note))}</span>
                        {part(move || sound.is_blocked().then(|| view! {
                            <span>{live(move || t_string!(words, alarms.sound_blocked))}</span>
                        }))}
                    </p>
                }))}
            </div>
            {part(move || desk.signed_out.get().then(|| view! {
                <p class="signed-out" role="alert">
                    <b>{live(move || t_string!(words, alarms.signed_out))}</b>
                    <button class="plain" on:click=move |_| leave.run(())>{live(move || t_string!(words, alarms.sign_in_again))}</button>
                </p>
            }))}
            {part(move || (frozen.get().is_none() && !desk.signed_out.get()).then(|| view! {
                <p class="quiet">
                    <svg viewBox="0 0 16 16" class="sign" aria-hidden="true"><path d="M3 8.500 6.500 12 13 4.500"/></svg>
                    {move || t_string!(words, alarms.none_since, time = words::clock(opened, false)[..5].to_owned()).to_string()}
                    {move || (desk.window.get() == Window::All).then(|| view! {
                        <span class="old-data">{live(move || t_string!(words, alarms.old_data))}</span>
                    })}
                </p>
            }))}
        </section>
    }
}
