//! An identity token in a file that something else keeps fresh, such as a projected token of Kubernetes.

use std::path::PathBuf;

use super::{TOKEN_LIMIT, none};
use crate::context::off_thread;
use crate::error::Result;
use keyfob_base::files;
use keyfob_base::secret::Secret;

/// Room for blanks around the token.
const FILE_LIMIT: u64 = TOKEN_LIMIT as u64 + 1024;

/// Reads it, with the file's name as messages have it; `by_file` names another one.
pub async fn read(path: PathBuf, by_file: String) -> Result<(String, Secret)> {
    off_thread(move || {
        let place = path.display().to_string();
        let unreadable = |why: &str| {
            none(
                format!("cannot read an identity token from {place}: {why}"),
                format!("name a file that holds the token alone with `{by_file}`"),
            )
        };
        let contents = files::read(&path, FILE_LIMIT)
            .map_err(|error| unreadable(&error.to_string()))?
            .ok_or_else(|| unreadable("there is no such file"))?;
        let token = String::from_utf8(contents).map_err(|_| unreadable("it is no text"))?;
        Ok((place, Secret::new(token)))
    })
    .await
}
