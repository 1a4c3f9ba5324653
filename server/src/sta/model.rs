//! The model of SensorThings 1.1 (18-088, section 8.2): eight sets, their properties, relations and multiplicities. Paths, queries, what a body
//! must hold and what an answer shows follow from these tables.

/// One of the eight sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Set {
    Things,
    Locations,
    HistoricalLocations,
    Datastreams,
    Sensors,
    ObservedProperties,
    Observations,
    FeaturesOfInterest,
}

/// What a property holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Words that may not be blank.
    Name,
    /// Words.
    Text,
    /// A JSON object of the partner's own.
    Object,
    /// Any JSON.
    Any,
    /// A moment.
    Moment,
    /// A moment or an interval.
    Span,
    /// `name`, `symbol`, `definition`.
    Unit,
    /// `GeoJSON`, as far as the encoding type says so.
    Shape,
}

/// A property of a set.
#[derive(Debug)]
pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Whether an entity cannot be made without it.
    pub(crate) is_needed: bool,
    /// Whether only the server says it.
    pub(crate) is_ours: bool,
}

/// How two entities are tied. The first is on the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Link {
    ThingLocation,
    ThingHistory,
    HistoryLocation,
    ThingDatastream,
    SensorDatastream,
    PropertyDatastream,
    /// The feature that was made of a Location.
    LocationFeature,
    /// A Datastream has Observations of a feature.
    FeatureDatastream,
    /// Kept with each Observation, not as a link.
    OfObservation,
}

/// A relation as it is seen from one of its ends.
#[derive(Debug)]
pub(crate) struct Relation {
    pub(crate) name: &'static str,
    pub(crate) to: Set,
    /// Whether there may be several.
    pub(crate) is_many: bool,
    /// Whether an entity cannot be made without it.
    pub(crate) is_needed: bool,
    pub(crate) link: Link,
    /// Whether this end is the left one.
    pub(crate) is_left: bool,
}

impl Link {
    pub(crate) const STORED: [Self; 8] = [
        Self::ThingLocation,
        Self::ThingHistory,
        Self::HistoryLocation,
        Self::ThingDatastream,
        Self::SensorDatastream,
        Self::PropertyDatastream,
        Self::LocationFeature,
        Self::FeatureDatastream,
    ];

    /// As it is stored.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::ThingLocation => "thing-location",
            Self::ThingHistory => "thing-history",
            Self::HistoryLocation => "history-location",
            Self::ThingDatastream => "thing-datastream",
            Self::SensorDatastream => "sensor-datastream",
            Self::PropertyDatastream => "property-datastream",
            Self::LocationFeature => "location-feature",
            Self::FeatureDatastream => "feature-datastream",
            Self::OfObservation => "of-observation",
        }
    }

    pub(crate) fn of_word(word: &str) -> Option<Self> {
        Self::STORED.into_iter().find(|link| link.word() == word)
    }
}

const fn must(name: &'static str, kind: Kind) -> Property {
    Property { name, kind, is_needed: true, is_ours: false }
}

const fn may(name: &'static str, kind: Kind) -> Property {
    Property { name, kind, is_needed: false, is_ours: false }
}

const fn ours(name: &'static str, kind: Kind) -> Property {
    Property { name, kind, is_needed: false, is_ours: true }
}

const fn many(name: &'static str, to: Set, link: Link, is_left: bool) -> Relation {
    Relation { name, to, is_many: true, is_needed: false, link, is_left }
}

const fn one(name: &'static str, to: Set, link: Link, is_left: bool) -> Relation {
    Relation { name, to, is_many: false, is_needed: true, link, is_left }
}

const THING: [Property; 3] =
    [must("name", Kind::Name), must("description", Kind::Text), may("properties", Kind::Object)];
const LOCATION: [Property; 5] = [
    must("name", Kind::Name),
    must("description", Kind::Text),
    must("encodingType", Kind::Name),
    must("location", Kind::Shape),
    may("properties", Kind::Object),
];
const HISTORICAL_LOCATION: [Property; 1] = [must("time", Kind::Moment)];
const DATASTREAM: [Property; 8] = [
    must("name", Kind::Name),
    must("description", Kind::Text),
    must("observationType", Kind::Name),
    must("unitOfMeasurement", Kind::Unit),
    may("properties", Kind::Object),
    ours("observedArea", Kind::Any),
    ours("phenomenonTime", Kind::Span),
    ours("resultTime", Kind::Span),
];
const SENSOR: [Property; 5] = [
    must("name", Kind::Name),
    must("description", Kind::Text),
    must("encodingType", Kind::Name),
    must("metadata", Kind::Any),
    may("properties", Kind::Object),
];
const OBSERVED_PROPERTY: [Property; 4] = [
    must("name", Kind::Name),
    must("definition", Kind::Text),
    must("description", Kind::Text),
    may("properties", Kind::Object),
];
const OBSERVATION: [Property; 6] = [
    may("phenomenonTime", Kind::Span),
    must("result", Kind::Any),
    may("resultTime", Kind::Moment),
    may("resultQuality", Kind::Any),
    may("validTime", Kind::Span),
    may("parameters", Kind::Object),
];
const FEATURE: [Property; 5] = [
    must("name", Kind::Name),
    must("description", Kind::Text),
    must("encodingType", Kind::Name),
    must("feature", Kind::Shape),
    may("properties", Kind::Object),
];

const OF_THING: [Relation; 3] = [
    many("Locations", Set::Locations, Link::ThingLocation, true),
    many("HistoricalLocations", Set::HistoricalLocations, Link::ThingHistory, true),
    many("Datastreams", Set::Datastreams, Link::ThingDatastream, true),
];
const OF_LOCATION: [Relation; 2] = [
    many("Things", Set::Things, Link::ThingLocation, false),
    many("HistoricalLocations", Set::HistoricalLocations, Link::HistoryLocation, false),
];
const OF_HISTORICAL_LOCATION: [Relation; 2] = [
    one("Thing", Set::Things, Link::ThingHistory, false),
    Relation {
        name: "Locations",
        to: Set::Locations,
        is_many: true,
        is_needed: true,
        link: Link::HistoryLocation,
        is_left: true,
    },
];
const OF_DATASTREAM: [Relation; 4] = [
    one("Thing", Set::Things, Link::ThingDatastream, false),
    one("Sensor", Set::Sensors, Link::SensorDatastream, false),
    one("ObservedProperty", Set::ObservedProperties, Link::PropertyDatastream, false),
    many("Observations", Set::Observations, Link::OfObservation, true),
];
const OF_SENSOR: [Relation; 1] =
    [many("Datastreams", Set::Datastreams, Link::SensorDatastream, true)];
const OF_OBSERVED_PROPERTY: [Relation; 1] =
    [many("Datastreams", Set::Datastreams, Link::PropertyDatastream, true)];
const OF_OBSERVATION: [Relation; 2] = [
    one("Datastream", Set::Datastreams, Link::OfObservation, false),
    Relation {
        name: "FeatureOfInterest",
        to: Set::FeaturesOfInterest,
        is_many: false,
        is_needed: false,
        link: Link::OfObservation,
        is_left: false,
    },
];
const OF_FEATURE: [Relation; 1] =
    [many("Observations", Set::Observations, Link::OfObservation, true)];

impl Set {
    pub(crate) const ALL: [Self; 8] = [
        Self::Things,
        Self::Locations,
        Self::HistoricalLocations,
        Self::Datastreams,
        Self::Sensors,
        Self::ObservedProperties,
        Self::Observations,
        Self::FeaturesOfInterest,
    ];

    /// Its name, in addresses and as it is stored.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Things => "Things",
            Self::Locations => "Locations",
            Self::HistoricalLocations => "HistoricalLocations",
            Self::Datastreams => "Datastreams",
            Self::Sensors => "Sensors",
            Self::ObservedProperties => "ObservedProperties",
            Self::Observations => "Observations",
            Self::FeaturesOfInterest => "FeaturesOfInterest",
        }
    }

    pub(crate) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.word() == word)
    }

    /// One of it, in messages.
    pub(crate) fn one(self) -> &'static str {
        match self {
            Self::Things => "Thing",
            Self::Locations => "Location",
            Self::HistoricalLocations => "HistoricalLocation",
            Self::Datastreams => "Datastream",
            Self::Sensors => "Sensor",
            Self::ObservedProperties => "ObservedProperty",
            Self::Observations => "Observation",
            Self::FeaturesOfInterest => "FeatureOfInterest",
        }
    }

    pub(crate) fn properties(self) -> &'static [Property] {
        match self {
            Self::Things => &THING,
            Self::Locations => &LOCATION,
            Self::HistoricalLocations => &HISTORICAL_LOCATION,
            Self::Datastreams => &DATASTREAM,
            Self::Sensors => &SENSOR,
            Self::ObservedProperties => &OBSERVED_PROPERTY,
            Self::Observations => &OBSERVATION,
            Self::FeaturesOfInterest => &FEATURE,
        }
    }

    pub(crate) fn relations(self) -> &'static [Relation] {
        match self {
            Self::Things => &OF_THING,
            Self::Locations => &OF_LOCATION,
            Self::HistoricalLocations => &OF_HISTORICAL_LOCATION,
            Self::Datastreams => &OF_DATASTREAM,
            Self::Sensors => &OF_SENSOR,
            Self::ObservedProperties => &OF_OBSERVED_PROPERTY,
            Self::Observations => &OF_OBSERVATION,
            Self::FeaturesOfInterest => &OF_FEATURE,
        }
    }

    pub(crate) fn property(self, name: &str) -> Option<&'static Property> {
        self.properties().iter().find(|property| property.name == name)
    }

    pub(crate) fn relation(self, name: &str) -> Option<&'static Relation> {
        self.relations().iter().find(|relation| relation.name == name)
    }
}

impl Relation {
    /// The same relation from its other end, for links that are stored.
    pub(crate) fn inverse(&self) -> Option<&'static Relation> {
        self.to
            .relations()
            .iter()
            .find(|other| other.link == self.link && other.is_left != self.is_left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stored_relation_has_an_inverse_that_leads_back() {
        for set in Set::ALL {
            assert_eq!(Set::of_word(set.word()), Some(set));
            for relation in set.relations() {
                let inverse = relation.inverse().expect("an inverse");
                let back = inverse.to == set || relation.link == Link::OfObservation;
                assert!(back, "{} {}", set.word(), relation.name);
            }
        }
        for link in Link::STORED {
            assert_eq!(Link::of_word(link.word()), Some(link));
        }
    }
}
