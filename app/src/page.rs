//! The two pages: the door and the desk.

pub mod desk;
pub mod sign_in;
