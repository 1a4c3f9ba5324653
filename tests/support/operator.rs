//! People who sign in: the visitor who has not, the viewer at the wall, the analyst, the duty officer.

use reqwest::header::{COOKIE, ORIGIN, SET_COOKIE};
use serde_json::json;

use crate::partner::Answer;

/// A person with a browser: signed in once [`Operator::sign_in`] succeeded.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Where the server is, without a slash at the end.
    pub base: String,
    /// The cookie of the session as `name=value`; `None` for a visitor.
    pub cookie: Option<String>,
    client: reqwest::Client,
}

impl Operator {
    /// Somebody who has not signed in.
    pub fn visitor(base: &str) -> Self {
        Self { base: base.to_owned(), cookie: None, client: crate::http_client() }
    }

    /// Signs in, keeping the cookie.
    pub async fn sign_in(base: &str, name: &str, password: &str) -> Self {
        let mut person = Self::visitor(base);
        let answer = person.try_sign_in(name, password).await;
        assert_eq!(answer.status, 204, "sign-in of {name}: {}", answer.body);
        person
    }

    /// Tries to sign in, keeping the cookie if there is one.
    pub async fn try_sign_in(&mut self, name: &str, password: &str) -> Answer {
        let body = json!({"name": name, "password": password}).to_string();
        let answer = self.send(reqwest::Method::POST, "/api/v1/session", Some(body)).await;
        let set = answer.header(SET_COOKIE.as_str());
        let cookie = set.split(';').next().unwrap_or_default();
        if answer.status == 204 && !cookie.is_empty() {
            self.cookie = Some(cookie.to_owned());
        }
        answer
    }

    /// Signs out.
    pub async fn sign_out(&self) -> Answer {
        self.send(reqwest::Method::DELETE, "/api/v1/session", None).await
    }

    /// Asks for an address with the cookie.
    pub async fn ask(&self, path: &str) -> Answer {
        self.send(reqwest::Method::GET, path, None).await
    }

    /// Sends a request with the cookie and our own Origin, as the app does.
    pub async fn send(&self, method: reqwest::Method, path: &str, body: Option<String>) -> Answer {
        let mut request =
            self.client.request(method, format!("{}{path}", self.base)).header(ORIGIN, &self.base);
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let sent = request.send().await;
        Answer::of(sent.unwrap_or_else(|cause| panic!("no answer from {path}: {cause}"))).await
    }
}
