//! One cell of the table: left alone, taken back or set.

/// What a cell says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Cell<T> {
    /// Nothing: what is known stays.
    #[default]
    Silent,
    /// A dash: what is known goes.
    Removed,
    /// This.
    Set(T),
}

impl<T> Cell<T> {
    /// Whether it says anything.
    pub(super) fn speaks(&self) -> bool {
        !matches!(self, Self::Silent)
    }

    /// What is known after it.
    pub(super) fn over(self, known: &mut Option<T>) {
        match self {
            Self::Silent => {}
            Self::Removed => *known = None,
            Self::Set(said) => *known = Some(said),
        }
    }
}

impl<T> Cell<Vec<T>> {
    /// The list after it.
    pub(super) fn over_list(self, known: &mut Vec<T>) {
        match self {
            Self::Silent => {}
            Self::Removed => known.clear(),
            Self::Set(said) => *known = said,
        }
    }
}
