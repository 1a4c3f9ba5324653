//! Signals of one datastream: what its values, and their absence, say that somebody should look at.
//!
//! A [`Watch`] takes the values of one datastream as they come and the time as it passes, and says what begins, gets
//! worse, eases and ends. It is a function of the values, their times and the datastream's [`Passport`]: when ticks come
//! is nothing to it. What each test does, and why its numbers are what they are: `docs/signals.md`.

mod absence;
mod baseline;
mod flaw;
mod frozen;
mod history;
mod level;
pub mod limits;
mod passport;
mod rate;
mod rest;
mod robust;
mod told;
mod trend;
mod watch;

pub use flaw::Flaw;
pub(crate) use passport::FirstPassport;
pub use passport::{
    Cadence, Direction, Footprint, Level, Passport, PlausibleRange, RateLimit, Reach, Works,
};
pub use told::{Basis, Grade, Ground, Held, Numbers, Signal, Test, Transition, Turn};
pub use watch::Watch;

#[cfg(test)]
mod tests;
