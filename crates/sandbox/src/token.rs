//! The token endpoint (RFC 6749 §3.2): codes, device codes and refreshing with rotation, clients that act
//! for themselves, and identity tokens that are exchanged. And what became of
//! its tokens: introspection (RFC 7662) and revocation (RFC 7009).

use serde_json::{Value, json};

use crate::client::{DEVICE_CODE, GRANT_TYPES, KnownClient, TOKEN_EXCHANGE, authenticate};
use crate::http::{Parameters, Refusal, Response};
use crate::service::Call;
use crate::store::{Issued, Redemption, Renewal, State, TokenGrant};
use crate::{exchange, people, scope, userinfo};
use keyfob_base::timestamp::Timestamp;

pub(crate) fn token(call: &Call) -> Result<Response, Refusal> {
    let form = call.request.form()?;
    call.state(|state| {
        let exchanges = form.get("grant_type") == Some(TOKEN_EXCHANGE);
        let client = if exchanges && call.service.quirks.exchange_without_client {
            exchange::refuse_client(call, &form)?
        } else {
            authenticate(call, state, &form)?
        };
        let issued = issue(call, state, &form, &client)?;
        let mut response = response(call, state, &issued)?;
        if exchanges {
            response["issued_token_type"] = exchange::ACCESS_TOKEN.into();
        }
        Ok(Response::json(200, &response))
    })?
}

fn issue(
    call: &Call,
    state: &mut State,
    form: &Parameters,
    client: &KnownClient,
) -> Result<Issued, Refusal> {
    let terms = call.service.terms(call.now);
    match form.require("grant_type")? {
        "authorization_code" => {
            let sent = Redemption {
                code: form.require("code")?,
                redirect_uri: form.require("redirect_uri")?,
                verifier: verifier(form)?,
                state: form.get("state"),
                audience: scope::read_audience(form)?,
            };
            state.exchange(&sent, client, terms)
        }
        "refresh_token" if client.refreshes => {
            let sent = Renewal {
                token: form.require("refresh_token")?,
                scope: form.get("scope"),
                redirect_uri: form.get("redirect_uri"),
                audience: scope::read_audience(form)?,
            };
            state.refresh(&sent, client, terms)
        }
        DEVICE_CODE if client.device => {
            let code = form.require("device_code")?;
            let grant = state.poll(code, &client.id, call.service.approve, call.now)?;
            Ok(state.begin(grant, client.refreshes, terms)?)
        }
        "client_credentials" if client.machine => {
            Ok(state.begin(machine_grant(form, client, call.now)?, false, terms)?)
        }
        TOKEN_EXCHANGE if client.exchanges => {
            let grant = exchange::grant(call, state, form, client)?;
            Ok(state.begin(grant, false, terms)?)
        }
        known if GRANT_TYPES.contains(&known) => Err(Refusal::new(
            "unauthorized_client",
            "the client is not registered for this grant type",
        )),
        _ => Err(Refusal::new(
            "unsupported_grant_type",
            "known grant types are authorization_code, refresh_token, device_code, client_credentials \
             and token-exchange",
        )),
    }
}

/// What a client is granted for itself (RFC 6749 §4.4).
fn machine_grant(
    form: &Parameters,
    client: &KnownClient,
    now: Timestamp,
) -> Result<TokenGrant, Refusal> {
    Ok(TokenGrant {
        client: client.id.clone(),
        subject: client.id.clone(),
        scope: scope::read_machine_scope(form.get("scope"))?,
        auth_time: now,
        audience: scope::read_audience(form)?,
        redirect_uri: None,
    })
}

/// Reads the PKCE verifier: 43 to 128 unreserved characters (RFC 7636 §4.1).
fn verifier(form: &Parameters) -> Result<&str, Refusal> {
    let verifier = form.require("code_verifier")?;
    let unreserved = |c: u8| c.is_ascii_alphanumeric() || b"-._~".contains(&c);
    if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
        return Err(Refusal::invalid_grant(
            "`code_verifier` is not 43 to 128 unreserved characters",
        ));
    }
    Ok(verifier)
}

/// The successful answer (RFC 6749 §5.1), with an id token where `openid` was granted.
fn response(call: &Call, state: &State, issued: &Issued) -> Result<Value, Refusal> {
    let mut response = json!({
        "access_token": issued.access_token.expose(),
        "token_type": "Bearer",
        "expires_in": call.service.options.access_lifetime,
        "scope": issued.scope.join(" "),
    });
    if let Some(refresh_token) = &issued.refresh_token {
        response["refresh_token"] = refresh_token.expose().into();
    }
    if scope::has(&issued.scope, "openid") {
        let claims = id_token_claims(call, issued);
        response["id_token"] = state.key.sign(&claims)?.into();
    }
    Ok(response)
}

/// OIDC Core §2.
fn id_token_claims(call: &Call, issued: &Issued) -> Value {
    let mut claims = people::find(&issued.grant.subject).map_or_else(
        || json!({}),
        |person| userinfo::claims(call.service, person, &issued.scope),
    );
    claims["iss"] = call.service.issuer.as_str().into();
    claims["sub"] = issued.grant.subject.as_str().into();
    claims["aud"] = issued.grant.client.as_str().into();
    claims["iat"] = call.now.unix().into();
    let end = call.now.plus(call.service.options.access_lifetime);
    claims["exp"] = end.unix().into();
    claims["auth_time"] = issued.grant.auth_time.unix().into();
    if let Some(nonce) = &issued.nonce {
        claims["nonce"] = nonce.as_str().into();
    }
    claims
}

/// Of a token that is over, unknown or another client's it says no more than that (RFC 7662 §2.2).
pub(crate) fn introspect(call: &Call) -> Result<Response, Refusal> {
    let form = call.request.form()?;
    call.state(|state| {
        let client = authenticate(call, state, &form)?;
        let token = form.require("token")?;
        let own = state
            .access(token)
            .filter(|active| active.grant.client == client.id);
        let said = match own {
            None => json!({"active": false}),
            Some(active) => json!({
                "active": true,
                "iss": call.service.issuer,
                "client_id": active.grant.client,
                "sub": active.grant.subject,
                "scope": active.scope.join(" "),
                "aud": active.audience,
                "exp": active.expires_at.unix(),
                "token_type": "Bearer",
            }),
        };
        Ok(Response::json(200, &said))
    })?
}

/// Answers POST /revoke. The hint is not needed: a token is looked for among both kinds.
pub(crate) fn revoke(call: &Call) -> Result<Response, Refusal> {
    let form = call.request.form()?;
    call.state(|state| {
        let client = authenticate(call, state, &form)?;
        state.revoke(form.require("token")?, &client)
    })??;
    Ok(Response::empty(200))
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use serde_json::Value;

    use crate::service::Service;
    use crate::testing::{ASKED, VERIFIER, asked_with, at, exchange_form, service};

    fn signed_in() -> (Service, String, String) {
        let service = service(Some("ada"));
        let answer = service.exchange(&service.code(&ASKED), 1);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let tokens = (
            answer.member("access_token"),
            answer.member("refresh_token"),
        );
        (service, tokens.0, tokens.1)
    }

    fn replaced<'a>(
        form: &[(&'a str, &'a str)],
        name: &str,
        value: &'a str,
    ) -> Vec<(&'a str, &'a str)> {
        let swap = |(key, old)| {
            if key == name {
                (key, value)
            } else {
                (key, old)
            }
        };
        form.iter().copied().map(swap).collect()
    }

    #[test]
    fn a_code_becomes_tokens() {
        let service = service(Some("ada"));
        let answer = service.exchange(&service.code(&asked_with("nonce", "n-1")), 59);
        let json = answer.value();
        assert_eq!(answer.status, 200);
        assert_eq!(json["token_type"], "Bearer");
        assert_eq!(json["expires_in"], 100);
        assert_eq!(json["scope"], "openid profile read");
        assert!(
            json["refresh_token"]
                .as_str()
                .unwrap()
                .starts_with("sandbox_refresh_")
        );

        let id_token = answer.member("id_token");
        let claims = id_token.split('.').nth(1).unwrap();
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        assert_eq!(claims["iss"], "http://issuer.invalid");
        assert_eq!(claims["aud"], "keyfob");
        assert_eq!(claims["sub"], "1001");
        assert_eq!(claims["nonce"], "n-1");
        assert_eq!(claims["preferred_username"], "ada");
        assert_eq!(claims["auth_time"], at(0).unix());
        assert_eq!(claims["iat"], at(59).unix());
        assert_eq!(claims["exp"], at(159).unix());
        assert_eq!(claims["email"], Value::Null);
    }

    #[test]
    fn without_openid_there_is_no_id_token_and_no_userinfo() {
        let service = service(Some("ada"));
        let answer = service.exchange(&service.code(&asked_with("scope", "read")), 0);
        assert_eq!(answer.value()["id_token"], Value::Null);
        let refused = service.userinfo(&answer.member("access_token"), 0);
        assert_eq!(refused.refusal(), (403, "insufficient_scope".into()));
    }

    #[test]
    fn a_code_is_bound_to_everything_it_was_asked_with() {
        let service = service(Some("ada"));
        let code = service.code(&ASKED);
        let other = VERIFIER.replace('d', "e");
        for (name, value, refusal) in [
            ("code_verifier", other.as_str(), (400, "invalid_grant")),
            ("code_verifier", &VERIFIER[..42], (400, "invalid_grant")),
            ("code_verifier", "", (400, "invalid_request")),
            (
                "redirect_uri",
                "http://127.0.0.1:4712/callback/sandbox",
                (400, "invalid_grant"),
            ),
            ("redirect_uri", "", (400, "invalid_request")),
            ("code", "sandbox_code_guess", (400, "invalid_grant")),
            ("client_id", "stranger", (401, "invalid_client")),
            ("client_id", "", (401, "invalid_client")),
            ("grant_type", "password", (400, "unsupported_grant_type")),
            ("grant_type", "", (400, "invalid_request")),
        ] {
            let answer = service.post("/token", &replaced(&exchange_form(&code), name, value), 1);
            let expected = (refusal.0, refusal.1.to_owned());
            assert_eq!(answer.refusal(), expected, "{name}={value}");
        }
        let twice = [&exchange_form(&code)[..], &[("code", code.as_str())]].concat();
        assert_eq!(
            service.post("/token", &twice, 1).refusal(),
            (400, "invalid_request".into())
        );
        assert_eq!(service.exchange(&code, 1).status, 200);
    }

    #[test]
    fn a_code_lives_a_minute() {
        let service = service(Some("ada"));
        let code = service.code(&ASKED);
        assert_eq!(
            service.exchange(&code, 60).refusal(),
            (400, "invalid_grant".into())
        );
    }

    #[test]
    fn the_second_use_of_a_code_takes_back_what_the_first_gave() {
        let service = service(Some("ada"));
        let code = service.code(&ASKED);
        let first = service.exchange(&code, 1);
        let (access, refresh) = (first.member("access_token"), first.member("refresh_token"));
        let renewed = service.refresh(&refresh, 2).member("refresh_token");
        assert_eq!(service.userinfo(&access, 3).status, 200);
        assert_eq!(
            service.exchange(&code, 90).refusal(),
            (400, "invalid_grant".into())
        );
        assert_eq!(service.userinfo(&access, 90).status, 401);
        assert_eq!(
            service.refresh(&renewed, 90).refusal(),
            (400, "invalid_grant".into())
        );
    }

    #[test]
    fn refresh_tokens_rotate_and_the_second_use_of_one_ends_the_family() {
        let (service, _, first) = signed_in();
        let answer = service.refresh(&first, 200);
        let (access, second) = (
            answer.member("access_token"),
            answer.member("refresh_token"),
        );
        assert_ne!(first, second);
        assert!(!answer.member("id_token").is_empty());
        assert_eq!(service.userinfo(&access, 200).status, 200);

        assert_eq!(
            service.refresh(&first, 201).refusal(),
            (400, "invalid_grant".into())
        );
        assert_eq!(
            service.refresh(&second, 202).refusal(),
            (400, "invalid_grant".into())
        );
        assert_eq!(service.userinfo(&access, 202).status, 401);
    }

    #[test]
    fn tokens_end_with_their_lifetime() {
        let (service, access, refresh) = signed_in();
        assert_eq!(service.userinfo(&access, 100).status, 200);
        assert_eq!(
            service.userinfo(&access, 101).refusal(),
            (401, "invalid_token".into())
        );
        assert_eq!(
            service.refresh(&refresh, 1001).refusal(),
            (400, "invalid_grant".into())
        );
    }

    #[test]
    fn a_refresh_may_narrow_the_access_token_and_not_the_grant() {
        let (service, _, refresh) = signed_in();
        let form = |token, scope| {
            [
                ("grant_type", "refresh_token"),
                ("client_id", "keyfob"),
                ("refresh_token", token),
                ("scope", scope),
            ]
        };
        let wide = service.post("/token", &form(&refresh, "openid write"), 2);
        assert_eq!(wide.refusal(), (400, "invalid_scope".into()));
        let narrow = service.post("/token", &form(&refresh, "openid"), 2);
        assert_eq!(narrow.member("scope"), "openid");
        let claims = service.userinfo(&narrow.member("access_token"), 3).value();
        assert_eq!(claims, serde_json::json!({"sub": "1001"}));
        let again = service.refresh(&narrow.member("refresh_token"), 4);
        assert_eq!(again.member("scope"), "openid profile read");
    }

    #[test]
    fn a_client_authenticates_in_its_own_way_and_no_other() {
        let service = service(Some("ada"));
        let register = |method: &str| {
            let body = format!(
                r#"{{"redirect_uris": ["http://127.0.0.1/callback/sandbox"], "token_endpoint_auth_method": "{method}"}}"#
            );
            let answer = service.post_json("/register", &body);
            (answer.member("client_id"), answer.member("client_secret"))
        };
        let basic = |id: &str, secret: &str| {
            format!(
                "Basic {}",
                STANDARD.encode(format!("{}:{secret}", id.replace('_', "%5F")))
            )
        };
        let bare =
            |form: &[(&'static str, String)]| -> Vec<(&'static str, String)> { form.to_vec() };
        let exchange = |header: Option<String>, extra: &[(&'static str, String)], id: &str| {
            let code = service.code(&asked_with("client_id", id));
            let mut form: Vec<(&str, String)> = exchange_form(&code)
                .iter()
                .filter(|(key, _)| *key != "client_id")
                .map(|(key, value)| (*key, (*value).to_owned()))
                .collect();
            form.extend(bare(extra));
            let form: Vec<(&str, &str)> = form
                .iter()
                .map(|(key, value)| (*key, value.as_str()))
                .collect();
            service.post_as(header.as_deref(), "/token", &form, 1)
        };

        let (id, secret) = register("client_secret_basic");
        let own = ("client_id", id.clone());
        assert_eq!(exchange(Some(basic(&id, &secret)), &[], &id).status, 200);
        assert_eq!(exchange(Some(basic(&id, "wrong")), &[], &id).status, 401);
        assert_eq!(exchange(None, std::slice::from_ref(&own), &id).status, 401);
        let posted = ("client_secret", secret.clone());
        assert_eq!(
            exchange(None, &[own.clone(), posted.clone()], &id).status,
            401
        );
        let both = exchange(Some(basic(&id, &secret)), &[own, posted], &id);
        assert_eq!(both.refusal(), (400, "invalid_request".into()));

        let (id, secret) = register("client_secret_post");
        let posted = [("client_id", id.clone()), ("client_secret", secret.clone())];
        let answer = exchange(None, &posted, &id);
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.value()["refresh_token"],
            Value::Null,
            "not registered for refreshing"
        );
        let refused = exchange(Some(basic(&id, &secret)), &[], &id);
        assert_eq!(refused.refusal(), (401, "invalid_client".into()));
        assert_eq!(
            refused.header("WWW-Authenticate"),
            Some("Basic realm=\"sandbox\"")
        );
    }

    #[test]
    fn a_refresh_token_revokes_its_family_and_an_access_token_itself() {
        let revoke = |service: &Service, token: &str, id: &str| {
            service.post("/revoke", &[("token", token), ("client_id", id)], 2)
        };
        let (service, access, refresh) = signed_in();
        assert_eq!(revoke(&service, &access, "keyfob").status, 200);
        assert_eq!(service.userinfo(&access, 3).status, 401);
        let answer = service.refresh(&refresh, 3);
        let (access, second) = (
            answer.member("access_token"),
            answer.member("refresh_token"),
        );

        assert_eq!(
            revoke(&service, &refresh, "keyfob").status,
            200,
            "a spent one is of the family"
        );
        assert_eq!(service.userinfo(&access, 4).status, 401);
        assert_eq!(service.refresh(&second, 4).status, 400);

        assert_eq!(revoke(&service, "unknown", "keyfob").status, 200);
        assert_eq!(
            revoke(&service, "", "keyfob").refusal(),
            (400, "invalid_request".into())
        );
        assert_eq!(
            revoke(&service, "unknown", "stranger").refusal(),
            (401, "invalid_client".into())
        );
    }

    #[test]
    fn nobody_uses_or_revokes_the_tokens_of_another_client() {
        let (service, access, refresh) = signed_in();
        let body = r#"{"redirect_uris": ["http://127.0.0.1/x"], "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"]}"#;
        let id = service.post_json("/register", body).member("client_id");
        let revoke = [("token", refresh.as_str()), ("client_id", id.as_str())];
        assert_eq!(
            service.post("/revoke", &revoke, 2).refusal(),
            (400, "invalid_grant".into())
        );
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.as_str()),
            ("client_id", id.as_str()),
        ];
        assert_eq!(
            service.post("/token", &form, 2).refusal(),
            (400, "invalid_grant".into())
        );
        assert_eq!(service.userinfo(&access, 3).status, 200);
        assert_eq!(service.refresh(&refresh, 3).status, 200);
    }
}
