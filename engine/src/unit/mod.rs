//! Units: what cities send, in UCUM's codes and in their own spellings, and how one becomes another of the same quantity.
//!
//! `table` holds the units, `spell` how they are written. The original is never lost: who converts gives a new number beside it.

mod spell;
mod table;
#[cfg(test)]
mod tests;

pub use table::{Quantity, Unit};

/// The unit that is written so; `None` is one that nobody here knows.
pub fn read(text: &str) -> Option<&'static Unit> {
    spell::read(text)
}

/// Two units that are not of one quantity, as they were written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given} is {given_is}, but {wanted} is {wanted_is}")]
pub struct Mismatch {
    /// The unit that came.
    pub given: String,
    /// What it measures.
    pub given_is: &'static str,
    /// The unit that was expected.
    pub wanted: String,
    /// What that measures.
    pub wanted_is: &'static str,
}

/// How a number in one unit becomes one in another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bridge {
    /// It is the same unit, however it is written.
    Same,
    /// By these two.
    By(&'static Unit, &'static Unit),
    /// Nobody knows: one of them is unknown here, and they are not written alike.
    Unknown,
}

impl Bridge {
    /// From `given` to `wanted`; refused where both are known and measure different things.
    pub fn between(given: &str, wanted: &str) -> Result<Self, Mismatch> {
        if given == wanted {
            return Ok(Self::Same);
        }
        let (Some(from), Some(to)) = (read(given), read(wanted)) else {
            let alike = spell::plain(given) == spell::plain(wanted);
            return Ok(if alike { Self::Same } else { Self::Unknown });
        };
        if from.quantity != to.quantity {
            return Err(Mismatch {
                given: given.to_owned(),
                given_is: from.quantity.word(),
                wanted: wanted.to_owned(),
                wanted_is: to.quantity.word(),
            });
        }
        Ok(if from.code == to.code { Self::Same } else { Self::By(from, to) })
    }

    /// The number on the other side; `None` where nobody knows.
    pub fn carry(self, number: f64) -> Option<f64> {
        match self {
            Self::Same => Some(number),
            Self::By(from, to) => Some(from.to(to, number)),
            Self::Unknown => None,
        }
    }
}
