//! The `[redirect]` table: where the browser returns.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

const IPV4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const IPV6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// The redirect URI: `http://HOST:PORT/PATH`.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct RedirectRule {
    /// `127.0.0.1` unless the server insists on `localhost`, which is then bound in both families.
    pub host: RedirectHost,
    /// The path, beginning with `/`; `/callback/<provider>` where absent (RFC 9700 §4.4.2: one per server).
    pub path: Option<String>,
    /// Ports registered at a server that matches them exactly, tried in order. Empty: any port.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<u16>,
    /// The server takes no loopback redirect; the sign-in is brought back by hand from `manual`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_loopback: bool,
    /// The redirect URI of the paste flow where it is not the loopback one: a page of the provider's,
    /// or a scheme that nothing on this machine opens.
    pub manual: Option<String>,
    /// The page at `manual` shows the code for copying, as `CODE` or `CODE#STATE`; only then may a
    /// bare code be pasted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub shows_code: bool,
}

impl Default for RedirectRule {
    fn default() -> Self {
        Self {
            host: RedirectHost::Ipv4,
            path: None,
            ports: Vec::new(),
            no_loopback: false,
            manual: None,
            shows_code: false,
        }
    }
}

/// The host of a loopback redirect (RFC 8252 §7.3, §8.3).
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
pub enum RedirectHost {
    /// The IPv4 literal.
    #[default]
    #[serde(rename = "127.0.0.1")]
    Ipv4,
    /// The IPv6 literal.
    #[serde(rename = "::1")]
    Ipv6,
    /// The name, where a server takes nothing else.
    #[serde(rename = "localhost")]
    Localhost,
}

impl RedirectHost {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Ipv4, Self::Localhost, Self::Ipv6];

    /// The host as it stands in a URI.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ipv4 => "127.0.0.1",
            Self::Ipv6 => "[::1]",
            Self::Localhost => "localhost",
        }
    }

    /// The same where an address is needed: of the two that `localhost` has, the one that every machine
    /// has.
    pub fn literal(self) -> &'static str {
        match self {
            Self::Localhost => Self::Ipv4.as_str(),
            literal => literal.as_str(),
        }
    }

    /// What a listener binds, an address a family.
    pub fn addresses(self) -> &'static [IpAddr] {
        match self {
            Self::Ipv4 => &[IPV4],
            Self::Ipv6 => &[IPV6],
            Self::Localhost => &[IPV4, IPV6],
        }
    }
}
