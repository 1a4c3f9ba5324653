//! The browser's storage for preferences of this machine. Where it is switched off, nothing is remembered and all works.

use leptos::prelude::window;

/// What was remembered under a name.
pub fn recall(name: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(name).ok()?
}

/// Forgets what was remembered.
pub fn forget(name: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        // Storage that cannot be written holds nothing to forget.
        let _ = storage.remove_item(name);
    }
}

/// Remembers a preference.
pub fn remember(name: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        // A full storage costs a preference, nothing else.
        let _ = storage.set_item(name, value);
    }
}
