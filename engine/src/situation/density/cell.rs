//! A cell: the points of one square, all of them near each other.

use super::PointId;
use super::grid::{NONE, Square};
use crate::situation::metres::Spot;

/// So many core points are looked through as they are.
const FEW: u32 = 16;

/// A point as its cell holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) id: PointId,
    pub(super) spot: Spot,
    /// The weights near it in other cells. Kept only while the cell is mixed; otherwise nobody asks.
    pub(super) outside: u32,
    /// For a border point the cell of its nearest core point, else [`NONE`].
    pub(super) owner: u32,
    pub(super) weight: u8,
    pub(super) core: bool,
    /// `outside` is not known yet.
    pub(super) fresh: bool,
    /// `owner` is to be looked for again.
    pub(super) loose: bool,
}

impl Member {
    /// Points of a cell are kept in this order, so that those on one spot stand in a row.
    pub(super) fn rank(&self) -> (Spot, PointId) {
        (self.spot, self.id)
    }
}

/// How the members of a cell are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// All that could be near is not enough: none is core.
    Quiet,
    /// It depends on what is near each.
    Mixed,
    /// What lies in the cell is enough: all are core.
    Dense,
}

/// What is asked of a cell far more often than the rest. It lies apart, so that looking around stays in the cache.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gist {
    /// The weight of its own members.
    pub(super) own: u32,
    /// That of its twenty neighbours.
    pub(super) around: u32,
    /// How its members are judged, as far as this tick has come.
    pub(super) kind: Kind,
    /// It had no members before this tick.
    pub(super) new: bool,
    /// One of its members is core, or some.
    pub(super) has_core: bool,
}

impl Gist {
    /// A cell without members.
    pub(super) const NEW: Self =
        Self { own: 0, around: 0, kind: Kind::Quiet, new: true, has_core: false };

    /// How its members are to be judged.
    pub(super) fn due(self, min_pts: u32) -> Kind {
        if self.own >= min_pts {
            Kind::Dense
        } else if self.own + self.around >= min_pts {
            Kind::Mixed
        } else {
            Kind::Quiet
        }
    }
}

/// See the module. Everything but the members is about core points and what hangs on them. What neighbours ask for
/// fills one line of a processor's memory; the rest, asked for once a tick, the next.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(super) struct Cell {
    pub(super) members: Vec<Member>,
    pub(super) square: Square,
    /// The block of the grid in which it lies.
    pub(super) block: u32,
    /// Which neighbours have a core point near one of this cell's, bit by bit.
    pub(super) edges: u32,
    /// The component of its core points, or [`NONE`] without any: those of one cell are near each other.
    pub(super) component: u32,
    pub(super) n_core: u32,
    pub(super) marks: Marks,
    /// The component as it was when the last tick ended.
    pub(super) was: u32,
    /// Core points that were core before, too; counts only in a tick that changed the core points.
    pub(super) n_kept: u32,
    /// Border points that this cell owns, wherever they are.
    pub(super) n_border: u32,
    pub(super) border_weight: u64,
    pub(super) core_weight: u64,
    /// The smallest id of a core point.
    pub(super) oldest: PointId,
}

/// What a tick remembers of a cell until it ends.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "six answers, each to be yes or no on its own")]
pub(super) struct Marks {
    /// It is judged in another way than before.
    pub(super) turned: bool,
    /// Its members have to be judged again.
    pub(super) stale: bool,
    /// A point became core.
    pub(super) gained: bool,
    /// A core point went or is none any more.
    pub(super) lost: bool,
    /// Its border points are to be looked for again.
    pub(super) rim: bool,
    /// It owns other border points than before.
    pub(super) owns: bool,
}

impl Cell {
    pub(super) fn new(square: Square) -> Self {
        Self {
            square,
            block: NONE,
            members: Vec::new(),
            edges: 0,
            component: NONE,
            was: NONE,
            n_core: 0,
            n_kept: 0,
            core_weight: 0,
            oldest: PointId(u64::MAX),
            n_border: 0,
            border_weight: 0,
            marks: Marks::default(),
        }
    }

    /// The core points on different spots.
    fn core_spots(&self) -> impl Iterator<Item = Spot> {
        let mut last = None;
        self.members.iter().filter(|member| member.core).filter_map(move |member| {
            let again = last.replace(member.spot) == Some(member.spot);
            (!again).then_some(member.spot)
        })
    }

    /// The square of the distance from a spot to the square of this cell, in cm²: at most that to any of its points.
    fn distance2(&self, spot: Spot, side: i64) -> u64 {
        let out = |at: i32, first: i64| {
            let at = i64::from(at);
            (first - at).max(at - (first + side - 1)).max(0) as u64
        };
        let x = out(spot.x_cm, i64::from(self.square.column) * side);
        let y = out(spot.y_cm, i64::from(self.square.row) * side);
        x.pow(2) + y.pow(2)
    }

    /// Whether a core point of one is near a core point of the other.
    pub(super) fn is_joined(&self, other: &Self, eps2: u64, side: i64) -> bool {
        let mut ours = self.core_spots().filter(|spot| other.distance2(*spot, side) <= eps2);
        if other.n_core <= FEW {
            return ours
                .any(|spot| other.core_spots().any(|near| spot.distance2_cm2(near) <= eps2));
        }
        // A crowd is cut down first to those that reach the other square.
        let theirs: Vec<Spot> =
            other.core_spots().filter(|spot| self.distance2(*spot, side) <= eps2).collect();
        ours.any(|spot| theirs.iter().any(|near| spot.distance2_cm2(*near) <= eps2))
    }
}

/// The nearest core point of a cell within reach of a spot: the square of its distance, and its id.
pub(super) fn nearest(members: &[Member], spot: Spot, eps2: u64) -> Option<(u64, PointId)> {
    let cores = members.iter().filter(|member| member.core);
    cores
        .map(|core| (core.spot.distance2_cm2(spot), core.id))
        .filter(|(distance2, _)| *distance2 <= eps2)
        .min()
}
