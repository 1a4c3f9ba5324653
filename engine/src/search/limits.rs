//! The limits of searching, named, with one sentence of reason.

/// A piece of the packed words has about this many bytes: what is copied at once when much of it is gone takes a tenth of a millisecond.
pub(super) const PIECE_BYTES: usize = 256 << 10;

/// A question has at most this many words and phrases: more than a person types, and each is tried on what the longest finds.
pub(super) const TERMS_MAX: usize = 24;
