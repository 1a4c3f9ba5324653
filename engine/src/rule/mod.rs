//! Rules that a room sets, tried against what comes: when one fires, with which numbers and from what, and when it ends.
//!
//! [`Rules`] takes what comes as [`Event`]s and says how firings turn. It is a function of the events and their times: neither
//! when somebody ticks nor in which order the events of one second arrive changes what is told. How each rule decides, with its
//! numbers, is told in `docs/zones.md`.

mod crossing;
mod event;
mod guard;
pub mod limits;
mod set;
mod sources;
mod told;
mod value;
mod when;

pub use crate::flaw::Flaw;
pub use crate::signal::{Direction, Grade};
pub use event::{Event, Said, Stream, Thing};
pub use set::{Rules, try_rule};
pub use told::{Firing, Numbers, Transition, Turn};
pub use when::{Beyond, Count, Move, Of, Path, Rule, RuleId, When};
#[cfg(test)]
mod tests;
