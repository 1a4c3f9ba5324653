//! What a desk does by itself while it is open: its clock, its keys, its address, and asking for its view.

use std::time::Duration;

use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle, window_event_listener};
use leptos::prelude::*;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, HtmlElement, KeyboardEvent};
use wire::alarm::AlarmView;
use wire::decision::{DecisionBody, DecisionKind, DecisionSubject};

use crate::address::{Address, Selection};
use crate::decide::{Asking, plain};
use crate::desk::{Desk, last_look, now_ms};
use crate::keys::{Act, act_of};
use crate::model::Rows;
use crate::model::alarms::gravest;
use crate::model::burst::is_burst;
use crate::panel::row::row_name;
use crate::ui::storage::remember;

/// A moving map asks again only when it has rested this long.
const LOOK_AFTER: Duration = Duration::from_millis(150);
/// The address follows the map when it has rested this long: browsers refuse hundreds of changes in a row.
const ADDRESS_AFTER: Duration = Duration::from_millis(350);
/// The list takes in new rows this often at most: oftener nobody can read, and each time costs what the map needs.
const LIST_EVERY: Duration = Duration::from_millis(250);
/// And this often while each time brings more than anybody reads: a whole list of other rows, four times a second, is a flicker.
const BURST_EVERY: Duration = Duration::from_secs(1);
/// A restored address has arrived on the map by then, its movement included.
const RESTORED_AFTER: Duration = Duration::from_millis(900);

/// The second hand: clocks, ages, and the watch over a dead stream.
pub fn tick(desk: Desk) {
    let beat = set_interval_with_handle(
        move || {
            desk.now.set(now_ms());
            desk.watch();
            if let Some(client) = desk.client() {
                client.watch();
            }
        },
        Duration::from_secs(1),
    );
    if let Ok(beat) = beat {
        on_cleanup(move || beat.clear());
    }
    let online = window_event_listener(leptos::ev::online, move |_| {
        if let Some(client) = desk.client() {
            client.retry();
        }
    });
    on_cleanup(move || online.remove());
}

/// Asks for the view whenever camera, size, window or filter change; the first time at once.
pub fn follow_view(desk: Desk) {
    let waiting: StoredValue<Option<TimeoutHandle>> = StoredValue::new(None);
    Effect::new(move |asked: Option<()>| {
        let view = desk.view();
        if let Some(old) = waiting.try_update_value(Option::take).flatten() {
            old.clear();
        }
        if asked.is_none() {
            desk.look(view);
            return;
        }
        waiting.set_value(set_timeout_with_handle(move || desk.look(view), LOOK_AFTER).ok());
    });
    follow_reports(&desk);
    follow_incidents(&desk);
}

/// Brings situations into the list as they change. Time alone moves only what was not true, which leaves to the minute.
fn follow_incidents(desk: &Desk) {
    let desk = *desk;
    let minute = Memo::new(move |_| desk.now.get() / 60_000);
    Effect::new(move |_| {
        desk.situations_moved.track();
        desk.alarms_moved.track();
        minute.track();
        let held = desk.list_held();
        desk.sync_incidents(held);
    });
    Effect::new(move |_| {
        desk.situations_moved.track();
        desk.alarms_moved.track();
        desk.log_moved.track();
        desk.look_at_sent();
    });
    // What was asked of one is not asked of another. A line of the log, a taking back and an alarm are about none of them.
    Effect::new(move |before: Option<Option<Selection>>| {
        let picked = desk.selection.get();
        let is_of_it = |asking: &Option<Asking>| {
            matches!(asking, Some(Asking { on: Some(DecisionSubject::Situation(_)), .. }))
        };
        if before.is_some_and(|before| before != picked) && desk.asking.with_untracked(is_of_it) {
            desk.asking.set(None);
        }
        picked
    });
}

/// Brings new reports into the list: at once after a pause, at a readable pace when much comes, at a slow one in a burst.
fn follow_reports(desk: &Desk) {
    let desk = *desk;
    let synced_at = StoredValue::new(0);
    let waiting = StoredValue::new(false);
    let pace = StoredValue::new(LIST_EVERY);
    let sync = move || {
        synced_at.set_value(now_ms());
        let top = |rows: &Rows| rows.rows().first().map(|row| row.report.id);
        let before = desk.rows.with_untracked(top);
        desk.sync_rows();
        let bursts = desk.rows.with_untracked(|rows| is_burst(before, rows.rows()));
        pace.set_value(if bursts { BURST_EVERY } else { LIST_EVERY });
    };
    Effect::new(move |_| {
        desk.reports_moved.track();
        if waiting.get_value() {
            return;
        }
        // A clock set back must not hold the list.
        let since = Duration::from_millis(now_ms().abs_diff(synced_at.get_value()));
        let rest = pace.get_value().saturating_sub(since);
        if rest.is_zero() {
            sync();
            return;
        }
        waiting.set_value(true);
        let late = move || {
            // The desk may be closed by then.
            if waiting.try_update_value(|waiting| *waiting = false).is_some() {
                untrack(sync);
            }
        };
        set_timeout(late, rest);
    });
}

/// Keeps the address in step: a moved map replaces it, a choice adds to the history, back and forward restore it.
pub fn follow_address(desk: Desk) {
    let waiting: StoredValue<Option<TimeoutHandle>> = StoredValue::new(None);
    let restoring = StoredValue::new(false);
    Effect::new(move |before: Option<Address>| {
        let address = Address {
            mode: Some(desk.mode),
            camera: Some(desk.camera.get()),
            window: Some(desk.window.get()),
            hazards: desk.hazards.get(),
            reports: desk.reports_listed.get(),
            selection: desk.selection.get(),
            search: desk.search.get(),
        };
        if let Some(old) = waiting.try_update_value(Option::take).flatten() {
            old.clear();
        }
        let chosen = !restoring.get_value()
            && before.is_some_and(|before| {
                (before.window, before.hazards, &before.selection)
                    != (address.window, address.hazards, &address.selection)
            });
        let query = address.query();
        if chosen {
            write_address(&query, true);
        } else {
            let write = move || {
                write_address(&query, false);
                remember(last_look(desk.mode), &query);
            };
            waiting.set_value(set_timeout_with_handle(write, ADDRESS_AFTER).ok());
        }
        address
    });
    let back = window_event_listener(leptos::ev::popstate, move |_| {
        let address = Address::parse(&current_query());
        // What is restored must not be added again: the way forward would be lost.
        restoring.set_value(true);
        set_timeout(
            // The desk may be closed by then.
            move || {
                let _ = restoring.try_update_value(|restoring| *restoring = false);
            },
            RESTORED_AFTER,
        );
        // The mode is not taken from the history: it is chosen at sign-in only.
        if let Some(camera) = address.camera.filter(|camera| *camera != desk.camera.get_untracked())
        {
            desk.go_to(camera);
        }
        if let Some(window) = address.window {
            desk.window.set(window);
        }
        desk.hazards.set(address.hazards);
        desk.reports_listed.set(address.reports);
        desk.selection.set(address.selection);
        if !address.search.is_empty() {
            desk.search.set(address.search);
        }
    });
    on_cleanup(move || back.remove());
}

fn write_address(query: &str, add: bool) {
    if current_query() == query {
        return;
    }
    let Ok(history) = window().history() else { return };
    // A browser that refuses (too many changes in a row) keeps the old address; the desk works on.
    let _ = if add {
        history.push_state_with_url(&JsValue::NULL, "", Some(query))
    } else {
        history.replace_state_with_url(&JsValue::NULL, "", Some(query))
    };
}

/// The query of the page's address.
pub fn current_query() -> String {
    window().location().search().unwrap_or_default()
}

/// Single keys.
pub fn keys(desk: Desk) {
    let listener = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let on =
            |what: &str| target.as_ref().is_some_and(|at| matches!(at.closest(what), Ok(Some(_))));
        let in_text = on("input, textarea, select, [contenteditable]");
        let chord = event.ctrl_key() || event.alt_key() || event.meta_key();
        let Some(act) = act_of(&event.key(), chord, in_text) else { return };
        // A dialog has its own Escape, wherever the focus fell; the map pans and the log scrolls by arrows; a focused button is pressed by its own Enter and
        // Space. A row opens by Enter alone, so that Space answers from there too.
        let pressed = matches!(act, Act::Open) || (act == Act::Answer && !on(".rows .row"));
        let is_covered = matches!(document().query_selector("dialog[open]"), Ok(Some(_)));
        let taken = is_covered
            || (on(".map canvas, .log ol") && event.key().starts_with("Arrow"))
            || (pressed && on("a, button, summary"));
        if !taken && perform(desk, act) {
            event.prevent_default();
        }
    });
    on_cleanup(move || listener.remove());
}

/// Does what a key asks. False if there was nothing to do.
pub fn perform(desk: Desk, act: Act) -> bool {
    match act {
        Act::Next => step(&desk, 1),
        Act::Previous => step(&desk, -1),
        // While something is asked, Enter belongs to the question.
        Act::Open if desk.asking.with_untracked(Option::is_some) => return false,
        Act::Open => {
            let to = desk.at_row.get_untracked().or_else(|| {
                desk.picture.with_value(|picture| asks_for(gravest(picture.alarms())?.0))
            });
            match to {
                Some(row) => desk.selection.set(Some(row)),
                None => return false,
            }
        }
        Act::Back => {
            if desk.asking.with_untracked(Option::is_some) {
                desk.asking.set(None);
            } else if desk.selection.get_untracked().is_some() {
                desk.selection.set(None);
                if let Some(row) = desk.at_row.get_untracked() {
                    focus(&desk, &row);
                }
            } else if let Some(at) =
                document().active_element().and_then(|at| at.dyn_into::<HtmlElement>().ok())
            {
                // Leaving the list lets it move again.
                let _ = at.blur();
                desk.at_row.set(None);
            }
        }
        Act::Go => {
            if desk.selection.get_untracked().is_none() {
                let Some(row) = desk.at_row.get_untracked() else { return false };
                let place = desk.picture.with_value(|picture| match row {
                    Selection::Report(id) => picture.report(id)?.geometry,
                    Selection::Situation(id) => picture.situation(id)?.geometry,
                    _ => None,
                });
                let Some(place) = place else { return false };
                let zoom = desk.camera.get_untracked().zoom.max(16.0);
                desk.go_to(crate::address::Camera { lng: place.lng(), lat: place.lat(), zoom });
            } else {
                desk.go_to_selection();
            }
        }
        Act::Home => desk.go_to(desk.home.get_untracked()),
        Act::TakeIn => desk.take_in(),
        Act::Freeze => {
            desk.frozen_list.update(|frozen| *frozen = !*frozen);
            desk.sync_rows();
        }
        Act::Sensors => desk.all_sensors.update(|all| *all = !*all),
        Act::Help => desk.opened.help.set(true),
        Act::Warnings => desk.opened.warnings.set(true),
        Act::Find => desk.opened.finds.set(true),
        Act::Search => desk.selection.set(Some(Selection::Search)),
        Act::TurnList => desk.reports_listed.update(|reports| *reports = !*reports),
        Act::Answer => return answer(desk),
        Act::Shelve => {
            let alarm = desk.picture.with_value(|picture| Some(gravest(picture.alarms())?.0.id));
            let Some(alarm) = alarm.filter(|_| desk.may_decide()) else { return false };
            desk.asking.set(Some(Asking::of(DecisionKind::Shelve, DecisionSubject::Alarm(alarm))));
        }
        Act::Take => return desk.decide_here(DecisionKind::Take),
        Act::Confirm => return desk.ask(DecisionKind::Verify),
        Act::Refute => return desk.ask(DecisionKind::Refute),
        Act::Merge => return desk.ask(DecisionKind::Merge),
        Act::Split => return desk.ask(DecisionKind::Split),
        Act::Log => return desk.ask_words(),
        Act::TakeBack => return desk.ask_back(),
        Act::Answers(n) => {
            let at = usize::from(n).wrapping_sub(1);
            return desk
                .asking
                .with_untracked(|asking| asking.as_ref()?.answers.get(at).copied())
                .is_some_and(|answer| desk.decide_asked(Some(answer), ""));
        }
    }
    true
}

fn step(desk: &Desk, by: isize) {
    let open = desk.selection.get_untracked();
    let from = desk.at_row.get_untracked().or_else(|| open.clone());
    let to = if desk.reports_listed.get_untracked() {
        let from =
            from.and_then(|row| if let Selection::Report(id) = row { Some(id) } else { None });
        desk.rows.with_untracked(|rows| rows.beside(from, by)).map(Selection::Report)
    } else {
        let from =
            from.and_then(|row| if let Selection::Situation(id) = row { Some(id) } else { None });
        desk.incidents.with_untracked(|rows| rows.beside(from, by)).map(Selection::Situation)
    };
    let Some(to) = to else { return };
    desk.at_row.set(Some(to.clone()));
    focus(desk, &to);
    if matches!(open, Some(Selection::Report(_) | Selection::Situation(_))) {
        // With a card open the keys leaf through the cards.
        desk.selection.set(Some(to));
    }
}

/// What an alarm asks somebody to look at: its situation, else the sensor that raised it.
pub fn asks_for(alarm: &AlarmView) -> Option<Selection> {
    let sensor = || Some(Selection::Sensor(alarm.source.clone()?, alarm.datastream.clone()?));
    alarm.situation.map(Selection::Situation).or_else(sensor)
}

/// Answers the gravest alarm; what it asks to be looked at is opened by the next Enter.
pub fn answer(desk: Desk) -> bool {
    let asked = desk.picture.with_value(|picture| {
        let (alarm, _) = gravest(picture.alarms())?;
        Some((alarm.id, asks_for(alarm)))
    });
    let Some((id, to)) = asked.filter(|_| desk.may_decide()) else { return false };
    let subject = Some(DecisionSubject::Alarm(id));
    desk.decide(DecisionBody { subject, ..plain(DecisionKind::Ack) });
    if let Some(row) = to {
        focus(&desk, &row);
        desk.at_row.set(Some(row));
    }
    true
}

/// Focuses a row once it is there, unless something is asked by then: a frame may come late, and who answers keeps the focus.
fn focus(desk: &Desk, row: &Selection) {
    let (desk, id) = (*desk, row_name(row));
    request_animation_frame(move || {
        if desk.asking.with_untracked(Option::is_some) {
            return;
        }
        let element =
            document().get_element_by_id(&id).and_then(|at| at.dyn_into::<HtmlElement>().ok());
        if let Some(element) = element {
            // An element that cannot take the focus leaves it where it is.
            let _ = element.focus();
        }
    });
}
