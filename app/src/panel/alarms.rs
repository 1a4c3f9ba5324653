//! The alarm strip, always there: the gravest alarm that waits for an answer, or since when there is none. Over the whole width stands the
//! one thing worse than an alarm: a picture that stopped.

use leptos::prelude::*;
use wire::alarm::{AlarmLevel, AlarmState, AlarmView};
use wire::decision::DecisionSubject;
use wire::grade::Severity;
use wire::view::Window;

use crate::desk::{desk, now_ms};
use crate::map::marks::Rim;
use crate::model::alarms::{answered_last, gravest};
use crate::panel::acts::{Place, Question};
use crate::panel::situation::SentLine;
use crate::ui::dynamic::{live, part};
use crate::ui::severity_shape::SeverityShape;
use crate::ui::sound::Sound;
use crate::wiring::{answer, asks_for};
use crate::words::{self, apart, lang, matters, t_string};

/// The strip under the status bar.
#[component]
pub fn AlarmStrip(
    /// Goes back to the door.
    leave: Callback<()>,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let sound: Sound = expect_context();
    let frozen = Memo::new(move |_| desk.frozen_since());
    let opened = now_ms();
    let asked: Memo<Option<(AlarmView, usize)>> = Memo::new(move |_| {
        desk.alarms_moved.track();
        desk.picture.with_value(|picture| {
            gravest(picture.alarms()).map(|(alarm, others)| (alarm.clone(), others))
        })
    });
    let quiet_since = Memo::new(move |_| {
        desk.alarms_moved.track();
        desk.picture.with_value(|picture| answered_last(picture.alarms())).unwrap_or(opened)
    });
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
            {part(move || asked.get().map(|(alarm, others)| view! { <Asked alarm others/> }))}
            {part(move || (asked.get().is_none() && frozen.get().is_none() && !desk.signed_out.get()).then(|| view! {
                <p class="quiet">
                    <svg viewBox="0 0 16 16" class="sign" aria-hidden="true"><path d="M3 8.500 6.500 12 13 4.500"/></svg>
                    {move || t_string!(words, alarms.none_since, time = matters::minute(quiet_since.get())).to_string()}
                    {move || (desk.window.get() == Window::All).then(|| view! {
                        <span class="old-data">{live(move || t_string!(words, alarms.old_data))}</span>
                    })}
                </p>
            }))}
        </section>
    }
}

/// An alarm that waits for an answer.
#[component]
fn Asked(alarm: AlarmView, others: usize) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let severity = match alarm.level {
        AlarmLevel::Red => Severity::Extreme,
        AlarmLevel::Orange => Severity::Severe,
        AlarmLevel::Yellow => Severity::Moderate,
    };
    let class = match alarm.level {
        AlarmLevel::Red => "asked extreme",
        AlarmLevel::Orange => "asked severe",
        AlarmLevel::Yellow => "asked moderate",
    };
    let id = alarm.id;
    let to = asks_for(&alarm);
    let climbs = alarm.state == AlarmState::Climbing;
    let (value_at, since) = (alarm.value_at.map(|at| at.0), alarm.since.0);
    let open = move |_| desk.selection.set(to.clone());
    let subject = Some(DecisionSubject::Alarm(id));
    view! {
        <div class=class>
            <SeverityShape severity rim=Rim::Filled/>
            <p role="alert"><b><span class="large">{matters::alarm_hazard(words, &alarm)}</span>" "{apart(&alarm.name).into_owned()}</b>" "<span>{matters::alarm_says(words, &alarm)}</span></p>
            <span class="soft">{live(move || value_at.map(|at| {
                t_string!(words, situation.old, age = words::age(words, desk.server_now() - at)).to_string()
            }))}</span>
            <span class="waits">
                {live(move || {
                    let time = matters::span(desk.server_now() - since);
                    if climbs {
                        t_string!(words, alarm.climbs, time = time).to_string()
                    } else {
                        t_string!(words, alarm.waits, time = time).to_string()
                    }
                })}
            </span>
            {(others > 0).then(|| view! { <span class="others">{t_string!(words, alarm.others, n = others).to_string()}</span> })}
            <SentLine subject/>
            <Question at=Place::Strip/>
            <button class="plain" on:click=open>{live(move || t_string!(words, alarm.open))}<kbd aria-hidden="true">"Enter"</kbd></button>
            {desk.may_decide().then(|| view! {
                <button class="plain" on:click=move |_| { answer(desk); }>{live(move || t_string!(words, alarm.answer))}<kbd aria-hidden="true">"Space"</kbd></button>
            })}
        </div>
    }
}
