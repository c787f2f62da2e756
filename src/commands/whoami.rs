//! `whoami`: asks the provider whose token this is.

use std::sync::Arc;

use serde_json::Value;

use super::app::App;
use super::{embedded, network, print, print_json};
use crate::account::Account;
use crate::answer::whoami::Whoami;
use crate::choose;
use crate::cli;
use crate::error::{Code, Error, Result};
use crate::escape::escape_short;
use crate::oauth::OauthError;
use crate::oauth::userinfo::userinfo;
use crate::online::{self, Online};
use crate::provider::IdentityRule;
use crate::session::{Need, reach};

/// The most characters of resources that are shown.
const RESOURCE_LIMIT: usize = 120;

/// Asks with a fresh token, and once more with a new one where the first is not accepted.
pub fn run(app: &App, args: &cli::Whoami) -> Result<()> {
    let account = choose::one(&app.vault, &app.registry, args.account.as_deref())?;
    let (registry, _sandbox) = embedded::start(app, [account.provider.as_str()], None)?;
    let (account, claims, rule) = network::online(app, registry, async |online| {
        Box::pin(ask(&online, account)).await
    })?;
    let answer = Whoami::new(&account, claims, &rule);
    if app.manner.json {
        print_json(&answer)
    } else {
        print(&answer.text())
    }
}

async fn ask(online: &Arc<Online>, account: Account) -> Result<(Account, Value, IdentityRule)> {
    let reach = reach(&online.registry, &account)?;
    let endpoint = reach.userinfo()?.ok_or_else(|| {
        Error::new(
            Code::ConfigInvalid,
            format!("{} has no userinfo endpoint", account.provider),
        )
        .hint("add `userinfo_endpoint` to the provider's file")
        .account(&account)
    })?;
    let rule = reach.provider.identity.clone();
    let mut need = Need::Margin;
    let mut account = account;
    loop {
        let (now, secrets) = online.fresh(account, need).await?;
        account = now;
        match userinfo(
            &online.http,
            &endpoint,
            &secrets.tokens.access_token,
            &rule,
            &account.client.id,
        )
        .await
        {
            Ok(claims) => return Ok((account, claims, rule)),
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
                return Err(online::failed(
                    &error,
                    Code::InvalidResponse,
                    "the stored tokens are unchanged",
                )
                .account(&account));
            }
        }
    }
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
    let (code, message) = match need {
        Need::Margin => (
            Code::LoginRequired,
            "the provider no longer accepts its access token",
        ),
        _ => (
            Code::Unauthorized,
            "the provider refuses a token that was just renewed",
        ),
    };
    Error::new(code, message)
        .hint(format!("sign in again with `keyfob login {account}`"))
        .account(account)
}
