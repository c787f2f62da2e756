//! The entry of an account in the index.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::provider::ClientAuth;
use crate::store::Kind;
use crate::token_set::{TokenSet, margin};
use keyfob_base::timestamp::{Timestamp, until};

/// From this age on a given token is to be replaced, in seconds: 90 days, what most rules for secrets ask for.
const ROTATE: u64 = 90 * 24 * 60 * 60;

/// One entry of the index. Provider and name are the entry's folder and file, so a rename moves one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    #[serde(skip)]
    pub provider: String,
    /// The account's label, `[a-z0-9][a-z0-9._-]{0,63}`.
    #[serde(skip)]
    pub name: String,
    /// Whether its secret is known to carry the sealed record; an entry that says so takes no other.
    #[serde(skip)]
    pub sealed: bool,
    /// Random; the key of its secret and its lock, which a rename leaves alone.
    pub id: String,
    pub identity: Identity,
    /// What the provider calls the person, for people to read.
    pub username: Option<String>,
    pub store: Kind,
    /// Another store that may hold a copy of it, which a move that was cut off has left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_in: Option<Kind>,
    pub client: AccountClient,
    pub endpoints: Endpoints,
    /// The servers that the person accepted for it, beside those that are its provider's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted_origins: Vec<String>,
    pub token_type: String,
    /// What the server granted.
    pub scopes: Vec<String>,
    /// The resources that its tokens are for, repeated when they are renewed (RFC 8707 §2.2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource: Vec<String>,
    /// The API that its tokens are for, where the server wants `audience`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// Where the identity token of an exchange comes from; `None` for every other kind of sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_from: Option<SubjectFrom>,
    /// Whether its token can be renewed without a person: by a refresh token, or by a grant that needs none.
    pub refreshable: bool,
    /// Counts the token sets this account has had; the secret carries the same number.
    pub generation: u64,
    pub received_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// First sign-in.
    pub created_at: Timestamp,
    /// Last sign-in; `None` in an entry from before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in_at: Option<Timestamp>,
    pub updated_at: Timestamp,
    /// Set when the server refused the refresh token of this generation for good.
    #[serde(default)]
    pub refused_generation: Option<u64>,
}

/// Who signed in: the key by which a later sign-in finds its account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The issuer identifier, or the provider's name where the server has none.
    pub issuer: String,
    /// The stable identifier at the issuer. Empty where the provider names nobody.
    pub subject: String,
    pub kind: SignIn,
}

/// The kinds of sign-in. The same person by another kind is another account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignIn {
    Person,
    /// The client itself, by its own credentials (RFC 6749 §4.4).
    Client,
    /// Somebody who had a token already and gave it, such as a personal access token.
    Given,
    /// A machine, by an identity token of the place where it runs (RFC 8693).
    Exchange,
}

impl fmt::Display for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Person => "person",
            Self::Client => "client",
            Self::Given => "given",
            Self::Exchange => "exchange",
        })
    }
}

/// Where the identity token of an exchange comes from, each time anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectFrom {
    #[default]
    Ci,
    /// A file that something else keeps fresh; an absolute path.
    File(PathBuf),
}

/// The client a token set belongs to; a refresh uses it and never today's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountClient {
    /// The client identifier (RFC 6749 §2.2). Empty where no client had a part: a given token, or an
    /// exchange without one.
    pub id: String,
    pub auth: ClientAuth,
    /// The redirect URI of the login, for servers that want it again.
    pub redirect_uri: Option<String>,
}

/// The endpoints at the time of the login. Each one's origin is pinned for what it receives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Endpoints {
    /// Receives codes, refresh tokens and client secrets.
    pub token: Address,
    /// Receives access tokens.
    pub userinfo: Option<Address>,
    /// Receives tokens to revoke.
    pub revocation: Option<Address>,
    /// Pinned instead of the origins where those change: the identity of the sandbox's state folder.
    pub pinned_as: Option<String>,
}

impl Endpoints {
    /// Whether tokens of these may be kept beside those of `other`.
    pub(crate) fn same_server(&self, other: &Self) -> bool {
        // The sandbox serves on another port each time, and its pin says all.
        let pinned = self.pinned_as.is_some() && self.pinned_as == other.pinned_as;
        pinned || self == other
    }

    /// Those that are URLs.
    pub(crate) fn urls(&self) -> Vec<Url> {
        let further = [&self.userinfo, &self.revocation].into_iter().flatten();
        let all = std::iter::once(&self.token).chain(further);
        all.filter_map(|address| address.url().ok()).collect()
    }

    /// What is pinned of one of them; an error where it is no URL.
    pub(crate) fn pin(&self, endpoint: &Address) -> Result<String, url::ParseError> {
        match &self.pinned_as {
            Some(pin) => Ok(pin.clone()),
            None => Ok(endpoint.url()?.origin().ascii_serialization()),
        }
    }
}

/// A URL as the index holds it: text until it is called, for `list` reads many and calls none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(String);

impl Address {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL; an error where somebody has edited it into something else.
    pub(crate) fn url(&self) -> Result<Url, url::ParseError> {
        Url::parse(&self.0)
    }
}

impl From<&Url> for Address {
    fn from(url: &Url) -> Self {
        Self(url.to_string())
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Status {
    /// Good, and not about to end
    Valid,
    /// Good but about to end; the next use gets a new one
    Expiring,
    /// Over; the next use gets a new one
    Expired,
    /// Over or about to be, and only a new sign-in helps
    LoginRequired,
    /// The server gave no expiry
    #[default]
    Unknown,
}

impl Account {
    /// Judged from the index alone.
    pub(crate) fn status(&self, now: Timestamp) -> Status {
        let Some(end) = self.expires_at else {
            return Status::Unknown;
        };
        let margin = margin(end.since(self.received_at));
        if end > now && end.since(now) > margin {
            Status::Valid
        } else if !self.refreshable || self.refused() {
            Status::LoginRequired // as `token` then says
        } else if end > now {
            Status::Expiring
        } else {
            Status::Expired
        }
    }

    /// Says when a given token was given, and from 90 days on to replace it; `None` for every other kind.
    pub(crate) fn describe_age(&self, now: Timestamp) -> Option<String> {
        if self.identity.kind != SignIn::Given {
            return None;
        }
        let given = self.received_at.min(now); // a clock that was wrong makes nothing younger than new
        let rotate = if self.is_to_rotate(now) {
            ", rotate"
        } else {
            ""
        };
        Some(format!("given {}{rotate}", until(given, now)))
    }

    /// Whether a given token is to be replaced: nobody says when it ends, so its age is what tells.
    pub(crate) fn is_to_rotate(&self, now: Timestamp) -> bool {
        self.identity.kind == SignIn::Given && now.since(self.received_at) >= ROTATE
    }

    pub(crate) fn login_command(&self) -> String {
        match self.identity.kind {
            SignIn::Given => format!("keyfob login {self} --with-token"),
            SignIn::Person | SignIn::Client | SignIn::Exchange => format!("keyfob login {self}"),
        }
    }

    pub(crate) fn again(&self) -> String {
        let command = self.login_command();
        match self.identity.kind {
            SignIn::Given => format!("give a new token with `{command}`"),
            SignIn::Person | SignIn::Client | SignIn::Exchange => {
                format!("sign in again with `{command}`")
            }
        }
    }

    /// What people know it by: the provider's name for the person, else its own.
    pub(crate) fn who(&self) -> &str {
        self.username.as_deref().unwrap_or(&self.name)
    }

    pub fn describe(&mut self, tokens: &TokenSet, generation: u64) {
        self.token_type.clone_from(&tokens.token_type);
        self.scopes.clone_from(&tokens.scopes);
        self.refreshable = self.needs_no_person() || tokens.refresh_token.is_some();
        self.generation = generation;
        self.received_at = tokens.received_at;
        self.expires_at = tokens.expires_at;
        self.updated_at = tokens.received_at;
        self.refused_generation = None;
    }

    pub(crate) fn needs_no_person(&self) -> bool {
        matches!(self.identity.kind, SignIn::Client | SignIn::Exchange)
    }

    /// Whether the server refused the current refresh token for good.
    pub(crate) fn refused(&self) -> bool {
        self.refused_generation == Some(self.generation)
    }
}

impl fmt::Display for Account {
    /// `PROVIDER/NAME`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.name)
    }
}

/// Whether `id` has the form of an account's id; it names locks and secrets.
pub fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A new account's id: 16 random octets in lower-case hexadecimal.
pub fn random_id() -> String {
    let mut octets = [0; 16];
    keyfob_base::random::fill(&mut octets).expect("the system has randomness");
    format!("{:032x}", u128::from_be_bytes(octets))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture;

    const DAY: u64 = 24 * 60 * 60;

    #[test]
    fn a_given_token_is_to_be_replaced_from_90_days_on() {
        let mut account = fixture::account();
        let said = |account: &Account, later| account.describe_age(account.received_at.plus(later));
        assert_eq!(said(&account, 91 * DAY), None);
        account.identity.kind = SignIn::Given;
        for (later, text) in [
            (0, "given now"),
            (12 * DAY, "given 12 d ago"),
            (90 * DAY - 1, "given 89 d ago"),
            (90 * DAY, "given 90 d ago, rotate"),
            (91 * DAY, "given 91 d ago, rotate"),
        ] {
            assert_eq!(said(&account, later).as_deref(), Some(text));
        }
        let before = Timestamp::from_unix(account.received_at.unix() - DAY);
        assert_eq!(account.describe_age(before).as_deref(), Some("given now"));
    }
}
