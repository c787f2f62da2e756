//! The sandbox: a practice provider, a real authorization server on loopback.
//!
//! It is the other side of what keyfob does, written from the standards and not from keyfob: it knows
//! nothing of `oauth`, `login`, `session`, `vault`, `provider` or `store`, so it can tell when they are wrong.
//!
//! ```no_run
//! use keyfob_sandbox::{Options, start};
//!
//! let running = start(Options {
//!     state: Some("/tmp/sandbox".into()),
//!     approve: Some("ada".into()),
//!     ..Options::default()
//! })?;
//! println!("sign in at {}", running.base());
//! // …and it serves until `running` is dropped.
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The client `keyfob` is built in: public, with any loopback redirect URI below `/callback/`; others register
//! at `/register`. PKCE S256 is demanded of all. Jobs get identity tokens at `/identity_token` as those of GitHub
//! Actions do. What real servers do otherwise is switched on one by one, for tests, with the feature `quirks`.
//!
//! It is for practice alone. `tiny_http` limits neither headers nor time nor connections, and anybody
//! on the machine can sign in as anybody; what is protected is the people's browser (Host is checked,
//! nothing is answered without a page's own id, nothing is framed or echoed raw) and the state file, which
//! holds hashes where a real server would.

mod authorization_request;
mod authorize;
mod client;
mod device;
mod discovery;
mod exchange;
mod http;
mod id_token;
mod memory;
mod page;
mod people;
mod quirks;
mod random;
mod register;
mod scope;
mod server;
mod service;
mod store;
#[cfg(test)]
mod testing;
mod token;
mod userinfo;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

#[cfg(feature = "quirks")]
pub use client::AuthMethod;
pub use memory::Recorded;
pub use people::{Person, people};
#[cfg(feature = "quirks")]
pub use quirks::{Quirks, Revocation};

use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;
use service::Service;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The port on 127.0.0.1; 0 lets the system pick one.
    pub port: u16,
    /// The issuer identifier; `None` makes it the address served at.
    pub issuer: Option<String>,
    /// The folder that keeps the state, which several sandboxes may share; `None` keeps it in memory.
    pub state: Option<PathBuf>,
    /// Approves everything as this person (username, email address or subject), without a page.
    pub approve: Option<String>,
    /// How long access tokens and id tokens live, in seconds.
    pub access_lifetime: u64,
    /// How long a refresh token lives unless it is used, in seconds.
    pub refresh_lifetime: u64,
    /// How long a device code and the code a person types live, in seconds.
    pub device_lifetime: u64,
    /// In seconds. The standard's five would make every exercise wait; one is the least that clients count with.
    pub device_interval: u64,
    /// Takes no other authorization requests than pushed ones (RFC 9126 §5).
    pub require_pushed_requests: bool,
    /// The secret of the client `keyfob`, which then is confidential and may use `client_credentials`.
    pub client_secret: Option<Secret>,
    /// How long the secret of a registered client lives, in seconds; `None` is forever.
    pub secret_lifetime: Option<u64>,
    /// URLs that are public clients, as if their metadata documents had been read: the sandbox sends no requests.
    pub known_documents: Vec<String>,
    /// What it does otherwise than the standards say.
    #[cfg(feature = "quirks")]
    pub quirks: Quirks,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            issuer: None,
            state: None,
            approve: None,
            access_lifetime: 3600,
            refresh_lifetime: 30 * 24 * 3600,
            device_lifetime: 300,
            device_interval: 1,
            require_pushed_requests: false,
            client_secret: None,
            secret_lifetime: None,
            known_documents: Vec::new(),
            #[cfg(feature = "quirks")]
            quirks: Quirks::default(),
        }
    }
}

/// A sandbox that serves on background threads until this is dropped.
pub struct Running {
    service: Arc<Service>,
    id: String,
    server: Arc<tiny_http::Server>,
    accepting: Option<JoinHandle<()>>,
}

pub fn start(options: Options) -> io::Result<Running> {
    // Before the port is bound: what is wrong here would be wrong at any port.
    options.approve.as_deref().map(people::expect).transpose()?;
    let now = Timestamp::now();
    let (server, port) = server::bind(options.port)?;
    let base = format!("http://127.0.0.1:{port}");
    let service = Arc::new(Service::open(base, options, now)?);
    let id = service.state.with(now, |state| state.id.clone())?;
    let server = Arc::new(server);
    let accepting = {
        let (server, service) = (Arc::clone(&server), Arc::clone(&service));
        thread::Builder::new()
            .name("sandbox".into())
            .spawn(move || server::serve(&server, &service))?
    };
    Ok(Running {
        service,
        id,
        server,
        accepting: Some(accepting),
    })
}

impl Running {
    pub fn base(&self) -> &str {
        &self.service.base
    }

    /// The random id of the state, made once with it; without a folder a new one each time.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn issuer(&self) -> &str {
        &self.service.issuer
    }

    /// What is served and where, in the words of the metadata.
    pub fn endpoints(&self) -> Vec<(&'static str, String)> {
        discovery::endpoints(self.service.base.as_str())
    }

    /// The last few hundred requests for authorization, the oldest first, for a test to look into.
    pub fn recorded(&self) -> Vec<Recorded> {
        self.service.requests.all()
    }
}

impl Drop for Running {
    /// Answers under way are still sent. The port is free once `tiny_http`'s own thread has noticed.
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(accepting) = self.accepting.take() {
            // It only hands requests on, so it ends at once; had it panicked, there is nothing to mend.
            let _ = accepting.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn an_unknown_person_is_refused_with_the_list() {
        let options = Options {
            approve: Some("mallory\n".into()),
            ..Options::default()
        };
        let error = start(options).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        let text = error.to_string();
        assert!(
            text.contains("ada, grace, alan") && !text.contains('\n'),
            "{text}"
        );
    }

    #[test]
    fn dropping_frees_the_port() {
        let running = start(Options::default()).unwrap();
        let port = running.base().rsplit(':').next().unwrap().parse().unwrap();
        let taken = Options {
            port,
            ..Options::default()
        };
        let error = start(taken.clone()).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        drop(running);
        let until = Instant::now() + Duration::from_secs(10);
        let again = loop {
            match start(taken.clone()) {
                Err(_) if Instant::now() < until => thread::yield_now(),
                again => break again.unwrap(),
            }
        };
        assert_eq!(again.base(), format!("http://127.0.0.1:{port}"));
    }

    #[test]
    fn the_id_belongs_to_the_folder_and_the_issuer_to_the_options() {
        let home = tempfile::tempdir().unwrap();
        let options = Options {
            issuer: Some("http://sandbox.invalid".into()),
            state: Some(home.path().join("deep/sandbox")),
            ..Options::default()
        };
        let (one, two) = (start(options.clone()).unwrap(), start(options).unwrap());
        assert_eq!(one.id(), two.id());
        assert_eq!(one.issuer(), "http://sandbox.invalid");
        let other = start(Options::default()).unwrap();
        assert_ne!(other.id(), one.id());
        assert_eq!(other.issuer(), other.base());
    }
}
