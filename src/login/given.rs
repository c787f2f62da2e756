//! A token that somebody has already, such as a personal access token: shown to the provider, which says
//! whose it is, and kept. No client has a part in it, nothing renews it, and when it ends nobody says.

use std::sync::Arc;

use url::Url;

use super::identity::{self, Who};
use super::persist::{self, SignInGrant};
use super::{Keeping, Plan, SignedIn, Wish, metadata, run, target};
use crate::account::{Identity, SignIn};
use crate::context::{self, Context};
use crate::error::{Code, Error, Result};
use crate::oauth::userinfo::userinfo;
use crate::oauth::{Client, OauthError};
use crate::provider::{ClientAuth, Provider};
use crate::token_set::TokenSet;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// What a refusal leaves behind.
const NOTHING: &str = "nothing was stored";

/// How a token is kept that its provider is not asked about.
const UNSEEN: &str = "`--as NAME --no-verify` keeps it without asking";

/// A given token, and what to make of it.
#[derive(Debug)]
pub(crate) struct Given {
    /// Whose token it is said to be.
    pub provider: Provider,
    /// The token, judged by its grammar and its prefix already.
    pub token: Secret,
    /// Whether the provider is asked whose it is.
    pub verify: bool,
    /// Where it goes.
    pub keeping: Keeping,
}

/// Asks whose token it is, and keeps it. Locks and store are proved first; every failure leaves all
/// accounts as they were.
pub(crate) async fn given(context: &Context, given: Given) -> Result<SignedIn> {
    let Given {
        provider,
        token,
        verify,
        keeping,
    } = given;
    run::prove(
        Arc::clone(&context.vault),
        provider.name.clone(),
        keeping.store,
    )
    .await?;

    let mut plan = Plan {
        wish: Wish {
            provider,
            ..Wish::default()
        },
        keeping,
    };
    target::settle(&context.vault, &plan, SignIn::Given)?;
    plan.wish.provider = completed(context, plan.wish.provider, verify).await?;
    let who = if verify {
        whose(context, &plan.wish.provider, &token).await?
    } else {
        unseen(&plan.wish.provider)
    };
    persist::keep(context, &Arc::new(plan), grant(token, who)).await
}

/// The definition as a given token meets it, with what it leaves to the metadata unless nobody is to be asked.
async fn completed(context: &Context, provider: Provider, verify: bool) -> Result<Provider> {
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

/// What the provider says about the token.
async fn whose(context: &Context, provider: &Provider, token: &Secret) -> Result<Who> {
    let endpoint = provider.userinfo_endpoint.as_ref();
    let endpoint = endpoint.ok_or_else(|| silent(provider))?;
    let progress = context.term.progress("asking whose token it is");
    let told = userinfo(&context.http, endpoint, token, &provider.identity, "").await;
    drop(progress);
    let told = told.map_err(|error| untold(provider, &error))?;
    identity::named(provider, None, &told).map(as_given)
}

/// Nobody was asked.
fn unseen(provider: &Provider) -> Who {
    as_given(Who {
        identity: identity::identity(provider, None, String::new()),
        username: None,
    })
}

fn as_given(who: Who) -> Who {
    Who {
        identity: Identity {
            kind: SignIn::Given,
            ..who.identity
        },
        ..who
    }
}

fn grant(token: Secret, who: Who) -> SignInGrant {
    SignInGrant {
        client: Client {
            id: String::new(),
            auth: ClientAuth::None,
            secret: None,
        },
        redirect_uri: None,
        who,
        tokens: TokenSet::of_stranger(token, Timestamp::now()),
    }
}

fn silent(provider: &Provider) -> Error {
    Error::new(
        Code::ConfigInvalid,
        format!(
            "nothing says where {} tells whose a token is",
            provider.title
        ),
    )
    .hint(format!(
        "{NOTHING}; add `given.userinfo_endpoint` to the provider's file; {UNSEEN}"
    ))
}

/// The provider does not say whose token it is. A token that it refuses is denied access, as by a person.
fn untold(provider: &Provider, error: &OauthError) -> Error {
    let title = &provider.title;
    match error {
        OauthError::Unauthorized => {
            let page = provider.revocation.page.as_ref();
            let page = page.map_or_else(String::new, |page| format!(": {page}"));
            Error::new(
                Code::AccessDenied,
                format!("{title} does not accept this token"),
            )
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
