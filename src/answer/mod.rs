//! What commands say: serialised shapes for `--json`, tables and lines for people. Data in, text out.
//!
//! Each shape is pinned by its example in `shapes/`, which the man pages show.

pub mod account;
pub mod check;
pub mod log;
pub mod login;
pub mod logout;
pub mod moving;
pub mod naming;
pub mod provider;
pub mod refresh;
pub mod table;
pub mod token;
pub mod which;
pub mod whoami;

use std::fmt::Write;

use serde::Serialize;

use keyfob_base::escape::is_unsafe;

/// Writes a shape as one line of JSON, safe to show: what could act on a terminal is a JSON escape,
/// so a reader of the JSON gets every character back.
pub fn json(shape: &impl Serialize) -> String {
    let plain = serde_json::to_string(shape).expect("shapes have string keys");
    let mut safe = String::with_capacity(plain.len());
    for c in plain.chars() {
        if is_unsafe(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(safe, "\\u{unit:04x}"); // writing to a String cannot fail
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
pub(crate) mod fixture {
    //! One account, as the tests of every answer know it.

    use url::Url;

    use crate::account::{Account, Address, Client, Endpoints, Identity, SignIn};
    use crate::provider::ClientAuth;
    use crate::store::Kind;
    use keyfob_base::timestamp::Timestamp;

    /// The moment of the tests: 2023-11-14 22:13:20 UTC.
    pub const NOW: u64 = 1_700_000_000;

    /// `now`, as the tests have it.
    pub fn now() -> Timestamp {
        Timestamp::from_unix(NOW)
    }

    /// `huggingface/julien`, signed in an hour ago for eight hours.
    pub fn account() -> Account {
        Account {
            provider: "huggingface".into(),
            name: "julien".into(),
            id: "0f".into(),
            identity: Identity {
                issuer: "https://huggingface.co".into(),
                subject: "5f17f0a0925b9863e28ad517".into(),
                kind: SignIn::Person,
            },
            username: Some("julien".into()),
            store: Kind::Keyring,
            client: Client {
                id: "client".into(),
                auth: ClientAuth::None,
                redirect_uri: None,
            },
            endpoints: Endpoints {
                token: Address::from(&Url::parse("https://huggingface.co/oauth/token").unwrap()),
                userinfo: None,
                revocation: None,
                pinned_as: None,
            },
            token_type: "Bearer".into(),
            scopes: vec!["openid".into(), "profile".into()],
            resource: Vec::new(),
            audience: None,
            subject_from: None,
            refreshable: true,
            generation: 1,
            received_at: Timestamp::from_unix(NOW - 3600),
            expires_at: Some(Timestamp::from_unix(NOW + 25_200)),
            created_at: Timestamp::from_unix(NOW - 86_400),
            signed_in_at: Some(Timestamp::from_unix(NOW - 43_200)),
            updated_at: Timestamp::from_unix(NOW - 3600),
            refused_generation: None,
            copy_in: None,
        }
    }

    /// Asserts that a shape is the documented one, key order included.
    pub fn assert_shape(shape: &impl serde::Serialize, documented: &str) {
        assert_eq!(
            serde_json::to_string_pretty(shape).unwrap(),
            documented.trim_end()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::json;

    #[test]
    fn json_is_safe_to_show_and_loses_nothing() {
        let hostile = "a\u{1b}[31m\u{7f}\u{9b}\u{202e}\u{e0041}日本";
        let written = json(&hostile);
        assert_eq!(
            written,
            "\"a\\u001b[31m\\u007f\\u009b\\u202e\\udb40\\udc41日本\""
        );
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), hostile);
    }
}
