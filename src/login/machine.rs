//! Machine accounts, at which nobody consents and no refresh token is given: a client signs in by its own id
//! and secret (RFC 6749 §4.4), or a CI job's identity token is exchanged for a token (RFC 8693). When a token
//! ends, the same gets the next one.

use std::sync::Arc;

use super::browser::Browser;
use super::consent::Visitor;
use super::environment::Surroundings;
use super::flow::Flow;
use super::identity::Who;
use super::persist::{self, SignInGrant};
use super::plan::{EXCHANGE, Plan, SignedIn, Wanted, check_resources};
use super::{client, ephemeral, metadata};
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
    let identity = identity_token(context, &plan).await?;
    send(context, &plan, &client, &identity).await
}

/// Signs the machine in.
pub(super) async fn sign_in_job(context: &Context, plan: Plan) -> Result<SignedIn> {
    let client = client::for_exchange(context, &plan).await?;
    let identity = identity_token(context, &plan).await?;
    let exchange = send(context, &plan, &client, &identity);
    let tokens = plan.noting(context, &client, exchange).await?;
    let grant = SignInGrant {
        who: job_identity(&plan, &identity),
        client,
        redirect_uri: None,
        tokens,
    };
    persist::persist(context, &Arc::new(plan), grant).await
}

/// Checks what a login asks for, before anything is sent.
pub(super) fn check_exchange(plan: &Plan) -> Result<()> {
    let held = plan.expected.as_ref().map(|account| &*account.resource);
    let held = held.unwrap_or(&plan.provider.resource);
    check_resources(&plan.provider, plan.flow, &plan.resource, held)
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

async fn identity_token(context: &Context, plan: &Plan) -> Result<IdentityToken> {
    let provider = &plan.provider;
    let wanted = ci::Wanted {
        provider,
        audience: token_audience(provider)?,
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
        .map_err(|error| exchange_error(plan, client, identity, &error))
}

/// Whom the identity token has to be for.
fn token_audience(provider: &Provider) -> Result<&str> {
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
fn job_identity(plan: &Plan, identity: &IdentityToken) -> Who {
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
fn exchange_error(
    plan: &Plan,
    client: &Client,
    identity: &IdentityToken,
    error: &OauthError,
) -> Error {
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

/// Signs the client in.
pub(super) async fn sign_in_client(context: &Context, plan: Plan) -> Result<SignedIn> {
    let client = client::for_itself(context, &plan).await?;
    ephemeral::forewarn(context, &plan, Some(&client));
    let fetch = fetch_token(context, &plan, &client);
    let tokens = plan.noting(context, &client, fetch).await?;
    let grant = SignInGrant {
        who: client_identity(&plan, &client),
        client,
        redirect_uri: None,
        tokens,
    };
    persist::persist(context, &Arc::new(plan), grant).await
}

async fn fetch_token(context: &Context, plan: &Plan, client: &Client) -> Result<TokenSet> {
    plan.token_endpoint(client)?
        .client_credentials(&context.http, plan.audience.as_deref(), Timestamp::now())
        .await
        .map_err(|error| client::failed(plan, client, "a token", &error))
}

/// The client is who it is; no endpoint is asked.
fn client_identity(plan: &Plan, client: &Client) -> Who {
    let provider = &plan.provider;
    Who {
        identity: Identity {
            issuer: provider
                .issuer
                .clone()
                .unwrap_or_else(|| provider.name.clone()),
            subject: client.id.clone(),
            kind: SignIn::Client,
        },
        username: Some(client.id.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::Claims;
    use crate::login::fixture;
    use keyfob_base::secret::Secret;

    fn acme() -> Provider {
        Provider {
            name: "acme".into(),
            title: "Acme".into(),
            issuer: Some("https://id.example.com".into()),
            scopes: vec!["openid".into(), "read".into()],
            ..Provider::default()
        }
    }

    fn identity(subject: Option<&str>) -> IdentityToken {
        IdentityToken {
            token: Secret::new("MARKED"),
            place: "GitLab CI".into(),
            claims: Claims {
                is_token: true,
                subject: subject.map(str::to_owned),
                ..Claims::default()
            },
        }
    }

    fn plan(resource: &[&str], audience: Option<&str>) -> Plan {
        Plan {
            flow: Flow::TokenExchange,
            resource: resource.iter().map(|one| (*one).to_owned()).collect(),
            audience: audience.map(str::to_owned),
            ..fixture::plan(acme())
        }
    }

    #[test]
    fn the_audience_is_the_rules_else_the_issuer() {
        let mut provider = acme();
        assert_eq!(token_audience(&provider).unwrap(), "https://id.example.com");
        provider.exchange.audience = Some("api".into());
        assert_eq!(token_audience(&provider).unwrap(), "api");
        provider.exchange.audience = None;
        for issuer in [None, Some("https://id.example.com/{tid}".to_owned())] {
            provider.issuer = issuer;
            let error = token_audience(&provider).unwrap_err();
            assert_eq!(error.code, Code::ConfigInvalid);
            assert!(error.hint.unwrap().contains("exchange.audience=AUDIENCE"));
        }
    }

    #[test]
    fn two_targets_are_two_identities_and_each_reads_well() {
        let job = identity(Some("repo:acme/app"));
        let one = job_identity(&plan(&["acme/model"], None), &job);
        let two = job_identity(&plan(&["acme/data"], None), &job);
        let bare = job_identity(&plan(&[], None), &job);
        let api = job_identity(&plan(&[], Some("api")), &job);
        for (who, subject, username) in [
            (&one, "repo:acme/app acme/model", "acme/model"),
            (&two, "repo:acme/app acme/data", "acme/data"),
            (&bare, "repo:acme/app", "repo:acme/app"),
            (&api, "repo:acme/app api", "api"),
        ] {
            assert_eq!(who.identity.subject, subject);
            assert_eq!(who.identity.issuer, "https://id.example.com");
            assert_eq!(who.identity.kind, SignIn::Exchange);
            assert_eq!(who.username.as_deref(), Some(username));
        }
        let nobody = job_identity(&plan(&[], None), &identity(None));
        assert_eq!((&*nobody.identity.subject, nobody.username), ("", None));
    }

    #[test]
    fn the_usual_scopes_are_a_persons_and_are_not_asked_for() {
        let mut plan = plan(&[], None);
        plan.settle().unwrap();
        assert!(plan.scopes.is_empty());
        plan.wanted.scopes = vec!["write".into()];
        plan.settle().unwrap();
        assert_eq!(plan.scopes, ["write"]);
    }

    #[test]
    fn a_refusal_names_the_next_step_by_whose_fault_it_is() {
        let client = |id: &str| Client {
            id: id.into(),
            auth: crate::provider::ClientAuth::None,
            secret: None,
        };
        let said = |error: &str| {
            let response = crate::oauth::ErrorResponse {
                error: error.into(),
                description: None,
            };
            let refused = OauthError::Refused(response);
            let job = identity(Some("repo:acme/app"));
            let error = exchange_error(&plan(&[], None), &client("fob"), &job, &refused);
            assert_eq!(error.code, Code::TokenExchangeFailed);
            assert!(
                error.message.contains("the identity token from GitLab CI"),
                "{error}"
            );
            assert!(!format!("{error:?}").contains("MARKED"));
            error.hint.unwrap()
        };
        for (error, hint) in [
            ("invalid_target", "`--resource` or `--audience`"),
            (
                "invalid_grant",
                "trusts this job, whose subject is `repo:acme/app`",
            ),
            ("invalid_request", "Acme trusts this job"),
            ("invalid_client", "check the client id"),
            ("invalid_scope", "--scope"),
        ] {
            assert!(said(error).contains(hint), "{}", said(error));
        }
    }
}
