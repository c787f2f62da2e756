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

impl Service {
    #[cfg_attr(not(feature = "quirks"), allow(clippy::needless_pass_by_value))]
    pub(crate) fn answer(&self, request: Request, now: Timestamp) -> Response {
        self.requests.note(&request);
        #[cfg(feature = "quirks")]
        let answer = crate::quirks::answer(self, request, now);
        #[cfg(not(feature = "quirks"))]
        let answer = Self::route(&Call {
            service: self,
            request: &request,
            now,
        })
        .unwrap_or_else(Response::from);
        answer
    }

    pub(super) fn route(call: &Call) -> Result<Response, Refusal> {
        let Request { path, method, .. } = call.request;
        if let Some(endpoint) = endpoint(path, *method) {
            return endpoint(call);
        }
        let methods = [
            (Method::Get, "GET"),
            (Method::Post, "POST"),
            (Method::Delete, "DELETE"),
        ];
        let taken = methods
            .iter()
            .filter(|(method, _)| endpoint(path, *method).is_some());
        let taken: Vec<&str> = taken.map(|(_, name)| *name).collect();
        Err(if taken.is_empty() {
            Refusal::invalid_request("there is nothing here").with_status(404)
        } else {
            let what = format!("this endpoint takes {}", taken.join(" or "));
            Refusal::invalid_request(what).with_status(405)
        })
    }
}

type Handler = fn(&Call) -> Result<Response, Refusal>;

fn endpoint(path: &str, method: Method) -> Option<Handler> {
    let endpoint: Handler = match (path, method) {
        ("/", Method::Get) => |call| Ok(page::index(call.service)),
        ("/authorize", Method::Get) => |call| Ok(authorize(call)),
        ("/consent", Method::Post) => |call| Ok(consent(call)),
        ("/device", Method::Get) => |call| Ok(device::look(call)),
        ("/device", Method::Post) => |call| Ok(device::decide(call)),
        ("/device_authorization", Method::Post) => device::device_authorization,
        ("/par", Method::Post) => push,
        ("/token", Method::Post) => token,
        ("/introspect", Method::Post) => introspect,
        ("/revoke", Method::Post) => revoke,
        ("/register", Method::Post) => register,
        ("/userinfo", Method::Get | Method::Post) => userinfo,
        (exchange::JOB_PATH, Method::Get) => exchange::identity_token,
        ("/jwks", Method::Get) => jwks,
        (page::CODE_PATH, Method::Get) => |call| {
            let bare = call.service.quirks.shows_bare_code;
            Ok(page::show_code(call.request, bare))
        },
        (
            "/.well-known/openid-configuration" | "/.well-known/oauth-authorization-server",
            Method::Get,
        ) => |call| Ok(metadata(call.service)),
        (path, Method::Get | Method::Delete) if path.starts_with(CLIENTS) => {
            |call| manage(call, &call.request.path[CLIENTS.len()..])
        }
        _ => return None,
    };
    Some(endpoint)
}

/// Where registered clients are managed, each below this.
const CLIENTS: &str = "/register/";
