//! Small parts that panels share.

pub mod dynamic;
pub mod form;
pub mod hazard_sign;
pub mod lasting;
pub mod severity_shape;
pub mod sound;
pub mod storage;
pub mod theme;
