//! The sandbox: a practice provider, a real authorization server on loopback.
//!
//! It is the other side of what keyfob does, written from the standards and not from keyfob: it knows
//! nothing of `oauth`, `login`, `session`, `vault`, `provider` or `store`, so it can tell when they are wrong.
//!
//! ```no_run
//! use keyfob::sandbox::{Options, start};
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
//! The client `keyfob` is built in: public, with any loopback redirect URI below `/callback/`. Others
//! register at `/register`. PKCE S256 is demanded of all of them, codes live a minute and are exchanged
//! once, refresh tokens rotate and the second use of one revokes its family.
//!
//! It is for practice alone. `tiny_http` limits neither headers nor time nor connections, and anybody
//! on the machine can sign in as anybody; what is protected is the people's browser (Host is checked,
//! nothing is answered without a page's own id, nothing is framed or echoed raw) and the state file, which
//! holds hashes where a real server would.

mod asked;
mod authenticate;
mod authorize;
mod client;
mod discovery;
mod http;
mod id_token;
mod keeper;
mod page;
mod pending;
mod people;
mod random;
mod register;
mod revoke;
mod scope;
mod server;
mod service;
mod state;
#[cfg(test)]
mod testing;
mod token;
mod userinfo;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

pub use people::{Person, people};

use crate::timestamp::Timestamp;
use keeper::Keeper;
use pending::Pending;
use service::Service;
use state::Lifetimes;

/// How the sandbox runs.
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

/// Starts a sandbox.
///
/// An unknown person in `approve` is an error of kind `InvalidInput` that lists the people. Otherwise
/// the port is taken, or the state cannot be used and the error names its file.
pub fn start(options: Options) -> io::Result<Running> {
    let approve = options.approve.as_deref().map(person).transpose()?;
    let now = Timestamp::now();
    let keeper = Keeper::open(options.state, now)?;
    let id = keeper.with(now, |state| state.id.clone())?;
    let (server, port) = server::bind(options.port)?;
    let base = format!("http://127.0.0.1:{port}");
    let service = Arc::new(Service {
        issuer: options.issuer.unwrap_or_else(|| base.clone()),
        base,
        approve,
        lifetimes: Lifetimes {
            access: options.access_lifetime,
            refresh: options.refresh_lifetime,
        },
        keeper,
        pending: Pending::default(),
    });
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
    /// Where it serves: `http://127.0.0.1:PORT`.
    pub fn base(&self) -> &str {
        &self.service.base
    }

    /// The random id of the state, made once with it; without a folder a new one each time.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The issuer identifier it gives itself.
    pub fn issuer(&self) -> &str {
        &self.service.issuer
    }
}

impl Drop for Running {
    /// Takes no more requests; answers under way are still sent. The port is free a moment later, when
    /// `tiny_http`'s own thread has noticed.
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(accepting) = self.accepting.take() {
            // It only hands requests on, so it ends at once; had it panicked, there is nothing to mend.
            let _ = accepting.join();
        }
    }
}

fn person(who: &str) -> io::Result<&'static Person> {
    people::find(who).ok_or_else(|| {
        let names: Vec<_> = people()
            .iter()
            .map(|person| person.preferred_username)
            .collect();
        let who = crate::escape::escape_short(who, 64);
        let what = format!(
            "nobody called `{who}` lives in the sandbox, only {}",
            names.join(", ")
        );
        io::Error::new(io::ErrorKind::InvalidInput, what)
    })
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
