//! Reports in, findings out.

mod city;
mod dark;
mod found;
mod property;
mod quiet;
