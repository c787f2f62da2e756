//! Whose an account's token is: the provider's word on a person. A machine is its client, and what can be
//! proved of it is that its grant still works.

use serde_json::Value;
use url::Url;

use super::{Need, Reach, UNCHANGED, login_required, reach};
use crate::account::Account;
use crate::error::{Code, Error, Result};
use crate::escape::escape_short;
use crate::oauth::OauthError;
use crate::oauth::userinfo::userinfo;
use crate::online::{self, Online};
use crate::provider::IdentityRule;

/// The most characters of resources that are shown.
const RESOURCE_LIMIT: usize = 120;

/// Who was found behind a token.
#[derive(Debug)]
pub enum Whose {
    /// A person, as the provider tells it.
    Person {
        /// The provider's answer.
        claims: Value,
        /// What names the person in it.
        rule: Box<IdentityRule>,
    },
    /// The client itself; a new token was just granted to it.
    Machine,
}

impl Online {
    /// Asks with a fresh token. Returns the account as it then stands.
    pub async fn whoami(&self, account: Account) -> Result<(Account, Whose)> {
        if account.needs_no_person() {
            let (account, _) = self.fresh(account, Need::New { by_name: true }).await?;
            return Ok((account, Whose::Machine));
        }
        let reach = reach(&self.registry, &account)?;
        let endpoint = reach.userinfo()?.ok_or_else(|| unknown(&account))?;
        self.ask_userinfo(account, &reach, &endpoint).await
    }

    /// Asks once more with a new token where the first is not accepted.
    async fn ask_userinfo(
        &self,
        account: Account,
        reach: &Reach,
        endpoint: &Url,
    ) -> Result<(Account, Whose)> {
        let rule = Box::new(reach.provider.identity.clone());
        let (mut account, mut need) = (account, Need::Margin);
        loop {
            let (now, secrets) = self.fresh(account, need).await?;
            account = now;
            let token = &secrets.tokens.access_token;
            match userinfo(&self.http, endpoint, token, &rule, &account.client.id).await {
                Ok(claims) => return Ok((account, Whose::Person { claims, rule })),
                Err(OauthError::Unauthorized | OauthError::Refused(_))
                    if !account.resource.is_empty() =>
                {
                    return Err(for_others(&account));
                }
                Err(OauthError::Unauthorized) if need == Need::Margin && account.refreshable => {
                    need = Need::New { by_name: false };
                }
                Err(OauthError::Unauthorized) => return Err(refused(&account, need)),
                Err(error) => {
                    let failure = online::failed(&error, Code::InvalidResponse, UNCHANGED);
                    return Err(failure.account(&account));
                }
            }
        }
    }
}

fn unknown(account: &Account) -> Error {
    Error::new(
        Code::ConfigInvalid,
        format!("{} has no userinfo endpoint", account.provider),
    )
    .hint("add `userinfo_endpoint` to the provider's file")
    .account(account)
}

/// Its token is for another server, and nothing is wrong with it.
fn for_others(account: &Account) -> Error {
    let resource = escape_short(&account.resource.join(", "), RESOURCE_LIMIT);
    Error::new(
        Code::Unauthorized,
        format!("the userinfo endpoint takes no token that is for {resource}"),
    )
    .hint("`keyfob list` says who signed in; the stored tokens are unchanged")
    .account(account)
}

fn refused(account: &Account, need: Need) -> Error {
    if need == Need::Margin {
        return login_required(account, "the provider no longer accepts its access token");
    }
    let message = "the provider refuses a token that was just renewed";
    Error {
        code: Code::Unauthorized,
        ..login_required(account, message)
    }
}
