//! What the panels of a desk share: the picture and the few signals that say which part of it moved.
//!
//! Frames go into the picture at once and wake the screen when totals say that all of a batch came, else once per
//! [`BATCH`]: a burst of two thousand reports is one drawing. No panel talks to another; each reads from here.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use wire::api::SessionBody;
use wire::frame::ServerFrame;
use wire::grade::HazardSet;
use wire::view::{Mode, Totals, View, Window};

use crate::address::{Address, Camera, Selection};
use crate::aside::{Aside, Opened};
use crate::decide::{Asking, Sent};
use crate::live::client::{Client, Reader};
use crate::map::canvas::Canvas;
use crate::map::warnings::Warnings;
use crate::model::incidents::Reader as Listener;
use crate::model::{Changed, Cursor, Incidents, Link, Picture, Pulse, Rows, Standing, standing};
use crate::ui::lasting::Lasting;
use crate::ui::storage::recall;

/// Frames are gathered for this long before the screen is told, if no totals come sooner: two animation frames.
const BATCH: Duration = Duration::from_millis(32);
/// Newest reports asked for with each view.
const NEWEST: u16 = 100;
/// Where a desk looks that has no area of its own set and never looked anywhere: the exercise city.
const FIRST_LOOK: Camera = Camera { lng: 2.165, lat: 41.402, zoom: 11.7 };

/// A desk. Copies are handles to the same one.
#[derive(Clone, Copy)]
pub struct Desk {
    /// Live or exercise; fixed while the desk is open.
    pub mode: Mode,
    /// Everything that was sent.
    pub picture: StoredValue<Picture>,
    pending: StoredValue<Option<Changed>>,
    /// The batch waits for the end of a snapshot.
    resume_batch: StoredValue<bool>,
    /// Moves with clusters.
    pub clusters_moved: Lasting<RwSignal<u64>>,
    /// Moves with reports.
    pub reports_moved: Lasting<RwSignal<u64>>,
    /// Moves with sensors.
    pub sensors_moved: Lasting<RwSignal<u64>>,
    /// Moves with situations.
    pub situations_moved: Lasting<RwSignal<u64>>,
    /// Moves with alarms.
    pub alarms_moved: Lasting<RwSignal<u64>>,
    /// Moves with advisories.
    pub advisories_moved: Lasting<RwSignal<u64>>,
    /// The warnings in force, as they were asked for last.
    pub warnings: Lasting<RwSignal<Arc<Warnings>>>,
    /// Moves with the log.
    pub log_moved: Lasting<RwSignal<u64>>,
    /// Moves with sources.
    pub sources_moved: Lasting<RwSignal<u64>>,
    /// The counts of the view.
    pub totals: Lasting<RwSignal<Option<Totals>>>,
    /// When the newest datum was observed, in the server's milliseconds.
    pub newest: Lasting<RwSignal<Option<i64>>>,
    /// The line.
    pub link: Lasting<RwSignal<Link>>,
    /// This machine's clock, once a second, in milliseconds.
    pub now: Lasting<RwSignal<i64>>,
    /// The server's clock less this machine's.
    pub clock_ahead_ms: Lasting<RwSignal<i64>>,
    /// Where the map looks.
    pub camera: Lasting<RwSignal<Camera>>,
    /// The size of the map in pixels.
    pub size: Lasting<RwSignal<(f64, f64)>>,
    /// How far back.
    pub window: Lasting<RwSignal<Window>>,
    /// Which hazards.
    pub hazards: Lasting<RwSignal<Option<HazardSet>>>,
    /// What is picked, and shown in the card.
    pub selection: Lasting<RwSignal<Option<Selection>>>,
    /// The row that the keys stand on.
    pub at_row: Lasting<RwSignal<Option<Selection>>>,
    /// The rows of reports.
    pub rows: Lasting<RwSignal<Rows>>,
    /// The rows of situations.
    pub incidents: Lasting<RwSignal<Incidents>>,
    /// The list shows reports, and not situations.
    pub reports_listed: Lasting<RwSignal<bool>>,
    /// Who works here.
    pub me: StoredValue<SessionBody>,
    /// What is searched for among the reports, as the query of their list.
    pub search: Lasting<RwSignal<String>>,
    /// What is being decided of the picked situation.
    pub asking: Lasting<RwSignal<Option<Asking>>>,
    /// The dialogs that are open.
    pub opened: Opened,
    /// The second file of the program.
    pub aside: Lasting<RwSignal<Aside>>,
    /// What became of the last decision of this desk.
    pub sent: Lasting<RwSignal<Sent>>,
    /// The pointer is in the list.
    pub pointer_in_list: Lasting<RwSignal<bool>>,
    /// The focus of the keyboard is in the list. Not one with the pointer: either may leave while the other stays.
    pub focus_in_list: Lasting<RwSignal<bool>>,
    /// The list was held by hand.
    pub frozen_list: Lasting<RwSignal<bool>>,
    /// All sensors are drawn, at whatever zoom.
    pub all_sensors: Lasting<RwSignal<bool>>,
    /// The session ended; the picture goes on as long as the server sends it.
    pub signed_out: Lasting<RwSignal<bool>>,
    /// Where `Home` goes.
    pub home: Lasting<RwSignal<Camera>>,
    /// The map, once it is there.
    pub canvas: StoredValue<Option<Canvas>, LocalStorage>,
    /// Moves when the map has come.
    pub canvas_ready: Lasting<RwSignal<bool>>,
    client: StoredValue<Option<Client>, LocalStorage>,
}

impl Desk {
    /// A desk as the address asks for it.
    pub fn new(mode: Mode, me: SessionBody, address: &Address) -> Self {
        let remembered = || Address::parse(&recall(last_look(mode))?).camera;
        let camera = address.camera.or_else(remembered).unwrap_or(FIRST_LOOK);
        Self {
            mode,
            picture: StoredValue::new(Picture::default()),
            pending: StoredValue::new(None),
            resume_batch: StoredValue::new(false),
            clusters_moved: Lasting::signal(0),
            reports_moved: Lasting::signal(0),
            sensors_moved: Lasting::signal(0),
            situations_moved: Lasting::signal(0),
            alarms_moved: Lasting::signal(0),
            advisories_moved: Lasting::signal(0),
            warnings: Lasting::signal(Arc::default()),
            log_moved: Lasting::signal(0),
            sources_moved: Lasting::signal(0),
            totals: Lasting::signal(None),
            newest: Lasting::signal(None),
            link: Lasting::signal(Link::default()),
            now: Lasting::signal(now_ms()),
            clock_ahead_ms: Lasting::signal(0),
            camera: Lasting::signal(camera),
            size: Lasting::signal((1_040.0, 660.0)),
            window: Lasting::signal(address.window.unwrap_or(Window::Open)),
            hazards: Lasting::signal(address.hazards),
            selection: Lasting::signal(address.selection.clone()),
            at_row: Lasting::signal(None),
            rows: Lasting::signal(Rows::default()),
            incidents: Lasting::signal(Incidents::default()),
            reports_listed: Lasting::signal(address.reports),
            search: Lasting::signal(address.search.clone()),
            me: StoredValue::new(me),
            asking: Lasting::signal(None),
            opened: Opened::none(),
            aside: Lasting::signal(Aside::Awaited),
            sent: Lasting::signal(Sent::default()),
            pointer_in_list: Lasting::signal(false),
            focus_in_list: Lasting::signal(false),
            frozen_list: Lasting::signal(false),
            all_sensors: Lasting::signal(false),
            signed_out: Lasting::signal(false),
            home: Lasting::signal(FIRST_LOOK),
            canvas: StoredValue::new_local(None),
            canvas_ready: Lasting::signal(false),
            client: StoredValue::new_local(None),
        }
    }

    /// Opens the stream of this desk; it follows the view from then on.
    pub fn connect(self, origin: String) {
        self.client.set_value(Some(Client::new(origin, Box::new(self))));
    }

    /// Closes the stream.
    pub fn disconnect(self) {
        if let Some(Some(client)) = self.client.try_update_value(Option::take) {
            client.stop();
        }
    }

    /// The client, while there is one.
    pub fn client(self) -> Option<Client> {
        self.client.try_get_value().flatten()
    }

    /// The view of the camera, the window and the filter.
    pub fn view(self) -> View {
        let (width, height) = self.size.get();
        let camera = self.camera.get();
        View {
            bbox: camera.visible(width, height),
            zoom: camera.zoom,
            mode: self.mode,
            window: self.window.get(),
            hazards: self.hazards.get().map(|set| set.iter().collect()),
            newest: NEWEST,
        }
    }

    /// Asks for a view.
    pub fn look(self, view: View) {
        let Some(asked) = self.picture.try_update_value(|picture| picture.look(view)) else {
            return;
        };
        self.touch(Changed { clusters: true, reports: true, ..Changed::default() });
        if let Some(client) = self.client() {
            client.look(asked);
        }
    }

    /// The server's clock now, in milliseconds.
    pub fn server_now(self) -> i64 {
        self.now.get() + self.clock_ahead_ms.get()
    }

    /// What the status bar says of the line.
    pub fn standing(self) -> Standing {
        standing(&self.link.get(), self.now.get())
    }

    /// Since when the picture is frozen, if it is.
    pub fn frozen_since(self) -> Option<i64> {
        self.link.with(Link::frozen_since)
    }

    /// Looks whether the picture stopped. Called once a second.
    pub fn watch(self) {
        let mut link = self.link.get_untracked();
        link.watch(now_ms());
        if link != self.link.get_untracked() {
            self.link.set(link);
        }
    }

    /// Whether the rows must stay where they are.
    pub fn list_held(self) -> bool {
        self.pointer_in_list.get()
            || self.focus_in_list.get()
            || self.frozen_list.get()
            || matches!(self.selection.get(), Some(Selection::Report(_) | Selection::Situation(_)))
    }

    /// Takes in what waits behind a held list.
    pub fn take_in(self) {
        self.frozen_list.set(false);
        untrack(|| self.sync_as(false));
        // A row that had the focus may be gone with it, and not every browser tells.
        request_animation_frame(move || {
            let at = document().active_element();
            let inside = at.is_some_and(|at| matches!(at.closest(".list .rows"), Ok(Some(_))));
            let _ = self.focus_in_list.try_maybe_update(|focus| {
                let leaves = *focus && !inside;
                *focus &= inside;
                (leaves, ())
            });
        });
    }

    /// Brings the rows up to date, as far as they may move.
    pub fn sync_rows(self) {
        self.sync_as(self.list_held());
    }

    fn sync_as(self, held: bool) {
        self.picture.with_value(|picture| {
            self.rows.update(|rows| {
                rows.sync(picture.reports(), held);
                rows.empty(|id| picture.is_taken(id));
            });
        });
        self.sync_incidents(held);
    }

    /// Brings the rows of situations up to date. Those of reports move with every burst; these are few.
    pub fn sync_incidents(self, held: bool) {
        let now = untrack(|| self.server_now());
        let next = self.picture.with_value(|picture| {
            let mut next = self.incidents.get_untracked();
            self.me.with_value(|me| {
                let reader = Listener { name: &me.name, now };
                next.sync(picture.situations(), &picture.asking(), reader, held);
            });
            next
        });
        if self.incidents.with_untracked(|before| *before != next) {
            self.incidents.set(next);
        }
    }

    /// Where the selection is on the map, if it has a place.
    pub fn selected_place(self) -> Option<(f64, f64)> {
        self.picture.with_value(|picture| match self.selection.get()? {
            Selection::Situation(id) => {
                let place = picture.situation(id)?.geometry?;
                Some((place.lng(), place.lat()))
            }
            Selection::Report(id) => {
                let place = picture.report(id)?.geometry?;
                Some((place.lng(), place.lat()))
            }
            Selection::Cluster(id) => picture.cluster(id).map(|cluster| (cluster.lng, cluster.lat)),
            Selection::Sensor(source, datastream) => {
                let place = picture.sensor(&(source, datastream))?.geometry?;
                Some((place.lng(), place.lat()))
            }
            Selection::Nowhere | Selection::Search => None,
        })
    }

    /// The map goes to the selection, near enough to see it alone.
    pub fn go_to_selection(self) {
        let Some((lng, lat)) = untrack(|| self.selected_place()) else { return };
        let apart = match self.selection.get_untracked() {
            Some(Selection::Cluster(id)) => self.picture.with_value(|picture| {
                picture.cluster(id).map(|cluster| f64::from(cluster.expansion_zoom.min(18)))
            }),
            // A situation is seen as a whole, with what stands around it.
            Some(Selection::Situation(_)) => Some(15.0),
            _ => Some(16.0),
        };
        let zoom = self.camera.get_untracked().zoom.max(apart.unwrap_or(16.0));
        self.go_to(Camera { lng, lat, zoom });
    }

    /// The map goes there; without a map the view does.
    pub fn go_to(self, camera: Camera) {
        let moved =
            self.canvas.with_value(|canvas| canvas.as_ref().map(|canvas| canvas.go_to(camera)));
        if moved.is_none() {
            self.camera.set(camera);
        }
    }

    /// A frame tells several times a second that the line lives, and the screen nothing new: what goes by time follows the clock.
    fn hear(self, pulse: Pulse, is_whole: bool, now: i64) {
        self.link.maybe_update(|link| {
            let told = |link: &Link| (standing(link, now), link.frozen_since());
            let before = told(link);
            link.hear(pulse, is_whole, now);
            told(link) != before
        });
    }

    fn touch(self, changed: Changed) {
        let mut first = false;
        self.pending.update_value(|pending| {
            first = pending.is_none() || self.resume_batch.get_value();
            *pending = Some(pending.unwrap_or_default().and(changed));
        });
        if first {
            self.resume_batch.set_value(false);
            set_timeout(move || self.flush(), BATCH);
        }
    }

    fn flush(self) {
        let Some(Some(changed)) = self.pending.try_update_value(Option::take) else { return };
        let rebuilding = self.totals.get_untracked().is_some()
            && self.picture.with_value(|picture| picture.totals().is_none());
        if rebuilding {
            // After a reset the snapshot ends with its totals: until then what is on screen stays on screen.
            self.pending.set_value(Some(changed));
            self.resume_batch.set_value(true);
            return;
        }
        let bump = |moved: Lasting<RwSignal<u64>>, touched: bool| {
            if touched {
                moved.update(|n| *n += 1);
            }
        };
        bump(self.clusters_moved, changed.clusters);
        bump(self.reports_moved, changed.reports);
        bump(self.sensors_moved, changed.sensors);
        bump(self.situations_moved, changed.situations);
        bump(self.alarms_moved, changed.alarms);
        bump(self.advisories_moved, changed.advisories);
        bump(self.log_moved, changed.log);
        bump(self.sources_moved, changed.sources);
        if changed.counts {
            let (totals, newest) =
                self.picture.with_value(|picture| (picture.totals(), picture.newest()));
            if totals != self.totals.get_untracked() {
                self.totals.set(totals);
            }
            let newest = newest.map(|at| at.0);
            if newest != self.newest.get_untracked() {
                self.newest.set(newest);
            }
        }
    }
}

impl Reader for Desk {
    fn take(&self, frames: Vec<ServerFrame>) -> bool {
        let now = now_ms();
        let mut changed = Changed::default();
        let mut before = None;
        for frame in frames {
            let clock = match &frame {
                ServerFrame::Heartbeat(beat) => Some(beat.server_time),
                ServerFrame::Hello(hello) => Some(hello.server_time),
                _ => None,
            };
            if let Some(clock) = clock {
                self.clock_ahead_ms.set(clock.0 - now);
            }
            let pulse = Pulse::of(&frame);
            let applied = self.picture.try_update_value(|picture| {
                (picture.apply(frame), pulse == Pulse::Totals && picture.settled())
            });
            let (touched, is_whole) = applied.unwrap_or_default();
            changed = changed.and(touched);
            // A second piece at the same moment says no more than the first.
            if before.replace(pulse) != Some(Pulse::Piece) || pulse != Pulse::Piece {
                self.hear(pulse, is_whole, now);
            }
            if changed.lost {
                break;
            }
            if pulse == Pulse::Totals {
                self.touch(std::mem::take(&mut changed));
                // Nothing more of this batch will come: waiting would only make the picture older.
                self.flush();
            }
        }
        if changed != Changed::default() {
            self.touch(changed);
        }
        !changed.lost
    }

    fn open_line(&self) -> Option<Cursor> {
        self.picture.try_update_value(Picture::open_line).flatten()
    }

    fn link(&self, change: &dyn Fn(&mut Link)) {
        self.link.update(change);
    }

    fn signed_out(&self, out: bool) {
        if self.signed_out.get_untracked() != out {
            self.signed_out.set(out);
        }
    }

    fn now(&self) -> i64 {
        now_ms()
    }
}

/// The name under which this machine remembers where a mode's desk looked last.
pub fn last_look(mode: Mode) -> &'static str {
    match mode {
        Mode::Live => "talaia.look.live",
        Mode::Exercise => "talaia.look.exercise",
    }
}

/// The desk of the surrounding component.
pub fn desk() -> Desk {
    expect_context()
}

/// This machine's clock in milliseconds.
pub fn now_ms() -> i64 {
    js_sys::Date::now() as i64
}
