//! A sign-in for one command: nothing of it is written anywhere, and what it got is noted in memory as soon as
//! it is there, so that it can be given back however the sign-in or the command ends.

use std::sync::{Mutex, PoisonError};

use url::Url;

use super::Plan;
use crate::context::Context;
use crate::error::Result;
use crate::oauth::Client;
use crate::oauth::registration::Registered;
use crate::oauth::revoke::{Hint, beyond};
use crate::provider::{Provider, RevocationStyle};
use crate::token_set::TokenSet;
use keyfob_base::secret::Secret;

#[derive(Debug, Default)]
pub(crate) struct Gained(Mutex<Gains>);

#[derive(Debug, Default)]
pub(crate) struct Gains {
    pub granted: Option<Granted>,
    pub registration: Option<EphemeralRegistration>,
}

#[derive(Debug)]
pub(crate) struct Granted {
    pub provider: Provider,
    pub client: Client,
    pub tokens: TokenSet,
}

#[derive(Debug)]
pub(crate) struct EphemeralRegistration {
    pub title: String,
    pub client_id: String,
    /// Where it is managed, and with what (RFC 7592 §3); `None` where the server gave no such thing.
    pub managed: Option<(Url, Secret)>,
}

impl Gained {
    pub(crate) fn take(&self) -> Gains {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn look(&self, look: impl FnOnce(&Granted)) {
        let gains = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(granted) = &gains.granted {
            look(granted);
        }
    }

    fn note(&self, change: impl FnOnce(&mut Gains)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
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
        let hold = self.keeping.ephemeral.then(|| context.interrupts.hold());
        let _hold = hold.transpose()?;
        tokens.await.inspect(|tokens| self.gain(client, tokens))
    }

    /// Notes tokens where the login is ephemeral. To be called before anything else can fail.
    pub(super) fn gain(&self, client: &Client, tokens: &TokenSet) {
        if self.keeping.ephemeral {
            let granted = Granted {
                provider: self.wish.provider.clone(),
                client: client.clone(),
                tokens: tokens.clone(),
            };
            self.keeping
                .gained
                .note(|gains| gains.granted = Some(granted));
        }
    }

    /// Notes a registration, which the login goes on with.
    pub(super) fn gain_client(&self, registered: &Registered) {
        let endpoint = registered.configuration_endpoint.clone();
        let registration = EphemeralRegistration {
            title: self.wish.provider.title.clone(),
            client_id: registered.client_id.clone(),
            managed: endpoint.zip(registered.registration_access_token.clone()),
        };
        self.keeping
            .gained
            .note(|gains| gains.registration = Some(registration));
    }
}

/// Says before consent what the end of the command will not undo, and what more it may.
pub(crate) fn forewarn(context: &Context, plan: &Plan, client: Option<&Client>) {
    if !plan.keeping.ephemeral {
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

    #[test]
    fn what_was_gained_is_taken_once() {
        let gained = Gained::default();
        gained.note(|gains| {
            gains.registration = Some(EphemeralRegistration {
                title: "Acme".into(),
                client_id: "id".into(),
                managed: None,
            });
        });
        assert!(gained.take().registration.is_some());
        assert!(gained.take().registration.is_none());
    }
}
