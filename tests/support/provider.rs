//! An authorization server that checks what it is sent, and misbehaves when told to.
//!
//! By itself it does what the standards say: PKCE S256 demanded, the same `redirect_uri` at both
//! endpoints, codes for one use, refresh tokens rotated with reuse detection.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

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
    /// What is granted; `None` grants what is asked and leaves `scope` out.
    pub scope: Option<String>,
    /// What userinfo says.
    pub person: Value,
    /// Answers to give instead of the ordinary ones, by path, first in first out.
    pub instead: BTreeMap<String, VecDeque<Reply>>,
    /// Answers every endpoint but the authorization endpoint, where set.
    pub echo: Option<fn(&Request) -> Reply>,
    /// Refreshes granted so far.
    pub refreshes: usize,
    /// Uses of a refresh token that was spent already.
    pub reuses: usize,
    /// Tokens that are good.
    pub alive: BTreeSet<String>,
    issued: usize,
    codes: BTreeMap<String, BTreeMap<String, String>>,
}

/// The server; dropping it ends it.
pub struct Provider {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl Provider {
    /// Starts the server with one person, `julien`.
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State {
            expires_in: Some(3600),
            refreshable: true,
            scope: None,
            person: json!({"sub": "u-1", "preferred_username": "julien", "name": "Julien", "email": "j@example.com"}),
            instead: BTreeMap::new(),
            echo: None,
            refreshes: 0,
            reuses: 0,
            alive: BTreeSet::new(),
            issued: 0,
            codes: BTreeMap::new(),
        }));
        let shared = Arc::clone(&state);
        let server =
            Server::start(move |request| answer(&mut shared.lock().expect("state"), request));
        Self { server, state }
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

    /// Its origin.
    pub fn origin(&self) -> String {
        self.server.origin()
    }

    /// Changes or reads the state.
    pub fn state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().expect("state"))
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

    /// What it was asked at a path so far.
    pub fn asked(&self, path: &str) -> Vec<Request> {
        self.server.asked(path)
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
    if let Some(echo) = state.echo.filter(|_| request.path != "/authorize") {
        return echo(request);
    }
    match request.path.as_str() {
        "/authorize" => authorize(state, request),
        "/token" => token(state, request),
        "/userinfo" => userinfo(state, request),
        "/revoke" => revoke(state, request),
        _ => Reply::Text(404, String::new(), String::new()),
    }
}

/// Approves at once.
fn authorize(state: &mut State, request: &Request) -> Reply {
    let query = &request.query;
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
            state.grant(&scope)
        }
        "refresh_token" => {
            if !state.alive.remove(sent("refresh_token")) {
                state.reuses += 1;
                state.alive.clear(); // reuse detection ends the whole family
                return refused("invalid_grant");
            }
            state.refreshes += 1;
            state.grant("")
        }
        _ => refused("unsupported_grant_type"),
    }
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
    fn mint(&mut self, kind: &str) -> String {
        self.issued += 1;
        format!("{MARK}{kind}-{:04}", self.issued)
    }

    fn grant(&mut self, asked: &str) -> Reply {
        let access = self.mint("access");
        self.alive.insert(access.clone());
        let mut answer = json!({"access_token": access, "token_type": "Bearer"});
        if let Some(seconds) = self.expires_in {
            answer["expires_in"] = seconds.into();
        }
        if self.refreshable {
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
