//! The SensorThings face, as partners' programs see it.

mod conformance;
mod deep;
mod main_road;
mod newcomer;
mod sections;
mod writing;

use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};
use support::partner::{Answer, Partner};

/// A partner's program that speaks SensorThings.
pub(crate) struct Sta {
    root: String,
    authorization: String,
    client: reqwest::Client,
}

impl Sta {
    pub(crate) fn of(partner: &Partner) -> Self {
        Self::with(&partner.base, &format!("Bearer {}", partner.key))
    }

    pub(crate) fn with(base: &str, authorization: &str) -> Self {
        Self {
            root: format!("{base}/sta/v1.1"),
            authorization: authorization.to_owned(),
            client: support::http_client(),
        }
    }

    pub(crate) async fn send(&self, method: Method, address: &str, body: Option<String>) -> Answer {
        let address = match address.strip_prefix("http") {
            Some(_) => address.to_owned(),
            None => format!("{}{address}", self.root),
        };
        let mut request =
            self.client.request(method, &address).header(AUTHORIZATION, &self.authorization);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// PATCH with a media type of its own.
    pub(crate) async fn send_as(&self, kind: &str, address: &str, body: &Value) -> Answer {
        let request = self
            .client
            .patch(format!("{}{address}", self.root))
            .header(AUTHORIZATION, &self.authorization)
            .header("content-type", kind)
            .body(body.to_string());
        Answer::of(request.send().await.expect("an answer")).await
    }

    pub(crate) async fn get(&self, address: &str) -> Answer {
        self.send(Method::GET, address, None).await
    }

    pub(crate) async fn post(&self, address: &str, body: &Value) -> Answer {
        self.send(Method::POST, address, Some(body.to_string())).await
    }

    pub(crate) async fn patch(&self, address: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, address, Some(body.to_string())).await
    }

    pub(crate) async fn put(&self, address: &str, body: &Value) -> Answer {
        self.send(Method::PUT, address, Some(body.to_string())).await
    }

    pub(crate) async fn delete(&self, address: &str) -> Answer {
        self.send(Method::DELETE, address, None).await
    }

    /// What stands at an address that an answer named.
    pub(crate) async fn follow(&self, link: &Value) -> Value {
        self.get(link.as_str().expect("a link")).await.expect_status(200).json()
    }

    /// How many a set holds.
    pub(crate) async fn count(&self, set: &str) -> u64 {
        let answer = self.get(&format!("/{set}?$count=true&$top=0")).await.expect_status(200);
        answer.json()["@iot.count"].as_u64().expect("a count")
    }

    /// The number of an entity that a POST made.
    pub(crate) async fn made(&self, address: &str, body: &Value) -> i64 {
        let answer = self.post(address, body).await.expect_status(201);
        answer.json()["@iot.id"].as_i64().expect("an id")
    }
}

/// A sound meter with all that belongs to it.
pub(crate) fn noise(name: &str) -> Value {
    json!({
        "name": name, "description": "Sound meter", "properties": {"externalId": name, "owner": "bcn"},
        "Locations": [location(name, 2.1569, 41.4036)],
        "Datastreams": [datastream("LAeq")],
    })
}

pub(crate) fn location(name: &str, lng: f64, lat: f64) -> Value {
    json!({"name": name, "description": "", "encodingType": "application/geo+json",
        "location": {"type": "Point", "coordinates": [lng, lat]}})
}

pub(crate) fn datastream(name: &str) -> Value {
    json!({
        "name": name, "description": "1-min",
        "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
        "unitOfMeasurement": {"name": "decibel A", "symbol": "dB(A)",
            "definition": "http://qudt.org/vocab/unit/DeciB_A"},
        "ObservedProperty": {"name": "LAeq", "definition": "urn:x:laeq", "description": ""},
        "Sensor": {"name": "TA120", "description": "", "encodingType": "application/pdf",
            "metadata": "https://example.org/ta120.pdf"},
    })
}
