//! What the compiler does not hold about the tree: arrows between crates, sizes of files, pairs of migrations, words.
//!
//! Each rule is a pure function from text to complaints. Each has a test over the real tree, and one over a bad
//! sample that it must catch: a rule that complains about nothing is worse than none.
#![expect(clippy::unwrap_used, reason = "all of this is a test: what cannot be read fails it")]

mod arrows;
mod documents;
mod migrations;
mod size;
mod source;
mod tree;
mod words;

/// Fails with every complaint at once, so that one run shows all there is to mend.
fn hold(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
