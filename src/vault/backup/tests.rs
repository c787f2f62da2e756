//! The document, there and back.

use super::*;
use crate::account::Account;
use crate::account::fixture;
use crate::provider::ClientAuth;
use crate::store::Kind;
use crate::token_set::TokenSet;
use crate::vault::{ClientSecrets, KeptClient, Secrets, UnknownMembers};
use keyfob_base::secret::Secret;

fn backup() -> BackupContents {
    let account = Account {
        id: "0123456789abcdef".into(),
        ..fixture::account()
    };
    let secrets = Secrets {
        tokens: TokenSet {
            access_token: Secret::new("access\"token"),
            refresh_token: Some(Secret::new("refresh")),
            id_token: Some(Secret::new("a.b.c")),
            token_type: "Bearer".into(),
            scopes: account.scopes.clone(),
            received_at: account.received_at,
            expires_at: account.expires_at,
        },
        client_secret: Some(Secret::new("a client's <secret>")),
        generation: 1,
        unknown: UnknownMembers::default(),
    };
    let client = KeptClient {
        id: "0a".into(),
        client_id: "fob".into(),
        auth: ClientAuth::ClientSecretPost,
        pin: "https://id.example.com".into(),
        store: Kind::File,
        copy_in: None,
        secret_expires_at: None,
        configuration_endpoint: Some("https://id.example.com/register/fob".parse().unwrap()),
    };
    BackupContents {
        created_at: fixture::now(),
        moved: true,
        accounts: vec![Saved {
            account,
            secrets,
            default: true,
        }],
        providers: vec![SavedProvider {
            name: "huggingface".into(),
            text: "client_id = \"x\"\n# ü\n".into(),
        }],
        clients: vec![SavedClient {
            provider: "huggingface".into(),
            client,
            secrets: ClientSecrets {
                client_secret: Some(Secret::new("s")),
                registration_access_token: Some(Secret::new("t")),
            },
        }],
    }
}

#[test]
fn what_is_encoded_is_decoded_and_its_memory_did_not_grow() {
    let text = backup().encode();
    assert_eq!(text.len(), text.capacity());
    assert!(text.starts_with(b"{\"format\":\"keyfob backup\",\"version\":1,"));
    assert_eq!(BackupContents::decode(&text).unwrap(), backup());
}

#[test]
fn nothing_secret_is_in_an_error() {
    let text = String::from_utf8(backup().encode().to_vec()).unwrap();
    for (from, to) in [
        ("\"refresh\"", "7"),
        ("\"moved\":true", "\"moved\":\"hunter2\""),
        ("\"refresh\"", "\"hunter2 hunter2\""),
        ("\"s\"", "\"hunter2\\n\""),
        ("\"0a\"", "\"hunter2\""),
        ("\"keyfob backup\"", "\"hunter2\""),
    ] {
        let bad = text.replacen(from, to, 1);
        assert_ne!(bad, text);
        let error = BackupContents::decode(bad.as_bytes()).unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}
