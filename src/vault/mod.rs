//! Accounts and their secrets: where the index, which is not secret, meets the stores, which are.
//!
//! A change is written secret first, then index, so that a crash between them leaves an account whose
//! secret is newer than its index entry says. The secret is believed; the entry is mended on the way.
//!
//! A secret carries the record of what decides who the account is and where its secrets may go. An entry that says
//! otherwise is `record_mismatch`, and nothing is done with the secret.

mod backup;
mod client;
mod clients;
mod defaults;
mod index;
mod integrity;
mod lock;
mod moving;
mod naming;
mod payload;
mod record;
mod restore;
mod sealed_record;
mod unsealed;
#[expect(clippy::module_inception)]
mod vault;

pub(crate) use backup::{
    BackupContents, Bound, RefreshToken, Saved, SavedClient, SavedProvider, backup_file,
};
pub(crate) use client::{ClientSecrets, KeptClient};
pub(crate) use defaults::{Defaults, read as defaults};
pub(crate) use index::{Listing, Named, VERSION as INDEX_VERSION, list_named, names, read};
pub(crate) use integrity::Examined;
pub(crate) use lock::{Acquired, Guard, LOCK_TIMEOUT};
pub(crate) use moving::Moved;
pub(crate) use naming::names_lock;
pub use payload::{Secrets, UnknownMembers};
pub(crate) use restore::{Over, RestorePlace, Restored, difference};
pub use vault::Vault;
