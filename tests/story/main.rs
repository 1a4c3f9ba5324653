//! Stories told through the public face: a town is started, people act, and what they then see is compared.
#![forbid(unsafe_code)]

mod bad_input;
mod basemap;
mod canary;
mod command_line;
mod exercise;
mod face;
mod live_delivery;
mod live_hostile;
mod live_resume;
mod live_rights;
mod people;
mod replay;
mod source;
mod views;
