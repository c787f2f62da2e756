//! One login from its beginning to the page in the browser.

use std::sync::Arc;

use super::client::{self, LoginClients};
use super::code::{Address, CodeFlow};
use super::device::DeviceFlow;
use super::flow::{Flow, Ways};
use super::page::EndPage;
use super::plan::{Plan, SignedIn, settle_scopes};
use super::redeem::Redemption;
use super::target;
use super::wait::{Wait, WaitOutcome};
use super::{ephemeral, identity, machine, metadata};
use crate::account::SignIn;
use crate::context::{Context, off_thread};
use crate::error::{Code, Result};
use crate::store::Kind;
use crate::vault::{Vault, names_lock};

/// Signs in. Until the last step nothing is stored; every failure leaves all accounts as they were.
pub(crate) async fn login(context: &Arc<Context>, mut plan: Plan) -> Result<SignedIn> {
    // A preset that is not there is said before anything is sent.
    settle_scopes(&plan.wish, plan.keeping.expected.as_ref())?;
    let exchanges = plan.wish.flow == Flow::TokenExchange;
    if exchanges {
        machine::check_exchange(&plan)?;
    }
    if !plan.keeping.ephemeral {
        let (vault, store) = (Arc::clone(&context.vault), plan.keeping.store);
        prove(vault, plan.wish.provider.name.clone(), store).await?;
    }

    let with_client = (exchanges && plan.wish.provider.exchange.without_client)
        || client::known_id(context, &plan.wish, plan.keeping.expected.as_ref()).is_some();
    plan.wish.provider = metadata::complete(context, plan.wish.provider, with_client).await?;
    plan.wish.settle(plan.keeping.expected.as_ref())?;
    if plan.wish.flow == Flow::ClientCredentials {
        return machine::sign_in_client(context, plan).await;
    }
    if exchanges {
        ephemeral::forewarn(context, &plan, None);
        return machine::sign_in_job(context, plan).await;
    }
    let ways = Ways::find(&plan.wish, context.term.silence())?;
    settle_name(context, &plan)?;
    let ours = client::obtain(context, &plan).await?;
    let client = ours.code.as_ref().or(ours.device.as_ref()).ok();
    ephemeral::forewarn(context, &plan, client);
    consent(context, &Arc::new(plan), ways, ours).await
}

/// Proves that locks, store and index take what a sign-in brings, before anybody is asked for it.
pub(super) async fn prove(vault: Arc<Vault>, provider: String, store: Kind) -> Result<()> {
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
    ours: LoginClients,
) -> Result<SignedIn> {
    let (ways, client) = match &ours.code {
        Ok(client) => (ways, Some(client)),
        Err(why) => {
            let rest = ways.without_codes(why.clone())?;
            if plan.wish.flow == Flow::Auto && ways.codes() {
                context.term.say(&format!(
                    "without its client secret {} signs in by a device code alone; `--flow browser` asks for the secret",
                    plan.wish.provider.title
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
        Some(code) => Some(Address::of(context, &plan.wish, code, ours.unpushed.as_ref()).await?),
        None => None,
    };
    let launched = listener.is_some() && plan.wish.launches();
    let wait = Wait {
        context,
        wish: &plan.wish,
        code: code.as_ref(),
        listener,
        address,
        entry: ways.paste.then(|| context.term.entry()).flatten(),
        device: device
            .filter(|_| ways.device)
            .map(|client| DeviceFlow::new(context, plan, client.clone(), launched)),
    };
    let finish = wait.run().await?;

    let redemption = Redemption {
        context,
        plan,
        code: code.as_ref(),
        device,
    };
    let outcome = redemption.of(&finish).await;
    let overtaken = !matches!(finish, WaitOutcome::Redirect(_));
    if let Some(browser) = finish.browser() {
        browser.answer(page(plan, &outcome, overtaken)).await;
    }
    if outcome.is_ok() {
        ours.remember_secret(context, plan).await;
    }
    outcome
}

/// What the browser shows at the end, also where another way was faster.
fn page(plan: &Plan, outcome: &Result<SignedIn>, overtaken: bool) -> EndPage {
    let provider = plan.wish.provider.title.clone();
    match outcome {
        Ok(done) => EndPage::SignedIn {
            provider,
            who: done.account.who().to_owned(),
            account: (!plan.keeping.ephemeral).then(|| done.account.to_string()),
            overtaken,
        },
        Err(error) if error.code == Code::AccessDenied => EndPage::Refused { provider },
        Err(_) => EndPage::Failed { provider },
    }
}

/// A name was given where the provider cannot say who signed in, and nothing stands in its way.
fn settle_name(context: &Context, plan: &Plan) -> Result<()> {
    target::settle(&context.vault, plan, SignIn::Person)?;
    if plan.keeping.needs_name() && !identity::can_tell(&plan.wish) {
        return Err(identity::nameless(&plan.wish.provider, Code::Usage));
    }
    Ok(())
}
