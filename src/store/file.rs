//! Files encrypted with age.

use super::{Setup, Store, StoreError};
use crate::secret::Secret;

/// One age identity, one `.age` file a secret.
pub struct File {
    setup: Setup,
}

impl File {
    /// Reads nothing yet.
    pub fn new(setup: Setup) -> Self {
        Self { setup }
    }
}

impl Store for File {
    fn get(&self, _key: &str) -> Result<Option<Secret>, StoreError> {
        let _ = &self.setup;
        todo!()
    }
    fn put(&self, _key: &str, _secret: &Secret) -> Result<(), StoreError> {
        todo!()
    }
    fn remove(&self, _key: &str) -> Result<bool, StoreError> {
        todo!()
    }
    fn probe(&self) -> Result<(), StoreError> {
        todo!()
    }
    fn protection(&self) -> String {
        todo!()
    }
}
