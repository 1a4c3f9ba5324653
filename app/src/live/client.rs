//! Keeps a stream open: connects, resumes from the cursor, backs off with jitter, falls back to events.
//!
//! The picture is never touched by a loss. A lost stream changes the [`Link`], and what was shown stays shown.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::{TimeoutHandle, set_timeout_with_handle};
use wire::close;
use wire::frame::{ClientFrame, ServerFrame, ViewFrame};

use crate::address::encode;
use crate::live::backoff::{SOCKETS_BEFORE_EVENTS, pause_ms, told_pause_ms};
use crate::live::channel::{Channel, Told};
use crate::model::{Cursor, Link};
use crate::session::{NoSession, queue};

/// A stream that has not opened by then is given up: a stopped server accepts and says nothing.
const OPEN_WITHIN: Duration = Duration::from_secs(10);
/// An open stream silent for longer is dead, whatever the network says.
const SILENT_MAX_MS: i64 = 15_000;
/// How often a desk on the fallback asks whether websockets work again.
const PROBE_EVERY: Duration = Duration::from_mins(1);

/// What the desk lends to the client.
pub trait Reader {
    /// Takes a frame in; false if something before it is missing: then a stream without a cursor brings everything anew.
    fn take(&self, frame: ServerFrame) -> bool;
    /// Where to go on.
    fn cursor(&self) -> Option<Cursor>;
    /// The line changed.
    fn link(&self, change: &dyn Fn(&mut Link));
    /// Whether acts are stopped because nobody is signed in.
    fn signed_out(&self, out: bool);
    /// This machine's clock, in milliseconds.
    fn now(&self) -> i64;
}

/// The client. Cheap to copy around; all copies are one.
#[derive(Clone)]
pub struct Client(Rc<Inner>);

struct Inner {
    reader: Box<dyn Reader>,
    origin: String,
    view: RefCell<Option<ViewFrame>>,
    channel: RefCell<Option<Channel>>,
    timer: Cell<Option<TimeoutHandle>>,
    /// Which stream a callback belongs to: a late word of an old one is not heard.
    turn: Cell<u64>,
    open: Cell<bool>,
    heard_at: Cell<i64>,
    failures: Cell<u32>,
    /// Websockets that did not open although the server answers otherwise.
    blocked: Cell<u32>,
}

impl Client {
    /// A client for the server at `origin` (`http://…`). It does nothing until the first [`Client::look`].
    pub fn new(origin: String, reader: Box<dyn Reader>) -> Self {
        Self(Rc::new(Inner {
            reader,
            origin,
            view: RefCell::default(),
            channel: RefCell::default(),
            timer: Cell::default(),
            turn: Cell::default(),
            open: Cell::default(),
            heard_at: Cell::default(),
            failures: Cell::default(),
            blocked: Cell::default(),
        }))
    }

    /// Looks at a view from now on.
    pub fn look(&self, view: ViewFrame) {
        let first = self.0.view.replace(Some(view.clone())).is_none();
        if first {
            self.connect();
        } else if self.0.open.get() {
            let sent = self
                .0
                .channel
                .borrow()
                .as_ref()
                .is_some_and(|channel| channel.send(&ClientFrame::View(view)));
            if !sent {
                self.connect();
            }
        }
    }

    /// Notices a stream that is open and dead. Called once a second.
    pub fn watch(&self) {
        let silent = self.0.reader.now() - self.0.heard_at.get() > SILENT_MAX_MS;
        if self.0.open.get() && silent {
            self.lost(1006);
        }
    }

    /// Tries at once, for a person who signed in again or a network that came back.
    pub fn retry(&self) {
        if self.0.view.borrow().is_some() && !self.0.open.get() {
            self.0.failures.set(0);
            self.connect();
        }
    }

    /// Stops for good.
    pub fn stop(&self) {
        self.next_turn();
        self.0.view.replace(None);
    }

    fn next_turn(&self) -> u64 {
        if let Some(timer) = self.0.timer.take() {
            timer.clear();
        }
        self.0.open.set(false);
        self.0.channel.replace(None);
        let turn = self.0.turn.get() + 1;
        self.0.turn.set(turn);
        turn
    }

    fn connect(&self) {
        let turn = self.next_turn();
        let listener = {
            let this = self.clone();
            move |told| {
                if this.0.turn.get() == turn {
                    this.hear(told);
                }
            }
        };
        let by_events = self.0.blocked.get() >= SOCKETS_BEFORE_EVENTS;
        let channel = if by_events {
            Channel::events(&self.events_address(), listener)
        } else {
            Channel::socket(&self.socket_address(), listener)
        };
        let made = channel.is_some();
        self.0.channel.replace(channel);
        self.after(if made { OPEN_WITHIN } else { Duration::ZERO }, |this| this.lost(1006));
    }

    fn hear(&self, told: Told) {
        match told {
            Told::Opened => {
                if let Some(timer) = self.0.timer.take() {
                    timer.clear();
                }
                self.0.open.set(true);
                self.0.heard_at.set(self.0.reader.now());
                let by_events = self.0.channel.borrow().as_ref().is_some_and(Channel::is_events);
                if by_events {
                    self.after(PROBE_EVERY, Self::probe);
                } else {
                    self.0.blocked.set(0);
                    if let (Some(channel), Some(view)) =
                        (&*self.0.channel.borrow(), &*self.0.view.borrow())
                    {
                        channel.send(&ClientFrame::View(view.clone()));
                    }
                }
                self.0.reader.signed_out(false);
            }
            Told::Frame(frame) => {
                let now = self.0.reader.now();
                self.0.heard_at.set(now);
                self.0.failures.set(0);
                self.0
                    .reader
                    .link(&|link| *link = Link { open: true, heard_at: Some(now), lost_at: None });
                if !self.0.reader.take(*frame) {
                    self.connect();
                }
            }
            Told::Closed(code) => self.lost(code),
        }
    }

    fn lost(&self, code: u16) {
        let opened = self.0.open.get();
        self.next_turn();
        let now = self.0.reader.now();
        self.0.reader.link(&|link| {
            link.open = false;
            link.lost_at = link.lost_at.or(Some(now));
        });
        let failures = self.0.failures.get();
        self.0.failures.set(failures.saturating_add(1));
        if code == close::UNAUTHORIZED.code {
            self.0.reader.signed_out(true);
        } else if !opened {
            self.ask_why();
        }
        let pause = pause_ms(failures, js_sys::Math::random());
        self.after(Duration::from_millis(pause as u64), Self::connect);
    }

    /// A stream that never opened says nothing of the cause. The session's address does: signed out, server away, a queue
    /// before the door, or websockets blocked on the way.
    fn ask_why(&self) {
        let (this, turn) = (self.clone(), self.0.turn.get());
        wasm_bindgen_futures::spawn_local(async move {
            match queue().await {
                Ok(Some(retry_after_s)) => {
                    // Unless it came sooner already, or a person asked for it.
                    if this.0.turn.get() == turn {
                        let pause = told_pause_ms(retry_after_s, js_sys::Math::random());
                        this.after(Duration::from_millis(pause as u64), Self::connect);
                    }
                }
                Ok(None) => this.0.blocked.set(this.0.blocked.get().saturating_add(1)),
                Err(NoSession::SignedOut) => this.0.reader.signed_out(true),
                Err(_away) => this.0.blocked.set(0),
            }
        });
    }

    /// On the fallback: if a websocket opens now, go back to websockets.
    fn probe(&self) {
        let (this, turn) = (self.clone(), self.0.turn.get());
        let held: Rc<RefCell<Option<Channel>>> = Rc::default();
        let keep = Rc::clone(&held);
        let probe = Channel::socket(&self.socket_address(), move |told| {
            let opened = matches!(told, Told::Opened);
            if this.0.turn.get() == turn {
                if opened {
                    this.0.blocked.set(0);
                    this.connect();
                } else {
                    this.after(PROBE_EVERY, Self::probe);
                }
            }
            // Dropping the probe inside its own callback would free the code that runs.
            let done = Rc::clone(&keep);
            wasm_bindgen_futures::spawn_local(async move { drop(done.borrow_mut().take()) });
        });
        held.replace(probe);
    }

    fn after(&self, pause: Duration, act: fn(&Self)) {
        let (this, turn) = (self.clone(), self.0.turn.get());
        let timer = set_timeout_with_handle(
            move || {
                if this.0.turn.get() == turn {
                    act(&this);
                }
            },
            pause,
        );
        if let Some(old) = self.0.timer.replace(timer.ok()) {
            old.clear();
        }
    }

    fn socket_address(&self) -> String {
        let origin = self.0.origin.replacen("http", "ws", 1);
        let from = self.0.reader.cursor();
        from.map_or_else(
            || format!("{origin}/live"),
            |at| format!("{origin}/live?epoch={}&seq={}", encode(&at.epoch), at.seq),
        )
    }

    fn events_address(&self) -> String {
        let mut address = format!("{}/api/v1/live", self.0.origin);
        let mut join = '?';
        let mut add = |name: &str, value: &str| {
            address.push(join);
            join = '&';
            address.push_str(name);
            address.push('=');
            address.push_str(&encode(value));
        };
        if let Some(ViewFrame { view, number }) = &*self.0.view.borrow() {
            let b = &view.bbox;
            add("bbox", &format!("{},{},{},{}", b.west(), b.south(), b.east(), b.north()));
            add("zoom", &view.zoom.to_string());
            add("mode", view.mode.word());
            add("window", view.window.word());
            if let Some(hazards) = &view.hazards {
                let words: Vec<&str> = hazards.iter().map(|hazard| hazard.word()).collect();
                add("hazards", &words.join(","));
            }
            add("newest", &view.newest.to_string());
            if let Some(number) = number {
                add("number", &number.to_string());
            }
        }
        if let Some(at) = self.0.reader.cursor() {
            add("epoch", &at.epoch);
            add("seq", &at.seq.to_string());
        }
        address
    }
}
