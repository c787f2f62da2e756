//! A server that is two: the CI system that mints identity tokens, and the provider that takes only those
//! and only with exactly the parameters that are demanded.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use keyfob_testkit::home::Home;
use keyfob_testkit::provider::MARK;
use keyfob_testkit::server::{Reply, Request, Server};

/// Variables of a CI system; `{ci}` stands for the server.
pub type Place = [(&'static str, &'static str)];

/// A job of GitHub Actions that may ask.
pub const GITHUB: [(&str, &str); 4] = [
    ("CI", "true"),
    ("GITHUB_ACTIONS", "true"),
    (
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "{ci}/idtoken/1?api-version=2.0",
    ),
    ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "MARKED-SECRET-job"),
];

/// What Hugging Face documents, beside the token itself.
const DOCUMENTED: [(&str, &str); 2] = [
    (
        "subject_token_type",
        "urn:ietf:params:oauth:token-type:id_token",
    ),
    ("resource", "acme/model"),
];

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

#[derive(Default)]
struct State {
    demanded: BTreeMap<String, String>,
    json: bool,
    minted: BTreeSet<String>,
    issued: usize,
    instead: BTreeMap<String, VecDeque<Reply>>,
}

/// The server, and a home that has it as `huggingface`, by the built-in row's own rule, and as `acme`.
pub struct Ci {
    pub home: Home,
    server: Server,
    state: Arc<Mutex<State>>,
}

impl Ci {
    pub fn new() -> Self {
        let state = Arc::new(Mutex::new(State {
            json: true,
            ..State::default()
        }));
        let shared = Arc::clone(&state);
        let server =
            Server::start(move |request| answer(&mut shared.lock().expect("state"), request));
        let ci = Self {
            home: Home::new(),
            server,
            state,
        };
        ci.demand_of(true, &DOCUMENTED);
        let origin = ci.server.origin();
        ci.home.provider(
            "huggingface",
            &format!(
                "discovery = false\nauthorization_endpoint = \"{origin}/authorize\"\ntoken_endpoint = \"{origin}/token\"\n\
                 [exchange]\nvariables = [\"HF_OIDC_ID_TOKEN\"]\n"
            ),
        );
        let accept = ["provider", "set", "huggingface", "--accept-origin", &origin];
        ci.home.run(&accept).ok(); // the row is another server's
        ci.acme("client_id = \"fob\"\n");
        ci
    }

    /// Sets the variables of a place for every later run.
    pub fn inside(mut self, place: &Place) -> Self {
        for (name, value) in place {
            self.home
                .set(name, value.replace("{ci}", &self.server.origin()));
        }
        self
    }

    /// Leaves the place.
    pub fn outside(&mut self, place: &Place) {
        for (name, _) in place {
            self.home.unset(name);
        }
    }

    /// The definition of `acme`, which takes forms.
    pub fn acme(&self, more: &str) {
        let origin = self.server.origin();
        self.home.provider(
            "acme",
            &format!(
                "title = \"Acme\"\ndiscovery = false\nauthorization_endpoint = \"{origin}/authorize\"\n\
                 token_endpoint = \"{origin}/token\"\n{more}"
            ),
        );
    }

    /// Demands exactly these parameters of a form beside the grant type and the identity token.
    pub fn demand(&self, parameters: &[(&str, &str)]) {
        self.demand_of(false, parameters);
    }

    /// Demands exactly these parameters of JSON.
    pub fn demand_json(&self, parameters: &[(&str, &str)]) {
        self.demand_of(true, parameters);
    }

    fn demand_of(&self, json: bool, parameters: &[(&str, &str)]) {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut state = self.state.lock().expect("state");
        state.demanded = parameters.iter().map(own).collect();
        state.json = json;
    }

    /// Answers the next request at `path` so, once.
    pub fn next(&self, path: &str, reply: Reply) {
        let mut state = self.state.lock().expect("state");
        state
            .instead
            .entry(path.into())
            .or_default()
            .push_back(reply);
    }

    /// An identity token that is taken.
    pub fn mint(&self, claims: &Value) -> String {
        let token = identity_token(claims);
        self.accept(&token);
        token
    }

    /// Takes this for an identity token.
    pub fn accept(&self, token: &str) {
        self.state
            .lock()
            .expect("state")
            .minted
            .insert(token.into());
    }

    pub fn asked(&self, path: &str) -> Vec<Request> {
        self.server.asked(path)
    }

    pub fn origin(&self) -> String {
        self.server.origin()
    }

    /// Every file of the home but the audit log.
    pub fn kept(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = self.home.files();
        files.retain(|(path, _)| !path.to_string_lossy().contains("events"));
        files.sort();
        files
    }
}

/// The usual claims, some of them replaced; `null` leaves one out.
pub fn claims(other: &Value) -> Value {
    let mut claims = json!({
        "iss": "https://token.actions.example",
        "sub": "repo:acme/app:ref:refs/heads/main",
        "aud": "https://huggingface.co",
        "exp": 4_000_000_000_u64,
    });
    for (claim, value) in other.as_object().expect("an object") {
        claims[claim] = value.clone();
    }
    claims
}

/// A token with these claims, and a mark for a signature.
pub fn identity_token(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.{MARK}sig",
        part(&json!({"alg": "RS256"})),
        part(claims)
    )
}

fn answer(state: &mut State, request: &Request) -> Reply {
    let instead = state.instead.get_mut(&request.path);
    if let Some(reply) = instead.and_then(VecDeque::pop_front) {
        return reply;
    }
    match request.path.as_str() {
        "/idtoken/1" => mint(
            state,
            request,
            "GET",
            "value",
            request.query.get("audience"),
        ),
        "/azure" => mint(state, request, "POST", "oidcToken", None),
        "/token" => exchange(state, request),
        _ => Reply::Text(404, String::new(), String::new()),
    }
}

fn mint(
    state: &mut State,
    request: &Request,
    method: &str,
    member: &str,
    audience: Option<&String>,
) -> Reply {
    let bearer = format!("Bearer {MARK}job");
    if request.method != method || request.headers.get("authorization") != Some(&bearer) {
        return Reply::Json(
            401,
            json!({"error": "unauthorized", "error_description": bearer}),
        );
    }
    let audience = audience
        .cloned()
        .unwrap_or("api://AzureADTokenExchange".into());
    let token = identity_token(&claims(&json!({"aud": audience})));
    state.minted.insert(token.clone());
    Reply::Json(200, json!({ member: token }))
}

fn exchange(state: &mut State, request: &Request) -> Reply {
    let refused = |error: &str, why: String| {
        Reply::Json(400, json!({"error": error, "error_description": why}))
    };
    let is_json = request.headers["content-type"].starts_with("application/json");
    if is_json != state.json || request.headers.contains_key("authorization") {
        return refused("invalid_request", format!("not so: {:?}", request.headers));
    }
    let mut sent: BTreeMap<String, String> = if is_json {
        serde_json::from_slice(&request.body).expect("strings")
    } else {
        request.form.clone()
    };
    let subject = sent.remove("subject_token").unwrap_or_default();
    let grant = sent.remove("grant_type");
    if grant.as_deref() != Some(GRANT) || sent != state.demanded {
        return refused("invalid_request", format!("not these: {sent:?}"));
    }
    if !state.minted.contains(&subject) {
        return refused("invalid_grant", "an unknown identity token".into());
    }
    state.issued += 1;
    Reply::Json(
        200,
        json!({
            "access_token": format!("{MARK}access-{:04}", state.issued),
            "token_type": "bearer",
            "expires_in": 3600,
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        }),
    )
}
