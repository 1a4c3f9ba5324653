//! Stories told through the public face: a town is started, people act, and what they then see is compared.
#![forbid(unsafe_code)]

mod bad_input;
mod basemap;
mod call_out;
mod canary;
mod canary_live;
mod command_line;
mod derived_id;
mod exercise;
mod eyes;
mod face;
mod follow_py;
mod held_database;
mod leaves;
mod live_delivery;
mod live_haste;
mod live_hostile;
mod live_joins;
mod live_raw;
mod live_raw_door;
mod live_raw_frames;
mod live_raw_words;
mod live_resume;
mod live_rights;
mod live_views;
mod nobody;
mod people;
mod proof_of_life;
mod replay;
mod room;
mod sensors;
mod situations;
mod source;
mod sta;
mod views;
mod zones;
