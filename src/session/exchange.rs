//! Renewing the account of a CI job: each exchange takes a new identity token, so it works only where one is
//! to be had.

use super::UNCHANGED;
use crate::account::{Account, SubjectFrom};
use crate::ci::{self, IdentityToken};
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::oauth::ErrorResponse;
use crate::provider::Provider;

/// Gets a new identity token from where the account's last one came, by today's rule; for the issuer of the
/// login where the definition no longer says for whom.
pub async fn identity(
    context: &Context,
    account: &Account,
    provider: &Provider,
) -> Result<IdentityToken> {
    let mut provider = provider.clone();
    if provider.name.is_empty() {
        // The user has removed the definition since.
        provider.name.clone_from(&account.provider);
        provider.title.clone_from(&account.provider);
    }
    let audience = [&provider.exchange.audience, &provider.issuer];
    let audience = audience.into_iter().flatten().next().cloned();
    let by_file = format!("keyfob login {account} --flow token-exchange --subject-token-file FILE");
    let wanted = ci::Wanted {
        provider: &provider,
        audience: audience.as_ref().unwrap_or(&account.identity.issuer),
        from: account.subject_from.as_ref().unwrap_or(&SubjectFrom::Ci),
        by_file: &by_file,
    };
    ci::identity_token(context, wanted).await
}

/// Whether it is the identity token that was refused (RFC 8693 §2.2.2 has `invalid_request` for that).
pub fn is_of_identity(response: &ErrorResponse) -> bool {
    matches!(response.error.as_str(), "invalid_grant" | "invalid_request")
}

/// The provider does not take the identity token of this job.
pub fn refused(account: &Account, identity: &IdentityToken, response: &ErrorResponse) -> Error {
    let message = format!(
        "the provider refused the identity token from {}: {response}",
        identity.place
    );
    Error::new(Code::RefreshFailed, message)
        .hint(format!(
            "{UNCHANGED}; {}, or sign in again with `keyfob login {account}`",
            identity.advice(&account.provider)
        ))
        .account(account)
}
