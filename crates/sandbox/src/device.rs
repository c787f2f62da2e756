//! The device authorization endpoint (RFC 8628 §3.1) and the page where the code is typed (§3.3).

use serde_json::json;

use crate::authorize::read_choice;
use crate::client::{KnownClient, authenticate};
use crate::http::{Parameters, Refusal, Response};
use crate::page;
use crate::scope;
use crate::service::Call;
use crate::store::{Decision, DeviceRequest};
use keyfob_base::secret::Secret;

pub(crate) fn device_authorization(call: &Call) -> Result<Response, Refusal> {
    let form = call.request.form()?;
    let client = call.state(|state| authenticate(call, state, &form))??;
    let (device_code, user_code) = begin(call, &client, &form)?;
    let page = format!("{}/device", call.service.base);
    Ok(Response::json(
        200,
        &json!({
            "device_code": device_code.expose(),
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": format!("{page}?user_code={user_code}"),
            "expires_in": call.service.options.device_lifetime,
            "interval": call.service.options.device_interval,
        }),
    ))
}

pub(crate) fn begin(
    call: &Call,
    client: &KnownClient,
    form: &Parameters,
) -> Result<(Secret, String), Refusal> {
    if !client.device {
        return Err(Refusal::new(
            "unauthorized_client",
            "the client is not registered for the device grant",
        ));
    }
    let options = &call.service.options;
    let request = DeviceRequest::new(
        &client.id,
        scope::read_scope(form.get("scope"))?,
        scope::read_audience(form)?,
        options.device_interval,
        call.now.plus(options.device_lifetime),
    );
    Ok(call.state(|state| state.issue_device_code(request))??)
}

pub(crate) fn look(call: &Call) -> Response {
    let form = Parameters::parse(call.request.query.as_bytes());
    let Some(code) = form.get("user_code") else {
        return page::device_entry(None);
    };
    match find(call, code) {
        Ok(Some((client, asked))) => match call.service.devices.put(code.into(), call.now) {
            Ok(id) => page::device_consent(&client, &asked, code, &id),
            Err(error) => page::error(&error.into()),
        },
        Ok(None) => page::device_entry(Some(code)),
        Err(refusal) => page::error(&refusal),
    }
}

/// Finds the request of a typed code. Wrong ones are counted, and too many refused (RFC 8628 §5.1).
fn find(call: &Call, code: &str) -> Result<Option<(KnownClient, DeviceRequest)>, Refusal> {
    call.service.guesses.check(call.now)?;
    let found = call.state(|state| {
        let request = state.device_request(code, call.now)?.clone();
        Some((call.service.client(state, &request.client)?, request))
    })?;
    if found.is_none() {
        call.service.guesses.count(call.now);
    }
    Ok(found)
}

pub(crate) fn decide(call: &Call) -> Response {
    match decision(call) {
        Ok(decision) => page::device_outcome(&decision),
        Err(refusal) => page::error(&refusal),
    }
}

fn decision(call: &Call) -> Result<Decision, Refusal> {
    let form = call.request.form()?;
    let decision = match read_choice(&form)? {
        None => Decision::Denied,
        Some(person) => Decision::Allowed {
            subject: person.sub.into(),
            auth_time: call.now,
        },
    };
    let over = Refusal::invalid_request(
        "this page was answered before or is too old; go back to the program and sign in again",
    );
    let Some(code) = call
        .service
        .devices
        .take(form.require("request")?, call.now)
    else {
        return Err(over);
    };
    let decided = call.state(|state| state.decide(&code, decision.clone(), call.now))?;
    decided.then_some(decision).ok_or(over)
}

#[cfg(test)]
mod tests {
    use crate::Options;
    use crate::client::DEVICE_CODE;
    use crate::http::Response;
    use crate::service::Service;
    use crate::testing::{at, service, service_with};

    const ASKED: [(&str, &str); 2] = [("client_id", "keyfob"), ("scope", "openid read")];

    fn begin(service: &Service) -> (String, String) {
        let answer = service.post("/device_authorization", &ASKED, 0);
        assert_eq!(answer.status, 200, "{}", answer.body);
        (answer.member("device_code"), answer.member("user_code"))
    }

    fn poll(service: &Service, device_code: &str, seconds: u64) -> Response {
        let form = [
            ("grant_type", DEVICE_CODE),
            ("device_code", device_code),
            ("client_id", "keyfob"),
        ];
        service.post("/token", &form, seconds)
    }

    fn said(answer: &Response) -> String {
        answer.member("error")
    }

    /// Opens the page of a code, and answers it.
    fn choose(service: &Service, user_code: &str, answer: &str, seconds: u64) -> Response {
        let page = service.get("/device", &[("user_code", user_code)], seconds);
        assert_eq!(page.status, 200, "{}", page.body);
        let (_, id) = page.body.split_once("name=\"request\" value=\"").unwrap();
        let id = id.split('"').next().unwrap();
        let form = [("request", id), ("answer", answer), ("person", "1002")];
        service.post("/device", &form, seconds)
    }

    #[test]
    fn the_answer_has_what_the_standard_asks_for() {
        let answer = service(None).post("/device_authorization", &ASKED, 0);
        let json = answer.value();
        let code = answer.member("user_code");
        assert_eq!(
            (json["expires_in"].as_u64(), json["interval"].as_u64()),
            (Some(300), Some(1))
        );
        assert_eq!(json["verification_uri"], "http://127.0.0.1:4700/device");
        let complete = format!("http://127.0.0.1:4700/device?user_code={code}");
        assert_eq!(json["verification_uri_complete"], complete);
    }

    #[test]
    fn a_poll_waits_for_the_person_and_gives_tokens_once() {
        let service = service(None);
        let (device_code, user_code) = begin(&service);
        assert_eq!(
            said(&poll(&service, &device_code, 1)),
            "authorization_pending"
        );
        let typed = user_code.to_lowercase().replace('-', " ");
        assert!(
            choose(&service, &typed, "allow", 2)
                .body
                .contains("signed in")
        );
        let answer = poll(&service, &device_code, 3);
        assert_eq!(answer.member("scope"), "openid read");
        assert!(
            answer
                .member("refresh_token")
                .starts_with("sandbox_refresh_")
        );
        let who = service.userinfo(&answer.member("access_token"), 4);
        assert_eq!(who.member("sub"), "1002");
        assert_eq!(
            poll(&service, &device_code, 5).refusal(),
            (400, "invalid_grant".into())
        );
    }

    #[test]
    fn polls_faster_than_the_interval_make_it_longer() {
        let service = service_with(Options {
            device_interval: 5,
            ..Options::default()
        });
        let (device_code, user_code) = begin(&service);
        for (seconds, expected) in [
            (0, "authorization_pending"),
            (4, "slow_down"),
            (13, "slow_down"), // 10 from the last poll, whatever came of it
            (28, "authorization_pending"),
        ] {
            assert_eq!(
                said(&poll(&service, &device_code, seconds)),
                expected,
                "{seconds}"
            );
        }
        choose(&service, &user_code, "allow", 29);
        assert_eq!(said(&poll(&service, &device_code, 30)), "slow_down");
        assert_eq!(poll(&service, &device_code, 50).status, 200);
    }

    #[test]
    fn a_refusal_and_the_end_are_said() {
        let service = service(None);
        let (device_code, user_code) = begin(&service);
        assert!(
            choose(&service, &user_code, "deny", 1)
                .body
                .contains("not signed in")
        );
        assert_eq!(said(&poll(&service, &device_code, 2)), "access_denied");

        let (device_code, user_code) = begin(&service);
        assert_eq!(
            said(&poll(&service, &device_code, 299)),
            "authorization_pending"
        );
        let late = service.get("/device", &[("user_code", user_code.as_str())], 300);
        assert_eq!(late.status, 404);
        assert_eq!(said(&poll(&service, &device_code, 300)), "expired_token");
        assert_eq!(said(&poll(&service, &device_code, 900)), "invalid_grant");
    }

    #[test]
    fn an_approver_decides_after_the_first_poll() {
        let service = service(Some("ada"));
        let (device_code, _) = begin(&service);
        assert_eq!(
            said(&poll(&service, &device_code, 1)),
            "authorization_pending"
        );
        let answer = poll(&service, &device_code, 2);
        let who = service.userinfo(&answer.member("access_token"), 2);
        assert_eq!(who.member("sub"), "1001");
    }

    #[test]
    fn a_page_counts_once_and_only_for_its_code() {
        let service = service(None);
        let (_, user_code) = begin(&service);
        let forged = [
            ("request", "forged"),
            ("answer", "allow"),
            ("person", "1001"),
        ];
        assert_eq!(service.post("/device", &forged, 1).status, 400);
        assert_eq!(choose(&service, &user_code, "allow", 1).status, 200);
        let again = service.get("/device", &[("user_code", user_code.as_str())], 2);
        assert_eq!(again.status, 404, "decided codes are over");
    }

    #[test]
    fn guesses_are_counted() {
        let service = service(None);
        let (_, user_code) = begin(&service);
        let look = |code: &str, seconds| {
            service
                .get("/device", &[("user_code", code)], seconds)
                .status
        };
        for _ in 0..10 {
            assert_eq!(look("BBBB-BBBB", 1), 404);
        }
        assert_eq!(look(&user_code, 2), 429, "even the right one");
        assert_eq!(look(&user_code, 61), 200);
    }

    #[test]
    fn codes_are_kept_as_hashes_and_belong_to_their_client() {
        let service = service(None);
        let (device_code, user_code) = begin(&service);
        let kept = service
            .state
            .with(at(1), |state| serde_json::to_string(state).unwrap())
            .unwrap();
        assert!(kept.contains("\"device_codes\":{\""));
        let letters = user_code.replace('-', "");
        for secret in [&device_code, &user_code, &letters] {
            assert!(!kept.contains(secret.as_str()), "{kept}");
        }
        let body = r#"{"token_endpoint_auth_method": "none",
        "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"]}"#;
        let other = service.post_json("/register", body).member("client_id");
        let form = [
            ("grant_type", DEVICE_CODE),
            ("device_code", device_code.as_str()),
            ("client_id", other.as_str()),
        ];
        assert_eq!(
            service.post("/token", &form, 1).refusal(),
            (400, "invalid_grant".into())
        );
    }
}
