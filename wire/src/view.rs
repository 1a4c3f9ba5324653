//! Views: what one screen or one question looks at, and the totals that add up.

use serde::{Deserialize, Serialize};

use crate::geo::Bbox;
use crate::grade::{Hazard, HazardSet, UnknownWord};
use crate::tile::{TileCover, ZOOM_MAX};

/// A view covers at most this many tiles: a 4K wall at one zoom needs about 50.
pub const TILES_MAX: u64 = 256;

/// Live or exercise. A drill never leaks into live, nor back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The real world.
    Live,
    /// A drill or a recording.
    Exercise,
}

impl Mode {
    /// Both modes.
    pub const ALL: [Self; 2] = [Self::Live, Self::Exercise];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Exercise => "exercise",
        }
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

impl std::str::FromStr for Mode {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match text {
            "live" => Ok(Self::Live),
            "exercise" => Ok(Self::Exercise),
            _ => Err(UnknownWord),
        }
    }
}

/// How far back a view looks, by `observed_at`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
pub enum Window {
    /// The last 15 minutes.
    #[serde(rename = "15m")]
    Minutes15,
    /// The last hour.
    #[serde(rename = "1h")]
    Hour1,
    /// The last two hours.
    #[serde(rename = "2h")]
    Hours2,
    /// The last day.
    #[serde(rename = "24h")]
    Hours24,
    /// Everything held.
    #[default]
    #[serde(rename = "all")]
    All,
    /// What is open (`status: open`), whatever its age, and the last two hours: the desk's default.
    #[serde(rename = "open")]
    Open,
}

impl Window {
    /// Every window, in the order of [`Window::index`].
    pub const ALL: [Self; 6] =
        [Self::Minutes15, Self::Hour1, Self::Hours2, Self::Hours24, Self::All, Self::Open];

    /// The number of the window.
    pub fn index(self) -> usize {
        self as usize
    }

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Minutes15 => "15m",
            Self::Hour1 => "1h",
            Self::Hours2 => "2h",
            Self::Hours24 => "24h",
            Self::All => "all",
            Self::Open => "open",
        }
    }

    /// The length in milliseconds; `None` for everything held. `Open` has the length of its closed part.
    pub fn length_ms(self) -> Option<i64> {
        match self {
            Self::Minutes15 => Some(15 * 60_000),
            Self::Hour1 => Some(3_600_000),
            Self::Hours2 | Self::Open => Some(2 * 3_600_000),
            Self::Hours24 => Some(24 * 3_600_000),
            Self::All => None,
        }
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

impl std::str::FromStr for Window {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|window| window.word() == text).ok_or(UnknownWord)
    }
}

/// What a client asks to see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The visible box.
    pub bbox: Bbox,
    /// The camera's zoom; clusters come from `floor(zoom)`.
    pub zoom: f64,
    /// Live or exercise.
    pub mode: Mode,
    /// How far back.
    #[serde(default)]
    pub window: Window,
    /// Only these hazards; absent or null: all.
    #[serde(default)]
    pub hazards: Option<Vec<Hazard>>,
    /// Ask for the newest reports of the view as `report` frames at any zoom: at most this many at a time (0 to 200).
    #[serde(default)]
    pub newest: u16,
}

/// Why a view cannot be served.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum BadView {
    /// Zoom is NaN, infinite or negative.
    #[error("zoom must be a number from 0 to 24")]
    Zoom,
    /// More tiles than [`TILES_MAX`].
    #[error("the view covers {0} tiles, at most 256 are served: zoom out or make the box smaller")]
    TooManyTiles(u64),
}

impl View {
    /// The tiles of the view.
    pub fn cover(&self) -> Result<TileCover, BadView> {
        if !self.zoom.is_finite() || !(0.0..=24.0).contains(&self.zoom) {
            return Err(BadView::Zoom);
        }
        let cover = TileCover::of(&self.bbox, (self.zoom.floor() as u8).min(ZOOM_MAX));
        let n = cover.len();
        if n > TILES_MAX { Err(BadView::TooManyTiles(n)) } else { Ok(cover) }
    }

    /// The hazard filter as a set.
    pub fn hazard_set(&self) -> HazardSet {
        self.hazards.as_ref().map_or(HazardSet::ALL, |list| list.iter().copied().collect())
    }
}

/// How many reports are where. `total = shown + elsewhere + unplaced + filtered`, each counted on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Reports held in this mode after folding and expiry.
    pub total: u64,
    /// In the view's tiles: the sum of its clusters.
    pub shown: u64,
    /// Pass the filter and have a place outside the view's tiles.
    pub elsewhere: u64,
    /// Pass the filter and have no place.
    pub unplaced: u64,
    /// Hidden by the window or the hazard filter, with a place or without.
    pub filtered: u64,
}
