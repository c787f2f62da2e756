//! A visit in place of a browser, for the one server that approves by itself: the sandbox on loopback.

use reqwest::redirect::Policy;
use url::Url;

use super::Http;
use crate::oauth::{OauthError, endpoint};

/// Authorization endpoint to redirect URI is one; more than a few is a loop.
const REDIRECTS: usize = 4;

impl Http {
    /// Gets an http page on loopback and follows its redirects there. What comes back is not looked
    /// at, a failure of the server apart.
    pub(crate) async fn visit(&self, url: &Url) -> Result<(), OauthError> {
        let host = endpoint::host(url);
        if url.scheme() != "http" || !endpoint::is_loopback(url) {
            return Err(OauthError::Invalid(format!("{host} is not on loopback")));
        }
        let stay = Policy::custom(|hop| {
            if hop.previous().len() > REDIRECTS || !endpoint::is_loopback(hop.url()) {
                hop.stop()
            } else {
                hop.follow()
            }
        });
        let client = self.0.plain().redirect(stay).build();
        let client = client.map_err(|error| self.failed(&error, &host))?;
        let answer = client.get(url.clone()).send().await;
        let status = answer.map_err(|error| self.failed(&error, &host))?.status();
        if status.is_success() {
            return Ok(());
        }
        Err(OauthError::Invalid(format!("{host} answered {status}")))
    }
}
