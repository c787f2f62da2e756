//! A token that somebody has already, such as a personal access token: shown to the provider, which says
//! whose it is, and kept. No client has a part in it, nothing renews it, and when it ends nobody says.

use std::sync::Arc;

use url::Url;

use super::identity::{self, Who};
use super::persist::{self, SignInGrant};
use super::{Keeping, Plan, Retry, SignedIn, Wish, metadata, origins, run, target};
use crate::account::{Identity, SignIn};
use crate::context::{self, Context};
use crate::error::{Code, Error, Result};
use crate::oauth::userinfo::userinfo;
use crate::oauth::{Client, OauthError};
use crate::provider::{Endpoint, Provider};
use crate::token_set::TokenSet;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

const NOTHING: &str = "nothing was stored";

/// How a token is kept that its provider is not asked about.
const UNSEEN: &str = "`--as NAME --no-verify` keeps it without asking";

#[derive(Debug)]
pub(crate) struct Given {
    pub provider: Provider,
    /// The token, judged by its grammar and its prefix already.
    pub token: Secret,
    pub verify: bool,
    /// `--accept-origin`.
    pub accepts: Vec<String>,
    pub retry: Retry,
    pub keeping: Keeping,
}

/// Asks whose token it is, and keeps it. Locks and store are proved first; every failure leaves all
/// accounts as they were.
pub(crate) async fn keep_given(context: &Context, given: Given) -> Result<SignedIn> {
    run::prove(context, &given.provider.name, given.keeping.store).await?;
    let mut plan = Plan {
        wish: Wish {
            provider: given.provider,
            accepts: given.accepts,
            retry: given.retry,
            ..Wish::default()
        },
        keeping: given.keeping,
    };
    target::settle(&context.vault, &plan, SignIn::Given)?;
    plan.wish.provider = complete(context, plan.wish.provider, given.verify).await?;
    let asked: &[Endpoint] = if given.verify {
        &[Endpoint::Userinfo]
    } else {
        &[]
    };
    origins::settle(context, &mut plan.wish, asked, true).await?;
    origins::confirm_same_servers(context, &mut plan).await?;
    let provider = &plan.wish.provider;
    let who = if given.verify {
        ask_whose(context, provider, &given.token).await?
    } else {
        Who::unknown(provider)
    };
    let grant = SignInGrant {
        vouched: true,
        client: Client::default(),
        redirect_uri: None,
        who: Who {
            identity: Identity {
                kind: SignIn::Given,
                ..who.identity
            },
            ..who
        },
        tokens: TokenSet::of_stranger(given.token, Timestamp::now()),
    };
    persist::keep(context, &Arc::new(plan), grant).await
}

async fn complete(context: &Context, provider: Provider, verify: bool) -> Result<Provider> {
    let mut provider = provider.for_given();
    let open = provider.userinfo_endpoint.is_none() || provider.token_endpoint.is_none();
    if verify && open {
        provider = metadata::complete(context, provider, true).await?;
    }
    // An account pins one. Of this kind nothing is ever sent there, so the issuer's own place will do.
    provider.token_endpoint = provider.token_endpoint.or_else(|| {
        let issuer = provider.issuer.as_deref();
        issuer.and_then(|issuer| Url::parse(issuer).ok())
    });
    Ok(provider)
}

async fn ask_whose(context: &Context, provider: &Provider, token: &Secret) -> Result<Who> {
    let endpoint = provider.userinfo_endpoint.as_ref();
    let endpoint = endpoint.ok_or_else(|| no_userinfo_error(provider))?;
    let progress = context.term.progress("asking whose token it is");
    let told = userinfo(&context.http, endpoint, token, &provider.identity, "").await;
    drop(progress);
    let told = told.map_err(|error| userinfo_error(provider, &error))?;
    identity::read_who(provider, None, &told)
}

fn no_userinfo_error(provider: &Provider) -> Error {
    let what = format!(
        "nothing says where {} tells whose a token is",
        provider.title
    );
    Error::new(Code::ConfigInvalid, what).hint(format!(
        "{NOTHING}; add `given.userinfo_endpoint` to the provider's file; {UNSEEN}"
    ))
}

/// The provider does not say whose token it is. A token that it refuses is denied access, as by a person.
fn userinfo_error(provider: &Provider, error: &OauthError) -> Error {
    let title = &provider.title;
    match error {
        OauthError::Unauthorized => {
            let page = provider.revocation.page.as_ref();
            let page = page.map_or_else(String::new, |page| format!(": {page}"));
            let what = format!("{title} does not accept this token");
            Error::new(Code::AccessDenied, what)
            .hint(format!(
                "{NOTHING}; it may have ended, or been revoked, or be for another server: see your tokens there{page}"
            ))
        }
        OauthError::Refused(response) => Error::new(
            Code::AccessDenied,
            format!("{title} does not say whose token this is: {response}"),
        )
        .hint(format!(
            "{NOTHING}; give a token that may read who its owner is; {UNSEEN}"
        )),
        OauthError::Invalid(_) => {
            let failure = context::failed(error, Code::InvalidResponse, NOTHING);
            let hint = failure.hint.clone().unwrap_or_default();
            failure.hint(format!("{hint}; {UNSEEN}"))
        }
        OauthError::Network(_) | OauthError::Unavailable { .. } => {
            context::failed(error, Code::InvalidResponse, NOTHING)
        }
    }
}
