//! Limits of what is remembered of attempts, each with its reason.

/// Devices of one generation; two are held: twice a World's datastreams would not be asked for, and it is some tens of megabytes.
pub(super) const DEVICES_MAX: usize = 60_000;

/// Bytes of payloads and words of one generation: a night in which everything is refused must not fill the memory.
pub(super) const BYTES_MAX: usize = 8 << 20;

/// Bytes of one payload: what a device sends, and what a person reads.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 1_024;

/// Refused items of one request that are remembered one by one: a table of ten thousand wrong rows shows its pattern before.
pub(super) const REFUSED_MAX: usize = 200;

/// Bytes of one detail.
pub(super) const DETAIL_BYTES_MAX: usize = 500;

/// Bytes of a body that is searched for the item that was refused: beyond it the search takes longer than the refusal is worth.
pub(super) const SEARCHED_BYTES_MAX: usize = 1 << 20;

/// Sources and reasons for which requests were turned away: a handful of reasons for each of some thousand partners.
pub(super) const DOORS_MAX: usize = 10_000;

/// Names that are told because they are like the one asked for.
pub(super) const ALIKE_MAX: usize = 5;

/// Hours in which turned away requests are counted apart: errors are asked for a day and a week back.
pub(super) const DOOR_HOURS_MAX: usize = 168;
