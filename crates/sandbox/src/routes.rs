//! Which path is which.

use super::authorize::{authorize, consent};
use super::device;
use super::discovery::{jwks, metadata};
use super::http::{Answer, Method, Refusal, Request};
use super::introspect::introspect;
use super::job;
use super::page;
use super::par::par;
use super::register::{manage, register};
use super::revoke::revoke;
use super::service::Service;
use super::token::token;
use super::userinfo::userinfo;
use keyfob_base::timestamp::Timestamp;

/// What each path takes, for saying so to whoever uses another method.
const METHODS: [(&str, &str); 16] = [
    ("/", "GET"),
    ("/authorize", "GET"),
    ("/callback/code", "GET"),
    ("/consent", "POST"),
    ("/device", "GET or POST"),
    ("/device_authorization", "POST"),
    (job::PATH, "GET"),
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
    /// Answers a request.
    #[cfg_attr(not(feature = "quirks"), allow(clippy::needless_pass_by_value))]
    pub fn answer(&self, request: Request, now: Timestamp) -> Answer {
        self.record.note(&request);
        #[cfg(feature = "quirks")]
        let answer = super::quirks::answer(self, request, now);
        #[cfg(not(feature = "quirks"))]
        let answer = self.route(&request, now).unwrap_or_else(Answer::from);
        answer
    }

    pub(super) fn route(&self, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
        match (request.path.as_str(), request.method) {
            ("/", Method::Get) => Ok(page::index(self)),
            ("/authorize", Method::Get) => Ok(authorize(self, request, now)),
            ("/consent", Method::Post) => Ok(consent(self, request, now)),
            ("/device", Method::Get) => Ok(device::look(self, request, now)),
            ("/device", Method::Post) => Ok(device::decide(self, request, now)),
            ("/device_authorization", Method::Post) => {
                device::device_authorization(self, request, now)
            }
            ("/par", Method::Post) => par(self, request, now),
            ("/token", Method::Post) => token(self, request, now),
            ("/introspect", Method::Post) => introspect(self, request, now),
            ("/revoke", Method::Post) => revoke(self, request, now),
            ("/register", Method::Post) => register(self, request, now),
            ("/userinfo", Method::Get | Method::Post) => userinfo(self, request, now),
            (job::PATH, Method::Get) => job::identity_token(self, request, now),
            ("/jwks", Method::Get) => jwks(self, now),
            (page::code::PATH, Method::Get) => {
                Ok(page::code::show(request, self.quirks.shows_bare_code))
            }
            (
                "/.well-known/openid-configuration" | "/.well-known/oauth-authorization-server",
                Method::Get,
            ) => Ok(metadata(self)),
            (path, Method::Get | Method::Delete) if path.starts_with("/register/") => {
                manage(self, request, &path["/register/".len()..], now)
            }
            (path, _) => Err(nothing(path)),
        }
    }
}

/// Says that a path is not there, or does not take this method.
fn nothing(path: &str) -> Refusal {
    let known = METHODS.iter().find(|(known, _)| *known == path);
    let (status, description) = match known {
        Some((_, methods)) => (405, format!("this endpoint takes {methods}")),
        None if path.starts_with("/register/") => (405, "this endpoint takes GET or DELETE".into()),
        None => (404, "there is nothing here".into()),
    };
    Refusal {
        status,
        ..Refusal::invalid_request(description)
    }
}
