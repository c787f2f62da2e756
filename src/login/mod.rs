//! Signing in, in this order: probe locks and store, know the client, consent, exchange, identity, persist,
//! and last the page in the browser, which can therefore tell the truth.
//!
//! ```text
//! surroundings, browser   where it runs, and what can be opened there
//! metadata                the definition made whole
//! scopes, resource        what is asked for
//! flow                    the ways in which it can finish here
//! client                  who we are there: known, registered, with which secret
//! code, address, device   a request for each way: what its answer needs
//! invite, show, consent   what the person is told, and who goes to the provider
//! race                    the wait: listener, paste and device, and the first to finish
//! redeem                  the answer exchanged: identity, place, persist
//! page                    what the browser shows at the end
//! client_credentials      the short way of a machine, from client to persist
//! token_exchange          the same with the identity token of a CI job
//! given                   a token that somebody has already, from userinfo to persist
//! ephemeral               what a sign-in for one command has got, to be given back
//! ```

mod address;
mod browser;
mod client;
mod client_credentials;
mod code;
mod consent;
mod device;
mod ephemeral;
#[cfg(test)]
mod fixture;
mod flow;
mod given;
mod identity;
mod invite;
mod listener;
mod metadata;
mod page;
mod paste;
mod persist;
mod place;
mod race;
mod redeem;
mod resource;
mod scopes;
mod show;
mod surroundings;
mod token_exchange;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::account::{Account, SignIn, SubjectFrom};
use crate::error::{Code, Result};
use crate::online::{Online, off_thread};
use crate::provider::Provider;
use crate::store::Kind;
use crate::vault::Secrets;

use address::Address;
pub use browser::{Asked, Browser};
use client::Ours;
pub use client::given;
use code::CodeFlow;
pub use consent::Visitor;
use device::DeviceFlow;
pub use ephemeral::{Gained, Gains, Granted, Registration};
pub use flow::Flow;
use flow::Ways;
pub use given::{Given, given as given_token};
use page::Page;
use place::Keeping;
use race::{Finish, Race};
use redeem::Redemption;
pub use resource::check as check_resources;
pub use scopes::Wanted;
pub use surroundings::Surroundings;
pub use token_exchange::{Exchanged, exchange};

/// What a login was asked to do.
#[derive(Debug)]
pub struct Plan {
    /// The command that asks for the same again, its flow apart.
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
    /// [`SignedIn`] alone.
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
    fn settle(&mut self) -> Result<()> {
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
    fn needs_name(&self) -> bool {
        self.name.is_none() && self.expected.is_none() && !self.ephemeral
    }

    /// The command that does the same again.
    fn again(&self) -> String {
        self.again_with("")
    }

    /// The same with further options, which begin with a blank.
    fn again_with(&self, options: &str) -> String {
        match self.flow {
            Flow::Auto => self.otherwise(options),
            flow => self.otherwise(&format!(" --flow {flow}{options}")),
        }
    }

    /// The command with these options, in place of its flow.
    fn otherwise(&self, options: &str) -> String {
        format!("{}{options}{}", self.command, self.child)
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
    /// The account as it now stands in the index; of an ephemeral login, as it would stand there.
    pub account: Account,
    /// Its secret, as it is kept.
    pub secrets: Secrets,
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
    scopes::settle(&plan)?; // a preset that is not there is said before anything is sent
    let exchanges = plan.flow == Flow::TokenExchange;
    if exchanges {
        token_exchange::check(&plan)?;
    }
    if !plan.ephemeral {
        let (vault, store) = (Arc::clone(&online.vault), plan.store);
        let names = persist::names_lock(&plan.provider);
        off_thread(move || vault.prove_locks(&names).and_then(|()| vault.probe(store))).await?;
    }

    let with_client = (exchanges && plan.provider.exchange.without_client)
        || client::known_id(online, &plan).is_some();
    plan.provider = metadata::complete(online, plan.provider, with_client).await?;
    plan.settle()?;
    if plan.flow == Flow::ClientCredentials {
        return client_credentials::login(online, plan).await;
    }
    if exchanges {
        ephemeral::forewarn(online, &plan, None);
        return token_exchange::login(online, plan).await;
    }
    let ways = Ways::find(&plan, online.term.silence())?;
    settle_name(online, &plan)?;
    let ours = client::obtain(online, &plan).await?;
    let client = ours.code.as_ref().or(ours.device.as_ref()).ok();
    ephemeral::forewarn(online, &plan, client);
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
    let (code, listener) = match client.filter(|_| ways.codes()) {
        Some(client) => {
            let (code, listener) = CodeFlow::begin(plan, ways, client)?;
            (Some(code), listener)
        }
        None => (None, None),
    };
    let address = match &code {
        Some(code) => Some(Address::of(online, plan, code, ours.unpushed.as_ref()).await?),
        None => None,
    };
    let launched = listener.is_some() && plan.launches();
    let race = Race {
        online,
        plan,
        code: code.as_ref(),
        listener,
        address,
        entry: ways.paste.then(|| online.term.entry()).flatten(),
        device: device
            .filter(|_| ways.device)
            .map(|client| DeviceFlow::new(online, plan, client.clone(), launched)),
    };
    let finish = race.run().await?;

    let redemption = Redemption {
        online,
        plan,
        code: code.as_ref(),
        device,
    };
    let outcome = redemption.of(&finish).await;
    let overtaken = !matches!(finish, Finish::Redirect(_));
    if let Some(browser) = finish.browser() {
        browser.answer(page(plan, &outcome, overtaken)).await;
    }
    if outcome.is_ok() {
        ours.taken(online, plan).await;
    }
    outcome
}

/// What the browser shows at the end, also where another way was faster.
fn page(plan: &Plan, outcome: &Result<SignedIn>, overtaken: bool) -> Page {
    let provider = plan.provider.title.clone();
    match outcome {
        Ok(done) => Page::SignedIn {
            provider,
            who: done.account.who().to_owned(),
            account: (!plan.ephemeral).then(|| done.account.to_string()),
            overtaken,
        },
        Err(error) if error.code == Code::AccessDenied => Page::Refused { provider },
        Err(_) => Page::Failed { provider },
    }
}

/// A name was given where the provider cannot say who signed in, and nothing stands in its way.
fn settle_name(online: &Online, plan: &Plan) -> Result<()> {
    place::settle(&online.vault, &Keeping::of(plan), SignIn::Person)?;
    if plan.needs_name() && !identity::can_tell(plan) {
        return Err(identity::nameless(&plan.provider, Code::Usage));
    }
    Ok(())
}
