//! The room: what operators decided, and what asks for an answer.

use serde::{Deserialize, Serialize};

/// An alarm's number, given in the order in which they were raised and never again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AlarmId(pub u64);
