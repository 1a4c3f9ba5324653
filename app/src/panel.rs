//! The panels of the desk.

pub mod acts;
pub mod alarms;
pub mod card;
pub mod counter;
pub mod facts;
pub mod feed_acts;
pub mod feed_add;
pub mod feed_kinds;
pub mod feeds;
pub mod filter;
pub mod find;
pub mod help;
mod incident_row;
pub mod leaves;
pub mod list;
pub mod log;
pub mod operations;
pub mod paste;
pub mod placing;
pub(crate) mod row;
pub mod search;
pub mod situation;
pub mod sound;
pub mod status;
pub(crate) mod tile;
pub mod warnings;
