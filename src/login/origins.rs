//! Whether a login may go where its definition and metadata lead: strangers are shown once, with what they would get,
//! before anything is sent to them.

use std::sync::Arc;

use url::Url;

use super::flow::Flow;
use super::plan::{Plan, Wish};
use crate::account::Account;
use crate::context::{Context, off_thread};
use crate::error::{Code, Error, Result};
use crate::provider::{Endpoint, IdentitySource, Provider, Stranger, host_of, is_within};
use crate::term::Terminal;

/// What a login sends something to; what it may need later is judged then.
pub(super) fn needed(plan: &Plan) -> Vec<Endpoint> {
    use Endpoint::{
        Authorization, DeviceAuthorization, PushedAuthorizationRequest, Revocation, Token, Userinfo,
    };
    let provider = &plan.wish.provider;
    let mut needed = match plan.wish.flow {
        Flow::Auto => vec![
            Authorization,
            Token,
            DeviceAuthorization,
            PushedAuthorizationRequest,
        ],
        Flow::Browser | Flow::Paste => vec![Authorization, Token, PushedAuthorizationRequest],
        Flow::Device => vec![DeviceAuthorization, Token],
        Flow::ClientCredentials | Flow::TokenExchange => vec![Token],
    };
    let by_person = !matches!(
        plan.wish.flow,
        Flow::ClientCredentials | Flow::TokenExchange
    );
    if by_person && provider.identity.from == IdentitySource::Userinfo {
        needed.push(Userinfo);
    }
    if plan.keeping.memory.is_some() {
        needed.push(Revocation); // the command's end revokes
    }
    needed
}

/// Has the strangers among these endpoints accepted. `keeps` has that remembered with the definition.
pub(super) async fn settle(
    context: &Context,
    wish: &mut Wish,
    endpoints: &[Endpoint],
    keeps: bool,
) -> Result<()> {
    let strangers = wish.provider.strangers(endpoints);
    if strangers.is_empty() {
        return Ok(());
    }
    let accepted = accept(context, wish, strangers).await?;
    if keeps {
        let name = &wish.provider.name;
        context.registry.accept(name, &accepted, &[])?;
    }
    wish.provider.accepted_origins.extend(accepted);
    Ok(())
}

/// The same where the wish has to stay as it is.
pub(super) async fn settle_one(context: &Context, plan: &Plan, endpoint: Endpoint) -> Result<()> {
    let strangers = plan.wish.provider.strangers(&[endpoint]);
    let accepted = accept(context, &plan.wish, strangers).await?;
    if plan.keeping.memory.is_some() {
        return Ok(());
    }
    context
        .registry
        .accept(&plan.wish.provider.name, &accepted, &[])
}

async fn accept(context: &Context, wish: &Wish, strangers: Vec<Stranger>) -> Result<Vec<String>> {
    let named = |stranger: &Stranger| wish.accepts.contains(&stranger.host);
    let unnamed: Vec<Stranger> = strangers
        .iter()
        .filter(|one| !named(one))
        .cloned()
        .collect();
    let refusal = |strangers: &[Stranger]| refuse(wish, strangers);
    if !unnamed.is_empty() && !context.term.can_ask() {
        return Err(refusal(&unnamed));
    }
    for stranger in unnamed {
        let question = question(&wish.provider, &stranger);
        let term = Arc::clone(&context.term);
        let refused = refusal(std::slice::from_ref(&stranger));
        off_thread(move || ask(term.as_ref(), &question, refused)).await?;
    }
    Ok(strangers.into_iter().map(|one| one.host).collect())
}

fn ask(term: &dyn Terminal, question: &str, refused: Error) -> Result<()> {
    if term.confirm(question, "`--accept-origin HOST` answers it")? {
        Ok(())
    } else {
        Err(refused)
    }
}

fn question(provider: &Provider, stranger: &Stranger) -> String {
    format!(
        "{} {}. Trust it?",
        introduce(provider, stranger),
        stranger.describe()
    )
}

/// "evil.example is not part of id.example.com, and"
fn introduce(provider: &Provider, stranger: &Stranger) -> String {
    let whose = provider.known_server();
    let whose = whose.unwrap_or_else(|| provider.title.clone());
    format!("{} is not part of {whose}, and", stranger.host)
}

fn refuse(wish: &Wish, strangers: &[Stranger]) -> Error {
    let provider = &wish.provider;
    let all: Vec<String> = strangers
        .iter()
        .map(|one| format!("{} {}", introduce(provider, one), one.describe()))
        .collect();
    let hosts: Vec<&str> = strangers.iter().map(|one| one.host.as_str()).collect();
    let options = format!(" --accept-origin {}", hosts.join(" --accept-origin "));
    let command = if wish.retry.accepts_origins {
        wish.command_with(&options)
    } else {
        format!("keyfob provider set {}{options}", provider.name)
    };
    Error::new(Code::OriginRefused, all.join("; ")).hint(format!(
        "nothing was sent there; if you trust it, `{command}`"
    ))
}

/// Whether the accounts that are here had their tokens from the same servers, before a new sign-in pins others and
/// sends them a client secret.
pub(super) async fn confirm_same_servers(context: &Context, plan: &mut Plan) -> Result<()> {
    let provider = &plan.wish.provider;
    let accounts = match &plan.keeping.expected {
        Some(account) => vec![account.clone()],
        None => context.vault.accounts_of(&provider.name).accounts,
    };
    let moved = |account: &Account| moves_from(account, provider);
    let mut found = accounts.iter().map(moved);
    let Some(Some(moved)) = found.next().filter(|_| found.all(|one| one.is_some())) else {
        return Ok(());
    };
    if !plan.keeping.replace && plan.keeping.memory.is_none() {
        confirm(context, plan, &accounts[0], &moved).await?;
    }
    plan.keeping.may_move = true;
    Ok(())
}

/// The same for the account whose place the sign-in takes.
pub(super) async fn confirm_move(context: &Context, plan: &Plan, account: &Account) -> Result<()> {
    if plan.keeping.may_move || plan.keeping.replace {
        return Ok(());
    }
    match moves_from(account, &plan.wish.provider) {
        Some(moved) => confirm(context, plan, account, &moved).await,
        None => Ok(()),
    }
}

async fn confirm(context: &Context, plan: &Plan, account: &Account, moved: &str) -> Result<()> {
    let then = account.endpoints.token.url().map(|url| host_of(&url));
    let what = format!(
        "the tokens of {account} came from {}, and this sign-in sends what is secret to {moved}",
        then.unwrap_or_default()
    );
    let refused = Error::new(Code::AccountConflict, what.clone())
        .hint(format!(
            "nothing was stored; if you trust {moved}, `{}`{}",
            plan.wish.command_with(" --replace"),
            plan.wish.definition_hint()
        ))
        .account(account);
    let term = Arc::clone(&context.term);
    if !term.can_ask() {
        return Err(refused);
    }
    let question = format!("{what}. Go on?");
    off_thread(move || ask(term.as_ref(), &question, refused)).await
}

/// The first server of today's definition that the account knows nothing of.
fn moves_from(account: &Account, provider: &Provider) -> Option<String> {
    if provider.embedded || account.endpoints.pinned_as.is_some() {
        return None;
    }
    let known = account.endpoints.urls();
    let issuer = Url::parse(&account.identity.issuer).ok();
    let mut today = [Endpoint::Token, Endpoint::Userinfo, Endpoint::Revocation].into_iter();
    today.find_map(|endpoint| {
        let url = provider.endpoint(endpoint)?;
        let same = known.iter().chain(&issuer).any(|then| is_within(then, url))
            || account.accepted_origins.contains(&host_of(url))
            || provider.is_of_own_row(url);
        (!same).then(|| host_of(url))
    })
}
