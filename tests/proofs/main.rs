//! The proofs, with the real command: what is acknowledged is on disk and stays, and what is on disk reaches everybody.
//!
//! Small by default, at full size with `TALAIA_PROVE=full`; each writes what it measured to `docs/proofs/NAME.json`
//! at full size. Those that trace need `strace`.

mod ack_order;
mod bad_sources;
mod delivery;
mod fairness;
mod faults;
mod jetstream;
mod kill;
mod openapi;
mod record;
mod scoreboard;
mod server;
mod slow;
mod trace;
mod week;
