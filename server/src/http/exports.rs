//! `GET /api/v1/exports/reports.csv` and `.geojson`: the reports of a search, whole and streamed. Who took what is a line of the log
//! before the first byte goes out.

use std::sync::Arc;

use axum::body::Body as Stream;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::view::Clearance;

use super::asked_reports::Asked;
use super::params::{Params, wrong};
use super::picture::GEO_JSON;
use super::problem::Fault;
use crate::auth::{Reader, Role};
use crate::export::{self, EXPORT_ROWS_MAX, Export, Form};
use crate::log_line;
use crate::state::App;

/// How many reports were settled: what is missing at the end left meanwhile, or the line broke.
const ROWS: HeaderName = HeaderName::from_static("talaia-rows");

/// `GET /api/v1/exports/reports.csv`, with the parameters of the list but its cursor, and `bom=true`
pub(super) async fn csv(
    State(app): State<App>,
    reader: Reader,
    mut params: Params,
) -> Result<Response, Fault> {
    let has_mark = params.read("bom", "true or false")?.unwrap_or(false);
    exported(app, reader, params, Form::Csv(has_mark)).await
}

/// `GET /api/v1/exports/reports.geojson`, the same without `bom`
pub(super) async fn geojson(
    State(app): State<App>,
    reader: Reader,
    params: Params,
) -> Result<Response, Fault> {
    exported(app, reader, params, Form::GeoJson).await
}

async fn exported(
    app: App,
    reader: Reader,
    mut params: Params,
    form: Form,
) -> Result<Response, Fault> {
    let said = params.said();
    let Asked { filter, sought, mode } = Asked::of(&mut params, &reader)?;
    params.end()?;
    let Ok(place) = Arc::clone(&app.exports).try_acquire_owned() else {
        return Err(Fault::busy("Other exports run: ask again in a moment."));
    };
    let worlds = Arc::clone(&app.worlds);
    let settled = tokio::task::spawn_blocking(move || {
        export::settle(&worlds, mode, &filter, sought.as_ref())
    });
    let ids = settled.await.map_err(Fault::internal)?.map_err(|_too_many| {
        let detail = format!(
            "there are more than {EXPORT_ROWS_MAX} reports: name since, until or bbox, and export in parts"
        );
        wrong("since", &detail)
    })?;
    // Words leave in bulk with those alone who weigh them.
    let has_words = reader.role.is_some_and(|role| role >= Role::Analyst);
    let clearance = if has_words { reader.clearance } else { Clearance::Wall };
    let (file, media_type) = match form {
        Form::Csv(_) => ("reports.csv", "text/csv; charset=utf-8; header=present"),
        Form::GeoJson => ("reports.geojson", GEO_JSON),
    };
    let n = ids.len();
    let with = if has_words { "with words" } else { "without words" };
    let filters = if said.is_empty() { "all".to_owned() } else { said };
    let by = signature(&app, &reader).await?;
    log_line::write(&app, mode, by, format!("export {file}: {n} reports, {with}; {filters}"), None)
        .await?;
    let worlds = Arc::clone(&app.worlds);
    let pages = Export { worlds, mode, clearance, form, ids, place }.start();
    let stream = futures_util::stream::unfold(pages, async |mut pages| {
        pages.recv().await.map(|page| (page, pages))
    });
    let name = app.clock.now().to_string().replace(':', "-");
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"talaia-{name}-{file}\"")),
        (ROWS, n.to_string()),
    ];
    Ok((StatusCode::OK, headers, Stream::from_stream(stream)).into_response())
}

/// Who takes it, by name: an operator's, or that of the partner whose key it is.
pub(super) async fn signature(app: &App, reader: &Reader) -> Result<String, Fault> {
    if let Some(name) = reader.principal.strip_prefix("operator:") {
        return Ok(name.to_owned());
    }
    let row = match reader.source {
        Some(key) => app.store.source(key).await?,
        None => None,
    };
    Ok(row.map_or_else(|| reader.principal.clone(), |row| row.id))
}
