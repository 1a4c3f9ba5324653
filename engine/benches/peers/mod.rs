//! What the rows of the engine share: the points, the probes, the options and the shape of a report.

pub(crate) mod child;
pub(crate) mod npm;
pub(crate) mod points;
pub(crate) mod port;
pub(crate) mod probes;
pub(crate) mod row;

pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;
