//! How most tests begin: somebody is signed in.

use crate::home::Home;
use crate::provider::{Provider, acme_with};

/// A home whose only account is `acme/julien`, with a token of an hour and a refresh token.
pub fn signed_in() -> (Home, Provider) {
    signed_in_to("")
}

/// The same at a provider whose definition has `more` in it.
pub fn signed_in_to(more: &str) -> (Home, Provider) {
    let (home, provider) = acme_with(more);
    home.login(&["acme"]).ok();
    (home, provider)
}
