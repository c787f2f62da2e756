//! What every endpoint shares.

use super::keeper::Keeper;
use super::pending::Pending;
use super::people::Person;
use super::state::Lifetimes;

/// What every endpoint knows.
pub struct Service {
    /// `http://127.0.0.1:PORT`.
    pub base: String,
    pub issuer: String,
    /// Who approves everything without a page, if anybody.
    pub approve: Option<&'static Person>,
    pub lifetimes: Lifetimes,
    pub keeper: Keeper,
    pub pending: Pending,
}
