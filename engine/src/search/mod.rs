//! Searching the words of reports: what is asked for, and where it stands.
//!
//! Words are compared as in [`crate::plain`], so case, accents and `l·l` make no difference in any language. All that is held is packed
//! into pieces of plain bytes and looked through from end to end, which is faster than following a list for each word and costs a
//! report that comes in one copy of its words.

mod index;
mod limits;
mod sought;
#[cfg(test)]
mod tests;

pub(crate) use index::Index;
pub use sought::Sought;
