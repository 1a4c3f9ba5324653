//! Stories that need a service beside the server. Each starts its own, and fails where it cannot.

mod acknowledged;
mod client;
mod cluster;
mod erased;
mod frost_broker;
mod letters;
mod mqtt;
mod mqtt_faults;
mod observations;
mod same_bytes;
mod sensorthings;
mod store;
mod wills;
