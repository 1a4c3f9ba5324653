//! Night and day colours: the system's preference until somebody chooses.

use leptos::prelude::*;

use crate::ui::lasting::Lasting;
use crate::ui::storage::{recall, remember};

/// The theme in force. Copies are handles to the same one.
#[derive(Clone, Copy)]
pub struct Theme(Lasting<RwSignal<bool>>);

impl Theme {
    /// What was chosen on this machine, else what the system prefers.
    pub fn remembered() -> Self {
        let system_is_day = || {
            let query = window().match_media("(prefers-color-scheme: light)").ok().flatten();
            query.is_some_and(|query| query.matches())
        };
        let day = recall("talaia.theme").map_or_else(system_is_day, |theme| theme == "day");
        let theme = Self(Lasting::signal(day));
        theme.write();
        theme
    }

    /// Whether it is day.
    pub fn is_day(self) -> bool {
        self.0.get()
    }

    /// Its name in the style sheet and the map.
    pub fn word(self) -> &'static str {
        if self.0.get() { "day" } else { "night" }
    }

    /// Changes to the other and remembers it.
    pub fn toggle(self) {
        self.0.update(|day| *day = !*day);
        self.write();
        remember("talaia.theme", untrack(|| self.word()));
    }

    fn write(self) {
        if let Some(root) = document().document_element() {
            // A page without a root element cannot be.
            let _ = root.set_attribute("data-theme", untrack(|| self.word()));
        }
    }
}
