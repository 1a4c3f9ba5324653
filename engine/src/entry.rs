//! Entries: one appended fact of the journal, and its two halves on disk.

use serde::{Deserialize, Serialize};
use wire::alarm::AlarmLevel;
use wire::geo::LngLat;
use wire::id::ReportId;
use wire::time::Timestamp;
use wire::view::Mode;

use crate::advisory::AdvisoryEntry;
use crate::decision::{DecisionEntry, Setting, Signed};
use crate::locate::{Placing, RereadEntry};
use crate::observation::{
    FirstObservation, FirstPassportEntry, ObservationEntry, PassportEntry, WorksEntry,
};
use crate::report::{COARSE_RADIUS_M, Private, ReportEntry, coarse, from_coarse};
use crate::rule::Rule;
use crate::will::WillEntry;
use crate::zone::Zone;

/// A source's number, assigned by the store and stable for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceKey(pub u32);

impl SourceKey {
    /// The server itself, which says canaries. No source: it has no account, and the store numbers sources from 1.
    pub const SERVER: Self = Self(0);
}

/// One appended fact.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number, from 1, without gaps.
    pub seq: u64,
    /// When the server took it, by the server's clock.
    pub recorded_at: Timestamp,
    /// Live or exercise.
    pub mode: Mode,
    /// What it says.
    pub body: Body,
}

/// What an entry says. [`crate::world::World::apply`] is the only match over it.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A report, new or a newer version.
    Report(Box<ReportEntry>),
    /// A sensor's value.
    Observation(Box<ObservationEntry>),
    /// A report's personal part was erased: its key is gone, its count stays.
    Erased(ReportId),
    /// The server says that it lives, at this moment: proof that what comes in goes all the way. No report, and in no count.
    Canary(Timestamp),
    /// An operator decided something.
    Decision(Box<DecisionEntry>),
    /// What is known about a datastream, in place of what was.
    Passport(Box<PassportEntry>),
    /// Works are planned, or called off.
    Works(Box<WorksEntry>),
    /// A last will: devices are gone, or back.
    Will(Box<WillEntry>),
    /// An advisory: an official message.
    Advisory(Box<AdvisoryEntry>),
    /// A report was taken back where it came from, and a legal hold keeps its personal part sealed: nobody reads it any more.
    Withdrawn(ReportId),
    /// The words of a report were read again, by another gazetteer.
    Reread(Box<RereadEntry>),
}

/// The half of an entry that stands in the journal row: nothing personal, place only to about a kilometre.
///
/// Journals are read for ever: a variant never changes and never moves, what is new stands at the end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Row {
    Report {
        report: ReportEntry,
        near: Option<(i16, i16)>,
    },
    /// Read, and written no more.
    Observation(FirstObservation),
    Erased(ReportId),
    Canary(Timestamp),
    Decision(DecisionEntry),
    /// Read, and written no more.
    Passport(FirstPassportEntry),
    Zone(DecisionEntry, Zone),
    Rule(DecisionEntry, Rule),
    Place(DecisionEntry, (i16, i16), u32),
    Observed(ObservationEntry),
    /// The same of one that came late.
    ObservedLate(ObservationEntry),
    Vouched(PassportEntry),
    Works(WorksEntry),
    Will(WillEntry),
    /// A report whose words told something of its place.
    ReportTold {
        report: ReportEntry,
        near: Option<(i16, i16)>,
    },
    Advisory(AdvisoryEntry),
    Withdrawn(ReportId),
    /// A report that a rule of the room lets ring as an official notice.
    Notice {
        report: ReportEntry,
        near: Option<(i16, i16)>,
        rings: AlarmLevel,
    },
    /// The words of a report, read again; where it stands then to about a kilometre, and the radius of doubt.
    Reread {
        id: ReportId,
        of: u64,
        near: Option<(i16, i16)>,
        radius_m: u32,
    },
}

/// The half that is stored apart, encrypted under a key of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Payload {
    place: Option<LngLat>,
    /// A hash of short personal words can be guessed back, so it is personal too.
    content: u128,
    private: Private,
}

/// The same of a report whose words told something of its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Told {
    payload: Payload,
    told: Box<Placing>,
}

/// The same of a notice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Noticed {
    payload: Payload,
    told: Option<Box<Placing>>,
}

/// The same of words that were read again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ToldAgain {
    place: Option<LngLat>,
    told: Option<Box<Placing>>,
}

/// The same of a decision that places a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Placed {
    signed: Signed,
    place: LngLat,
}

/// Why stored bytes are not an entry: our own corruption, which stops the process.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("journal entry {seq} does not decode: {cause}")]
pub struct CorruptEntry {
    /// Which.
    pub seq: u64,
    /// What the decoder said.
    pub cause: String,
}

/// An entry in its two halves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halves {
    /// The kind of the body, for the journal's `kind` column: `report`, `observation`, `erased`, `canary`,
    /// `decision`, `passport`, `works`, `will`, `advisory`, `withdrawn`, `reread`.
    pub kind: &'static str,
    /// For the journal row.
    pub row: Vec<u8>,
    /// For the encrypted payload; `None` when the entry has nothing personal.
    pub payload: Option<Vec<u8>>,
}

impl Body {
    /// Splits the body for the store.
    pub fn split(&self) -> Halves {
        // Postcard into a Vec cannot fail for these types.
        let bytes = |value: &Row| postcard::to_stdvec(value).unwrap_or_default();
        match self {
            Self::Report(report) => {
                let (bare, place, private) = report.strip();
                let (told, near) = (private.told.clone(), place.map(coarse));
                let rings = private.rings;
                let payload = Payload { place, content: report.content, private };
                let (row, payload) = match (rings, told) {
                    (Some(rings), told) => (
                        Row::Notice { report: bare, near, rings },
                        postcard::to_stdvec(&Noticed { payload, told }),
                    ),
                    (None, None) => {
                        (Row::Report { report: bare, near }, postcard::to_stdvec(&payload))
                    }
                    (None, Some(told)) => (
                        Row::ReportTold { report: bare, near },
                        postcard::to_stdvec(&Told { payload, told }),
                    ),
                };
                Halves {
                    kind: "report",
                    row: bytes(&row),
                    payload: Some(payload.unwrap_or_default()),
                }
            }
            Self::Observation(observation) => Halves {
                kind: "observation",
                row: bytes(&if observation.late {
                    Row::ObservedLate((**observation).clone())
                } else {
                    Row::Observed((**observation).clone())
                }),
                payload: None,
            },
            Self::Erased(id) => {
                Halves { kind: "erased", row: bytes(&Row::Erased(*id)), payload: None }
            }
            Self::Withdrawn(id) => {
                Halves { kind: "withdrawn", row: bytes(&Row::Withdrawn(*id)), payload: None }
            }
            Self::Canary(said_at) => {
                Halves { kind: "canary", row: bytes(&Row::Canary(*said_at)), payload: None }
            }
            Self::Decision(decision) => {
                let (bare, signed) = decision.strip();
                let signature = || postcard::to_stdvec(&signed).unwrap_or_default();
                let (row, payload) = match decision.sets.as_deref() {
                    None => (Row::Decision(bare), signature()),
                    Some(Setting::Zone(zone)) => (Row::Zone(bare, zone.clone()), signature()),
                    Some(Setting::Rule(rule)) => (Row::Rule(bare, rule.clone()), signature()),
                    Some(Setting::Place(place, radius_m)) => {
                        let row = Row::Place(bare, coarse(*place), *radius_m);
                        let payload = Placed { signed, place: *place };
                        (row, postcard::to_stdvec(&payload).unwrap_or_default())
                    }
                };
                Halves { kind: "decision", row: bytes(&row), payload: Some(payload) }
            }
            Self::Passport(passport) => Halves {
                kind: "passport",
                row: bytes(&Row::Vouched((**passport).clone())),
                payload: None,
            },
            Self::Works(works) => {
                Halves { kind: "works", row: bytes(&Row::Works((**works).clone())), payload: None }
            }
            Self::Will(will) => {
                Halves { kind: "will", row: bytes(&Row::Will((**will).clone())), payload: None }
            }
            Self::Advisory(advisory) => Halves {
                kind: "advisory",
                row: bytes(&Row::Advisory((**advisory).clone())),
                payload: None,
            },
            Self::Reread(reread) => {
                let RereadEntry { id, of, spot, told } = &**reread;
                let near = spot.map(|(place, _)| coarse(place));
                let radius_m = spot.map_or(0, |(_, radius_m)| radius_m);
                let place = spot.map(|(place, _)| place);
                let payload = postcard::to_stdvec(&ToldAgain { place, told: told.clone() });
                Halves {
                    kind: "reread",
                    row: bytes(&Row::Reread { id: *id, of: *of, near, radius_m }),
                    payload: Some(payload.unwrap_or_default()),
                }
            }
        }
    }

    /// Joins the halves again. A report whose payload was erased keeps its grades and its place to about a kilometre.
    pub fn join(seq: u64, row: &[u8], payload: Option<&[u8]>) -> Result<Self, CorruptEntry> {
        let corrupt = |cause: postcard::Error| CorruptEntry { seq, cause: cause.to_string() };
        Ok(match postcard::from_bytes(row).map_err(corrupt)? {
            Row::Report { report, near } => {
                let sealed = payload.map(postcard::from_bytes).transpose().map_err(corrupt)?;
                Self::reported(report, near, sealed)
            }
            Row::ReportTold { report, near } => {
                let sealed: Option<Told> =
                    payload.map(postcard::from_bytes).transpose().map_err(corrupt)?;
                let sealed = sealed.map(|Told { mut payload, told }| {
                    payload.private.told = Some(told);
                    payload
                });
                Self::reported(report, near, sealed)
            }
            Row::Notice { report, near, rings } => {
                let sealed: Option<Noticed> =
                    payload.map(postcard::from_bytes).transpose().map_err(corrupt)?;
                let sealed = sealed.map(|Noticed { mut payload, told }| {
                    payload.private.told = told;
                    payload
                });
                let mut body = Self::reported(report, near, sealed);
                if let Self::Report(report) = &mut body {
                    report.ring(rings);
                }
                body
            }
            Row::Observation(first) => Self::Observation(Box::new(first.into())),
            Row::Observed(observation) => Self::Observation(Box::new(observation)),
            Row::ObservedLate(observation) => {
                Self::Observation(Box::new(ObservationEntry { late: true, ..observation }))
            }
            Row::Erased(id) => Self::Erased(id),
            Row::Canary(said_at) => Self::Canary(said_at),
            Row::Decision(decision) => Self::decided(decision, None, payload).map_err(corrupt)?,
            Row::Zone(decision, zone) => {
                Self::decided(decision, Some(Setting::Zone(zone)), payload).map_err(corrupt)?
            }
            Row::Rule(decision, rule) => {
                Self::decided(decision, Some(Setting::Rule(rule)), payload).map_err(corrupt)?
            }
            Row::Place(decision, near, radius_m) => {
                let sealed: Option<Placed> =
                    payload.map(postcard::from_bytes).transpose().map_err(corrupt)?;
                let radius_m =
                    if sealed.is_some() { radius_m } else { radius_m.max(COARSE_RADIUS_M) };
                let (signed, place) = match sealed {
                    Some(Placed { signed, place }) => (signed, Some(place)),
                    None => (Signed::default(), from_coarse(near)),
                };
                let sets = place.map(|place| Box::new(Setting::Place(place, radius_m)));
                Self::Decision(Box::new(DecisionEntry { sets, signed, ..decision }))
            }
            Row::Passport(first) => Self::Passport(Box::new(first.into())),
            Row::Vouched(passport) => Self::Passport(Box::new(passport)),
            Row::Works(works) => Self::Works(Box::new(works)),
            Row::Will(will) => Self::Will(Box::new(will)),
            Row::Advisory(advisory) => Self::Advisory(Box::new(advisory)),
            Row::Withdrawn(id) => Self::Withdrawn(id),
            Row::Reread { id, of, near, radius_m } => {
                let sealed: Option<ToldAgain> =
                    payload.map(postcard::from_bytes).transpose().map_err(corrupt)?;
                let (place, radius_m, told) = match sealed {
                    Some(ToldAgain { place, told }) => (place, radius_m, told),
                    None => (near.and_then(from_coarse), radius_m.max(COARSE_RADIUS_M), None),
                };
                let spot = place.map(|place| (place, radius_m));
                Self::Reread(Box::new(RereadEntry { id, of, spot, told }))
            }
        })
    }

    /// A report, whole or as it stays once its payload is erased.
    fn reported(
        mut report: ReportEntry,
        near: Option<(i16, i16)>,
        sealed: Option<Payload>,
    ) -> Self {
        if let Some(Payload { place, content, private }) = sealed {
            (report.place, report.content, report.private) = (place, content, private);
        } else {
            report.place = near.and_then(from_coarse);
            report.radius_m = report.radius_m.max(COARSE_RADIUS_M);
            report.erased = true;
        }
        Self::Report(Box::new(report))
    }

    /// A decision of which no more than the signature is personal.
    fn decided(
        decision: DecisionEntry,
        sets: Option<Setting>,
        payload: Option<&[u8]>,
    ) -> Result<Self, postcard::Error> {
        let signed = payload.map(postcard::from_bytes).transpose()?.unwrap_or_default();
        Ok(Self::Decision(Box::new(DecisionEntry { sets: sets.map(Box::new), signed, ..decision })))
    }
}

#[cfg(test)]
mod tests {
    use wire::grade::Hazard;

    use super::*;
    use crate::signal::{Cadence, Footprint, Level, PlausibleRange, RateLimit, Reach, Works};

    #[test]
    fn a_passport_of_an_older_journal_says_what_it_said() {
        let cadence = Some(Cadence { by_day_ms: 600_000, in_alarm_ms: None });
        let said = (
            None::<Hazard>,
            Some("m"),
            Vec::<Level>::new(),
            cadence,
            None::<RateLimit>,
            None::<PlausibleRange>,
            Vec::<Works>::new(),
            None::<Footprint>,
            Vec::<Reach>::new(),
        );
        // The sixth variant of a row, as journals hold it.
        let mut row = vec![5];
        row.extend(postcard::to_stdvec(&(SourceKey(3), "besos", said)).expect("bytes"));
        let Ok(Body::Passport(entry)) = Body::join(1, &row, None) else { panic!("a passport") };
        assert_eq!((entry.source, entry.datastream.as_str()), (SourceKey(3), "besos"));
        assert_eq!((entry.passport.unit.as_deref(), entry.passport.cadence), (Some("m"), cadence));
        assert_eq!((&entry.passport.place, &entry.passport.gateway), (&None, &None));
        // And what is written today comes back whole.
        let place = LngLat::new(2.2211, 41.4203).ok();
        let passport = crate::signal::Passport { place, height_m: Some(3.4), ..entry.passport };
        let body = Body::Passport(Box::new(PassportEntry { passport, ..*entry }));
        let halves = body.split();
        assert_eq!(Body::join(2, &halves.row, None), Ok(body));
    }
}
