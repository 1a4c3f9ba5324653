//! What the screen knows: frames in, model out. Pure: no browser, no clock; the caller says what time it is.

pub mod alarms;
mod asked;
pub mod burst;
pub mod freshness;
mod held;
pub mod incidents;
pub mod link;
pub mod log;
pub mod order;
pub mod picture;
pub mod rows;

pub use freshness::{Age, age_of};
pub use incidents::{Band, Incident, Incidents};
pub use link::{Link, Pulse, Standing, standing};
pub use picture::{Changed, Cursor, Picture};
pub use rows::{Row, Rows};
