//! The environment as a look-up, so that a test can have another one.

use std::ffi::OsString;

use keyfob_base::secret::Secret;

/// Variables by their names.
#[derive(Clone, Copy)]
pub struct Environment(fn(&str) -> Option<OsString>);

impl Environment {
    /// This process's own.
    pub const OWN: Self = Self(|name| std::env::var_os(name));

    /// Another one.
    #[cfg(test)]
    pub const fn of(look: fn(&str) -> Option<OsString>) -> Self {
        Self(look)
    }

    /// A variable without surrounding blanks; nothing where it is empty. What is no Unicode stays
    /// recognisable as wrong.
    pub fn text(self, name: &str) -> Option<String> {
        let value = (self.0)(name)?;
        let value = value.to_string_lossy();
        Some(value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// The same of a secret.
    pub fn secret(self, name: &str) -> Option<Secret> {
        self.text(name).map(Secret::new)
    }

    /// Whether a variable says yes, or says anything but no.
    pub fn is_set(self, name: &str) -> bool {
        let no = |value: &str| matches!(value.to_ascii_lowercase().as_str(), "0" | "false");
        self.text(name).is_some_and(|value| !no(&value))
    }
}
