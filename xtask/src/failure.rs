//! Why a command ended without doing its work: one sentence with what to do, and the exit code.

use std::fmt;

/// A command that did not do its work.
#[derive(Debug)]
pub(crate) struct Failure {
    sentence: String,
    code: u8,
}

/// The result of a step.
pub(crate) type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// The work was tried and failed: exit code 1.
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), code: 1 }
    }

    /// The command line makes no sense: exit code 2.
    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), code: 2 }
    }

    /// The process exit code.
    pub(crate) fn code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.sentence)
    }
}

/// Names the thing an I/O error happened to.
pub(crate) fn at<T>(what: impl fmt::Display, result: std::io::Result<T>) -> Outcome<T> {
    result.map_err(|error| Failure::new(format!("{what}: {error}")))
}
