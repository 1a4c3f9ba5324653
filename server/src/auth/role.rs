//! The roles of operators, and what each may see.

use engine::view::Clearance;

/// A role of the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Looks at the wall: grades, times and places, no words from outside.
    Viewer,
    /// Sends and reads reports.
    Contributor,
    /// Weighs reports: sees everything.
    Analyst,
    /// Decides: sees everything.
    DutyOfficer,
    /// Keeps operators, partners and settings: sees everything.
    Administrator,
}

/// Not one of the roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role is viewer, contributor, analyst, duty-officer or administrator")]
pub struct UnknownRole;

impl Role {
    /// Every role, least first.
    pub const ALL: [Self; 5] =
        [Self::Viewer, Self::Contributor, Self::Analyst, Self::DutyOfficer, Self::Administrator];

    /// The role's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Contributor => "contributor",
            Self::Analyst => "analyst",
            Self::DutyOfficer => "duty-officer",
            Self::Administrator => "administrator",
        }
    }

    /// What it may see of a report (docs/privacy.md).
    pub fn clearance(self) -> Clearance {
        match self {
            Self::Viewer => Clearance::Wall,
            Self::Contributor => Clearance::Room,
            Self::Analyst | Self::DutyOfficer | Self::Administrator => Clearance::Desk,
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.word() == text).ok_or(UnknownRole)
    }
}
