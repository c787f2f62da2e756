//! What is said where something would choose that may not yet.

use std::path::Path;

use super::Rule;
use super::accounts::Accounts;
use super::file::RuleFile;
use super::trust::Standing;
use crate::error::{Code, Error};

/// The command by which it is accepted.
const TRUST: &str = "keyfob use --trust";

/// A rule file that may not choose yet.
pub fn file(file: &RuleFile, standing: Standing, named: &Accounts) -> Error {
    let path = file.path.display();
    let message = if standing == Standing::Changed {
        format!("{path} has changed since it was accepted, and names {named}")
    } else {
        format!("{path} names {named} and was not accepted")
    };
    Error::new(Code::ConfigInvalid, message).hint(format!(
        "read it, and accept it with `{TRUST}`; or name the account as PROVIDER/NAME"
    ))
}

/// A repository that a rule by remote may not choose for yet.
pub fn repository(rule: &Rule, repository: &Path, named: &Accounts) -> Error {
    let repository = repository.display();
    Error::new(
        Code::ConfigInvalid,
        format!("{rule} names {named}, and {repository} was not accepted as such a repository"),
    )
    .hint(format!(
        "if you trust what is in it, accept it with `{TRUST}`; or name the account as PROVIDER/NAME"
    ))
}
