//! An account: one signed-in identity at one provider, and everything about it that is not secret.

mod entry;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod sign_in;
mod standing;

pub use entry::{
    Account, AccountClient, Address, Endpoints, Identity, SignIn, SubjectFrom, is_id, random_id,
};
pub(crate) use standing::{Standing, Status};
