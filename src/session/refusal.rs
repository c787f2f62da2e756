//! What a refused refresh means, and what to do about it.

use crate::account::{Account, SignIn};
use crate::error::{Code, Error};
use crate::names;
use crate::oauth::ErrorResponse;
use crate::vault::{Secrets, Vault};
use keyfob_base::escape::escape_short;
use keyfob_base::timestamp::Timestamp;

pub(crate) const UNCHANGED: &str = "the stored tokens are unchanged";

const ID_LIMIT: usize = 80;

/// Whether the client was refused, and not what it sent (RFC 6749 §5.2). A client that signs in for itself
/// sends nothing else.
pub(crate) fn is_of_client(account: &Account, response: &ErrorResponse) -> bool {
    match response.error.as_str() {
        "invalid_client" | "unauthorized_client" => true,
        "invalid_grant" => account.identity.kind == SignIn::Client,
        _ => false,
    }
}

/// The client of the login is no longer taken. Its secret is that of the login, whatever was kept or set
/// since, so that a new one comes with a new sign-in.
pub(crate) fn report_client(
    vault: &Vault,
    account: &Account,
    secrets: &Secrets,
    response: &ErrorResponse,
) -> Error {
    let id = escape_short(&account.client.id, ID_LIMIT);
    let provider = &account.provider;
    let message = match find_secret_end(vault, account, secrets) {
        Some(end) => format!("the secret of its client `{id}` ended at {end}: {response}"),
        None if id.is_empty() => {
            format!("the provider wants a client, and it has none: {response}")
        }
        None => format!("the provider refused its client `{id}`: {response}"),
    };
    let again = format!("sign in again with `keyfob login {account}`");
    let hint = match secrets.client_secret {
        Some(_) => format!(
            "{UNCHANGED}; where the client secret has changed, give the new one with `keyfob provider set {provider} --client-secret` or in {}, then {again}",
            names::variable(provider, "CLIENT_SECRET")
        ),
        None => format!(
            "{UNCHANGED}; `keyfob provider show {provider}` prints the client of today, {again} to use it"
        ),
    };
    Error::new(Code::RefreshFailed, message)
        .hint(hint)
        .account(account)
}

/// When the account's client secret has ended, where it is a kept one whose end is known (RFC 7591 §3.2.1).
fn find_secret_end(vault: &Vault, account: &Account, secrets: &Secrets) -> Option<Timestamp> {
    let kept = vault.client(&account.provider).ok()??;
    if kept.client_id != account.client.id || !kept.expired(Timestamp::now()) {
        return None;
    }
    let secret = vault.client_secrets(&kept).ok()?.client_secret;
    kept.secret_expires_at
        .filter(|_| secret == secrets.client_secret)
}

/// The refused refresh token is no longer the stored one, and what is stored does not serve either.
pub(crate) fn report_overtaken(account: &Account, response: &str) -> Error {
    Error::new(
        Code::RefreshFailed,
        format!("the provider refused a refresh token that was replaced meanwhile: {response}"),
    )
    .hint("try again; the newer one will be sent")
    .account(account)
}
