//! A fresh token for an account. The policy, in the order of the code:
//!
//! | in the index | in the store | access token | to renew it | then |
//! | --- | --- | --- | --- | --- |
//! | yes | no | | | a write probe decides: it fails, `store_unavailable`; it works, `login_required` |
//! | yes | yes | good for the margin, or no expiry known | | return it |
//! | yes | yes | never issued for as long as demanded | | `refresh_failed` |
//! | yes | yes | expiring | a refresh token | lock, read again, refresh, keep |
//! | yes | yes | expiring | a grant that needs no person | lock, read again, repeat the grant, keep |
//! | yes | yes | expiring | nothing, or refused for good | `login_required` |
//!
//! `look` judges without a runtime; only `Context::fresh` goes further. Beside it stand the two other
//! things that are done with an account's tokens: asking whose they are, and taking them back.

mod endpoints;
mod look;
mod refusal;
mod renew;
pub(crate) mod revoke;
#[cfg(test)]
mod tests;
mod whoami;

pub(crate) use endpoints::{PinnedEndpoints, pinned_endpoints};
pub(crate) use look::{Look, Need, look, predict};
pub(crate) use whoami::Whose;
