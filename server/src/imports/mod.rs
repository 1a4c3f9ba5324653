//! Sensors by a table: what it says, what that would change, and what waits to be confirmed.
//!
//! `table` reads rows, `lay` lays a row over the passport that is there, the World says what would change
//! (`engine/src/world/survey.rs`), and [`Waiting`] keeps it for who made it until it is confirmed.

mod cell;
pub(crate) mod lay;
mod sentence;
pub(crate) mod table;
mod waiting;

pub(crate) use sentence::sentence;
pub use waiting::Waiting;
pub(crate) use waiting::{IMPORT_MS, Import, NoRoom};
