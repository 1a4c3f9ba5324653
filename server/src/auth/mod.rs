//! Who asks: a partner by key or an operator by session, and what each may see and do.
//!
//! The one answer for reading is [`Reader`], for sending [`Sender`]: no handler looks at headers or cookies itself.
//! No key, token or password is ever logged, and only hashes of them are stored.

mod basic;
mod budget;
mod desk;
mod gate;
pub mod key;
mod login;
mod origin;
pub mod password;
mod reader;
mod role;
mod scope;
mod sender;
mod session;
mod turned_away;

pub(crate) use basic::basic_as_bearer;
pub use budget::{Budget, Rates, Spent};
pub(crate) use desk::DeskUser;
pub use gate::Gate;
pub use login::{Credentials, Login, Operator, SIGNED_IN_AT, SessionLayer, layer};
pub use origin::check as check_origin;
pub use reader::Reader;
pub(crate) use reader::Seen;
pub(crate) use reader::operator;
pub use role::{Role, UnknownRole};
pub use scope::{Scope, Scopes, UnknownScope};
pub(crate) use sender::too_many;
pub use sender::{Sender, lane_id, source_id};
pub use session::session_name;

/// How long a login holds, whatever happens: a twelve-hour shift and an hour to hand over.
pub const LOGIN_MS: i64 = 13 * 3_600_000;
