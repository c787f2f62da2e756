//! What each answer to a poll means.

use super::*;

const TOKENS: &str = r#"{"access_token":"at","refresh_token":"rt","expires_in":3600}"#;

fn shown(poll: &Poll) -> String {
    match poll {
        Poll::Pending => "pending".into(),
        Poll::SlowDown(None) => "slow down".into(),
        Poll::SlowDown(Some(interval)) => format!("slow down to {}", interval.as_secs()),
        Poll::Granted(tokens) => format!("granted {}", tokens.access_token.expose()),
        Poll::Denied(response) => format!("denied: {response}"),
        Poll::Expired => "expired".into(),
        Poll::Trouble(why) => format!("trouble: {why}"),
        Poll::Failed(OauthError::Refused(response)) => format!("refused: {response}"),
        Poll::Failed(error) => format!("failed: {error}"),
    }
}

async fn means(scripted: &str) -> String {
    shown(&poll(|_| (), scripted).await)
}

fn error(status: u16, error: &str) -> String {
    json(status, &format!(r#"{{"error":"{error}"}}"#))
}

#[tokio::test]
async fn a_poll_sends_grant_code_and_client() {
    let server = Server::new([json(200, TOKENS)]);
    let (provider, client_) = (provider(&server, |_| ()), fob(ClientAuth::None));
    let wanted = DeviceRequest {
        scopes: &strings(&["read"]),
        resource: &strings(&["https://a.example/"]),
        ..request(&provider, &client_)
    };
    let (http, lines) = client();
    let Poll::Granted(tokens) = wanted.poll(&http, &authorization(), now()).await else {
        panic!()
    };
    assert_eq!(tokens.refresh_token, Some(Secret::new("rt")));
    assert_eq!(tokens.expires_at, Some(now().plus(3600)));
    assert_eq!(tokens.scopes, ["read"]);
    let asked = server.request();
    assert!(asked.starts_with("POST /token HTTP/1.1\r\n"), "{asked}");
    assert_eq!(
        form(&asked),
        pairs(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", "d3vice/+"),
            ("resource", "https://a.example/"),
            ("client_id", "fob&co"),
        ])
    );
    let told = lines.lock().unwrap().join("\n");
    assert!(
        told.contains("device_code") && !told.contains("d3vice"),
        "{told}"
    );
}

#[tokio::test]
async fn a_poll_speaks_the_token_endpoints_dialect() {
    let server = Server::new([json(200, r#"{"access_token":"at","scope":["read"]}"#)]);
    let provider = provider(&server, |provider| {
        provider.device.scope_parameter = Some("scopes".into());
        provider.token = TokenRule {
            body: TokenBody::Json,
            headers: [("X-Api".to_owned(), "1".to_owned())].into(),
            ..TokenRule::default()
        };
    });
    let client_ = fob(ClientAuth::ClientSecretBasic);
    let wanted = DeviceRequest {
        scopes: &strings(&["read", "write"]),
        ..request(&provider, &client_)
    };
    let Poll::Granted(tokens) = wanted.poll(&client().0, &authorization(), now()).await else {
        panic!()
    };
    assert_eq!(tokens.scopes, ["read"]);
    let asked = server.request();
    let members = object(&asked);
    assert_eq!(members["scopes"], "read write");
    assert_eq!(members["device_code"], "d3vice/+");
    assert!(
        asked.contains("x-api: 1\r\n") && asked.contains("authorization: Basic "),
        "{asked}"
    );
}

#[tokio::test]
async fn the_standards_errors_mean_the_same_under_every_status() {
    for status in [200, 400, 401, 403, 404, 428] {
        for (word, meaning) in [
            ("authorization_pending", "pending"),
            ("slow_down", "slow down"),
            ("access_denied", "denied: access_denied"),
            ("expired_token", "expired"),
        ] {
            assert_eq!(means(&error(status, word)).await, meaning, "{status}");
        }
    }
    let form = "400 Bad\nContent-Type: application/x-www-form-urlencoded";
    assert_eq!(
        means(&answer(form, "error=authorization_pending")).await,
        "pending"
    );
    let plain = answer(
        "400 Bad\nContent-Type: text/plain",
        r#"{"error":"slow_down"}"#,
    );
    assert_eq!(means(&plain).await, "slow down");
}

#[tokio::test]
async fn slow_down_brings_its_interval_within_bounds() {
    for (interval, meaning) in [
        ("10", "slow down to 10"),
        ("\"10\"", "slow down to 10"),
        ("0", "slow down to 1"),
        ("1e9", "slow down to 60"),
        ("null", "slow down"),
        ("\"often\"", "slow down"),
    ] {
        let scripted = json(
            400,
            &format!(r#"{{"error":"slow_down","interval":{interval}}}"#),
        );
        assert_eq!(means(&scripted).await, meaning, "{interval}");
    }
}

#[tokio::test]
async fn every_other_error_is_the_end() {
    for (scripted, meaning) in [
        (error(400, "invalid_grant"), "refused: invalid_grant"),
        (error(401, "invalid_client"), "refused: invalid_client"),
        (
            error(400, "bad_verification_code"),
            "refused: bad_verification_code",
        ),
    ] {
        assert_eq!(means(&scripted).await, meaning);
    }
    for (scripted, why) in [
        (error(404, "not_here"), "answered 404: not_here"),
        (error(200, "odd"), "answered 200 with an error: odd"),
        (
            json(400, "{}"),
            "answered 400 without the standard's error object",
        ),
        (json(200, "{}"), "`access_token` is missing"),
        (
            json(200, r#"{"access_token":"a b"}"#),
            "`access_token` is not printable",
        ),
        (answer("302 Found\nLocation: /", ""), "a redirect (302)"),
    ] {
        let said = means(&scripted).await;
        assert!(
            said.starts_with("failed: 127.0.0.1:") && said.contains(why),
            "{said}"
        );
    }
}

#[tokio::test]
async fn what_may_be_another_the_next_time_is_trouble() {
    for (scripted, why) in [
        (json(500, r#"{"error":"access_denied"}"#), "answered 500"),
        (
            answer("503 Busy\nRetry-After: 9", ""),
            "answered 503 and asks to wait 9 s",
        ),
        (
            answer("200 OK\nContent-Type: text/html", "<p>"),
            "text/html instead of JSON",
        ),
        (
            answer("403 No\nContent-Type: text/html", "<p>"),
            "answered 403 without",
        ),
        (answer("404 No", ""), "answered 404 without"),
        (json(200, r#"{"access_token":"a"#), "JSON that is cut off"),
        (String::new(), "no answer from 127.0.0.1:"),
    ] {
        let said = means(&scripted).await;
        assert!(
            said.starts_with("trouble: ") && said.contains(why),
            "{why}: {said}"
        );
    }
}

#[tokio::test]
async fn too_many_requests_means_fewer_from_now_on() {
    assert_eq!(means(&json(429, "{}")).await, "slow down");
    let later = |seconds| answer(&format!("429 Many\nRetry-After: {seconds}"), "");
    assert_eq!(means(&later("20")).await, "slow down to 20");
    assert_eq!(means(&later("86400")).await, "slow down to 60");
}

#[tokio::test]
async fn statuses_of_the_definition_mean_pending_whatever_the_body() {
    let rule = |provider: &mut Provider| provider.device.pending_statuses = vec![202, 403, 503];
    for scripted in [
        json(403, r#"{"error":"access_denied"}"#),
        answer("403 No\nContent-Type: text/html", "<p>"),
        json(202, "{}"),
        json(503, "{}"),
    ] {
        assert_eq!(shown(&poll(rule, &scripted).await), "pending", "{scripted}");
    }
    assert_eq!(
        shown(&poll(rule, &error(400, "access_denied")).await),
        "denied: access_denied"
    );
    assert_eq!(shown(&poll(rule, &json(200, TOKENS)).await), "granted at");
}

#[tokio::test]
async fn an_error_may_be_in_another_member_and_in_other_words() {
    let rule = |provider: &mut Provider| {
        provider.device.error_member = Some("message".into());
        provider.device.error_aliases = [
            ("authorization_declined", "access_denied"),
            ("invalid device code", "expired_token"),
            ("later", "slow_down"),
        ]
        .map(|(theirs, standard)| (theirs.to_owned(), standard.to_owned()))
        .into();
    };
    for (scripted, meaning) in [
        (
            r#"{"status":400,"message":"authorization_pending"}"#,
            "pending",
        ),
        (
            r#"{"error":"Bad Request","message":"invalid device code"}"#,
            "expired",
        ),
        (r#"{"message":"later","interval":9}"#, "slow down to 9"),
        (
            r#"{"error":"authorization_declined","error_description":"no"}"#,
            "denied: access_denied: no",
        ),
        (r#"{"message":"odd"}"#, "refused: odd"),
    ] {
        assert_eq!(shown(&poll(rule, &json(400, scripted)).await), meaning);
    }
    let good = json(200, r#"{"access_token":"at","message":"welcome"}"#);
    assert_eq!(shown(&poll(rule, &good).await), "granted at");
    let pending = json(200, r#"{"error":"authorization_pending","message":"wait"}"#);
    assert_eq!(shown(&poll(rule, &pending).await), "pending");

    let under_200 = |provider: &mut Provider| {
        rule(provider);
        provider.token.errors_under_200 = true;
    };
    let odd = json(200, r#"{"message":"odd"}"#);
    assert_eq!(shown(&poll(under_200, &odd).await), "refused: odd");
}

#[tokio::test]
async fn an_echoed_device_code_is_not_repeated() {
    let scripted = json(
        400,
        r#"{"error":"invalid_grant","error_description":"d3vice/+ d3vice%2F%2B \u001b[31m"}"#,
    );
    assert_eq!(
        means(&scripted).await,
        "refused: invalid_grant: [redacted] [redacted] \\u{1b}[31m"
    );
}

#[tokio::test]
async fn a_server_that_is_gone_is_trouble() {
    let server = Server::bound();
    let (provider, client_) = (provider(&server, |_| ()), fob(ClientAuth::None));
    drop(server);
    let request = request(&provider, &client_);
    let said = shown(&request.poll(&client().0, &authorization(), now()).await);
    assert!(
        said.starts_with("trouble: cannot reach 127.0.0.1:"),
        "{said}"
    );
}
