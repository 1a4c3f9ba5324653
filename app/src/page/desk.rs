//! The desk: status, alarms, list, map and card, on a grid that never moves by itself.

use leptos::prelude::*;
use wire::api::SessionBody;
use wire::view::Mode;

use crate::address::Address;
use crate::aside::{AsideCard, AsideDialogs, follow_aside};
use crate::desk::Desk;
use crate::map::canvas::MapPanel;
use crate::panel::alarms::AlarmStrip;
use crate::panel::counter::CounterLine;
use crate::panel::list::List;
use crate::panel::log::LogStrip;
use crate::panel::sound::listen;
use crate::panel::status::StatusBar;
use crate::ui::dynamic::live;
use crate::ui::sound::Sound;
use crate::wiring::{current_query, follow_address, follow_view, keys, tick};
use crate::words::{lang, t_string};

/// The desk of one person in one mode.
#[component]
pub fn DeskPage(
    /// Who works here.
    me: SessionBody,
    /// Live or exercise.
    mode: Mode,
    /// Goes back to the door.
    leave: Callback<()>,
) -> impl IntoView {
    let words = lang();
    let desk = Desk::new(mode, me.clone(), &Address::parse(&current_query()));
    provide_context(desk);
    let sound = Sound::remembered(mode);
    provide_context(sound);
    desk.connect(window().location().origin().unwrap_or_default());
    on_cleanup(move || desk.disconnect());
    tick(desk);
    listen(desk, sound);
    follow_view(desk);
    follow_address(desk);
    keys(desk);
    follow_aside(desk);
    // On a phone list and map take turns; side by side everywhere else.
    let map_first = RwSignal::new(true);
    view! {
        <div
            class="room"
            class:drill=mode == Mode::Exercise
            class:with-card=live(move || desk.selection.get().is_some())
            class:map-first=live(move || map_first.get())
        >
            <a class="skip" href="#list">{live(move || t_string!(words, status.skip))}</a>
            <StatusBar me leave/>
            <AlarmStrip leave/>
            <List/>
            <MapPanel/>
            <CounterLine map_first/>
            <LogStrip/>
            <AsideCard/>
            <AsideDialogs/>
        </div>
    }
}
