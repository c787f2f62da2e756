//! Who signed in: the id token's claims, or what the userinfo endpoint says.

use serde_json::Value;

use super::{Plan, Wish, client as ours};
use crate::account::{Identity, SignIn};
use crate::claims;
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::oauth::{Client, OauthError, id_token, userinfo};
use crate::provider::{IdentitySource, Provider};
use crate::token_set::TokenSet;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Who {
    /// The key by which a later sign-in finds its account.
    pub identity: Identity,
    pub username: Option<String>,
}

pub(crate) fn can_tell(wish: &Wish) -> bool {
    let id_token = wish.scopes.iter().any(|scope| scope == "openid");
    match wish.provider.identity.from {
        IdentitySource::Userinfo => wish.provider.userinfo_endpoint.is_some() || id_token,
        IdentitySource::IdToken => id_token,
    }
}

pub(crate) fn nameless_error(provider: &Provider, code: Code) -> Error {
    Error::new(
        code,
        format!("{} does not say who signed in", provider.title),
    )
    .hint("nothing was stored; give the account a name with `--as NAME`")
}

/// Asks and checks. An empty subject means that the provider does not say, which only an account
/// that has its name already can bear.
pub(crate) async fn identify(
    context: &Context,
    plan: &Plan,
    client: &Client,
    tokens: &TokenSet,
    nonce: Option<&Secret>,
) -> Result<Who> {
    let provider = &plan.wish.provider;
    let claims = id_token_claims(provider, client, tokens, nonce)?;
    demand_id_token(&plan.wish, claims.as_ref())?;
    let told = match (&provider.identity.from, &provider.userinfo_endpoint) {
        (IdentitySource::Userinfo, Some(endpoint)) => {
            let asked = userinfo::userinfo(
                &context.http,
                endpoint,
                &tokens.access_token,
                &provider.identity,
                &client.id,
            );
            match asked.await {
                Ok(told) => {
                    agree(claims.as_ref(), &told)?;
                    Some(told)
                }
                Err(error) if claims.is_some() && is_for_others(&plan.wish, &error) => {
                    claims.clone()
                }
                Err(error) => return Err(userinfo_error(&plan.wish, client, &error)),
            }
        }
        _ => claims.clone(),
    };
    match told {
        Some(told) => read_who(provider, claims.as_ref(), &told),
        None if plan.keeping.needs_name() => Err(nameless_error(provider, Code::InvalidResponse)),
        None => Ok(Who::unknown(provider)),
    }
}

impl Who {
    pub(crate) fn unknown(provider: &Provider) -> Self {
        Self {
            identity: build_identity(provider, None, String::new()),
            username: None,
        }
    }
}

/// Reads the person out of what was told, by the provider's rule; `claims` are those of the id token.
pub(crate) fn read_who(provider: &Provider, claims: Option<&Value>, told: &Value) -> Result<Who> {
    let rule = &provider.identity;
    Ok(Who {
        identity: build_identity(provider, claims, read_subject(provider, told)?),
        username: claims::text(told, &rule.username).or_else(|| claims::text(told, &rule.email)),
    })
}

/// A token that was asked for another server's sake, and that the userinfo endpoint therefore does not take.
fn is_for_others(wish: &Wish, error: &OauthError) -> bool {
    let elsewhere = !wish.resource.is_empty() || wish.audience.is_some();
    elsewhere && matches!(error, OauthError::Unauthorized | OauthError::Refused(_))
}

fn userinfo_error(wish: &Wish, client: &Client, error: &OauthError) -> Error {
    let failure = ours::request_error(wish, client, "to say who signed in", error);
    match error {
        OauthError::Refused(_) => Error {
            code: Code::InvalidResponse,
            ..failure
        },
        _ => failure,
    }
}

/// What names the person, below the organisation that the name is unique in where the rule has one:
/// `TENANT/SUBJECT`.
fn read_subject(provider: &Provider, told: &Value) -> Result<String> {
    let rule = &provider.identity;
    let fact = |pointer: &str| {
        claims::text(told, pointer).ok_or_else(|| {
            invalid_error(format!(
                "{} does not say who signed in: no `{pointer}`",
                provider.title
            ))
        })
    };
    let subject = fact(&rule.subject)?;
    match &rule.tenant {
        Some(tenant) => Ok(format!("{}/{subject}", fact(tenant)?)),
        None => Ok(subject),
    }
}

fn id_token_claims(
    provider: &Provider,
    client: &Client,
    tokens: &TokenSet,
    nonce: Option<&Secret>,
) -> Result<Option<Value>> {
    let Some(id_token) = &tokens.id_token else {
        return Ok(None);
    };
    let expected = id_token::Expected {
        issuer: provider.issuer.as_deref(),
        client_id: &client.id,
        nonce,
        now: Timestamp::now(),
    };
    id_token::claims(id_token, &expected)
        .map(Some)
        .map_err(|problem| {
            invalid_error(format!(
                "the answer of {} is not for this login: {problem}",
                provider.title
            ))
        })
}

/// Where `openid` was asked for, an id token says whose the tokens are (OpenID Connect Core §3.1.3.3).
fn demand_id_token(wish: &Wish, claims: Option<&Value>) -> Result<()> {
    let provider = &wish.provider;
    let asked = wish.scopes.iter().any(|scope| scope == "openid");
    if !asked || provider.identity.id_token_optional {
        return Ok(());
    }
    let problem = match claims {
        Some(claims) if claims::text(claims, "/sub").is_some() => return Ok(()),
        Some(_) => "gave an id token that has no usable `sub`",
        None => "gave no id token, though `openid` was asked for",
    };
    let error = invalid_error(format!("{} {problem}", provider.title));
    Err(error.hint(format!(
        "nothing was stored; where that server never gives one: `keyfob provider set {} identity.id_token_optional=true`",
        provider.name
    )))
}

/// id token and userinfo must speak of one person (OpenID Connect Core §5.3.2).
fn agree(claims: Option<&Value>, told: &Value) -> Result<()> {
    let subject = |value: &Value| value.get("sub").and_then(Value::as_str).map(str::to_owned);
    match (claims.and_then(subject), subject(told)) {
        (Some(one), Some(other)) if one != other => Err(invalid_error(
            "id token and userinfo name different people".into(),
        )),
        _ => Ok(()),
    }
}

/// The issuer is the definition's, whatever was asked for, so that the same person stays the same.
/// Where the definition leaves a tenant open it is the id token's own.
fn build_identity(provider: &Provider, claims: Option<&Value>, subject: String) -> Identity {
    let defined = provider.issuer.as_deref().unwrap_or(&provider.name);
    let tenant = claims
        .filter(|_| defined.contains('{'))
        .and_then(|claims| claims::text(claims, "/iss"));
    Identity {
        issuer: tenant.unwrap_or_else(|| defined.to_owned()),
        subject,
        kind: SignIn::Person,
    }
}

fn invalid_error(problem: String) -> Error {
    Error::new(Code::InvalidResponse, problem).hint("nothing was stored; `-v` shows the requests")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_subject_stands_below_its_tenant() {
        let mut provider = Provider {
            title: "Acme".into(),
            ..Provider::default()
        };
        let rule = &mut provider.identity;
        rule.subject = "/user_id".into();
        let told = json!({"user_id": "U1", "team": {"id": 7}});
        assert_eq!(read_subject(&provider, &told).unwrap(), "U1");

        provider.identity.tenant = Some("/team/id".into());
        assert_eq!(read_subject(&provider, &told).unwrap(), "7/U1");
        for (told, missing) in [
            (json!({"user_id": "U1"}), "no `/team/id`"),
            (
                json!({"user_id": "U1", "team": {"id": " "}}),
                "no `/team/id`",
            ),
            (json!({"team": {"id": 7}}), "no `/user_id`"),
        ] {
            let error = read_subject(&provider, &told).unwrap_err();
            assert!(error.message.contains(missing), "{}", error.message);
            assert_eq!(error.code, Code::InvalidResponse);
        }
    }
}
