//! One stream from the server: a websocket with binary frames, or server-sent events with the same in base64 where websockets are
//! blocked. Both give the same frames in the same form; who listens need not know which it is.

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{BinaryType, CloseEvent, EventSource, MessageEvent, WebSocket};
use wire::codec;
use wire::frame::{ClientFrame, SUBPROTOCOL_BIN, ServerFrame};

/// What a stream tells.
#[derive(Debug)]
pub enum Told {
    /// It is open.
    Opened,
    /// Frames came, in this order.
    Frames(Vec<ServerFrame>),
    /// It ended, with a websocket's close code (1006 when there was none).
    Closed(u16),
}

/// One stream. Dropping it closes it and silences its listener.
pub struct Channel {
    pipe: Pipe,
    // The browser calls these; they must live as long as the stream.
    _on_open: Closure<dyn FnMut()>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
    _on_error: Closure<dyn FnMut()>,
}

enum Pipe {
    Socket(WebSocket),
    Events(EventSource),
}

impl Channel {
    /// Opens a websocket. `None` if the browser refuses the address.
    pub fn socket(address: &str, listener: impl Fn(Told) + Clone + 'static) -> Option<Self> {
        let socket = WebSocket::new_with_str(address, SUBPROTOCOL_BIN).ok()?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let on_open = told(&listener, || Told::Opened);
        let on_message = {
            let listener = listener.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let Ok(buffer) = event.data().dyn_into::<ArrayBuffer>() else { return };
                listener(read(&Uint8Array::new(&buffer).to_vec()));
            })
        };
        let on_close = {
            let listener = listener.clone();
            Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
                listener(Told::Closed(event.code()));
            })
        };
        let on_error = Closure::<dyn FnMut()>::new(|| {});
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Some(Self {
            pipe: Pipe::Socket(socket),
            _on_open: on_open,
            _on_message: on_message,
            _on_close: on_close,
            _on_error: on_error,
        })
    }

    /// Opens a stream of events. `None` if the browser refuses the address.
    pub fn events(address: &str, listener: impl Fn(Told) + Clone + 'static) -> Option<Self> {
        let events = EventSource::new(address).ok()?;
        let on_open = told(&listener, || Told::Opened);
        let on_message = {
            let listener = listener.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let Some(text) = event.data().as_string() else { return };
                listener(read(&unwrapped(&text)));
            })
        };
        let on_close = Closure::<dyn FnMut(CloseEvent)>::new(|_event| {});
        // The browser's own retry keeps no cursor and no jitter: any error ends this stream.
        let on_error = told(&listener, || Told::Closed(1006));
        events.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        events.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        events.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Some(Self {
            pipe: Pipe::Events(events),
            _on_open: on_open,
            _on_message: on_message,
            _on_close: on_close,
            _on_error: on_error,
        })
    }

    /// Sends a frame. False when this stream cannot: events go one way, a new view needs a new stream.
    pub fn send(&self, frame: &ClientFrame) -> bool {
        match &self.pipe {
            Pipe::Socket(socket) => socket.send_with_u8_array(&codec::encode_client(frame)).is_ok(),
            Pipe::Events(_) => false,
        }
    }

    /// Whether this is the fallback.
    pub fn is_events(&self) -> bool {
        matches!(self.pipe, Pipe::Events(_))
    }
}

/// A frame this version cannot read means the two ends differ: start over rather than guess.
fn read(bytes: &[u8]) -> Told {
    codec::decode_message(bytes).map_or(Told::Closed(1007), Told::Frames)
}

/// What stands in an event: base64, which the browser turns into letters that are a byte each. Of anything else nothing is left.
fn unwrapped(text: &str) -> Vec<u8> {
    let letters = leptos::prelude::window().atob(text).unwrap_or_default();
    letters.chars().map(|letter| letter as u8).collect()
}

fn told(listener: &(impl Fn(Told) + Clone + 'static), what: fn() -> Told) -> Closure<dyn FnMut()> {
    let listener = listener.clone();
    Closure::new(move || listener(what()))
}

impl Drop for Channel {
    fn drop(&mut self) {
        match &self.pipe {
            Pipe::Socket(socket) => {
                socket.set_onopen(None);
                socket.set_onmessage(None);
                socket.set_onclose(None);
                // Closing a socket that is closed is no error worth hearing of.
                let _ = socket.close();
            }
            Pipe::Events(events) => {
                events.set_onopen(None);
                events.set_onmessage(None);
                events.set_onerror(None);
                events.close();
            }
        }
    }
}
