//! The system's keyring.

use std::sync::Arc;

use super::{Attendant, Store, StoreError};
use crate::secret::Secret;

/// The keyring of the session, through the crate of that name.
pub struct Keyring {
    attendant: Arc<dyn Attendant>,
}

impl Keyring {
    /// Connects at the first call.
    pub fn new(attendant: Arc<dyn Attendant>) -> Self {
        Self { attendant }
    }
}

impl Store for Keyring {
    fn get(&self, _key: &str) -> Result<Option<Secret>, StoreError> {
        let _ = self.attendant.attended();
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
