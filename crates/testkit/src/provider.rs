//! An authorization server that checks what it is sent, and misbehaves when told to.
//!
//! By itself it does what the standards say: PKCE S256 demanded, the same `redirect_uri` at both
//! endpoints, codes for one use, refresh tokens rotated with reuse detection.

use crate::process::GENEROUS;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::home::Home;
use crate::server::{Reply, Request, Server};

/// What tokens of this server begin with, so that a test can look for them where they must not be.
pub const MARK: &str = "MARKED-SECRET-";

/// The server's state, open to the test.
#[derive(Debug)]
pub struct State {
    /// Seconds that access tokens live; `None` leaves `expires_in` out.
    pub expires_in: Option<i64>,
    /// Whether refresh tokens are issued.
    pub refreshable: bool,
    /// Whether a refresh spends its refresh token and brings another.
    pub rotates: bool,
    /// What is granted; `None` grants what is asked and leaves `scope` out.
    pub scope: Option<String>,
    /// What userinfo says.
    pub person: Value,
    /// Claims of the id token that replace the right ones; `null` leaves one out.
    pub claims: Value,
    /// Whether the metadata offers registration (RFC 7591).
    pub registers: bool,
    /// What the person has done with the device code.
    pub decision: Decision,
    /// Seconds that a device code lives.
    pub code_lives: u64,
    /// Whether clients may sign in for themselves (RFC 6749 §4.4), and exchange any token (RFC 8693).
    pub machines: bool,
    /// What a registration answers besides, or instead of, what was asked for.
    pub registration: Value,
    /// Answers to give instead of the ordinary ones, by path, first in first out.
    pub instead: BTreeMap<String, VecDeque<Reply>>,
    /// Answers every endpoint but the authorization endpoint, where set.
    pub echo: Option<fn(&Request) -> Reply>,
    /// Paths that it spares.
    pub spared: Vec<&'static str>,
    /// Refreshes granted so far.
    pub refreshes: usize,
    /// Uses of a refresh token that was spent already.
    pub reuses: usize,
    /// Tokens that are good.
    pub alive: BTreeSet<String>,
    issued: usize,
    codes: BTreeMap<String, BTreeMap<String, String>>,
    pushed: BTreeMap<String, BTreeMap<String, String>>,
}

/// What a person does with a device code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Nothing yet.
    Pending,
    /// Approves.
    Granted,
    /// Refuses.
    Denied,
}

/// The server; dropping it ends it.
pub struct Provider {
    server: Server,
    state: Arc<Mutex<State>>,
    door: Arc<Door>,
}

/// An empty home that knows one provider, `acme`.
pub fn acme() -> (Home, Provider) {
    acme_with("")
}

/// The same, with more in the definition.
pub fn acme_with(more: &str) -> (Home, Provider) {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.definition(more));
    (home, provider)
}

/// The same, with a device flow.
pub fn acme_with_device() -> (Home, Provider) {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.definition(&provider.device()));
    (home, provider)
}

impl Provider {
    /// Starts the server with one person, `julien`.
    pub fn start() -> Self {
        Self::start_at("127.0.0.1")
    }

    /// The same on another loopback host.
    pub fn start_at(host: &str) -> Self {
        let state = Arc::new(Mutex::new(State {
            expires_in: Some(3600),
            refreshable: true,
            rotates: true,
            scope: None,
            person: json!({"sub": "u-1", "preferred_username": "julien", "name": "Julien", "email": "j@example.com"}),
            claims: json!({}),
            registers: false,
            decision: Decision::Pending,
            code_lives: 300,
            machines: false,
            registration: json!({}),
            instead: BTreeMap::new(),
            echo: None,
            spared: vec!["/authorize"],
            refreshes: 0,
            reuses: 0,
            alive: BTreeSet::new(),
            issued: 0,
            codes: BTreeMap::new(),
            pushed: BTreeMap::new(),
        }));
        let door = Arc::new(Door::default());
        let (shared, way) = (Arc::clone(&state), Arc::clone(&door));
        let server = Server::start_at(host, move |request| {
            way.enter();
            let reply = answer(&mut shared.lock().expect("state"), request);
            way.leave(&request.path);
            reply
        });
        Self {
            server,
            state,
            door,
        }
    }

    /// Its definition for a user's file; `more` is appended, so it may begin tables.
    pub fn definition(&self, more: &str) -> String {
        let origin = self.server.origin();
        format!(
            "title = \"Acme\"\nissuer = \"{origin}\"\ndiscovery = false\nclient_id = \"keyfob-test\"\n\
             authorization_endpoint = \"{origin}/authorize\"\ntoken_endpoint = \"{origin}/token\"\n\
             userinfo_endpoint = \"{origin}/userinfo\"\nrevocation_endpoint = \"{origin}/revoke\"\n\
             scopes = [\"read\", \"write\"]\n{more}"
        )
    }

    /// The line of a definition that names the device endpoint.
    pub fn device(&self) -> String {
        format!(
            "device_authorization_endpoint = \"{}/device\"\n",
            self.origin()
        )
    }

    /// The line of a definition that names where requests are pushed.
    pub fn push(&self) -> String {
        format!(
            "pushed_authorization_request_endpoint = \"{}/par\"\n",
            self.origin()
        )
    }

    /// A definition that leaves everything to the metadata, and names no client.
    pub fn bare_definition(&self) -> String {
        let origin = self.server.origin();
        format!("title = \"Acme\"\nissuer = \"{origin}\"\nscopes = [\"read\"]\n")
    }

    /// Its origin.
    pub fn origin(&self) -> String {
        self.server.origin()
    }

    /// Changes or reads the state.
    pub fn state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().expect("state"))
    }

    /// Demands that it granted so many refreshes, and that no refresh token came twice.
    #[track_caller]
    pub fn assert_refreshes(&self, count: usize) {
        let seen = self.state(|state| (state.refreshes, state.reuses));
        assert_eq!(seen, (count, 0), "refreshes and reuses");
    }

    /// Answers the next request at `path` with `reply`, once.
    pub fn next(&self, path: &str, reply: Reply) {
        self.state(|state| {
            state
                .instead
                .entry(path.into())
                .or_default()
                .push_back(reply);
        });
    }

    /// Keeps answers at `path` back until the guard is dropped.
    pub fn hold(&self, path: &str) -> Held<'_> {
        self.door.change(|inside| inside.held.insert(path.into()));
        Held(&self.door, path.into())
    }

    /// The most requests that were here at once so far.
    pub fn most_at_once(&self) -> usize {
        self.door.change(|inside| inside.most)
    }

    /// Refuses every request from now on, and repeats in the description what was sent.
    pub fn echo_refusal(&self) {
        self.state(|state| state.echo = Some(repeat));
    }

    /// Waits until it was asked this often at a path.
    #[track_caller]
    pub fn wait_for(&self, path: &str, times: usize) {
        let deadline = Instant::now() + GENEROUS;
        while self.asked(path).len() < times {
            assert!(
                Instant::now() < deadline,
                "{path} is not asked {times} times"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What it was asked at a path so far.
    pub fn asked(&self, path: &str) -> Vec<Request> {
        self.server.asked(path)
    }
}

/// Where answers wait while their path is held, and requests are counted.
#[derive(Default)]
struct Door {
    inside: Mutex<Inside>,
    opened: Condvar,
}

#[derive(Default)]
struct Inside {
    held: BTreeSet<String>,
    now: usize,
    most: usize,
}

impl Door {
    fn enter(&self) {
        self.change(|inside| {
            inside.now += 1;
            inside.most = inside.most.max(inside.now);
        });
    }

    fn leave(&self, path: &str) {
        let inside = self.inside.lock().expect("door");
        let held = |inside: &mut Inside| inside.held.contains(path);
        let bound = GENEROUS * 2; // a failed test must not keep the thread
        drop(self.opened.wait_timeout_while(inside, bound, held));
        self.change(|inside| inside.now -= 1);
    }

    fn change<T>(&self, change: impl FnOnce(&mut Inside) -> T) -> T {
        change(&mut self.inside.lock().expect("door"))
    }
}

/// A held path; dropping it lets its answers go.
pub struct Held<'a>(&'a Door, String);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.change(|inside| inside.held.remove(&self.1));
        self.0.opened.notify_all();
    }
}

fn answer(state: &mut State, request: &Request) -> Reply {
    if let Some(reply) = state
        .instead
        .get_mut(&request.path)
        .and_then(VecDeque::pop_front)
    {
        return reply;
    }
    let spared = state.spared.contains(&&*request.path);
    if let Some(echo) = state.echo.filter(|_| !spared) {
        return echo(request);
    }
    match request.path.as_str() {
        "/.well-known/openid-configuration" => metadata(state, request),
        "/register" => register(state, request),
        "/authorize" => authorize(state, request),
        "/device" => device(state, request),
        "/par" => push(state, request),
        "/token" => token(state, request),
        "/userinfo" => userinfo(state, request),
        "/revoke" => revoke(state, request),
        _ => Reply::Text(404, String::new(), String::new()),
    }
}

fn metadata(state: &State, request: &Request) -> Reply {
    let origin = format!("http://{}", request.headers["host"]);
    let mut metadata = json!({
        "issuer": origin,
        "authorization_endpoint": format!("{origin}/authorize"),
        "token_endpoint": format!("{origin}/token"),
        "userinfo_endpoint": format!("{origin}/userinfo"),
        "revocation_endpoint": format!("{origin}/revoke"),
    });
    if state.registers {
        metadata["registration_endpoint"] = format!("{origin}/register").into();
    }
    Reply::Json(200, metadata)
}

/// Registers the client that is asked for, unless the state says otherwise.
fn register(state: &State, request: &Request) -> Reply {
    let mut client = request.json();
    client["client_id"] = "registered-client".into();
    let otherwise = state.registration.as_object().expect("an object");
    for (member, value) in otherwise {
        client[member] = value.clone();
    }
    Reply::Json(201, client)
}

/// Refuses a form, and repeats it.
fn repeat(request: &Request) -> Reply {
    let description = format!("no good: {:?}", request.form);
    Reply::Json(
        400,
        json!({"error": "invalid_grant", "error_description": description}),
    )
}

/// Takes a request that is pushed (RFC 9126).
fn push(state: &mut State, request: &Request) -> Reply {
    state.issued += 1;
    let uri = format!("urn:example:pushed-{}", state.issued);
    state.pushed.insert(uri.clone(), request.form.clone());
    Reply::Json(201, json!({"request_uri": uri, "expires_in": 60}))
}

/// Approves at once.
fn authorize(state: &mut State, request: &Request) -> Reply {
    let pushed = request.query.get("request_uri");
    let pushed = pushed.and_then(|uri| state.pushed.remove(uri));
    let query = pushed.as_ref().unwrap_or(&request.query);
    let wanted = |name: &str| query.get(name).cloned().unwrap_or_default();
    assert_eq!(wanted("response_type"), "code", "{query:?}");
    assert_eq!(wanted("code_challenge_method"), "S256", "{query:?}");
    assert_eq!(wanted("code_challenge").len(), 43, "{query:?}");
    assert!(wanted("state").len() >= 22, "{query:?}");
    let code = state.mint("code");
    state.codes.insert(code.clone(), query.clone());
    let mut to = url::Url::parse(&wanted("redirect_uri")).expect("a redirect URI");
    to.query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", &wanted("state"));
    Reply::Redirect(to.into())
}

fn token(state: &mut State, request: &Request) -> Reply {
    let form = &request.form;
    let sent = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    assert_eq!(
        request.headers.get("accept").map(String::as_str),
        Some("application/json")
    );
    let refused = |error: &str| Reply::Json(400, json!({"error": error}));
    match sent("grant_type") {
        "authorization_code" => {
            let Some(asked) = state.codes.remove(sent("code")) else {
                return refused("invalid_grant");
            };
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(sent("code_verifier")));
            assert_eq!(
                asked["code_challenge"], challenge,
                "the verifier fits the challenge"
            );
            assert_eq!(
                asked["redirect_uri"],
                sent("redirect_uri"),
                "one redirect URI at both endpoints"
            );
            let scope = asked.get("scope").cloned().unwrap_or_default();
            let mut reply = state.grant(&scope);
            if let (true, Reply::Json(_, answer)) = (scope.contains("openid"), &mut reply) {
                let issuer = format!("http://{}", request.headers["host"]);
                answer["id_token"] = state.id_token(&issuer, &asked).into();
            }
            reply
        }
        "refresh_token" => {
            let sent = sent("refresh_token");
            let alive = if state.rotates {
                state.alive.remove(sent)
            } else {
                state.alive.contains(sent)
            };
            if !alive {
                state.reuses += 1;
                state.alive.clear(); // reuse detection ends the whole family
                return refused("invalid_grant");
            }
            state.refreshes += 1;
            state.grant("")
        }
        "urn:ietf:params:oauth:grant-type:device_code" => {
            assert!(sent("device_code").contains("-device-"), "{form:?}");
            match state.decision {
                Decision::Pending => refused("authorization_pending"),
                Decision::Denied => refused("access_denied"),
                Decision::Granted => state.grant("read write"),
            }
        }
        "client_credentials" if state.machines => {
            let mut reply = state.grant(sent("scope"));
            if let Reply::Json(_, answer) = &mut reply {
                answer["refresh_token"].take(); // RFC 6749 §4.4.3
            }
            reply
        }
        "urn:ietf:params:oauth:grant-type:token-exchange" if state.machines => {
            let mut reply = state.grant(sent("scope"));
            if let Reply::Json(_, answer) = &mut reply {
                answer["issued_token_type"] =
                    "urn:ietf:params:oauth:token-type:access_token".into();
            }
            reply
        }
        _ => refused("unsupported_grant_type"),
    }
}

/// Gives a device code (RFC 8628 §3.2).
fn device(state: &mut State, request: &Request) -> Reply {
    let origin = format!("http://{}", request.headers["host"]);
    Reply::Json(
        200,
        json!({
            "device_code": state.mint("device"),
            "user_code": "WDJB-MJHT",
            "verification_uri": format!("{origin}/activate"),
            "verification_uri_complete": format!("{origin}/activate?user_code=WDJB-MJHT"),
            "expires_in": state.code_lives,
            "interval": 1,
        }),
    )
}

fn userinfo(state: &mut State, request: &Request) -> Reply {
    let bearer = request
        .headers
        .get("authorization")
        .and_then(|header| header.strip_prefix("Bearer "));
    match bearer {
        Some(token) if state.alive.contains(token) => Reply::Json(200, state.person.clone()),
        _ => Reply::Text(
            401,
            "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n".into(),
            String::new(),
        ),
    }
}

fn revoke(state: &mut State, request: &Request) -> Reply {
    if let Some(token) = request.form.get("token") {
        state.alive.remove(token);
    }
    Reply::Json(200, json!({}))
}

impl State {
    /// The refresh token that is good, where there is one.
    pub fn refresh_token(&self) -> String {
        let refresh = self.alive.iter().find(|token| token.contains("-refresh-"));
        refresh.cloned().unwrap_or_default()
    }

    fn mint(&mut self, kind: &str) -> String {
        self.issued += 1;
        format!("{MARK}{kind}-{:04}", self.issued)
    }

    /// An id token for an authorization request; nobody checks its signature.
    fn id_token(&self, issuer: &str, asked: &BTreeMap<String, String>) -> String {
        let mut claims = json!({
            "iss": issuer,
            "aud": asked["client_id"],
            "sub": self.person["sub"],
            "exp": 4_000_000_000_u64,
            "nonce": asked.get("nonce"),
        });
        for (claim, value) in self.claims.as_object().expect("claims are an object") {
            claims[claim] = value.clone();
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!(
            "{}.{}.{MARK}id",
            part(&json!({"alg": "none"})),
            part(&claims)
        )
    }

    fn grant(&mut self, asked: &str) -> Reply {
        let access = self.mint("access");
        self.alive.insert(access.clone());
        let mut answer = json!({"access_token": access, "token_type": "Bearer"});
        if let Some(seconds) = self.expires_in {
            answer["expires_in"] = seconds.into();
        }
        if self.refreshable && (self.rotates || !asked.is_empty()) {
            let refresh = self.mint("refresh");
            self.alive.insert(refresh.clone());
            answer["refresh_token"] = refresh.into();
        }
        if let Some(scope) = self.scope.clone().filter(|_| !asked.is_empty()) {
            answer["scope"] = scope.into();
        }
        Reply::Json(200, answer)
    }
}
