//! The real binary at the practice provider: a table that has every key of a definition meet a server that
//! needs it, and each flow from the first word to the last.

#![cfg(unix)]

mod flows;
mod person;
mod stage;
mod table;
