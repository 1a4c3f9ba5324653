//! What is wrong with something a person set up: the field, and the remedy.

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {remedy}")]
pub struct Flaw {
    /// The field, such as `levels[1].clear`.
    pub field: String,
    /// What to do about it.
    pub remedy: String,
}

/// Collects flaws, so that all of them are told at once.
#[derive(Default)]
pub(crate) struct Flaws(Vec<Flaw>);

impl Flaws {
    pub(crate) fn unless(
        &mut self,
        holds: bool,
        field: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        if !holds {
            self.0.push(Flaw { field: field.into(), remedy: remedy.into() });
        }
    }

    /// A text that says something, of at most so many bytes.
    pub(crate) fn text(&mut self, text: &str, field: impl Into<String>, bytes_max: usize) {
        self.unless(
            !text.trim().is_empty() && text.len() <= bytes_max,
            field,
            format!("write a text of 1 to {bytes_max} bytes"),
        );
    }

    pub(crate) fn at_most(&mut self, n: usize, n_max: usize, field: impl Into<String>) {
        self.unless(n <= n_max, field, format!("name at most {n_max}"));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All that was wrong.
    pub(crate) fn done(self) -> Result<(), Vec<Flaw>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}
