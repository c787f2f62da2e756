//! Files encrypted with age and sealed: one key pair for the store, one `.age` file a secret. `age -d` opens them, and
//! shows the seal as the last line.

mod disk;
mod encrypted;
mod identity;
mod key_pair;
mod marks;
mod seal;

pub(crate) use encrypted::File;
