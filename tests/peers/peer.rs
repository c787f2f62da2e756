//! The npm package `oidc-provider` as a server of its own, for as long as a test runs.

use keyfob_testkit::process::GENEROUS;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use url::Url;

use keyfob_testkit::home::Home;
use keyfob_testkit::needs::skip;
use keyfob_testkit::visitor::{self, Page};

/// How long something is waited for, on a busy machine too.
const PATIENCE: Duration = GENEROUS;

/// Where the server and its packages are.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers");

/// How long access tokens live, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// Those of a login.
    pub login: u32,
    /// Those of a refresh.
    pub refresh: u32,
}

impl Lifetimes {
    /// Longer than any test.
    pub const LONG: Self = Self {
        login: 3600,
        refresh: 3600,
    };
    /// The token of the login ends while the test looks on.
    pub const SHORT_LOGIN: Self = Self {
        login: 1,
        refresh: 3600,
    };
    /// Every token ends while the test looks on.
    pub const SHORT: Self = Self {
        login: 1,
        refresh: 1,
    };
}

/// The server; dropping it ends it, and so does the end of this process, which closes its stdin.
pub struct Peer {
    process: Child,
    issuer: Url,
}

impl Peer {
    /// Starts the server. `None`, said on stderr, where Node.js or the packages are missing.
    pub fn start(lifetimes: Lifetimes) -> Option<Self> {
        let Lifetimes { login, refresh } = lifetimes;
        Self::with(&json!({"login": login, "refresh": refresh}))
    }

    /// The same with these options beside long lifetimes, and a code that may be polled for each second.
    pub fn with(options: &Value) -> Option<Self> {
        if !is_installed() {
            skip("node, and `npm ci` in tests/peers");
            return None;
        }
        let mut all = json!({
            "login": 3600,
            "refresh": 3600,
            "deviceCode": 600,
            "announce": {"/device/auth": {"interval": 1}},
        });
        let wanted = options.as_object().expect("an object").clone();
        all.as_object_mut().expect("an object").extend(wanted);
        let mut process = Command::new("node")
            .args(["oidc-provider.mjs", &all.to_string()])
            .current_dir(FOLDER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let mut issuer = String::new();
        BufReader::new(process.stdout.take().expect("stdout is a pipe"))
            .read_line(&mut issuer)
            .expect("stdout is UTF-8");
        let issuer = Url::parse(issuer.trim()).expect("the first line is the issuer");
        Some(Self { process, issuer })
    }

    /// Its definition for a user's file, with everything but the client left to its metadata; `more`
    /// is appended, so it may begin tables.
    pub fn definition(&self, more: &str) -> String {
        let issuer = self.issuer();
        format!(
            "title = \"Peer\"\nissuer = \"{issuer}\"\nscopes = [\"openid\", \"profile\", \"email\"]\n{more}"
        )
    }

    /// A home where the server is the provider `peer`, with the client it knows.
    pub fn home(&self) -> Home {
        let home = Home::new();
        home.provider("peer", &self.definition("client_id = \"keyfob-test\"\n"));
        home
    }

    /// Its issuer identifier.
    pub fn issuer(&self) -> &str {
        self.issuer.as_str().trim_end_matches('/')
    }

    /// A page of its own.
    pub fn get(&self, path: &str) -> Page {
        visitor::get(&self.issuer.join(path).expect("a URL"))
    }

    /// How often something happened there so far, by the name of its event.
    #[track_caller]
    pub fn seen(&self, event: &str) -> u64 {
        match &self.happened()[event] {
            Value::Null => 0,
            count => count.as_u64().expect("an event that is counted"),
        }
    }

    /// The client that was registered last, as the server has it.
    #[track_caller]
    pub fn registered(&self) -> Value {
        self.happened()["registered"].clone()
    }

    /// Waits until something has happened so often.
    #[track_caller]
    pub fn wait_for(&self, event: &str, count: u64) {
        let since = Instant::now();
        while self.seen(event) < count {
            assert!(since.elapsed() < PATIENCE, "{event}: {}", self.happened());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Every token that was granted by a grant type, and nothing was taken back.
    #[track_caller]
    pub fn granted_only(&self, grant: &str) {
        let happened = self.happened();
        let all = happened.as_object().expect("an object").iter();
        let granted: Vec<_> = all
            .filter(|(name, _)| name.starts_with("granted "))
            .collect();
        assert_eq!(
            granted,
            [(&format!("granted {grant}"), &json!(1))],
            "{happened}"
        );
        for (event, count) in [("access_token.saved", 1), ("refresh_token.saved", 1)] {
            assert_eq!(self.seen(event), count, "{happened}");
        }
        for event in ["grant.revoked", "grant.error"] {
            assert_eq!(self.seen(event), 0, "{happened}");
        }
    }

    /// What the server says of a token to a resource server (RFC 7662).
    #[track_caller]
    pub fn introspect(&self, token: &str) -> Value {
        let url = self.issuer.join("/token/introspection").expect("a URL");
        let body = format!("token={token}&client_id=resource-server&client_secret=introspects");
        let page = visitor::send(
            &url,
            &format!(
                "POST {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
                url.path(),
                &url[url::Position::BeforeHost..url::Position::AfterPort],
                body.len(),
            ),
        );
        serde_json::from_str(&page.body).unwrap_or_else(|error| panic!("{error}: {page:?}"))
    }

    fn happened(&self) -> Value {
        serde_json::from_str(&self.get("/seen").body).expect("JSON")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill(); // it keeps nothing that should be put away first
        let _ = self.process.wait();
    }
}

fn is_installed() -> bool {
    let node = Command::new("node")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    node.is_ok_and(|status| status.success())
        && Path::new(FOLDER)
            .join("node_modules/oidc-provider")
            .is_dir()
}
