//! A message of the Common Alerting Protocol → an advisory, or the reason why it is none.

use engine::advisory::{Advisory, AdvisoryEntry};
use engine::entry::Body;
use wire::geo::LngLat;

use super::geometry::OUTSIDE_KEY_AREA;
use super::{BadBody, Batch, Context, Form, Reject};
use crate::cap;

/// Understands a body that is one message.
pub fn advisory(bytes: &[u8], _form: Form, context: &Context<'_>) -> Result<Batch, BadBody> {
    let mut batch = Batch::default();
    match understood(bytes, context) {
        Ok(entry) => batch.bodies.push(Body::Advisory(Box::new(entry))),
        Err(reject) => batch.refuse(0, None, reject),
    }
    Ok(batch)
}

fn understood(bytes: &[u8], context: &Context<'_>) -> Result<AdvisoryEntry, Reject> {
    let cap::Received { advisory, digest } = cap::read(bytes).map_err(|refusal| {
        let cap::Refusal { reason, path, detail } = refusal;
        Reject { reason, pointer: path, detail }
    })?;
    if let Some(area) = context.key_area
        && let Some((path, place)) = outside(&advisory, |place| area.contains(place))
    {
        return Err(Reject::new(
            OUTSIDE_KEY_AREA,
            &path,
            format!(
                "{},{} lies outside the area of this key: send it with a key for the whole area",
                place.lat(),
                place.lng()
            ),
        ));
    }
    Ok(AdvisoryEntry { source: context.source, digest, advisory })
}

/// The first corner or middle of a circle that lies elsewhere, and the element that says it.
fn outside(advisory: &Advisory, is_inside: impl Fn(LngLat) -> bool) -> Option<(String, LngLat)> {
    for (block, n_block) in advisory.blocks.iter().zip(1..) {
        for (area, n_area) in block.areas.iter().zip(1..) {
            let path = format!("/alert/info[{n_block}]/area[{n_area}]");
            let drawn = area.polygons.iter().flatten().copied();
            let drawn = drawn.chain(area.circles.iter().map(|circle| circle.centre));
            for place in drawn {
                if !is_inside(place) {
                    return Some((path, place));
                }
            }
        }
    }
    None
}
