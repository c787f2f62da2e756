//! Where a passphrase comes from: the environment, a file, or whoever is there.

use std::ffi::OsString;
use std::path::Path;

use secrecy::zeroize::Zeroizing;

use super::{Prompter, StoreError};
use keyfob_base::files;
use keyfob_base::secret::Secret;

/// A passphrase file holds one in its first line; more than this is another file.
const LIMIT: u64 = 64 * 1024;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    pub owner: &'static str,
    pub variable: &'static str,
    pub file: &'static str,
}

pub(crate) const FILE_STORE: Names = Names {
    owner: "the file store",
    variable: "KEYFOB_PASSPHRASE",
    file: "KEYFOB_PASSPHRASE_FILE",
};

pub(crate) const BACKUP: Names = Names {
    owner: "the backup",
    variable: "KEYFOB_BACKUP_PASSPHRASE",
    file: "KEYFOB_BACKUP_PASSPHRASE_FILE",
};

#[derive(Debug)]
pub(crate) struct Passphrase {
    pub secret: Secret,
    pub origin: String,
}

/// The process's environment, or a test's, as far as it can give one passphrase.
pub(crate) struct Environment {
    names: Names,
    lookup: Box<Lookup>,
}

type Lookup = dyn Fn(&str) -> Option<OsString> + Send + Sync;

impl Environment {
    pub(crate) fn process(names: Names) -> Self {
        Self::new(names, |name| std::env::var_os(name))
    }

    pub(crate) fn new(
        names: Names,
        lookup: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static,
    ) -> Self {
        Self {
            names,
            lookup: Box::new(lookup),
        }
    }

    pub(crate) fn gives_passphrase(&self) -> bool {
        let given = |name| (self.lookup)(name).is_some();
        given(self.names.variable) || given(self.names.file)
    }

    /// The passphrase given by the variable, else by the file. One that is set and useless fails: taking it
    /// for none would leave unprotected what somebody meant to protect.
    pub(crate) fn passphrase(&self) -> Result<Option<Passphrase>, StoreError> {
        let names = self.names;
        if let Some(value) = (self.lookup)(names.variable) {
            let secret = value.into_string().map(Secret::new).ok();
            return names.usable(secret, names.variable.into()).map(Some);
        }
        (self.lookup)(names.file)
            .map(|path| names.read(Path::new(&path)))
            .transpose()
    }

    pub(crate) fn known(&self, prompter: &dyn Prompter) -> Result<Passphrase, StoreError> {
        match self.passphrase()? {
            Some(passphrase) => Ok(passphrase),
            None => self.asked(prompter, false),
        }
    }

    pub(crate) fn asked(
        &self,
        prompter: &dyn Prompter,
        new: bool,
    ) -> Result<Passphrase, StoreError> {
        let names = self.names;
        let Some(secret) = prompter.passphrase(new) else {
            return Err(StoreError {
                cause: format!(
                    "{}'s passphrase is missing and nobody can be asked for it",
                    names.owner
                ),
                hint: format!(
                    "set {} or {}, or run it in a terminal",
                    names.file, names.variable
                ),
            });
        };
        names.usable(Some(secret), "what was typed".into())
    }
}

impl Names {
    fn read(self, path: &Path) -> Result<Passphrase, StoreError> {
        let origin = format!("`{}` ({})", path.display(), self.file);
        let unread = |cause: String| StoreError {
            cause,
            hint: format!(
                "write the passphrase into that file, or correct {}",
                self.file
            ),
        };
        self.check_owner(path, &origin)?;
        let contents = files::read(path, LIMIT)
            .map_err(|error| unread(format!("cannot read {origin}: {error}")))?;
        let Some(contents) = contents.map(Zeroizing::new) else {
            return Err(unread(format!("there is no {origin}")));
        };
        let line = contents
            .split(|octet| *octet == b'\n')
            .next()
            .unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let secret = std::str::from_utf8(line)
            .ok()
            .map(|line| Secret::new(line.to_owned()));
        self.usable(secret, origin)
    }

    /// Whoever may write the file chooses the passphrase, and knows it.
    #[cfg(unix)]
    fn check_owner(self, path: &Path, origin: &str) -> Result<(), StoreError> {
        use keyfob_base::files::{OwnerFlaw, judge_owner};

        let Ok(found) = std::fs::metadata(path) else {
            return Ok(()); // reading it says why
        };
        let regular = found.is_file();
        let (what, hint) = match judge_owner(path, &found).filter(|_| regular) {
            None => return Ok(()),
            Some(OwnerFlaw::Foreign(..)) if rustix::process::geteuid().is_root() => return Ok(()), // for that user
            Some(OwnerFlaw::Foreign(_, owner)) => (
                format!("{origin} belongs to user {owner}, who could change it"),
                format!(
                    "write the passphrase into a file of your own, and name it in {}",
                    self.file
                ),
            ),
            Some(OwnerFlaw::Writable(_) | OwnerFlaw::Closed(..)) => (
                format!("others may write in {origin}"),
                format!(
                    "`chmod go-w {}`, and change the passphrase if they had access",
                    path.display()
                ),
            ),
        };
        Err(StoreError { cause: what, hint })
    }

    /// Files have the permissions of their folder.
    #[cfg(not(unix))]
    fn check_owner(self, _path: &Path, _origin: &str) -> Result<(), StoreError> {
        Ok(())
    }

    /// Refuses a passphrase that is empty or, being `None`, no UTF-8.
    fn usable(self, secret: Option<Secret>, origin: String) -> Result<Passphrase, StoreError> {
        let fault = match &secret {
            None => "is not UTF-8",
            Some(secret) if secret.expose().is_empty() => "is empty",
            Some(_) => "",
        };
        match secret.filter(|_| fault.is_empty()) {
            Some(secret) => Ok(Passphrase { secret, origin }),
            None => Err(StoreError {
                cause: format!("{}'s passphrase {fault}: {origin}", self.owner),
                hint: format!(
                    "give it a passphrase, or unset {} and {}",
                    self.variable, self.file
                ),
            }),
        }
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
        Environment::new(FILE_STORE, move |asked| {
            let found = variables.iter().find(|(name, _)| *name == asked);
            found.map(|(_, value)| value.clone())
        })
        .passphrase()
    }

    #[test]
    fn the_variable_comes_before_the_file() {
        let given = from(&[
            (FILE_STORE.variable, "one"),
            (FILE_STORE.file, "/does/not/exist"),
        ]);
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
            let given = from(&[(FILE_STORE.file, path.to_str().unwrap())])
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
        assert!(from(&[(FILE_STORE.variable, "")]).is_err());
        assert!(from(&[(FILE_STORE.file, path)]).is_err(), "missing");
        for contents in [&b""[..], b"\nsecond", b"\xff", &vec![b'x'; 70_000]] {
            std::fs::write(path, contents).unwrap();
            let error = from(&[(FILE_STORE.file, path)]).err().unwrap();
            assert!(error.cause.contains(path), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_write_gives_none() {
        use std::os::unix::fs::PermissionsExt;

        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("passphrase");
        std::fs::write(&path, "one").unwrap();
        let shown = path.to_str().unwrap();
        for (mode, taken) in [
            (0o600, true),
            (0o644, true),
            (0o602, false),
            (0o666, false),
            (0o777, false),
        ] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let given = from(&[(FILE_STORE.file, shown)]);
            assert_eq!(given.is_ok(), taken, "{mode:o}");
            if let Err(error) = given {
                assert!(error.hint.contains("chmod go-w"), "{}", error.hint);
            }
        }
    }
}
