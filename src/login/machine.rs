//! Machine accounts, at which nobody consents and no refresh token is given: a client signs in by its own id
//! and secret (RFC 6749 §4.4), or a CI job's identity token is exchanged (RFC 8693), each time a token ends again.

use std::sync::Arc;

use super::identity::Who;
use super::persist::{self, SignInGrant};
use super::plan::{Plan, SignedIn, Wish, check_resources};
use super::{client, ephemeral, metadata, origins};
use crate::account::{Identity, SignIn};
use crate::ci::{self, IdentityToken};
use crate::context::{self, Context};
use crate::error::{Code, Error, Result};
use crate::oauth::{Client, OauthError};
use crate::provider::{Endpoint, Provider};
use crate::token_set::TokenSet;
use keyfob_base::timestamp::Timestamp;

/// Exchanges once, and stores nothing. What is asked for has been checked.
pub(crate) async fn exchange(context: &Context, mut wish: Wish) -> Result<TokenSet> {
    if wish.provider.token_endpoint.is_none() {
        let with_client = client::known_id(context, &wish, None).is_some();
        wish.provider = metadata::complete(context, wish.provider, with_client).await?;
    }
    origins::settle(context, &mut wish, &[Endpoint::Token], false).await?;
    wish.settle(None)?;
    let client = client::for_exchange(context, &wish, None).await?;
    let identity = identity_token(context, &wish).await?;
    send(context, &wish, &client, &identity).await
}

pub(super) async fn sign_in_job(context: &Context, plan: Plan) -> Result<SignedIn> {
    ephemeral::forewarn(context, &plan, None);
    let client = client::for_exchange(context, &plan.wish, plan.keeping.expected.as_ref()).await?;
    let identity = identity_token(context, &plan.wish).await?;
    let exchange = send(context, &plan.wish, &client, &identity);
    let tokens = plan.noting(context, &client, exchange).await?;
    let grant = SignInGrant {
        vouched: true,
        who: job_identity(&plan.wish, &identity),
        client,
        redirect_uri: None,
        tokens,
    };
    persist::persist(context, &Arc::new(plan), grant).await
}

pub(super) fn check_exchange(plan: &Plan) -> Result<()> {
    let Plan { wish, keeping } = plan;
    let expected = keeping.expected.as_ref();
    let held = expected.map_or(&wish.provider.resource, |account| &account.resource);
    check_resources(&wish.provider, wish.flow, &wish.resource, held)
}

async fn identity_token(context: &Context, wish: &Wish) -> Result<IdentityToken> {
    let wanted = ci::Wanted {
        provider: &wish.provider,
        audience: token_audience(&wish.provider)?,
        from: &wish.subject_from,
        by_file: ci::BY_FILE,
    };
    ci::identity_token(context, wanted).await
}

async fn send(
    context: &Context,
    wish: &Wish,
    client: &Client,
    identity: &IdentityToken,
) -> Result<TokenSet> {
    let endpoint = wish.token_endpoint(client)?;
    let sent = endpoint.token_exchange(
        &context.http,
        &wish.provider.exchange,
        &identity.token,
        wish.audience.as_deref(),
        Timestamp::now(),
    );
    sent.await
        .map_err(|error| exchange_error(wish, client, identity, &error))
}

fn token_audience(provider: &Provider) -> Result<&str> {
    let issuer = provider.issuer.as_deref();
    let issuer = issuer.filter(|issuer| !issuer.contains('{'));
    provider
        .exchange
        .audience
        .as_deref()
        .or(issuer)
        .ok_or_else(|| {
            let what = format!(
                "the definition of {} does not say whom an identity token has to be for",
                provider.title
            );
            Error::new(Code::ConfigInvalid, what).hint(format!(
                "`keyfob provider set {} exchange.audience=AUDIENCE` gives it",
                provider.name
            ))
        })
}

/// Whoever the job is, and what its token is for: two resources are two accounts.
fn job_identity(wish: &Wish, identity: &IdentityToken) -> Who {
    let subject = identity.claims.subject.clone();
    let targets = wish.resource.iter().chain(&wish.audience);
    let targets: Vec<String> = targets.cloned().collect();
    let parts: Vec<String> = subject.iter().chain(&targets).cloned().collect();
    let named = Some(targets.join(" ")).filter(|targets| !targets.is_empty());
    machine(wish, SignIn::Exchange, parts.join(" "), named.or(subject))
}

fn exchange_error(
    wish: &Wish,
    client: &Client,
    identity: &IdentityToken,
    error: &OauthError,
) -> Error {
    match error {
        OauthError::Refused(response) => {
            let what = format!("the identity token from {}", identity.place);
            let failure = client::request_error(wish, client, &what, error);
            match response.error.as_str() {
                "invalid_grant" | "invalid_request" => {
                    let next = identity.advice(&wish.provider.title);
                    failure.hint(format!("nothing was stored; {next}"))
                }
                _ => failure,
            }
        }
        error => context::failed(error, Code::TokenExchangeFailed, "nothing was stored"),
    }
}

pub(super) async fn sign_in_client(context: &Context, plan: Plan) -> Result<SignedIn> {
    let client = client::for_itself(context, &plan).await?;
    ephemeral::forewarn(context, &plan, Some(&client));
    let fetch = fetch_token(context, &plan.wish, &client);
    let tokens = plan.noting(context, &client, fetch).await?;
    let grant = SignInGrant {
        vouched: true,
        who: machine(
            &plan.wish,
            SignIn::Client,
            client.id.clone(),
            Some(client.id.clone()),
        ),
        client,
        redirect_uri: None,
        tokens,
    };
    persist::persist(context, &Arc::new(plan), grant).await
}

async fn fetch_token(context: &Context, wish: &Wish, client: &Client) -> Result<TokenSet> {
    wish.token_endpoint(client)?
        .client_credentials(&context.http, wish.audience.as_deref(), Timestamp::now())
        .await
        .map_err(|error| client::request_error(wish, client, "a token", &error))
}

/// A machine is who it is; no endpoint is asked.
fn machine(wish: &Wish, kind: SignIn, subject: String, username: Option<String>) -> Who {
    let provider = &wish.provider;
    let issuer = provider.issuer.as_ref().unwrap_or(&provider.name);
    Who {
        identity: Identity {
            issuer: issuer.clone(),
            subject,
            kind,
        },
        username,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::Claims;
    use crate::login::{Flow, fixture};
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

    fn wish(resource: &[&str], audience: Option<&str>) -> Wish {
        Wish {
            flow: Flow::TokenExchange,
            resource: resource.iter().map(|one| (*one).to_owned()).collect(),
            audience: audience.map(str::to_owned),
            ..fixture::wish(acme())
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
        let one = job_identity(&wish(&["acme/model"], None), &job);
        let two = job_identity(&wish(&["acme/data"], None), &job);
        let bare = job_identity(&wish(&[], None), &job);
        let api = job_identity(&wish(&[], Some("api")), &job);
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
        let nobody = job_identity(&wish(&[], None), &identity(None));
        assert_eq!((&*nobody.identity.subject, nobody.username), ("", None));
    }

    #[test]
    fn the_usual_scopes_are_a_persons_and_are_not_asked_for() {
        let mut wish = wish(&[], None);
        wish.settle(None).unwrap();
        assert!(wish.scopes.is_empty());
        wish.wanted.scopes = vec!["write".into()];
        wish.settle(None).unwrap();
        assert_eq!(wish.scopes, ["write"]);
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
            let error = exchange_error(&wish(&[], None), &client("fob"), &job, &refused);
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
