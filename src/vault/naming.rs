//! An account's name, its place as its provider's default, and everything of a provider under another name:
//! changed under the lock of the provider's names, which logins take too. Secrets and locks stay where they are,
//! for they go by ids. A secret has the new name first, and says which it had before: whatever reads it next ends
//! what was cut off.

use std::time::Duration;

use super::payload::{StoredSecret, encode_renamed};
use super::vault::bring_up;
use super::{LOCK_TIMEOUT, Listing, Secrets, Vault, defaults, index};
use crate::account::Account;
use crate::error::{Code, Error, Result};

/// How long another change of names is waited for by whoever only ends one that was cut off.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

/// What is locked while an account of this provider gets its name.
pub(crate) fn names_lock(provider: &str) -> String {
    format!("names-{provider}")
}

impl Listing {
    /// Fails where the entry of this name cannot be read: what it leads to must not be lost.
    pub(crate) fn readable(&self, provider: &str, name: &str) -> Result<()> {
        let account = format!("{provider}/{name}");
        let mut broken = self.broken.iter();
        match broken.find(|error| error.account.as_ref() == Some(&account)) {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// The name that was wanted, or with `-2`, `-3` … where others have it. An entry that cannot be read has
    /// its name all the same.
    pub(crate) fn free_name(&self, provider: &str, wanted: &str) -> String {
        let free = |name: &String| {
            self.readable(provider, name).is_ok()
                && !self.accounts.iter().any(|account| account.name == *name)
        };
        let numbered = |number: usize| {
            if number == 1 {
                return wanted.to_owned();
            }
            let suffix = format!("-{number}");
            let room = 64 - suffix.len();
            format!("{}{suffix}", &wanted[..wanted.len().min(room)])
        };
        (1..=self.accounts.len() + self.broken.len() + 2)
            .map(numbered)
            .find(free)
            .expect("one more number than accounts")
    }
}

impl Vault {
    /// Makes an account its provider's default; gives the name of the one before.
    pub(crate) fn choose_default(&self, account: &Account) -> Result<Option<String>> {
        let _names = self.wait_for_lock(&names_lock(&account.provider), LOCK_TIMEOUT)?;
        let account = self.reload(account)?;
        defaults::is_ours(&self.paths)?;
        let previous = self.default_of(&account.provider);
        self.make_default(&account, false)?;
        Ok(previous)
    }

    /// Gives an account another name: in its secret, then it has its new entry before it loses the old one, so that a
    /// crash loses nothing, and the next command that reads the secret ends it.
    pub(crate) fn rename(&self, account: &Account, name: &str) -> Result<Account> {
        let _names = self.wait_for_lock(&names_lock(&account.provider), LOCK_TIMEOUT)?;
        let _turn = self.wait_for_lock(&account.id, LOCK_TIMEOUT)?;
        let old = self.reload(account)?;
        if old.name == name {
            return Ok(old); // somebody else did it meanwhile
        }
        let new = Account {
            name: name.to_owned(),
            ..old.clone()
        };
        let unfinished = self.unfinished_rename(&new)?;
        let is_default = self.default_of(&old.provider).as_ref() == Some(&old.name);
        if is_default {
            defaults::is_ours(&self.paths)?;
        }
        let new = match &unfinished {
            Some(entry) if entry.generation > new.generation => entry.clone(),
            _ => new,
        };
        let (new, secrets) = self.rename_secret(&old, &new)?;
        let entered = index::write(&self.paths, &new).and_then(|()| {
            if is_default {
                self.make_default(&new, false)?;
            }
            Ok(())
        });
        if let Err(error) = entered {
            if unfinished.is_none() {
                // As it was; what is left of it, the next command ends.
                let _ = index::remove(&self.paths, &new);
                let _ = secrets.map(|secrets| self.keep(&old, &secrets));
            }
            return Err(error.account(&old));
        }
        index::remove(&self.paths, &old).map_err(|error| error.account(&old))?;
        Ok(new)
    }

    /// Writes an account's new name into its secret; the account as it then is. Without a secret nothing is proved.
    fn rename_secret(&self, old: &Account, new: &Account) -> Result<(Account, Option<Secrets>)> {
        let Some(stored) = self.read_secret(old)? else {
            return Ok((new.clone(), None));
        };
        let done = stored.record.as_ref().is_some_and(|it| it.is_of(new));
        let sealed_as = match stored.renamed(old) {
            _ if done => new.clone(),
            Some(begun) => begun,
            None => old.clone(),
        };
        let sealed_as = Account {
            provider: sealed_as.provider,
            name: sealed_as.name,
            ..new.clone()
        };
        let now = bring_up(&sealed_as, &stored);
        self.prove_entry(&now, &stored)?;
        let renamed = Account {
            provider: new.provider.clone(),
            name: new.name.clone(),
            sealed: true,
            ..now
        };
        let secret = encode_renamed(&stored.secrets, &renamed, old);
        self.put_secret(&renamed, &secret).map_err(|error| Error {
            account: Some(old.to_string()), // it has no other name yet
            ..error
        })?;
        Ok((renamed, Some(stored.secrets)))
    }

    /// Ends a rename that was cut off once the secret had the new name; the account under that. Its own lock may be
    /// held.
    pub(super) fn finish_rename(
        &self,
        account: &Account,
        stored: &StoredSecret,
    ) -> Result<Option<Account>> {
        let Some(new) = stored.renamed(account) else {
            return Ok(None);
        };
        let new = bring_up(&new, stored);
        if self.prove_entry(&new, stored).is_err() {
            return Ok(None);
        }
        let _names = self.wait_for_lock(&names_lock(&new.provider), FINISH_TIMEOUT)?;
        let new = match self.find(&new.provider, &new.name)? {
            Some(holder) if holder.id != new.id => return Ok(None),
            Some(entry) => entry,
            None => {
                self.record(&new)?;
                new
            }
        };
        if self.default_of(&account.provider).as_ref() == Some(&account.name) {
            self.make_default(&new, false)?;
        }
        defaults::drop_account(&self.paths, account)?;
        index::remove(&self.paths, account)?;
        Ok(Some(new))
    }

    /// Whether nothing here goes by a provider's name, not even an account whose definition is gone.
    pub(crate) fn is_free(&self, provider: &str) -> Result<()> {
        let listing = self.accounts_of(provider);
        let accounts = !listing.accounts.is_empty() || !listing.broken.is_empty();
        if accounts || self.client(provider)?.is_some() {
            return Err(report_taken_provider(provider));
        }
        Ok(())
    }

    /// Moves what `from` has to `to`, which is free. Each account has its new entry before it loses the old
    /// one, so that a crash loses none, and moving again ends it. No login gives or takes a name meanwhile.
    pub(crate) fn move_provider(&self, from: &str, to: &str) -> Result<()> {
        let _first = self.wait_for_lock(&names_lock(from.min(to)), LOCK_TIMEOUT)?;
        let _second = self.wait_for_lock(&names_lock(from.max(to)), LOCK_TIMEOUT)?;
        let default = self.default_of(from);
        for account in self.accounts_of(from).accounts {
            let _turn = self.wait_for_lock(&account.id, LOCK_TIMEOUT)?;
            let Some(account) = self.reread(&account)? else {
                continue; // logged out meanwhile
            };
            let moved = Account {
                provider: to.to_owned(),
                ..account.clone()
            };
            if index::holds_another(&self.paths, &moved) {
                return Err(report_taken_provider(to));
            }
            let (moved, _) = self.rename_secret(&account, &moved)?;
            self.record(&moved)?;
            if default.as_ref() == Some(&account.name) {
                self.make_default(&moved, false)?;
            }
            defaults::drop_account(&self.paths, &account)?;
            index::remove(&self.paths, &account)?;
        }
        self.move_client(from, to)
    }

    /// The entry that a crash has left under the new name; `None` where that is free.
    fn unfinished_rename(&self, new: &Account) -> Result<Option<Account>> {
        match self.find(&new.provider, &new.name) {
            Ok(Some(holder)) if holder.id != new.id => Err(report_taken_name(&holder)),
            Ok(found) => Ok(found),
            Err(unreadable) => {
                let message = format!("`{new}` is taken: {}", unreadable.message);
                let hint = "choose another name, or see to that file first";
                Err(Error::new(Code::AccountConflict, message)
                    .hint(hint)
                    .account(new))
            }
        }
    }

    pub(super) fn reload(&self, account: &Account) -> Result<Account> {
        self.reread(account)?.ok_or_else(|| {
            Error::new(Code::UnknownAccount, "it was logged out meanwhile")
                .hint(format!("see `keyfob list {}`", account.provider))
                .account(account)
        })
    }
}

fn report_taken_name(holder: &Account) -> Error {
    let who = match &holder.username {
        Some(username) => format!(", of {username}"),
        None => String::new(),
    };
    Error::new(
        Code::AccountConflict,
        format!("`{holder}` is another account already{who}"),
    )
    .hint(format!(
        "choose another name, or rename that one first with `keyfob rename {holder} NEW`"
    ))
    .account(holder)
}

fn report_taken_provider(provider: &str) -> Error {
    Error::new(
        Code::AccountConflict,
        format!("`{provider}` has accounts or a client already"),
    )
    .hint(format!(
        "give this one another name; `keyfob list {provider}` shows the accounts"
    ))
}

#[cfg(test)]
mod tests {
    //! What a new name leaves in place, and what a crash on the way leaves.

    use std::sync::Arc;

    use tempfile::TempDir;

    use super::*;
    use crate::account::fixture;
    use crate::account::random_id;
    use crate::paths::Paths;
    use crate::store::{Kind, Nobody};

    const PROVIDER: &str = "acme";

    fn scene() -> (TempDir, Vault) {
        let home = tempfile::tempdir().unwrap();
        let vault = Vault::new(Paths::under(home.path()), false, Arc::new(Nobody));
        (home, vault)
    }

    fn signed_in(vault: &Vault, name: &str) -> Account {
        let account = Account {
            provider: PROVIDER.into(),
            name: name.into(),
            id: random_id(),
            store: Kind::File,
            ..fixture::account()
        };
        vault.record(&account).unwrap();
        account
    }

    fn names(vault: &Vault) -> Vec<String> {
        let accounts = vault.accounts_of(PROVIDER).accounts;
        accounts.into_iter().map(|account| account.name).collect()
    }

    #[test]
    fn the_id_stays_and_the_default_follows() {
        let (_home, vault) = scene();
        let ada = signed_in(&vault, "ada");
        signed_in(&vault, "grace");
        vault.make_default(&ada, false).unwrap();
        let new = vault.rename(&ada, "work").unwrap();
        assert_eq!((new.id.as_str(), new.name.as_str()), (&*ada.id, "work"));
        assert_eq!(names(&vault), ["grace", "work"]);
        assert_eq!(vault.default_of(PROVIDER).as_deref(), Some("work"));
    }

    #[test]
    fn the_default_of_another_stays() {
        let (_home, vault) = scene();
        let ada = signed_in(&vault, "ada");
        let grace = signed_in(&vault, "grace");
        vault.make_default(&grace, false).unwrap();
        vault.rename(&ada, "work").unwrap();
        assert_eq!(vault.default_of(PROVIDER).as_deref(), Some("grace"));
    }

    #[test]
    fn a_crash_after_each_write_loses_nothing_and_is_mended_by_renaming_again() {
        for writes in 1..=2 {
            let (_home, vault) = scene();
            let ada = signed_in(&vault, "ada");
            vault.make_default(&ada, false).unwrap();
            let begun = Account {
                name: "work".into(),
                ..ada.clone()
            };
            vault.record(&begun).unwrap();
            if writes == 2 {
                vault.make_default(&begun, false).unwrap();
            }
            assert_eq!(names(&vault), ["ada", "work"]);

            vault.rename(&ada, "work").unwrap();
            assert_eq!(names(&vault), ["work"], "after {writes} writes");
            assert_eq!(vault.default_of(PROVIDER).as_deref(), Some("work"));
        }
    }

    /// A refresh under the new name, between the crash and the second try.
    #[test]
    fn what_happened_to_the_new_entry_since_is_kept() {
        let (_home, vault) = scene();
        let ada = signed_in(&vault, "ada");
        let since = Account {
            name: "work".into(),
            generation: ada.generation + 1,
            ..ada.clone()
        };
        vault.record(&since).unwrap();
        assert_eq!(vault.rename(&ada, "work").unwrap(), since);
        assert_eq!(vault.find(PROVIDER, "work").unwrap(), Some(since));
        assert_eq!(names(&vault), ["work"]);
    }

    #[test]
    fn whoever_holds_an_account_finds_it_under_its_new_name() {
        let (_home, vault) = scene();
        let ada = signed_in(&vault, "ada");
        let new = vault.rename(&ada, "work").unwrap();
        assert_eq!(vault.reread(&ada).unwrap(), Some(new.clone()));
        let other = signed_in(&vault, "ada");
        assert_eq!(vault.reread(&ada).unwrap(), Some(new));
        assert_eq!(vault.reread(&other).unwrap(), Some(other));
    }

    #[test]
    fn an_account_that_has_gone_gets_no_name_and_is_no_default() {
        let (_home, vault) = scene();
        let ada = signed_in(&vault, "ada");
        index::remove(&vault.paths, &ada).unwrap();
        for error in [
            vault.rename(&ada, "work").unwrap_err(),
            vault.choose_default(&ada).unwrap_err(),
        ] {
            assert_eq!(error.code, Code::UnknownAccount, "{error}");
        }
        assert!(names(&vault).is_empty());
        assert_eq!(vault.default_of(PROVIDER), None);
    }

    #[test]
    fn a_newer_format_of_the_defaults_is_said_before_anything_is_written() {
        let (_home, vault) = scene();
        let ada = signed_in(&vault, "ada");
        let newer = r#"{"version": 2, "defaults": {"acme": "ada"}}"#;
        keyfob_base::files::replace(&vault.paths.defaults_file(), newer.as_bytes()).unwrap();
        for error in [
            vault.rename(&ada, "work").unwrap_err(),
            vault.choose_default(&ada).unwrap_err(),
        ] {
            assert!(error.message.contains("newer format"), "{error}");
        }
        assert_eq!(names(&vault), ["ada"]);
    }

    /// Such as on a disk with room for the entry alone.
    #[test]
    fn a_default_that_cannot_follow_leaves_everything_as_it_was() {
        let (_home, vault) = scene();
        let ada = signed_in(&vault, "ada");
        vault.make_default(&ada, false).unwrap();
        let lock = vault.paths.locks().join("defaults.lock");
        std::fs::remove_file(&lock).unwrap();
        std::fs::create_dir(&lock).unwrap();
        let error = vault.rename(&ada, "work").unwrap_err();
        assert_eq!(error.account.as_deref(), Some("acme/ada"), "{error}");
        assert_eq!(names(&vault), ["ada"]);
        assert_eq!(vault.default_of(PROVIDER).as_deref(), Some("ada"));

        std::fs::remove_dir(&lock).unwrap();
        vault.rename(&ada, "work").unwrap();
        assert_eq!(names(&vault), ["work"]);
    }
}

#[cfg(test)]
mod provider_tests {
    //! What goes along with a provider's new name, and what a crash on the way leaves.

    use std::sync::Arc;

    use tempfile::TempDir;

    use std::time::Duration;

    use super::*;
    use crate::account::fixture;
    use crate::account::random_id;
    use crate::paths::Paths;
    use crate::provider::ClientAuth;
    use crate::store::{Kind, Nobody};
    use crate::token_set::TokenSet;
    use crate::vault::{ClientSecrets, KeptClient, Secrets, UnknownMembers};
    use keyfob_base::secret::Secret;

    const OLD: &str = "id-example-com";
    const NEW: &str = "acme";

    fn scene() -> (TempDir, Vault) {
        let home = tempfile::tempdir().unwrap();
        let vault = Vault::new(Paths::under(home.path()), false, Arc::new(Nobody));
        (home, vault)
    }

    /// Signs somebody in, with `name` as the access token.
    fn signed_in(vault: &Vault, provider: &str, name: &str) -> Account {
        let account = Account {
            provider: provider.into(),
            name: name.into(),
            id: random_id(),
            store: Kind::File,
            ..fixture::account()
        };
        let secrets = Secrets {
            tokens: TokenSet {
                access_token: Secret::new(name),
                refresh_token: None,
                id_token: None,
                token_type: "Bearer".into(),
                scopes: Vec::new(),
                received_at: account.received_at,
                expires_at: account.expires_at,
            },
            client_secret: None,
            generation: account.generation,
            unknown: UnknownMembers::default(),
        };
        vault.keep(&account, &secrets).unwrap();
        vault.record(&account).unwrap();
        account
    }

    /// A provider's accounts by name, each with its access token.
    fn accounts(vault: &Vault, provider: &str) -> Vec<(String, String)> {
        let read = |account: Account| {
            let secrets = vault.secrets(&account).unwrap().unwrap();
            let token = secrets.tokens.access_token.expose().to_owned();
            (account.name, token)
        };
        let accounts = vault.accounts_of(provider).accounts;
        accounts.into_iter().map(read).collect()
    }

    fn named(names: &[&str]) -> Vec<(String, String)> {
        let pair = |name: &&str| ((*name).to_owned(), (*name).to_owned());
        names.iter().map(pair).collect()
    }

    #[test]
    fn accounts_go_along_with_their_secrets_and_the_default() {
        let (_home, vault) = scene();
        signed_in(&vault, OLD, "ada");
        let grace = signed_in(&vault, OLD, "grace");
        vault.make_default(&grace, false).unwrap();
        vault.move_provider(OLD, NEW).unwrap();
        assert_eq!(accounts(&vault, NEW), named(&["ada", "grace"]));
        assert_eq!(accounts(&vault, OLD), []);
        assert_eq!(vault.default_of(NEW).as_deref(), Some("grace"));
        assert_eq!(vault.default_of(OLD), None);
    }

    #[test]
    fn whoever_gives_a_name_there_is_waited_for() {
        let (_home, vault) = scene();
        signed_in(&vault, OLD, "ada");
        for provider in [OLD, NEW] {
            let at_work = vault.wait_for_lock(&names_lock(provider), Duration::ZERO);
            let at_work = at_work.unwrap();
            std::thread::scope(|scope| {
                let moving = scope.spawn(|| vault.move_provider(OLD, NEW));
                std::thread::sleep(Duration::from_millis(100)); // time enough to go ahead wrongly
                assert!(!moving.is_finished(), "{provider}");
                drop(at_work);
                moving.join().unwrap().unwrap();
            });
        }
        assert_eq!(accounts(&vault, NEW), named(&["ada"]));
    }

    #[test]
    fn without_a_default_none_is_made() {
        let (_home, vault) = scene();
        signed_in(&vault, OLD, "ada");
        vault.move_provider(OLD, NEW).unwrap();
        assert_eq!(vault.default_of(NEW), None);
    }

    #[test]
    fn a_crash_between_the_two_entries_loses_nothing_and_is_mended_by_moving_again() {
        let (_home, vault) = scene();
        let ada = signed_in(&vault, OLD, "ada");
        signed_in(&vault, OLD, "grace");
        vault.make_default(&ada, false).unwrap();
        let moved = Account {
            provider: NEW.into(),
            ..ada.clone()
        };
        let (moved, _) = vault.rename_secret(&ada, &moved).unwrap();
        vault.record(&moved).unwrap();
        assert_eq!(vault.accounts_of(OLD).accounts.len(), 2);
        assert_eq!(accounts(&vault, NEW), named(&["ada"]));

        vault.move_provider(OLD, NEW).unwrap();
        assert_eq!(accounts(&vault, OLD), []);
        assert_eq!(accounts(&vault, NEW), named(&["ada", "grace"]));
        assert_eq!(vault.default_of(NEW).as_deref(), Some("ada"));
    }

    #[test]
    fn the_client_goes_along_with_its_secret() {
        let (_home, vault) = scene();
        let client = KeptClient {
            id: random_id(),
            client_id: "fob".into(),
            auth: ClientAuth::ClientSecretPost,
            pin: "https://id.example.com".into(),
            store: Kind::File,
            secret_expires_at: None,
            copy_in: None,
            configuration_endpoint: None,
        };
        let secrets = ClientSecrets {
            client_secret: Some(Secret::new("hush")),
            ..ClientSecrets::default()
        };
        vault.keep_client(OLD, &client, &secrets).unwrap();
        vault.move_provider(OLD, NEW).unwrap();
        assert_eq!(vault.client(OLD).unwrap(), None);
        assert_eq!(vault.client(NEW).unwrap().as_ref(), Some(&client));
        assert_eq!(vault.client_secrets(&client).unwrap(), secrets);
        assert!(vault.is_free(OLD).is_ok());
        assert_eq!(vault.is_free(NEW).unwrap_err().code, Code::AccountConflict);
    }

    #[test]
    fn another_account_of_that_name_is_not_overwritten() {
        let (_home, vault) = scene();
        let theirs = signed_in(&vault, NEW, "ada");
        signed_in(&vault, OLD, "ada");
        assert_eq!(vault.is_free(NEW).unwrap_err().code, Code::AccountConflict);
        let error = vault.move_provider(OLD, NEW).unwrap_err();
        assert_eq!(error.code, Code::AccountConflict, "{error}");
        assert_eq!(vault.find(NEW, "ada").unwrap(), Some(theirs));
        assert_eq!(accounts(&vault, OLD), named(&["ada"]));
    }
}
