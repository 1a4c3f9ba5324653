//! The order in which a desk lists situations, for a reader who has none of them in hand: the rules of
//! `app/src/model/incidents.rs` over what the World gives out.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use engine::view::Clearance;
use engine::world::World;
use wire::alarm::AlarmState;
use wire::grade::Verification;
use wire::situation::{SituationView, Trend};

/// The bands of the list, the first one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Band {
    New,
    Open,
    Watched,
    Easing,
}

fn band(view: &SituationView, asks: bool) -> Band {
    if !asks {
        if view.look_at.is_some() {
            return Band::Watched;
        }
        if view.verification == Verification::Refuted || view.trend == Trend::Easing {
            return Band::Easing;
        }
    }
    if view.owner.is_none() && (asks || view.trend == Trend::New) { Band::New } else { Band::Open }
}

/// The open situations, the first one first: by band, then those of which an alarm waits for an answer, then how grave, what
/// gets worse, and the newest word by whole minutes. Never by how many speak.
pub(super) fn order(world: &World) -> Vec<u64> {
    let alarms = world.alarms(Clearance::Room).into_iter();
    let asking =
        alarms.filter(|alarm| matches!(alarm.state, AlarmState::Unanswered | AlarmState::Climbing));
    let asking: BTreeSet<u64> = asking.filter_map(|alarm| alarm.situation).collect();
    let mut open: Vec<SituationView> = world.situations(Clearance::Desk);
    open.retain(|view| view.ended_at.is_none());
    open.sort_by_key(|view| {
        let asks = asking.contains(&view.id);
        let newest_min = view.newest_at.map_or(0, |at| at.0 / 60_000);
        (
            band(view, asks),
            !asks,
            !view.pinned,
            view.severity,
            view.trend != Trend::Worse,
            Reverse(newest_min),
            Reverse(view.id),
        )
    });
    open.into_iter().map(|view| view.id).collect()
}
