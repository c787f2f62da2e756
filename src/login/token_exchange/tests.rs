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
    assert_eq!(audience(&provider).unwrap(), "https://id.example.com");
    provider.exchange.audience = Some("api".into());
    assert_eq!(audience(&provider).unwrap(), "api");
    provider.exchange.audience = None;
    for issuer in [None, Some("https://id.example.com/{tid}".to_owned())] {
        provider.issuer = issuer;
        let error = audience(&provider).unwrap_err();
        assert_eq!(error.code, Code::ConfigInvalid);
        assert!(error.hint.unwrap().contains("exchange.audience=AUDIENCE"));
    }
}

#[test]
fn two_targets_are_two_identities_and_each_reads_well() {
    let job = identity(Some("repo:acme/app"));
    let one = who(&plan(&["acme/model"], None), &job);
    let two = who(&plan(&["acme/data"], None), &job);
    let bare = who(&plan(&[], None), &job);
    let api = who(&plan(&[], Some("api")), &job);
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
    let nobody = who(&plan(&[], None), &identity(None));
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
        let error = failed(&plan(&[], None), &client("fob"), &job, &refused);
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
