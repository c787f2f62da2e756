//! Ways in which real servers differ from the standards, to practise with. None is on by itself.
//!
//! They are applied at the edges: `rewrite_request` checks what such a server demands and turns a request
//! into the standard's, `rewrite_response` turns the answer into what such a server says, and `endpoints`
//! serves those that no standard has. All that is compiled with the feature `quirks` alone; the few
//! fields that the standard's endpoints read are always there, and without the feature never set.

#[cfg(feature = "quirks")]
mod endpoints;
#[cfg(feature = "quirks")]
mod rewrite_request;
#[cfg(feature = "quirks")]
mod rewrite_response;
mod switches;

#[cfg(feature = "quirks")]
pub(crate) use rewrite_response::answer;
pub use switches::Quirks;
#[cfg(feature = "quirks")]
pub use switches::Revocation;
