//! Machine accounts of CI systems: the identity token of the job is exchanged for a token of the provider
//! (RFC 8693). There is no consent and no refresh token; a new identity token gets the next one.

use super::{Plan, SignedIn};
use crate::account::SubjectFrom;
use crate::error::Result;
use crate::online::Online;
use crate::provider::Provider;
use crate::token_set::TokenSet;

/// What to exchange for.
#[derive(Debug)]
pub struct Exchanged {
    /// Where.
    pub provider: Provider,
    /// Where the identity token comes from.
    pub subject_from: SubjectFrom,
    /// `--scope`; where empty the provider decides.
    pub scopes: Vec<String>,
    /// `--resource`; where empty the provider's own.
    pub resource: Vec<String>,
    /// `--audience`; where absent the provider's own.
    pub audience: Option<String>,
}

/// Exchanges once, and stores nothing.
pub async fn exchange(online: &Online, wanted: Exchanged) -> Result<TokenSet> {
    let _ = (online, wanted);
    todo!()
}

/// Signs the machine in.
pub(super) async fn login(online: &Online, plan: Plan) -> Result<SignedIn> {
    let _ = (online, plan);
    todo!()
}
