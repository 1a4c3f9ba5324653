//! Drills: scenarios played through the engine and scored beside a naive baseline.
//!
//! ```text
//! file (a scenario of ../drills or an outside one) ─▶ write (a seed's entries and the truth) ─▶ play (a World and its alarms)
//!        ─▶ score, judge (figures and named checks, beside naive) ─▶ run (over seeds) ─▶ gates, told (table and JSON)
//! ```
//!
//! All of it happens in this process: nothing is sent, and no server is needed. `docs/drills.md` describes files and rules.

mod alarms;
pub mod book;
mod chance;
mod check;
pub mod command;
mod desk;
pub mod file;
pub mod gates;
pub mod instruments;
pub mod judge;
pub mod naive;
mod play;
pub mod run;
pub mod score;
pub mod seeds;
mod speech;
#[cfg(test)]
mod tests;
pub mod told;
pub mod write;

pub use play::words;
