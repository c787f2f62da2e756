//! A sign-in for one command: nothing of it is written anywhere. Memory takes the vault's place, and has what was
//! got as soon as it is there, so that it can be given back however the sign-in or the command ends.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Plan;
use crate::context::Context;
use crate::error::Result;
use crate::oauth::Client;
use crate::oauth::registration::Registered;
use crate::oauth::revoke::{Hint, beyond};
use crate::provider::{Provider, RevocationStyle};
use crate::token_set::TokenSet;

#[derive(Debug, Default)]
pub(crate) struct MemoryVault(Mutex<Gains>);

#[derive(Debug, Default)]
pub(crate) struct Gains {
    pub granted: Option<Granted>,
    pub registered: Option<Registered>,
}

#[derive(Debug)]
pub(crate) struct Granted {
    pub provider: Provider,
    pub client: Client,
    pub tokens: TokenSet,
}

impl MemoryVault {
    pub(crate) fn gains(&self) -> MutexGuard<'_, Gains> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    /// Waits for tokens and notes them where the login is ephemeral: then nothing is cut off between the
    /// request and the note.
    pub(super) async fn noting(
        &self,
        context: &Context,
        client: &Client,
        tokens: impl Future<Output = Result<TokenSet>>,
    ) -> Result<TokenSet> {
        let _hold = self.hold(context)?;
        tokens.await.inspect(|tokens| self.gain(client, tokens))
    }

    pub(super) fn hold(&self, context: &Context) -> Result<Option<impl Sized + use<>>> {
        let ephemeral = self.keeping.memory.as_ref();
        ephemeral.map(|_| context.interrupts.hold()).transpose()
    }

    /// Notes tokens where the login is ephemeral. To be called before anything else can fail.
    pub(super) fn gain(&self, client: &Client, tokens: &TokenSet) {
        if let Some(memory) = &self.keeping.memory {
            memory.gains().granted = Some(Granted {
                provider: self.wish.provider.clone(),
                client: client.clone(),
                tokens: tokens.clone(),
            });
        }
    }
}

/// Says before consent what the end of the command will not undo, and what more it may.
pub(crate) fn forewarn(context: &Context, plan: &Plan, client: Option<&Client>) {
    if plan.keeping.memory.is_none() {
        return;
    }
    let provider = &plan.wish.provider;
    if let Some(lasting) = lasting(provider, client) {
        let page = provider.revocation.page.as_ref();
        let by_hand =
            page.map_or_else(String::new, |page| format!("; revoke it by hand at {page}"));
        context.term.say(&format!("{lasting}{by_hand}"));
    }
    let accounts = context.vault.accounts_of(&provider.name).accounts;
    let same = accounts
        .iter()
        .find(|account| client.is_some_and(|client| client.id == account.client.id));
    if let (Some(account), false) = (same, beyond(provider, Hint::RefreshToken).is_some()) {
        context.term.say(&format!(
            "{account} has the same client: if {} revokes a whole grant at once, the end of the command signs {account} out too",
            provider.title
        ));
    }
}

/// What of the tokens cannot be revoked, as far as that can be known.
fn lasting(provider: &Provider, client: Option<&Client>) -> Option<String> {
    let title = &provider.title;
    let without_secret = client.is_some_and(|client| client.secret.is_none());
    if provider.revocation.style == RevocationStyle::DeleteToken && without_secret {
        return Some(format!(
            "{title} revokes only with a client secret, and there is none: the token of this sign-in outlives the command"
        ));
    }
    let refresh = beyond(provider, Hint::RefreshToken);
    match (refresh, beyond(provider, Hint::AccessToken)) {
        (Some(_), Some(_)) => Some(format!(
            "{title} cannot revoke tokens: those of this sign-in outlive the command"
        )),
        (Some(_), None) => Some(format!(
            "{title} revokes access tokens only: a refresh token of this sign-in outlives the command"
        )),
        (None, Some(_)) => Some(format!(
            "{title} revokes refresh tokens only: the access token of this sign-in outlives the command"
        )),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ClientAuth;
    use keyfob_base::secret::Secret;
    use url::Url;

    fn provider(style: RevocationStyle, refresh_tokens_only: bool) -> Provider {
        let mut provider = Provider {
            title: "Acme".into(),
            revocation_endpoint: Url::parse("https://acme.example/revoke").ok(),
            ..Provider::default()
        };
        provider.revocation.style = style;
        provider.revocation.refresh_tokens_only = refresh_tokens_only;
        provider
    }

    #[test]
    fn what_outlives_the_command_is_said_by_kind() {
        let client = |secret: Option<&str>| Client {
            id: "id".into(),
            auth: ClientAuth::None,
            secret: secret.map(Secret::new),
        };
        let (public, confidential) = (client(None), client(Some("s")));
        let deletes = provider(RevocationStyle::DeleteToken, false);
        for (provider, client, words) in [
            (Provider::default(), &public, Some("cannot revoke tokens")),
            (deletes.clone(), &public, Some("only with a client secret")),
            (deletes, &confidential, Some("access tokens only")),
            (
                provider(RevocationStyle::Bearer, false),
                &public,
                Some("access tokens only"),
            ),
            (
                provider(RevocationStyle::Rfc7009, true),
                &public,
                Some("refresh tokens only"),
            ),
            (provider(RevocationStyle::Rfc7009, false), &public, None),
        ] {
            let said = lasting(&provider, Some(client));
            match words {
                Some(words) => assert!(said.expect(words).contains(words)),
                None => assert_eq!(said, None),
            }
        }
    }
}
