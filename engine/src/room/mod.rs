//! The room: what operators decided, and what asks for an answer.
//!
//! Decisions stand in the order in which they were entered and are never changed: one that is taken back is told so, and what
//! follows from the others is asked anew. Nobody is counted or compared here: a decision bears the name that signed it, and no
//! index leads from a name to what it signed.

mod alarms;
mod decided;
mod hand;
mod last;

use serde::{Deserialize, Serialize};

pub(crate) use alarms::{Alarms, Answer, Cause, Figures, Raised};
pub(crate) use decided::{Decided, Log};
pub(crate) use hand::Hand;
pub(crate) use last::LastSeen;

/// An alarm's number, given in the order in which they were raised and never again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AlarmId(pub u64);
