//! What a tick says: which components there were, which there are, and how many core points they share.

use super::PointId;

/// A component as a whole. Its name is its oldest core point (the smallest id), so it depends on what is live and on
/// nothing else; when that point expires the name changes, and [`Overlap`] says what it was called before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Component {
    /// The smallest id among its core points.
    pub id: PointId,
    /// Its core points.
    pub n_core: u32,
    /// Points near one of its core points, and nearer than to any of another component.
    pub n_border: u32,
    /// The weights of all of them.
    pub weight: u64,
}

/// A component that changed, as it was at the end of the tick before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Former {
    /// What it was called.
    pub id: PointId,
    /// The core points it had.
    pub n_core: u32,
}

/// Core points that were in one component before and are in one now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overlap {
    /// The component at the end of the tick before.
    pub before: PointId,
    /// The component now.
    pub after: PointId,
    /// How many core points they share; at least one.
    pub n_core: u32,
}

/// What a tick changed, each list in the order of its ids. Whoever keeps what happened to a situation needs no more:
/// a component grew or shrank (one overlap), was split (one `before`, several `after`), joined others (one `after`,
/// several `before`), began (an `after` without overlap) or ended (a `before` without).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// The components that changed in any member, or in their name, as they were.
    pub before: Vec<Former>,
    /// The components that changed in any member, or in their name, as they are.
    pub after: Vec<Component>,
    /// What they share.
    pub overlaps: Vec<Overlap>,
}

impl Changes {
    /// Whether every component is as it was. Noise may have come and gone.
    pub fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }
}

/// What a point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Core point of this component.
    Core(PointId),
    /// Near a core point of this component, and none itself.
    Border(PointId),
    /// Near no core point.
    Noise,
}

/// Who belongs to a component, each list in the order of ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Members {
    /// Its core points.
    pub core: Vec<PointId>,
    /// Its border points.
    pub border: Vec<PointId>,
}
