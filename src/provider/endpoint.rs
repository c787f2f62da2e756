//! The endpoints of an authorization server, by the names that a definition and metadata (RFC 8414 §2)
//! share: the one list of them.

use url::Url;

use super::Provider;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Endpoint {
    Authorization,
    Token,
    Userinfo,
    Revocation,
    Registration,
    DeviceAuthorization,
    PushedAuthorizationRequest,
}

impl Endpoint {
    pub(crate) const ALL: [Self; 7] = [
        Self::Authorization,
        Self::Token,
        Self::Userinfo,
        Self::Revocation,
        Self::Registration,
        Self::DeviceAuthorization,
        Self::PushedAuthorizationRequest,
    ];

    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Authorization => "authorization_endpoint",
            Self::Token => "token_endpoint",
            Self::Userinfo => "userinfo_endpoint",
            Self::Revocation => "revocation_endpoint",
            Self::Registration => "registration_endpoint",
            Self::DeviceAuthorization => "device_authorization_endpoint",
            Self::PushedAuthorizationRequest => "pushed_authorization_request_endpoint",
        }
    }

    /// What a server gets that has it, for a person to judge.
    pub(crate) fn receives(self) -> &'static str {
        match self {
            Self::Authorization => "asks for your password",
            Self::Token => "receives the code, the client secret and the refresh token",
            Self::Userinfo => "receives the access token",
            Self::Revocation => "receives the tokens at sign-out",
            Self::Registration => "registers keyfob as a client",
            Self::DeviceAuthorization => "issues the device code and receives the client secret",
            Self::PushedAuthorizationRequest => "receives the request and the client secret",
        }
    }
}

impl Provider {
    pub(crate) fn endpoint(&self, endpoint: Endpoint) -> Option<&Url> {
        let url = match endpoint {
            Endpoint::Authorization => &self.authorization_endpoint,
            Endpoint::Token => &self.token_endpoint,
            Endpoint::Userinfo => &self.userinfo_endpoint,
            Endpoint::Revocation => &self.revocation_endpoint,
            Endpoint::Registration => &self.registration_endpoint,
            Endpoint::DeviceAuthorization => &self.device_authorization_endpoint,
            Endpoint::PushedAuthorizationRequest => &self.pushed_authorization_request_endpoint,
        };
        url.as_ref()
    }

    /// Has the endpoint at `url`, unless it is known already.
    pub(crate) fn complete_endpoint(&mut self, endpoint: Endpoint, url: Url) {
        let own = match endpoint {
            Endpoint::Authorization => &mut self.authorization_endpoint,
            Endpoint::Token => &mut self.token_endpoint,
            Endpoint::Userinfo => &mut self.userinfo_endpoint,
            Endpoint::Revocation => &mut self.revocation_endpoint,
            Endpoint::Registration => &mut self.registration_endpoint,
            Endpoint::DeviceAuthorization => &mut self.device_authorization_endpoint,
            Endpoint::PushedAuthorizationRequest => &mut self.pushed_authorization_request_endpoint,
        };
        own.get_or_insert(url);
    }
}
