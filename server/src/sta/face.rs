//! The addresses: one handler reads the path, finds out who asks, and hands on. Every answer, errors included, has SensorThings' form.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::{Value, json};
use wire::desk::TickName;

use super::change::Change;
use super::conformance;
use super::fault;
use super::limits::JSON_BYTES_MAX;
use super::model::Set;
use super::path::{self, Key, Path, Tail};
use super::query;
use super::read::{Answer, Reading};
use super::render::address;
use super::send::{DIALECT, Made, Sending};
use super::walk::Walker;
use crate::auth::{self, Scope, Seen, Sender};
use crate::http::body::{Incoming, packing};
use crate::http::problem::Fault;
use crate::normalise;
use crate::state::App;
use crate::why::{BodyRefusal, Items};

/// The two versions under which the same is served.
const VERSIONS: [&str; 2] = ["v1.1", "v1.0"];

/// The media type of JSON Patch.
const JSON_PATCH: &str = "application/json-patch+json";

/// Every address of it.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/sta/v1.1", any(handle))
        .route("/sta/v1.1/{*rest}", any(handle))
        .route("/sta/v1.0", any(handle))
        .route("/sta/v1.0/{*rest}", any(handle))
}

async fn handle(State(app): State<App>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    match answer(app, &mut parts, body).await {
        Ok(answer) => answer,
        Err(fault) => fault::answer(fault),
    }
}

/// The address of the root, as the one who asks knows the server.
fn root(app: &App, parts: &Parts, version: &str) -> Result<String, Fault> {
    if let Some(url) = &app.config.public_url {
        return Ok(format!("{url}/sta/{version}"));
    }
    let host =
        parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let plain = |sign: u8| sign.is_ascii_alphanumeric() || b".-:[]_".contains(&sign);
    if !host.bytes().all(plain) {
        return Err(fault::bad("bad-host", "The header Host is not a host."));
    }
    Ok(format!("http://{host}/sta/{version}"))
}

async fn answer(app: App, parts: &mut Parts, body: Body) -> Result<Response, Fault> {
    auth::basic_as_bearer(&mut parts.headers)?;
    let written = parts.uri.path().to_owned();
    let rest = written.strip_prefix("/sta/").unwrap_or_default();
    let (version, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let version = VERSIONS.into_iter().find(|known| *known == version).unwrap_or(VERSIONS[0]);
    let root = root(&app, parts, version)?;
    let rest = decoded(rest.trim_end_matches('/'))?;
    match parts.method {
        Method::GET | Method::HEAD => get(app, parts, &root, &rest).await,
        Method::POST | Method::PATCH | Method::PUT | Method::DELETE => {
            let sender = Sender::from_request_parts(parts, &app).await?;
            let answer = send(sender.of(app.clone()), parts, body, (root, rest), &sender).await;
            sender.told(&app, answer)
        }
        _ => Err(fault::not_allowed("GET, POST, PATCH, PUT and DELETE are taken.")),
    }
}

async fn send(
    app: App,
    parts: &Parts,
    body: Body,
    (root, rest): (String, String),
    sender: &Sender,
) -> Result<Response, Fault> {
    sender.needs(Scope::Observations)?;
    let (value, n_bytes) = if parts.method == Method::DELETE {
        (Value::Null, 0)
    } else {
        // A partner's own places first: one that sends many and slowly waits for itself.
        let _own = sender.budget.places.acquire().await.map_err(Fault::internal)?;
        read_body(&app, parts, body).await.inspect_err(|fault| {
            let problem = &fault.problem;
            let (reason, detail) = match problem.errors.first() {
                Some(error) => (error.reason.as_str(), error.detail.as_str()),
                None => (problem.kind.as_str(), problem.detail.as_str()),
            };
            let tick = TickName::Parsed;
            let refusal = BodyRefusal { tick, reason, detail, items: &Items::None };
            app.attempts.body(sender.source, DIALECT, refusal);
        })?
    };
    let now = app.clock.now();
    let sending = Sending { app, sender: sender.clone(), now, is_again: false, n_bytes };
    let method = parts.method.clone();
    let is_list = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == JSON_PATCH);
    let change = match method {
        Method::PUT => Change::Whole,
        _ if is_list => Change::Operations,
        _ => Change::Members,
    };
    // In a task of its own: who hangs up in the middle must not leave a change on disk that nobody sees.
    let work =
        tokio::spawn(async move { write(&sending, (&method, change), &root, &rest, value).await });
    work.await.map_err(Fault::internal)?
}

/// Percent signs undone.
fn decoded(text: &str) -> Result<String, Fault> {
    let bad = || fault::not_found("The path is not UTF-8.");
    // A plus is a plus in a path.
    let whole = format!("x={}", text.replace('+', "%2B").replace('&', "%26"));
    let (_, value) = url::form_urlencoded::parse(whole.as_bytes()).next().ok_or_else(bad)?;
    if value.contains(['\0', '\u{fffd}']) { Err(bad()) } else { Ok(value.into_owned()) }
}

async fn read_body(app: &App, parts: &Parts, body: Body) -> Result<(Value, usize), Fault> {
    let headers = &parts.headers;
    let kind =
        headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_patch = parts.method == Method::PATCH && kind == JSON_PATCH;
    if kind != "application/json" && !is_patch {
        let title = "The type is not understood";
        return Err(Fault::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-type",
            title,
            "Send application/json.",
        ));
    }
    let packing = packing(headers)?;
    let limits = &app.config.limits;
    let stall = Duration::from_millis(limits.body_stall_ms);
    let bytes = Incoming::new(headers, body, limits.body_bytes_max, stall).await?.rest().await?;
    let _place = app.registry.bodies.acquire().await.map_err(Fault::internal)?;
    let n_bytes = bytes.len();
    let config = Arc::clone(&app.config);
    let work = move || {
        let plain = normalise::unpack(&bytes, packing, &config.limits)?;
        normalise::strict(plain.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&plain), JSON_BYTES_MAX)
    };
    let value = tokio::task::spawn_blocking(work).await.map_err(Fault::internal)??;
    Ok((value, n_bytes))
}

async fn get(app: App, parts: &mut Parts, root: &str, rest: &str) -> Result<Response, Fault> {
    let Seen { app, reader, .. } = Seen::from_request_parts(parts, &app).await?;
    if rest.is_empty() {
        return Ok(json_answer(StatusCode::OK, &entry(root), None));
    }
    let path = path::read(rest)?;
    let asked = query::read(parts.uri.query().unwrap_or_default(), path.leads_to())?;
    let mode = reader.mode(asked.mode)?;
    let walker = Walker { mode, source: reader.source };
    let asked_at = format!("{root}/{}", encoded(rest));
    let reading = Reading { app: &app, walker, root, asked_at };
    Ok(match reading.answer(&path, &asked).await? {
        Answer::Json(value) => json_answer(StatusCode::OK, &value, None),
        Answer::Text(text) => {
            ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
        }
        Answer::Nothing => StatusCode::NO_CONTENT.into_response(),
    })
}

/// A path as it stands in an address.
fn encoded(path: &str) -> String {
    use std::fmt::Write as _;
    path.bytes().fold(String::with_capacity(path.len()), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"/()'-._~$@:".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

/// The root document.
fn entry(root: &str) -> Value {
    let sets: Vec<Value> = Set::ALL
        .into_iter()
        .map(|set| json!({"name": set.word(), "url": format!("{root}/{}", set.word())}))
        .collect();
    json!({"value": sets, "serverSettings": conformance::settings()})
}

fn json_answer(status: StatusCode, value: &Value, location: Option<&str>) -> Response {
    let json = HeaderValue::from_static("application/json");
    let mut answer = (status, value.to_string()).into_response();
    answer.headers_mut().insert(header::CONTENT_TYPE, json);
    if let Some(location) = location.and_then(|text| HeaderValue::from_str(text).ok()) {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    answer
}

async fn write(
    sending: &Sending,
    (method, change): (&Method, Change),
    root: &str,
    rest: &str,
    value: Value,
) -> Result<Response, Fault> {
    if rest == "CreateObservations" {
        if *method != Method::POST {
            return Err(fault::not_allowed("CreateObservations takes POST."));
        }
        let answers = sending.create_observations(value, root).await?;
        return Ok(json_answer(StatusCode::CREATED, &answers, None));
    }
    if rest.is_empty() {
        return Err(fault::not_allowed(
            "The root document is read: create in a set, such as POST Things.",
        ));
    }
    let path = path::read(rest)?;
    if path.tail != Tail::Whole {
        return Err(fault::not_allowed(
            "Entities are written whole: send PATCH to the entity with this property alone.",
        ));
    }
    match *method {
        Method::POST => create(sending, root, &path, value).await,
        Method::DELETE => {
            sending.delete(&path).await?;
            Ok(StatusCode::OK.into_response())
        }
        _ => {
            let is_whole = change == Change::Whole;
            let own = own_id(&path).filter(|_| is_whole && path.set != Set::Observations);
            let value = match own {
                Some(external) => under_own_id(value, external)?,
                None => value,
            };
            if own.is_some_and(|external| !is_there(sending, path.set, external)) {
                let set = Path { set: path.set, key: None, hops: Vec::new(), tail: Tail::Whole };
                return create(sending, root, &set, value).await;
            }
            let (set, id) = sending.update(&path, value, change).await?;
            shown(sending, root, StatusCode::OK, set, id).await
        }
    }
}

async fn create(
    sending: &Sending,
    root: &str,
    path: &Path,
    value: Value,
) -> Result<Response, Fault> {
    match sending.create(path, value).await? {
        Made::Entity { set, id, is_new } => {
            let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
            shown(sending, root, status, set, id).await
        }
        Made::Observation { seq, is_new: _ } => {
            let own = address(root, Set::Observations, seq as i64);
            let value = json!({"@iot.id": seq, "@iot.selfLink": own});
            Ok(json_answer(StatusCode::CREATED, &value, Some(&own)))
        }
    }
}

/// The partner's own id, where the address is one.
fn own_id(path: &Path) -> Option<&str> {
    match &path.key {
        Some(Key::Own(external)) if path.hops.is_empty() => Some(external),
        _ => None,
    }
}

fn is_there(sending: &Sending, set: Set, external: &str) -> bool {
    let (source, mode) = (sending.sender.source, sending.sender.mode);
    sending.app.registry.read().external(source, mode, set, external).is_some()
}

/// What is put under the partner's own id keeps it, whether the body says so or not.
fn under_own_id(mut value: Value, external: &str) -> Result<Value, Fault> {
    let Some(object) = value.as_object_mut() else { return Ok(value) };
    let own = object.entry("properties").or_insert_with(|| json!({}));
    if own.get("externalId").is_some_and(|given| *given != json!(external)) {
        let detail = "is another than the one in the address";
        return Err(fault::field("/properties/externalId", "bad-external-id", detail));
    }
    if let Some(own) = own.as_object_mut() {
        own.insert("externalId".to_owned(), json!(external));
    }
    Ok(value)
}

/// An entity after it was written, with its address.
async fn shown(
    sending: &Sending,
    root: &str,
    status: StatusCode,
    set: Set,
    id: i64,
) -> Result<Response, Fault> {
    let own = address(root, set, id);
    let reading =
        Reading { app: &sending.app, walker: sending.walker(), root, asked_at: own.clone() };
    let path = Path { set, key: Some(Key::Number(id)), hops: Vec::new(), tail: Tail::Whole };
    let value = match reading.answer(&path, &query::Asked::default()).await? {
        Answer::Json(value) => value,
        Answer::Text(_) | Answer::Nothing => Value::Null,
    };
    Ok(json_answer(status, &value, Some(&own)))
}
