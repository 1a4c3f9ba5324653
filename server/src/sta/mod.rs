//! The SensorThings 1.1 server (OGC 18-088) at `/sta/v1.1`, also at `/sta/v1.0`.
//!
//! `model` is the table from which all else follows. `path` and `query` read addresses; `graph` holds what partners said of their sensors, and
//! `registry` is the one road by which it changes: `insert` and `change` draw a `draft` up, the store writes it, then it is seen. Observations are
//! no part of it: `settle` makes entries of the journal of them, `send` hands them to the pipeline, and `rows` finds them again. `render` shows both.

mod array;
mod body;
mod change;
mod conformance;
mod draft;
mod evaluate;
mod expression;
mod face;
mod fault;
mod graph;
mod insert;
mod json_patch;
mod letter;
mod limits;
mod list;
mod look;
mod model;
mod observation;
mod path;
mod query;
mod read;
pub mod registry;
mod render;
mod rows;
mod send;
mod settle;
mod shape;
mod walk;

pub use face::routes;
pub(crate) use letter::replay;
