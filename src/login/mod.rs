//! Signing in, in this order: probe locks and store, know the client, consent, exchange, identity, persist,
//! and last the page in the browser, which can therefore tell the truth.
//!
//! ```text
//! plan                    what somebody wants of it
//! surroundings, browser   where it runs, and what can be opened there
//! metadata                the definition made whole
//! scopes, resource        what is asked for
//! flow                    the ways in which it can finish here
//! client                  who we are there: known, registered, with which secret
//! code, address, device   a request for each way: what its answer needs
//! invite, show, consent   what the person is told, and who goes to the provider
//! race                    the wait: listener, paste and device, and the first to finish
//! redeem                  the answer exchanged: identity, place, entry, persist
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
mod entry;
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
mod plan;
mod race;
mod redeem;
mod resource;
mod scopes;
mod show;
mod surroundings;
mod token_exchange;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::account::{Account, SignIn};
use crate::context::{Context, off_thread};
use crate::error::{Code, Result};
use crate::store::Kind;
use crate::vault::{Secrets, Vault, names_lock};

use address::Address;
pub use browser::{Asked, Browser, Launcher, VARIABLES as BROWSER_VARIABLES};
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
pub use plan::Plan;
use race::{Finish, Race};
use redeem::Redemption;
pub use resource::check as check_resources;
pub use scopes::Wanted;
pub use surroundings::Surroundings;
pub use token_exchange::{Exchanged, exchange};

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
pub async fn login(context: &Arc<Context>, mut plan: Plan) -> Result<SignedIn> {
    scopes::settle(&plan)?; // a preset that is not there is said before anything is sent
    let exchanges = plan.flow == Flow::TokenExchange;
    if exchanges {
        token_exchange::check(&plan)?;
    }
    if !plan.ephemeral {
        let (vault, store) = (Arc::clone(&context.vault), plan.store);
        prove(vault, plan.provider.name.clone(), store).await?;
    }

    let with_client = (exchanges && plan.provider.exchange.without_client)
        || client::known_id(context, &plan).is_some();
    plan.provider = metadata::complete(context, plan.provider, with_client).await?;
    plan.settle()?;
    if plan.flow == Flow::ClientCredentials {
        return client_credentials::login(context, plan).await;
    }
    if exchanges {
        ephemeral::forewarn(context, &plan, None);
        return token_exchange::login(context, plan).await;
    }
    let ways = Ways::find(&plan, context.term.silence())?;
    settle_name(context, &plan)?;
    let ours = client::obtain(context, &plan).await?;
    let client = ours.code.as_ref().or(ours.device.as_ref()).ok();
    ephemeral::forewarn(context, &plan, client);
    consent(context, &Arc::new(plan), ways, ours).await
}

/// Proves that locks, store and index take what a sign-in brings, before anybody is asked for it.
async fn prove(vault: Arc<Vault>, provider: String, store: Kind) -> Result<()> {
    off_thread(move || {
        vault.prove_locks(&names_lock(&provider))?;
        vault.probe(store)?;
        vault.prove_index(&provider)
    })
    .await
}

/// Asks the person, and makes an account of the answer. The page in the browser is written last.
async fn consent(
    context: &Arc<Context>,
    plan: &Arc<Plan>,
    ways: Ways,
    ours: Ours,
) -> Result<SignedIn> {
    let (ways, client) = match &ours.code {
        Ok(client) => (ways, Some(client)),
        Err(why) => {
            let rest = ways.without_codes(why.clone())?;
            if plan.flow == Flow::Auto && ways.codes() {
                context.term.say(&format!(
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
        Some(code) => Some(Address::of(context, plan, code, ours.unpushed.as_ref()).await?),
        None => None,
    };
    let launched = listener.is_some() && plan.launches();
    let race = Race {
        context,
        plan,
        code: code.as_ref(),
        listener,
        address,
        entry: ways.paste.then(|| context.term.entry()).flatten(),
        device: device
            .filter(|_| ways.device)
            .map(|client| DeviceFlow::new(context, plan, client.clone(), launched)),
    };
    let finish = race.run().await?;

    let redemption = Redemption {
        context,
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
        ours.taken(context, plan).await;
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
fn settle_name(context: &Context, plan: &Plan) -> Result<()> {
    place::settle(&context.vault, &Keeping::of(plan), SignIn::Person)?;
    if plan.needs_name() && !identity::can_tell(plan) {
        return Err(identity::nameless(&plan.provider, Code::Usage));
    }
    Ok(())
}
