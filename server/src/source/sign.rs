//! How we sign in at an upstream: with a name and a password, or with a token alone.

use reqwest::RequestBuilder;

use super::SourceConfig;

/// What a request is signed with; nothing where nobody signs in.
#[derive(Default)]
pub(super) struct Signature {
    user: Option<String>,
    secret: Option<String>,
}

// By hand: a secret must not reach a log by accident.
impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signature({:?})", self.user)
    }
}

impl Signature {
    /// Read anew each time, so that a password may be changed.
    pub(super) fn of(config: &SourceConfig) -> Result<Self, String> {
        Ok(Self { user: config.user.clone(), secret: config.password()? })
    }

    pub(super) fn on(&self, request: RequestBuilder) -> RequestBuilder {
        match (&self.secret, &self.user) {
            (Some(secret), Some(user)) => request.basic_auth(user, Some(secret)),
            // Without a user it is a token.
            (Some(secret), None) => request.bearer_auth(secret),
            (None, _) => request,
        }
    }
}
