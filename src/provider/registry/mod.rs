//! Finds provider definitions, and changes the user's files.

#[expect(
    clippy::module_inception,
    reason = "the type of that name, apart from the map"
)]
mod registry;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod variable_tests;
mod write;

pub use registry::{Embedded, Registry, SetVariable, Source, Sources};
pub use write::{Adopted, Edited, Removed};
