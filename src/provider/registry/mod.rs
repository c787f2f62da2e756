//! Finds provider definitions, and changes the user's files.

#[expect(
    clippy::module_inception,
    reason = "the type of that name, apart from the map"
)]
mod registry;
#[cfg(test)]
mod tests;
mod variables;
mod write;

#[cfg(feature = "sandbox")]
pub(crate) use registry::Embedded;
pub(super) use registry::compose_row;
pub(crate) use registry::{Registry, SetVariable, Source, Sources};
pub(crate) use write::{Adopted, Edited};
