//! Accounts from a backup: which of two is newer, and how it takes its place.

use super::{
    ClientSecrets, KeptClient, LOCK_TIMEOUT, Listing, Saved, SavedClient, Secrets, Vault,
    names_lock,
};
use crate::account::{Account, random_id};
use crate::error::{Error, Result};
use crate::interrupts::uninterrupted;
use crate::provider::Adopted;
use crate::store::Kind;
use keyfob_base::timestamp::Timestamp;

#[derive(Debug, Clone, Copy)]
pub(crate) struct RestorePlace {
    pub asked: Option<Kind>,
    /// The one for accounts that are new here.
    pub usual: Kind,
}

impl RestorePlace {
    fn of(self, here: Option<&Account>) -> Kind {
        let here = here.map(|account| account.store);
        self.asked.or(here).unwrap_or(self.usual)
    }

    pub(crate) fn of_new(self) -> Kind {
        self.of(None)
    }
}

/// Which newer accounts here make room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    Never,
    /// The one whose tokens are of then, which somebody was asked about.
    Seen(Timestamp),
    Always,
}

#[derive(Debug)]
pub(crate) enum Restored {
    /// It is an account here now; with the name that it would have had, were that not another's.
    New(Account, Option<String>, Unfinished),
    Updated(Account, Unfinished),
    Unchanged(Account),
    /// The one here is newer, can be refreshed and that in the backup cannot, or is of another client or other
    /// servers, and stays.
    Newer(Account),
}

/// What failed once the account was stored.
pub(crate) type Unfinished = Option<Error>;

#[derive(Debug, PartialEq, Eq)]
enum Age {
    Older,
    Same,
    Newer,
}

impl Vault {
    /// The account here that an account of a backup would take the place of although it is newer, can be refreshed
    /// as the other cannot, or is of another client or of other servers.
    pub(crate) fn newer_than(&self, saved: &Saved) -> Result<Option<Account>> {
        let known = self.accounts_of(&saved.account.provider);
        let Some(here) = find_counterpart(&known, saved) else {
            return Ok(None);
        };
        let stays = match self.age(&here, saved, Over::Never)? {
            Age::Newer => true,
            Age::Older => difference(&here, &saved.account).is_some(),
            Age::Same => false,
        };
        Ok(stays.then_some(here))
    }

    /// The store that an account of a backup would go to; `None` where nothing would be written.
    pub(crate) fn place_of(
        &self,
        saved: &Saved,
        place: RestorePlace,
        over: Over,
    ) -> Result<Option<Kind>> {
        let known = self.accounts_of(&saved.account.provider);
        match find_counterpart(&known, saved) {
            Some(here) if self.age(&here, saved, over)? == Age::Same => Ok(None),
            here => Ok(Some(place.of(here.as_ref()))),
        }
    }

    /// It is judged again under the locks that logins take.
    pub(crate) fn restore(
        &self,
        saved: &Saved,
        place: RestorePlace,
        over: Over,
    ) -> Result<Restored> {
        let provider = &saved.account.provider;
        let _names = self.wait_for_lock(&names_lock(provider), LOCK_TIMEOUT)?;
        let known = self.accounts_of(provider);
        let Some(here) = find_counterpart(&known, saved) else {
            return self.add(saved, &known, place.of(None));
        };
        let _turn = self.wait_for_lock(&here.id, LOCK_TIMEOUT)?;
        let Some(here) = self.reread(&here)? else {
            let known = self.accounts_of(provider); // it was logged out meanwhile
            return self.add(saved, &known, place.of(None));
        };
        match self.age(&here, saved, over)? {
            Age::Same => Ok(Restored::Unchanged(here)),
            age if over != Over::Always
                && over != Over::Seen(here.updated_at)
                && (age == Age::Newer || difference(&here, &saved.account).is_some()) =>
            {
                Ok(Restored::Newer(here))
            }
            Age::Newer | Age::Older => self.update(saved, &here, place.of(Some(&here))),
        }
    }

    /// What counts is when the tokens came, and that a refresh token which may still serve is not lost for newer
    /// tokens without one. An account that has lost its secret is older than any; where any makes room, so is one
    /// whose secret cannot be read.
    fn age(&self, here: &Account, saved: &Saved, over: Over) -> Result<Age> {
        let mut here = here.clone();
        let secrets = match self.secrets_of_now(&mut here) {
            Err(_) if over == Over::Always => None,
            found => found?,
        };
        let Some(secrets) = secrets else {
            if over != Over::Always {
                self.probe(here.store)
                    .map_err(|error| error.account(&here))?;
            }
            return Ok(Age::Older);
        };
        let (ours, theirs) = (&secrets.tokens, &saved.secrets.tokens);
        let refused = here.refused() && here.generation == secrets.generation;
        let lost = ours.refresh_token.is_some() && theirs.refresh_token.is_none() && !refused;
        Ok(match ours.received_at.cmp(&theirs.received_at) {
            std::cmp::Ordering::Less if lost => Age::Newer,
            std::cmp::Ordering::Less => Age::Older,
            std::cmp::Ordering::Greater => Age::Newer,
            // One of the two may have been written without its refresh token.
            std::cmp::Ordering::Equal
                if ours.refresh_token.is_none() && theirs.refresh_token.is_some() =>
            {
                Age::Older
            }
            // Both in one second: a refresh here came after what it was refreshed from.
            std::cmp::Ordering::Equal if ours.access_token != theirs.access_token => Age::Newer,
            std::cmp::Ordering::Equal => Age::Same,
        })
    }

    fn add(&self, saved: &Saved, known: &Listing, store: Kind) -> Result<Restored> {
        let wanted = &saved.account;
        known.readable(&wanted.provider, &wanted.name)?; // it may be this very one
        let name = known.free_name(&wanted.provider, &wanted.name);
        let taken = (name != wanted.name).then(|| wanted.name.clone());
        let account = Account {
            name,
            id: self.id_for(saved, store),
            store,
            copy_in: None,
            ..wanted.clone()
        };
        uninterrupted(|| {
            self.put_new(&account, &saved.secrets)?;
            let default = saved.default.then(|| self.make_default(&account, true));
            let unfinished = default.and_then(Result::err);
            Ok(Restored::New(account, taken, unfinished))
        })
    }

    /// As a login does: in place where the entry that is there leads to the new secret as well, else under
    /// another id, so that a crash leaves tokens with the client and the endpoints they belong to.
    fn update(&self, saved: &Saved, here: &Account, store: Kind) -> Result<Restored> {
        let serves = here.store == store
            && (&here.client, here.identity.kind)
                == (&saved.account.client, saved.account.identity.kind)
            && here.endpoints.same_server(&saved.account.endpoints);
        let secrets = Secrets {
            generation: here.generation.max(saved.account.generation) + 1,
            ..saved.secrets.clone()
        };
        let mut account = Account {
            name: here.name.clone(),
            id: if serves {
                here.id.clone()
            } else {
                self.id_for(saved, store)
            },
            store,
            copy_in: here.copy_in.filter(|_| serves), // until it is gone
            created_at: here.created_at,
            ..saved.account.clone()
        };
        account.describe(&secrets.tokens, secrets.generation);
        if saved.account.refused() {
            account.refused_generation = Some(secrets.generation);
        }
        uninterrupted(|| {
            if serves {
                self.keep(&account, &secrets)?;
                self.record(&account)?;
            } else {
                self.put_new(&account, &secrets)?;
            }
            let left = if serves {
                self.clear_copy(&mut account)
            } else {
                self.discard(here)
            };
            Ok(Restored::Updated(account, left.err()))
        })
    }

    /// The id it had, so that restoring again finds it; another where anything here has that one, or the store
    /// holds something under it: a keyring has the secrets of other homes too.
    fn id_for(&self, saved: &Saved, store: Kind) -> String {
        let id = &saved.account.id;
        let accounts = self.accounts().accounts;
        let clients = self.clients();
        let of_client = !clients.broken.is_empty() // one that cannot be read may have it
            || clients.kept.iter().any(|(_, client)| client.id == *id);
        let of_account = accounts.iter().any(|account| account.id == *id);
        if of_client || of_account || !matches!(self.store(store).get(id), Ok(None)) {
            return random_id();
        }
        id.clone()
    }

    pub(crate) fn wants_secrets_of(&self, saved: &SavedClient) -> Result<bool> {
        let before = self.client(&saved.provider)?;
        let stays = self.stays(before.as_ref(), saved)?.is_some();
        Ok(!stays && saved.secrets != ClientSecrets::default())
    }

    /// What becomes of the client of a backup where the one here stays.
    fn stays(&self, here: Option<&KeptClient>, saved: &SavedClient) -> Result<Option<Adopted>> {
        let Some(here) = here else {
            return Ok(None);
        };
        let same = (&here.client_id, &here.pin) == (&saved.client.client_id, &saved.client.pin);
        if !same {
            return Ok(Some(Adopted::Kept));
        }
        let whole = self.client_secrets(here)? != ClientSecrets::default();
        let no_gain = whole || saved.secrets == ClientSecrets::default();
        Ok(no_gain.then_some(Adopted::Unchanged))
    }

    /// Keeps the client of a backup where none is kept, or the same without its secrets.
    pub(crate) fn restore_client(&self, saved: &SavedClient, store: Kind) -> Result<Adopted> {
        let _turn = self.client_turn(&saved.provider)?;
        let before = self.client(&saved.provider)?;
        if let Some(adopted) = self.stays(before.as_ref(), saved)? {
            return Ok(adopted);
        }
        let client = KeptClient {
            id: random_id(),
            store,
            copy_in: None,
            ..saved.client.clone()
        };
        uninterrupted(|| self.replace_client(&saved.provider, before, &client, &saved.secrets))?;
        Ok(Adopted::Written)
    }
}

/// The account here that one of a backup is: one of the same identity, by its id, else by its name or the number
/// that an earlier restore gave it. Another name is another account, for one identity may have several, each with
/// a grant of its own.
fn find_counterpart(known: &Listing, saved: &Saved) -> Option<Account> {
    let accounts = known.accounts.iter();
    let same = || {
        accounts
            .clone()
            .filter(|here| here.identity == saved.account.identity)
    };
    let by_id = same().find(|here| here.id == saved.account.id);
    let by_name = || same().find(|here| here.name == saved.account.name);
    let by_number = || same().find(|here| is_numbered(&here.name, &saved.account.name));
    by_id.or_else(by_name).or_else(by_number).cloned()
}

/// What of an account of a backup decides where secrets go, and is otherwise than here.
pub(crate) fn difference(here: &Account, saved: &Account) -> Option<&'static str> {
    if (&here.client.id, here.client.auth) != (&saved.client.id, saved.client.auth) {
        return Some("is of another client");
    }
    let known = here.endpoints.urls();
    let pins: Vec<_> = known.iter().map(url::Url::origin).collect();
    let theirs = saved.endpoints.urls();
    let same = theirs.iter().all(|url| pins.contains(&url.origin()));
    (!same).then_some("sends its tokens to other servers")
}

/// Whether a name is the other one with a number, such as `ada-2`.
fn is_numbered(name: &str, other: &str) -> bool {
    let number = name
        .strip_prefix(other)
        .and_then(|rest| rest.strip_prefix('-'));
    number.is_some_and(|number| number.parse::<u32>().is_ok())
}

#[cfg(test)]
mod tests {
    //! Which account here one of a backup is.

    use std::sync::Arc;

    use super::*;
    use crate::account::Identity;
    use crate::account::fixture;
    use crate::paths::Paths;
    use crate::store::Nobody;
    use crate::token_set::TokenSet;
    use crate::vault::UnknownMembers;
    use keyfob_base::secret::Secret;

    fn account(id: &str, name: &str, subject: &str) -> Account {
        let fixture = fixture::account();
        Account {
            id: id.into(),
            name: name.into(),
            store: Kind::File,
            identity: Identity {
                subject: subject.into(),
                ..fixture.identity.clone()
            },
            ..fixture
        }
    }

    fn saved(account: Account) -> Saved {
        Saved {
            secrets: Secrets {
                tokens: TokenSet {
                    access_token: Secret::new("a"),
                    refresh_token: Some(Secret::new("r")),
                    id_token: None,
                    token_type: "Bearer".into(),
                    scopes: Vec::new(),
                    received_at: account.received_at,
                    expires_at: account.expires_at,
                },
                client_secret: None,
                generation: account.generation,
                unknown: UnknownMembers::default(),
            },
            account,
            default: false,
        }
    }

    fn found(here: &[Account], wanted: &Saved) -> Option<String> {
        let known = Listing {
            accounts: here.to_vec(),
            broken: Vec::new(),
        };
        find_counterpart(&known, wanted).map(|account| account.id)
    }

    #[test]
    fn an_account_is_known_by_its_id_then_its_name_and_never_by_its_person_alone() {
        let one = saved(account("1a", "ada", "ada"));
        for (here, expected) in [
            (vec![], None),
            (
                vec![account("1a", "work", "ada"), account("2b", "ada", "ada")],
                Some("1a"),
            ),
            (
                vec![account("2b", "ada", "ada"), account("3c", "x", "ada")],
                Some("2b"),
            ),
            (vec![account("2b", "mine", "ada")], None),
            (vec![account("2b", "ada-3", "ada")], Some("2b")),
            (vec![account("2b", "ada-read", "ada")], None),
            (vec![account("1a", "ada", "grace")], None),
        ] {
            assert_eq!(found(&here, &one).as_deref(), expected, "{here:?}");
        }
    }

    /// Two accounts of one person are two, though one of them is not here.
    #[test]
    fn a_further_account_of_a_person_takes_the_place_of_none() {
        let read = saved(account("1a", "ada-read", "ada"));
        let publish = saved(account("2b", "ada-publish", "ada"));
        let here = [account("1a", "ada-read", "ada")];
        assert_eq!(found(&here, &read).as_deref(), Some("1a"));
        assert_eq!(found(&here, &publish), None);
    }

    /// Of a token that was given, and never asked about, nobody knows whose it is.
    #[test]
    fn an_unknown_person_is_nobody_else() {
        let one = saved(account("1a", "ci", ""));
        let here = [account("2b", "other", "")];
        assert_eq!(found(&here, &one), None);
        let here = [account("2b", "ci", "")];
        assert_eq!(found(&here, &one).as_deref(), Some("2b"));
    }

    #[test]
    fn an_account_that_is_changed_meanwhile_is_judged_again() {
        let home = tempfile::tempdir().unwrap();
        let vault = Vault::new(Paths::under(home.path()), false, Arc::new(Nobody));
        let place = RestorePlace {
            asked: None,
            usual: Kind::File,
        };
        let old = saved(account("1a", "ada", "ada"));
        assert!(matches!(
            vault.restore(&old, place, Over::Never).unwrap(),
            Restored::New(..)
        ));
        let mut newer = old.clone();
        let seen = old.account.updated_at.plus(10);
        newer.secrets.tokens.received_at = seen;
        newer.account.describe(&newer.secrets.tokens, 2);
        assert!(matches!(
            vault.restore(&newer, place, Over::Never).unwrap(),
            Restored::Updated(..)
        ));
        let here = vault.newer_than(&old).unwrap().unwrap();
        assert_eq!(here.updated_at, seen);
        for (over, updated) in [
            (Over::Never, false),
            (Over::Seen(seen.plus(1)), false), // somebody was asked about another state
            (Over::Seen(seen), true),
        ] {
            let result = vault.restore(&old, place, over).unwrap();
            assert_eq!(matches!(result, Restored::Updated(..)), updated, "{over:?}");
        }
        let now = vault.find("huggingface", "ada").unwrap().unwrap();
        let secrets = vault.secrets(&now).unwrap().unwrap();
        assert_eq!(secrets.tokens, old.secrets.tokens);
        assert_eq!(secrets.generation, now.generation);
        assert!(
            now.generation > newer.account.generation,
            "whoever waits adopts it"
        );
    }

    /// Writing an entry may fail after it is there: what may lead to the secret keeps it.
    #[test]
    fn a_new_secret_is_taken_back_only_where_nothing_leads_to_it() {
        let home = tempfile::tempdir().unwrap();
        let vault = Vault::new(Paths::under(home.path()), false, Arc::new(Nobody));
        let one = saved(account("1a", "ada", "ada"));
        let entry = Paths::under(home.path())
            .accounts()
            .join("huggingface/ada.json");
        let kept = |before: Option<&[u8]>| {
            vault.keep(&one.account, &one.secrets).unwrap();
            if let Some(before) = before {
                std::fs::write(&entry, before).unwrap();
            }
            vault.undo_new(&one.account);
            vault.secrets(&one.account).unwrap().is_some()
        };
        assert!(!kept(None));
        vault.record(&one.account).unwrap();
        assert!(kept(None), "the entry leads to it");
        assert!(kept(Some(b"{")), "it may");
        vault.record(&account("2b", "ada", "ada")).unwrap();
        assert!(!kept(None), "it leads elsewhere");
    }
}
