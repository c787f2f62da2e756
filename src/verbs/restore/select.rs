//! Which accounts of a backup are meant: as of those here, but among those in the file.

use std::collections::BTreeSet;

use crate::choose::{Target, fits, is_pattern};
use crate::error::{Code, Error, Result};
use crate::names::nearest;
use crate::vault::{BackupContents, Saved};

/// More names than this do not help.
const SHOWN: usize = 8;

pub(crate) fn select<'a>(typed: &[String], backup: &'a BackupContents) -> Result<Vec<&'a Saved>> {
    let all = || backup.accounts.iter();
    if typed.is_empty() {
        return Ok(all().collect());
    }
    let mut wanted = BTreeSet::new();
    for typed in typed {
        let meant: Vec<&Saved> = if is_pattern(typed) {
            all()
                .filter(|saved| fits(typed, &saved.account.to_string()))
                .collect()
        } else {
            find_named(Target::parse(typed)?, backup)
        };
        match meant.as_slice() {
            [] => return Err(explain_missing(typed, backup)),
            [_, _, ..] if !is_pattern(typed) => return Err(explain_ambiguous(typed, &meant)),
            meant => wanted.extend(meant.iter().map(|saved| &saved.account.id)),
        }
    }
    Ok(all()
        .filter(|saved| wanted.contains(&saved.account.id))
        .collect())
}

/// The one that is named, or a provider's default; without one all of that provider.
fn find_named<'a>(target: Target<'_>, backup: &'a BackupContents) -> Vec<&'a Saved> {
    let of_provider = || {
        let accounts = backup.accounts.iter();
        accounts.filter(|saved| saved.account.provider == target.provider)
    };
    match target.name {
        Some(name) => of_provider()
            .filter(|saved| saved.account.name == name)
            .collect(),
        None => match of_provider().find(|saved| saved.default) {
            Some(default) => vec![default],
            None => of_provider().collect(),
        },
    }
}

fn explain_missing(typed: &str, backup: &BackupContents) -> Error {
    let names: Vec<String> = backup
        .accounts
        .iter()
        .map(|saved| saved.account.to_string())
        .collect();
    let hint = match nearest(typed, names.iter().map(String::as_str)) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if names.len() <= SHOWN => format!("in it are {}", names.join(", ")),
        None => format!("in it are {} and others", names[..SHOWN].join(", ")),
    };
    let what = if is_pattern(typed) {
        format!("`{typed}` matches nothing in the backup")
    } else {
        format!("the backup has no account {typed}")
    };
    Error::new(Code::UnknownAccount, what).hint(hint)
}

fn explain_ambiguous(typed: &str, meant: &[&Saved]) -> Error {
    let names: Vec<_> = meant.iter().map(|one| one.account.to_string()).collect();
    let what = format!("{typed} has several accounts in the backup and no default");
    let shown = names[..names.len().min(SHOWN)].join(", ");
    Error::new(Code::AmbiguousAccount, what).hint(format!("name one of {shown}"))
}
