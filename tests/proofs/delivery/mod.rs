//! Proofs of live delivery on real sockets: what is on disk reaches everybody, whatever breaks in between.
//!
//! Reports fall into streets. A follower looks at one street, where every report of the view comes, and in the end what
//! it holds is laid beside the list of all reports that the API gives: nothing may be missing and nothing doubled.

mod chaos;
mod crowd;
mod follower;
mod joins;
mod stalled;
mod storm;
mod street;

pub(crate) use street::post;
