//! Stories that need a service beside the server. Each starts its own, and fails where it cannot.

mod acknowledged;
mod cluster;
mod frost_broker;
mod letters;
mod mqtt;
mod observations;
mod same_bytes;
mod sensorthings;
mod store;
mod wills;
