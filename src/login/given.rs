//! A token that somebody has already, such as a personal access token: judged, shown to the provider, kept.

use super::SignedIn;
use crate::error::Result;
use crate::online::Online;
use crate::provider::Provider;
use crate::secret::Secret;
use crate::store::Kind;

/// A given token, and what to make of it.
#[derive(Debug)]
pub struct Given {
    /// Whose token it is said to be.
    pub provider: Provider,
    /// The token, judged by its grammar and its prefix already.
    pub token: Secret,
    /// The account that it is for, from `PROVIDER/NAME`.
    pub expected: Option<crate::account::Account>,
    /// `--as`.
    pub name: Option<String>,
    /// `--replace`.
    pub replace: bool,
    /// Whether the provider is asked whose it is.
    pub verify: bool,
    /// Where the secret goes.
    pub store: Kind,
}

/// Asks whose token it is, and keeps it.
pub async fn given(online: &Online, given: Given) -> Result<SignedIn> {
    let _ = (online, given);
    todo!()
}
