//! The Talaia server: all that touches the world. Sources, database, sockets, HTTP; no algorithms, which live in `engine`.
#![forbid(unsafe_code)]

pub mod auth;
pub mod basemap;
pub mod call_out;
pub mod canary;
pub mod cap;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
mod desk;
pub mod drill;
pub mod exercise;
mod export;
pub mod exposure;
pub mod gazette;
pub mod geocodes;
pub mod http;
pub mod hub;
pub mod imports;
pub mod journal;
pub mod letters;
pub mod normalise;
pub mod notice;
pub mod operations;
pub mod pipeline;
pub mod replay;
pub mod runtime;
pub mod source;
pub mod sta;
pub mod state;
pub mod store;
pub mod telemetry;
pub mod vault;
mod webhook;
pub mod why;
pub mod withdraw;
