//! The numbers of exposure, each with its reason.

/// Sites of a room: every school and underpass of a country's largest region.
pub const SITES_MAX: usize = 200_000;

/// Cells of a room: a region of a hundred kilometres a side in cells of a hundred metres.
pub const CELLS_MAX: usize = 1_000_000;

/// People in one place: more than any stadium holds, or a cell of a square kilometre.
pub const PEOPLE_MAX: u32 = 1_000_000;

/// Bytes of a site's name: a line.
pub const NAME_BYTES_MAX: usize = 200;

/// The longest side of a cell, in degrees, about eleven kilometres: people are taken to live evenly over a cell, which says
/// nothing of a larger one.
pub const CELL_DEGREES_MAX: f64 = 0.1;

/// Corners of an extent, more than an outline of a situation ever has.
pub const CORNERS_MAX: usize = 4_000;

/// The largest circle: a region. What is wider is a ring.
pub const RADIUS_M_MAX: f64 = 200_000.0;
