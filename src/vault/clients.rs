//! Our clients at providers: a record with nothing secret in it is a JSON file beside the accounts; the secrets are in
//! a store, under the record's random id. Written secrets first, then record, and each client has an id of its own:
//! a crash between the two leaves the client there was, whole.

use std::path::{Path, PathBuf};

use super::client::{self, ClientSecrets, KeptClient};
use super::record::{RecordFormat, unreadable};
use super::vault::unavailable;
use super::{Guard, LOCK_TIMEOUT, Vault};
use crate::account::is_id;
use crate::error::{Error, Result};
use keyfob_base::files;

const FORMAT: RecordFormat = RecordFormat {
    version: 1,
    limit: 64 * 1024,
    must_name_version: true,
    too_large: "no client has that much to remember; look at what its registration gave",
};

impl Vault {
    pub fn client(&self, provider: &str) -> Result<Option<KeptClient>> {
        read(&self.record_of(provider), provider)
    }

    /// The default where its store has none.
    pub fn client_secrets(&self, client: &KeptClient) -> Result<ClientSecrets> {
        let stored = self
            .store(client.store)
            .get(&client.id)
            .map_err(|error| unavailable(client.store, &error))?;
        stored.map_or(Ok(ClientSecrets::default()), |secret| {
            client::decode(&secret)
        })
    }

    /// Secrets first, then the record, then the secrets of the client before are removed. `client.id` is a new one, from
    /// [`crate::account::random_id`]. Where it fails, what there was is still kept; but where only that last removal
    /// does, the new client is kept and the error says what is left behind.
    pub(crate) fn keep_client(
        &self,
        provider: &str,
        client: &KeptClient,
        secrets: &ClientSecrets,
    ) -> Result<()> {
        let _turn = self.client_turn(provider)?;
        let before = self.client(provider)?;
        self.replace_client(provider, before, client, secrets)
    }

    /// The same where the lock is held, in the place of `before`.
    pub(super) fn replace_client(
        &self,
        provider: &str,
        before: Option<KeptClient>,
        client: &KeptClient,
        secrets: &ClientSecrets,
    ) -> Result<()> {
        let _own = self.wait_for_lock(&client.id, LOCK_TIMEOUT)?; // until the record leads to what is written
        let store = self.store(client.store);
        if *secrets != ClientSecrets::default() {
            store
                .put(&client.id, &client::encode(secrets))
                .map_err(|error| unavailable(client.store, &error))?;
        }
        if let Err(error) = FORMAT.write(&self.record_of(provider), FORMAT.version, client) {
            // A record may be there although writing it has failed: whatever may lead to the secrets keeps them.
            let found = self.client(provider);
            if found.is_ok_and(|found| found.is_none_or(|found| found.id != client.id)) {
                let _ = store.remove(&client.id);
            }
            return Err(error);
        }
        match before {
            Some(before) if (before.store, &before.id) != (client.store, &client.id) => {
                self.discard_client(&before).map_err(|error| Error {
                    message: format!(
                        "{}; the secrets of the client before are left there as `{}`",
                        error.message, before.id
                    ),
                    ..error
                })
            }
            _ => Ok(()),
        }
    }

    /// Its secrets, then the record: a store that fails keeps it, so that no secret is left behind without one.
    pub(crate) fn forget_client(&self, provider: &str) -> Result<()> {
        let _turn = self.client_turn(provider)?;
        let Some(client) = self.client(provider)? else {
            return Ok(());
        };
        self.discard_client(&client)?;
        let path = self.record_of(provider);
        files::remove(&path)
            .map(|_| ())
            .map_err(|error| Error::io(format!("cannot remove {}", path.display()), &error))
    }

    pub(super) fn move_client(&self, from: &str, to: &str) -> Result<()> {
        let _turn = self.client_turn(from)?;
        let (old, new) = (self.record_of(from), self.record_of(to));
        match std::fs::rename(&old, &new) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(
                format!("cannot rename {} to {}", old.display(), new.display()),
                &error,
            )),
            _ => Ok(()),
        }
    }

    fn discard_client(&self, client: &KeptClient) -> Result<()> {
        if let Some(store) = client.copy_in {
            self.erase(store, &client.id)?;
        }
        self.erase(client.store, &client.id)
    }

    pub(super) fn record_client(&self, provider: &str, client: &KeptClient) -> Result<()> {
        FORMAT.write(&self.record_of(provider), FORMAT.version, client)
    }

    pub(super) fn client_turn(&self, provider: &str) -> Result<Guard> {
        self.wait_for_lock(&format!("client-{provider}"), LOCK_TIMEOUT)
    }

    fn record_of(&self, provider: &str) -> PathBuf {
        self.paths.clients().join(format!("{provider}.json"))
    }
}

fn read(path: &Path, provider: &str) -> Result<Option<KeptClient>> {
    let mend = format!(
        "remove that file, and `keyfob login {provider}` asks again for what was kept of its client"
    );
    let read = files::read(path, FORMAT.limit).map_err(|error| unreadable(path, &error, &mend))?;
    let Some(bytes) = read else {
        return Ok(None);
    };
    let (_, client): (u32, KeptClient) = FORMAT
        .decode(&bytes)
        .map_err(|fault| fault.report(path, &mend))?;
    if !is_id(&client.id) {
        return Err(unreadable(path, &"its `id` is no key of a secret", &mend));
    }
    Ok(Some(client))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use tempfile::TempDir;

    use super::*;
    use crate::account::random_id;
    use crate::error::Code;
    use crate::paths::Paths;
    use crate::provider::ClientAuth;
    use crate::store::{Kind, Nobody};
    use keyfob_base::secret::Secret;
    use keyfob_base::timestamp::Timestamp;

    fn vault(home: &TempDir) -> Vault {
        Vault::new(Paths::under(home.path()), false, Arc::new(Nobody))
    }

    fn scene() -> (TempDir, Vault) {
        let home = tempfile::tempdir().unwrap();
        let vault = vault(&home);
        (home, vault)
    }

    fn client(client_id: &str) -> KeptClient {
        KeptClient {
            id: random_id(),
            client_id: client_id.into(),
            auth: ClientAuth::ClientSecretPost,
            pin: "https://id.example.com".into(),
            store: Kind::File,
            secret_expires_at: Some(Timestamp::from_unix(1_700_000_000)),
            copy_in: None,
            configuration_endpoint: Some("https://id.example.com/register/fob".parse().unwrap()),
        }
    }

    fn secrets(secret: &str) -> ClientSecrets {
        ClientSecrets {
            client_secret: Some(Secret::new(secret)),
            registration_access_token: Some(Secret::new("hunter-token")),
        }
    }

    /// The keys under which the store has something.
    fn keys(home: &TempDir) -> Vec<String> {
        let folder = Paths::under(home.path()).secrets();
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        names.filter(|name| !name.starts_with('.')).collect()
    }

    fn record(home: &TempDir) -> PathBuf {
        Paths::under(home.path()).clients().join("acme.json")
    }

    #[test]
    fn what_is_kept_is_found_again_until_it_is_forgotten() {
        let (home, vault) = scene();
        assert_eq!(vault.client("acme").unwrap(), None);
        let kept = client("fob");
        vault
            .keep_client("acme", &kept, &secrets("hunter2"))
            .unwrap();
        let fresh = self::vault(&home);
        assert_eq!(fresh.client("acme").unwrap(), Some(kept.clone()));
        assert_eq!(fresh.client_secrets(&kept).unwrap(), secrets("hunter2"));
        assert_eq!(fresh.client("other").unwrap(), None);

        vault.forget_client("acme").unwrap();
        assert_eq!(vault.client("acme").unwrap(), None);
        assert_eq!(
            vault.client_secrets(&kept).unwrap(),
            ClientSecrets::default()
        );
        assert!(keys(&home).is_empty(), "{:?}", keys(&home));
        vault.forget_client("acme").unwrap();
    }

    #[test]
    fn the_record_is_private_and_holds_no_secret() {
        let (home, vault) = scene();
        let (kept, hidden) = (client("fob"), secrets("hunter2"));
        vault.keep_client("acme", &kept, &hidden).unwrap();
        let text = fs::read_to_string(record(&home)).unwrap();
        let shown = format!("{text} {kept:?} {hidden:?}");
        assert!(!shown.contains("hunter"), "{shown}");
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&json["version"], &json["client_id"]),
            (&1.into(), &"fob".into())
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(record(&home)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_client_in_the_place_of_another_removes_its_secrets() {
        let (home, vault) = scene();
        let (old, new) = (client("old"), client("new"));
        vault.keep_client("acme", &old, &secrets("a")).unwrap();
        vault.keep_client("acme", &new, &secrets("b")).unwrap();
        assert_eq!(vault.client("acme").unwrap(), Some(new.clone()));
        assert_eq!(vault.client_secrets(&new).unwrap(), secrets("b"));
        assert_eq!(keys(&home).len(), 1, "{:?}", keys(&home));

        let public = client("public");
        let nothing = ClientSecrets::default();
        vault.keep_client("acme", &public, &nothing).unwrap();
        assert!(keys(&home).is_empty(), "nothing secret is no secret");
        assert_eq!(vault.client_secrets(&public).unwrap(), nothing);
    }

    #[test]
    fn what_cannot_be_kept_leaves_the_client_there_was() {
        let (home, vault) = scene();
        let old = client("old");
        vault.keep_client("acme", &old, &secrets("a")).unwrap();

        // Nothing can be written where the record is.
        let folder = Paths::under(home.path()).clients();
        let aside = home.path().join("aside");
        let sealed = |sealed: bool| {
            if sealed {
                fs::rename(&folder, &aside).unwrap();
                fs::create_dir(&folder).unwrap();
                fs::create_dir(folder.join("acme.json")).unwrap();
            } else {
                fs::remove_dir_all(&folder).unwrap();
                fs::rename(&aside, &folder).unwrap();
            }
        };
        sealed(true);
        let error = vault.keep_client("acme", &client("new"), &secrets("hunter2"));
        let error = error.unwrap_err();
        assert!(error.message.contains("acme.json"), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"));
        sealed(false);
        assert_eq!(keys(&home).len(), 1, "no secret is left without a record");
        assert_eq!(vault.client("acme").unwrap(), Some(old.clone()));

        // It is none that could be read again.
        let vast = KeptClient {
            pin: "x".repeat(65 << 10),
            ..client("new")
        };
        let error = vault.keep_client("acme", &vast, &secrets("hunter2"));
        let error = error.unwrap_err();
        assert!(error.message.contains("larger than 64 KiB"), "{error}");
        assert_eq!(keys(&home).len(), 1, "no secret is left without a record");
        assert_eq!(vault.client("acme").unwrap(), Some(old.clone()));

        // The store takes nothing.
        let recipient = Paths::under(home.path()).identity().join("recipient.txt");
        fs::write(recipient, "none").unwrap();
        let broken = self::vault(&home);
        let error = broken
            .keep_client("acme", &client("new"), &secrets("hunter2"))
            .unwrap_err();
        assert_eq!(error.code, Code::StoreUnavailable);
        assert!(!format!("{error:?}").contains("hunter2"));
        assert_eq!(broken.client("acme").unwrap(), Some(old.clone()));
        assert_eq!(broken.client_secrets(&old).unwrap(), secrets("a"));
    }

    #[test]
    fn a_crash_before_the_record_leaves_the_client_there_was() {
        let (home, vault) = scene();
        let old = client("old");
        vault.keep_client("acme", &old, &secrets("a")).unwrap();
        let new = client("new");
        let store = vault.store(Kind::File);
        store.put(&new.id, &client::encode(&secrets("b"))).unwrap(); // and then nothing more
        assert_eq!(vault.client("acme").unwrap(), Some(old.clone()));
        assert_eq!(vault.client_secrets(&old).unwrap(), secrets("a"));

        // The other half: the record is there, and the old secret still is.
        FORMAT.write(&record(&home), FORMAT.version, &new).unwrap();
        assert_eq!(vault.client("acme").unwrap(), Some(new.clone()));
        assert_eq!(vault.client_secrets(&new).unwrap(), secrets("b"));
        vault.forget_client("acme").unwrap();
        assert_eq!(vault.client("acme").unwrap(), None);
    }

    #[test]
    fn a_store_that_fails_keeps_the_record() {
        let (home, vault) = scene();
        vault
            .keep_client("acme", &client("fob"), &secrets("a"))
            .unwrap();
        let folder = Paths::under(home.path()).secrets();
        fs::remove_dir_all(&folder).unwrap();
        fs::write(&folder, "no folder").unwrap();
        let error = vault.forget_client("acme").unwrap_err();
        assert_eq!(error.code, Code::StoreUnavailable, "{error}");
        assert!(vault.client("acme").unwrap().is_some());
    }

    #[test]
    fn secrets_of_before_that_stay_are_named() {
        let (home, vault) = scene();
        let (old, mut new) = (client("old"), client("new"));
        vault.keep_client("acme", &old, &secrets("a")).unwrap();
        let folder = Paths::under(home.path()).secrets();
        fs::remove_dir_all(&folder).unwrap();
        fs::write(&folder, "no folder").unwrap();
        new.auth = ClientAuth::None;
        let error = vault
            .keep_client("acme", &new, &ClientSecrets::default())
            .unwrap_err();
        assert!(error.message.contains(&old.id), "{error}");
        assert_eq!(vault.client("acme").unwrap(), Some(new));
    }

    #[test]
    fn a_newer_record_is_refused_and_not_rewritten() {
        let (home, vault) = scene();
        let text = r#"{"version":2,"client":"somewhere else"}"#;
        files::replace(&record(&home), text.as_bytes()).unwrap();
        for error in [
            vault.client("acme").unwrap_err(),
            vault
                .keep_client("acme", &client("fob"), &secrets("a"))
                .unwrap_err(),
            vault.forget_client("acme").unwrap_err(),
        ] {
            assert!(error.message.contains("newer format"), "{error}");
            assert!(error.hint.unwrap().contains("update"));
        }
        assert_eq!(fs::read_to_string(record(&home)).unwrap(), text);
        assert!(keys(&home).is_empty());
    }

    #[test]
    fn a_broken_record_names_its_file_and_the_way_out() {
        let (home, vault) = scene();
        let whole =
            String::from_utf8(RecordFormat::encode(FORMAT.version, &client("fob"))).unwrap();
        let stray = whole.replace("\"id\": \"", "\"id\": \"../");
        for text in [
            "",
            "{",
            "[]",
            r#"{"version":1}"#,
            &stray,
            &"x".repeat(70_000),
        ] {
            files::replace(&record(&home), text.as_bytes()).unwrap();
            let error = vault.client("acme").unwrap_err();
            assert!(error.message.contains("clients/acme.json"), "{error}");
            let hint = error.hint.unwrap();
            assert!(hint.contains("remove that file"), "{hint}");
            assert!(hint.contains("keyfob login acme"), "{hint}");
        }
    }

    #[test]
    fn damaged_secrets_are_said_without_them() {
        let (_home, vault) = scene();
        let kept = client("fob");
        for (text, word) in [
            (r#"{"client_secret":"hunter2""#, "damaged"),
            (r#"{"version":1,"client_secret":["hunter2"]}"#, "damaged"),
            (r#"{"version":2,"client_secret":["hunter2"]}"#, "newer"),
        ] {
            let store = vault.store(Kind::File);
            store.put(&kept.id, &Secret::new(text)).unwrap();
            let error = vault.client_secrets(&kept).unwrap_err();
            assert!(error.message.contains(word), "{error}");
            assert!(!format!("{error:?}").contains("hunter2"));
        }
    }

    #[test]
    fn many_that_keep_at_once_leave_one_client_and_its_secrets() {
        let (home, _) = scene();
        std::thread::scope(|scope| {
            for number in 0..8 {
                let home = &home;
                scope.spawn(move || {
                    let name = format!("fob-{number}");
                    vault(home)
                        .keep_client("acme", &client(&name), &secrets(&name))
                        .unwrap();
                });
            }
        });
        let vault = vault(&home);
        let kept = vault.client("acme").unwrap().unwrap();
        assert_eq!(
            vault.client_secrets(&kept).unwrap(),
            secrets(&kept.client_id)
        );
        assert_eq!(keys(&home).len(), 1, "{:?}", keys(&home));
    }
}
