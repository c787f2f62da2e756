//! A definition that is about to become a file of the user's own.

use super::Change;
use toml_edit::Value;

use super::edit;
use super::keys::keys;
use crate::error::Result;

/// Keys and values; the text has them in the order of [`keys`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Definition {
    changes: Vec<Change>,
}

impl Definition {
    /// A server that publishes its metadata: what is not said here is read there at each login.
    pub(crate) fn of_issuer(
        issuer: &str,
        title: &str,
        scopes: &[String],
        client_id: Option<&str>,
    ) -> Self {
        let mut definition = Self::default();
        definition.push(Change::set("title", title));
        definition.push(Change::set("issuer", issuer));
        if let Some(client_id) = client_id {
            definition.push(Change::set("client_id", client_id));
        }
        if !scopes.is_empty() {
            definition.push(Change::set_list("scopes", scopes));
        }
        definition
    }

    pub(crate) fn push(&mut self, change: Change) {
        match self
            .changes
            .iter_mut()
            .find(|old| old.key() == change.key())
        {
            Some(old) => *old = change,
            None => self.changes.push(change),
        }
    }

    pub(crate) fn sets(&self, key: &str) -> bool {
        self.changes.iter().any(|change| change.key() == key)
    }

    pub(crate) fn value(&self, key: &str) -> Option<&Value> {
        let change = self.changes.iter().find(|change| change.key() == key)?;
        change.value()
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.changes.iter().map(Change::key).collect()
    }

    pub(super) fn text(&self, name: &str) -> Result<String> {
        let discovered = if self.sets("issuer") {
            "# What is not here is read from the issuer's metadata at each login.\n"
        } else {
            ""
        };
        let heading = format!(
            "# {name}: a provider of your own. `keyfob provider show {name}` prints every key.\n\
             {discovered}\
             # A client secret never belongs here: `keyfob provider set {name} --client-secret` keeps one.\n"
        );
        let order = keys();
        let place = |change: &Change| order.iter().position(|key| *key == change.key());
        let mut changes = self.changes.clone();
        changes.sort_by_key(|change| place(change).unwrap_or(order.len()));
        edit::apply(&heading, &changes)
    }
}

/// Sign-in scopes of OpenID Connect, those of them that a server lists; all where it lists none.
pub(crate) fn usual_scopes(supported: Option<&[String]>) -> Vec<String> {
    let usual = ["openid", "profile", "email"].map(str::to_owned);
    match supported {
        Some(supported) => usual
            .into_iter()
            .filter(|scope| supported.contains(scope))
            .collect(),
        None => usual.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_small_commented_and_in_order() {
        let scopes = ["openid".to_owned()];
        let mut definition = Definition::of_issuer("https://id.example.com", "Ex", &scopes, None);
        definition.push(Change::parse("redirect.host=localhost").unwrap());
        definition.push(Change::parse("title=Example").unwrap());
        assert_eq!(
            definition.text("example").unwrap(),
            "\
# example: a provider of your own. `keyfob provider show example` prints every key.
# What is not here is read from the issuer's metadata at each login.
# A client secret never belongs here: `keyfob provider set example --client-secret` keeps one.
title = \"Example\"
issuer = \"https://id.example.com\"
scopes = [\"openid\"]

[redirect]
host = \"localhost\"
"
        );
    }
}
