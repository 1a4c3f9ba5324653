//! `PUT`, `GET /api/v1/exposure` and `GET /api/v1/situations/{id}/exposure`: who is where, and who is exposed.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use engine::exposure::{Exposed, Extent, Register, SiteKind};
use engine::situation::SituationId;
use wire::exposure::{CellView, ExposureView, RegisterView, SiteView, SitesOfKind};
use wire::geo::LngLat;
use wire::situation::SituationView;

use super::asked::Asked;
use super::problem::Fault;
use super::{arming, body};
use crate::auth::{Reader, Role};
use crate::exposure::{Exposure, IMPORT_BYTES_MAX, ImportError};
use crate::state::App;

/// A situation without a radius is somewhere within a metre.
const RADIUS_M_MIN: f64 = 1.0;

/// `PUT /api/v1/exposure`: replaces the register.
pub(super) async fn put(
    State(app): State<App>,
    reader: Reader,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<RegisterView>, Fault> {
    if reader.role.is_none_or(|role| role < Role::DutyOfficer) {
        return Err(Fault::forbidden(
            "role-too-low",
            "The role may not import this",
            "Who is where is imported by a duty officer, or with talaia exposure import.",
        ));
    }
    let stall = Duration::from_millis(app.config.limits.body_stall_ms);
    let bytes = body::read(&headers, body, IMPORT_BYTES_MAX, stall).await?;
    let imported = tokio::task::spawn_blocking(move || app.exposure.import(&bytes));
    match imported.await.map_err(Fault::internal)? {
        Ok(register) => Ok(Json(view(&register))),
        Err(ImportError::Disk(cause)) => Err(Fault::internal(cause)),
        Err(ImportError::Wrong(wrong)) => {
            let fault = Fault::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid-request",
                "The import does not hold together",
                "Nothing was kept; `errors` says what to mend, the first of each kind.",
            );
            Err(wrong.iter().fold(fault, |fault, one| {
                let detail = format!("{}: {}", one.at, one.remedy);
                let (index, pointer) = feature_of(&one.at).unzip();
                fault.at(index, &pointer.unwrap_or_default(), "invalid_import", &detail)
            }))
        }
    }
}

/// The number of a feature and the pointer within it; a row has neither.
fn feature_of(at: &str) -> Option<(u64, String)> {
    let (index, rest) = at.strip_prefix("features[")?.split_once(']')?;
    Some((index.parse().ok()?, rest.strip_prefix('.').map(arming::pointer).unwrap_or_default()))
}

/// `GET /api/v1/exposure`: how much is known.
pub(super) async fn get(
    State(app): State<App>,
    _reader: Reader,
) -> Result<Json<RegisterView>, Fault> {
    Ok(Json(view(&*known(&app.exposure)?)))
}

/// `GET /api/v1/situations/{id}/exposure[?mode=]`
pub(super) async fn of_situation(
    State(app): State<App>,
    Asked { mode, reader }: Asked,
    Path(id): Path<String>,
) -> Result<Json<ExposureView>, Fault> {
    let id = SituationId(id.parse().map_err(|_bad| super::situations::none())?);
    let situation = app.worlds.read(mode).situation(id, reader.clearance);
    let situation = situation.ok_or_else(super::situations::none)?;
    let register = known(&app.exposure)?;
    // Cutting cells along an outline takes a while.
    let told = tokio::task::spawn_blocking(move || exposed(&register, &situation));
    told.await.map_err(Fault::internal)?.map(Json)
}

/// A register that cannot be read is not an empty one: nobody is told that nobody is there.
fn known(exposure: &Exposure) -> Result<Arc<Register>, Fault> {
    exposure.register().ok_or_else(|| {
        Fault::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "register-unread",
            "Who is where cannot be read",
            "The file of the register could not be read when the server started; its log says why: import it again.",
        )
    })
}

fn view(register: &Register) -> RegisterView {
    RegisterView { n_sites: register.n_sites() as u64, n_cells: register.n_cells() as u64 }
}

fn exposed(register: &Register, situation: &SituationView) -> Result<ExposureView, Fault> {
    let corner = |[lng, lat]: &[f64; 2]| LngLat::new(*lng, *lat).map_err(Fault::internal);
    let ring: Vec<LngLat> = situation.extent.iter().map(corner).collect::<Result<_, _>>()?;
    let extent = match situation.geometry {
        _ if ring.len() >= 4 => Extent::Ring(&ring),
        Some(centre) => {
            Extent::Circle { centre, radius_m: f64::from(situation.radius_m).max(RADIUS_M_MIN) }
        }
        None => Extent::Ring(&[]),
    };
    let nobody = Exposed { kinds: Vec::new(), n_people: 0, cells: Vec::new() };
    let is_nowhere = situation.geometry.is_none() && ring.len() < 4;
    let exposed = if is_nowhere { Ok(nobody) } else { register.within(&extent) };
    let Exposed { kinds, n_people, cells } = exposed.map_err(|flaws| {
        Fault::internal(flaws.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    })?;
    Ok(ExposureView {
        situation: situation.id,
        register: view(register),
        kinds: kinds
            .iter()
            .map(|one| SitesOfKind {
                kind: word(one.kind),
                n_sites: one.n_sites() as u64,
                n_people: one.n_people,
                n_unknown: one.n_unknown as u64,
                sites: one
                    .sites
                    .iter()
                    .map(|site| SiteView {
                        name: site.name.clone(),
                        geometry: site.place,
                        n_people: site.n_people,
                    })
                    .collect(),
            })
            .collect(),
        n_people,
        cells: cells
            .iter()
            .map(|lives| CellView {
                bbox: lives.cell.bounds,
                share: lives.share,
                n_people: lives.n_people,
            })
            .collect(),
    })
}

fn word(kind: SiteKind) -> wire::exposure::SiteKind {
    match kind {
        SiteKind::School => wire::exposure::SiteKind::School,
        SiteKind::CareHome => wire::exposure::SiteKind::CareHome,
        SiteKind::Hospital => wire::exposure::SiteKind::Hospital,
        SiteKind::Underpass => wire::exposure::SiteKind::Underpass,
    }
}
