//! Machine accounts of CI systems: the identity token of the job is exchanged for a token of the provider
//! (RFC 8693). There is no consent and no refresh token; a new identity token gets the next one.

use std::sync::Arc;

use super::entry::Grant;
use super::identity::Who;
use super::persist;
use super::plan::EXCHANGE;
use super::{
    Browser, Flow, Plan, SignedIn, Surroundings, Visitor, Wanted, client, metadata, resource,
};
use crate::account::{Identity, SignIn, SubjectFrom};
use crate::ci::{self, IdentityToken};
use crate::context::{self, Context};
use crate::error::{Code, Error, Result};
use crate::oauth::{Client, OauthError};
use crate::provider::Provider;
use crate::store::Kind;
use crate::token_set::TokenSet;
use keyfob_base::timestamp::Timestamp;

/// What to exchange for.
#[derive(Debug)]
pub struct Exchanged {
    /// Where.
    pub provider: Provider,
    /// Where the identity token comes from.
    pub subject_from: SubjectFrom,
    /// `--scope`; where empty the provider decides.
    pub scopes: Vec<String>,
    /// `--resource`; where empty the provider's own.
    pub resource: Vec<String>,
    /// `--audience`; where absent the provider's own.
    pub audience: Option<String>,
}

/// Exchanges once, and stores nothing. What is asked for has been checked.
pub async fn exchange(context: &Context, wanted: Exchanged) -> Result<TokenSet> {
    let mut plan = unkept(wanted);
    if plan.provider.token_endpoint.is_none() {
        let with_client = client::known_id(context, &plan).is_some();
        plan.provider = metadata::complete(context, plan.provider, with_client).await?;
    }
    plan.settle()?;
    let client = client::for_exchange(context, &plan).await?;
    let identity = identity(context, &plan).await?;
    send(context, &plan, &client, &identity).await
}

/// Signs the machine in.
pub(super) async fn login(context: &Context, plan: Plan) -> Result<SignedIn> {
    let client = client::for_exchange(context, &plan).await?;
    let identity = identity(context, &plan).await?;
    let exchange = send(context, &plan, &client, &identity);
    let tokens = plan.noting(context, &client, exchange).await?;
    let grant = Grant {
        who: who(&plan, &identity),
        client,
        redirect_uri: None,
        tokens,
    };
    persist::persist(context, &Arc::new(plan), grant).await
}

/// Checks what a login asks for, before anything is sent.
pub(super) fn check(plan: &Plan) -> Result<()> {
    let held = plan.expected.as_ref().map(|account| &*account.resource);
    let held = held.unwrap_or(&plan.provider.resource);
    resource::check(&plan.provider, plan.flow, &plan.resource, held)
}

/// The command that asks for the same.
fn again(wanted: &Exchanged) -> String {
    let mut words = vec![
        "keyfob".into(),
        "token".into(),
        wanted.provider.name.clone(),
    ];
    let mut option = |name: &str, value: &str| words.extend([name.into(), value.to_owned()]);
    let scopes = wanted.scopes.iter().map(|value| ("--scope", value));
    let resource = wanted.resource.iter().map(|value| ("--resource", value));
    let audience = wanted.audience.iter().map(|value| ("--audience", value));
    for (name, value) in scopes.chain(resource).chain(audience) {
        option(name, value);
    }
    if let SubjectFrom::File(file) = &wanted.subject_from {
        option("--subject-token-file", &file.to_string_lossy());
    }
    words.push(EXCHANGE.into());
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| words.join(" "))
}

/// A login of which nothing is kept and at which nobody is asked.
fn unkept(wanted: Exchanged) -> Plan {
    Plan {
        command: again(&wanted),
        child: "",
        by_url: false,
        provider: wanted.provider,
        expected: None,
        name: None,
        replace: false,
        wanted: Wanted {
            scopes: wanted.scopes,
            presets: Vec::new(),
        },
        scopes: Vec::new(),
        resource: wanted.resource,
        audience: wanted.audience,
        flow: Flow::TokenExchange,
        switch: false,
        store: Kind::Keyring, // never opened
        client_id: None,
        register: false,
        ephemeral: true,
        gained: Arc::default(),
        subject_from: wanted.subject_from,
        port: None,
        timeout: None,
        surroundings: Surroundings::default(),
        visitor: Visitor::Person(Browser::None("nobody is asked".into())),
    }
}

async fn identity(context: &Context, plan: &Plan) -> Result<IdentityToken> {
    let provider = &plan.provider;
    let wanted = ci::Wanted {
        provider,
        audience: audience(provider)?,
        from: &plan.subject_from,
        by_file: ci::BY_FILE,
    };
    ci::identity_token(context, wanted).await
}

async fn send(
    context: &Context,
    plan: &Plan,
    client: &Client,
    identity: &IdentityToken,
) -> Result<TokenSet> {
    let endpoint = plan.token_endpoint(client)?;
    let sent = endpoint.token_exchange(
        &context.http,
        &plan.provider.exchange,
        &identity.token,
        plan.audience.as_deref(),
        Timestamp::now(),
    );
    sent.await
        .map_err(|error| failed(plan, client, identity, &error))
}

/// Whom the identity token has to be for.
fn audience(provider: &Provider) -> Result<&str> {
    let issuer = provider.issuer.as_deref();
    let issuer = issuer.filter(|issuer| !issuer.contains('{'));
    provider
        .exchange
        .audience
        .as_deref()
        .or(issuer)
        .ok_or_else(|| {
            Error::new(
                Code::ConfigInvalid,
                format!(
                    "the definition of {} does not say whom an identity token has to be for",
                    provider.title
                ),
            )
            .hint(format!(
                "`keyfob provider set {} exchange.audience=AUDIENCE` gives it",
                provider.name
            ))
        })
}

/// Whoever the job is, and what its token is for: two resources are two accounts.
fn who(plan: &Plan, identity: &IdentityToken) -> Who {
    let provider = &plan.provider;
    let issuer = provider.issuer.as_ref().unwrap_or(&provider.name);
    let subject = identity.claims.subject.clone();
    let targets: Vec<String> = plan
        .resource
        .iter()
        .chain(&plan.audience)
        .cloned()
        .collect();
    let parts: Vec<String> = subject.iter().chain(&targets).cloned().collect();
    Who {
        identity: Identity {
            issuer: issuer.clone(),
            subject: parts.join(" "),
            kind: SignIn::Exchange,
        },
        username: Some(targets.join(" "))
            .filter(|targets| !targets.is_empty())
            .or(subject),
    }
}

/// What it means that the provider gave no token for the identity token.
fn failed(plan: &Plan, client: &Client, identity: &IdentityToken, error: &OauthError) -> Error {
    let place = &identity.place;
    match error {
        OauthError::Refused(response) => {
            let what = format!("the identity token from {place}");
            let failure = client::failed(plan, client, &what, error);
            let next = match response.error.as_str() {
                "invalid_grant" | "invalid_request" => identity.advice(&plan.provider.title),
                _ => return failure,
            };
            Error {
                hint: Some(format!("nothing was stored; {next}")),
                ..failure
            }
        }
        error => context::failed(error, Code::TokenExchangeFailed, "nothing was stored"),
    }
}

#[cfg(test)]
mod tests;
