//! The typed keys of `locales/*.json`, written by `build.rs`.
#![expect(
    missing_docs,
    unreachable_pub,
    clippy::allow_attributes_without_reason,
    clippy::allow_attributes,
    clippy::pedantic,
    clippy::module_inception,
    clippy::str_to_string,
    reason = "generated: the keys speak for themselves"
)]

include!(concat!(env!("OUT_DIR"), "/i18n/mod.rs"));

pub use self::i18n::*;
