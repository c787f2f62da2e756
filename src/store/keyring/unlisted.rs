//! The names of keyfob's entries in a keyring that may ask its user before it tells them.

use crate::store::StoreError;

#[allow(clippy::unnecessary_wraps)] // as where they can be listed
pub(crate) fn names() -> Result<Option<Vec<String>>, StoreError> {
    Ok(None)
}
