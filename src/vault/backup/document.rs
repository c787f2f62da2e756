//! What is inside a backup: one versioned JSON document that says what it is. Whoever knows a recipient can
//! encrypt to it, so what is decrypted may come from anybody.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;

use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use super::super::client::ClientPayload;
use super::super::{KeptClient, payload};
use super::checks::{fault, is_sound};
use super::{BackupContents, Saved, SavedClient, SavedProvider};
use crate::account::Account;
use crate::error::{Code, Error, Result};
use crate::names::{is_name, is_provider_name};
use crate::provider::SANDBOX;
use keyfob_base::escape::escape_short;
use keyfob_base::timestamp::Timestamp;

const FORMAT: &str = "keyfob backup";

const VERSION: u32 = 1;

#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
struct BackupDocument<'a> {
    format: Cow<'a, str>,
    version: u32,
    created_at: Timestamp,
    moved: bool,
    accounts: Vec<OneAccount<'a>>,
    providers: Vec<Definition<'a>>,
    clients: Vec<OneClient<'a>>,
}

#[derive(Serialize, Deserialize)]
struct OneAccount<'a> {
    provider: Cow<'a, str>,
    name: Cow<'a, str>,
    default: bool,
    entry: Cow<'a, Account>,
    secret: payload::Payload<'a>,
}

#[derive(Serialize, Deserialize)]
struct Definition<'a> {
    provider: Cow<'a, str>,
    definition: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct OneClient<'a> {
    provider: Cow<'a, str>,
    client: Cow<'a, KeptClient>,
    secret: ClientPayload<'a>,
}

impl BackupContents {
    /// Encodes into memory that is wiped, and that does not grow, which would leave a copy behind.
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let document = BackupDocument::of(self);
        let mut size = Count(0);
        serde_json::to_writer(&mut size, &document)
            .expect("string keys, and counting takes everything");
        let mut text = Zeroizing::new(Vec::with_capacity(size.0));
        serde_json::to_writer(&mut *text, &document)
            .expect("string keys, and a Vec takes everything");
        text
    }

    /// Nothing of what was decrypted is believed before it is checked. The error shows no secret.
    pub(crate) fn decode(text: &[u8]) -> Result<Self> {
        let Ok(head) = serde_json::from_slice::<Head>(text) else {
            return Err(no_backup());
        };
        if head.format != FORMAT {
            return Err(no_backup());
        }
        if head.version > VERSION {
            let what = "the backup was written by a newer keyfob";
            return Err(Error::new(Code::BackupInvalid, what).hint("update this one"));
        }
        let document: BackupDocument = serde_json::from_slice(text).map_err(|cause| {
            // The parser's own words may quote a secret.
            damaged(&format!("line {} column {}", cause.line(), cause.column()))
        })?;
        let accounts = document.accounts.into_iter().map(account);
        let providers = document.providers.into_iter().map(provider);
        let clients = document.clients.into_iter().map(client);
        let backup = Self {
            created_at: document.created_at,
            moved: document.moved,
            accounts: accounts.collect::<Result<_>>()?,
            providers: providers.collect::<Result<_>>()?,
            clients: clients.collect::<Result<_>>()?,
        };
        each_once(&backup)?;
        Ok(backup)
    }
}

struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0 += octets.len();
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> BackupDocument<'a> {
    fn of(backup: &'a BackupContents) -> Self {
        let accounts = backup.accounts.iter().map(|saved| OneAccount {
            provider: (&*saved.account.provider).into(),
            name: (&*saved.account.name).into(),
            default: saved.default,
            entry: Cow::Borrowed(&saved.account),
            secret: payload::Payload::of(&saved.secrets, &saved.account),
        });
        let providers = backup.providers.iter().map(|saved| Definition {
            provider: (&*saved.name).into(),
            definition: (&*saved.text).into(),
        });
        let clients = backup.clients.iter().map(|saved| OneClient {
            provider: (&*saved.provider).into(),
            client: Cow::Borrowed(&saved.client),
            secret: ClientPayload::of(&saved.secrets),
        });
        Self {
            format: FORMAT.into(),
            version: VERSION,
            created_at: backup.created_at,
            moved: backup.moved,
            accounts: accounts.collect(),
            providers: providers.collect(),
            clients: clients.collect(),
        }
    }
}

fn account(found: OneAccount<'_>) -> Result<Saved> {
    let (provider, name) = (own_provider(found.provider)?, found.name.into_owned());
    if !is_name(&name) {
        let shown = escape_short(&name, 64);
        return Err(damaged(&format!("`{shown}` is no name for an account")));
    }
    let stored = payload::StoredSecret::from(found.secret);
    let saved = Saved {
        account: Account {
            provider,
            name,
            copy_in: None,
            sealed: true,
            ..found.entry.into_owned()
        },
        secrets: stored.secrets,
        default: found.default,
    };
    let record = stored.record.iter();
    let mut differences = record.flat_map(|record| record.differences(&saved.account));
    if let Some(first) = differences.next() {
        let what = format!("its `{}` is not the one of its secret", first.member);
        return Err(damaged(&what).account(&saved.account));
    }
    match fault(&saved) {
        Some(what) => Err(damaged(what).account(&saved.account)),
        None => Ok(saved),
    }
}

fn provider(found: Definition<'_>) -> Result<SavedProvider> {
    Ok(SavedProvider {
        name: own_provider(found.provider)?,
        text: found.definition.into_owned(),
    })
}

fn client(found: OneClient<'_>) -> Result<SavedClient> {
    let saved = SavedClient {
        provider: own_provider(found.provider)?,
        client: found.client.into_owned(),
        secrets: found.secret.into(),
    };
    if is_sound(&saved) {
        return Ok(saved);
    }
    let what = format!("what it has of the client of {} is none", saved.provider);
    Err(damaged(&what))
}

/// The name of a provider that can be the user's own; nothing of the sandbox leaves its machine.
fn own_provider(name: Cow<'_, str>) -> Result<String> {
    if is_provider_name(&name) && name != SANDBOX {
        return Ok(name.into_owned());
    }
    let shown = escape_short(&name, 64);
    Err(damaged(&format!("`{shown}` cannot be a provider in it")))
}

/// Of two under one name nobody knows which is meant.
fn each_once(backup: &BackupContents) -> Result<()> {
    let accounts = backup.accounts.iter();
    let (mut names, mut ids) = (BTreeSet::new(), BTreeSet::new());
    let mut files = BTreeSet::new();
    let mut clients = BTreeSet::new();
    let once = accounts
        .clone()
        .all(|one| names.insert(one.account.to_string()))
        && accounts.clone().all(|one| ids.insert(&one.account.id))
        && backup.providers.iter().all(|one| files.insert(&one.name))
        && backup
            .clients
            .iter()
            .all(|one| clients.insert(&one.provider));
    if once {
        return Ok(());
    }
    Err(damaged("something is in it twice"))
}

fn no_backup() -> Error {
    Error::new(
        Code::BackupInvalid,
        "what was decrypted is no backup of keyfob",
    )
    .hint("name the file that `keyfob backup` wrote")
}

fn damaged(what: &str) -> Error {
    Error::new(
        Code::BackupInvalid,
        format!("the backup is damaged: {what}"),
    )
    .hint("nothing was restored; use another copy of it")
}
