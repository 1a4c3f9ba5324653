//! Causes: sensors that fell silent together and share something are one line, however many they are.

use std::collections::BTreeMap;

use wire::desk::{Cause, CauseKind};
use wire::source::SourceHealth;
use wire::time::Timestamp;

use crate::entry::SourceKey;
use crate::limits::{CAUSE_NAMES_MAX, CAUSES_MAX};

/// Two silences of one source that begin within so long of each other, or within one of their periods, began together.
const TOGETHER_MS: i64 = 2 * 60_000;

/// More sensors of one source than this that fell each at another time are one line all the same.
const ALONE_MAX: usize = 3;

/// A sensor that does not speak as it should.
#[derive(Debug, Clone)]
pub(crate) struct Fallen {
    pub(crate) source: SourceKey,
    pub(crate) source_name: String,
    pub(crate) datastream: String,
    pub(crate) name: String,
    pub(crate) gateway: Option<String>,
    pub(crate) status: SourceHealth,
    pub(crate) is_lost: bool,
    /// When the first value that is missing should have come.
    pub(crate) since: Timestamp,
    pub(crate) period_ms: i64,
    pub(crate) room_told_at: Option<Timestamp>,
}

/// Their causes, what concerns most first, and how many are left out. `gateways` says how many sensors speak through each, those
/// that do speak included: one of which most speak is no cause.
pub(crate) fn causes(
    fallen: Vec<Fallen>,
    gateways: &BTreeMap<(SourceKey, String), u32>,
) -> (Vec<Cause>, u32) {
    let mut by_gateway: BTreeMap<(SourceKey, String), Vec<Fallen>> = BTreeMap::new();
    let mut by_source: BTreeMap<SourceKey, Vec<Fallen>> = BTreeMap::new();
    for one in fallen {
        match &one.gateway {
            Some(gateway) => {
                by_gateway.entry((one.source, gateway.clone())).or_default().push(one);
            }
            None => by_source.entry(one.source).or_default().push(one),
        }
    }
    let mut causes = Vec::new();
    for ((source, gateway), members) in by_gateway {
        let n_all = gateways.get(&(source, gateway.clone())).copied().unwrap_or_default() as usize;
        if members.len() > 1 && 2 * members.len() >= n_all {
            causes.push(cause(CauseKind::Gateway, gateway, &members));
        } else {
            by_source.entry(source).or_default().extend(members);
        }
    }
    for members in by_source.into_values() {
        causes.extend(of_source(members));
    }
    causes.sort_by(|a, b| {
        (b.sensors, a.since, &a.source, &a.what).cmp(&(a.sensors, b.since, &b.source, &b.what))
    });
    let left_off = causes.len().saturating_sub(CAUSES_MAX);
    causes.truncate(CAUSES_MAX);
    (causes, left_off as u32)
}

/// Those of one source, by when they fell.
fn of_source(mut members: Vec<Fallen>) -> Vec<Cause> {
    members.sort_by(|a, b| (a.since, &a.datastream).cmp(&(b.since, &b.datastream)));
    let (mut together, mut alone): (Vec<Vec<Fallen>>, Vec<Fallen>) = (Vec::new(), Vec::new());
    let mut group: Vec<Fallen> = Vec::new();
    let mut close = |group: Vec<Fallen>| {
        if group.len() > 1 {
            together.push(group);
        } else {
            alone.extend(group);
        }
    };
    for one in members {
        let with_last = group.last().is_some_and(|last| {
            let span = TOGETHER_MS.max(last.period_ms).max(one.period_ms);
            one.since.ms_since(last.since) <= span
        });
        if !with_last {
            close(std::mem::take(&mut group));
        }
        group.push(one);
    }
    close(group);
    if alone.len() > ALONE_MAX {
        together.push(std::mem::take(&mut alone));
    }
    let of_source = |members: Vec<Fallen>| {
        let what = members.first().map(|one| one.source_name.clone()).unwrap_or_default();
        cause(CauseKind::Source, what, &members)
    };
    let of_one = |one: Fallen| cause(CauseKind::Sensor, one.name.clone(), &[one]);
    together.into_iter().map(of_source).chain(alone.into_iter().map(of_one)).collect()
}

fn cause(kind: CauseKind, what: String, members: &[Fallen]) -> Cause {
    let names = members.iter().take(CAUSE_NAMES_MAX).map(|one| one.datastream.clone());
    let status = members.iter().map(|one| one.status).max().unwrap_or(SourceHealth::Late);
    Cause {
        since: members.iter().map(|one| one.since).min().unwrap_or_default(),
        kind,
        what,
        source: members.first().map(|one| one.source_name.clone()).unwrap_or_default(),
        status,
        lost: members.iter().filter(|one| one.is_lost).count() as u32,
        sensors: members.len() as u32,
        datastreams: names.collect(),
        told_at: None,
        room_told_at: members.iter().filter_map(|one| one.room_told_at).min(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn fallen(n: usize, minute: i64, gateway: Option<&str>) -> Fallen {
        Fallen {
            source: SourceKey(1),
            source_name: "partner:a".to_owned(),
            datastream: format!("d{n:02}"),
            name: format!("Gauge {n}"),
            gateway: gateway.map(str::to_owned),
            status: SourceHealth::Silent,
            is_lost: n == 0,
            since: Timestamp(minute * MINUTE),
            period_ms: 5 * MINUTE,
            room_told_at: (n == 1).then_some(Timestamp(99)),
        }
    }

    fn told(fallen: Vec<Fallen>, n_of_gateway: u32) -> Vec<(CauseKind, u32)> {
        let gateways = BTreeMap::from([((SourceKey(1), "Torrent-2".to_owned()), n_of_gateway)]);
        let (causes, left_off) = causes(fallen, &gateways);
        assert_eq!(left_off, 0);
        causes.into_iter().map(|cause| (cause.kind, cause.sensors)).collect()
    }

    #[test]
    fn those_of_one_gateway_are_one_line_and_a_gateway_that_mostly_speaks_is_no_cause() {
        let theirs = |n| (0..n).map(|n| fallen(n, 40 * n as i64, Some("Torrent-2"))).collect();
        assert_eq!(told(theirs(14), 14), [(CauseKind::Gateway, 14)]);
        assert_eq!(told(theirs(14), 28), [(CauseKind::Gateway, 14)]);
        assert_eq!(told(theirs(2), 40), [(CauseKind::Sensor, 1), (CauseKind::Sensor, 1)]);
    }

    #[test]
    fn those_of_one_source_that_fell_together_are_one_line() {
        let mut all: Vec<Fallen> = (0..14).map(|n| fallen(n, n as i64 % 5, None)).collect();
        all.push(fallen(20, 600, None));
        assert_eq!(told(all.clone(), 0), [(CauseKind::Source, 14), (CauseKind::Sensor, 1)]);
        let (causes, _) = causes(all, &BTreeMap::new());
        let first = &causes[0];
        assert_eq!((first.since, first.lost), (Timestamp(0), 1));
        assert_eq!((first.room_told_at, first.what.as_str()), (Some(Timestamp(99)), "partner:a"));
        assert_eq!(causes[1].what, "Gauge 20");
    }

    #[test]
    fn fourteen_that_fell_each_at_another_time_are_never_fourteen_lines() {
        let all: Vec<Fallen> = (0..14).map(|n| fallen(n, 60 * n as i64, None)).collect();
        assert_eq!(told(all, 0), [(CauseKind::Source, 14)]);
    }
}
