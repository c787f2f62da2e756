//! Where the file store's passphrase comes from: the environment, a file, or whoever is there.

use std::ffi::OsString;
use std::path::Path;

use secrecy::zeroize::Zeroizing;

use super::disk::failed;
use crate::files;
use crate::secret::Secret;
use crate::store::{Attendant, StoreError};

const VARIABLE: &str = "KEYFOB_PASSPHRASE";
const FILE_VARIABLE: &str = "KEYFOB_PASSPHRASE_FILE";

/// The first line of a passphrase file is one; more than this is another file.
const LIMIT: u64 = 64 * 1024;

/// A passphrase, and how its origin is called in an error.
pub struct Passphrase {
    pub secret: Secret,
    pub origin: String,
}

/// The process's environment, or a test's.
pub struct Environment(Box<Lookup>);

type Lookup = dyn Fn(&str) -> Option<OsString> + Send + Sync;

impl Environment {
    /// The real one.
    pub fn process() -> Self {
        Self::new(|name| std::env::var_os(name))
    }

    /// One that `lookup` answers for.
    pub fn new(lookup: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        Self(Box::new(lookup))
    }

    /// Whether a passphrase is given, good or not.
    pub fn gives_passphrase(&self) -> bool {
        (self.0)(VARIABLE).is_some() || (self.0)(FILE_VARIABLE).is_some()
    }

    /// The passphrase given by `KEYFOB_PASSPHRASE`, else by `KEYFOB_PASSPHRASE_FILE`. One that is
    /// set and useless fails: taking it for none would make a store without a passphrase.
    pub fn passphrase(&self) -> Result<Option<Passphrase>, StoreError> {
        if let Some(value) = (self.0)(VARIABLE) {
            let secret = value.into_string().map(Secret::new).ok();
            return usable(secret, VARIABLE.into()).map(Some);
        }
        (self.0)(FILE_VARIABLE)
            .map(|path| from_file(Path::new(&path)))
            .transpose()
    }
}

/// The passphrase of an existing store: given, or asked for.
pub fn known(
    environment: &Environment,
    attendant: &dyn Attendant,
) -> Result<Passphrase, StoreError> {
    match environment.passphrase()? {
        Some(passphrase) => Ok(passphrase),
        None => asked(attendant, false),
    }
}

/// Asks whoever is there; fails where nobody is.
pub fn asked(attendant: &dyn Attendant, new: bool) -> Result<Passphrase, StoreError> {
    let Some(secret) = attendant.passphrase(new) else {
        return Err(StoreError {
            cause: "the file store's passphrase is missing and nobody can be asked for it".into(),
            hint: "set KEYFOB_PASSPHRASE_FILE or KEYFOB_PASSPHRASE, or run it in a terminal".into(),
        });
    };
    usable(Some(secret), "what was typed".into())
}

fn from_file(path: &Path) -> Result<Passphrase, StoreError> {
    let origin = format!("`{}` ({FILE_VARIABLE})", path.display());
    let contents = files::read(path, LIMIT).map_err(|error| failed("read", path, &error))?;
    let Some(contents) = contents.map(Zeroizing::new) else {
        return Err(StoreError {
            cause: format!("there is no {origin}"),
            hint: format!("write the passphrase into that file, or correct {FILE_VARIABLE}"),
        });
    };
    let line = contents
        .split(|octet| *octet == b'\n')
        .next()
        .unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let secret = std::str::from_utf8(line)
        .ok()
        .map(|line| Secret::new(line.to_owned()));
    usable(secret, origin)
}

/// Refuses a passphrase that is empty or, being `None`, no UTF-8.
fn usable(secret: Option<Secret>, origin: String) -> Result<Passphrase, StoreError> {
    let fault = match &secret {
        None => "is not UTF-8",
        Some(secret) if secret.expose().is_empty() => "is empty",
        Some(_) => "",
    };
    match secret.filter(|_| fault.is_empty()) {
        Some(secret) => Ok(Passphrase { secret, origin }),
        None => Err(StoreError {
            cause: format!("the file store's passphrase {fault}: {origin}"),
            hint: format!("give it a passphrase, or unset {VARIABLE} and {FILE_VARIABLE}"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&'static str, &str)]) -> Result<Option<Passphrase>, StoreError> {
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| (*name, OsString::from(value)))
            .collect();
        Environment::new(move |asked| {
            let found = variables.iter().find(|(name, _)| *name == asked);
            found.map(|(_, value)| value.clone())
        })
        .passphrase()
    }

    #[test]
    fn the_variable_comes_before_the_file() {
        let given = from(&[(VARIABLE, "one"), (FILE_VARIABLE, "/does/not/exist")]);
        assert_eq!(given.unwrap().unwrap().secret.expose(), "one");
        assert!(from(&[]).unwrap().is_none());
    }

    #[test]
    fn a_file_gives_its_first_line() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("passphrase");
        for (contents, line) in [
            ("one\n", "one"),
            ("one\r\ntwo\n", "one"),
            (" o e ", " o e "),
        ] {
            std::fs::write(&path, contents).unwrap();
            let given = from(&[(FILE_VARIABLE, path.to_str().unwrap())])
                .unwrap()
                .unwrap();
            assert_eq!(given.secret.expose(), line);
        }
    }

    #[test]
    fn a_useless_passphrase_is_an_error_and_not_none() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("passphrase");
        let path = path.to_str().unwrap();
        assert!(from(&[(VARIABLE, "")]).is_err());
        assert!(from(&[(FILE_VARIABLE, path)]).is_err(), "missing");
        for contents in [&b""[..], b"\nsecond", b"\xff", &vec![b'x'; 70_000]] {
            std::fs::write(path, contents).unwrap();
            let error = from(&[(FILE_VARIABLE, path)]).err().unwrap();
            assert!(error.cause.contains(path), "{error}");
        }
    }
}
