//! What the panels of a partner desk share: what the server told last, and what the address asks for.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use wire::api::SessionBody;
use wire::desk::{Connections, ErrorCauses, Why, WorksList};
use wire::import::ImportList;
use wire::view::Mode;

use super::address::{Address, Device};
use super::ask::{Failed, ask};
use crate::address::encode;
use crate::desk::now_ms;
use crate::ui::lasting::Lasting;
use crate::wiring::current_query;
use crate::words::apart;

/// How often the server is asked again: well within the shortest cadence at which a sensor is late.
const ASK_EVERY: Duration = Duration::from_secs(10);

/// What the server told, and whether it tells still.
#[derive(Debug, Clone, PartialEq)]
pub struct Told<T> {
    /// The newest there is.
    pub value: Option<T>,
    /// Why there is nothing newer.
    pub failed: Option<Failed>,
}

/// A told thing that panels follow.
pub type Followed<T> = Lasting<RwSignal<Told<T>>>;

fn untold<T: Send + Sync + 'static>() -> Followed<T> {
    Lasting::signal(Told { value: None, failed: None })
}

/// A desk. Copies are handles to the same one.
#[derive(Clone, Copy)]
pub struct Desk {
    /// Live or exercise; fixed while the desk is open.
    pub mode: Mode,
    /// Who works here.
    pub me: StoredValue<SessionBody>,
    /// What the address says.
    pub address: Lasting<RwSignal<Address>>,
    /// This machine's clock, once a second, in milliseconds.
    pub now: Lasting<RwSignal<i64>>,
    /// Moves each time the server is asked for everything.
    pub asked: Lasting<RwSignal<u64>>,
    /// When the server answered last.
    pub answered: Lasting<RwSignal<Option<i64>>>,
    /// Sentence and connections.
    pub connections: Followed<Connections>,
    /// Errors by cause.
    pub errors: Followed<ErrorCauses>,
    /// Planned works.
    pub works: Followed<WorksList>,
    /// Imports that wait.
    pub imports: Followed<ImportList>,
    /// The eight ticks of the device.
    pub why: Followed<Why>,
    /// The dialog that is open.
    pub open: Lasting<RwSignal<Option<Sheet>>>,
}

/// A dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sheet {
    /// Choose a table.
    Import,
    /// What the import of this name would change.
    Diff(String),
    /// Announce works.
    Works,
    /// Code that sends.
    Code,
    /// Keys.
    Keys,
}

/// The desk of the surrounding component.
pub fn desk() -> Desk {
    expect_context()
}

impl Desk {
    /// A desk as the address asks for it.
    pub fn new(mode: Mode, me: SessionBody) -> Self {
        Self {
            mode,
            me: StoredValue::new(me),
            address: Lasting::signal(Address::parse(&current_query())),
            now: Lasting::signal(now_ms()),
            asked: Lasting::signal(0),
            answered: Lasting::signal(None),
            connections: untold(),
            errors: untold(),
            works: untold(),
            imports: untold(),
            why: untold(),
            open: Lasting::signal(None),
        }
    }

    /// Whether the role says what sensors are.
    pub fn may_act(self) -> bool {
        self.me.with_value(|me| matches!(me.role.as_str(), "duty-officer" | "administrator"))
    }

    /// Whether the role makes, changes and ends keys.
    pub fn may_keep_keys(self) -> bool {
        self.me.with_value(|me| me.role == "administrator")
    }

    /// Whether the role reads what was refused, and sends it again.
    pub fn may_replay(self) -> bool {
        self.may_act() || self.me.with_value(|me| me.role == "analyst")
    }

    /// An address of the server in this mode.
    pub fn path(self, path: &str) -> String {
        let join = if path.contains('?') { '&' } else { '?' };
        format!("{path}{join}mode={}", self.mode.word())
    }

    /// Asks, and tells who follows.
    pub fn follow<T>(self, into: Followed<T>, path: String)
    where
        T: DeserializeOwned + Clone + PartialEq + Send + Sync + 'static,
    {
        spawn_local(async move {
            let told = ask::<T>(&path).await;
            if told.is_ok() {
                self.answered.try_set(Some(now_ms()));
            }
            // The desk may be closed by then. What stays as it was wakes nobody.
            into.try_maybe_update(|known| match told {
                Ok(value) => {
                    let next = Told { value: Some(value), failed: None };
                    let moved = *known != next;
                    *known = next;
                    (moved, ())
                }
                Err(cause) => {
                    let moved = known.failed.as_ref() != Some(&cause);
                    if cause != Failed::Away && cause != Failed::SignedOut {
                        known.value = None;
                    }
                    known.failed = Some(cause);
                    (moved, ())
                }
            });
        });
    }

    /// Asks for everything.
    pub fn ask_all(self) {
        self.asked.update(|n| *n += 1);
        self.follow(self.connections, self.path("/api/v1/connections"));
        self.follow(self.errors, self.path("/api/v1/errors"));
        self.follow(self.works, self.path("/api/v1/works"));
        if self.may_act() {
            self.follow(self.imports, self.path("/api/v1/sensors/import"));
        }
        self.ask_why();
    }

    /// Asks why the device is not on the map.
    pub fn ask_why(self) {
        let Some(device) = self.address.with_untracked(|address| address.device.clone()) else {
            return;
        };
        let source = device.source.map(|source| format!("&source={}", encode(&source)));
        let name = encode(&device.name);
        let path = format!("/api/v1/why?device={name}{}", source.unwrap_or_default());
        self.follow(self.why, self.path(&path));
    }

    /// Goes to another address.
    pub fn go(self, change: impl FnOnce(&mut Address)) {
        let mut next = self.address.get_untracked();
        change(&mut next);
        if next == self.address.get_untracked() {
            return;
        }
        let query = next.query();
        self.arrive(next);
        let history = window()
            .history()
            .and_then(|history| history.push_state_with_url(&JsValue::NULL, "", Some(&query)));
        // A browser that refuses leaves the old address over the new view.
        drop(history);
    }

    /// Asks about a device.
    pub fn look_at(self, name: &str, source: Option<String>) {
        let name = name.trim().to_owned();
        self.go(|address| {
            address.device = (!name.is_empty()).then_some(Device { name, source });
        });
    }

    fn arrive(self, next: Address) {
        let is_other = self.address.with_untracked(|address| address.device != next.device);
        self.address.set(next);
        if is_other {
            self.why.set(Told { value: None, failed: None });
            self.ask_why();
        }
    }

    /// The clock, the questions that are asked again, and the way back.
    pub fn live(self) {
        self.ask_all();
        let beat = set_interval_with_handle(move || self.now.set(now_ms()), Duration::from_secs(1));
        let asking = set_interval_with_handle(move || self.ask_all(), ASK_EVERY);
        for handle in [beat, asking].into_iter().flatten() {
            on_cleanup(move || handle.clear());
        }
        let back = window_event_listener(leptos::ev::popstate, move |_| {
            self.arrive(Address::parse(&current_query()));
        });
        on_cleanup(move || back.remove());
    }

    /// The readable name of a source, as it may stand in a sentence.
    pub fn name_of(self, source: &str) -> String {
        self.connections.with(|told| {
            let known = told.value.as_ref().and_then(|value| {
                value.connections.iter().find(|connection| connection.id == source)
            });
            apart(known.map_or(source, |connection| &connection.name)).into_owned()
        })
    }
}
