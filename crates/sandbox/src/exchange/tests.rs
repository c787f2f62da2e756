use super::*;
use crate::http::Answer;
use crate::job;
use crate::testing::{ASKED, at, service, service_with};
use crate::{Options, Quirks};

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// The identity token of the job, for an audience.
fn job_token(service: &Service, audience: &str) -> String {
    let mut request = Request {
        method: crate::http::Method::Get,
        path: job::PATH.into(),
        query: format!("api-version=2.0&audience={audience}"),
        headers: Vec::new(),
        body: Vec::new(),
    };
    let refused = service.answer(request_of(&request), at(0));
    assert_eq!(refused.status, 401, "{}", refused.body);
    request.set_header("Authorization", "Bearer any");
    service.answer(request, at(0)).member("value")
}

fn request_of(request: &Request) -> Request {
    Request {
        method: request.method,
        path: request.path.clone(),
        query: request.query.clone(),
        headers: request.headers.clone(),
        body: request.body.clone(),
    }
}

/// A good exchange of that token, with parameters replaced, added or, by an empty value, left out.
fn exchange(service: &Service, token: &str, other: &[(&str, &str)], seconds: u64) -> Answer {
    let usual = [
        ("grant_type", EXCHANGE),
        ("client_id", "keyfob"),
        ("subject_token", token),
        ("subject_token_type", ID_TOKEN),
    ];
    let named = |name: &str| other.iter().any(|(key, _)| *key == name);
    let mut form: Vec<_> = usual.into_iter().filter(|(key, _)| !named(key)).collect();
    form.extend(other);
    service.post("/token", &form, seconds)
}

fn with(quirks: Quirks) -> Service {
    service_with(Options {
        quirks,
        ..Options::default()
    })
}

const ISSUER: &str = "http://issuer.invalid";

#[test]
fn a_job_gets_a_token_for_its_identity_token() {
    let service = service(None);
    let answer = exchange(&service, &job_token(&service, ISSUER), &[], 0);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.member("issued_token_type"), ACCESS_TOKEN);
    assert_eq!(answer.member("token_type"), "Bearer");
    assert_eq!(answer.member("scope"), "read write");
    assert!(answer.value().get("refresh_token").is_none());
    let form = [
        ("token", &*answer.member("access_token")),
        ("client_id", "keyfob"),
    ];
    let said = service.post("/introspect", &form, 0);
    assert_eq!(said.member("sub"), job::SUBJECT);
}

#[test]
fn an_id_token_of_the_client_is_an_identity_token_too() {
    let service = service(Some("ada"));
    let id_token = service
        .exchange(&service.code(&ASKED), 0)
        .member("id_token");
    let answer = exchange(&service, &id_token, &[("scope", "openid profile")], 0);
    let token = answer.member("access_token");
    let person = service.userinfo(&token, 0);
    assert_eq!(person.member("preferred_username"), "ada");
}

#[test]
fn every_parameter_is_checked() {
    let service = service(None);
    let token = job_token(&service, ISSUER);
    for (other, error) in [
        (&[("subject_token", "")][..], "invalid_request"),
        (&[("subject_token_type", "")], "invalid_request"),
        (&[("subject_token_type", ACCESS_TOKEN)], "invalid_request"),
        (&[("requested_token_type", ID_TOKEN)], "invalid_request"),
        (&[("actor_token", "a")], "invalid_request"),
        (&[("actor_token_type", ID_TOKEN)], "invalid_request"),
        (&[("resource", "acme/model")], "invalid_target"),
        (&[("scope", "admin")], "invalid_scope"),
        (&[("subject_token", "a.b.c")], "invalid_grant"),
        (&[("client_id", "nobody")], "invalid_client"),
        (&[("client_id", "")], "invalid_client"),
    ] {
        let answer = exchange(&service, &token, other, 0);
        assert_eq!(answer.refusal().1, error, "{other:?}: {}", answer.body);
    }
    for good in [
        ("requested_token_type", ACCESS_TOKEN),
        ("resource", "https://api.example.com/"),
        ("audience", "api"),
        ("scope", "read"),
    ] {
        assert_eq!(
            exchange(&service, &token, &[good], 0).status,
            200,
            "{good:?}"
        );
    }
}

#[test]
fn a_token_for_somebody_else_or_past_its_time_is_refused() {
    let service = service(None);
    let elsewhere = job_token(&service, "https://id.example.com");
    let refused = (400, "invalid_grant".to_owned());
    assert_eq!(exchange(&service, &elsewhere, &[], 0).refusal(), refused);
    let token = job_token(&service, ISSUER);
    assert_eq!(exchange(&service, &token, &[], 299).status, 200);
    assert_eq!(exchange(&service, &token, &[], 300).refusal(), refused);
    let other = super::super::testing::service(None);
    assert_eq!(exchange(&other, &token, &[], 0).refusal(), refused);
}

#[test]
fn a_client_that_is_not_registered_for_it_exchanges_nothing() {
    let service = service(None);
    let token = job_token(&service, ISSUER);
    let register = |grants: &str| {
        let body = format!(
            r#"{{"redirect_uris": ["http://127.0.0.1/x"], "token_endpoint_auth_method": "none", "grant_types": {grants}}}"#
        );
        service.post_json("/register", &body)
    };
    let without = register(r#"["authorization_code"]"#).member("client_id");
    let answer = exchange(&service, &token, &[("client_id", &without)], 0);
    assert_eq!(answer.refusal().1, "unauthorized_client");
    let registered = register(&format!(r#"["{EXCHANGE}"]"#));
    assert_eq!(registered.value()["grant_types"][1], EXCHANGE);
    let with = registered.member("client_id");
    let answer = exchange(&service, &token, &[("client_id", &with)], 0);
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[test]
fn each_way_to_differ_is_demanded() {
    let audience = with(Quirks {
        exchange_audience: Some("api".into()),
        ..Quirks::default()
    });
    assert_eq!(
        exchange(&audience, &job_token(&audience, ISSUER), &[], 0)
            .refusal()
            .1,
        "invalid_grant"
    );
    let token = job_token(&audience, "api");
    assert_eq!(exchange(&audience, &token, &[], 0).status, 200);

    let nobody = with(Quirks {
        exchange_without_client: true,
        ..Quirks::default()
    });
    let token = job_token(&nobody, ISSUER);
    assert_eq!(exchange(&nobody, &token, &[], 0).status, 400);
    let answer = exchange(&nobody, &token, &[("client_id", "")], 0);
    assert_eq!(answer.status, 200, "{}", answer.body);

    let named = with(Quirks {
        exchange_by_name: true,
        ..Quirks::default()
    });
    let token = job_token(&named, ISSUER);
    for (resources, status) in [
        (&[("resource", "acme/model")][..], 200),
        (&[], 400),
        (&[("resource", "a"), ("resource", "b")], 400),
        (&[("resource", "https://api.example.com/")], 400),
    ] {
        let answer = exchange(&named, &token, resources, 0);
        assert_eq!(answer.status, status, "{resources:?}: {}", answer.body);
    }

    let json = with(Quirks {
        exchange_by_json: true,
        ..Quirks::default()
    });
    let token = job_token(&json, ISSUER);
    assert_eq!(exchange(&json, &token, &[], 0).status, 400);
    let body = serde_json::json!({
        "grant_type": EXCHANGE,
        "client_id": "keyfob",
        "subject_token": token,
        "subject_token_type": ID_TOKEN,
    });
    assert_eq!(json.post_json("/token", &body.to_string()).status, 200);
}
