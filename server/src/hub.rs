//! The hub: turns changes into frames, each encoded once, for sessions that pull.

use engine::change::Change;
use wire::view::Mode;

/// The shared hub of both modes.
#[derive(Debug, Default)]
pub struct Hub {}

impl Hub {
    /// Takes note of the changes of one applied group. Called by the pipeline after apply, in order; never blocks.
    pub fn publish(&self, mode: Mode, head: u64, changes: &[Change]) {
        let _ = (mode, head, changes);
    }

    /// A source's status changed.
    pub fn source_changed(&self, status: wire::source::SourceStatus) {
        let _ = status;
    }

    /// Closes every session of a revoked key or ended login within a second. `principal` is as in `auth`.
    pub fn revoke(&self, principal: &str) {
        let _ = principal;
    }
}
