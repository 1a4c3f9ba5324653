//! The connections, red first: how old, what became of what came, why it was refused, whose clock is wrong, who is called.

use leptos::prelude::*;
use wire::desk::{Connection, Direction, ReasonCount};
use wire::source::SourceHealth;

use super::desk::{Desk, desk};
use super::words::{age, apart, count, health, lang, reason, said, sensors, span};
use crate::ui::dynamic::{live, part};
use crate::ui::lasting::Lasting;
use crate::words::Lang;

/// A clock that is off by more than this is coloured: beyond it a value may fall into another minute.
const CLOCK_OFF_MS: i64 = 60_000;
/// A key with fewer days left is coloured: time to have another made and put in.
const KEY_DAYS: i64 = 14;

/// What a row is about; what it says follows by itself.
type Ids = Vec<String>;

/// The table.
#[component]
pub fn ConnectionsPanel() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let ids = Lasting::memo(move |_: Option<&Option<Ids>>| {
        let (problems, only) =
            desk.address.with(|address| (address.problems, address.only.clone()));
        let shown = move |one: &&Connection| {
            (!problems || one.status != SourceHealth::Live)
                && only.as_ref().is_none_or(|only| *only == one.id)
        };
        desk.connections.with(|told| {
            let all = told.value.as_ref()?.connections.iter();
            Some(all.filter(shown).map(|one| one.id.clone()).collect())
        })
    });
    let empty = part(move || {
        let none = ids.get()?.is_empty();
        let problems = desk.address.with(|address| address.problems);
        none.then(|| {
            let text = if problems {
                said!(words, connections.none_problems)
            } else {
                said!(words, connections.none)
            };
            view! { <p class="soft empty">{text}</p> }
        })
    });
    // Rows are made anew where another one comes, goes or is worse; what they say follows by itself.
    let rows = part(move || {
        let ids = ids.get()?;
        Some(ids.into_iter().map(|id| view! { <ConnectionRow id/> }).collect_view())
    });
    let only = part(move || {
        let only = desk.address.with(|address| address.only.clone())?;
        let name = desk.name_of(&only);
        Some(view! {
            <button class="chip" aria-pressed="true" on:click=move |_| desk.go(|address| address.only = None)>
                {said!(words, connections.only, name = name).to_string()}" ×"
                <span class="unseen">{said!(words, connections.show_all)}</span>
            </button>
        })
    });
    let chip = move |problems: bool| {
        let pressed =
            live(move || desk.address.with(|address| address.problems == problems).to_string());
        view! {
            <button class="chip" aria-pressed=pressed on:click=move |_| desk.go(|address| address.problems = problems)>
                {live(move || if problems { said!(words, connections.problems) } else { said!(words, connections.all) })}
            </button>
        }
    };
    let head = move |text: fn(Lang) -> &'static str, class: &'static str| {
        view! { <th scope="col" role="columnheader" class=class>{live(move || text(words))}</th> }
    };
    view! {
        <section class="connections" aria-labelledby="connections">
            <div class="partner-head">
                <h2 id="connections" class="kicker" tabindex="-1">{live(move || said!(words, connections.heading))}</h2>
                <span class="chips" role="group" aria-labelledby="connections">{chip(false)}{chip(true)}{only}</span>
            </div>
            <div class="table-frame" role="region" aria-labelledby="connections" tabindex="0">
                <table role="table">
                    <thead role="rowgroup"><tr role="row">
                        {head(|words| said!(words, connections.state), "")}
                        {head(|words| said!(words, connections.name), "")}
                        {head(|words| said!(words, connections.newest), "n")}
                        {head(|words| said!(words, connections.account), "n")}
                        {head(|words| said!(words, connections.reason), "")}
                        {head(|words| said!(words, connections.clock), "n")}
                        {head(|words| said!(words, connections.backlog), "n")}
                        {head(|words| said!(words, connections.key), "n")}
                        {head(|words| said!(words, connections.phone), "")}
                    </tr></thead>
                    <tbody role="rowgroup">
                        {rows}
                    </tbody>
                </table>
            </div>
            {empty}
        </section>
    }
}

/// One connection.
#[component]
fn ConnectionRow(
    /// Its source.
    id: String,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let of = id.clone();
    let row = Memo::new(move |_| {
        desk.connections.with(|told| {
            let found = told.value.as_ref()?.connections.iter().find(|one| one.id == of)?;
            // Its age goes by the clock.
            Some(Connection { newest_age_ms: None, ..found.clone() })
        })
    });
    let state = part(move || {
        let status = row.get()?.status;
        let class = match status {
            SourceHealth::Live => "n-live",
            SourceHealth::Paused => "n-paused",
            SourceHealth::Late => "n-late",
            SourceHealth::Silent => "n-silent",
            SourceHealth::Broken => "n-broken",
        };
        Some(view! { <b class=class>{health(words, status)}</b> })
    });
    let under = part(move || {
        let Connection { direction, n_sensors, n_in_works, dialect, reason: why, .. } =
            row.get()?;
        let ways = match direction {
            Direction::Push => said!(words, connections.push),
            Direction::Pull => said!(words, connections.pull),
        };
        let mut under = vec![ways.to_owned(), sensors(words, u64::from(n_sensors))];
        if n_in_works > 0 {
            let n = count(words, u64::from(n_in_works));
            under.push(said!(words, connections.in_works, n = n).to_string());
        }
        under.extend(dialect.map(|dialect| apart(&dialect).into_owned()));
        Some(view! {
            <span class="under">{under.join(" · ")}</span>
            {why.map(|why| view! { <span class="under n-broken">{why}</span> })}
        })
    });
    let cells = part(move || row.get().map(|row| cells(desk, words, row)));
    let name = live(move || {
        row.with(|row| row.as_ref().map(|row| apart(&row.name).into_owned())).unwrap_or_default()
    });
    let picked = id.clone();
    let pick = id.clone();
    // The button stays in the page while numbers beside it change: who stands on it with the keyboard stays there.
    view! {
        <tr role="row" data-source=id>
            <td role="cell" class="s" data-label=live(move || said!(words, connections.state))>{state}</td>
            <th role="rowheader" scope="row" class="name">
                <button
                    class="link"
                    aria-pressed=live(move || desk.address.with(|address| address.only.as_ref() == Some(&picked)).to_string())
                    on:click=move |_| desk.go(|address| {
                        address.only = (address.only.as_ref() != Some(&pick)).then(|| pick.clone());
                    })
                >{name}</button>
                {under}
            </th>
            {cells}
        </tr>
    }
}

fn cells(desk: Desk, words: Lang, row: Connection) -> AnyView {
    let Connection {
        direction,
        newest_at,
        cadence_ms,
        day,
        top_reason,
        clock_offset_ms,
        backlog,
        key_days_left,
        duty_phone,
        is_told,
        ..
    } = row;
    let newest = live(move || match newest_at {
        None => said!(words, connections.no_value).to_owned(),
        Some(at) => age(words, desk.now.get() - at.0),
    });
    let of = cadence_ms
        .map(|ms| said!(words, connections.of, span = span(words, ms as i64)).to_string());
    let account = format!(
        "= {} + {} + {}",
        count(words, day.accepted),
        count(words, day.folded),
        count(words, day.rejected)
    );
    let top =
        |top: ReasonCount| format!("{} ({})", reason(words, &top.reason), count(words, top.n));
    let dash = || "–".to_owned();
    let is_off = clock_offset_ms.is_some_and(|ms| ms.abs() > CLOCK_OFF_MS);
    let clock = clock_offset_ms.map_or_else(dash, |ms| signed(words, ms));
    let is_push = direction == Direction::Push;
    let key = match key_days_left {
        Some(days) if days < 0 => said!(words, connections.ended).to_owned(),
        Some(days) => said!(words, connections.days, n = days).to_string(),
        None if is_push => said!(words, connections.no_end).to_owned(),
        None => dash(),
    };
    let is_ending = key_days_left.is_some_and(|days| days < KEY_DAYS);
    let phone = duty_phone.map_or_else(
        || said!(words, connections.no_phone).to_owned(),
        |phone| apart(&phone).into_owned(),
    );
    view! {
        <td role="cell" class="n" data-label=said!(words, connections.newest)><b>{newest}</b><span class="under">{of}</span></td>
        <td role="cell" class="n" data-label=said!(words, connections.account)>{count(words, day.received)}<span class="under faint">{account}</span></td>
        <td role="cell" data-label=said!(words, connections.reason)>{top_reason.map_or_else(dash, top)}</td>
        <td role="cell" class="n" class:n-late=is_off data-label=said!(words, connections.clock)>{clock}</td>
        <td role="cell" class="n" data-label=said!(words, connections.backlog)>{count(words, backlog)}</td>
        <td role="cell" class="n" class:n-late=is_ending data-label=said!(words, connections.key)>{key}</td>
        <td role="cell" data-label=said!(words, connections.phone)>
            {phone}
            {(!is_told && is_push).then(|| view! { <span class="under faint">{said!(words, connections.untold)}</span> })}
        </td>
    }
    .into_any()
}

/// How far a clock is off: what it says less what is so, in seconds, or in minutes where it is many.
fn signed(words: Lang, offset_ms: i64) -> String {
    // The server tells how long before receipt values were true: a clock that is ahead is below zero there.
    let ahead_ms = -offset_ms;
    let seconds = ahead_ms.abs() as f64 / 1_000.0;
    let (n, unit) = if seconds >= 600.0 { (seconds / 60.0, "min") } else { (seconds, "s") };
    let shown = if n >= 10.0 { n.round() } else { (n * 10.0).round() / 10.0 };
    // What is rounded to nothing has no side.
    let sign = match ahead_ms {
        _ if shown == 0.0 => "",
        ..0 => "−",
        _ => "+",
    };
    format!("{sign}{} {unit}", crate::words::value(words, shown))
}
