//! One account, as the tests of every answer know it.

use url::Url;

use crate::account::{Account, AccountClient, Address, Endpoints, Identity, SignIn};
use crate::provider::ClientAuth;
use crate::store::Kind;
use keyfob_base::timestamp::Timestamp;

/// The moment of the tests: 2023-11-14 22:13:20 UTC.
pub(crate) const NOW: u64 = 1_700_000_000;

/// `now`, as the tests have it.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix(NOW)
}

/// `huggingface/julien`, signed in an hour ago for eight hours.
pub(crate) fn account() -> Account {
    Account {
        provider: "huggingface".into(),
        name: "julien".into(),
        sealed: true,
        id: "0f".into(),
        identity: Identity {
            issuer: "https://huggingface.co".into(),
            subject: "5f17f0a0925b9863e28ad517".into(),
            kind: SignIn::Person,
        },
        username: Some("julien".into()),
        store: Kind::Keyring,
        client: AccountClient {
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
        accepted_origins: Vec::new(),
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
pub(crate) fn assert_shape(shape: &impl serde::Serialize, documented: &str) {
    assert_eq!(
        serde_json::to_string_pretty(shape).unwrap(),
        documented.trim_end()
    );
}
