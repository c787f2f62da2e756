//! A home's accounts, for tests that need a past: the same vault that the binary uses, on the same files. It stands
//! here, and not in the testkit, for that knows no crate of keyfob's.

use std::sync::Arc;

use keyfob::account::Account;
use keyfob::paths::Paths;
use keyfob::store::Nobody;
use keyfob::vault::{Secrets, Vault};
use keyfob_base::timestamp::Timestamp;

use keyfob_testkit::home::Home;
use keyfob_testkit::provider::Provider;
use keyfob_testkit::scene::signed_in;

/// A home whose only account, `acme/julien`, has a refresh token and an access token that has ended.
#[allow(dead_code, reason = "each target uses its part")]
pub fn expired() -> (Home, Provider) {
    let (home, provider) = signed_in();
    home.later("acme/julien", 3600);
    (home, provider)
}

/// What a test knows of a home's accounts from inside.
#[allow(dead_code, reason = "each target uses its part")]
pub trait HomeVault {
    /// The home's vault, opened anew.
    fn vault(&self) -> Vault;

    /// An account's index entry.
    #[track_caller]
    fn account(&self, name: &str) -> Account;

    /// An account's secrets.
    #[track_caller]
    fn secrets(&self, name: &str) -> Secrets;

    /// Makes an account's token so many seconds older, as if they had passed.
    fn later(&self, name: &str, seconds: u64);

    /// Adds an account like another one, with the same tokens.
    fn copy_account(&self, from: &str, to: &str);

    /// Lets every write to the file store fail, and every read succeed, until the guard is dropped.
    fn break_writing(&self) -> Broken;
}

impl HomeVault for Home {
    fn vault(&self) -> Vault {
        Vault::new(Paths::under(&self.path("")), false, Arc::new(Nobody))
    }

    #[track_caller]
    fn account(&self, name: &str) -> Account {
        let (provider, name) = name.split_once('/').expect("PROVIDER/NAME");
        let found = self.vault().find(provider, name).expect("a whole entry");
        found.expect("an account")
    }

    #[track_caller]
    fn secrets(&self, name: &str) -> Secrets {
        let found = self.vault().secrets(&self.account(name));
        found.expect("a working store").expect("a secret")
    }

    fn later(&self, name: &str, seconds: u64) {
        let ago = |at: Timestamp| Timestamp::from_unix(at.unix() - seconds);
        let (mut account, mut secrets) = (self.account(name), self.secrets(name));
        secrets.tokens.received_at = ago(secrets.tokens.received_at);
        secrets.tokens.expires_at = secrets.tokens.expires_at.map(ago);
        account.describe(&secrets.tokens, account.generation);
        let vault = self.vault();
        vault.keep(&account, &secrets).expect("a working store");
        vault.record(&account).expect("a file in the home");
    }

    fn copy_account(&self, from: &str, to: &str) {
        let (mut account, secrets) = (self.account(from), self.secrets(from));
        let (provider, name) = to.split_once('/').expect("PROVIDER/NAME");
        account.provider = provider.into();
        account.name = name.into();
        account.id = keyfob::account::random_id();
        let vault = self.vault();
        vault.keep(&account, &secrets).expect("a working store");
        vault.record(&account).expect("a file in the home");
    }

    fn break_writing(&self) -> Broken {
        let path = self.path("config/identity/recipient.txt");
        let whole = std::fs::read(&path).expect("a file store");
        std::fs::write(&path, "none").expect("a file in the home");
        Broken { path, whole }
    }
}

/// A file store that can only be read; dropping this mends it.
pub struct Broken {
    path: std::path::PathBuf,
    whole: Vec<u8>,
}

impl Drop for Broken {
    fn drop(&mut self) {
        let sibling = self.path.with_extension("new");
        let written = std::fs::write(&sibling, &self.whole);
        let _ = written.and_then(|()| std::fs::rename(sibling, &self.path));
    }
}
