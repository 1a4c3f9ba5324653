//! Why is my sensor not on the map? What became of the last that each device sent is remembered where all roads meet, and told as
//! eight ticks.
//!
//! `sent` is what a road brings along with its entries, `attempts` remembers what became of each, `door` who was turned away before
//! anybody read what they brought, `explain` makes ticks of both and of what the World knows. Bounded, and lost with the process
//! without harm: what was taken stands in the journal.

mod alike;
mod attempts;
mod door;
mod explain;
mod limits;
mod sent;
#[cfg(test)]
mod tests;

pub(crate) use alike::alike;
pub(crate) use attempts::AGAIN;
pub use attempts::{Attempt, Attempts, BodyRefusal, Ending, Noted, TurnedAway};
pub use door::{DoorCount, KeyTrouble};
pub(crate) use explain::{Known, Story, ticks};
pub(crate) use limits::PAYLOAD_BYTES_MAX;
pub(crate) use sent::cut;
pub use sent::{Items, RefusedItem, Sent};
