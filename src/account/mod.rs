//! An account: one signed-in identity at one provider, and everything about it that is not secret.

mod entry;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod sign_in;

pub use entry::{
    Account, AccountClient, Address, Endpoints, Identity, SignIn, Status, SubjectFrom, is_id,
    random_id,
};
