//! A sign for each hazard, 16 by 16, drawn with one line: recognised at a glance, named in words beside it.

use leptos::prelude::*;
use wire::grade::Hazard;

/// The line of a hazard's sign.
fn line(hazard: Hazard) -> &'static str {
    match hazard {
        Hazard::Flood => {
            "M1 7q1.75-2 3.5 0t3.5 0 3.5 0 3.5 0M1 12q1.75-2 3.5 0t3.5 0 3.5 0 3.5 0M8 1v2"
        }
        Hazard::Storm => {
            "M4 8a3 3 0 1 1 1-5.5A3.5 3.5 0 0 1 11.500 4 2.200 2.200 0 0 1 12 8M9 7l-2.500 4h3L7 15"
        }
        Hazard::Wind => "M1 5h8a2 2 0 1 0-2-2M1 8h11a2 2 0 1 1-2 2M1 11h5a2 2 0 1 1-2 2",
        Hazard::Snow => "M8 1v14M2 4.500l12 7M14 4.500l-12 7M6 2l2 2 2-2M6 14l2-2 2 2",
        Hazard::Heat => "M6 9V3a2 2 0 1 1 4 0v6a3.500 3.500 0 1 1-4 0M8 6v6",
        Hazard::Earthquake => "M1 9h3l1.500-5 3 9 2-6 1 2H15",
        Hazard::Landslide => "M1 14 7 3l3 5M1 14h14M9 11h.010M12 9h.010M12 12h.010",
        Hazard::Wildfire => {
            "M5 14V9M5 9 2.500 9 5 4l2.500 5zM11 14c-2 0-3-1.500-2.500-3.500C9 9 10.500 8 10.500 5.500c2 1.500 3.500 3.500 3 6-.200 1.500-1 2.500-2.500 2.500"
        }
        Hazard::Fire => {
            "M8 15c-3 0-4.500-2.200-4-4.800C4.500 7.500 7 6 6.500 1.500c3.500 2 6 5.500 5.500 9-.300 2.800-1.700 4.500-4 4.500M8 15c-1.500-1.500-1-3 0-4.500 1 1.500 1.500 3 0 4.500"
        }
        Hazard::Explosion => {
            "M8 1l1.500 4L14 3l-2 4.500 3 2.500-4 .500L10 15l-2.500-3.500L3 14l1-4-3-2 4-1-1.500-4.500L7 5z"
        }
        Hazard::Chemical => {
            "M6 1h4M7 1v5L2.500 13.500Q2.500 15 4 15h8q1.500 0 1.500-1.500L9 6V1M4.500 11h7"
        }
        Hazard::Building => "M3 15V2h7v13M1 15h14M10 7l3 2v6M5.500 5h2M5.500 8h2M5.500 11h2",
        Hazard::Transport => {
            "M4 1h8a1 1 0 0 1 1 1v9H3V2a1 1 0 0 1 1-1M3 7h10M5 9h.010M11 9h.010M5 11l-2 4M11 11l2 4"
        }
        Hazard::Power => "M9 1 3 9h4l-1 6 6-8H8z",
        Hazard::Crowd => {
            "M8 5a2 2 0 1 0 0-.010M4.500 15v-3.500a3.500 3.500 0 0 1 7 0V15M3 7a1.500 1.500 0 1 0 0-.010M13 7a1.500 1.500 0 1 0 0-.010M1 14v-2.500A2.500 2.500 0 0 1 3 9M15 14v-2.500A2.500 2.500 0 0 0 13 9"
        }
        Hazard::Violence => {
            "M8 1l6 2v5c0 3.500-2.500 6-6 7-3.500-1-6-3.500-6-7V3zM8 4.500V9M8 11.500h.010"
        }
        Hazard::Health => "M6 2h4v4h4v4h-4v4H6v-4H2V6h4z",
        Hazard::Other => "M3 8h.010M8 8h.010M13 8h.010",
    }
}

/// A hazard's sign. Decoration: the word stands beside it.
#[component]
pub fn HazardSign(
    /// Which.
    hazard: Hazard,
) -> impl IntoView {
    view! {
        <svg class="sign" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=line(hazard)/>
        </svg>
    }
}
