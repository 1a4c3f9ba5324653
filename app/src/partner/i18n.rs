//! The typed keys of `locales/partner/*.json`, written by `build.rs`.
#![expect(
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    clippy::module_inception,
    reason = "generated: the keys speak for themselves"
)]

include!(concat!(env!("OUT_DIR"), "/partner-i18n/mod.rs"));

pub use self::i18n::*;
