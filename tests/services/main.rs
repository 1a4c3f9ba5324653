//! What needs services beside the program itself: PostgreSQL.

mod cluster;
mod same_bytes;
mod store;
