//! What the sandbox remembers, and where: in memory or in a folder.

mod codes;
mod device;
mod state;
mod state_file;
mod tokens;

pub(crate) use codes::{Authorization, PUSHED_LIFETIME, Redemption, URN};
pub(crate) use device::{Decision, DeviceRequest};
pub(crate) use state::{State, TokenGrant};
pub(crate) use state_file::StateStore;
pub(crate) use tokens::{Issued, Renewal, Terms};
