//! The limits of the SensorThings face, each with its reason.

/// Bytes of a query: forty lines of a filter, and what proxies let through.
pub(super) const QUERY_BYTES_MAX: usize = 8 << 10;
/// Steps of a path: the longest that the model makes sense of has six.
pub(super) const PATH_STEPS_MAX: usize = 12;
/// Nodes of all expressions of one query: more is a program and not a question.
pub(super) const NODES_MAX: usize = 200;
/// Parentheses and calls inside one another: deeper than people write, far from the end of a stack.
pub(super) const NESTING_MAX: usize = 16;
/// `$expand` inside `$expand`: from a Thing around the model and back.
pub(super) const EXPAND_DEPTH_MAX: usize = 5;
/// Entities of a page where `$top` does not say: what the reference server gives.
pub(super) const TOP_DEFAULT: usize = 100;
/// Entities of a page whatever `$top` says: what the reference server gives at most.
pub(super) const TOP_MAX: usize = 10_000;
/// What `$skip` may pass over: beyond it a filter on `phenomenonTime` or `id` is faster for both.
pub(super) const SKIP_MAX: usize = 10_000_000;
/// Entities of one answer, expanded ones included: about 20 MB; a page that reaches it ends there and goes on by its link.
pub(super) const ANSWER_ENTITIES_MAX: usize = 20_000;
/// Questions to the database for one answer: a page of Datastreams, each with its newest Observations, ten times over.
pub(super) const ANSWER_LOOKUPS_MAX: usize = 1_000;
/// Observations that one request may have looked at where only reading them tells whether they fit: a second's work.
pub(super) const SCAN_ROWS_MAX: usize = 100_000;
/// Observations read at once while scanning: a few megabytes.
pub(super) const SCAN_PAGE: usize = 5_000;
/// Observations that `$count` counts to: a second's work for either database.
pub(super) const COUNT_MAX: u64 = 5_000_000;
/// Values that one path of a filter may lead to: a Thing has some dozen Datastreams.
pub(super) const FAN_MAX: usize = 1_000;
/// Entities that one POST may create, Observations aside: a building with all it measures.
pub(super) const DEEP_ENTITIES_MAX: usize = 2_000;
/// JSON of one entity: a page of metadata, not a library.
pub(super) const ENTITY_BYTES_MAX: usize = 64 << 10;
/// Entities of one partner: twenty thousand datastreams with all that belongs to each.
pub(super) const PARTNER_ENTITIES_MAX: usize = 150_000;
/// Entities of the lane of a test key: a building to try with.
pub(super) const LANE_ENTITIES_MAX: usize = 4_000;
/// Entities of a server: what every datastream that a World holds can need, and half a gigabyte at most in memory.
pub(super) const ENTITIES_MAX: usize = 600_000;
/// JSON of all entities of a server: in memory it takes about three times as much.
pub(super) const REGISTRY_BYTES_MAX: usize = 192 << 20;
/// Longest id of the partner's own: it names the datastream in the journal, and has the same limit there.
pub(super) const EXTERNAL_ID_MAX: usize = 200;
/// Longest symbol of a unit: the journal's own limit.
pub(super) const SYMBOL_MAX: usize = 40;
/// Bodies understood at once: each may take a hundred megabytes in memory while it is.
pub(super) const BODIES_AT_ONCE: usize = 8;
/// JSON of one body, as the intake counts it: ten thousand rows of a data array have a seventh of it.
pub(super) const JSON_BYTES_MAX: usize = 8 << 20;
/// Longest name that goes to the map: the journal's own limit; what is longer is cut.
pub(super) const NAME_MAX: usize = 200;
/// Longest value in words: the intake's own limit.
pub(super) const RESULT_BYTES_MAX: usize = 1_024;
/// Steps for one answer, an entity looked at being one and a shape more: half a second's work.
pub(super) const STEPS_MAX: usize = 400_000;
/// So many bytes of a shape are a step: a point is one or two, a river of three thousand positions a thousand.
pub(super) const WEIGHT_BYTES: usize = 64;
/// Datastreams whose Observations are asked for by name in one question; more are read as all and sorted out.
pub(super) const STREAMS_MAX: usize = 200;
