//! Signing in, in this order: probe locks and store, know the client, consent, exchange, identity, persist,
//! and last the page in the browser, which can therefore tell the truth.

mod browser;
mod client;
mod client_credentials;
mod consent;
mod device;
mod flow;
mod identity;
mod invite;
mod landing;
mod listener;
mod metadata;
mod page;
mod paste;
mod persist;
mod place;
mod race;
mod redeem;
mod scopes;
mod show;
mod surroundings;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::account::Account;
use crate::error::{Code, Result};
use crate::oauth::authorize::{self, AuthorizationRequest};
use crate::oauth::redirect::Expected;
use crate::oauth::{Client, par};
use crate::online::{Online, off_thread};
use crate::provider::Provider;
use crate::store::Kind;

pub use browser::{Asked, Browser};
use client::Ours;
pub use consent::Visitor;
use device::DeviceFlow;
pub use flow::Flow;
use flow::Ways;
use landing::Landing;
use listener::Listener;
use page::Page;
use race::{CodeFlow, Race};
use redeem::Settled;
pub use scopes::Wanted;
pub use surroundings::Surroundings;

/// What a login was asked to do.
#[derive(Debug)]
pub struct Plan {
    /// The command that asks for the same again, its flow apart.
    pub command: String,
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
    /// `--timeout`: how long the person is waited for.
    pub timeout: Option<Duration>,
    /// Where the login runs.
    pub surroundings: Surroundings,
    /// Who goes to the authorization endpoint.
    pub visitor: Visitor,
}

impl Plan {
    /// Fills in what the definition says and the command line did not.
    fn settle(&mut self) -> Result<()> {
        self.scopes = scopes::settle(self)?;
        if self.resource.is_empty() {
            self.resource.clone_from(&self.provider.resource);
        }
        if self.audience.is_none() {
            self.audience.clone_from(&self.provider.audience);
        }
        Ok(())
    }

    /// The command that does the same again.
    fn again(&self) -> String {
        match self.flow {
            Flow::Auto => self.command.clone(),
            flow => format!("{} --flow {flow}", self.command),
        }
    }

    /// The end of a hint where the definition could be at fault; empty where there is none to look at.
    fn see(&self) -> String {
        if self.by_url {
            return String::new();
        }
        format!(
            "; `keyfob provider show {}` prints the definition",
            self.provider.name
        )
    }

    /// Whether a browser is opened: only for a redirect that comes back here.
    fn launches(&self) -> bool {
        let opens = match &self.visitor {
            Visitor::Myself(_) => true,
            Visitor::Person(browser) => !matches!(browser, Browser::None(_)),
        };
        opens
            && matches!(self.flow, Flow::Auto | Flow::Browser)
            && !self.provider.redirect.no_loopback
    }
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
pub async fn login(online: &Arc<Online>, mut plan: Plan) -> Result<SignedIn> {
    let (vault, store) = (Arc::clone(&online.vault), plan.store);
    let names = persist::names_lock(&plan.provider);
    off_thread(move || vault.prove_locks(&names).and_then(|()| vault.probe(store))).await?;

    let with_client = client::known_id(online, &plan).is_some();
    plan.provider = metadata::complete(online, plan.provider, with_client).await?;
    plan.settle()?;
    if plan.flow == Flow::ClientCredentials {
        return client_credentials::login(online, plan).await;
    }
    let ways = Ways::find(&plan, online.term.silence())?;
    settle_name(online, &plan)?;
    let ours = client::obtain(online, &plan).await?;
    consent(online, &Arc::new(plan), ways, ours).await
}

/// Asks the person, and makes an account of the answer. The page in the browser is written last.
async fn consent(
    online: &Arc<Online>,
    plan: &Arc<Plan>,
    ways: Ways,
    ours: Ours,
) -> Result<SignedIn> {
    let (ways, client) = match &ours.code {
        Ok(client) => (ways, Some(client)),
        Err(why) => {
            let rest = ways.without_codes(why.clone())?;
            if plan.flow == Flow::Auto && ways.codes() {
                online.term.say(&format!(
                    "without its client secret {} signs in by a device code alone; `--flow browser` asks for the secret",
                    plan.provider.title
                ));
            }
            (rest, None)
        }
    };
    let (ways, device) = match &ours.device {
        Ok(client) => (ways, Some(client)),
        Err(why) => (ways.without_device(why.clone())?, None),
    };
    let landing = ways
        .codes()
        .then(|| Landing::prepare(plan, ways))
        .transpose()?;
    let request = match (&landing, client) {
        (Some(landing), Some(client)) => {
            Some(authorization(online, plan, client, &landing.uri).await?)
        }
        _ => None,
    };
    let uri = landing
        .as_ref()
        .map(|landing| landing.uri.clone())
        .unwrap_or_default();
    let listener = landing.and_then(|landing| landing.listener);
    let launched = listener.is_some() && plan.launches();
    let race = Race {
        online,
        plan,
        code: request.as_ref().map(|request| CodeFlow {
            request,
            expected: expected(plan, request),
            redirect_uri: &uri,
            listener,
        }),
        entry: ways.paste.then(|| online.term.entry()).flatten(),
        device: device
            .filter(|_| ways.device)
            .map(|client| DeviceFlow::new(online, plan, client.clone(), launched)),
    };
    let finish = race.run().await?;

    let settled = Settled {
        online,
        plan,
        code: request
            .as_ref()
            .zip(client)
            .map(|(request, client)| (request, &*uri, client)),
        device,
    };
    let outcome = settled.redeem(&finish).await;
    if let Some(browser) = finish.browser {
        browser.answer(page(plan, &outcome)).await;
    }
    if outcome.is_ok() {
        ours.taken(online, plan).await;
    }
    outcome
}

/// What the answer must show.
fn expected(plan: &Plan, request: &AuthorizationRequest) -> Expected {
    Expected {
        state: request.state.clone(),
        issuer: plan.provider.issuer.clone(),
        iss_required: plan.provider.iss_parameter,
    }
}

/// What the browser shows at the end.
fn page(plan: &Plan, outcome: &Result<SignedIn>) -> Page {
    match outcome {
        Ok(done) => Page::signed_in(&plan.provider.title, done.account.to_string()),
        Err(error) if error.code == Code::AccessDenied => Page::Refused,
        Err(_) => Page::Failed,
    }
}

/// The authorization request, pushed where the server wants or offers that (RFC 9126).
async fn authorization(
    online: &Online,
    plan: &Plan,
    client: &Client,
    redirect_uri: &str,
) -> Result<AuthorizationRequest> {
    let provider = &plan.provider;
    let build = || {
        authorize::request(&authorize::Wish {
            provider,
            client_id: &client.id,
            redirect_uri,
            scopes: &plan.scopes,
            login_hint: plan.expected.as_ref().and_then(|a| a.username.as_deref()),
            switch: plan.switch,
            resource: &plan.resource,
            audience: plan.audience.as_deref(),
        })
    };
    let Some(endpoint) = &provider.pushed_authorization_request_endpoint else {
        return Ok(build());
    };
    match par::push(&online.http, endpoint, client, build()).await {
        Ok(pushed) => Ok(pushed),
        Err(error) if provider.require_pushed_authorization_requests => {
            Err(client::failed(plan, client, "the request", &error))
        }
        // Some servers take pushes from a few clients only, and the plain request from all.
        Err(error) => {
            online
                .term
                .step(&format!("the request was not pushed: {error}"));
            Ok(build())
        }
    }
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
