//! Stories told through the public face: a town is started, people act, and what they then see is compared.

mod live_delivery;
mod live_hostile;
mod live_resume;
mod live_rights;
mod views;
