//! What opens a backup: a passphrase, or an age identity, which may be behind a passphrase itself.

use age::DecryptError;
use age::x25519::Identity;
use secrecy::zeroize::Zeroizing;

use super::Restore;
use crate::error::{Code, Error, Result};
use crate::store::sealed::{Form, Key, form, why};
use crate::verbs::app::App;
use crate::verbs::backup::passphrase;
use keyfob_base::files;

/// The largest file of identities that is read, in bytes.
const LIMIT: u64 = 64 * 1024;

pub(crate) fn open(app: &App, args: &Restore, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let shown = format!("`{}`", args.file.display());
    let key = match (form(sealed), &args.identity) {
        (Form::Passphrase, _) => Key::Passphrase(passphrase(app, false)?),
        (Form::Recipients, Some(_)) => identities(app, args)?,
        (Form::Recipients, None) => {
            let what = format!("{shown} is encrypted to a recipient, and its identity is wanted");
            return Err(Error::new(Code::Usage, what)
                .hint("name the file that `age-keygen` wrote with `--identity FILE`"));
        }
        (other, _) => return Err(explain_closed(&shown, other)),
    };
    key.open(sealed).map_err(|error| match error {
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed
            if matches!(key, Key::Passphrase(_)) =>
        {
            Error::new(Code::BackupInvalid, format!("wrong passphrase for {shown}"))
                .hint("give the passphrase that it was written with")
        }
        DecryptError::NoMatchingKeys => Error::new(
            Code::BackupInvalid,
            format!("{shown} is encrypted to another identity"),
        )
        .hint("name the identity of one of its recipients with `--identity FILE`"),
        other => Error::new(
            Code::BackupInvalid,
            format!("cannot decrypt {shown}: {}", why(&other)),
        )
        .hint("nothing was restored; use another copy of it"),
    })
}

fn explain_closed(shown: &str, form: Form) -> Error {
    let (what, hint) = match form {
        Form::Armoured => (
            "is armoured, and only the binary form is read",
            "decrypt it with `age -d`, and encrypt it again without `-a`",
        ),
        Form::None => (
            "is no file that age has encrypted",
            "name the file that `keyfob backup` wrote",
        ),
        _ => (
            "is cut short or damaged",
            "nothing was restored; use another copy of it",
        ),
    };
    Error::new(Code::BackupInvalid, format!("{shown} {what}")).hint(hint)
}

fn identities(app: &App, args: &Restore) -> Result<Key> {
    let Some(file) = &args.identity else {
        return Err(explain_closed("the identity", Form::None));
    };
    let shown = format!("`{}`", file.display());
    let unusable = |cause: &str| {
        Error::new(Code::Usage, format!("cannot use {shown}: {cause}"))
            .hint("name a file of age identities, as `age-keygen` writes it")
    };
    let contents = files::read(file, LIMIT).map_err(|error| unusable(&error.to_string()))?;
    let contents = contents.ok_or_else(|| unusable("there is none"))?;
    let contents = Zeroizing::new(contents);
    let text = match form(&contents) {
        Form::None => contents,
        Form::Passphrase => {
            let key = Key::Passphrase(passphrase(app, false)?);
            key.open(&contents).map_err(|error| match error {
                DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => {
                    let what = format!("wrong passphrase for {shown}");
                    Error::new(Code::BackupInvalid, what)
                        .hint("give the passphrase of that identity")
                }
                other => unusable(&why(&other)),
            })?
        }
        Form::Armoured => return Err(unusable("it is armoured")),
        Form::Recipients | Form::Unknown => {
            return Err(unusable("it is behind no passphrase, and no identity"));
        }
    };
    let text = str::from_utf8(&text).map_err(|_| unusable("it is no text"))?;
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let identities: std::result::Result<Vec<Identity>, _> = lines.map(str::parse).collect();
    match identities {
        Ok(identities) if !identities.is_empty() => Ok(Key::Identities(identities)),
        Ok(_) => Err(unusable("no identity is in it")),
        Err(_) => Err(unusable("a line of it is no age identity")),
    }
}
