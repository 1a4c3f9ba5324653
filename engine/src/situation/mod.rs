//! Situations: what of the live reports belongs together.
//!
//! So far only the layer of space stands: [`density`] finds where reports lie close together and says at each tick what
//! changed, on the metres of a [`metres::Plane`], and [`extent`] draws the outline. Time, hazards, words and what operators
//! decide are not weighed here yet, and the World does not call it yet.

pub mod density;
pub mod extent;
pub mod metres;
