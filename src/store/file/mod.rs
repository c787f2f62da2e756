//! Files encrypted with age: one key pair for the store, one `.age` file a secret. `age -d` opens them.

mod disk;
mod encrypted;
mod identity;
mod key_pair;

pub(crate) use encrypted::File;
