//! What every endpoint shares.

use std::io;

use super::Options;
use super::asked::Asked;
use super::client::{AuthMethod, BUILT_IN, Callbacks, Client};
use super::guesses::Guesses;
use super::keeper::Keeper;
use super::pending::Pending;
use super::people::{self, Person};
use super::quirks::Quirks;
use super::random::Hash;
use super::record::Record;
use super::state::{State, Terms};
use keyfob_base::timestamp::Timestamp;

/// What every endpoint knows.
pub struct Service {
    /// `http://127.0.0.1:PORT`.
    pub base: String,
    pub issuer: String,
    /// Who approves everything without a page, if anybody.
    pub approve: Option<&'static Person>,
    pub options: Options,
    pub quirks: Quirks,
    pub keeper: Keeper,
    /// Consent pages of browsers.
    pub pending: Pending<Asked>,
    /// Consent pages of devices, with the user code of each.
    pub devices: Pending<String>,
    pub guesses: Guesses,
    pub record: Record,
}

impl Service {
    /// A service that is reached at `base`, `http://127.0.0.1:PORT`.
    ///
    /// An unknown person to approve is an error of kind `InvalidInput`; otherwise the state cannot be used.
    pub fn open(base: String, options: Options, now: Timestamp) -> io::Result<Self> {
        let approve = options.approve.as_deref().map(people::expect).transpose()?;
        Ok(Self {
            issuer: options.issuer.clone().unwrap_or_else(|| base.clone()),
            base,
            approve,
            #[cfg(feature = "quirks")]
            quirks: options.quirks.clone(),
            #[cfg(not(feature = "quirks"))]
            quirks: Quirks::default(),
            keeper: Keeper::open(options.state.clone(), now)?,
            options,
            pending: Pending::default(),
            devices: Pending::default(),
            guesses: Guesses::default(),
            record: Record::default(),
        })
    }

    /// Finds a client as the state is now.
    pub fn client_now(&self, id: &str, now: Timestamp) -> io::Result<Option<Client>> {
        self.keeper.with(now, |state| self.client(state, id))
    }

    /// Finds a client: built in, known by its document's URL, or registered.
    pub fn client(&self, state: &State, id: &str) -> Option<Client> {
        if id == BUILT_IN {
            return Some(self.built_in());
        }
        if self.options.known_documents.iter().any(|known| known == id) {
            return Some(Client::unregistered(id, id));
        }
        state.clients.get(id).cloned()
    }

    fn built_in(&self) -> Client {
        let quirks = &self.quirks;
        let secret = self.options.client_secret.as_ref();
        let usual = match secret {
            None => AuthMethod::None,
            Some(_) => AuthMethod::ClientSecretBasic,
        };
        Client {
            callbacks: match &quirks.redirect_scheme {
                None => Callbacks::Loopback,
                Some(scheme) => Callbacks::Scheme(scheme.clone()),
            },
            auth_method: quirks.client_auth.unwrap_or(usual),
            device_auth_method: quirks.device_client_auth,
            machine: secret.is_some(),
            secret: secret.map(|secret| Hash::of(secret.expose())),
            ..Client::unregistered(BUILT_IN, BUILT_IN)
        }
    }

    /// How long tokens made now live.
    pub fn terms(&self, now: Timestamp) -> Terms {
        Terms {
            now,
            access: self.options.access_lifetime,
            refresh: self.options.refresh_lifetime,
        }
    }
}
