//! The severity shape of rows and cards: the same outlines as `public/symbols.mjs` draws on the map.

use leptos::prelude::*;
use wire::grade::Severity;

use crate::map::marks::Rim;

/// The severity as octagon, triangle, diamond, circle or open square, its rim saying what was checked.
/// It is decoration: the words beside it say the same.
#[component]
pub fn SeverityShape(
    /// How bad.
    severity: Severity,
    /// What was checked.
    rim: Rim,
) -> impl IntoView {
    let word = severity.word().to_ascii_lowercase();
    let class = format!("shape {word} {}", rim.word());
    let (letter, y) = match severity {
        Severity::Extreme => ("E", "23.4"),
        Severity::Severe => ("S", "27.5"),
        Severity::Moderate => ("M", "23.4"),
        Severity::Minor => ("", "23.4"),
        Severity::Unknown => ("?", "23.4"),
    };
    let outline = match severity {
        Severity::Extreme => view! { <polygon points="30.9,12.6 30.9,23.4 23.4,30.9 12.6,30.9 5.1,23.4 5.1,12.6 12.6,5.1 23.4,5.1"/> }.into_any(),
        Severity::Severe => view! { <polygon points="18,4 33.6,30 2.4,30"/> }.into_any(),
        Severity::Moderate => view! { <polygon points="18,2.4 33.6,18 18,33.6 2.4,18"/> }.into_any(),
        Severity::Minor => view! { <circle cx="18" cy="18" r="13"/> }.into_any(),
        Severity::Unknown => view! { <rect x="6" y="6" width="24" height="24"/> }.into_any(),
    };
    view! {
        <svg class=class viewBox="0 0 36 36" aria-hidden="true" focusable="false">
            {outline}
            <text x="18" y=y text-anchor="middle">{letter}</text>
            {(rim == Rim::Refuted).then(|| view! { <path d="M6 6 30 30" class="cross"/> })}
        </svg>
    }
}
