//! What types cannot say about a definition: the rules that every row and every merged file keeps.

mod definition;
mod redirect;
mod requests;
#[cfg(test)]
mod tests;
mod urls;

pub(super) use definition::{check, client_id};
