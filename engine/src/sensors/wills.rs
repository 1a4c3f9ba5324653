//! Wills: datastreams that were said to be gone, and what ends that.

use wire::geo::{LngLat, Mercator};
use wire::time::Timestamp;

use super::{Datastream, Sensors};
use crate::entry::SourceKey;
use crate::limits::STALE_MS;
use crate::observation::ObservationEntry;
use crate::signal::Transition;
use crate::will::{Whom, Will, WillEntry};

/// What a will did to a datastream.
pub(crate) struct Willed {
    /// Its number.
    pub(crate) index: u32,
    /// What turned.
    pub(crate) told: Vec<Transition>,
    /// Where it is to be drawn anew.
    pub(crate) at: Option<Mercator>,
}

impl Datastream {
    /// How often it speaks: what its passport says counts before what was learned.
    pub(crate) fn period_ms(&self) -> Option<i64> {
        let said = self.passport.as_ref().and_then(|passport| passport.cadence);
        let learned = || self.cadence_ms().and_then(|learned| i64::try_from(learned).ok());
        said.map(|cadence| cadence.by_day_ms).or_else(learned)
    }

    /// When its last will said that it is gone, if that holds.
    pub(crate) fn gone_at(&self) -> Option<Timestamp> {
        self.will.filter(|will| will.holds).map(|will| will.at)
    }

    fn is_meant(&self, source: SourceKey, whom: &Whom) -> bool {
        self.source == source
            && match whom {
                Whom::Datastream(name) => self.id == *name,
                Whom::Prefix(prefix) => self.id.starts_with(prefix.as_str()),
                Whom::Gateway(name) => self
                    .passport
                    .as_ref()
                    .is_some_and(|passport| passport.gateway.as_ref() == Some(name)),
            }
    }

    /// Whether a will changes what is held of it at a moment.
    fn heeds(&self, will: &WillEntry, at: Timestamp) -> bool {
        if !will.is_gone {
            return self.gone_at().is_some();
        }
        if !will.is_kept {
            return self.gone_at().is_none();
        }
        // Of what a broker kept nobody knows the age. Where one was known it is that one, however it ended; and a value that is
        // not even overdue is newer.
        let period_ms = self.period_ms().unwrap_or_default();
        self.will.is_none() && at.ms_since(self.phenomenon_time) > period_ms
    }
}

impl Sensors {
    fn heeding<'a>(&'a self, will: &'a WillEntry, at: Timestamp) -> impl Iterator<Item = u32> + 'a {
        let streams = (0u32..).zip(&self.streams);
        let meant = streams.filter(|(_, stream)| stream.is_meant(will.source, &will.whom));
        meant.filter(move |(_, stream)| stream.heeds(will, at)).map(|(index, _)| index)
    }

    /// Whether a will would change anything.
    pub(crate) fn is_news(&self, will: &WillEntry, at: Timestamp) -> bool {
        self.heeding(will, at).next().is_some()
    }

    /// Takes a will; says what it did to whom.
    pub(crate) fn will(&mut self, will: &WillEntry, at: Timestamp) -> Vec<Willed> {
        let theirs: Vec<u32> = self.heeding(will, at).collect();
        let mut done = Vec::with_capacity(theirs.len());
        for index in theirs {
            self.unschedule(Some(index));
            if let Some(stream) = self.streams.get_mut(index as usize) {
                let said_at = stream.will.map_or(at, |before| before.at);
                let last = if will.is_gone { at } else { said_at };
                stream.will = Some(Will { at: last, holds: will.is_gone });
                let told = match (&mut stream.watch, &stream.passport) {
                    (Some(watch), Some(passport)) if will.is_gone => watch.gone(passport, at),
                    (Some(watch), Some(passport)) => watch.back(passport, at),
                    _ => Vec::new(),
                };
                done.push(Willed { index, told, at: stream.place.map(LngLat::mercator) });
            }
            self.schedule(index);
        }
        done
    }

    /// A value of a datastream that was said to be gone ends that, unless it is one from before.
    pub(super) fn overrule_will(
        &mut self,
        index: u32,
        observation: &ObservationEntry,
        recorded_at: Timestamp,
    ) -> Vec<Transition> {
        let Some(stream) = self.streams.get(index as usize) else { return Vec::new() };
        let stale_ms = stream.period_ms().unwrap_or_default().saturating_mul(3).max(STALE_MS);
        let is_new = observation.phenomenon_time > stream.phenomenon_time
            && recorded_at.ms_since(observation.phenomenon_time) <= stale_ms;
        if stream.gone_at().is_none() || observation.late || !is_new {
            return Vec::new();
        }
        self.unschedule(Some(index));
        let mut told = Vec::new();
        if let Some(Datastream { will: Some(will), watch, passport, .. }) =
            self.streams.get_mut(index as usize)
        {
            will.holds = false;
            if let (Some(watch), Some(passport)) = (watch, passport) {
                told = watch.overrule(passport, recorded_at);
            }
        }
        self.schedule(index);
        told
    }
}
