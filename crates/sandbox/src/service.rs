//! What every endpoint shares, and which path is which.

use std::io;

use crate::authorization_request::AuthorizationRequest;
use crate::authorize::{authorize, consent, push};
use crate::client::{AuthMethod, BUILT_IN, Callbacks, KnownClient};
use crate::discovery::{jwks, metadata};
use crate::http::{Method, Refusal, Request, Response};
use crate::memory::{Guesses, PendingPages, RequestLog};
use crate::people::{self, Person};
use crate::quirks::Quirks;
use crate::random::Hash;
use crate::register::{manage, register};
use crate::store::{State, StateStore, Terms};
use crate::token::{introspect, revoke, token};
use crate::userinfo::userinfo;
use crate::{Options, device, exchange, page};
use keyfob_base::timestamp::Timestamp;

/// A request at work: who answers it, and the time that counts.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) service: &'a Service,
    pub(crate) request: &'a Request,
    pub(crate) now: Timestamp,
}

impl Call<'_> {
    pub(crate) fn state<T>(&self, work: impl FnOnce(&mut State) -> T) -> io::Result<T> {
        self.service.state.with(self.now, work)
    }

    pub(crate) fn client(&self, id: &str) -> io::Result<Option<KnownClient>> {
        self.state(|state| self.service.client(state, id))
    }
}

pub(crate) struct Service {
    pub(crate) base: String,
    pub(crate) issuer: String,
    /// Who approves everything without a page, if anybody.
    pub(crate) approve: Option<&'static Person>,
    pub(crate) options: Options,
    pub(crate) quirks: Quirks,
    pub(crate) state: StateStore,
    pub(crate) pending: PendingPages<AuthorizationRequest>,
    /// Consent pages of devices, with the user code of each.
    pub(crate) devices: PendingPages<String>,
    pub(crate) guesses: Guesses,
    pub(crate) requests: RequestLog,
}

impl Service {
    /// An unknown person to approve is an error of kind `InvalidInput`; otherwise the state cannot be used.
    pub(crate) fn open(base: String, options: Options, now: Timestamp) -> io::Result<Self> {
        let approve = options.approve.as_deref().map(people::expect).transpose()?;
        Ok(Self {
            issuer: options.issuer.clone().unwrap_or_else(|| base.clone()),
            base,
            approve,
            #[cfg(feature = "quirks")]
            quirks: options.quirks.clone(),
            #[cfg(not(feature = "quirks"))]
            quirks: Quirks::default(),
            state: StateStore::open(options.state.clone(), now)?,
            options,
            pending: PendingPages::default(),
            devices: PendingPages::default(),
            guesses: Guesses::default(),
            requests: RequestLog::default(),
        })
    }

    pub(crate) fn client(&self, state: &State, id: &str) -> Option<KnownClient> {
        if id == BUILT_IN {
            return Some(self.built_in());
        }
        if self.options.known_documents.iter().any(|known| known == id) {
            return Some(KnownClient::unregistered(id, id));
        }
        state.clients.get(id).cloned()
    }

    fn built_in(&self) -> KnownClient {
        let quirks = &self.quirks;
        let secret = self.options.client_secret.as_ref();
        let usual = match secret {
            None => AuthMethod::None,
            Some(_) => AuthMethod::ClientSecretBasic,
        };
        KnownClient {
            callbacks: match &quirks.redirect_scheme {
                None => Callbacks::Loopback,
                Some(scheme) => Callbacks::Scheme(scheme.clone()),
            },
            auth_method: quirks.client_auth.unwrap_or(usual),
            device_auth_method: quirks.device_client_auth,
            machine: secret.is_some(),
            secret: secret.map(|secret| Hash::of(secret.expose())),
            ..KnownClient::unregistered(BUILT_IN, BUILT_IN)
        }
    }

    pub(crate) fn terms(&self, now: Timestamp) -> Terms {
        Terms {
            now,
            access: self.options.access_lifetime,
            refresh: self.options.refresh_lifetime,
        }
    }
}

/// What each path takes, for saying so to whoever uses another method.
const METHODS: [(&str, &str); 16] = [
    ("/", "GET"),
    ("/authorize", "GET"),
    ("/callback/code", "GET"),
    ("/consent", "POST"),
    ("/device", "GET or POST"),
    ("/device_authorization", "POST"),
    (exchange::JOB_PATH, "GET"),
    ("/introspect", "POST"),
    ("/jwks", "GET"),
    ("/par", "POST"),
    ("/register", "POST"),
    ("/revoke", "POST"),
    ("/token", "POST"),
    ("/userinfo", "GET or POST"),
    ("/.well-known/oauth-authorization-server", "GET"),
    ("/.well-known/openid-configuration", "GET"),
];

impl Service {
    #[cfg_attr(not(feature = "quirks"), allow(clippy::needless_pass_by_value))]
    pub(crate) fn answer(&self, request: Request, now: Timestamp) -> Response {
        self.requests.note(&request);
        #[cfg(feature = "quirks")]
        let answer = crate::quirks::answer(self, request, now);
        #[cfg(not(feature = "quirks"))]
        let answer = self
            .route(&Call {
                service: self,
                request: &request,
                now,
            })
            .unwrap_or_else(Response::from);
        answer
    }

    pub(super) fn route(&self, call: &Call) -> Result<Response, Refusal> {
        match (call.request.path.as_str(), call.request.method) {
            ("/", Method::Get) => Ok(page::index(self)),
            ("/authorize", Method::Get) => Ok(authorize(call)),
            ("/consent", Method::Post) => Ok(consent(call)),
            ("/device", Method::Get) => Ok(device::look(call)),
            ("/device", Method::Post) => Ok(device::decide(call)),
            ("/device_authorization", Method::Post) => device::device_authorization(call),
            ("/par", Method::Post) => push(call),
            ("/token", Method::Post) => token(call),
            ("/introspect", Method::Post) => introspect(call),
            ("/revoke", Method::Post) => revoke(call),
            ("/register", Method::Post) => register(call),
            ("/userinfo", Method::Get | Method::Post) => userinfo(call),
            (exchange::JOB_PATH, Method::Get) => exchange::identity_token(call),
            ("/jwks", Method::Get) => jwks(call),
            (page::CODE_PATH, Method::Get) => {
                Ok(page::show_code(call.request, self.quirks.shows_bare_code))
            }
            (
                "/.well-known/openid-configuration" | "/.well-known/oauth-authorization-server",
                Method::Get,
            ) => Ok(metadata(self)),
            (path, Method::Get | Method::Delete) if path.starts_with("/register/") => {
                manage(call, &path["/register/".len()..])
            }
            (path, _) => Err(not_found(path)),
        }
    }
}

fn not_found(path: &str) -> Refusal {
    let known = METHODS.iter().find(|(known, _)| *known == path);
    let (status, description) = match known {
        Some((_, methods)) => (405, format!("this endpoint takes {methods}")),
        None if path.starts_with("/register/") => (405, "this endpoint takes GET or DELETE".into()),
        None => (404, "there is nothing here".into()),
    };
    Refusal::invalid_request(description).with_status(status)
}
