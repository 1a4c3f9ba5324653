//! The voices of the exercise: each is a source of its own, as it would be in a room.

use wire::grade::Kind;

/// Who speaks, and through which source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Voice {
    /// Calls to 112.
    Calls,
    /// Units on scene.
    Units,
    /// Authorities and operators of networks.
    Officials,
    /// Traffic cameras.
    Cameras,
    /// The city's own app.
    Citizens,
    /// A social network.
    Posts,
    /// Newspapers and radio.
    Press,
    /// Volunteers who watch for the room.
    Volunteers,
}

impl Voice {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Calls,
        Self::Units,
        Self::Officials,
        Self::Cameras,
        Self::Citizens,
        Self::Posts,
        Self::Press,
        Self::Volunteers,
    ];

    /// The source's public id.
    pub fn source(self) -> &'static str {
        match self {
            Self::Calls => "exercise:calls",
            Self::Units => "exercise:units",
            Self::Officials => "exercise:officials",
            Self::Cameras => "exercise:cameras",
            Self::Citizens => "exercise:citizens",
            Self::Posts => "exercise:posts",
            Self::Press => "exercise:press",
            Self::Volunteers => "exercise:volunteers",
        }
    }

    /// The source's readable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Calls => "112 calls (exercise)",
            Self::Units => "Units (exercise)",
            Self::Officials => "Authorities (exercise)",
            Self::Cameras => "Traffic cameras (exercise)",
            Self::Citizens => "City app (exercise)",
            Self::Posts => "Posts (exercise)",
            Self::Press => "Press (exercise)",
            Self::Volunteers => "Volunteers (exercise)",
        }
    }

    /// The kind of its reports.
    pub fn kind(self) -> Kind {
        match self {
            Self::Calls => Kind::Call,
            Self::Units => Kind::Unit,
            Self::Officials => Kind::Official,
            Self::Cameras => Kind::Camera,
            Self::Citizens => Kind::Citizen,
            Self::Posts => Kind::Post,
            Self::Press => Kind::Press,
            Self::Volunteers => Kind::Contributor,
        }
    }

    /// How closely it can place things, in metres.
    pub fn radius_m(self) -> u32 {
        match self {
            Self::Units | Self::Cameras => 15,
            Self::Calls | Self::Citizens => 60,
            Self::Officials | Self::Volunteers => 120,
            Self::Posts => 250,
            Self::Press => 800,
        }
    }
}
