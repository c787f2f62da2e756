//! A person signs in: consent in whatever way is first, exchange, identity, persist, and last the page in the
//! browser, which can therefore tell the truth.

use std::sync::Arc;

use super::code::{Address, CodeFlow};
use super::device::DeviceFlow;
use super::flow::{Flow, Ways};
use super::listener::Accepted;
use super::page::EndPage;
use super::persist::{self, SignInGrant};
use super::wait::{Wait, WaitOutcome};
use super::{Plan, SignedIn, Wish, acquaint, client, consent, ephemeral, identity, target};
use crate::account::SignIn;
use crate::context::Context;
use crate::error::{Code, Result};
use crate::oauth::Client;
use crate::token_set::TokenSet;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

pub(super) async fn sign_in(context: &Arc<Context>, plan: Plan) -> Result<SignedIn> {
    let mut ways = Ways::find(&plan.wish, context.term.silence())?;
    settle_name(context, &plan)?;
    let clients = client::obtain(context, &plan).await?;
    let any = clients.code.as_ref().or(clients.device.as_ref()).ok();
    ephemeral::forewarn(context, &plan, any);

    if let Err(why) = &clients.code {
        let rest = ways.without_codes(why.clone())?;
        if plan.wish.flow == Flow::Auto && ways.codes() {
            context.term.say(&format!(
                "without its client secret {} signs in by a device code alone; `--flow browser` asks for the secret",
                plan.wish.provider.title
            ));
        }
        ways = rest;
    }
    if let Err(why) = &clients.device {
        ways = ways.without_device(why.clone())?;
    }
    let plan = Arc::new(plan);
    let client = clients.code.as_ref().ok().filter(|_| ways.codes());
    let begun = client.map(|client| CodeFlow::begin(&plan, ways, client));
    let (code, listener) = begun.transpose()?.unzip();
    let listener = listener.flatten();
    let address = match &code {
        Some(code) => {
            Some(Address::of(context, &plan.wish, code, clients.unpushed.as_ref()).await?)
        }
        None => None,
    };
    let launched = listener.is_some() && plan.wish.launches();
    let device = clients.device.as_ref().ok().filter(|_| ways.device);
    let wait = Wait {
        context,
        wish: &plan.wish,
        code: code.as_ref(),
        listener,
        address,
        entry: ways.paste.then(|| context.term.entry()).flatten(),
        device: device.map(|client| DeviceFlow::new(context, &plan, client.clone(), launched)),
    };
    let finish = wait.run().await?;

    let redeemed = redeem(context, &plan, &finish, code.as_ref(), device).await;
    let overtaken = !matches!(finish, WaitOutcome::Redirect(_));
    let mut browser = finish.browser();
    let outcome = match redeemed {
        Ok(redeemed) => keep(context, &plan, redeemed, &mut browser).await,
        Err(error) => Err(error),
    };
    if let Some(browser) = browser {
        browser.answer(page(&plan, &outcome, overtaken)).await;
    }
    if outcome.is_ok() {
        clients.remember_secret(context, &plan).await;
    }
    outcome
}

/// A name was given where the provider cannot say who signed in, and nothing stands in its way.
fn settle_name(context: &Context, plan: &Plan) -> Result<()> {
    target::settle(&context.vault, plan, SignIn::Person)?;
    if plan.keeping.needs_name() && !identity::can_tell(&plan.wish) {
        return Err(identity::nameless_error(&plan.wish.provider, Code::Usage));
    }
    Ok(())
}

/// Tokens whose owner is not known yet.
struct Redeemed<'a> {
    client: &'a Client,
    tokens: TokenSet,
    /// What brought a code, if one did.
    flow: Option<&'a CodeFlow>,
    /// Somebody else could have signed in.
    exposed: bool,
}

/// The tokens for the answer to `code`, or what the `device` flow's client was granted.
async fn redeem<'a>(
    context: &Context,
    plan: &Arc<Plan>,
    finish: &WaitOutcome,
    code: Option<&'a CodeFlow>,
    device: Option<&'a Client>,
) -> Result<Redeemed<'a>> {
    let verdict = match finish {
        WaitOutcome::Redirect(browser) => &browser.verdict,
        WaitOutcome::Paste(verdict) => verdict,
        WaitOutcome::Device(tokens, _) => {
            let client = device.expect("only its own client is granted anything");
            return Ok(Redeemed {
                client,
                tokens: TokenSet::clone(tokens),
                flow: None,
                exposed: true,
            });
        }
        WaitOutcome::Denied(response) => return Err(consent::refusal_error(&plan.wish, response)),
    };
    let flow = code.expect("only an authorization request is answered");
    let code = consent::read_code(&plan.wish, verdict)?;
    let exchange = exchange(context, &plan.wish, flow, code);
    let tokens = plan.noting(context, &flow.client, exchange).await?;
    Ok(Redeemed {
        client: &flow.client,
        tokens,
        flow: Some(flow),
        exposed: !matches!(finish, WaitOutcome::Paste(_)), // what is pasted comes from a browser of one's own
    })
}

async fn exchange(
    context: &Context,
    wish: &Wish,
    flow: &CodeFlow,
    code: &Secret,
) -> Result<TokenSet> {
    wish.token_endpoint(&flow.client)?
        .exchange(
            &context.http,
            code,
            &flow.request.verifier,
            &flow.redirect_uri,
            Some(&flow.request.state),
            Timestamp::now(),
        )
        .await
        .map_err(|error| client::request_error(wish, &flow.client, "the code", &error))
}

/// Who signed in, and the place in the vault. A `browser` that waits is answered where the terminal asks first.
///
/// Tokens that find no place are dropped and not revoked: many servers revoke the whole grant of that
/// person to this client with them, and so the tokens of an account that stays.
async fn keep(
    context: &Context,
    plan: &Arc<Plan>,
    redeemed: Redeemed<'_>,
    browser: &mut Option<Accepted>,
) -> Result<SignedIn> {
    let Redeemed {
        client,
        tokens,
        flow,
        exposed,
    } = redeemed;
    let placed = async {
        let nonce = flow.and_then(|flow| flow.request.nonce.as_ref());
        let who = identity::identify(context, plan, client, &tokens, nonce).await?;
        let vouched = !exposed || acquaint::confirm(context, plan, &who, browser).await?;
        let grant = SignInGrant {
            vouched,
            client: client.clone(),
            redirect_uri: flow.map(|flow| flow.redirect_uri.clone()),
            who,
            tokens,
        };
        persist::persist(context, plan, grant).await
    };
    let outcome = placed.await;
    if outcome.is_err() && plan.keeping.memory.is_none() {
        let page = plan.wish.provider.revocation.page.as_ref();
        let by_hand = page.map_or_else(String::new, |page| format!("; {page} ends them"));
        context.term.warn(&format!(
            "the new tokens were dropped, and not revoked, which could end other sign-ins of the same person{by_hand}"
        ));
    }
    outcome
}

fn page(plan: &Plan, outcome: &Result<SignedIn>, overtaken: bool) -> EndPage {
    let provider = plan.wish.provider.title.clone();
    match outcome {
        Ok(done) => EndPage::SignedIn {
            provider,
            who: done.account.who().to_owned(),
            account: (plan.keeping.memory.is_none()).then(|| done.account.to_string()),
            overtaken,
        },
        Err(error) if error.code == Code::AccessDenied => EndPage::Refused { provider },
        Err(_) => EndPage::Failed { provider },
    }
}
