//! Who asks: a partner by key or an operator by session, and what each may see and do.
//!
//! The one answer is [`Reader`]: no handler looks at headers or cookies itself.

mod gate;
mod reader;
mod role;
mod scope;

pub use gate::Gate;
pub use reader::Reader;
pub use role::Role;
pub use scope::{Scope, Scopes};
