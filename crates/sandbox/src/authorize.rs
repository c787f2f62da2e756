//! The authorization endpoint and the consent that follows (RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 9207),
//! and requests that are pushed beforehand (RFC 9126).
//!
//! Nothing is redirected before client and redirect URI are known to belong together: until then an
//! error is a page (RFC 6749 §4.1.2.1). From then on it goes back to the client.

use serde_json::json;

use crate::authorization_request::{AuthorizationRequest, RedirectTarget};
use crate::client::authenticate;
use crate::http::{Parameters, Refusal, Response};
use crate::page;
use crate::people::{self, Person};
use crate::service::Call;
use crate::store::{PUSHED_LIFETIME, URN};

pub(crate) fn authorize(call: &Call) -> Response {
    let sent = Parameters::parse(call.request.query.as_bytes());
    let found = open_pushed(call, sent)
        .and_then(|opened| Ok((RedirectTarget::find(call, &opened.form)?, opened)));
    let (target, opened) = match found {
        Ok(found) => found,
        Err(refusal) => return page::error(&refusal),
    };
    // RFC 9126 §5.
    let read = if call.service.options.require_pushed_requests && !opened.pushed {
        Err(Refusal::invalid_request(
            "the request has to be pushed to /par first",
        ))
    } else {
        AuthorizationRequest::read(target.clone(), &opened.form)
    };
    let asked = match read {
        Ok(asked) => asked,
        Err(refusal) => return target.refuse(&call.service.issuer, &refusal),
    };
    if let Some(person) = call.service.approve {
        return grant(call, &asked, person);
    }
    if asked.silent {
        let refusal = Refusal::new("login_required", "nobody is signed in");
        return target.refuse(&call.service.issuer, &refusal);
    }
    match call.service.pending.put(asked.clone(), call.now) {
        Ok(id) => page::consent(&asked, &id),
        Err(error) => target.refuse(&call.service.issuer, &error.into()),
    }
}

pub(crate) fn consent(call: &Call) -> Response {
    match choice(call) {
        Ok((asked, Some(person))) => grant(call, &asked, person),
        Ok((asked, None)) => {
            let refusal = Refusal::new("access_denied", "the person said no");
            asked.target.refuse(&call.service.issuer, &refusal)
        }
        Err(refusal) => page::error(&refusal),
    }
}

fn choice(call: &Call) -> Result<(AuthorizationRequest, Option<&'static Person>), Refusal> {
    let form = call.request.form()?;
    let person = read_choice(&form)?;
    let asked = call
        .service
        .pending
        .take(form.require("request")?, call.now)
        .ok_or(Refusal::invalid_request(
            "this page was answered before or is too old; go back to the program and sign in again",
        ))?;
    Ok((asked, person))
}

pub(crate) fn read_choice(form: &Parameters) -> Result<Option<&'static Person>, Refusal> {
    match form.require("answer")? {
        "deny" => Ok(None),
        "allow" => people::find(form.require("person")?)
            .map(Some)
            .ok_or(Refusal::invalid_request("nobody of that name lives here")),
        _ => Err(Refusal::invalid_request("`answer` is allow or deny")),
    }
}

fn grant(call: &Call, asked: &AuthorizationRequest, person: &Person) -> Response {
    let target = &asked.target;
    let authorization = asked.authorize(person, call.now);
    let code = call.state(|state| state.issue_code(authorization, call.now));
    match code.and_then(|code| code) {
        Ok(code) => target.answer(&call.service.issuer, &[("code", code.expose())]),
        Err(error) => target.refuse(&call.service.issuer, &error.into()),
    }
}

/// Answers POST /par. What cannot be granted is refused here already (RFC 9126 §2.1).
pub(crate) fn push(call: &Call) -> Result<Response, Refusal> {
    let mut form = call.request.form()?;
    let client = call.state(|state| authenticate(call, state, &form))??;
    if form.get("request_uri").is_some() {
        return Err(Refusal::invalid_request(
            "`request_uri` cannot itself be pushed",
        ));
    }
    form.remove("client_secret");
    form.remove("client_id");
    form.push("client_id", client.id.as_str());
    let target = RedirectTarget::find(call, &form)?;
    AuthorizationRequest::read(target, &form)?;
    let uri = call.state(|state| state.push(&client.id, &form, call.now))??;
    let answer = json!({"request_uri": uri, "expires_in": PUSHED_LIFETIME});
    Ok(Response::json(201, &answer))
}

struct Opened {
    form: Parameters,
    pushed: bool,
}

/// Puts what was pushed in the place of a `request_uri`, once; of the rest `client_id` counts (RFC 9126 §4).
fn open_pushed(call: &Call, form: Parameters) -> Result<Opened, Refusal> {
    let Some(uri) = form.get("request_uri").filter(|uri| uri.starts_with(URN)) else {
        return Ok(Opened {
            form,
            pushed: false,
        });
    };
    let client = form.require("client_id")?;
    let pushed = call.state(|state| state.take_pushed(client, uri))?;
    let form = pushed.ok_or(Refusal::invalid_request(
        "`request_uri` was opened before, has expired or is another client's; sign in again",
    ))?;
    Ok(Opened { form, pushed: true })
}

#[cfg(test)]
mod tests {
    use crate::Options;
    use crate::service::Service;
    use crate::testing::{ASKED, CHALLENGE, REDIRECT_URI, asked_with, service, service_with};

    /// The one-time id in a consent page.
    fn page_id(html: &str) -> String {
        let (_, rest) = html.split_once("name=\"request\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    #[test]
    fn an_approver_answers_at_once_with_code_state_and_iss() {
        let service = service(Some("ada"));
        let answer = service.get("/authorize", &ASKED, 0);
        assert!(
            answer
                .location()
                .as_str()
                .starts_with(&format!("{REDIRECT_URI}?"))
        );
        let landed = answer.landed();
        assert!(landed["code"].starts_with("sandbox_code_"));
        assert_eq!(landed["state"], "a&b");
        assert_eq!(landed["iss"], "http://issuer.invalid");
        assert_eq!(landed.len(), 3);
    }

    #[test]
    fn pkce_with_s256_is_demanded() {
        let service = service(Some("ada"));
        let short = &CHALLENGE[..42];
        let long = format!("{CHALLENGE}A");
        let padded = format!("{CHALLENGE}=");
        for (name, value) in [
            ("code_challenge", ""),
            ("code_challenge", short),
            ("code_challenge", long.as_str()),
            ("code_challenge", padded.as_str()),
            (
                "code_challenge",
                "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM",
            ),
            ("code_challenge_method", ""),
            ("code_challenge_method", "plain"),
            ("code_challenge_method", "s256"),
        ] {
            let landed = service
                .get("/authorize", &asked_with(name, value), 0)
                .landed();
            assert_eq!(landed["error"], "invalid_request", "{name}={value}");
            assert_eq!(landed["state"], "a&b");
            assert_eq!(landed["iss"], "http://issuer.invalid");
            assert!(!landed.contains_key("code"));
        }
    }

    #[test]
    fn what_cannot_be_granted_goes_back_with_its_own_error() {
        let service = service(Some("ada"));
        for (name, value, error) in [
            ("response_type", "", "invalid_request"),
            ("response_type", "token", "unsupported_response_type"),
            ("response_mode", "form_post", "invalid_request"),
            ("scope", "openid admin", "invalid_scope"),
            ("prompt", "none login", "invalid_request"),
            ("request", "eyJ", "request_not_supported"),
            ("request_uri", "urn:x", "request_uri_not_supported"),
        ] {
            let landed = service
                .get("/authorize", &asked_with(name, value), 0)
                .landed();
            assert_eq!(landed["error"], error, "{name}={value}");
        }
        let twice = [&ASKED[..], &[("state", "another")]].concat();
        let landed = service.get("/authorize", &twice, 0).landed();
        assert_eq!(landed["error"], "invalid_request");
        assert!(!landed.contains_key("state"));
    }

    #[test]
    fn an_unknown_client_or_redirect_uri_is_never_redirected() {
        let service = service(Some("ada"));
        for (name, value) in [
            ("client_id", ""),
            ("client_id", "stranger"),
            ("redirect_uri", ""),
            ("redirect_uri", "https://evil.example/callback/sandbox"),
            ("redirect_uri", "http://127.0.0.1:4711/other"),
            ("redirect_uri", "not a uri"),
        ] {
            let answer = service.get("/authorize", &asked_with(name, value), 0);
            assert_eq!(answer.status, 400, "{name}={value}");
            assert_eq!(answer.header("Location"), None);
            assert!(answer.body.contains("<h1>"));
        }
        let twice = [&ASKED[..], &[("client_id", "keyfob")]].concat();
        assert_eq!(service.get("/authorize", &twice, 0).status, 400);
    }

    #[test]
    fn without_an_approver_there_is_a_page_and_prompt_none_finds_nobody() {
        let service = service(None);
        let page = service.get(
            "/authorize",
            &asked_with("login_hint", "grace@sandbox.example"),
            0,
        );
        assert_eq!(page.status, 200);
        assert!(page.body.contains("value=\"1002\" required checked"));
        assert_eq!(page.body.matches(" checked").count(), 1);
        assert!(
            page.body.contains("<code>read</code>") && !page.body.contains("<code>write</code>")
        );
        assert_eq!(page.header("X-Frame-Options"), Some("DENY"));
        let policy = page.header("Content-Security-Policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{policy}"
        );

        let landed = service
            .get("/authorize", &asked_with("prompt", "none"), 0)
            .landed();
        assert_eq!(landed["error"], "login_required");
    }

    #[test]
    fn a_choice_counts_once_and_only_from_its_page() {
        let service = service(None);
        let id = page_id(&service.get("/authorize", &ASKED, 0).body);
        let choose = |id: &str, answer: &str, person: &str, seconds: u64| {
            let form = [("request", id), ("answer", answer), ("person", person)];
            service.post("/consent", &form, seconds)
        };
        assert_eq!(choose("forged", "allow", "1001", 1).status, 400);
        assert_eq!(choose(&id, "allow", "9999", 1).status, 400);
        assert_eq!(choose(&id, "perhaps", "1001", 1).status, 400);
        assert!(choose(&id, "allow", "1003", 1).landed()["code"].starts_with("sandbox_code_"));
        assert_eq!(choose(&id, "allow", "1003", 1).status, 400);

        let id = page_id(&service.get("/authorize", &ASKED, 0).body);
        let landed = choose(&id, "deny", "1001", 1).landed();
        assert_eq!(
            (landed["error"].as_str(), landed["state"].as_str()),
            ("access_denied", "a&b")
        );

        let id = page_id(&service.get("/authorize", &ASKED, 0).body);
        assert_eq!(choose(&id, "allow", "1001", 600).status, 400);
    }

    #[test]
    fn pages_left_open_do_not_pile_up() {
        let service = service(None);
        let first = page_id(&service.get("/authorize", &ASKED, 0).body);
        for _ in 0..64 {
            service.get("/authorize", &ASKED, 0);
        }
        let form = [("request", first.as_str()), ("answer", "deny")];
        assert_eq!(service.post("/consent", &form, 0).status, 400);
    }

    fn push_at(service: &Service, seconds: u64) -> String {
        let answer = service.post("/par", &ASKED, seconds);
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(answer.value()["expires_in"], 60);
        answer.member("request_uri")
    }

    fn open(service: &Service, client: &str, uri: &str, seconds: u64) -> super::Response {
        let query = [
            ("client_id", client),
            ("request_uri", uri),
            ("state", "other"),
        ];
        service.get("/authorize", &query, seconds)
    }

    #[test]
    fn what_was_pushed_is_opened_once_and_counts_alone() {
        let service = service(Some("ada"));
        let uri = push_at(&service, 0);
        assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:"));
        assert_eq!(open(&service, "stranger", &uri, 1).status, 400);
        let landed = open(&service, "keyfob", &uri, 59).landed();
        assert_eq!(landed["state"], "a&b", "what the query says does not count");
        assert_eq!(open(&service, "keyfob", &uri, 59).status, 400);
        assert_eq!(service.exchange(&landed["code"], 60).status, 200);

        let uri = push_at(&service, 0);
        assert_eq!(open(&service, "keyfob", &uri, 60).status, 400);
    }

    #[test]
    fn what_cannot_be_granted_is_refused_at_the_push() {
        let service = service(Some("ada"));
        for (name, value, expected) in [
            ("client_id", "stranger", (401, "invalid_client")),
            (
                "redirect_uri",
                "https://evil.example/",
                (400, "invalid_request"),
            ),
            ("scope", "admin", (400, "invalid_scope")),
            ("code_challenge", "", (400, "invalid_request")),
            ("request_uri", "urn:x", (400, "invalid_request")),
            ("resource", "relative", (400, "invalid_target")),
        ] {
            let answer = service.post("/par", &asked_with(name, value), 0);
            assert_eq!(
                answer.refusal(),
                (expected.0, expected.1.into()),
                "{name}={value}"
            );
        }
    }

    #[test]
    fn a_server_may_take_nothing_else() {
        let service = service_with(Options {
            approve: Some("ada".into()),
            require_pushed_requests: true,
            ..Options::default()
        });
        let refused = service.get("/authorize", &ASKED, 0);
        assert!(refused.location().as_str().starts_with(REDIRECT_URI));
        assert_eq!(refused.landed()["error"], "invalid_request");
        let uri = push_at(&service, 0);
        assert!(
            open(&service, "keyfob", &uri, 1)
                .landed()
                .contains_key("code")
        );
        let metadata = service.get("/.well-known/openid-configuration", &[], 0);
        assert_eq!(
            metadata.value()["require_pushed_authorization_requests"],
            true
        );
    }
}
