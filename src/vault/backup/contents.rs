//! What a backup holds, and how accounts get into it.

use super::super::{ClientSecrets, KeptClient, Secrets, Vault};
use crate::account::{Account, SignIn};
use crate::error::Result;
use crate::provider::SANDBOX;
use keyfob_base::timestamp::Timestamp;

#[derive(Debug, PartialEq)]
pub(crate) struct BackupContents {
    pub created_at: Timestamp,
    /// Its accounts were forgotten where it was written, so their refresh tokens are nowhere else.
    pub moved: bool,
    pub accounts: Vec<Saved>,
    pub providers: Vec<SavedProvider>,
    pub clients: Vec<SavedClient>,
}

/// An account in a backup. Which store its secret was in means nothing elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Saved {
    pub account: Account,
    pub secrets: Secrets,
    pub default: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SavedProvider {
    pub name: String,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SavedClient {
    pub provider: String,
    pub client: KeptClient,
    pub secrets: ClientSecrets,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefreshToken {
    Included,
    /// It is not: in two places a rotating one would be the end of both.
    LeftOut,
    Absent,
}

/// What leaves its machine in no backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    /// The sandbox is of this machine alone.
    Sandbox,
    /// An exchange has nothing to take along, and restored it would send what is another machine's.
    Exchange,
}

impl Bound {
    pub(crate) fn of(account: &Account) -> Option<Self> {
        if account.provider == SANDBOX {
            return Some(Self::Sandbox);
        }
        let exchanged = account.identity.kind == SignIn::Exchange || account.subject_from.is_some();
        exchanged.then_some(Self::Exchange)
    }
}

impl Vault {
    /// `None` where its secret is gone. A refresh token goes along where `whole` says so.
    pub(crate) fn save(
        &self,
        account: &Account,
        whole: bool,
    ) -> Result<Option<(Saved, RefreshToken)>> {
        let mut account = account.clone();
        let Some(mut secrets) = self.secrets_of_now(&mut account)? else {
            // A store that takes nothing may hold it all the same, and then nothing is known.
            self.probe(account.store)
                .map_err(|error| error.account(&account))?;
            return Ok(None);
        };
        let refresh_token = match &secrets.tokens.refresh_token {
            None => RefreshToken::Absent,
            Some(_) if whole || account.identity.kind != SignIn::Person => RefreshToken::Included,
            Some(_) => {
                secrets.tokens.refresh_token = None;
                RefreshToken::LeftOut
            }
        };
        let refused = account.refused() && account.generation == secrets.generation;
        account.describe(&secrets.tokens, secrets.generation);
        account.refused_generation = refused.then_some(account.generation);
        account.copy_in = None;
        account.sealed = true;
        let default = self.default_of(&account.provider).as_ref() == Some(&account.name);
        let saved = Saved {
            account,
            secrets,
            default,
        };
        Ok(Some((saved, refresh_token)))
    }

    pub(crate) fn save_client(&self, provider: &str) -> Result<Option<SavedClient>> {
        let Some(client) = self.client(provider)? else {
            return Ok(None);
        };
        Ok(Some(SavedClient {
            provider: provider.to_owned(),
            secrets: self.client_secrets(&client)?,
            client: KeptClient {
                copy_in: None,
                ..client
            },
        }))
    }
}
