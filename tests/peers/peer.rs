//! The npm package `oidc-provider` as a server of its own, for as long as a test runs.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use url::Url;

use crate::home::{Home, skip};
use crate::visitor;

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
        if !is_installed() {
            let test = std::thread::current(); // has the test's name, unless tests run one by one
            let test = test.name().filter(|name| *name != "main");
            let needs = "node, and `npm ci` in tests/peers";
            skip(test.unwrap_or("a test with oidc-provider"), needs);
            return None;
        }
        let seconds = [lifetimes.login, lifetimes.refresh].map(|seconds| seconds.to_string());
        let mut process = Command::new("node")
            .arg("oidc-provider.mjs")
            .args(seconds)
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
        let issuer = self.issuer.as_str().trim_end_matches('/');
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

    /// How often something happened there so far, by the name of its event.
    #[track_caller]
    pub fn seen(&self, event: &str) -> u64 {
        let page = visitor::get(&self.issuer.join("/seen").expect("a URL"));
        let seen: Value = serde_json::from_str(&page.body).expect("JSON");
        seen[event].as_u64().expect("an event that is counted")
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
