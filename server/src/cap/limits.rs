//! Every limit of a message, with one sentence of reason.

/// Bytes of a message: samples with embedded sound reach 600 kB.
pub const BYTES_MAX: usize = 2 << 20;

/// Elements within each other: a message has five, a signature in it about ten.
pub(super) const DEPTH_MAX: usize = 24;

/// Elements of a document: a message of eight languages with 1,344 codes has ten thousand; a feed of thousands of entries has more.
pub(super) const ELEMENTS_MAX: usize = 200_000;

/// Attributes of an element: signatures name half a dozen namespaces.
pub(super) const ATTRIBUTES_MAX: usize = 32;

/// Blocks of a message: thirty languages, and some to spare.
pub(super) const BLOCKS_MAX: usize = 100;

/// Areas of a message, those of each language counted: a country's districts in eight languages.
pub(super) const AREAS_MAX: usize = 5_000;

/// Polygons and circles of an area: an archipelago.
pub(super) const SHAPES_MAX: usize = 1_000;

/// Corners of a message, those of each language counted: a coast in eight languages.
pub(super) const CORNERS_MAX: usize = 100_000;

/// Codes and parameters of a message: 1,344 codes in a large one.
pub(super) const PAIRS_MAX: usize = 20_000;

/// References of a message: a storm of days that is updated every ten minutes.
pub(super) const REFERENCES_MAX: usize = 1_000;

/// Bytes of what a message, its sender or its language is called.
pub(super) const NAME_BYTES_MAX: usize = 512;

/// What a refusal shows of a value: enough to find it.
pub(super) const SHOWN_CHARS: usize = 60;

/// A radius in kilometres: half the way round the Earth.
pub(super) const RADIUS_KM_MAX: f64 = 20_038.0;
