//! Dynamic client registration (RFC 7591), open to whoever can reach loopback, and its management
//! (RFC 7592) by whoever has the registration access token.

use std::io;

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::client::{
    AuthMethod, Callbacks, DEVICE_CODE, GRANT_TYPES, KnownClient, TOKEN_EXCHANGE, is_loopback,
};
use crate::http::{Method, Refusal, Response};
use crate::random::{self, Hash};
use crate::service::{Call, Service};
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// How many clients are kept. They do not expire, so something has to end.
const CLIENTS: usize = 1000;

const REDIRECT_URIS: usize = 16;

/// The longest name, in characters; longer ones are cut.
const NAME: usize = 60;

/// What a client says about itself; anything else it says is ignored (RFC 7591 §2).
#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    redirect_uris: Vec<String>,
    client_name: Option<String>,
    #[serde(default)]
    token_endpoint_auth_method: AuthMethod,
    #[serde(default = "default_grant_types")]
    grant_types: Vec<String>,
    #[serde(default = "default_response_types")]
    response_types: Vec<String>,
}

fn default_grant_types() -> Vec<String> {
    vec!["authorization_code".into()]
}

fn default_response_types() -> Vec<String> {
    vec!["code".into()]
}

pub(crate) fn register(call: &Call) -> Result<Response, Refusal> {
    // Also what keeps other sites out: a browser asks before it sends this type across origins.
    if !call.request.has_type("application/json") {
        return Err(invalid("the body must be application/json"));
    }
    let metadata: Metadata = serde_json::from_slice(&call.request.body)
        .map_err(|_| invalid("the body is no client metadata that can be served here"))?;
    check(&metadata)?;
    let redirect_uris = redirect_uris(&metadata)?;
    let secret = metadata
        .has_secret(call.service)
        .then(|| random::value("sandbox_secret_"));
    let secret = secret.transpose()?;
    let token = random::value("sandbox_registration_")?;
    let mut client = client(&metadata, redirect_uris, call.now)?;
    client.registration_token = Some(Hash::of(token.expose()));
    client.secret = secret.as_ref().map(|secret| Hash::of(secret.expose()));
    if let Some(lifetime) = call
        .service
        .options
        .secret_lifetime
        .filter(|_| secret.is_some())
    {
        client.secret_expires_at = Some(call.now.plus(lifetime));
    }
    if secret.is_some() && client.auth_method == AuthMethod::None {
        client.auth_method = AuthMethod::ClientSecretPost;
    }
    let mut response = response(call.service, &client, &token);
    if let Some(secret) = &secret {
        response["client_secret"] = secret.expose().into();
    }
    call.state(|state| {
        if state.clients.len() >= CLIENTS {
            return Err(invalid(
                "too many clients; remove the sandbox's state folder",
            ));
        }
        state.clients.insert(client.id.clone(), client);
        Ok(())
    })??;
    Ok(Response::json(201, &response))
}

/// Answers GET and DELETE of a client's own configuration endpoint (RFC 7592 §2).
pub(crate) fn manage(call: &Call, id: &str) -> Result<Response, Refusal> {
    let refused = || {
        let body = json!({"error": "invalid_token"});
        let challenge = "Bearer realm=\"sandbox\", error=\"invalid_token\"";
        Response::json(401, &body).with("WWW-Authenticate", challenge)
    };
    let Some(token) = call.request.bearer().map(Secret::new) else {
        return Ok(refused());
    };
    call.state(|state| {
        let proven = Some(Hash::of(token.expose()));
        let client = state.clients.get(id);
        // A client that is gone and a wrong token are not told apart (RFC 7592 §2.1).
        let Some(client) = client.filter(|client| client.registration_token == proven) else {
            return refused();
        };
        match call.request.method {
            Method::Delete => {
                state.remove_client(id);
                Response::empty(204)
            }
            _ => Response::json(200, &response(call.service, client, &token)),
        }
    })
    .map_err(Refusal::from)
}

impl Metadata {
    fn grants(&self, name: &str) -> bool {
        self.grant_types.iter().any(|grant| grant == name)
    }

    fn has_secret(&self, service: &Service) -> bool {
        self.token_endpoint_auth_method != AuthMethod::None
            || service.quirks.registration_gives_secret
    }
}

fn client(metadata: &Metadata, redirect_uris: Vec<Url>, now: Timestamp) -> io::Result<KnownClient> {
    let id = random::id("sandbox_client_")?;
    let named = metadata.client_name.as_deref().map(str::trim);
    let name = named.filter(|name| !name.is_empty()).unwrap_or(&id);
    Ok(KnownClient {
        name: name.chars().take(NAME).collect(),
        callbacks: Callbacks::Registered,
        auth_method: metadata.token_endpoint_auth_method,
        refreshes: metadata.grants("refresh_token"),
        device: metadata.grants(DEVICE_CODE),
        machine: metadata.grants("client_credentials"),
        exchanges: metadata.grants(TOKEN_EXCHANGE),
        registered_at: now,
        redirect_uris,
        ..KnownClient::unregistered(&id, &id)
    })
}

fn check(metadata: &Metadata) -> Result<(), Refusal> {
    let known = |grant: &String| GRANT_TYPES.contains(&grant.as_str());
    if metadata.grant_types.is_empty() || !metadata.grant_types.iter().all(known) {
        return Err(invalid(
            "`grant_types` are authorization_code, refresh_token, client_credentials, \
             urn:ietf:params:oauth:grant-type:device_code and \
             urn:ietf:params:oauth:grant-type:token-exchange",
        ));
    }
    let public = metadata.token_endpoint_auth_method == AuthMethod::None;
    if public && metadata.grants("client_credentials") {
        return Err(invalid(
            "a client that acts for itself needs a `token_endpoint_auth_method` with a secret",
        ));
    }
    if metadata.grants("authorization_code") && metadata.response_types != ["code"] {
        return Err(invalid("`response_types` is code"));
    }
    Ok(())
}

/// Reads the redirect URIs; a client that gets no codes needs none.
fn redirect_uris(metadata: &Metadata) -> Result<Vec<Url>, Refusal> {
    let refusal = || {
        let what = "`redirect_uris` must be 1 to 16 URIs of http to 127.0.0.1, [::1] or localhost";
        Refusal::new("invalid_redirect_uri", what)
    };
    let sent = &metadata.redirect_uris;
    let least = usize::from(metadata.grants("authorization_code"));
    if !(least..=REDIRECT_URIS).contains(&sent.len()) {
        return Err(refusal());
    }
    sent.iter()
        .map(|uri| Url::parse(uri).ok().filter(is_loopback).ok_or_else(refusal))
        .collect()
}

fn invalid(description: &'static str) -> Refusal {
    Refusal::new("invalid_client_metadata", description)
}

/// What is registered (RFC 7591 §3.2.1, RFC 7592 §3), all but a secret, of which only a hash is kept.
fn response(service: &Service, client: &KnownClient, token: &Secret) -> Value {
    let grants = [
        !client.redirect_uris.is_empty(),
        client.refreshes,
        client.device,
        client.machine,
        client.exchanges,
    ];
    let grants = GRANT_TYPES.iter().zip(grants).filter(|(_, has)| *has);
    let grant_types: Vec<&str> = grants.map(|(name, _)| *name).collect();
    let mut response = json!({
        "client_id": client.id,
        "client_id_issued_at": client.registered_at.unix(),
        "client_name": client.name,
        "redirect_uris": client.redirect_uris,
        "token_endpoint_auth_method": client.auth_method,
        "grant_types": grant_types,
        "response_types": ["code"],
        "registration_access_token": token.expose(),
        "registration_client_uri": format!("{}/register/{}", service.base, client.id),
    });
    if client.secret.is_some() {
        // 0 says never (RFC 7591 §3.2.1).
        let end = client.secret_expires_at.map_or(0, Timestamp::unix);
        response["client_secret_expires_at"] = end.into();
    }
    response
}

#[cfg(test)]
mod tests {
    use crate::testing::{asked_with, service};

    #[test]
    fn what_is_registered_is_said_and_a_secret_only_once() {
        let service = service(None);
        let body = r#"{"redirect_uris": ["http://localhost:1/a"], "client_name": "Tool",
        "application_type": "native", "contacts": [1]}"#;
        let answer = service.post_json("/register", body);
        let json = answer.value();
        assert_eq!(answer.status, 201);
        assert_eq!(json["token_endpoint_auth_method"], "client_secret_basic");
        assert_eq!(
            json["grant_types"],
            serde_json::json!(["authorization_code"])
        );
        assert_eq!(
            json["redirect_uris"],
            serde_json::json!(["http://localhost:1/a"])
        );
        let secret = answer.member("client_secret");
        assert!(secret.starts_with("sandbox_secret_"));
        let kept = service
            .state
            .with(crate::testing::at(0), |state| {
                serde_json::to_string(&state.clients).unwrap()
            })
            .unwrap();
        assert!(kept.contains("Tool") && !kept.contains(&secret));
    }

    #[test]
    fn what_cannot_be_served_is_refused_by_its_own_error() {
        let service = service(None);
        let many = vec!["\"http://127.0.0.1/a\""; 17].join(",");
        for (body, error) in [
        (r#"{"redirect_uris": []}"#.to_owned(), "invalid_redirect_uri"),
        (format!(r#"{{"redirect_uris": [{many}]}}"#), "invalid_redirect_uri"),
        (r#"{"redirect_uris": ["https://a.example/cb"]}"#.into(), "invalid_redirect_uri"),
        (r#"{"redirect_uris": ["http://127.0.0.1/a#b"]}"#.into(), "invalid_redirect_uri"),
        (r#"{"redirect_uris": ["javascript:alert(1)"]}"#.into(), "invalid_redirect_uri"),
        (r#"{"redirect_uris": ["http://127.0.0.1/a"], "grant_types": ["password"]}"#.into(), "invalid_client_metadata"),
        (r#"{"redirect_uris": ["http://127.0.0.1/a"], "response_types": ["token"]}"#.into(), "invalid_client_metadata"),
        (r#"{"redirect_uris": ["http://127.0.0.1/a"], "token_endpoint_auth_method": "private_key_jwt"}"#.into(), "invalid_client_metadata"),
        ("{}".into(), "invalid_redirect_uri"),
        ("[".repeat(60_000), "invalid_client_metadata"),
    ] {
        let answer = service.post_json("/register", &body);
        assert_eq!(answer.refusal(), (400, error.into()), "{}", &body[..body.len().min(90)]);
    }
        let form = service.post("/register", &[("redirect_uris", "http://127.0.0.1/a")], 0);
        assert_eq!(form.refusal(), (400, "invalid_client_metadata".into()));
    }

    #[test]
    fn a_hostile_name_is_text_on_the_page() {
        let service = service(None);
        let body = r#"{"redirect_uris": ["http://127.0.0.1/callback/sandbox"],
        "client_name": "\"><script>alert(1)</script>\u202e"}"#;
        let id = service.post_json("/register", body).member("client_id");
        let page = service.get("/authorize", &asked_with("client_id", &id), 0);
        assert_eq!(page.status, 200);
        assert!(
            page.body.contains("&quot;&gt;&lt;script&gt;alert(1)"),
            "{}",
            page.body
        );
        assert!(!page.body.contains("<script") && !page.body.contains('\u{202e}'));
    }
}
