//! The client as the token endpoint meets it (RFC 6749 §2.3).

use url::form_urlencoded::byte_serialize;

use super::OauthError;
use super::http::Request;
use crate::provider::ClientAuth;
use keyfob_base::secret::Secret;

#[derive(Debug, Clone, Default)]
pub(crate) struct Client {
    /// The client identifier. Empty where no client has a part: then nothing tells of one.
    pub id: String,
    pub auth: ClientAuth,
    /// What it authenticates with; never used with [`ClientAuth::None`].
    pub secret: Option<Secret>,
}

impl Client {
    pub(super) fn authenticate<'a>(
        &'a self,
        request: Request<'a>,
    ) -> Result<Request<'a>, OauthError> {
        match self.auth {
            _ if self.id.is_empty() => Ok(request),
            ClientAuth::None => Ok(request.field("client_id", &self.id)),
            ClientAuth::ClientSecretPost => Ok(request
                .field("client_id", &self.id)
                .secret_field("client_secret", self.needed_secret()?)),
            ClientAuth::BasicWithoutSecret => {
                let id: String = byte_serialize(self.id.as_bytes()).collect();
                Ok(request.basic(&id, &Secret::new("")))
            }
            ClientAuth::ClientSecretBasic => {
                let secret = self.needed_secret()?;
                // RFC 6749 §2.3.1: each part is form-encoded before they are joined.
                let encoded: String = byte_serialize(secret.expose().as_bytes()).collect();
                let id: String = byte_serialize(self.id.as_bytes()).collect();
                Ok(request.basic(&id, &Secret::new(encoded)).hide(secret))
            }
        }
    }

    fn needed_secret(&self) -> Result<&Secret, OauthError> {
        self.secret.as_ref().ok_or_else(|| {
            OauthError::Invalid(
                "the client authenticates with a client secret and none is known".into(),
            )
        })
    }
}
