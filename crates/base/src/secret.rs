//! A string that must not be seen: it wipes itself when dropped and prints as `[redacted]`.

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// Has no `Display` and no serialisation, so it reaches a format only through [`Secret::expose`].
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a string over; the caller keeps no other copy of it.
    pub fn new(value: impl Into<String>) -> Self {
        Self(SecretString::from(value.into()))
    }

    /// Hands out the value. This is the boundary: every call is a place to review.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl PartialEq for Secret {
    /// Compares in constant time for equal lengths.
    fn eq(&self, other: &Self) -> bool {
        self.expose()
            .as_bytes()
            .ct_eq(other.expose().as_bytes())
            .into()
    }
}

impl Eq for Secret {}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_shows_nothing_of_the_value() {
        let shown = format!(
            "{:?} {:#?}",
            Secret::new("hf_oauth_abc"),
            Some(Secret::new("x"))
        );
        assert!(
            !shown.contains("hf_oauth_abc") && !shown.contains('x'),
            "{shown}"
        );
    }

    #[test]
    fn equality_is_by_value() {
        assert_eq!(Secret::new("a"), Secret::new("a"));
        assert_ne!(Secret::new("a"), Secret::new("ab"));
    }
}
