//! Errors as RFC 9457 problems: a stable word, a sentence to act on, the fields that are wrong.
//!
//! The inner cause is logged once, here, and never sent.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use wire::api::{FieldError, Problem};

use crate::pipeline::IntakeError;
use crate::store::StoreError;
use crate::withdraw::NotWithdrawn;

/// The media type of every error.
pub const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// An answer that is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is sent. Boxed: an error is rare, and every handler's result carries its size.
    pub problem: Box<Problem>,
    /// Seconds after which trying again may help.
    pub retry_after_s: Option<u32>,
    /// What is logged and never sent.
    cause: Option<String>,
}

impl Fault {
    /// An error of a type, with what is wrong here and how to mend it.
    pub fn new(status: StatusCode, kind: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            problem: Box::new(Problem {
                kind: kind.to_owned(),
                title: title.to_owned(),
                status: status.as_u16(),
                detail: detail.into(),
                errors: Vec::new(),
            }),
            retry_after_s: None,
            cause: None,
        }
    }

    /// Names a wrong field by its RFC 6901 pointer.
    #[must_use]
    pub fn at(mut self, index: Option<u64>, pointer: &str, reason: &str, detail: &str) -> Self {
        self.problem.errors.push(FieldError {
            index,
            pointer: pointer.to_owned(),
            reason: reason.to_owned(),
            detail: detail.to_owned(),
        });
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds.max(1));
        self
    }

    /// Keeps the inner cause for the log.
    #[must_use]
    pub fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// A value of the request that cannot be served: 422.
    pub fn field(pointer: &str, reason: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-request",
            "The request cannot be served as it stands",
            detail.clone(),
        )
        .at(None, pointer, reason, &detail)
    }

    /// Neither a key nor a session: 401.
    pub fn unauthenticated(detail: &str) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "A key or a sign-in is needed",
            detail,
        )
    }

    /// Known, but not allowed: 403.
    pub fn forbidden(kind: &str, title: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, kind, title, detail)
    }

    /// Too much of it goes on at once: 503.
    pub fn busy(detail: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Not now", detail).retry_after(5)
    }

    /// Our own failure: 500, its cause logged.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "The server failed",
            "The server failed on this request; its log names the cause under the request id.",
        )
        .because(cause)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::new(
                StatusCode::NOT_FOUND,
                "not-found",
                "Not found",
                "There is no such thing here.",
            ),
            StoreError::Conflict(what) => Self::new(
                StatusCode::CONFLICT,
                "conflict",
                "Already taken",
                format!("{what} already exists: choose another."),
            ),
            StoreError::DiskFull => Self::from(IntakeError::DiskFull),
            StoreError::Unavailable(cause) => Self::from(IntakeError::Unavailable).because(cause),
            corrupt @ (StoreError::Corrupt(_) | StoreError::Backend(_)) => Self::internal(corrupt),
        }
    }
}

impl From<NotWithdrawn> for Fault {
    fn from(error: NotWithdrawn) -> Self {
        match error {
            NotWithdrawn::Intake(error) => error.into(),
            NotWithdrawn::Store(error) => error.into(),
        }
    }
}

impl From<IntakeError> for Fault {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Busy { retry_after_s } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "Not now",
                "The intake is full; nothing of this request was stored. Send it again after Retry-After.",
            )
            .retry_after(retry_after_s),
            IntakeError::DiskFull => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "disk-full",
                "No space left",
                "The server has no disk space left; nothing of this request was stored. Send it again later.",
            )
            .retry_after(30),
            IntakeError::Unavailable => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Not now",
                "The database does not answer; nothing of this request was stored. Send it again after Retry-After.",
            )
            .retry_after(2),
            IntakeError::Stopped => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "stopping",
                "Not now",
                "The server is stopping; whether this request was stored is unknown. Send it again: it folds if it was.",
            )
            .retry_after(2),
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            tracing::error!(
                kind = self.problem.kind,
                status = self.problem.status,
                cause,
                "request failed"
            );
        }
        let status =
            StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.problem).unwrap_or_default();
        let mut answer = (status, body).into_response();
        answer.headers_mut().insert(header::CONTENT_TYPE, PROBLEM_JSON);
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"talaia\"");
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        if let Some(seconds) = self.retry_after_s {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}
