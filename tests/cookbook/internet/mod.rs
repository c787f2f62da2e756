//! A pretend internet on loopback: one proxy, and behind it one TLS server that is every host that a recipe
//! names. It checks and notes the credential of each request, and a host or a page that it does not know
//! fails the test, so nothing reaches the real one.

mod ghcr;
mod git;
mod github;
mod hub;
mod jobs;
mod oauth;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keyfob::account::random_id;

use keyfob_testkit::server::{Reply, Request, Server};
use keyfob_testkit::tls::{Proxy, Tls};

use git::Repositories;
use oauth::Code;

type Answer = fn(&mut State, &Request) -> Option<Reply>;

/// Every host there is.
const HOSTS: [(&str, Answer); 6] = [
    ("huggingface.co", hub::answer),
    ("router.huggingface.co", hub::router),
    ("github.com", github::answer),
    ("api.github.com", github::api),
    ("ghcr.io", ghcr::answer),
    (jobs::ACTIONS, jobs::actions),
];

/// The internet; dropping it ends it.
pub struct Internet {
    _server: Server,
    tls: Tls,
    proxy: Proxy,
    state: Arc<Mutex<State>>,
}

/// What all hosts know together.
#[derive(Default)]
pub struct State {
    /// What each token that was issued is good for.
    tokens: BTreeMap<String, Grant>,
    codes: BTreeMap<String, Code>,
    visits: Vec<Visit>,
    complaints: Vec<String>,
    unavailable: bool,
    repositories: Repositories,
}

/// What a token is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The host that issued it.
    pub issuer: &'static str,
    /// Whom it stands for.
    pub subject: String,
    /// What for.
    pub kind: Kind,
}

/// Kinds of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// For the API.
    Access,
    /// For the token endpoint, once.
    Refresh,
    /// Tells another host which job this is.
    Identity,
    /// Asks for identity tokens, in a job.
    Request,
    /// For the registry alone, in exchange for an access token.
    Registry,
}

/// A request with a credential that was good.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Where to, such as `huggingface.co/api/whoami-v2`.
    pub page: String,
    /// What the client calls itself.
    pub agent: String,
    /// The credential.
    pub token: String,
    /// Whom it stands for.
    pub subject: String,
}

impl Internet {
    /// Begins it.
    pub fn new() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Server::start(move |request| {
            lock(&shared).answer(request) // one request at a time
        });
        let plain = server.origin().replace("http://", "");
        let plain: SocketAddr = plain.parse().expect("an address");
        let tls = Tls::as_hosts(&HOSTS.map(|(host, _)| host), plain);
        let shared = Arc::clone(&state);
        let proxy = Proxy::to_where(tls.address, move |line| {
            let known = HOSTS.iter().any(|(host, _)| {
                let tunnel = format!("CONNECT {host}:443 ");
                line.starts_with(&tunnel)
            });
            if !known {
                lock(&shared).complain(format!("a way to no host: {line}"));
            }
            known
        });
        Self {
            _server: server,
            tls,
            proxy,
            state,
        }
    }

    /// The proxy's URL.
    pub fn proxy(&self) -> String {
        format!("http://{}", self.proxy.address)
    }

    /// The certificate of the authority that vouches for all hosts, as PEM.
    pub fn authority(&self) -> &str {
        &self.tls.authority
    }

    /// The requests with a good credential to pages that begin so.
    pub fn visits(&self, page: &str) -> Vec<Visit> {
        let state = lock(&self.state);
        let visits = state.visits.iter();
        visits
            .filter(|visit| visit.page.starts_with(page))
            .cloned()
            .collect()
    }

    /// A token that a person made on a settings page.
    pub fn personal_token(&self, issuer: &'static str, subject: &str) -> String {
        let prefix = if issuer == hub::HOST { "hf_" } else { "ghp_" };
        lock(&self.state).issue(prefix, issuer, subject, Kind::Access)
    }

    /// Lets Hugging Face answer 503, whatever is asked.
    pub fn is_unavailable(&self) {
        lock(&self.state).unavailable = true;
    }

    /// Every token there is.
    pub fn tokens(&self) -> Vec<String> {
        lock(&self.state).tokens.keys().cloned().collect()
    }

    /// What should not have happened.
    pub fn complaints(&self) -> Vec<String> {
        lock(&self.state).complaints.clone()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("no answer panicked")
}

impl State {
    fn answer(&mut self, request: &Request) -> Reply {
        let host = header(request, "host");
        let page = format!("{} {host}{}", request.method, request.path);
        let answer = HOSTS.iter().find(|(known, _)| *known == host);
        let reply = answer.and_then(|(_, answer)| answer(self, request));
        reply.unwrap_or_else(|| {
            self.complain(format!("no such page: {page}"));
            plain(404, "")
        })
    }

    fn complain(&mut self, what: String) {
        self.complaints.push(what);
    }

    fn issue(&mut self, prefix: &str, issuer: &'static str, subject: &str, kind: Kind) -> String {
        let token = format!("{prefix}{}{}", random_id(), random_id());
        let subject = subject.to_owned();
        let grant = Grant {
            issuer,
            subject,
            kind,
        };
        self.tokens.insert(token.clone(), grant);
        token
    }

    /// Whom the request's credential stands for at this issuer; noted where it is good.
    fn admit(&mut self, request: &Request, issuer: &str, kind: Kind) -> Option<String> {
        let token = credential(request)?;
        let grant = self.tokens.get(&token)?;
        if grant.issuer != issuer || grant.kind != kind {
            let page = format!("{}{}", header(request, "host"), request.path);
            let complaint = format!("a token of {} went to {page}", grant.issuer);
            self.complain(complaint);
            return None;
        }
        let subject = grant.subject.clone();
        self.visits.push(Visit {
            page: format!("{}{}", header(request, "host"), request.path),
            agent: header(request, "user-agent").to_owned(),
            subject: subject.clone(),
            token: token.clone(),
        });
        self.look_into_arguments(&token);
        Some(subject)
    }

    /// While its client waits for the answer, no process may have the token among its arguments.
    fn look_into_arguments(&mut self, token: &str) {
        for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let arguments = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
            if arguments.contains(token) {
                self.complain(format!("a token among the arguments of `{arguments}`"));
            }
        }
    }
}

/// The token of `Bearer`, or the password of `Basic`.
fn credential(request: &Request) -> Option<String> {
    let (scheme, value) = header(request, "authorization").split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.to_owned());
    }
    let pair = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    Some(pair.split_once(':')?.1.to_owned())
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.get(name).map_or("", String::as_str)
}

fn plain(status: u16, body: &str) -> Reply {
    Reply::Text(status, String::new(), body.to_owned())
}

fn unauthorized(challenge: &str) -> Reply {
    let challenge = format!("WWW-Authenticate: {challenge}\r\n");
    Reply::Text(401, challenge, "{\"error\":\"unauthorized\"}".into())
}
