//! Observations of a request, made ready for the journal: each with its Datastream's name, unit and place, and with its feature.

use std::collections::BTreeMap;

use engine::entry::Body;
use serde_json::json;

use super::insert::{Insert, Sent};
use super::model::Link;
use super::observation::{self, Stream};
use crate::normalise::Reject;

/// Understands what was sent, one after the other; what is wrong with one is said of that one.
pub(super) fn settle(insert: &mut Insert<'_>, sent: &[Sent]) -> Vec<Result<Body, Reject>> {
    let mut streams: BTreeMap<i64, Stream> = BTreeMap::new();
    // Of the Things that stand where they stand: found once for each Datastream, not for each value.
    let mut features: BTreeMap<i64, i64> = BTreeMap::new();
    let mut understood = Vec::with_capacity(sent.len());
    for one in sent {
        understood.push(understand(insert, one, &mut streams, &mut features));
    }
    understood
}

fn understand(
    insert: &mut Insert<'_>,
    sent: &Sent,
    streams: &mut BTreeMap<i64, Stream>,
    features: &mut BTreeMap<i64, i64>,
) -> Result<Body, Reject> {
    if !streams.contains_key(&sent.datastream)
        && let Some(datastream) = insert.one(sent.datastream)
    {
        streams.insert(sent.datastream, Stream::of(insert, &datastream));
    }
    let Some(stream) = streams.get(&sent.datastream) else {
        return Err(Reject::new(
            "unknown_datastream",
            "/Datastream",
            "there is no such Datastream",
        ));
    };
    let mut fields = sent.fields.clone();
    if let Some(feature) = sent.feature {
        fields.insert("FeatureOfInterest".to_owned(), json!({"@iot.id": feature}));
    }
    let entry = observation::understand(&fields, stream, insert.context)?;
    let feature = match sent.feature.or_else(|| features.get(&sent.datastream).copied()) {
        Some(feature) => feature,
        None => insert.feature_of(sent.datastream).ok_or_else(|| {
            let detail = "is missing, and the Thing has no Location to make one of: give the Thing a Location, or name a FeatureOfInterest";
            Reject::new("no_place", "/FeatureOfInterest", detail)
        })?,
    };
    if sent.feature.is_none() {
        features.insert(sent.datastream, feature);
    }
    insert.tie_new((Link::FeatureDatastream, feature, sent.datastream));
    Ok(Body::Observation(Box::new(entry)))
}
