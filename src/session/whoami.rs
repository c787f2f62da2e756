//! Whose an account's token is: the provider's word on a person. A machine is its client, and what can be
//! proved of it is that its grant still works.

use super::endpoints::refuse_origin;
use super::look::{Need, login_required};
use super::pinned_endpoints;
use super::refusal::UNCHANGED;
use crate::account::Account;
use crate::context::{self, Context};
use crate::error::{Code, Error, Result};
use crate::oauth::OauthError;
use crate::oauth::userinfo::userinfo;
use crate::provider::{IdentityRule, host_of};
use keyfob_base::escape::escape_short;
use keyfob_base::secret::Secret;
use serde_json::Value;

const RESOURCE_LIMIT: usize = 120;

#[derive(Debug)]
pub(crate) enum Whose {
    Person {
        claims: Value,
        rule: Box<IdentityRule>,
    },
    /// The client itself; a new token was just granted to it.
    Machine,
}

impl Context {
    pub(crate) async fn whoami(&self, account: Account) -> Result<(Account, Whose)> {
        if account.needs_no_person() {
            let (account, _) = self.fresh(account, Need::New { by_name: true }).await?;
            return Ok((account, Whose::Machine));
        }
        let endpoints = pinned_endpoints(&self.registry, &account)?;
        endpoints.userinfo()?.ok_or_else(|| unknown(&account))?; // before anything is renewed for it
        Box::pin(self.ask_userinfo(account)).await
    }

    /// Asks with a token that no account holds, at the endpoint of today's definition. `variable` is where
    /// it came from. Returns the provider's answer, and what names the person in it.
    pub(crate) async fn whose(
        &self,
        provider: &str,
        variable: &str,
        token: &Secret,
    ) -> Result<(Value, IdentityRule)> {
        let named = |error: Error| error.account(provider);
        let definition = self.registry.get(provider).map_err(named)?.for_given();
        let asked = definition.userinfo_endpoint.as_ref();
        let trusted = asked.is_none_or(|url| definition.trusts(url));
        let (endpoint, rule) = (definition.userinfo_endpoint, definition.identity);
        let endpoint = endpoint.ok_or_else(|| named(no_endpoint(provider)))?;
        if !trusted {
            let what = format!(
                "the definition of {provider} sends the token in {variable} to {}, which is not its own",
                host_of(&endpoint)
            );
            return Err(named(refuse_origin(provider, &endpoint, what)));
        }
        let client_id = definition.client_id.as_deref().unwrap_or_default();
        let answer = userinfo(&self.http, &endpoint, token, &rule, client_id).await;
        let claims = answer.map_err(|error| match error {
            OauthError::Unauthorized => named(variable_refused(provider, variable)),
            error => {
                let state = format!("{variable} is as it was");
                named(context::failed(&error, Code::InvalidResponse, &state))
            }
        })?;
        Ok((claims, rule))
    }

    async fn ask_userinfo(&self, account: Account) -> Result<(Account, Whose)> {
        let (mut account, mut need) = (account, Need::Margin);
        loop {
            let (now, secrets) = self.fresh(account, need).await?;
            account = now;
            let endpoints = pinned_endpoints(&self.registry, &account)?; // by now they are what is sealed
            let endpoint = endpoints.userinfo()?.ok_or_else(|| unknown(&account))?;
            let rule = Box::new(endpoints.provider.identity.clone());
            let token = &secrets.tokens.access_token;
            match userinfo(&self.http, &endpoint, token, &rule, &account.client.id).await {
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
                    let failure = context::failed(&error, Code::InvalidResponse, UNCHANGED);
                    return Err(failure.account(&account));
                }
            }
        }
    }
}

fn no_endpoint(provider: &str) -> Error {
    Error::new(
        Code::ConfigInvalid,
        format!("{provider} has no userinfo endpoint"),
    )
    .hint("add `userinfo_endpoint` to the provider's file")
}

fn unknown(account: &Account) -> Error {
    no_endpoint(&account.provider).account(account)
}

fn variable_refused(provider: &str, variable: &str) -> Error {
    Error::new(
        Code::Unauthorized,
        format!("the provider refuses the token in {variable}"),
    )
    .hint(format!(
        "set {variable} anew, or unset it and sign in with `keyfob login {provider}`"
    ))
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
