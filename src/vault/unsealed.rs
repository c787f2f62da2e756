//! What is believed of an account whose secret is of before the sealed record: its facts lie in the index alone, where
//! whoever writes there could have put them. They are taken where the provider's definition, which lies elsewhere, says
//! the same.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use url::Url;

use super::Secrets;
use crate::account::{Account, SignIn, SubjectFrom};
use crate::error::{Code, Error, Result};
use crate::provider::{Provider, Registry, SANDBOX};

pub(super) fn believe(registry: &Registry, account: &Account, secrets: &Secrets) -> Result<()> {
    let definition = match registry.describe(&account.provider) {
        Ok(definition) => definition,
        Err(error) if error.code == Code::UnknownProvider => {
            return Err(refuse(account, "there is no definition of its provider").hint(format!(
                "add the definition again, or forget the account here with `keyfob logout {account} --local`"
            )));
        }
        Err(error) => return Err(error.account(account)),
    };
    match doubt(&definition, account, secrets) {
        Some(what) => Err(refuse(account, what)),
        None => Ok(()),
    }
}

fn doubt(definition: &Provider, account: &Account, secrets: &Secrets) -> Option<&'static str> {
    // A file that a planted entry names would be read and sent: a sign-in says once more which it is.
    if matches!(account.subject_from, Some(SubjectFrom::File(_))) {
        return Some("the file of its identity token is named in the index alone");
    }
    if !account.accepted_origins.is_empty() {
        return Some("an older keyfob accepted no server for it");
    }
    if !is_own_issuer(definition, &account.identity.issuer) {
        return Some("its issuer is not the one of the definition");
    }
    if !has_own_endpoints(definition, account) {
        return Some("an endpoint of it is not where the definition is");
    }
    let rule = &definition.identity;
    let plain = rule.subject == "/sub" && rule.tenant.is_none();
    let subject = claimed_subject(secrets).filter(|_| plain);
    if subject.is_some_and(|subject| subject != account.identity.subject) {
        return Some("its id token names another subject");
    }
    None
}

fn is_own_issuer(definition: &Provider, issuer: &str) -> bool {
    let defined = definition.issuer.as_deref().unwrap_or(&definition.name);
    if !defined.contains('{') {
        return defined == issuer;
    }
    let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin());
    origin(defined).is_some_and(|own| origin(issuer) == Some(own))
}

/// Whether each endpoint is on an origin of the definition's, or of one that is trusted for it.
fn has_own_endpoints(definition: &Provider, account: &Account) -> bool {
    if definition.name == SANDBOX && definition.embedded {
        return account.endpoints.pinned_as.is_some(); // it serves on another port each time, and its pin says all
    }
    let given = (account.identity.kind == SignIn::Given).then(|| definition.clone().for_given());
    let definitions = [Some(definition), given.as_ref()];
    let endpoints = definitions.into_iter().flatten().flat_map(|one| {
        [
            &one.authorization_endpoint,
            &one.token_endpoint,
            &one.userinfo_endpoint,
            &one.revocation_endpoint,
        ]
    });
    let own: Vec<&Url> = endpoints.flatten().collect();
    let is_own =
        |url: Url| definition.trusts(&url) || own.iter().any(|own| own.origin() == url.origin());
    let endpoints = &account.endpoints;
    let others = [&endpoints.userinfo, &endpoints.revocation];
    let mut all = others.into_iter().flatten().chain([&endpoints.token]);
    account.endpoints.pinned_as.is_none() && all.all(|one| one.url().is_ok_and(is_own))
}

/// The `sub` of the id token, which lies in the secret and was checked when it came.
fn claimed_subject(secrets: &Secrets) -> Option<String> {
    let token = secrets.tokens.id_token.as_ref()?.expose();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    claims.get("sub")?.as_str().map(str::to_owned)
}

fn refuse(account: &Account, what: &str) -> Error {
    let message = format!("its secret was kept by an older keyfob, and {what}");
    Error::new(Code::LoginRequired, message)
        .hint(account.again())
        .account(account)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::account::{Address, fixture};
    use crate::token_set::TokenSet;
    use keyfob_base::secret::Secret;

    fn secrets(subject: Option<&str>) -> Secrets {
        let id_token = subject.map(|subject| {
            let claims = URL_SAFE_NO_PAD.encode(format!("{{\"sub\":\"{subject}\"}}"));
            Secret::new(format!("e30.{claims}.x"))
        });
        Secrets {
            tokens: TokenSet {
                id_token,
                ..TokenSet::of_stranger(Secret::new("a"), fixture::now())
            },
            client_secret: None,
            generation: 1,
            unknown: super::super::UnknownMembers::default(),
        }
    }

    fn definition() -> Provider {
        Provider {
            name: "acme".into(),
            issuer: Some("https://acme.example".into()),
            token_endpoint: Url::parse("https://login.other.example/token").ok(),
            ..Provider::default()
        }
    }

    fn account() -> Account {
        let mut account = fixture::account();
        account.identity.issuer = "https://acme.example".into();
        account.identity.subject = "ada".into();
        account.endpoints.token = address("https://login.other.example/token");
        account
    }

    fn address(url: &str) -> Address {
        Address::from(&Url::parse(url).unwrap())
    }

    #[test]
    fn an_endpoint_is_taken_where_the_definition_is() {
        for (token, taken) in [
            ("https://login.other.example/token", true),
            ("https://login.other.example/v2/token", true),
            ("https://acme.example/token", true),
            ("https://id.acme.example/token", true),
            ("https://other.example/token", false),
            ("https://evilacme.example/token", false),
            ("https://acme.example.evil.example/token", false),
            ("https://acme.example:8443/token", true),
            ("https://id.acme.example:8443/token", true),
            ("http://acme.example/token", false),
            ("http://127.0.0.1:1/token", false),
        ] {
            let mut account = account();
            account.endpoints.userinfo = Some(address(token));
            let doubt = doubt(&definition(), &account, &secrets(None));
            assert_eq!(doubt.is_none(), taken, "{token}");
        }
    }

    #[test]
    fn who_it_is_has_to_be_what_definition_and_id_token_say() {
        let judge = |account: &Account| doubt(&definition(), account, &secrets(Some("ada")));
        assert_eq!(judge(&account()), None);
        let changes: [fn(&mut Account); 4] = [
            |it| it.identity.subject = "grace".into(),
            |it| it.identity.issuer = "https://evil.example".into(),
            |it| it.endpoints.pinned_as = Some("x".into()),
            |it| it.subject_from = Some(SubjectFrom::File(PathBuf::from("/etc/hostname"))),
        ];
        for change in changes {
            let mut account = account();
            change(&mut account);
            assert!(judge(&account).is_some(), "{account:?}");
        }
    }
}
