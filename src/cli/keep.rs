//! The declarations of the verbs that take secrets elsewhere: `move`, `backup` and `restore`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::complete;
use crate::store::Kind;

/// Arguments of `backup`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob backup keyfob.age              asks for a passphrase
  keyfob backup keyfob.age github --recipients-file recipients.txt
  keyfob backup keyfob.age --move       for a new machine: forgets them here

One file, encrypted with age: accounts, their secrets, and what of providers they need; not \
config.toml, nothing of the sandbox, and no account of an exchange. A refresh token that rotates can \
live in one place only, so those of providers that rotate, or may, are left out without `--move`. The \
passphrase is asked for, or comes from KEYFOB_BACKUP_PASSPHRASE_FILE or KEYFOB_BACKUP_PASSPHRASE.")]
pub struct Backup {
    /// The file to write
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// PROVIDER/NAME, PROVIDER for the one used here, or a pattern of `*` and `?`; every account where
    /// absent
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub accounts: Vec<String>,
    /// Encrypt to this age recipient instead of a passphrase; may be repeated
    #[arg(long, value_name = "RECIPIENT")]
    pub recipient: Vec<String>,
    /// Encrypt to the age recipients in this file, a line each
    #[arg(long, value_name = "FILE")]
    pub recipients_file: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long)]
    pub replace: bool,
    /// Take every refresh token along, and forget the accounts here once the file is written
    #[arg(long = "move")]
    pub moves: bool,
    /// Do not ask before `--move`
    #[arg(short, long, requires = "moves")]
    pub yes: bool,
}

/// Arguments of `restore`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob restore keyfob.age             asks for the passphrase
  keyfob restore keyfob.age 'github/*' --store file
  keyfob restore keyfob.age --identity key.txt

An account that is newer here than in the file, or has a refresh token here alone, is kept, unless \
you say so at the terminal or with `--replace`. Restoring the same file again changes nothing. The \
passphrase is asked for, or comes from KEYFOB_BACKUP_PASSPHRASE_FILE or KEYFOB_BACKUP_PASSPHRASE.")]
pub struct Restore {
    /// What `backup` wrote
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// PROVIDER/NAME in the file, or a pattern of `*` and `?`; everything in it where absent
    #[arg(value_name = "ACCOUNT")]
    pub accounts: Vec<String>,
    /// Decrypt with the age identities in this file, which may be behind a passphrase itself
    #[arg(long, value_name = "FILE")]
    pub identity: Option<PathBuf>,
    /// Put accounts of the file in the place of newer ones here, and of those with a refresh token
    #[arg(long)]
    pub replace: bool,
    /// Keep the secrets here [default: KEYFOB_STORE, else where the account's are, else what config.toml
    /// says, else keyring]
    #[arg(long, value_name = "STORE")]
    pub store: Option<Kind>,
    /// Protect a new file store with a passphrase; goes with `--store file`
    #[arg(long)]
    pub passphrase: bool,
}
