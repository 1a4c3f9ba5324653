//! Who asks, and in which mode: of an address whose only parameter is `mode`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use wire::view::Mode;

use super::params::Params;
use super::problem::Fault;
use crate::auth::Reader;
use crate::state::App;

/// See the module. An extractor; its rejections are those of [`Reader`], and 422 for the parameters.
#[derive(Debug)]
pub(super) struct Asked {
    /// Who asks.
    pub(super) reader: Reader,
    /// The mode that it names and may see, or its own.
    pub(super) mode: Mode,
}

impl FromRequestParts<App> for Asked {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let reader = Reader::from_request_parts(parts, app).await?;
        let mut params = Params::from_request_parts(parts, app).await?;
        let mode = params.mode()?;
        params.end()?;
        let mode = reader.mode(mode)?;
        Ok(Self { reader, mode })
    }
}
