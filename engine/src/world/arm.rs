//! Zones that are drawn and rules that are armed, by decisions; and how they are shown.

use wire::decision::{DecisionKind, DecisionSubject};
use wire::id::ReportId;
use wire::rule::{
    RuleBody, RuleDirection, RuleFiring, RuleMove, RuleOf, RuleStream, RuleThing, RuleView,
    RuleWhen,
};
use wire::zone::{Ring, ZoneFeature, ZoneProperties, ZoneShape};

use super::World;
use super::before::Stood;
use super::decide::{Undecidable, WRONG_SUBJECT, flaw};
use super::guard::Guarded;
use crate::change::Change;
use crate::decision::{DecisionEntry, Setting};
use crate::rule::limits::RULES_MAX;
use crate::rule::{
    Beyond, Count, Direction, Firing, Move, Numbers, Of, Path, Rule, RuleId, Stream, Thing, When,
};
use crate::zone::limits::ZONES_MAX;
use crate::zone::{Part, Zone, ZoneId};

const UNKNOWN: Undecidable = flaw(
    "unknown_subject",
    "/subject",
    "There is nothing with this number here: GET /api/v1/zones and /api/v1/rules name what there is.",
);
const ZONE_IN_USE: Undecidable = flaw(
    "zone_in_use",
    "/subject",
    "A rule speaks of this zone: remove the rule first, or draw the zone anew under its number.",
);
const TOO_MANY_ZONES: Undecidable =
    flaw("too_many", "/zone", "There are as many zones as this server takes: remove one first.");
const TOO_MANY_RULES: Undecidable =
    flaw("too_many", "/rule", "There are as many rules as this server takes: remove one first.");
const NEEDS_ZONE: Undecidable = flaw(
    "needs_zone",
    "/zone",
    "Give the zone's name and geometry, or name a zone as the subject and say \"remove\": true.",
);
const NEEDS_RULE: Undecidable = flaw(
    "needs_rule",
    "/rule",
    "Give the rule's name, level and when, or name a rule as the subject and say \"remove\": true.",
);

pub(super) fn unknown_zone(when: &When) -> Undecidable {
    let pointer = match when {
        When::Sources(_) => "/rule/when/sources/zone",
        When::Value(_) => "/rule/when/value/of/zone/zone",
        When::Crossing(_) => "/rule/when/crossing/zone",
    };
    flaw(
        "unknown_zone",
        pointer,
        "There is no such zone: draw it first, or take its removal back; GET /api/v1/zones names them.",
    )
}

impl World {
    /// The number of the zone or rule that a decision is about; none of a new one.
    fn named(&self, entry: &DecisionEntry) -> Result<Option<u32>, Undecidable> {
        let Guarded { zones, rules, .. } = &self.guarded;
        let (id, is_there) = match (entry.kind, &entry.subject) {
            (_, None) => return Ok(None),
            (DecisionKind::Zone, Some(DecisionSubject::Zone(id))) => {
                (*id, zones.zone(ZoneId(*id)).is_some())
            }
            (DecisionKind::Rule, Some(DecisionSubject::Rule(id))) => {
                (*id, rules.rule(RuleId(*id)).is_some())
            }
            _ => return Err(WRONG_SUBJECT),
        };
        if is_there { Ok(Some(id)) } else { Err(UNKNOWN) }
    }

    /// Whether a decision about a zone says something here and now. How the zone is drawn is for [`Zone::check`] to say.
    pub(super) fn drawable(&self, entry: &DecisionEntry) -> Result<(), Undecidable> {
        let named = self.named(entry)?.map(ZoneId);
        match (entry.sets.as_deref(), named) {
            (Some(Setting::Zone(_)), _) => self.fits_zone(named, true),
            (None, Some(_)) => self.fits_zone(named, false),
            (_, _) => Err(NEEDS_ZONE),
        }
    }

    /// Whether a zone is drawn or removed without harm to others.
    pub(super) fn fits_zone(&self, id: Option<ZoneId>, is_set: bool) -> Result<(), Undecidable> {
        let zones = &self.guarded.zones;
        let is_new = id.is_none_or(|id| zones.zone(id).is_none());
        let is_used = || self.guarded.rules.iter().any(|(_, rule)| rule.when.zone() == id);
        if is_set && is_new && zones.n_zones() >= ZONES_MAX {
            Err(TOO_MANY_ZONES)
        } else if !is_set && id.is_some() && is_used() {
            Err(ZONE_IN_USE)
        } else {
            Ok(())
        }
    }

    /// Whether a decision about a rule says something here and now. What it asks for is for [`Rule::check`] to say.
    pub(super) fn armable(&self, entry: &DecisionEntry) -> Result<(), Undecidable> {
        let named = self.named(entry)?.map(RuleId);
        match (entry.sets.as_deref(), named) {
            (Some(Setting::Rule(rule)), _) => self.fits_rule(named, Some(rule)),
            (None, Some(_)) => self.fits_rule(named, None),
            (_, _) => Err(NEEDS_RULE),
        }
    }

    /// Whether a rule is armed or removed without harm to others.
    pub(super) fn fits_rule(
        &self,
        id: Option<RuleId>,
        rule: Option<&Rule>,
    ) -> Result<(), Undecidable> {
        let Some(rule) = rule else { return Ok(()) };
        let rules = &self.guarded.rules;
        let is_new = id.is_none_or(|id| rules.rule(id).is_none());
        let zone = rule.when.zone();
        if is_new && rules.n_rules() >= RULES_MAX {
            Err(TOO_MANY_RULES)
        } else if zone.is_some_and(|zone| self.guarded.zones.zone(zone).is_none()) {
            Err(unknown_zone(&rule.when))
        } else {
            Ok(())
        }
    }

    /// Draws or removes a zone, arms or removes a rule. Gives what it is about, with the number that a new one was given; nothing
    /// of one that is not well, which changes nothing.
    pub(super) fn arm(
        &mut self,
        seq: u64,
        entry: &DecisionEntry,
        out: &mut Vec<Change>,
    ) -> Option<DecisionSubject> {
        let (zone, rule) = match entry.sets.as_deref() {
            Some(Setting::Zone(zone)) => (Some(zone.clone()), None),
            Some(Setting::Rule(rule)) => (None, Some(rule.clone())),
            Some(Setting::Place(..)) | None => (None, None),
        };
        let (subject, stood) = match (entry.kind, &entry.subject) {
            (DecisionKind::Zone, subject) => {
                let id = match subject {
                    Some(DecisionSubject::Zone(id)) => *id,
                    _ => self.guarded.last_zone + 1,
                };
                (DecisionSubject::Zone(id), self.put_zone(ZoneId(id), zone)?)
            }
            (DecisionKind::Rule, subject) => {
                let id = match subject {
                    Some(DecisionSubject::Rule(id)) => *id,
                    _ => self.guarded.last_rule + 1,
                };
                (DecisionSubject::Rule(id), self.put_rule(RuleId(id), rule, out)?)
            }
            _ => return None,
        };
        self.guarded.before.keep(seq, stood);
        Some(subject)
    }

    /// Draws a zone under a number, or removes it. Gives what stood there; nothing where the zone is not well, and stays as it was.
    pub(super) fn put_zone(&mut self, id: ZoneId, zone: Option<Zone>) -> Option<Stood> {
        let Some(zone) = zone else {
            return Some(Stood::Zone(self.guarded.remove_zone(id)));
        };
        let stood = self.guarded.zones.zone(id).cloned();
        self.guarded.zones.set(id, zone).ok()?;
        self.guarded.last_zone = self.guarded.last_zone.max(id.0);
        self.drawn(id);
        Some(Stood::Zone(stood))
    }

    /// Arms a rule under a number from now on, or removes it. Gives what stood there; nothing where the rule is not well, and stays
    /// as it was.
    pub(super) fn put_rule(
        &mut self,
        id: RuleId,
        rule: Option<Rule>,
        out: &mut Vec<Change>,
    ) -> Option<Stood> {
        let stood = self.guarded.rules.rule(id).cloned();
        let told = match rule {
            Some(rule) => self.guarded.rules.set(id, rule, self.now).ok()?,
            None => self.guarded.rules.remove(id, self.now),
        };
        self.guarded.last_rule = self.guarded.last_rule.max(id.0);
        self.heed_rules(told, out);
        Some(Stood::Rule(stood))
    }

    /// All zones, by number.
    pub fn zones(&self) -> Vec<ZoneFeature> {
        let zones = self.guarded.zones.iter();
        zones
            .map(|(id, zone)| ZoneFeature {
                tag: wire::report::FeatureTag::default(),
                id: id.0,
                geometry: shape(zone),
                properties: ZoneProperties { name: zone.name.clone(), mode: self.mode },
            })
            .collect()
    }

    /// All rules with what stands, by number.
    pub fn rules(&self) -> Vec<RuleView> {
        let rules = &self.guarded.rules;
        let standing = rules.standing();
        let view = |(id, rule): (RuleId, &Rule)| RuleView {
            id: id.0,
            mode: self.mode,
            rule: RuleBody {
                name: rule.name.clone(),
                level: rule.grade.level(),
                when: self.when_view(&rule.when),
            },
            standing: standing
                .iter()
                .filter(|firing| firing.rule == id)
                .map(|firing| self.firing_view(firing))
                .collect(),
        };
        rules.iter().map(view).collect()
    }

    /// A firing as it is shown: which of its reports are refuted is asked of the log, so that a refutation that is taken back
    /// is none.
    pub(super) fn firing_view(&self, firing: &Firing) -> RuleFiring {
        let thing = firing.thing.as_ref().map(|thing| self.thing_view(thing));
        let refuted = firing.reports.iter().filter(|id| self.is_refuted(**id)).copied().collect();
        firing_view(firing, thing, refuted)
    }

    fn stream_view(&self, stream: &Stream) -> RuleStream {
        RuleStream { source: self.source_name(stream.source), name: stream.name.clone() }
    }

    fn thing_view(&self, thing: &Thing) -> RuleThing {
        match thing {
            Thing::Stream(stream) => RuleThing::Stream(self.stream_view(stream)),
            Thing::Report(id) => RuleThing::Report(*id),
        }
    }

    fn when_view(&self, when: &When) -> RuleWhen {
        match when {
            When::Sources(Count { n_min, hazard, zone, within_ms }) => RuleWhen::Sources {
                n_min: *n_min,
                hazard: *hazard,
                zone: zone.map(|zone| zone.0),
                within_ms: *within_ms,
            },
            When::Value(Beyond { of, direction, level, clear, hold_ms }) => RuleWhen::Value {
                of: match of {
                    Of::Stream(stream) => RuleOf::Stream(self.stream_view(stream)),
                    Of::Zone { zone, unit } => RuleOf::Zone { zone: zone.0, unit: unit.clone() },
                },
                direction: match direction {
                    Direction::Rising => RuleDirection::Rising,
                    Direction::Falling => RuleDirection::Falling,
                },
                level: *level,
                clear: *clear,
                hold_ms: *hold_ms,
            },
            When::Crossing(Path { zone, thing, moves }) => RuleWhen::Crossing {
                zone: zone.0,
                thing: thing.as_ref().map(|thing| self.thing_view(thing)),
                moves: match moves {
                    Move::Enters => RuleMove::Enters,
                    Move::Leaves => RuleMove::Leaves,
                    Move::Stays(longer_ms) => RuleMove::Stays(*longer_ms),
                },
            },
        }
    }
}

/// A firing with what is known of it elsewhere.
pub(super) fn firing_view(
    firing: &Firing,
    thing: Option<RuleThing>,
    refuted: Vec<ReportId>,
) -> RuleFiring {
    RuleFiring {
        rule: firing.rule.0,
        since: firing.since,
        zone: firing.zone.map(|zone| zone.0),
        thing,
        n_sources: match firing.numbers {
            Numbers::Sources { n, .. } => Some(n),
            _ => None,
        },
        value: match firing.numbers {
            Numbers::Value { value, .. } => Some(value),
            _ => None,
        },
        reports: firing.reports.clone(),
        refuted,
    }
}

fn shape(zone: &Zone) -> ZoneShape {
    let ring = |ring: &Vec<wire::geo::LngLat>| -> Ring {
        ring.iter().map(|corner| vec![corner.lng(), corner.lat()]).collect()
    };
    let part =
        |part: &Part| std::iter::once(&part.outer).chain(&part.holes).map(ring).collect::<Vec<_>>();
    match zone.parts.as_slice() {
        [one] => ZoneShape::Polygon(part(one)),
        parts => ZoneShape::MultiPolygon(parts.iter().map(part).collect()),
    }
}
