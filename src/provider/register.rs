//! What a person types into a provider's registration form.

use super::{Provider, RedirectHost};

impl Provider {
    /// The redirect URIs to register, without a port where any port will do; last that of the paste flow.
    pub(crate) fn redirect_uris(&self) -> Vec<String> {
        let mut uris = if self.redirect.no_loopback {
            Vec::new()
        } else {
            self.loopback_uris()
        };
        uris.extend(self.redirect.manual.clone());
        uris
    }

    fn loopback_uris(&self) -> Vec<String> {
        let host = self.redirect.host.as_str();
        let path = self.redirect_path();
        if self.redirect.ports.is_empty() {
            return vec![format!("http://{host}{path}")];
        }
        let ports = self.redirect.ports.iter();
        ports
            .map(|port| format!("http://{host}:{port}{path}"))
            .collect()
    }

    /// Those of a client that keyfob describes itself: servers that let the port vary match the host exactly,
    /// so each loopback host is among them.
    pub(crate) fn described_redirect_uris(&self) -> Vec<String> {
        let rule = &self.redirect;
        let path = self.redirect_path();
        let loopback = match (rule.no_loopback, rule.ports.is_empty()) {
            (true, _) => Vec::new(),
            (false, true) => RedirectHost::ALL
                .map(|host| format!("http://{}{path}", host.as_str()))
                .to_vec(),
            (false, false) => self.loopback_uris(),
        };
        loopback.into_iter().chain(rule.manual.clone()).collect()
    }

    /// The lines of `registration.values`: one with `{redirect_uri}` comes once for each, one with
    /// `{scopes}` is left out where there are none.
    pub(crate) fn registration_values(&self, scopes: &[String]) -> Vec<String> {
        let uris = self.redirect_uris();
        let scopes = scopes.join(" ");
        let mut lines = Vec::new();
        for value in &self.registration.values {
            if scopes.is_empty() && value.contains("{scopes}") {
                continue;
            }
            // Split first, so that what is filled in is not searched for placeholders again.
            let parts: Vec<_> = value
                .split("{redirect_uri}")
                .map(|part| part.replace("{scopes}", &scopes))
                .collect();
            match parts.as_slice() {
                [line] => lines.push(line.clone()),
                parts => lines.extend(uris.iter().map(|uri| parts.join(uri))),
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(ports: &[u16], values: &[&str]) -> Provider {
        let mut provider = Provider {
            name: "x".into(),
            ..Provider::default()
        };
        provider.redirect.ports = ports.into();
        provider.registration.values = values.iter().map(ToString::to_string).collect();
        provider
    }

    #[test]
    fn a_line_comes_once_for_each_uri() {
        let values = ["Redirect: {redirect_uri}", "Scopes: {scopes}", "Public: on"];
        let scopes = ["a".to_string(), "{redirect_uri}".to_string()];
        assert_eq!(
            provider(&[1, 2], &values).registration_values(&scopes),
            [
                "Redirect: http://127.0.0.1:1/callback/x",
                "Redirect: http://127.0.0.1:2/callback/x",
                "Scopes: a {redirect_uri}",
                "Public: on",
            ]
        );
        assert_eq!(
            provider(&[], &values).registration_values(&[]),
            ["Redirect: http://127.0.0.1/callback/x", "Public: on"]
        );
    }

    #[test]
    fn uris_follow_host_and_path() {
        let mut provider = provider(&[], &[]);
        provider.redirect.host = RedirectHost::Ipv6;
        provider.redirect.path = Some("/back".into());
        assert_eq!(provider.redirect_uris(), ["http://[::1]/back"]);
        provider.redirect.host = RedirectHost::Localhost;
        provider.redirect.ports = vec![8080];
        assert_eq!(provider.redirect_uris(), ["http://localhost:8080/back"]);
        provider.redirect.manual = Some("app+x://code".into());
        let both = ["http://localhost:8080/back", "app+x://code"];
        assert_eq!(provider.redirect_uris(), both);
        assert_eq!(provider.described_redirect_uris(), both);
        provider.redirect.no_loopback = true;
        assert_eq!(provider.redirect_uris(), ["app+x://code"]);
    }
}
