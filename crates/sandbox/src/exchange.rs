//! Token exchange (RFC 8693): an identity token that was issued here becomes an access token. It is an id
//! token of the client that sends it, or one for this server that a job got at `/identity_token`.
//!
//! The job is that of a CI system, in the protocol of GitHub Actions. Every job is the same one.

use serde_json::{Value, json};

use crate::client::KnownClient;
use crate::http::{Parameters, Refusal, Response};
use crate::scope;
use crate::service::Call;
use crate::store::{State, TokenGrant};

/// What an identity token is, and what is issued for it (RFC 8693 §3).
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
pub(crate) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Who sends an exchange in which no client has a part: nobody may say to be one.
pub(crate) fn refuse_client(call: &Call, form: &Parameters) -> Result<KnownClient, Refusal> {
    let named = form.get("client_id").or(form.get("client_secret"));
    if named.is_some() || call.request.header("Authorization").is_some() {
        return Err(Refusal::invalid_request("no client has a part in this"));
    }
    Ok(KnownClient::unregistered("", "nobody"))
}

/// What is granted for an identity token (RFC 8693 §2.1).
pub(crate) fn grant(
    call: &Call,
    state: &State,
    form: &Parameters,
    client: &KnownClient,
) -> Result<TokenGrant, Refusal> {
    check_types(call, form)?;
    let claims = claims(call, state, form.require("subject_token")?, client)?;
    let subject = claims["sub"].as_str().ok_or_else(refuse_token)?;
    Ok(TokenGrant {
        client: client.id.clone(),
        subject: subject.to_owned(),
        scope: match form.get("scope") {
            None => scope::read_machine_scope(None)?,
            asked => scope::read_scope(asked)?,
        },
        auth_time: call.now,
        audience: read_targets(call, form)?,
        redirect_uri: None,
    })
}

fn check_types(call: &Call, form: &Parameters) -> Result<(), Refusal> {
    let quirks = &call.service.quirks;
    let wanted = quirks.exchange_subject_token_type.as_deref();
    if form.require("subject_token_type")? != wanted.unwrap_or(ID_TOKEN) {
        let what = "`subject_token_type` is none that is taken here";
        return Err(Refusal::invalid_request(what));
    }
    if form.get("actor_token").is_some() || form.get("actor_token_type").is_some() {
        return Err(Refusal::invalid_request("nobody acts for another here"));
    }
    let demanded = quirks.exchange_requested_token_type.as_deref();
    match (form.get("requested_token_type"), demanded) {
        (None, None) => Ok(()),
        (Some(asked), demanded) if asked == demanded.unwrap_or(ACCESS_TOKEN) => Ok(()),
        _ => Err(Refusal::invalid_request(
            "`requested_token_type` is none that is issued here",
        )),
    }
}

/// The claims of a token that was issued here, has not ended, and is for this server or this client.
fn claims(call: &Call, state: &State, token: &str, client: &KnownClient) -> Result<Value, Refusal> {
    let claims = state.key.verify(token).ok_or_else(refuse_token)?;
    let wanted = call.service.quirks.exchange_audience.as_deref();
    let audience = claims["aud"].as_str().unwrap_or_default();
    let is_for = match wanted {
        Some(wanted) => audience == wanted,
        None => [&call.service.issuer, &client.id]
            .into_iter()
            .any(|own| own == audience),
    };
    if !is_for {
        return Err(Refusal::invalid_grant(
            "the audience of `subject_token` is another",
        ));
    }
    let ours = claims["iss"] == call.service.issuer.as_str();
    let lives = claims["exp"]
        .as_u64()
        .is_some_and(|end| call.now.unix() < end);
    (ours && lives).then_some(claims).ok_or_else(refuse_token)
}

fn refuse_token() -> Refusal {
    Refusal::invalid_grant("`subject_token` was not issued here, or has ended")
}

fn read_targets(call: &Call, form: &Parameters) -> Result<Vec<String>, Refusal> {
    if !call.service.quirks.exchange_by_name {
        return scope::read_audience(form);
    }
    let mut named = form.all("resource");
    match (named.next(), named.next()) {
        (Some(name), None) if !name.contains(':') => Ok(vec![name.to_owned()]),
        _ => Err(Refusal::new(
            "invalid_target",
            "`resource` must be one name, such as acme/model",
        )),
    }
}

pub(crate) const JOB_PATH: &str = "/identity_token";

pub(crate) const JOB_SUBJECT: &str = "repo:sandbox/practice:ref:refs/heads/main";

const JOB_TOKEN_LIFETIME: u64 = 300;

/// Answers GET /identity_token. Any bearer token will do: anybody on the machine can be the job.
pub(crate) fn identity_token(call: &Call) -> Result<Response, Refusal> {
    if call.request.bearer().is_none_or(str::is_empty) {
        return Err(
            Refusal::new("invalid_token", "the job's bearer token is missing").with_status(401),
        );
    }
    let query = Parameters::parse(call.request.query.as_bytes());
    let claims = json!({
        "iss": call.service.issuer,
        "sub": JOB_SUBJECT,
        "aud": query.get("audience").unwrap_or(&call.service.issuer),
        "iat": call.now.unix(),
        "exp": call.now.plus(JOB_TOKEN_LIFETIME).unix(),
    });
    let token = call.state(|state| state.key.sign(&claims))??;
    Ok(Response::json(200, &json!({"value": token})))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Request, Response};
    use crate::service::Service;
    use crate::testing::{ASKED, at, service, service_with};
    use crate::{Options, Quirks};

    const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

    /// The identity token of the job, for an audience.
    fn job_token(service: &Service, audience: &str) -> String {
        let mut request = Request {
            method: crate::http::Method::Get,
            path: JOB_PATH.into(),
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
    fn exchange(service: &Service, token: &str, other: &[(&str, &str)], seconds: u64) -> Response {
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
        assert_eq!(said.member("sub"), JOB_SUBJECT);
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
        let other = crate::testing::service(None);
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
}
