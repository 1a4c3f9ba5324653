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

/// A stream of events that has said nothing by then is given up: a stopped server accepts and is silent.
const EVENTS_WITHIN: Duration = Duration::from_secs(10);
/// A websocket that has said nothing by then is given up. The first word comes with the answer to the handshake, four times
/// back and forth on the worst line; a proxy that swallows it must not keep the room waiting for the events.
const SOCKET_WITHIN: Duration = Duration::from_secs(5);
/// An answer over HTTP that takes longer says nothing about websockets: the line or the server was away.
const ANSWER_WITHIN_MS: i64 = 3_000;
/// An open stream silent for longer is dead, whatever the network says.
const SILENT_MAX_MS: i64 = 15_000;
/// How often a desk on the fallback asks whether websockets work again.
const PROBE_EVERY: Duration = Duration::from_mins(1);

/// What the desk lends to the client.
pub trait Reader {
    /// Takes the frames of a message in, and notes that the line lives; false if something before one is missing: then those after it are not taken,
    /// and a stream without a cursor brings everything anew.
    fn take(&self, frames: Vec<ServerFrame>) -> bool;
    /// A stream is about to be opened: where it goes on.
    fn open_line(&self) -> Option<Cursor>;
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
    /// Which timer may still act: one that is cleared too late, or in vain, does nothing.
    armed: Cell<u64>,
    /// Which stream a callback belongs to: a late word of an old one is not heard.
    turn: Cell<u64>,
    /// The stream said something. Before its hello nothing is asked of it, or an answer could be taken for another's.
    open: Cell<bool>,
    heard_at: Cell<i64>,
    failures: Cell<u32>,
    /// Websockets that said nothing although the server answers otherwise.
    blocked: Cell<u32>,
    /// The websocket that asks whether the fallback is still needed.
    probe: RefCell<Option<Channel>>,
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
            armed: Cell::default(),
            turn: Cell::default(),
            open: Cell::default(),
            heard_at: Cell::default(),
            failures: Cell::default(),
            blocked: Cell::default(),
            probe: RefCell::default(),
        }))
    }

    /// Looks at a view from now on.
    pub fn look(&self, view: ViewFrame) {
        let first = self.0.view.replace(Some(view)).is_none();
        // The address of events names the view: another view is another stream.
        if first || self.by_events() || (self.0.open.get() && !self.send_view()) {
            self.connect();
        }
    }

    fn by_events(&self) -> bool {
        self.0.channel.borrow().as_ref().is_some_and(Channel::is_events)
    }

    fn send_view(&self) -> bool {
        let (channel, view) = (self.0.channel.borrow(), self.0.view.borrow());
        let (Some(channel), Some(view)) = (&*channel, &*view) else { return false };
        channel.send(&ClientFrame::View(view.clone()))
    }

    /// Notices a stream that is open and dead. Called once a second.
    pub fn watch(&self) {
        let silent = self.0.reader.now() - self.0.heard_at.get() > SILENT_MAX_MS;
        if self.0.open.get() && silent {
            self.lost(1006, false);
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
        self.disarm();
        self.0.open.set(false);
        self.0.channel.replace(None);
        self.0.probe.replace(None);
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
        let from = self.0.reader.open_line();
        let channel = if by_events {
            Channel::events(&self.events_address(from), listener)
        } else {
            Channel::socket(&self.socket_address(from), listener)
        };
        let made = channel.is_some();
        self.0.channel.replace(channel);
        match (made, by_events) {
            (false, _) => self.after(Duration::ZERO, |this| this.lost(1006, false)),
            (true, true) => self.after(EVENTS_WITHIN, |this| this.lost(1006, false)),
            (true, false) => self.after(SOCKET_WITHIN, |this| this.lost(1006, true)),
        }
    }

    fn hear(&self, told: Told) {
        match told {
            Told::Opened => {
                // Open is a claim: some proxies accept a websocket and pass nothing on. What counts is the first frame.
            }
            Told::Frames(frames) => {
                self.0.heard_at.set(self.0.reader.now());
                self.0.failures.set(0);
                let is_first = !self.0.open.replace(true);
                if is_first {
                    self.began();
                }
                if !self.0.reader.take(frames) {
                    self.connect();
                } else if is_first && !self.by_events() {
                    // Not taken, it is a stream that ends, which it will say.
                    self.send_view();
                }
            }
            Told::Closed(code) => self.lost(code, false),
        }
    }

    /// The stream said its first word.
    fn began(&self) {
        self.disarm();
        if self.by_events() {
            self.after(PROBE_EVERY, Self::probe);
        } else {
            self.0.blocked.set(0);
        }
        self.0.reader.signed_out(false);
    }

    /// The stream ended, or was given up. `swallowed`: it is a websocket that said nothing all its time.
    fn lost(&self, code: u16, swallowed: bool) {
        let opened = self.0.open.get();
        let by_events = self.by_events();
        self.next_turn();
        let now = self.0.reader.now();
        self.0.reader.link(&|link| link.lose(now));
        let failures = self.0.failures.get();
        self.0.failures.set(failures.saturating_add(1));
        if code == close::UNAUTHORIZED.code {
            self.0.reader.signed_out(true);
        } else if !opened && by_events {
            // Events do not come either: websockets have another turn.
            self.0.blocked.set(0);
            self.ask_why(0);
        } else if !opened {
            self.ask_why(if swallowed { SOCKETS_BEFORE_EVENTS } else { 1 });
        }
        let pause = pause_ms(failures, js_sys::Math::random());
        self.after(Duration::from_millis(pause as u64), Self::connect);
    }

    /// A stream that said nothing says nothing of the cause. The session's address does: signed out, server away, a queue
    /// before the door, or websockets blocked on the way, which then weighs as many tries as `weight` says.
    fn ask_why(&self, weight: u32) {
        let (this, turn) = (self.clone(), self.0.turn.get());
        let asked_at = self.0.reader.now();
        wasm_bindgen_futures::spawn_local(async move {
            match queue().await {
                Ok(Some(retry_after_s)) => {
                    // Unless it came sooner already, or a person asked for it.
                    if this.0.turn.get() == turn {
                        let pause = told_pause_ms(retry_after_s, js_sys::Math::random());
                        this.after(Duration::from_millis(pause as u64), Self::connect);
                    }
                }
                Ok(None) if this.0.reader.now() - asked_at <= ANSWER_WITHIN_MS => {
                    this.block(weight);
                }
                Ok(None) => {}
                Err(NoSession::SignedOut) => this.0.reader.signed_out(true),
                Err(_away) => this.0.blocked.set(0),
            }
        });
    }

    fn block(&self, weight: u32) {
        let before = self.0.blocked.get();
        self.0.blocked.set(before.saturating_add(weight));
        let is_first = before < SOCKETS_BEFORE_EVENTS && before + weight >= SOCKETS_BEFORE_EVENTS;
        if is_first && !self.0.open.get() && self.0.view.borrow().is_some() {
            // Another websocket may be on its way into the same hole.
            self.connect();
        }
    }

    /// On the fallback: if a websocket says something now, go back to websockets.
    fn probe(&self) {
        let (this, turn) = (self.clone(), self.0.turn.get());
        let probe = Channel::socket(&self.socket_address(None), move |told| {
            if matches!(told, Told::Frames(_)) && this.0.turn.get() == turn {
                let this = this.clone();
                // Dropping the probe inside its own callback would free the code that runs.
                wasm_bindgen_futures::spawn_local(async move {
                    if this.0.turn.get() == turn {
                        this.0.blocked.set(0);
                        this.connect();
                    }
                });
            }
        });
        // The one before goes, whatever became of it.
        self.0.probe.replace(probe);
        self.after(PROBE_EVERY, Self::probe);
    }

    fn after(&self, pause: Duration, act: fn(&Self)) {
        let (this, number) = (self.clone(), self.disarm());
        let timer = set_timeout_with_handle(
            move || {
                if this.0.armed.get() == number {
                    act(&this);
                }
            },
            pause,
        );
        self.0.timer.set(timer.ok());
    }

    /// Whatever was to happen later does not. Gives the number of the timer that may be set next.
    fn disarm(&self) -> u64 {
        if let Some(timer) = self.0.timer.take() {
            timer.clear();
        }
        let number = self.0.armed.get() + 1;
        self.0.armed.set(number);
        number
    }

    fn socket_address(&self, from: Option<Cursor>) -> String {
        let origin = self.0.origin.replacen("http", "ws", 1);
        from.map_or_else(
            || format!("{origin}/live"),
            |at| format!("{origin}/live?epoch={}&seq={}", encode(&at.epoch), at.seq),
        )
    }

    fn events_address(&self, from: Option<Cursor>) -> String {
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
        add("form", "bin");
        if let Some(at) = from {
            add("epoch", &at.epoch);
            add("seq", &at.seq.to_string());
        }
        address
    }
}
