//! The panels of the desk.

pub mod alarms;
pub mod card;
pub mod counter;
pub mod facts;
pub mod feeds;
pub mod filter;
pub mod help;
pub mod leaves;
pub mod list;
mod row;
pub mod sound;
pub mod status;
