//! Assignments of tokens to variables, a family of readers a file. Data in, text out.
//!
//! Each form gives back byte for byte what it carries, in the real reader; what it cannot carry so, it
//! refuses. Variables fit [`is_variable`](crate::names::is_variable), values
//! [`is_token`](crate::token_set::is_token).

pub mod dotenv;
pub mod elvish;
pub mod fish;
pub mod github;
pub mod gitlab;
pub mod json;
pub mod nu;
pub mod posix;
pub mod windows;

use keyfob_base::secret::Secret;

/// One assignment of a value to a variable, as its reader takes it: lines without the last one's end.
/// `None` where that reader cannot be trusted to give the value back.
pub type Form = fn(variable: &str, value: &str) -> Option<String>;

/// A token on its way into a variable.
#[derive(Debug)]
pub struct Assignment<'a> {
    /// The variable's name.
    pub variable: String,
    /// What it is to hold.
    pub token: &'a Secret,
}

/// Whether a value is of characters that mean nothing to any reader within its quotes:
/// `[A-Za-z0-9._~+/=-]`, which most tokens are of (RFC 6750 §2.1).
fn is_simple(value: &str) -> bool {
    let simple = |byte: u8| byte.is_ascii_alphanumeric() || b"._~+/=-".contains(&byte);
    value.bytes().all(simple)
}

#[cfg(test)]
mod fixture {
    //! What tokens may hold.

    /// Every character, in order.
    pub fn all() -> String {
        ('!'..='~').collect()
    }

    /// Asserts that only `[A-Za-z0-9._~+/=-]` is carried.
    pub fn assert_simple_only(form: super::Form) {
        for c in '!'..='~' {
            let simple = c.is_ascii_alphanumeric() || "._~+/=-".contains(c);
            for value in [format!("{c}"), format!("a{c}b")] {
                assert_eq!(form("V", &value).is_some(), simple, "{value}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_shows_no_token() {
        let token = Secret::new("hf_mark");
        let variable = "HF_TOKEN".to_owned();
        let shown = format!(
            "{:?}",
            Assignment {
                variable,
                token: &token
            }
        );
        assert!(!shown.contains("hf_mark"), "{shown}");
    }
}
