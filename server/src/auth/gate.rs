//! What sign-in and keys must remember between requests: budgets and recent answers. Bounded, and lost without harm.

use crate::config::Limits;

/// Shared by all handlers through `App::gate`.
#[derive(Debug)]
pub struct Gate {}

impl Gate {
    /// A gate with the budgets of the settings.
    pub fn new(limits: &Limits) -> Self {
        let _ = limits;
        Self {}
    }
}
