//! A partner: another organisation that pushes with a key.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use serde_json::{Value, json};
use wire::api::Receipt;
use wire::source::Ledger;

use crate::wait::until;

/// Media type of a `GeoJSON` body.
pub const GEOJSON: &str = "application/geo+json";
/// Media type of a body with one JSON value a line.
pub const NDJSON: &str = "application/x-ndjson";

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// Reads a response to its end.
    pub async fn of(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.text().await.expect("a body that can be read to its end");
        Self { status, headers, body }
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|cause| panic!("not JSON ({cause}): {} {}", self.status, self.body))
    }

    /// The body as a receipt.
    pub fn receipt(&self) -> Receipt {
        serde_json::from_str(&self.body).unwrap_or_else(|cause| {
            panic!("not a receipt ({cause}): {} {}", self.status, self.body)
        })
    }

    /// A header as text, empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The same answer if it has this status.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "most stories only check the status")]
    pub fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }
}

/// A partner with its key.
#[derive(Debug, Clone)]
pub struct Partner {
    /// Where the server is, without a slash at the end.
    pub base: String,
    /// The key, as shown once.
    pub key: String,
    client: reqwest::Client,
}

impl Partner {
    /// A partner of the server at `base`.
    pub fn new(base: &str, key: &str) -> Self {
        Self { base: base.to_owned(), key: key.to_owned(), client: crate::http_client() }
    }

    /// Sends raw bytes.
    pub async fn post(
        &self,
        path: &str,
        media_type: &str,
        body: impl Into<bytes::Bytes>,
    ) -> Answer {
        self.post_with(path, &[(CONTENT_TYPE.as_str(), media_type)], body).await
    }

    /// Sends raw bytes with these headers (and the key).
    pub async fn post_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<bytes::Bytes>,
    ) -> Answer {
        let mut request = self
            .client
            .post(format!("{}{path}", self.base))
            .header(AUTHORIZATION, format!("Bearer {}", self.key));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let sent = request.body(body.into()).send().await;
        Answer::of(sent.unwrap_or_else(|cause| panic!("no answer to POST {path}: {cause}"))).await
    }

    /// Sends features as one collection and expects all of them to be taken.
    pub async fn report(&self, features: &[Value]) -> Receipt {
        let body = json!({"type": "FeatureCollection", "features": features}).to_string();
        let answer = self.post("/api/v1/reports", GEOJSON, body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.receipt()
    }

    /// Sends observations as a JSON array and expects all of them to be taken.
    pub async fn observe(&self, observations: &[Value]) -> Receipt {
        let body = Value::from(observations.to_vec()).to_string();
        let answer = self.post("/api/v1/observations", "application/json", body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.receipt()
    }

    /// Puts bytes in the place of what is there.
    pub async fn put(&self, path: &str, media_type: &str, body: String) -> Answer {
        let request = self
            .client
            .put(format!("{}{path}", self.base))
            .header(AUTHORIZATION, format!("Bearer {}", self.key))
            .header(CONTENT_TYPE, media_type);
        let sent = request.body(body).send().await;
        Answer::of(sent.unwrap_or_else(|cause| panic!("no answer to PUT {path}: {cause}"))).await
    }

    /// Deletes what stands at an address.
    pub async fn delete(&self, path: &str) -> Answer {
        let request = self
            .client
            .delete(format!("{}{path}", self.base))
            .header(AUTHORIZATION, format!("Bearer {}", self.key));
        let sent = request.send().await;
        Answer::of(sent.unwrap_or_else(|cause| panic!("no answer to DELETE {path}: {cause}"))).await
    }

    /// Asks for an address with the key.
    pub async fn ask(&self, path: &str) -> Answer {
        let request = self
            .client
            .get(format!("{}{path}", self.base))
            .header(AUTHORIZATION, format!("Bearer {}", self.key));
        let sent = request.send().await;
        Answer::of(sent.unwrap_or_else(|cause| panic!("no answer to GET {path}: {cause}"))).await
    }

    /// The account of a source, by its id or its name, if it is known.
    pub async fn ledger(&self, source: &str) -> Option<Ledger> {
        let list = self.ask("/api/v1/sources").await.expect_status(200).json();
        let sources = list["sources"].as_array().cloned().unwrap_or_default();
        let is_it = |one: &Value| one["id"] == source || one["name"] == source;
        let found = sources.into_iter().find(is_it)?;
        Some(serde_json::from_value(found["ledger"].clone()).expect("a ledger"))
    }

    /// The same once this holds for it.
    pub async fn account(
        &self,
        source: &str,
        what: &str,
        holds: impl Fn(&Ledger) -> bool,
    ) -> Ledger {
        until(what, async || self.ledger(source).await.filter(|ledger| holds(ledger))).await
    }
}

/// A report with the least it needs: an id, a place, a hazard and a severity.
pub fn feature(id: &str, lng: f64, lat: f64, hazard: &str, severity: &str) -> Value {
    json!({
        "type": "Feature",
        "id": id,
        "geometry": {"type": "Point", "coordinates": [lng, lat]},
        "properties": {"text": format!("report {id}"), "hazard": hazard, "severity": severity},
    })
}
