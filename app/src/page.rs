//! The pages of the app. The door before them is a plain page (`public/door.mjs`).

pub mod desk;
