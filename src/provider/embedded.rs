//! The embedded provider's place: it serves on a fresh port in every process, so its endpoints are
//! filled in at run time, and accounts pin the identity of its state instead of an origin.

use url::Url;

use super::Provider;

/// Where the embedded provider serves right now.
#[derive(Debug, Clone)]
pub struct Embedded {
    base: Url,
    pin: String,
}

impl Embedded {
    /// `base` is an origin such as `http://127.0.0.1:4711`; `id` names the state behind it.
    pub fn at(base: &str, id: &str) -> Self {
        Self {
            base: Url::parse(base).expect("a server knows its own address"),
            pin: format!("embedded:{id}"),
        }
    }

    /// Fills in the endpoints.
    pub(super) fn complete(&self, provider: &mut Provider) {
        let endpoint = |path| self.base.join(path).ok();
        provider.authorization_endpoint = endpoint("/authorize");
        provider.token_endpoint = endpoint("/token");
        provider.userinfo_endpoint = endpoint("/userinfo");
        provider.revocation_endpoint = endpoint("/revoke");
        provider.device_authorization_endpoint = endpoint("/device_authorization");
        provider.pinned_as = Some(self.pin.clone());
    }
}
