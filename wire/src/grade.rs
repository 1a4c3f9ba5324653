//! Grades: severity, urgency and certainty in CAP's words; hazard; kind, basis and status of a report; verification.

/// Declares a small closed vocabulary: its variants, their words on the wire, and conversions.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? } default $default:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every word, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The number of the word, stable in stored data.
            pub fn index(self) -> usize {
                self as usize
            }

            /// The word with this number.
            pub fn from_index(index: u8) -> Option<Self> {
                Self::ALL.get(usize::from(index)).copied()
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::$default
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::grade::UnknownWord;

            fn from_str(text: &str) -> Result<Self, $crate::grade::UnknownWord> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::grade::UnknownWord),
                }
            }
        }
    };
}

pub(crate) use vocabulary;

/// A word that is not in the vocabulary asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown word")]
pub struct UnknownWord;

vocabulary! {
    /// How bad, in CAP's words. Ordered from worst to unknown, so that the least value is the worst.
    Severity {
        /// Extraordinary threat to life or property.
        Extreme = "Extreme",
        /// Significant threat.
        Severe = "Severe",
        /// Possible threat.
        Moderate = "Moderate",
        /// Minimal to no known threat.
        Minor = "Minor",
        /// Not stated.
        Unknown = "Unknown",
    } default Unknown
}

vocabulary! {
    /// How soon, in CAP's words.
    Urgency {
        /// Act now.
        Immediate = "Immediate",
        /// Act within the hour.
        Expected = "Expected",
        /// Act in the near future.
        Future = "Future",
        /// No longer required.
        Past = "Past",
        /// Not stated.
        Unknown = "Unknown",
    } default Unknown
}

vocabulary! {
    /// How certain, in CAP's words.
    Certainty {
        /// Has occurred or is ongoing.
        Observed = "Observed",
        /// More likely than not.
        Likely = "Likely",
        /// Possible but not likely.
        Possible = "Possible",
        /// Not expected.
        Unlikely = "Unlikely",
        /// Not stated.
        Unknown = "Unknown",
    } default Unknown
}

vocabulary! {
    /// What happens. An unknown word becomes `other`, the original kept.
    Hazard {
        /// Water where it should not be.
        Flood = "flood",
        /// Thunder, hail, heavy rain.
        Storm = "storm",
        /// Wind damage.
        Wind = "wind",
        /// Snow and ice.
        Snow = "snow",
        /// Heat.
        Heat = "heat",
        /// Earthquake.
        Earthquake = "earthquake",
        /// Landslide.
        Landslide = "landslide",
        /// Fire in the open.
        Wildfire = "wildfire",
        /// Fire in a building or vehicle.
        Fire = "fire",
        /// Explosion.
        Explosion = "explosion",
        /// Gas, chemical release.
        Chemical = "chemical",
        /// Damaged building.
        Building = "building",
        /// Roads, rail, metro.
        Transport = "transport",
        /// Power out.
        Power = "power",
        /// Crowd pressure.
        Crowd = "crowd",
        /// Violence.
        Violence = "violence",
        /// Health.
        Health = "health",
        /// Anything else.
        Other = "other",
    } default Other
}

vocabulary! {
    /// Who speaks.
    Kind {
        /// An emergency call.
        Call = "call",
        /// A unit on scene.
        Unit = "unit",
        /// An authority.
        Official = "official",
        /// A camera.
        Camera = "camera",
        /// A citizen's own report.
        Citizen = "citizen",
        /// A post on a social network.
        Post = "post",
        /// The press.
        Press = "press",
        /// A volunteer who watches for the room.
        Contributor = "contributor",
    } default Post
}

vocabulary! {
    /// Seen with own eyes, or heard of.
    Basis {
        /// First hand.
        Seen = "seen",
        /// Second hand.
        Heard = "heard",
        /// Not stated.
        Unknown = "unknown",
    } default Unknown
}

vocabulary! {
    /// Whether the matter is still open where it was reported.
    Status {
        /// Still open.
        Open = "open",
        /// Closed.
        Closed = "closed",
    } default Open
}

vocabulary! {
    /// What the room knows of a report's truth.
    Verification {
        /// Not checked yet.
        Unverified = "unverified",
        /// Cannot be checked.
        Unverifiable = "unverifiable",
        /// Supported by independent evidence.
        Supported = "supported",
        /// Confirmed by a person, on a stated basis.
        Confirmed = "confirmed",
        /// Not true.
        Refuted = "refuted",
    } default Unverified
}

/// A set of hazards, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HazardSet(pub u32);

impl HazardSet {
    /// Every hazard: no filter.
    pub const ALL: Self = Self((1 << Hazard::ALL.len()) - 1);

    /// Whether the hazard is in the set.
    pub fn contains(self, hazard: Hazard) -> bool {
        self.0 & (1 << hazard as u8) != 0
    }

    /// The hazards of the set in order.
    pub fn iter(self) -> impl Iterator<Item = Hazard> {
        Hazard::ALL.iter().copied().filter(move |hazard| self.contains(*hazard))
    }
}

impl Default for HazardSet {
    fn default() -> Self {
        Self::ALL
    }
}

impl FromIterator<Hazard> for HazardSet {
    fn from_iter<I: IntoIterator<Item = Hazard>>(hazards: I) -> Self {
        Self(hazards.into_iter().fold(0, |bits, hazard| bits | (1 << hazard as u8)))
    }
}
