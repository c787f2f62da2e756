//! The shapes of `use --json` and `rename --json`.

use serde::Serialize;

use crate::account::Account;
use crate::rules::{Accepted, Rule};

/// A provider's default account, or what a rule file names.
#[derive(Debug, Serialize)]
pub struct Used {
    account: String,
    provider: String,
    previous: Option<String>,
    rule: Option<String>,
}

impl Used {
    /// Shapes what was chosen: `previous` is the name of the account that it was until now, itself where
    /// nothing changed, and `rule` the file that names it, where it is not the default.
    pub fn new(account: &Account, previous: Option<String>, rule: Option<&Rule>) -> Self {
        let provider = &account.provider;
        Self {
            account: account.to_string(),
            provider: provider.clone(),
            previous: previous.map(|name| format!("{provider}/{name}")),
            rule: rule.map(|rule| rule.file.to_string_lossy().into_owned()),
        }
    }
}

/// What `use --trust` accepted.
#[derive(Debug, Serialize)]
pub struct Trust {
    accepted: Vec<Rules>,
}

#[derive(Debug, Serialize)]
struct Rules {
    path: String,
    accounts: Vec<String>,
}

impl Trust {
    /// Shapes what was accepted now.
    pub fn new(accepted: &[Accepted]) -> Self {
        let accepted = accepted.iter().map(|rule| Rules {
            path: rule.path.to_string_lossy().into_owned(),
            accounts: rule.accounts.clone(),
        });
        Self {
            accepted: accepted.collect(),
        }
    }
}

/// An account that has a name.
#[derive(Debug, Serialize)]
pub struct Renamed {
    /// `PROVIDER/NAME`.
    pub account: String,
    /// The same until now; itself where nothing changed.
    pub previous: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verbs::fixture::{account, assert_shape};

    #[test]
    fn the_shapes_are_the_documented_ones() {
        let used = Used::new(&account(), Some("work".into()), None);
        assert_shape(&used, include_str!("../verbs/shapes/use.json"));
        let trust = Trust::new(&[Accepted {
            path: "/home/julien/src/acme/.keyfob.toml".into(),
            accounts: vec!["huggingface/work".into()],
            remotes: Vec::new(),
        }]);
        assert_shape(&trust, include_str!("../verbs/shapes/use-trust.json"));
        let renamed = Renamed {
            account: "huggingface/work".into(),
            previous: "huggingface/julien".into(),
        };
        assert_shape(&renamed, include_str!("../verbs/shapes/rename.json"));
    }
}
