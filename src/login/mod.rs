//! Signing in, in this order: probe locks and store, know the client, consent, exchange, identity, persist,
//! and last the page in the browser, which can therefore tell the truth.

mod browser;
mod client;
mod consent;
mod flow;
mod identity;
mod listener;
mod metadata;
mod page;
mod paste;
mod persist;
mod place;
mod show;
mod surroundings;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::account::Account;
use crate::error::{Code, Error, Result};
use crate::oauth::token::TokenEndpoint;
use crate::oauth::{OauthError, authorize, redirect};
use crate::online::{self, Online, off_thread};
use crate::provider::Provider;
use crate::store::Kind;
use crate::timestamp::Timestamp;

pub use browser::{Asked, Browser};
pub use consent::Visitor;
pub use flow::Flow;
use listener::Listener;
use page::Page;
pub use surroundings::Surroundings;

/// What a login was asked to do.
#[derive(Debug)]
pub struct Plan {
    /// Where to sign in.
    pub provider: Provider,
    /// The account that must sign in, from `PROVIDER/NAME`.
    pub expected: Option<Account>,
    /// `--as`.
    pub name: Option<String>,
    /// `--replace`.
    pub replace: bool,
    /// `--scope`; where empty the provider's usual ones, and what the expected account has.
    pub scopes: Vec<String>,
    /// `--resource`; where empty the provider's own (RFC 8707).
    pub resource: Vec<String>,
    /// `--audience`; where absent the provider's own.
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
    /// `--port`.
    pub port: Option<u16>,
    /// `--timeout`: how long the browser is waited for.
    pub timeout: Duration,
    /// Who goes to the authorization endpoint.
    pub visitor: Visitor,
}

/// A login that ended well.
#[derive(Debug)]
pub struct SignedIn {
    /// The account as it now stands in the index.
    pub account: Account,
    /// Whether it is new here.
    pub created: bool,
    /// The name it would have had, were that not another identity's.
    pub taken: Option<String>,
    /// Asked for and not granted.
    pub withheld: BTreeSet<String>,
    /// Granted and not asked for.
    pub added: BTreeSet<String>,
    /// What failed once the account was stored, each with what to do about it.
    pub warnings: Vec<String>,
}

/// Signs in. Until the last step nothing is stored; every failure leaves all accounts as they were.
pub async fn login(online: &Online, mut plan: Plan) -> Result<SignedIn> {
    let (vault, store) = (Arc::clone(&online.vault), plan.store);
    let names = persist::names_lock(&plan.provider);
    off_thread(move || vault.prove_locks(&names).and_then(|()| vault.probe(store))).await?;

    consent::somebody(online, &plan)?;

    let with_client = client::known_id(online, &plan).is_some();
    plan.provider = metadata::complete(online, plan.provider, with_client).await?;
    if plan.scopes.is_empty() {
        plan.scopes = usual_scopes(&plan);
    }
    settle_name(online, &plan)?;
    let client = client::obtain(online, &plan).await?;
    let plan = Arc::new(plan);

    let mut listener = Listener::bind(
        &plan.provider.redirect,
        &plan.provider.redirect_path(),
        plan.port,
    )?;
    let request = authorize::request(&authorize::Wish {
        provider: &plan.provider,
        client_id: &client.id,
        redirect_uri: listener.redirect_uri(),
        scopes: &plan.scopes,
        login_hint: plan.expected.as_ref().and_then(|a| a.username.as_deref()),
        switch: plan.switch,
        resource: &plan.resource,
        audience: plan.audience.as_deref(),
    });
    let redirect_uri = listener.redirect_uri().to_owned();
    let accepted = consent::wait(online, &plan, &request, &mut listener).await?;
    drop(listener);

    let consent = Consent {
        plan: &plan,
        client: &client,
        request: &request,
        redirect_uri: &redirect_uri,
    };
    let outcome = consent.redeem(online, &accepted.verdict).await;
    let page = match &outcome {
        Ok(done) => Page::signed_in(&plan.provider.title, done.account.to_string()),
        Err(error) if error.code == Code::AccessDenied => Page::Refused,
        Err(_) => Page::Failed,
    };
    accepted.answer(page).await;
    outcome
}

/// What is asked for without `--scope`: the provider's usual scopes, and what the account has already.
fn usual_scopes(plan: &Plan) -> Vec<String> {
    let mut scopes = plan.provider.scopes.clone();
    let held = plan.expected.iter().flat_map(|account| &account.scopes);
    for scope in held {
        if !scopes.contains(scope) {
            scopes.push(scope.clone());
        }
    }
    scopes
}

/// A name was given where the provider cannot say who signed in, and no damaged entry has it.
fn settle_name(online: &Online, plan: &Plan) -> Result<()> {
    if let Some(name) = &plan.name {
        let known = online.vault.accounts_of(&plan.provider.name);
        place::readable(&known, &plan.provider, name)?;
    }
    if plan.name.is_none() && plan.expected.is_none() && !identity::can_tell(plan) {
        return Err(identity::nameless(&plan.provider, Code::Usage));
    }
    Ok(())
}

/// What was agreed before the browser opened, and is needed to redeem the answer.
struct Consent<'a> {
    plan: &'a Arc<Plan>,
    client: &'a crate::oauth::Client,
    request: &'a authorize::AuthorizationRequest,
    redirect_uri: &'a str,
}

impl Consent<'_> {
    async fn redeem(&self, online: &Online, verdict: &redirect::Verdict) -> Result<SignedIn> {
        let code = consent::code(self.plan, verdict)?;
        let provider = &self.plan.provider;
        let endpoint = TokenEndpoint {
            url: provider
                .token_endpoint
                .as_ref()
                .ok_or_else(metadata::incomplete)?,
            client: self.client,
            rule: &provider.token,
            scopes: &self.plan.scopes,
            resource: &self.plan.resource,
        };
        let tokens = endpoint
            .exchange(
                &online.http,
                code,
                &self.request.verifier,
                self.redirect_uri,
                Some(&self.request.state),
                Timestamp::now(),
            )
            .await
            .map_err(|error| self.not_exchanged(&error))?;
        let who = identity::who(
            online,
            self.plan,
            self.client,
            &tokens,
            self.request.nonce.as_ref(),
        )
        .await?;
        let (withheld, added) = differences(&self.plan.scopes, &tokens.scopes);

        let kept = persist::persist(
            online,
            self.plan,
            persist::Grant {
                client: self.client.clone(),
                redirect_uri: self.redirect_uri.to_owned(),
                who,
                tokens,
            },
        )
        .await?;
        Ok(SignedIn {
            withheld,
            added,
            ..kept
        })
    }

    fn not_exchanged(&self, error: &OauthError) -> Error {
        let failure = online::failed(error, Code::TokenExchangeFailed, "nothing was stored");
        let provider = &self.plan.provider;
        match error {
            OauthError::Refused(response) => Error {
                message: format!("{} refused the code: {response}", provider.title),
                hint: Some(format!(
                    "nothing was stored; run `keyfob login {}` again, with `-v` to see the requests",
                    provider.name
                )),
                ..failure
            },
            _ => failure,
        }
    }
}

/// Asked and not granted; granted and not asked.
fn differences(asked: &[String], granted: &[String]) -> (BTreeSet<String>, BTreeSet<String>) {
    let asked: BTreeSet<String> = asked.iter().cloned().collect();
    let granted: BTreeSet<String> = granted.iter().cloned().collect();
    (&asked - &granted, &granted - &asked)
}
