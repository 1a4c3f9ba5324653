//! The numbers of zones, each with its reason.

/// Zones of a room: a city's blocks, and more than its census sections a hundred times over. At 32 corners each they take some
/// hundreds of megabytes.
pub const ZONES_MAX: usize = 100_000;

/// Corners of a zone, all rings together: twice what the limits of a city with a harbour have.
pub const CORNERS_MAX: usize = 20_000;

/// Parts of a zone: an archipelago.
pub const PARTS_MAX: usize = 500;

/// Bytes of a zone's name: a line.
pub const NAME_BYTES_MAX: usize = 200;

/// A zone reaches over at most this much longitude, in units of 1e-7 degree: half the world. What looks wider crosses the
/// antimeridian and was meant the other way around.
pub const SPAN_MAX_E7: i64 = 1_800_000_000;

/// A boundary cell with more edges than this is cut further, so that a long coast costs no more to ask than a square.
pub const EDGES_MAX: usize = 8;

/// The finest cells are 2⁸ units of 1e-7 degree, about three metres: finer than any place is known.
pub const FINEST: u8 = 8;

/// The coarsest cells are a quarter of the square of 2³² units.
pub const COARSEST: u8 = 30;

/// A zone is at least this many of its ordinary boundary cells wide or high, and less than four times as many: with fewer,
/// most places inside would need a look at edges; with more, cells would take more memory than they save time.
pub const ACROSS_MIN: i64 = 4;

/// What was in a zone has left it once it is seen farther outside than this many centimetres: 30 m, what a position in a
/// street between houses may err by.
pub const LEAVE_CM: u32 = 3_000;
