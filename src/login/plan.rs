//! What a login is asked for, and what it says of itself.

use std::sync::Arc;
use std::time::Duration;

use super::{Browser, Flow, Gained, Surroundings, Visitor, Wanted, metadata, scopes};
use crate::account::{Account, SubjectFrom};
use crate::error::Result;
use crate::oauth::Client;
use crate::oauth::token::TokenEndpoint;
use crate::provider::Provider;
use crate::store::Kind;

/// The option that says the flow of a command that has no `--flow`.
pub(super) const EXCHANGE: &str = "--exchange";

/// What a login was asked to do.
#[derive(Debug)]
pub struct Plan {
    /// The command that asks for the same again, its flow apart unless that is `--exchange`.
    pub command: String,
    /// What ends such a command after all options: that of `exec`, else nothing.
    pub child: &'static str,
    /// The provider is known by its address alone, and by no name yet.
    pub by_url: bool,
    /// Where to sign in.
    pub provider: Provider,
    /// The account that must sign in, from `PROVIDER/NAME`.
    pub expected: Option<Account>,
    /// `--as`.
    pub name: Option<String>,
    /// `--replace`.
    pub replace: bool,
    /// `--scope` and `--for`.
    pub wanted: Wanted,
    /// The scopes to ask for, settled once the provider's definition is complete.
    pub scopes: Vec<String>,
    /// `--resource`; where empty that of the expected account, else the provider's own (RFC 8707).
    pub resource: Vec<String>,
    /// `--audience`; where absent that of the expected account, else the provider's own.
    pub audience: Option<String>,
    /// `--flow`.
    pub flow: Flow,
    /// `--switch`.
    pub switch: bool,
    /// Where the secrets go.
    pub store: Kind,
    /// `--client-id`.
    pub client_id: Option<String>,
    /// `--register`.
    pub register: bool,
    /// Nothing is written anywhere: no account, no registration, no client id. What a login got is in
    /// [`SignedIn`](super::SignedIn) alone.
    pub ephemeral: bool,
    /// What an ephemeral login got, to be given back; it stays empty for any other.
    pub gained: Arc<Gained>,
    /// `--subject-token-file`, else the CI system; for an exchange alone.
    pub subject_from: SubjectFrom,
    /// `--port`.
    pub port: Option<u16>,
    /// `--timeout`: how long the person is waited for.
    pub timeout: Option<Duration>,
    /// Where the login runs.
    pub surroundings: Surroundings,
    /// Who goes to the authorization endpoint.
    pub visitor: Visitor,
}

impl Plan {
    /// Fills in what the definition says and the command line did not.
    pub(super) fn settle(&mut self) -> Result<()> {
        self.scopes = scopes::settle(self)?;
        let (expected, provider) = (self.expected.as_ref(), &self.provider);
        if self.resource.is_empty() {
            let held = expected.map(|account| &account.resource);
            let held = held.filter(|held| !held.is_empty());
            self.resource.clone_from(held.unwrap_or(&provider.resource));
        }
        if self.audience.is_none() {
            let held = expected.and_then(|account| account.audience.clone());
            self.audience = held.or_else(|| provider.audience.clone());
        }
        Ok(())
    }

    /// Whether only the provider can name the account. One that is not kept needs no name.
    pub(super) fn needs_name(&self) -> bool {
        self.name.is_none() && self.expected.is_none() && !self.ephemeral
    }

    /// The command that does the same again.
    pub(super) fn again(&self) -> String {
        self.again_with("")
    }

    /// The same with further options, which begin with a blank.
    pub(super) fn again_with(&self, options: &str) -> String {
        match self.flow {
            Flow::Auto => self.otherwise(options),
            Flow::TokenExchange if self.command.ends_with(EXCHANGE) => self.otherwise(options),
            flow => self.otherwise(&format!(" --flow {flow}{options}")),
        }
    }

    /// The command with these options, in place of its flow.
    pub(super) fn otherwise(&self, options: &str) -> String {
        format!("{}{options}{}", self.command, self.child)
    }

    /// The end of a hint where the definition could be at fault; empty where there is none to look at.
    pub(super) fn see(&self) -> String {
        if self.by_url {
            return String::new();
        }
        format!(
            "; `keyfob provider show {}` prints the definition",
            self.provider.name
        )
    }

    /// Whether a browser is opened: only for a redirect that comes back here.
    pub(super) fn launches(&self) -> bool {
        let opens = match &self.visitor {
            Visitor::Myself(_) => true,
            Visitor::Person(browser) => !matches!(browser, Browser::None(_)),
        };
        opens
            && matches!(self.flow, Flow::Auto | Flow::Browser)
            && !self.provider.redirect.no_loopback
    }

    /// The token endpoint, as what is asked for and a client of ours meet it.
    pub(super) fn token_endpoint<'a>(&'a self, client: &'a Client) -> Result<TokenEndpoint<'a>> {
        let provider = &self.provider;
        let url = provider.token_endpoint.as_ref();
        Ok(TokenEndpoint {
            url: url.ok_or_else(metadata::incomplete)?,
            client,
            rule: &provider.token,
            scopes: &self.scopes,
            scope_separator: &provider.scope_separator,
            resource: &self.resource,
        })
    }
}
