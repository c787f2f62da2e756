//! A sandbox that acts as it is told, a home with a definition that meets it, and what is done there.

use std::collections::{BTreeMap, BTreeSet};

use keyfob_sandbox::{Options, Running, start};
use serde_json::{Value, json};
use url::Url;

use crate::person::{Consent, said};
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::server::free_port;
use keyfob_testkit::visitor::{Page, Waiting, get, send};

/// What a drill comes to; the failure is what a person would have seen.
pub type Outcome<T = ()> = Result<T, String>;

/// The usual lines: everything is read from the metadata.
const USUAL: &str = "title = \"Practice\"
issuer = \"{base}\"
client_id = \"keyfob\"
scopes = [\"openid\", \"profile\", \"email\", \"offline_access\"]";

/// Every endpoint by hand, without metadata.
pub const ENDPOINTS: &str = "discovery = false
authorization_endpoint = \"{base}/authorize\"
token_endpoint = \"{base}/token\"
userinfo_endpoint = \"{base}/userinfo\"
revocation_endpoint = \"{base}/revoke\"";

/// A server and its guest.
pub struct Stage {
    /// The home.
    pub home: Home,
    /// The server.
    pub running: Running,
}

impl Stage {
    /// A sandbox that acts so, and a home that has it as the provider `acme`, by these lines beside the
    /// usual ones.
    ///
    /// Lines are `key = value`, of which the last of a key counts; `!key` takes one away. `{base}` is where
    /// the sandbox is, `{port}` a port that was free, `{client}` a client that is registered there with the
    /// redirect URI `http://127.0.0.1/done`.
    pub fn new(acts: impl FnOnce(&mut Options), lines: &str) -> Self {
        let port = free_port();
        let mut options = Options {
            approve: Some("ada".into()),
            ..Options::default()
        };
        acts(&mut options);
        for one in &mut options.quirks.redirect_ports {
            *one = port;
        }
        let mut home = Home::new();
        if let Some(secret) = &options.client_secret {
            home.set("KEYFOB_ACME_CLIENT_SECRET", secret.expose());
        }
        let running = start(options).expect("a sandbox");
        let mut text = definition(&[USUAL, lines])
            .replace("{base}", running.base())
            .replace("{port}", &port.to_string());
        if text.contains("{client}") {
            text = text.replace("{client}", &register(&running));
        }
        home.provider("acme", &text);
        if text.contains("issuer = \"http://127.0.0.1/") {
            // The issuer has the port that servers usually have, and nobody can be asked about the other.
            let host = running.base().trim_start_matches("http://");
            home.run(&["provider", "set", "acme", "--accept-origin", host])
                .ok();
        }
        Self { home, running }
    }

    /// Runs the binary; a failure is what it said.
    pub fn run(&self, args: &[&str]) -> Outcome<Run> {
        done(self.home.run(args))
    }

    /// Signs in, asks who that is, refreshes, signs out.
    pub fn whole(&self) -> Outcome {
        self.login(&[])?;
        self.rest()
    }

    /// The same by a code for another device.
    pub fn whole_by_device(&self) -> Outcome {
        self.device()?;
        self.rest()
    }

    fn rest(&self) -> Outcome {
        self.run(&["whoami", "acme"])?;
        self.run(&["refresh", "acme"])?;
        self.logout().map(drop)
    }

    /// Signs in with the test as the browser, which goes where it is sent.
    pub fn login(&self, args: &[&str]) -> Outcome<Run> {
        self.login_as(args, get)
    }

    /// The same with a person at the page, who gives what follows it.
    pub fn login_as(&self, args: &[&str], person: impl FnOnce(&Url) -> Page) -> Outcome<Run> {
        finish(self.begin(args)?, person)
    }

    /// Signs in again at an account, the person saying yes as whoever is chosen beforehand.
    pub fn again(&self, account: &str) -> Outcome<Run> {
        let waiting = begin(&self.home, &[account])?;
        finish(waiting, |url| Consent::open(url).allow_as_is())
    }

    /// Starts a login with a target of its own.
    pub fn begin_at(&self, args: &[&str]) -> Outcome<Waiting> {
        begin(&self.home, args)
    }

    /// Starts a login up to its address; one that ends before is a failure.
    pub fn begin(&self, args: &[&str]) -> Outcome<Waiting> {
        begin(&self.home, &[&["acme"], args].concat())
    }

    /// Signs in by a code for another device, which the sandbox approves by itself.
    pub fn device(&self) -> Outcome<Run> {
        self.run(&["login", "acme", "--flow", "device", "--timeout", "5s"])
    }

    /// Is refused before anything is opened, in these words.
    pub fn refused(&self, args: &[&str], words: &str) -> Outcome {
        match self.begin(args) {
            Ok(waiting) => {
                waiting.stop();
                Err("the browser was opened".into())
            }
            Err(said) if said.contains(words) => Ok(()),
            Err(said) => Err(said),
        }
    }

    /// Signs out, and looks whether the server has ended what it could; gives what became of each token.
    pub fn logout(&self) -> Outcome<Run> {
        let token = self.run(&["token", "acme"])?;
        let run = self.run(&["logout", "acme", "--json"])?;
        if self.running_accepts(token.line()) {
            return Err(format!("the token lives on: {}", run.stderr));
        }
        Ok(run)
    }

    /// What the index has of the only account.
    pub fn entry(&self) -> Value {
        let accounts = self.home.accounts();
        self.home.entry(accounts.first().expect("an account"))
    }

    /// Signs in, and has these scopes.
    pub fn granted(&self, scopes: &[&str]) -> Outcome {
        self.login(&[])?;
        self.held(scopes)
    }

    /// The only account has these scopes.
    pub fn held(&self, scopes: &[&str]) -> Outcome {
        let entry = self.entry();
        let held: BTreeSet<&str> = entry["scopes"]
            .as_array()
            .expect("scopes")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        same(&held, &scopes.iter().copied().collect())
    }

    /// Signs in, and has asked for authorization with this parameter.
    pub fn asked(&self, args: &[&str], name: &str, value: &str) -> Outcome {
        self.login(args)?;
        let asked = self.running.recorded();
        let asked = asked
            .iter()
            .find(|asked| asked.get("code_challenge").is_some());
        same(&asked.and_then(|asked| asked.get(name)), &Some(value))
    }

    /// Signs in, and `whoami` has this fact.
    pub fn told(&self, fact: &str, value: &Value) -> Outcome {
        self.login(&[])?;
        let told = self.run(&["whoami", "acme", "--json"])?.json();
        same(&told[fact], value)
    }

    /// Whether the server still takes an access token, as the standard sends it.
    fn running_accepts(&self, token: &str) -> bool {
        let to = self.url("/userinfo");
        let authority = &to[url::Position::BeforeHost..url::Position::AfterPort];
        let request = format!(
            "GET /userinfo HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\
             Authorization: Bearer {token}\r\n\r\n"
        );
        send(&to, &request).status == 200
    }

    /// An identity token of the sandbox's job, for the sandbox.
    pub fn identity_token(&self) -> Outcome<String> {
        let to = self.url("/identity_token");
        let authority = &to[url::Position::BeforeHost..url::Position::AfterPort];
        let request = format!(
            "GET /identity_token HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\
             Authorization: Bearer job\r\n\r\n"
        );
        let answer: Value =
            serde_json::from_str(&send(&to, &request).body).map_err(|error| error.to_string())?;
        Ok(answer["value"].as_str().expect("a token").to_owned())
    }

    /// A place at the sandbox.
    pub fn url(&self, path: &str) -> Url {
        let text = format!("{}{path}", self.running.base());
        text.parse().expect("a URL")
    }
}

/// Starts a login up to its address; one that ends before is a failure.
pub fn begin(home: &Home, args: &[&str]) -> Outcome<Waiting> {
    let child = home.login_command(args).spawn().expect("keyfob starts");
    Waiting::begin(child).map_err(|run| run.stderr)
}

/// Ends a login: what the person at the page is led to is brought back.
pub fn finish(waiting: Waiting, person: impl FnOnce(&Url) -> Page) -> Outcome<Run> {
    let page = person(&waiting.url);
    let to = page.header("location").parse::<Url>();
    if let Some(to) = to.ok().filter(|to| to.scheme() == "http") {
        return done(waiting.bring(&to).1);
    }
    waiting.stop();
    Err(format!("{}: {}", page.status, said(&page)))
}

/// Success, or what was said.
pub fn done(run: Run) -> Outcome<Run> {
    if run.status == 0 {
        Ok(run)
    } else {
        Err(format!("exit {}: {}", run.status, run.stderr))
    }
}

/// Equality; the failure shows what there is.
pub fn same<T: PartialEq + std::fmt::Debug>(found: &T, wanted: &T) -> Outcome {
    if found == wanted {
        Ok(())
    } else {
        Err(format!("found {found:?}, wanted {wanted:?}"))
    }
}

/// One definition of all lines.
fn definition(parts: &[&str]) -> String {
    let mut lines = BTreeMap::new();
    for line in parts.iter().flat_map(|part| part.lines()) {
        if let Some(gone) = line.strip_prefix('!') {
            lines.remove(gone);
        } else if let Some((key, value)) = line.split_once(" = ") {
            lines.insert(key, value);
        }
    }
    let lines = lines
        .iter()
        .map(|(key, value)| format!("{key} = {value}\n"));
    lines.collect()
}

/// Registers a public client, and gives its id.
fn register(running: &Running) -> String {
    let body = json!({
        "redirect_uris": ["http://127.0.0.1/done"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
    });
    let registered = post_json(running, "/register", &body);
    registered["client_id"].as_str().expect("an id").to_owned()
}

/// Sends JSON to the sandbox, and reads its answer.
pub fn post_json(running: &Running, path: &str, body: &Value) -> Value {
    let url: Url = running.base().parse().expect("a URL");
    let (host, body) = (
        running.base().trim_start_matches("http://"),
        body.to_string(),
    );
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let page = send(&url, &request);
    serde_json::from_str(&page.body).unwrap_or_else(|error| panic!("{error}: {page:?}"))
}
